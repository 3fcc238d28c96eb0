"""What the candidate holds, read for people: row counts, the top list, the growth plot.

Belongs here: read-only glances at the warehouse for Dagster's pages and the command line.
Does not belong here: computing a metric; every figure is read from a mart.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import duckdb

_TOP_LIST = """
select
    size.rank,
    size.rank_previous,
    organisation.name,
    account.followers_end_count,
    account.followers_end_count_previous,
    account.follower_growth_pct
from marts.ranking_quarter as size
inner join marts.benchmark_account_quarter as account
    using (industry_id, platform, quarter, account_id)
inner join marts.dim_organisation as organisation
    on account.organisation_id = organisation.organisation_id
where
    size.metric = 'followers_end_count'
    and size.quarter = ? and size.industry_id = ? and size.platform = ?
order by size.rank, organisation.name collate sv
limit ?
"""

_ENGAGEMENT = """
select
    organisation.name,
    engagement.quarter,
    engagement.post_count,
    engagement.interactions_count
from marts.benchmark_engagement_quarter as engagement
inner join marts.dim_organisation as organisation
    on engagement.organisation_id = organisation.organisation_id
where engagement.industry_id = ? and engagement.platform = ?
order by engagement.quarter, engagement.interactions_count desc, organisation.name collate sv
"""

_PUBLISHED_LAYERS = ("intermediate", "marts")


def relation_metadata(warehouse: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Return `{(schema, table): {"dagster/row_count": n}}` for the built tables."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select schema_name, table_name from duckdb_tables() where schema_name in (?, ?)",
            list(_PUBLISHED_LAYERS),
        ).fetchall()
        facts = {}
        for schema, table in rows:
            counted = connection.execute(f'select count(*) from "{schema}"."{table}"').fetchone()  # noqa: S608 - names come from the catalogue
            facts[(schema, table)] = {"dagster/row_count": counted[0] if counted else 0}
    return facts


@dataclass(frozen=True, slots=True)
class TopListRow:
    """One line of the top list; a previous value is None where there was none."""

    rank: int
    rank_previous: int | None
    name: str
    followers: int
    followers_previous: int | None
    growth_pct: float | None


def top_list(
    database: Path, quarter: str, industry_id: str, platform: str, limit: int = 10
) -> list[TopListRow]:
    """Return the largest accounts of an industry on a platform, read from the published marts."""
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(_TOP_LIST, [quarter, industry_id, platform, limit]).fetchall()
    return [TopListRow(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class EngagementRow:
    """An account's posts of a quarter and the interactions with them; None where not measured."""

    name: str
    quarter: str
    posts: int | None
    interactions: int | None


def engagement(database: Path, industry_id: str, platform: str) -> list[EngagementRow]:
    """Return each account of an industry in each quarter of a release, most interactions first."""
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(_ENGAGEMENT, [industry_id, platform]).fetchall()
    return [EngagementRow(*row) for row in rows]


def top_list_markdown(database: Path, quarter: str, limit: int = 10) -> str:
    """Return the top list of every industry and platform of a release as Markdown tables."""
    parts = []
    for industry_id, platform in industries(database, quarter):
        parts.append(f"**{industry_id}, {platform}, {quarter}**\n")
        parts.append("| rank | previous | organisation | followers (previous) | growth |")
        parts.append("|---|---|---|---|---|")
        parts.extend(
            f"| {row.rank} | {dash(row.rank_previous)} | {row.name} "
            f"| {row.followers:,} ({dash(row.followers_previous)}) | {percent(row.growth_pct)} |"
            for row in top_list(database, quarter, industry_id, platform, limit)
        )
        parts.append("")
    return "\n".join(parts)


def industries(database: Path, quarter: str) -> list[tuple[str, str]]:
    """Return the (industry_id, platform) pairs that have accounts in the quarter."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(
            "select industry_id, platform from marts.benchmark_industry_quarter "
            "where quarter = ? order by industry_id, platform",
            [quarter],
        ).fetchall()


def growth_plot(database: Path) -> str:
    """Return a Markdown image of pooled growth by quarter, one line an industry and platform.

    An inline SVG: Dagster's pages show it without asking any other host.
    """
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            "select quarter, industry_id || ', ' || platform, follower_growth_pooled_pct "
            "from marts.benchmark_industry_quarter "
            "where follower_growth_pooled_pct is not null order by quarter"
        ).fetchall()
    if not rows:
        return "No growth yet: it needs a closing count in two quarters."
    image = base64.b64encode(_line_chart(rows).encode()).decode()
    return f"![Pooled follower growth by quarter, per cent](data:image/svg+xml;base64,{image})"


def _line_chart(rows: list[tuple[str, str, float]]) -> str:
    quarters = sorted({row[0] for row in rows})
    top = max(0.0, *(row[2] for row in rows)) or 1.0
    low = min(0.0, *(row[2] for row in rows))

    def x(quarter: str) -> float:
        return 60 + 480 * quarters.index(quarter) / max(1, len(quarters) - 1)

    def y(value: float) -> float:
        return 190 - 160 * (value - low) / (top - low)

    marks = [
        f'<line x1="50" x2="560" y1="{y(0):.1f}" y2="{y(0):.1f}" stroke="#999"/>',
        *(
            f'<text x="{x(q):.1f}" y="215" text-anchor="middle" font-size="12">{q}</text>'
            for q in quarters
        ),
    ]
    for series in sorted({row[1] for row in rows}):
        points = [(x(q), y(v), v) for q, name, v in rows if name == series]
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py, _ in points)
        marks.append(f'<polyline points="{path}" fill="none" stroke="#1f5c99" stroke-width="2"/>')
        marks.extend(
            f'<text x="{px:.1f}" y="{py - 8:.1f}" text-anchor="middle" font-size="12">'
            f"{v:.2f}</text>"
            for px, py, v in points
        )
        px, py, _ = points[-1]
        marks.append(
            f'<text x="{px + 8:.1f}" y="{py + 4:.1f}" font-size="12">{escape(series)}</text>'
        )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 230" '
        f'font-family="sans-serif">{"".join(marks)}</svg>'
    )


def dash(value: int | None) -> str:
    """Return a count with thousands, or a dash for what is not known."""
    return "–" if value is None else f"{value:,}"  # noqa: RUF001 - the typographic dash is meant


def percent(value: float | None) -> str:
    """Return a signed percentage with two decimals, or a dash for what is not known."""
    return "–" if value is None else f"{value:+.2f} %"  # noqa: RUF001 - the typographic dash is meant
