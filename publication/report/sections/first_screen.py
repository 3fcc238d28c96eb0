"""The first screen of an industry: who did best and why, and four numbers.

Belongs here: the choice among figures that exist. The effect decides who did best; where it has no
rows, the first list that is ranked does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from publication.report.page import Page
    from publication.report.source import Row

NUMBERS_SHOWN, PLACES_TOLD = 4, 3
_NUMBERS = (
    ("benchmark_industry_quarter", "followers_end_count"),
    ("benchmark_industry_quarter", "follower_growth_pooled_pct"),
    ("activity_industry_quarter", "posts_per_month_mean"),
    ("engagement_industry_quarter", "er_period_follower_median_pct"),
    ("engagement_industry_quarter", "interactions_count"),
    ("activity_industry_quarter", "post_count"),
    ("benchmark_industry_quarter", "follower_growth_median_pct"),
    ("activity_industry_quarter", "active_account_count"),
    ("benchmark_industry_quarter", "lost_followers_account_count"),
    ("benchmark_industry_quarter", "covered_account_count"),
    ("benchmark_industry_quarter", "account_count"),
)
"""From the most telling figure to the one that always exists; the first four with a value."""
LISTS = (
    "follower_growth_pct",
    "er_period_follower_pct",
    "interactions_per_post",
    "post_count",
    "followers_end_count",
)


def sentence(page: Page, industry: str, platforms: list[str]) -> Markup:
    """Return one sentence: who did best and why."""
    winners = [
        row
        for row in page.source.ranked(
            page.source.now("effect_quarter", industry_id=industry),
            page.language.code,
            "effect_rank",
        )
        if row["effect_rank"] == 1
    ]
    quarter = page.language.quarter(page.quarter)
    reason = _reason(page, industry, winners[0]) if winners else Markup("")
    if reason:
        key = "sentence.winner" if len(winners) == 1 else "sentence.winners"
        names = page.language.listed([str(page.organisation(row)) for row in winners])
        return page.filled(key, names=Markup(names), quarter=quarter, reason=reason)  # noqa: S704
    for platform in platforms:
        for metric in LISTS:
            first = top(page, industry, platform, metric, 1)
            if first:
                return page.filled(
                    "sentence.top",
                    names=page.organisation(first[0]),
                    quarter=quarter,
                    metric=page.metric(metric).lower(),
                    platform=page.language.platform(platform),
                    value=page.number(first[0], "value", metric=metric, with_row=True),
                )
    return page.filled("sentence.none", quarter=quarter[0].upper() + quarter[1:])


def top(page: Page, industry: str, platform: str, metric: str, count: int) -> list[Row]:
    """Return the first rows of a ranked list."""
    found = page.source.now(
        "ranking_quarter", industry_id=industry, platform=platform, metric=metric
    )
    return page.source.ranked(found, page.language.code)[:count]


def numbers(page: Page, industry: str, platform: str) -> list[dict[str, object]]:
    """Return four figures of an industry on a platform, each with the quarter before."""
    found: list[dict[str, object]] = []
    for table, column in _NUMBERS:
        row = page.source.one(table, industry_id=industry, platform=platform)
        if row is None or row[column] is None or len(found) == NUMBERS_SHOWN:
            continue
        before, where = row, f"{column}_previous"
        if row[where] is None and (earlier := page.source.previous(row)) is not None:
            before, where = earlier, column
        found.append(
            {
                "name": page.text(f"fact.{column}"),
                "value": page.number(row, column, with_row=True),
                "previous": page.number(before, where, with_row=True),
            }
        )
    return found


def _reason(page: Page, industry: str, winner: Row) -> Markup:
    placements = page.source.now(
        "placement_quarter", industry_id=industry, organisation_id=winner["organisation_id"]
    )
    placements = sorted(placements, key=lambda row: (row["place"], row["platform"], row["metric"]))
    told = [_placement(page, row) for row in placements[:PLACES_TOLD]]
    if len(placements) > PLACES_TOLD:
        told.append(Markup("{}").format(page.text("sentence.more")))
        return Markup(", ").join(told)
    return Markup(page.language.listed([str(part) for part in told]))  # noqa: S704 - parts are safe


def _placement(page: Page, row: Row) -> Markup:
    name = row.word("list_name_sv" if page.language.code == "sv" else "list_name")
    return page.filled(
        "sentence.placement",
        place=page.text(f"ordinal.{row['place']}"),
        list=name or page.metric(row.word("metric")).lower(),
        platform=page.language.platform(row.word("platform")),
        value=page.number(row, "value", metric=row.word("metric"), with_row=True),
    )
