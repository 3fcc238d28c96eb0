"""Small multiples: the leading accounts over eight quarters, all on one scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publication.report.charts import Series, small_multiples
from publication.report.page import Section
from publication.report.source import quarters_up_to

if TYPE_CHECKING:
    from publication.report.page import Page
    from publication.report.source import Row

ACCOUNTS_SHOWN = 6
_FEWEST = 2
_SERIES = (
    ("benchmark_account_quarter", "followers_end_count"),
    ("benchmark_engagement_quarter", "interactions_count"),
    ("benchmark_activity_quarter", "post_count"),
)


def show(page: Page, industry: str, platform: str) -> Section:
    """Return the charts of the first series that two accounts have values of."""
    for table, column in _SERIES:
        now = [
            row
            for row in page.source.now(table, industry_id=industry, platform=platform)
            if row[column] is not None
        ]
        if len(now) >= _FEWEST:
            break
    else:
        return Section("multiples")
    now.sort(
        key=lambda row: (
            -row[column],
            page.source.place(row.word("organisation_id"), page.language.code),
        )
    )
    accounts = now[:ACCOUNTS_SHOWN]
    quarters = quarters_up_to(page.quarter)
    history = {row["account_id"]: _history(page, row, quarters) for row in accounts}
    series = [
        Series(
            page.name("organisation", row.word("organisation_id")),
            [None if cell is None else cell[column] for cell in history[row["account_id"]]],
        )
        for row in accounts
    ]
    tiny = page.language.quarter_tiny
    chart = small_multiples(
        series,
        (tiny(quarters[0]), tiny(quarters[-1])),
        page.text(
            "multiples.alt",
            metric=page.metric(column),
            first=page.language.quarter_short(quarters[0]),
            last=page.language.quarter_short(quarters[-1]),
        ),
        page.language.number,
    )
    html = page.render(
        "sections/multiples.html.j2",
        chart=chart,
        accounts=accounts,
        quarters=quarters,
        history=history,
        column=column,
    )
    return Section("multiples", html)


def _history(page: Page, row: Row, quarters: list[str]) -> list[Row | None]:
    found = {
        earlier["quarter"]: earlier
        for earlier in page.source.rows(row.table, account_id=row["account_id"])
    }
    return [found.get(quarter) for quarter in quarters]
