"""The one ranked chart of a platform: the leading accounts, last quarter's tick, the median."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publication.report.charts import Bar, ranked_chart
from publication.report.page import Section
from publication.report.sections.first_screen import LISTS, top

if TYPE_CHECKING:
    from publication.report.page import Page

ACCOUNTS_SHOWN = 15
_FEWEST = 2


def show(page: Page, industry: str, platform: str) -> Section:
    """Return the chart of the first list with at least two accounts, and its figures."""
    for metric in LISTS:
        rows = top(page, industry, platform, metric, ACCOUNTS_SHOWN)
        if len(rows) >= _FEWEST:
            break
    else:
        return Section("ranked")
    bars = [
        Bar(
            page.name("organisation", row.word("organisation_id")),
            row["value"],
            page.plain(metric, row["value"]),
            row["value_previous"],
        )
        for row in rows
    ]
    stats = page.source.one(
        "metric_industry_quarter",
        industry_id=industry,
        platform=platform,
        metric=metric,
        segment="all",
    )
    median_column = "value_median"
    if (stats is None or stats["value_median"] is None) and metric == "follower_growth_pct":
        stats = page.source.one(
            "benchmark_industry_quarter", industry_id=industry, platform=platform
        )
        median_column = "follower_growth_median_pct"
    median = None if stats is None else stats[median_column]
    label = page.text("col.median").lower()
    chart = ranked_chart(
        _told_apart(bars),
        median,
        "" if median is None else f"{label} {page.plain(metric, median)}",
        page.text(
            "ranked.alt",
            metric=page.metric(metric),
            platform=page.language.platform(platform),
            quarter=page.language.quarter(page.quarter),
        ),
    )
    html = page.render(
        "sections/ranked.html.j2",
        chart=chart,
        rows=rows,
        metric=metric,
        stats=stats if median is not None else None,
        median_column=median_column,
        platform=platform,
    )
    return Section("ranked", html, title=page.text("section.ranked", metric=page.metric(metric)))


def _told_apart(bars: list[Bar]) -> list[Bar]:
    """Give accounts of one name a bar each."""
    seen: dict[str, int] = {}
    apart = []
    for bar in bars:
        seen[bar.name] = seen.get(bar.name, 0) + 1
        name = bar.name if seen[bar.name] == 1 else f"{bar.name} ({seen[bar.name]})"
        apart.append(Bar(name, bar.value, bar.label, bar.previous))
    return apart
