"""A small candidate warehouse, written by hand: generated organisations, weekly readings.

It stands in for what dbt builds, to the same tables and columns, so that the gate and the release
can be tested without dbt. Its figures are computed here, in the plainest way, from the readings.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from tests.support.candidate_composite import COMPOSITE, COMPOSITE_TABLES
from tests.support.candidate_engagement import ENGAGEMENT, ENGAGEMENT_TABLES
from tests.support.candidate_growth import GROWTH, GROWTH_TABLE
from tests.support.candidate_posts import COMPARISON, POST_TABLES, POSTS
from tests.support.candidate_rollups import PERIODS, ROLLUP_TABLES, ROLLUPS
from tests.support.candidate_texts import TEXT_TABLES, TEXTS

QUARTERS = ("2025-Q4", "2026-Q1", "2026-Q2")
FIRST_DAY, LAST_DAY = date(2025, 9, 24), date(2026, 6, 30)
TABLES = [
    "dim_industry",
    "dim_organisation",
    "dim_account",
    "dim_quarter",
    "follower_growth",
    "benchmark_account_quarter",
    "benchmark_industry_quarter",
    "ranking_quarter",
    "coverage_quarter",
    *POST_TABLES,
    *ENGAGEMENT_TABLES,
    *COMPOSITE_TABLES,
    *TEXT_TABLES,
    *ROLLUP_TABLES,
    "break_log",
    "metric_definitions",
    "metric_definition_changes",
    "size_classes",
    "interaction_definitions",
    "data_dictionary",
]

_REGISTRY = """
create schema staging;
create schema marts;
create table staging.stg_registry__industries (industry_id varchar, name varchar);
create table staging.stg_registry__organisations (organisation_id varchar, name varchar);
create table staging.stg_registry__memberships
    (industry_id varchar, organisation_id varchar, valid_from_date date, valid_to_date date);
create table staging.stg_registry__accounts
    (account_id varchar, organisation_id varchar, platform varchar,
     valid_from_date date, valid_to_date date);
create table staging.stg_registry__declared_breaks
    (account_id varchar, break_date date, kind varchar, note varchar);
create table staging.stg_lake__profile_snapshots
    (account_id varchar, platform varchar, observed_date date, observed_at timestamptz,
     extracted_at timestamptz, visibility varchar, followers_count bigint,
     followers_resolution_count bigint, posts_total_count bigint, likes_total_count bigint,
     views_total_count bigint, source varchar, origin varchar);
"""

_DIMENSIONS = """
create table marts.dim_industry as select * from staging.stg_registry__industries;
create table marts.dim_organisation as select * from staging.stg_registry__organisations;
create table marts.dim_account as select * from staging.stg_registry__accounts;
create table marts.metric_definitions as
    select unnest(['followers_end_count', 'follower_change_count', 'follower_growth_pct',
        'follower_growth_pooled_pct', 'follower_growth_mean_pct', 'follower_growth_median_pct',
        'coverage_pct']) as metric, 'a formula' as formula, 'neutral' as direction,
        date '2013-01-01' as valid_from_date, cast(null as date) as valid_to_date;
create table marts.metric_definition_changes as
    select 'bluesky' as platform, 'followers_end_count' as metric,
        date '2024-02-06' as effective_date, 'day' as date_precision, 'A note.' as note;
create table marts.size_classes as
    select 'small' as size_class, 1 as size_class_position, 0::bigint as followers_from_count
    union all select 'large', 2, 1000;
create table marts.interaction_definitions as
    select 'bluesky' as platform, true as counts_reactions, true as counts_comments,
        true as counts_shares, true as counts_quotes;
create table marts.break_log
    (account_id varchar not null, organisation_id varchar, industry_id varchar, platform varchar,
     quarter varchar not null, break_date date not null, kind varchar not null,
     is_declared boolean not null, evidence varchar);
"""

_FACTS = """
create table marts.dim_quarter
    (quarter varchar not null, quarter_start_date date, quarter_end_date date,
     starts_at timestamp, ends_at timestamp, is_preliminary boolean not null);
insert into marts.dim_quarter select quarter, first_day, last_day, first_day::timestamp,
    last_day::timestamp + interval 1 day, false from quarters;

create temp table closes as
select accounts.account_id, accounts.organisation_id, members.industry_id, accounts.platform,
    quarters.quarter, quarters.last_day,
    (select arg_max(followers_count, observed_at) from staging.stg_lake__profile_snapshots as s
     where s.account_id = accounts.account_id
        and s.observed_date between quarters.first_day - 7 and quarters.first_day - 1) as opening,
    (select arg_max(followers_count, observed_at) from staging.stg_lake__profile_snapshots as s
     where s.account_id = accounts.account_id
        and s.observed_date between quarters.last_day - 6 and quarters.last_day) as closing,
    (select count(distinct observed_date) from staging.stg_lake__profile_snapshots as s
     where s.account_id = accounts.account_id
        and s.observed_date between quarters.first_day and quarters.last_day) as day_count,
    quarters.first_day,
    (select min(observed_date) from staging.stg_lake__profile_snapshots as s
     where s.account_id = accounts.account_id
        and s.observed_date between quarters.first_day and quarters.last_day) as first_seen,
    (select max(observed_date) from staging.stg_lake__profile_snapshots as s
     where s.account_id = accounts.account_id
        and s.observed_date between quarters.first_day and quarters.last_day) as last_seen,
    (select max(gap) from (
        select observed_date - lag(observed_date, 1, quarters.first_day - 1) over (
            order by observed_date) - 1 as gap
        from (select account_id, observed_date from staging.stg_lake__profile_snapshots
            union all select accounts.account_id, quarters.last_day + 1) as s
        where s.account_id = accounts.account_id
            and s.observed_date between quarters.first_day and quarters.last_day + 1
     )) as longest_gap_days
from staging.stg_registry__accounts as accounts
join staging.stg_registry__memberships as members using (organisation_id), quarters;

create table marts.benchmark_account_quarter (industry_id varchar not null,
    organisation_id varchar not null, account_id varchar not null, platform varchar not null,
    quarter varchar not null, followers_start_count bigint, followers_end_count bigint,
    followers_end_count_previous bigint, followers_end_count_year_ago bigint,
    followers_end_status varchar not null, follower_change_count bigint,
    follower_growth_pct double, follower_growth_pct_previous double,
    follower_growth_pct_year_ago double, growth_status varchar not null,
    size_class varchar, snapshot_count bigint, is_preliminary boolean not null);
insert into marts.benchmark_account_quarter
select industry_id, organisation_id, account_id, platform, quarter, opening, closing,
    lag(closing, 1, opening) over w, null, if(closing is null, 'stale_end', 'ok'),
    closing - opening, pct,
    lag(pct) over w, null,
    case when closing is null then 'stale_end' when opening is null then 'stale_start'
        when opening < 100 then 'small_base' else 'ok' end,
    if(closing < 1000, 'small', 'large'), day_count, false
from (select *, case when opening >= 100 then 100 * (closing - opening)::double / opening end as pct
      from closes)
window w as (partition by account_id order by quarter);

create table marts.coverage_quarter as
select industry_id, platform, quarter, account_id, organisation_id, day_count as observed_day_count,
    day_count as snapshot_count, first_seen as first_observed_date,
    last_seen as last_observed_date, longest_gap_days,
    (select count(distinct s.observed_date) from staging.stg_lake__profile_snapshots as s
     where s.account_id like closes.industry_id || '%'
        and s.observed_date between closes.first_day and closes.last_day) as expected_day_count,
    if(closing is null, 'stale_end', 'ok') as followers_end_status,
    false as is_preliminary from closes;

create table marts.benchmark_industry_quarter (industry_id varchar not null,
    platform varchar not null, quarter varchar not null, account_count bigint,
    covered_account_count bigint, coverage_pct double, growth_account_count bigint,
    followers_end_count bigint, panel_followers_start_count bigint,
    panel_followers_end_count bigint, follower_growth_pooled_pct double,
    follower_growth_pooled_pct_previous double, follower_growth_mean_pct double,
    follower_growth_median_pct double, follower_growth_p10_pct double,
    follower_growth_p25_pct double, follower_growth_p75_pct double, follower_growth_p90_pct double,
    followers_p10_count double, followers_p25_count double, followers_median_count double,
    followers_p75_count double, followers_p90_count double, growth_status varchar not null,
    is_preliminary boolean not null);
insert into marts.benchmark_industry_quarter
select industry_id, platform, quarter, n, covered, 100.0 * covered / n, grown, ends, panel_start,
    panel_end, 100 * (panel_end - panel_start)::double / panel_start,
    lag(100 * (panel_end - panel_start)::double / panel_start) over (
        partition by industry_id, platform order by quarter),
    mean, p[3], p[1], p[2], p[4], p[5], f[1], f[2], f[3], f[4], f[5],
    if(grown > 0, 'ok', 'stale_start'), false
from (select industry_id, platform, quarter, count(*) as n, count(followers_end_count) as covered,
        count(follower_growth_pct) as grown, sum(followers_end_count) as ends,
        sum(followers_start_count) filter (where growth_status = 'ok') as panel_start,
        sum(followers_end_count) filter (where growth_status = 'ok') as panel_end,
        avg(follower_growth_pct) as mean,
        quantile_cont(follower_growth_pct, [.1, .25, .5, .75, .9]) as p,
        quantile_cont(followers_end_count, [.1, .25, .5, .75, .9]) as f
      from marts.benchmark_account_quarter group by all);

create table marts.ranking_quarter as
with valued as (
    select industry_id, platform, quarter, metric, account_id, organisation_id, value
    from (select *, followers_end_count::double as ends, follower_change_count::double as change,
            follower_growth_pct as growth from marts.benchmark_account_quarter)
    unpivot (value for metric in (ends as 'followers_end_count',
        change as 'follower_change_count', growth as 'follower_growth_pct'))
), placed as (
    select *, dense_rank() over (
        partition by industry_id, platform, quarter, metric order by value desc) as rank
    from valued
)
select industry_id, platform, quarter, metric, account_id, organisation_id, value,
    lag(value) over w as value_previous, 0::double as value_resolution, rank,
    lag(rank) over w as rank_previous, lag(rank) over w - rank as rank_change,
    count(*) over (partition by industry_id, platform, quarter, metric) as ranked_account_count,
    false as is_preliminary
from placed
window w as (partition by industry_id, platform, metric, account_id order by quarter);
"""

_DICTIONARY = """
create table marts.data_dictionary
    (schema_name varchar not null, table_name varchar not null, column_name varchar not null,
     data_type varchar, description varchar, description_sv varchar);
insert into marts.data_dictionary
select schema_name, table_name, column_name, data_type, 'Meaning of ' || column_name,
    'Betydelsen av ' || column_name
from duckdb_columns() where schema_name = 'marts';
"""


@dataclass
class Candidate:
    """A candidate warehouse in `folder`, as `write` leaves it.

    Attributes:
        folder: The data directory; the file is `warehouse.duckdb` in it.
        industries: How many accounts each industry has.
        quarters: Quarters that the marts hold.
    """

    folder: Path
    industries: dict[str, int] = field(default_factory=lambda: {"museums": 8, "ports": 6})
    quarters: tuple[str, ...] = QUARTERS
    readings: dict[tuple[str, date], int | None] = field(default_factory=dict)
    after: list[str] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def accounts(self) -> list[str]:
        return [
            f"{industry}_{number}.bluesky"
            for industry, count in self.industries.items()
            for number in range(count)
        ]

    def followers(self, account: str, day: date) -> int | None:
        """What the account shows that day: its own start and pace, unless `readings` says else."""
        if (account, day) in self.readings:
            return self.readings[account, day]
        position = self.accounts.index(account)
        weeks = (day - FIRST_DAY).days // 7
        return 900 + 700 * position + weeks * (3 + position % 5)

    def write(self) -> Candidate:
        """Write the warehouse anew from the readings, then run the statements in `after`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        with duckdb.connect(str(self.path)) as connection:
            connection.execute("set TimeZone = 'UTC'; " + _REGISTRY)
            self._register(connection)
            self._snapshot(connection)
            connection.execute(_DIMENSIONS)
            connection.execute(
                "create temp table quarters (quarter varchar, first_day date, last_day date)"
            )
            for quarter in self.quarters:
                first, last = bounds(quarter)
                connection.execute("insert into quarters values (?, ?, ?)", [quarter, first, last])
            connection.execute(
                _FACTS
                + GROWTH_TABLE
                + GROWTH
                + POSTS
                + ENGAGEMENT
                + COMPARISON
                + COMPOSITE
                + TEXTS
                + PERIODS
                + ROLLUPS
                + _DICTIONARY
            )
            for table in TABLES:
                connection.execute(f"comment on table marts.{table} is 'It''s {table}.'")
            connection.execute("comment on column marts.dim_quarter.quarter is 'Label, 2026-Q1.'")
            for statement in self.after:
                connection.execute(statement)
        return self

    def _register(self, connection: duckdb.DuckDBPyConnection) -> None:
        for industry in self.industries:
            connection.execute(
                "insert into staging.stg_registry__industries values (?, ?)", [industry, industry]
            )
        for account in self.accounts:
            organisation, platform = account.split(".")
            industry = organisation.rsplit("_", 1)[0]
            for table, row in (
                ("organisations", [organisation, organisation.title()]),
                ("memberships", [industry, organisation, None, None]),
                ("accounts", [account, organisation, platform, None, None]),
            ):
                marks = ", ".join("?" * len(row))
                connection.execute(
                    f"insert into staging.stg_registry__{table} values ({marks})", row
                )

    def _snapshot(self, connection: duckdb.DuckDBPyConnection) -> None:
        rows = []
        for account in self.accounts:
            day = FIRST_DAY
            while day <= LAST_DAY:
                followers = self.followers(account, day)
                if followers is not None:
                    moment = datetime.combine(day, time(10), tzinfo=UTC)
                    rows.append(
                        (account, "bluesky", day, moment, moment, "visible", followers, 1,
                         100 + (day - FIRST_DAY).days, None, None, "bluesky_api", "sandbox")
                    )  # fmt: skip
                day += timedelta(days=7)
        connection.executemany(
            "insert into staging.stg_lake__profile_snapshots values "
            "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )


def bounds(quarter: str) -> tuple[date, date]:
    """First and last day, spelt out so that the tests do not trust what they test."""
    year, number = int(quarter[:4]), int(quarter[-1])
    starts = {1: (1, 1), 2: (4, 1), 3: (7, 1), 4: (10, 1)}
    ends = {1: (3, 31), 2: (6, 30), 3: (9, 30), 4: (12, 31)}
    return date(year, *starts[number]), date(year, *ends[number])


def last_reading_day(quarter: str) -> date:
    """The day of the weekly reading that closes the quarter."""
    day = FIRST_DAY
    while day + timedelta(days=7) <= bounds(quarter)[1]:
        day += timedelta(days=7)
    return day


@lru_cache
def _clean_bytes() -> bytes:
    with TemporaryDirectory() as folder:
        return Candidate(Path(folder)).write().path.read_bytes()


def clean_copy(folder: Path) -> Path:
    """Lay a sound candidate into `folder`, written once a session, and return the folder."""
    (folder / "warehouse.duckdb").write_bytes(_clean_bytes())
    return folder
