"""When an industry publishes: a heat map that is a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publication.report.page import Section
from publication.report.sections.formats import absence

if TYPE_CHECKING:
    from publication.report.page import Page
    from publication.report.source import Row

_SHADES = 5
HOURS, WEEKDAYS = range(24), range(1, 8)


def show(page: Page, industry: str, platform: str) -> Section:
    """Return posts by hour and weekday; the shade is the cell's place between none and most."""
    rows = page.source.now(
        "posting_times_quarter", industry_id=industry, platform=platform, scope="industry"
    )
    if not rows:
        return Section("posting_times", reason=absence(page, industry, platform))
    most = max(row["post_count"] for row in rows)
    cells: dict[tuple[int, int], Row] = {
        (row["published_hour"], row["published_weekday"]): row for row in rows
    }
    shades = {at: 1 + int((_SHADES - 1) * row["post_count"] / most) for at, row in cells.items()}
    html = page.render(
        "sections/posting_times.html.j2",
        cells=cells,
        firsts={row["published_hour"]: row for row in rows},
        shades=shades,
        hours=list(HOURS),
        weekdays=list(WEEKDAYS),
        zone=page.source.meta().get("timezone") or "Europe/Stockholm",
        has_index=any(row["index_status"] == "ok" for row in rows),
    )
    return Section("posting_times", html)
