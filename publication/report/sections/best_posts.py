"""The best posts, with links to where they can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publication.report.page import Section
from publication.report.sections.formats import absence

if TYPE_CHECKING:
    from publication.report.page import Page

LISTS = {
    "interactions": ("interactions_count", "best.count"),
    "er": ("post_er_follower_pct", "best.per_follower"),
    "ratio_to_median": ("ratio_to_median", "best.ratio"),
}
"""Each list of best posts, the figure that ranks it and the words after the figure."""
LENGTH = 5


def show(page: Page, industry: str, platform: str) -> Section:
    """Return the first five of every list."""
    lists = []
    for name, (column, unit) in LISTS.items():
        rows = page.source.now(
            "best_posts_quarter", industry_id=industry, platform=platform, list=name
        )
        rows = sorted(rows, key=lambda row: (row["rank"], row.word("published_at")))
        if rows:
            lists.append((name, column, unit, rows[:LENGTH]))
    if not lists:
        return Section("best_posts", reason=absence(page, industry, platform))
    html = page.render(
        "sections/best_posts.html.j2",
        lists=lists,
        platform=platform,
        zone=page.source.meta().get("timezone") or "Europe/Stockholm",
    )
    return Section("best_posts", html)
