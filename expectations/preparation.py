"""What several checks read: who should be there, what was staged, what was released before.

Belongs here: temporary tables in the gate's own connection. They are computed from the staged
snapshots and the registry, never from the intermediate models, so that a mistake there is seen.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from expectations.digest import WHOLE

if TYPE_CHECKING:
    import duckdb

    from expectations.digest import Digests
    from expectations.released import ReleasedParts

_MONTHS_IN_QUARTER = 3
_QUARTER = re.compile(r"\d{4}-Q[1-4]")
_QUARTERS_IN_YEAR = 4

_EXPECTED_ACCOUNTS = """
create temporary table gate_expected as
select
    memberships.industry_id,
    accounts.organisation_id,
    accounts.account_id,
    accounts.platform,
    coalesce(accounts.valid_from_date, date '1900-01-01') as valid_from_date,
    coalesce(accounts.valid_to_date, date '2999-12-31') as valid_to_date
from staging.stg_registry__accounts as accounts
inner join staging.stg_registry__memberships as memberships
    on accounts.organisation_id = memberships.organisation_id
where
    $last_day between coalesce(accounts.valid_from_date, date '1900-01-01')
        and coalesce(accounts.valid_to_date, date '2999-12-31')
    and $last_day between coalesce(memberships.valid_from_date, date '1900-01-01')
        and coalesce(memberships.valid_to_date, date '2999-12-31')
"""

_READINGS = """
create temporary table gate_readings as
select
    expected.industry_id,
    expected.organisation_id,
    expected.account_id,
    expected.platform,
    snapshots.observed_date,
    epoch_us(snapshots.observed_at) // 1000000 as observed_second,
    epoch_us(snapshots.extracted_at) // 1000000 as extracted_second,
    snapshots.followers_count,
    snapshots.followers_resolution_count,
    snapshots.posts_total_count,
    snapshots.likes_total_count,
    snapshots.views_total_count
from staging.stg_lake__profile_snapshots as snapshots
inner join gate_expected as expected
    on
        snapshots.account_id = expected.account_id
        and snapshots.observed_date between expected.valid_from_date and expected.valid_to_date
where
    snapshots.observed_date between $read_from and $last_day
    and snapshots.visibility = 'visible'
    and snapshots.followers_count is not null
"""

# The post's last reading within a week of the quarter's end decides what it was and what it had. A
# counter that the platform counts but did not show makes the sum unknown. No texts: they are long.
_POSTS = """
create temporary table gate_posts as
select
    latest.* exclude (account_id),
    expected.industry_id,
    expected.account_id,
    date_part('isodow', latest.published_at) as published_weekday,
    date_part('hour', latest.published_at) as published_hour,
    not latest.is_repost and not latest.is_deleted and latest.kind <> 'story' as is_own,
    case when definitions.counts_reactions then latest.reactions_count else 0 end
    + case when definitions.counts_comments then latest.comments_count else 0 end
    + case when definitions.counts_shares then latest.shares_count else 0 end
    + case when definitions.counts_quotes then latest.quotes_count else 0 end as interactions_count
from (
    select
        account_id,
        platform,
        post_id,
        observed_date as settled_date,
        published_at at time zone $timezone as published_at,
        cast(published_at at time zone $timezone as date) as published_date,
        source in ('linkedin_page', 'meta_business_suite', 'x_analytics', 'youtube_studio')
            as is_owners_export,
        kind,
        reactions_count,
        comments_count,
        shares_count,
        quotes_count,
        case when not is_owners_export then views_count end as public_views_count,
        case when is_owners_export then views_count end as owned_views_count,
        saves_count,
        clicks_count,
        is_boosted,
        coalesce(is_repost, false) as is_repost,
        coalesce(is_deleted, false) as is_deleted
    from staging.stg_lake__posts
    where
        observed_date between $first_day and $last_day + 7
        and published_date between $first_day and $last_day
    qualify
        row_number() over (
            partition by account_id, post_id
            order by
                epoch_us(observed_at) // 1000000 desc,
                epoch_us(extracted_at) // 1000000 desc,
                reactions_count desc nulls last,
                source asc,
                origin asc
        ) = 1
) as latest
inner join gate_expected as expected
    on
        latest.account_id = expected.account_id
        and latest.published_date between expected.valid_from_date and expected.valid_to_date
left join marts.interaction_definitions as definitions
    on latest.platform = definitions.platform
"""

_LOOK_BACK = timedelta(days=35)
"""Readings before the quarter that a jump at its beginning is measured from."""


def quarter_days(quarter: str) -> tuple[date, date]:
    """Return the first and the last local day of a quarter such as `2026-Q2`.

    Raises:
        ValueError: when it is not a quarter.
    """
    if not _QUARTER.fullmatch(quarter):
        raise ValueError(f"{quarter!r} is not a quarter. Write it like 2026-Q2.")
    year, number = int(quarter[:4]), int(quarter[6:])
    first = date(year, _MONTHS_IN_QUARTER * (number - 1) + 1, 1)
    following = date.fromisoformat(f"{shift_quarter(quarter, 1)[:4]}-01-01").replace(
        month=_MONTHS_IN_QUARTER * (int(shift_quarter(quarter, 1)[6:]) - 1) + 1
    )
    return first, following - timedelta(days=1)


def shift_quarter(quarter: str, count: int) -> str:
    """Return the quarter `count` quarters later; earlier when negative."""
    position = int(quarter[:4]) * _QUARTERS_IN_YEAR + int(quarter[6:]) - 1 + count
    return f"{position // _QUARTERS_IN_YEAR}-Q{position % _QUARTERS_IN_YEAR + 1}"


def prepare(connection: duckdb.DuckDBPyConnection, quarter: str, timezone: str) -> None:
    """Lay out who is expected in the quarter, what was read of them and what they published.

    Args:
        connection: The gate's own.
        quarter: The quarter to judge.
        timezone: IANA zone of the calendar days that posts belong to.

    Raises:
        duckdb.Error: when the candidate has no staging views or they cannot be read.
    """
    first, last = quarter_days(quarter)
    connection.execute(_EXPECTED_ACCOUNTS, {"last_day": last})
    connection.execute(_READINGS, {"read_from": first - _LOOK_BACK, "last_day": last})
    connection.execute(_POSTS, {"first_day": first, "last_day": last, "timezone": timezone})


def prepare_tables(
    connection: duckdb.DuckDBPyConnection,
    declared: dict[str, tuple[str, ...]],
    found: list[str],
) -> None:
    """Lay out which tables are declared for release and which the candidate has."""
    connection.execute(
        "create temporary table gate_tables"
        " (table_name varchar, is_declared boolean, exists_in_candidate boolean, row_count bigint)"
    )
    for name in sorted({*declared, *found}):
        exists = name in found
        count = None
        if exists:
            query = f'select count(*) from marts."{name}"'  # noqa: S608 - a name from the catalogue
            count = (connection.execute(query).fetchone() or (0,))[0]
        connection.execute(
            "insert into gate_tables values (?, ?, ?, ?)", [name, name in declared, exists, count]
        )


def prepare_closed_quarters(
    connection: duckdb.DuckDBPyConnection,
    quarter: str,
    candidate: Digests,
    released: ReleasedParts,
) -> None:
    """Lay out each part of an earlier quarter: unchanged, changed, missing or never released.

    A quarter's rows are compared with the release that stated them last, whichever quarter that
    release was for.
    """
    connection.execute(
        "create temporary table gate_closed_parts"
        " (closed_quarter varchar, table_name varchar, state varchar, release_id varchar)"
    )
    for table, parts in candidate.items():
        stated = released.of(table)
        for part in sorted({*parts, *stated}):
            if part == WHOLE or part >= quarter:
                continue
            digest, before = parts.get(part), stated.get(part)
            if before is None:
                state, release = "never released", None
            elif digest is None:
                state, release = "missing", before.release_id
            else:
                state = "unchanged" if digest == before.digest else "changed"
                release = before.release_id
            connection.execute(
                "insert into gate_closed_parts values (?, ?, ?, ?)", [part, table, state, release]
            )
