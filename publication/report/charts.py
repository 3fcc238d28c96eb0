"""Charts of a page: Altair's specifications, rendered to inline SVG without a browser.

Belongs here: how the charts look, in a wide and in a narrow drawing of which the style sheet shows
one. A specification is built once and filled with each chart's rows. Does not belong here: figures;
what is drawn also stands in a table beside the chart.
"""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

INK, GREY, BAR, ACCENT, RULE = "#1a1a1a", "#595959", "#2f6f8f", "#a63d00", "#c9c5bb"
PAPER = "#fffdf8"
WIDE, NARROW = 660, 330
_ROOM = 1.12
"""How far beyond the longest bar the scale goes; a value of the quarter before that lies further
out is an arrow at the edge, so that one old outlier does not flatten everything."""
_LABELS, _NAMES = 78, 250
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif"
_CONFIG = {
    "font": _FONT,
    "background": "transparent",
    "view": {"stroke": None},
    "aria": False,
    "padding": 0,
}
_NOISE = re.compile(
    r' (?:role|aria-[a-z]+|class|pointer-events|font-family|version|stroke-miterlimit)="[^"]*"'
    r'| opacity="1"|<path[^>]* d="(?:M0,0h0v0h0Z)?"[^>]*/>'
)
_EMPTY = re.compile(r"<g(?: transform=\"[^\"]*\")?></g>")
"""What the renderer writes for interaction and for itself; a page needs none of it."""
_LONG = re.compile(r"(\d+\.\d{2})\d+")


@dataclass(frozen=True, slots=True)
class Bar:
    """One account of a ranked chart."""

    name: str
    value: float
    label: str
    previous: float | None


@dataclass(frozen=True, slots=True)
class Point:
    """One quarter of one account in small multiples; None is a gap."""

    name: str
    quarter: str
    label: str
    value: float | None


def ranked_chart(
    bars: Sequence[Bar], median: float | None, median_label: str, description: str
) -> Markup:
    """Return bars by rank, each with a tick for the quarter before, and the median as a line."""
    top = max([bar.value for bar in bars] + ([median] if median is not None else []))
    low = min(0.0, *(bar.value for bar in bars))
    high = max(top, 0.0) * _ROOM or 1.0
    rows = [
        {
            "position": position,
            "name": bar.name,
            "value": bar.value,
            "label": bar.label,
            "previous": bar.previous
            if bar.previous is not None and low <= bar.previous <= high
            else None,
            "beyond": high if bar.previous is not None and bar.previous > high else None,
        }
        for position, bar in enumerate(bars)
    ]
    line = [] if median is None else [{"median": median, "label": median_label}]
    params = [{"name": "low", "value": low}, {"name": "high", "value": high}]
    return _both(
        [
            _svg(_ranked(width), f"r{width}", {"rows": rows, "line": line}, params)
            for width in (WIDE, NARROW)
        ],
        description,
    )


@lru_cache
def _ranked(width: int) -> str:
    import altair as alt  # noqa: PLC0415 - only the report pays for it

    narrow = width == NARROW
    names = 0 if narrow else _NAMES
    plot = width - names - _LABELS
    ends: list[Any] = [alt.ExprRef("low"), alt.ExprRef("high")]
    scale = alt.Scale(domain=ends, nice=False, zero=True)
    y = alt.Y("position:O", axis=None)
    down = 7 if narrow else 0
    base = alt.Chart(alt.NamedData("rows")).encode(y=y)
    line = alt.Chart(alt.NamedData("line")).encode(x="median:Q")
    name: dict[str, Any] = {
        "align": "left" if narrow else "right",
        "size": 13,
        "dy": -9 if narrow else 0,
        "limit": plot if narrow else names - 40,
    }
    named = base.encode(x=alt.value(0 if narrow else -10), text="name:N")
    chart = alt.layer(
        base.mark_bar(color=BAR, height=12 if narrow else 15, yOffset=down).encode(
            x=alt.X("value:Q", scale=scale, axis=None)
        ),
        line.mark_rule(color=INK, strokeDash=[3, 3], strokeWidth=1.4),
        line.mark_text(align="left", baseline="bottom", size=12, color=INK, dx=4).encode(
            y=alt.value(-5), text="label:N"
        ),
        base.mark_tick(color=ACCENT, opacity=1, thickness=3, size=19, yOffset=down)
        .transform_filter("datum.previous != null")
        .encode(x="previous:Q"),
        base.mark_text(text="▸", color=ACCENT, size=17, dx=4, dy=down)
        .transform_filter("datum.beyond != null")
        .encode(x="beyond:Q"),
        base.mark_text(align="right", size=13, color=INK, dy=down).encode(
            x=alt.value(plot + _LABELS), text="label:N"
        ),
        # A name above its bar crosses the median's line; paper around the letters keeps it legible.
        *([named.mark_text(stroke=PAPER, strokeWidth=4, **name)] if narrow else []),
        named.mark_text(color=INK, **name),
    ).properties(width=plot, height=alt.Step(38 if narrow else 25))
    return json.dumps(chart.to_dict(validate=False))


def small_multiples(
    points: Sequence[Point], description: str, *, decimal: str, thousands: str
) -> Markup:
    """Return a line an account, all on one scale, a quarter without a value left open.

    Args:
        points: A point an account and quarter, accounts and quarters in their order.
        description: What the charts show, in words.
        decimal: The language's decimal sign.
        thousands: What stands between thousands.
    """
    order = {name: place for place, name in enumerate(dict.fromkeys(p.name for p in points))}
    rows = [
        {
            "position": order[p.name],
            "name": p.name,
            "quarter": p.quarter,
            "label": p.label,
            "value": p.value,
        }
        for p in points
    ]
    signs = {
        "decimal": decimal,
        "thousands": thousands,
        "grouping": [3],
        "currency": ["", ""],
    }
    return _both(
        [
            _svg(_multiples(width), f"m{width}", {"rows": rows}, locale=signs)
            for width in (WIDE, NARROW)
        ],
        description,
    )


@lru_cache
def _multiples(width: int) -> str:
    import altair as alt  # noqa: PLC0415 - only the report pays for it

    columns = 2 if width == NARROW else 3
    cell = (width - 46) // columns - 18
    quiet: dict[str, Any] = {"title": None, "labelColor": GREY, "labelFontSize": 11}
    base = alt.Chart().encode(
        x=alt.X(
            "label:O",
            sort=alt.SortField("quarter"),
            axis=alt.Axis(
                labelExpr="datum.index == 0 || datum.index == 1 ? datum.label : ''",
                labelAlign={
                    "condition": {"test": "datum.index == 0", "value": "left"},
                    "value": "right",
                },
                labelAngle=0,
                labelOverlap=False,
                domainColor=RULE,
                tickColor=RULE,
                **quiet,
            ),
        ),
        y=alt.Y(
            "value:Q",
            axis=alt.Axis(
                tickCount=3,
                format=",.0f",
                grid=True,
                gridColor="#e6e2d8",
                domain=False,
                ticks=False,
                **quiet,
            ),
        ),
    )
    drawn = alt.layer(
        base.mark_line(color=BAR, strokeWidth=2, invalid="break-paths-show-path-domains"),
        base.mark_point(color=BAR, filled=True, size=26, opacity=1),
    ).properties(width=cell, height=74)
    header = alt.Header(
        title=None,
        labelFontSize=12,
        labelColor=INK,
        labelAnchor="start",
        labelLimit=cell - 14,
        labelPadding=3,
    )
    chart = drawn.facet(
        facet=alt.Facet("name:N", sort=alt.SortField("position"), header=header),
        columns=columns,
        spacing={"row": 18, "column": 18},
        data=alt.NamedData("rows"),
    )
    return json.dumps(chart.to_dict(validate=False))


def _both(drawings: Sequence[str], description: str) -> Markup:
    wide, narrow = (
        Markup('<div class="chart {}" role="img" aria-label="{}">').format(name, description)
        + Markup(drawing)  # noqa: S704 - the renderer escapes what it draws
        + Markup("</div>")
        for name, drawing in zip(("wide", "narrow"), drawings, strict=True)
    )
    return wide + narrow


def _svg(
    template: str,
    prefix: str,
    datasets: Mapping[str, Sequence[Mapping[str, Any]]],
    params: Sequence[Mapping[str, Any]] = (),
    locale: Mapping[str, Any] | None = None,
) -> str:
    spec = json.loads(template)
    spec["datasets"] = datasets
    spec["config"] = _CONFIG
    spec["params"] = [*spec.get("params", []), *params]
    return _rendered(json.dumps(spec, sort_keys=True), json.dumps(locale), prefix)


@lru_cache(maxsize=512)
def _rendered(spec: str, locale: str, prefix: str) -> str:
    """Render once: both languages, and a revision and its predecessor, share most charts."""
    import vl_convert as vlc  # noqa: PLC0415 - only the report pays for it

    text: str = vlc.vegalite_to_svg(spec, format_locale=json.loads(locale), allowed_base_urls=[])
    return _embedded(text, f"{prefix}{zlib.crc32(spec.encode()):x}")


def _embedded(svg: str, prefix: str) -> str:
    """Return the drawing fit for a page: no outside names, ids of its own, sized by the page."""
    svg = svg.replace(' xmlns="http://www.w3.org/2000/svg"', "")
    svg = svg.replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    svg = re.sub(r'(<svg[^>]*?) width="[\d.]+" height="[\d.]+"', r"\1", svg, count=1)
    svg = _LONG.sub(r"\1", _NOISE.sub("", svg))
    while _EMPTY.search(svg):
        svg = _EMPTY.sub("", svg)
    svg = re.sub(r'id="([^"]+)"', rf'id="{prefix}\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}\1)", svg)
    return svg.replace("<svg", '<svg aria-hidden="true" focusable="false"', 1)
