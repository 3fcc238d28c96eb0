"""The format mix of the most active accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publication.report.page import Section

if TYPE_CHECKING:
    from publication.report.page import Page

ACCOUNTS_SHOWN = 10


def show(page: Page, industry: str, platform: str) -> Section:
    """Return each account's share of every format, for those with most posts."""
    rows = page.source.now("format_mix_quarter", industry_id=industry, platform=platform)
    if not rows:
        return Section("formats", reason=absence(page, industry, platform))
    by_account: dict[str, dict[str, object]] = {}
    for row in rows:
        by_account.setdefault(row.word("account_id"), {})[row.word("kind")] = row
    activity = [
        row
        for row in page.source.now(
            "benchmark_activity_quarter", industry_id=industry, platform=platform
        )
        if row["post_count"] is not None and row["account_id"] in by_account
    ]
    activity.sort(
        key=lambda row: (
            -row["post_count"],
            page.source.place(row.word("organisation_id"), page.language.code),
        )
    )
    kinds = sorted({row.word("kind") for row in rows}, key=lambda kind: (kind == "other", kind))
    html = page.render(
        "sections/formats.html.j2",
        accounts=activity[:ACCOUNTS_SHOWN],
        kinds=kinds,
        mix=by_account,
    )
    return Section("formats", html)


def absence(page: Page, industry: str, platform: str) -> str:
    """Return why nothing is known of posts: they were not read, or there are none."""
    row = page.source.one("activity_industry_quarter", industry_id=industry, platform=platform)
    if row is not None and row["activity_status"] == "not_measured":
        return "reason.not_measured"
    return "reason.no_rows"
