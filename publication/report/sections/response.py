"""How fast an industry answers public questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publication.report.page import Section

if TYPE_CHECKING:
    from publication.report.page import Page

ACCOUNTS_SHOWN = 10


def show(page: Page, industry: str, platform: str) -> Section:
    """Return the accounts with a median response time, the fastest first."""
    found = page.source.now("benchmark_service_quarter", industry_id=industry, platform=platform)
    rows = [row for row in found if row["response_median_minutes"] is not None]
    if not rows:
        measured = any(row["service_status"] == "ok" for row in found)
        return Section("response", reason="reason.few" if measured else "reason.not_measured")
    rows.sort(
        key=lambda row: (
            row["response_median_minutes"],
            page.source.place(row.word("organisation_id"), page.language.code),
        )
    )
    return Section("response", page.render("sections/response.html.j2", rows=rows[:ACCOUNTS_SHOWN]))
