"""Breaks in the accounts' series, in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publication.report.page import Section

if TYPE_CHECKING:
    from publication.report.page import Page


def show(page: Page, industry: str, platform: str) -> Section:
    """Return the quarter's breaks; that there is none is worth a line."""
    rows = page.source.now("break_log", industry_id=industry, platform=platform)
    rows = sorted(rows, key=lambda row: (row["break_date"], row.word("account_id")))
    return Section("breaks", page.render("sections/breaks.html.j2", rows=rows))
