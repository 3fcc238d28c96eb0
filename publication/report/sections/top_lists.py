"""Top lists with moves: a table a metric that is ranked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publication.report.page import Section
from publication.report.sections.first_screen import top

if TYPE_CHECKING:
    from publication.report.page import Page

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
    lists = [(metric, top(page, industry, platform, metric, LENGTH)) for metric in METRICS]
    lists = [(metric, rows) for metric, rows in lists if rows]
    if not lists:
        return Section("top_lists")
    return Section("top_lists", page.render("sections/top_lists.html.j2", lists=lists))
