"""The tone of an industry's own posts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publication.report.page import Section
from publication.report.sections.formats import absence

if TYPE_CHECKING:
    from publication.report.page import Page

ORGANISATIONS_SHOWN = 10


def show(page: Page, industry: str, platform: str) -> Section:
    """Return the industry's shares, then those of the organisations with most texts."""
    found = page.source.now("sentiment_quarter", industry_id=industry, platform=platform)
    whole = [row for row in found if row["scope"] == "industry"]
    if not whole or whole[0]["sentiment_positive_pct"] is None:
        few = bool(whole) and whole[0]["sentiment_status"] == "few_texts"
        return Section(
            "sentiment", reason="reason.few" if few else absence(page, industry, platform)
        )
    rows = [
        row
        for row in found
        if row["scope"] == "organisation" and row["sentiment_positive_pct"] is not None
    ]
    rows.sort(
        key=lambda row: (
            -row["text_count"],
            page.source.place(row.word("organisation_id"), page.language.code),
        )
    )
    html = page.render(
        "sections/sentiment.html.j2", whole=whole[0], rows=rows[:ORGANISATIONS_SHOWN]
    )
    return Section("sentiment", html)
