"""The core tables as one would write them by hand in DuckDB, without dbt and without regard for it.

Belongs here: the fewest passes that give the same figures on a generated lake; `marts.py` proves
that they are the same. Does not belong here: what a generated world never has (changed definitions,
replaced accounts, falling counters), docs, contracts, incremental builds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.generate import World, label

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

NO_POSTS = """
create or replace table by_hand.int_posts as select * from intermediate.int_posts limit 0
"""

POSTS_OF_A_QUARTER = """
insert into by_hand.int_posts
with readings as not materialized (
    select
        *,
        (epoch_us(observed_at) // 1000000) * 1000000000
        + (epoch_us(extracted_at) // 1000000 - 1577836800) as key
    from {posts}
    where
        published_at >= timezone('Europe/Stockholm', timestamp '{first}')
        and published_at < timezone('Europe/Stockholm', timestamp '{last}' + interval 1 day)
),

latest as (
    select account_id, post_id, max(key) as key
    from readings
    group by account_id, post_id
),

settled as (
    select *, published_at at time zone 'Europe/Stockholm' as published_local
    from readings
    inner join latest using (account_id, post_id, key)
)

select
    account_id,
    platform,
    '{quarter}',
    post_id,
    published_at at time zone 'UTC',
    cast(published_local as date),
    isodow(published_local),
    hour(published_local),
    kind,
    permalink,
    reactions,
    comments,
    shares,
    quotes,
    reactions + comments + case when platform = 'youtube' then 0 else shares end
    + case when platform in ('bluesky', 'x') then quotes else 0 end,
    views,
    saves,
    clicks,
    is_boosted,
    coalesce(is_repost, false),
    coalesce(is_deleted, false),
    observed_at at time zone 'UTC',
    observed_date,
    source,
    origin
from settled
"""
"""All columns of `int_posts`; no two readings of a generated post have one key."""

POSTS = """
create or replace table by_hand.posts as
select
    account_id,
    quarter,
    count(*) as post_count,
    count(distinct published_date) as active_day_count,
    cast(sum(interactions_count) as bigint) as interactions_count
from by_hand.int_posts
where not is_deleted and not is_repost and kind <> 'story'
group by account_id, quarter
"""

PARTS = {
    "scan_close": (SCAN_CLOSE,),
    "scan_posts": (SCAN_POSTS,),
    "close": (MONTHS, CLOSES),
    "posts": (NO_POSTS, POSTS_OF_A_QUARTER, POSTS),
    "core": (MONTHS, CLOSES, ACCOUNTS, NO_POSTS, POSTS_OF_A_QUARTER, POSTS),
}
"""Name of a measurement -> its statements, in order; the posts' once for each quarter."""


def statements(part: str, data_dir: Path, first: date, last: date) -> list[str]:
    """Return the statements of a part over the quarters from `first` to `last`."""
    found = []
    for text in PARTS[part]:
        spans = [(first, last)]
        if text is POSTS_OF_A_QUARTER:
            world = World(organisations=0, posts_per_day=0, first_day=first, last_day=last)
            spans = list(world.quarters())
        found += [_filled(text, data_dir, *span) for span in spans]
    return found


def _filled(text: str, data_dir: Path, first: date, last: date) -> str:
    def stream(name: str, before: int, after: int) -> str:
        days = f"between date '{first}' - {before} and date '{last}' + {after}"
        return f"(select * from raw.lake_{name} where observed_date {days})"

    return text.format(
        snapshots=stream("profile_snapshots", 7, 0),
        posts=stream("posts", 0, 7),
        registry=data_dir / "registry",
        first=first,
        last=last,
        quarter=label(last),
    )
