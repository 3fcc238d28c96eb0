"""How much of a platform's accounts was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publication.report.page import Section

if TYPE_CHECKING:
    from publication.report.page import Page

ACCOUNTS_SHOWN = 20


def show(page: Page, industry: str, platform: str) -> Section:
    """Return the industry's coverage and the accounts that were not read every day."""
    row = page.source.one("benchmark_industry_quarter", industry_id=industry, platform=platform)
    if row is None:
        return Section("coverage")
    found = page.source.now("coverage_quarter", industry_id=industry, platform=platform)
    gaps = [
        account
        for account in found
        if account["observed_day_count"] is not None
        and account["expected_day_count"] is not None
        and account["observed_day_count"] < account["expected_day_count"]
    ]
    gaps = page.source.by_name(gaps, page.language.code)
    html = page.render(
        "sections/coverage.html.j2",
        row=row,
        rows=gaps[:ACCOUNTS_SHOWN],
        more=len(gaps) > ACCOUNTS_SHOWN,
        any_read=bool(found),
    )
    return Section("coverage", html)
