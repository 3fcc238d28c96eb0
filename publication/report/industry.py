"""An industry's page: the first screen, then a part a platform, as many as the page may weigh.

Belongs here: the order of the parts. Does not belong here: the parts (`sections/`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publication.report.sections import (
    best_posts,
    breaks,
    coverage,
    first_screen,
    formats,
    multiples,
    posting_times,
    ranked,
    response,
    sentiment,
    top_lists,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from publication.report.page import Page, Section

PAGE_BYTES = 300_000
"""The most a page weighs, so that it can be mailed and opened on a phone."""
_FRAME_BYTES = 40_000
SECTIONS = (
    top_lists,
    multiples,
    formats,
    posting_times,
    response,
    best_posts,
    words,
    sentiment,
    breaks,
    coverage,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One platform's sections, and those left out, by their reason."""

    platform: str
    sections: list[Section]
    absent: list[tuple[str, str]]

    @property
    def size(self) -> int:
        """Bytes of its sections."""
        return sum(len(str(section.html or "").encode()) for section in self.sections)


def platforms_of(page: Page, industry: str) -> list[str]:
    """Return an industry's platforms, the one with most followers first."""
    rows = page.source.now("benchmark_industry_quarter", industry_id=industry)
    rows = sorted(rows, key=lambda row: (-(row["followers_end_count"] or 0), row["platform"]))
    return [row.word("platform") for row in rows]


def industries_of(page: Page) -> list[str]:
    """Return the industries with accounts to compare in the quarter, in the language's order."""
    found = {row.word("industry_id") for row in page.source.now("benchmark_industry_quarter")}
    return sorted(found, key=lambda key: page.source.place(key, page.language.code, "industry"))


def part(page: Page, industry: str, platform: str, *, with_ranked: bool) -> Part:
    """Return everything there is to say of an industry on a platform."""
    shown = [section.show(page, industry, platform) for section in SECTIONS]
    if with_ranked:
        shown = [ranked.show(page, industry, platform), *shown]
    absent: dict[str, list[str]] = {}
    for section in shown:
        if section.html is None:
            name = page.text(f"section.{section.name}.short")
            absent.setdefault(section.reason, []).append(name)
    told = [
        (reason, names[0].capitalize() + "".join(f", {name}" for name in names[1:]))
        for reason, names in absent.items()
    ]
    return Part(platform, shown, told)


def pages(page: Page, industry: str) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Yield an industry's pages: path, template and what fills it in.

    The first is the industry's own; a platform that would make it too heavy gets its own.
    """
    name = page.name("industry", industry)
    platforms = platforms_of(page, industry)
    leading = platforms[0]
    own = f"industry/{industry}.html"
    first = ranked.show(page, industry, leading)
    parts: list[Part] = []
    elsewhere: list[tuple[str, str]] = []
    organisations = _organisations(page, industry)
    weight = _FRAME_BYTES + len(str(first.html or "").encode()) + 150 * len(organisations)
    for platform in platforms:
        found = part(page, industry, platform, with_ranked=platform != leading)
        if parts and weight + found.size > PAGE_BYTES:
            path = f"industry/{industry}-{platform}.html"
            elsewhere.append((platform, path))
            yield (
                path,
                "platform.html.j2",
                {
                    "title": f"{name}, {page.language.platform(platform)}",
                    "name": name,
                    "facts": first_screen.numbers(page, industry, platform),
                    "part": found,
                    "back": own,
                },
            )
            continue
        weight += found.size
        parts.append(found)
    yield (
        own,
        "industry.html.j2",
        {
            "title": name,
            "name": name,
            "sentence": first_screen.sentence(page, industry, platforms),
            "facts": first_screen.numbers(page, industry, leading),
            "first": first,
            "leading": leading,
            "parts": parts,
            "elsewhere": elsewhere,
            "organisations": organisations,
        },
    )


def _organisations(page: Page, industry: str) -> Sequence[object]:
    rows = page.source.now("benchmark_account_quarter", industry_id=industry)
    once = {row["organisation_id"]: row for row in rows}
    return page.source.by_name(once.values(), page.language.code)
