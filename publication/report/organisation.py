"""An organisation's page: its place among its peers, its quarters, its best posts.

Belongs here: the choice of rows. Charts are drawn by a small template, since there is a page an
organisation and language.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publication.report.source import quarters_up_to

if TYPE_CHECKING:
    from markupsafe import Markup

    from publication.report.page import Page
    from publication.report.source import Row

_TABLES = (
    ("benchmark_account_quarter", "followers_end_count"),
    ("benchmark_account_quarter", "follower_growth_pct"),
    ("benchmark_activity_quarter", "post_count"),
    ("benchmark_engagement_quarter", "er_period_follower_pct"),
    ("benchmark_service_quarter", "response_median_minutes"),
)
"""What is shown quarter by quarter: those columns that have a value in any quarter."""
_STATUSES = {
    "followers_end_count": "followers_end_status",
    "follower_growth_pct": "growth_status",
    "post_count": "activity_status",
    "er_period_follower_pct": "er_period_status",
    "response_median_minutes": "response_time_status",
}
WIDTH, HEIGHT, EDGE = 640, 120, 6


@dataclass(frozen=True, slots=True)
class Standing:
    """One metric of an account: its row in the top list, its peers and the industry."""

    metric: str
    row: Row
    peers: Row | None
    stats: Row | None


@dataclass(frozen=True, slots=True)
class Account:
    """One account of the organisation."""

    row: Row
    handle: str
    standings: list[Standing]
    columns: list[tuple[str, str, str]]
    quarters: list[tuple[str, dict[str, Row]]]
    line: list[tuple[float, float] | None]
    breaks: list[Row]
    best: list[Row]
    coverage: Row | None
    targets: list[Row]
    groups: list[Row]


def organisations_of(page: Page) -> list[str]:
    """Return the organisations that are compared in the quarter."""
    rows = page.source.now("benchmark_account_quarter")
    return sorted({row.word("organisation_id") for row in rows})


def content(page: Page, organisation: str) -> dict[str, object]:
    """Return what fills an organisation's page in."""
    rows = page.source.now("benchmark_account_quarter", organisation_id=organisation)
    rows = sorted(
        rows, key=lambda row: (-(row["followers_end_count"] or 0), row.word("account_id"))
    )
    accounts = [_account(page, row) for row in rows]
    name = page.name("organisation", organisation)
    facts = page.source.rows("dim_organisation", organisation_id=organisation)
    return {
        "title": name,
        "name": name,
        "lead": _lead(page, name, accounts),
        "effects": page.source.now("effect_quarter", organisation_id=organisation),
        "industries": sorted({row.word("industry_id") for row in rows}),
        "accounts": accounts,
        "facts": facts[0] if facts else None,
        "quarters": quarters_up_to(page.quarter),
        "size": (WIDTH, HEIGHT),
        "zone": page.source.meta().get("timezone") or "Europe/Stockholm",
    }


def _lead(page: Page, name: str, accounts: list[Account]) -> Markup:
    for account in accounts:
        for standing in account.standings:
            row = standing.row
            return page.filled(
                "org.lead.place",
                name=name,
                place=page.number(row, "rank", with_row=True),
                count=page.number(row, "ranked_account_count", with_row=True),
                metric=page.metric(standing.metric).lower(),
                platform=page.language.platform(row.word("platform")),
            )
    return page.filled("org.lead.none", name=name)


def _account(page: Page, row: Row) -> Account:
    key = row.word("account_id")
    where = {"industry_id": row["industry_id"], "platform": row["platform"]}
    dimension = page.source.rows("dim_account", account_id=key)
    ranked = sorted(
        page.source.now("ranking_quarter", account_id=key),
        key=lambda found: (found["metric"] != "followers_end_count", found["metric"]),
    )
    standings = [
        Standing(
            found.word("metric"),
            found,
            page.source.one("peers_quarter", account_id=key, metric=found["metric"]),
            page.source.one(
                "metric_industry_quarter", segment="all", metric=found["metric"], **where
            ),
        )
        for found in ranked
    ]
    columns, quarters = _history(page, key)
    return Account(
        row=row,
        handle=dimension[0].word("handle") if dimension else "",
        standings=standings,
        columns=columns,
        quarters=quarters,
        line=_line([cells.get("followers_end_count") for _, cells in quarters]),
        breaks=page.source.rows("break_log", account_id=key),
        best=sorted(
            page.source.now("best_posts_quarter", account_id=key),
            key=lambda found: (found["list"] != "interactions", found["list"], found["rank"]),
        )[:5],
        coverage=page.source.one("coverage_quarter", account_id=key),
        targets=page.source.now("target_quarter", account_id=key),
        groups=page.source.now("peer_group_quarter", account_id=key),
    )


def _history(
    page: Page, account: str
) -> tuple[list[tuple[str, str, str]], list[tuple[str, dict[str, Row]]]]:
    quarters: dict[str, dict[str, Row]] = {label: {} for label in quarters_up_to(page.quarter)}
    columns = []
    for table, column in _TABLES:
        rows = page.source.rows(table, account_id=account)
        if any(row[column] is not None for row in rows):
            columns.append((table, column, _STATUSES[column]))
            for row in rows:
                quarters[row["quarter"]][column] = row
    return columns, [(label, cells) for label, cells in quarters.items() if cells]


def _line(rows: list[Row | None]) -> list[tuple[float, float] | None]:
    """Return the places on the drawing of each quarter's followers; None is a gap."""
    values = [None if row is None else row["followers_end_count"] for row in rows]
    known = [value for value in values if value is not None]
    if len(known) < 2 or not max(known):  # noqa: PLR2004 - a line has two ends
        return []
    step = (WIDTH - 2 * EDGE) / (len(values) - 1)
    room = HEIGHT - 2 * EDGE
    return [
        None
        if value is None
        else (
            round(EDGE + position * step, 1),
            round(EDGE + room * (1 - value / max(known)), 1),
        )
        for position, value in enumerate(values)
    ]
