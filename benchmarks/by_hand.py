"""The core tables as one would write them by hand in DuckDB, without dbt and without regard for it.

Belongs here: the fewest passes that give the same figures on a generated lake; `marts.py` proves
that they are the same. Does not belong here: what a generated world never has (changed definitions,
replaced accounts, falling counters), docs, contracts, incremental builds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

SCHEMA = "by_hand"

SCAN_CLOSE = """
select
    count(account_id), max(observed_at), max(extracted_at), sum(followers), max(visibility),
    max(definition), max(followers_resolution)
from {snapshots}
"""
"""A plain scan of the columns that the close reads."""

SCAN_POSTS = """
select
    count(account_id), count(post_id), max(published_at), max(observed_at), max(extracted_at),
    max(kind), sum(reactions), sum(comments), sum(shares), sum(quotes), sum(views), sum(saves),
    sum(clicks), bool_or(is_boosted), bool_or(is_repost), bool_or(is_deleted), max(permalink),
    max(source), max(origin)
from {posts}
"""
"""A plain scan of the columns that the posts' model reads."""

MONTHS = """
create or replace table by_hand.months as
select
    account_id,
    cast(date_trunc('month', observed_date) as date) as month_start,
    count(*) as snapshot_count,
    min(observed_date) filter (where is_reading) as first_read,
    max(observed_date) filter (where is_reading) as last_read,
    max_by(followers, key) filter (where is_closing and followers > 0) as positive,
    max_by(followers, key) filter (where is_closing) as closing,
    max(followers) filter (where is_closing) as closing_highest,
    max(observed_date) filter (where is_closing) as closed,
    max(observed_date) filter (where is_closing and followers > 0) as positive_closed,
    max(followers) filter (where is_reading) as highest,
    min(observed_date) filter (where is_reading and followers = 0) as first_zero,
    min(posts_total) * 10 < max(posts_total) * 9 or min(views_total) * 10 < max(views_total) * 9
        as may_have_fallen
from (
    select
        *,
        visibility = 'visible' and followers is not null as is_reading,
        visibility = 'visible' and followers is not null and day(observed_date + 7) <= 7
            as is_closing,
        (epoch_us(observed_at) // 1000000) * 1000000000
        + (epoch_us(extracted_at) // 1000000 - 1577836800) as key
    from {snapshots}
)
group by account_id, date_trunc('month', observed_date)
"""

CLOSES = """
create or replace table by_hand.closes as
select
    account_id,
    month_start,
    snapshot_count,
    first_read,
    last_read,
    case when closing_highest >= 100 then positive else closing end as followers,
    case when closing_highest >= 100 then positive_closed else closed end as closed,
    case
        when first_zero is not null and highest >= 100 and (
            case when closing_highest >= 100 then positive else closing end
        ) = 0 then first_zero
    end as fell_on
from by_hand.months
"""

ACCOUNTS = """
create or replace table by_hand.benchmark_account_quarter as
with steps as (
    select
        *,
        lag(last_read) over (partition by account_id order by month_start) as before
    from by_hand.closes
    where last_read is not null
),

breaks as (
    select account_id, first_read as break_date
    from steps
    where first_read - before > 35
    union
    select account_id, fell_on
    from steps
    where fell_on is not null
),

quarters as (
    select
        cast(range as date) as starts,
        year(range) || '-Q' || quarter(range) as quarter
    from range(date '{first}', date '{last}', interval 3 month)
),

measured as (
    select
        members.industry_id,
        accounts.organisation_id,
        accounts.account_id,
        accounts.platform,
        quarters.quarter,
        quarters.starts,
        opening.followers as followers_start_count,
        closing.followers as followers_end_count,
        opening.closed as opened,
        closing.closed as closed,
        coalesce(first.snapshot_count, 0) + coalesce(second.snapshot_count, 0)
        + coalesce(closing.snapshot_count, 0) as snapshot_count
    from read_parquet('{registry}/accounts.parquet') as accounts
    inner join read_parquet('{registry}/memberships.parquet') as members
        on accounts.organisation_id = members.organisation_id
    cross join quarters
    left join by_hand.closes as opening
        on accounts.account_id = opening.account_id
        and opening.month_start = cast(quarters.starts - interval 1 month as date)
    left join by_hand.closes as first
        on accounts.account_id = first.account_id and first.month_start = quarters.starts
    left join by_hand.closes as second
        on accounts.account_id = second.account_id
        and second.month_start = cast(quarters.starts + interval 1 month as date)
    left join by_hand.closes as closing
        on accounts.account_id = closing.account_id
        and closing.month_start = cast(quarters.starts + interval 2 month as date)
),

broken as (
    select distinct measured.account_id, measured.quarter
    from measured
    inner join breaks
        on measured.account_id = breaks.account_id
        and breaks.break_date > measured.opened and breaks.break_date <= measured.closed
),

judged as (
    select
        measured.*,
        case
            when followers_end_count is null then 'stale_end'
            when followers_start_count is null then 'stale_start'
            when broken.account_id is not null then 'account_break'
            when followers_start_count < 100 then 'small_base'
            else 'ok'
        end as growth_status
    from measured
    left join broken
        on measured.account_id = broken.account_id and measured.quarter = broken.quarter
),

grown as (
    select
        *,
        case
            when growth_status in ('ok', 'small_base')
                then followers_end_count - followers_start_count
        end as follower_change_count,
        case
            when growth_status = 'ok'
                then 100 * cast(followers_end_count - followers_start_count as double)
                    / followers_start_count
        end as follower_growth_pct
    from judged
)

select
    grown.* exclude (starts, opened, closed),
    previous.follower_growth_pct as follower_growth_pct_previous,
    year_ago.follower_growth_pct as follower_growth_pct_year_ago
from grown
left join grown as previous
    on grown.account_id = previous.account_id
    and cast(grown.starts - interval 3 month as date) = previous.starts
left join grown as year_ago
    on grown.account_id = year_ago.account_id
    and cast(grown.starts - interval 1 year as date) = year_ago.starts
"""

POSTS = """
create or replace table by_hand.posts as
with latest as (
    select
        account_id, platform, post_id, published_at, reactions, comments, shares, quotes,
        cast(published_at at time zone 'Europe/Stockholm' as date) as published_date,
        kind, is_repost, is_deleted
    from {posts}
    where observed_date <= date '{last}' + 7
    qualify row_number() over (
        partition by account_id, post_id
        order by
            (epoch_us(observed_at) // 1000000) * 1000000000
            + (epoch_us(extracted_at) // 1000000 - 1577836800) desc,
            reactions desc nulls last
    ) = 1
)

select
    account_id,
    year(published_date) || '-Q' || quarter(published_date) as quarter,
    count(*) filter (where not is_repost and kind <> 'story') as post_count,
    count(distinct published_date) filter (where not is_repost and kind <> 'story')
        as active_day_count,
    cast(
        sum(
            reactions + comments + case when platform = 'youtube' then 0 else shares end
            + case when platform in ('bluesky', 'x') then quotes else 0 end
        ) filter (where not is_repost and kind <> 'story') as bigint
    ) as interactions_count
from latest
where not is_deleted and published_date between date '{first}' and date '{last}'
group by account_id, year(published_date), quarter(published_date)
"""

PARTS = {
    "scan_close": (SCAN_CLOSE,),
    "scan_posts": (SCAN_POSTS,),
    "close": (MONTHS, CLOSES),
    "posts": (POSTS,),
    "core": (MONTHS, CLOSES, ACCOUNTS, POSTS),
}
"""Name of a measurement -> its statements, in order."""


def statements(part: str, data_dir: Path, first: date, last: date) -> list[str]:
    """Return the statements of a part over the quarters from `first` to `last`."""

    def stream(name: str, before: int, after: int) -> str:
        files = f"read_parquet('{data_dir}/lake/_compacted/{name}/*.parquet')"
        days = f"between date '{first}' - {before} and date '{last}' + {after}"
        return f"(select * from {files} where observed_date {days})"

    return [
        text.format(
            snapshots=stream("profile_snapshots", 7, 0),
            posts=stream("posts", 0, 7),
            registry=data_dir / "registry",
            first=first,
            last=last,
        )
        for text in PARTS[part]
    ]
