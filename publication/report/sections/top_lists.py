"""Top lists with moves: a table a metric that is ranked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from publication.report.page import Section
from publication.report.sections.first_screen import top
from publication.report.tables import Align, ranked_table

if TYPE_CHECKING:
    from publication.report.page import Page
    from publication.report.source import Row

LENGTH = 10
METRICS = (
    "followers_end_count",
    "follower_growth_pct",
    "follower_change_count",
    "post_count",
    "er_period_follower_pct",
    "interactions_per_post",
    "share_of_voice_pct",
    "response_median_minutes",
)


def show(page: Page, industry: str, platform: str) -> Section:
    """Return a top list for every metric that is ranked on the platform."""
    lists = []
    for metric in METRICS:
        rows = top(page, industry, platform, metric, LENGTH)
        if rows:
            lists.append(_table(page, platform, metric, rows))
    if not lists:
        return Section("top_lists")
    return Section("top_lists", page.render("sections/top_lists.html.j2", lists=lists))


def _table(page: Page, platform: str, metric: str, rows: list[Row]) -> Markup:
    columns: list[tuple[str, Align]] = [
        (page.text("col.place"), "right"),
        (page.text("col.move"), "left"),
        (page.text("col.organisation"), "left"),
        (page.metric(metric), "right"),
        (page.text("col.previous"), "right"),
    ]
    cells = [(page.row_attribute(row), _cells(page, metric, row)) for row in rows]
    caption = page.text("top.caption", metric=page.metric(metric), n=len(rows))
    note = page.text("top.ranked", n=rows[0]["ranked_account_count"] or len(rows))
    return ranked_table(f"top-{platform}-{metric}".replace("_", "-"), caption, columns, cells, note)


def _cells(page: Page, metric: str, row: Row) -> list[str | Markup]:
    before = page.language.missing
    if row["value_previous"] is not None:
        before = page.number(row, "value_previous", metric=metric)
    return [
        page.number(row, "rank"),
        page.move(row),
        page.organisation(row),
        page.number(row, "value", metric=metric),
        Markup("({})").format(before),
    ]
