"""The whole report of a release: every page in both languages, written from its database.

Belongs here: which pages there are and where they lie. Does not belong here: what they show.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from publication.report import industry, method, organisation
from publication.report.language import CODES, Language
from publication.report.page import Page
from publication.report.sections import first_screen
from publication.report.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    import duckdb

    from publication.manifest import Difference

REPORT = "report"
FIRST_PAGE = "report/sv/index.html"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a page says of its release.

    Attributes:
        folder: The release's folder, which the report lies in.
        is_sample: Whether any figure came from the sandbox.
        difference: What changed from the quarter's revision before, if there is one.
    """

    folder: Path
    release_id: str
    published_at: datetime
    timezone: str
    is_preliminary: bool
    is_sample: bool
    difference: Difference | None = None


def write_site(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    quarter: str,
    difference: Difference | None = None,
) -> int:
    """Write a release's report and return how many pages it has.

    Args:
        connection: The published database, read-only.
        folder: The release's folder; the report goes to `report/` in it.
        quarter: The release's quarter.
        difference: What changed from the revision before.
    """
    source = Source(connection, quarter)
    facts = _facts(source, folder, difference)
    count = 0
    for code in CODES:
        for path, page, template, values in _pages(source, Language(code), facts):
            place = folder / REPORT / code / path
            place.parent.mkdir(parents=True, exist_ok=True)
            text = page.render(template, path=path, site=facts, **values)
            place.write_text(f"{text}\n", encoding="utf-8")
            count += 1
    return count


def _pages(
    source: Source, language: Language, facts: Facts
) -> Iterator[tuple[str, Page, str, dict[str, Any]]]:
    top, below = Page(source, language), Page(source, language, "../")
    yield "index.html", top, "index.html.j2", _index(top)
    yield "method.html", top, "method.html.j2", method.content(top, facts)
    for key in industry.industries_of(below):
        for path, template, values in industry.pages(below, key):
            yield path, below, template, values
    for key in organisation.organisations_of(below):
        values = organisation.content(below, key)
        yield f"organisation/{key}.html", below, "organisation.html.j2", values


def _index(page: Page) -> dict[str, Any]:
    industries = []
    for key in industry.industries_of(page):
        platforms = industry.platforms_of(page, key)
        industries.append(
            {
                "id": key,
                "name": page.name("industry", key),
                "path": f"industry/{key}.html",
                "sentence": first_screen.sentence(page, key, platforms),
                "facts": first_screen.numbers(page, key, platforms[0]),
            }
        )
    order = {str(entry["id"]): position for position, entry in enumerate(industries)}
    rows = sorted(
        page.source.now("benchmark_industry_quarter"),
        key=lambda row: (order[row.word("industry_id")], -(row["followers_end_count"] or 0)),
    )
    return {"title": page.text("index.title"), "industries": industries, "rows": rows}


def _facts(source: Source, folder: Path, difference: Difference | None) -> Facts:
    meta = source.meta()
    return Facts(
        folder=folder,
        release_id=meta["release_id"],
        published_at=meta["published_at"],
        timezone=meta["timezone"],
        is_preliminary=bool(meta["is_preliminary"]),
        is_sample=source.is_sample(),
        difference=difference,
    )
