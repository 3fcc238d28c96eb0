"""Charts of a page: where everything in them stands, drawn as inline SVG by a template.

Belongs here: scales, and how much room letters take. Each chart is drawn wide and narrow, of which
the style sheet shows one; a drawing is as wide as its column, so that letters keep their size. Does
not belong here: figures; what is drawn also stands in a table beside the chart.
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from markupsafe import Markup

from publication.report.page import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

WIDE, NARROW = 660, 330
"""Widths of the two drawings, in the page's pixels."""
_ROOM = 1.12
"""How far beyond the longest bar the scale goes; a value of the quarter before that lies further
out is an arrow at the edge, so that one old outlier does not flatten everything."""
_LABELS, _NAMES = 78, 220
_TOP = 18
_CELL_HEIGHT, _HEAD, _GAP = 74, 20, 18
_TICKS = 3
_SLIM, _BROAD = frozenset("fijltrI.,:;'|!()[]/- \u00a0\u202f"), frozenset("mwMW@%&…—")


@dataclass(frozen=True, slots=True)
class Bar:
    """One account of a ranked chart."""

    name: str
    value: float
    label: str
    previous: float | None


@dataclass(frozen=True, slots=True)
class Series:
    """One account's quarters in small multiples, in their order; None is a gap."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class _Line:
    """One bar as it is drawn: where it begins and how long it is, and what stands beside it."""

    y: float
    x: float
    length: float
    name: str
    label: str
    tick: float | None
    is_beyond: bool


@dataclass(frozen=True, slots=True)
class _Cell:
    """One small chart: its corner, its paths and dots, and whether quarters stand below it."""

    x: float
    y: float
    name: str
    paths: list[str]
    dots: list[tuple[float, float]]
    has_axis: bool
    is_leftmost: bool


def ranked_chart(
    bars: Sequence[Bar], median: float | None, median_label: str, description: str
) -> Markup:
    """Return bars by rank, each with a tick for the quarter before, and the median as a line."""
    drawings = [_ranked(bars, median, median_label, width) for width in (WIDE, NARROW)]
    return _both(drawings, description)


def _ranked(bars: Sequence[Bar], median: float | None, median_label: str, width: int) -> Markup:
    narrow = width == NARROW
    step, thick, size = (38, 12, 13) if narrow else (25, 15, 13)
    names = 0.0 if narrow else min(_NAMES, 10 + max(text_width(b.name, size) for b in bars))
    plot = width - names - _LABELS
    drawn = [bar.value for bar in bars] + ([] if median is None else [median])
    low, high = min(0.0, *drawn), max(0.0, *drawn) * _ROOM
    span = (high - low) or 1.0

    def place(value: float) -> float:
        return round(names + plot * (value - low) / span, 1)

    lines = []
    for position, bar in enumerate(bars):
        from_, to = sorted((place(0), place(bar.value)))
        beyond = bar.previous is not None and bar.previous > high
        seen = bar.previous is not None and low <= bar.previous <= high
        lines.append(
            _Line(
                y=_TOP + position * step + (26 if narrow else 12.5),
                x=from_,
                length=round(to - from_, 1),
                name=_fitted(bar.name, plot if narrow else names - 10, size),
                label=bar.label,
                tick=place(bar.previous) if seen and bar.previous is not None else None,
                is_beyond=beyond,
            )
        )
    at = None if median is None else place(median)
    return _drawn(
        "ranked",
        width=width,
        height=_TOP + len(bars) * step,
        narrow=narrow,
        thick=thick,
        names=names,
        edge=place(high),
        lines=lines,
        top=_TOP,
        median=at,
        median_label=median_label,
        # Beside the line, on the side that has room.
        median_turns=at is not None and at + 4 + text_width(median_label, 12) > width,
    )


def small_multiples(
    series: Sequence[Series],
    ends: tuple[str, str],
    description: str,
    write: Callable[[float], str],
) -> Markup:
    """Return a line an account, all on one scale, a quarter without a value left open.

    Args:
        series: The counts of each account, of as many quarters each.
        ends: The first and the last quarter.
        description: What the charts show, in words.
        write: Prints a count as the page does.
    """
    top = max((value or 0 for one in series for value in one.values), default=0) or 1
    ticks = [(tick, write(tick)) for tick in _ticks(top)]
    drawings = [_multiples(series, ends, top, ticks, width) for width in (WIDE, NARROW)]
    return _both(drawings, description)


def _multiples(
    series: Sequence[Series],
    ends: tuple[str, str],
    top: float,
    ticks: Sequence[tuple[float, str]],
    width: int,
) -> Markup:
    columns = 2 if width == NARROW else 3
    gutter = math.ceil(max(text_width(label, 12) for _, label in ticks)) + 6
    cell = (width - gutter - (columns - 1) * _GAP) / columns
    pitch = _HEAD + _CELL_HEIGHT + _GAP
    cells = []
    for position, one in enumerate(series):
        row, column = divmod(position, columns)
        spots = [
            None
            if value is None
            else (
                round((place + 0.5) * cell / len(one.values), 1),
                round(_CELL_HEIGHT * (1 - value / top), 1),
            )
            for place, value in enumerate(one.values)
        ]
        x = round(gutter + column * (cell + _GAP), 1)
        cells.append(
            _Cell(
                x=x,
                y=_HEAD + row * pitch,
                name=_fitted(one.name, min(cell + _GAP - 6, width - x), 12),
                paths=_paths(spots),
                dots=[spot for spot in spots if spot is not None],
                has_axis=position + columns >= len(series),
                is_leftmost=column == 0,
            )
        )
    return _drawn(
        "multiples",
        width=width,
        height=math.ceil(len(series) / columns) * pitch + 2,
        cell=round(cell, 1),
        tall=_CELL_HEIGHT,
        cells=cells,
        ticks=[(round(_CELL_HEIGHT * (1 - tick / top), 1), label) for tick, label in ticks],
        ends=ends,
    )


def _paths(spots: Iterable[tuple[float, float] | None]) -> list[str]:
    """Return a path for every unbroken run of at least two quarters."""
    paths = []
    for is_gap, run in groupby(spots, lambda spot: spot is None):
        found = [] if is_gap else [f"{spot[0]:g},{spot[1]:g}" for spot in run if spot is not None]
        if len(found) > 1:
            paths.append("M" + "L".join(found))
    return paths


def _ticks(top: float) -> list[float]:
    """Return round counts from 0 to `top`, about three: steps of 1, 2 or 5 times a power of ten."""
    rough = top / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * n for n in (1, 2, 5, 10) if power * n * math.sqrt(2) >= rough)
    step = max(step, 1.0)
    return [n * step for n in range(int(top / step) + 1)]


def text_width(text: str, size: float) -> float:
    """Return about how wide a text is in a sans-serif face of that size; rather too much."""
    width = 0.0
    for letter in text:
        if letter in _SLIM:
            width += 0.37
        elif letter in _BROAD or unicodedata.east_asian_width(letter) in "WF":
            width += 1.0
        elif letter.isupper():
            width += 0.74
        else:
            width += 0.62
    return width * size


def _fitted(text: str, room: float, size: float) -> str:
    """Return a text that takes no more room than there is, the rest of it as an ellipsis."""
    if text_width(text, size) <= room:
        return text
    while text and text_width(f"{text}…", size) > room:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _drawn(template: str, **values: object) -> Markup:
    found = environment().get_template(f"charts/{template}.svg.j2")
    return Markup(found.render(**values).strip())  # noqa: S704 - escaped by the template


def _both(drawings: Sequence[Markup], description: str) -> Markup:
    frame = Markup('<div class="chart {}" role="img" aria-label="{}">{}</div>')
    wide, narrow = (
        frame.format(name, description, drawing)
        for name, drawing in zip(("wide", "narrow"), drawings, strict=True)
    )
    return wide + narrow
