"""The words an industry uses most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publication.report.page import Section
from publication.report.sections.formats import absence

if TYPE_CHECKING:
    from publication.report.page import Page

LENGTH = 20


def show(page: Page, industry: str, platform: str) -> Section:
    """Return the most used words of every language that was read."""
    found = page.source.now(
        "words_quarter", industry_id=industry, platform=platform, scope="industry"
    )
    languages = []
    for code in sorted({row.word("language") for row in found}):
        rows = [row for row in found if row["language"] == code]
        rows.sort(key=lambda row: (row["rank"], row.word("word")))
        languages.append((code, rows[:LENGTH]))
    if not languages:
        return Section("words", reason=absence(page, industry, platform))
    return Section("words", page.render("sections/words.html.j2", languages=languages))
