"""The rows of a generated lake as DuckDB SQL, one statement a stream, platform and span of days.

Belongs here: what a value is made of. Every one is a hash of the seed and of what it describes.
Days are counted from 1970-01-01, so that they mean the same in every world. Observations lie
between 9 and 18 UTC, where the day is the same in Stockholm.
"""

from __future__ import annotations

MACROS = """
create macro u(what, a, b) as
    cast(hash(what, {seed}, a, b) % 1000003 as double) / 1000003;
create macro day_number(day) as cast(day - date '1970-01-01' as bigint);
create macro syllable(number) as
    list_extract(
        ['ba', 'dor', 'el', 'fin', 'gra', 'hul', 'jo', 'kva', 'lem', 'mir', 'nu', 'ost'],
        cast(number % 12 + 1 as integer)
    );
create macro name_of(number) as
    'generated_' || syllable(number * 7919) || syllable(number // 12)
    || syllable(number // 144) || syllable(number) || '_' || number;
create macro handle_of(number, day) as
    name_of(number) || case
        when number % 20 = 3 and day >= date '2026-01-01' + cast(number % 250 as integer)
            then '_new'
        else ''
    end;
-- Followers before rounding: from about 150 to some millions, growing or shrinking a few per mille
-- a month, with a wave that lasts a season.
create macro size_of(platform, number, day) as
    150 * exp(10 * pow(u('size' || platform, number, 0), 3))
    * exp(
        (u('growth' || platform, number, 0) - 0.3) * 0.0004 * (day - 19700)
        + 0.01 * sin(day / 14.0 + number)
    );
-- Three significant figures, as YouTube shows them.
create macro step_of(value) as
    cast(greatest(pow(10, floor(log10(greatest(value, 1))) - 2), 1) as bigint);
create macro rounded(value) as cast(floor(value / step_of(value)) as bigint) * step_of(value);
"""

SNAPSHOTS = """
with days as (
    select
        cast(range as date) as observed_date,
        day_number(cast(range as date)) as day
    from range(date '{first}', date '{last}' + 1, interval 1 day)
),

seen as (
    select
        *,
        size_of('{platform}', number, day) as size,
        unnest(case when u('twice{platform}', number, day) < 0.02 then [0, 1] else [0] end) as copy
    from days
    cross join (select range as number from range({organisations})) as organisations
    where
        u('missed{platform}', number, day) >= 0.01
        and u('hole{platform}', number, day // 14) >= 0.005
)

select
    name_of(number) || '.{platform}' as account_id,
    cast(observed_date as timestamp) at time zone 'UTC'
    + to_minutes(600 + cast(number % 300 as integer)) as observed_at,
    case
        when number % 300 = 299 then null
        when u('slip{platform}', number, day) < 0.0002 then 0
        when {is_rounded} then rounded(size)
        else cast(size as bigint) + copy
    end as followers,
    '{source}' as source,
    'sandbox' as origin,
    cast(observed_date + copy * 3 as timestamp) at time zone 'UTC'
    + to_minutes(601 + cast(number % 300 as integer)) as extracted_at,
    'generated' as load_id,
    cast(200 + number % 800 as bigint) as following,
    cast(100 + number % 50 + (day - 15000) * (1 + number % 4) as bigint) as posts_total,
    cast(null as bigint) as likes_total,
    case when {is_rounded} then cast(size * 40 + (day - 15000) * 90 as bigint) end as views_total,
    cast(case when {is_rounded} then step_of(size) else 1 end as bigint) as followers_resolution,
    '{definition}' as definition,
    case when number % 300 = 299 then 'count_hidden' else 'visible' end as visibility,
    handle_of(number, observed_date) as handle,
    observed_date
from seen
order by observed_date, account_id, observed_at, extracted_at
"""

_PUBLISHED = """
with days as (
    select
        cast(range as date) as observed_date,
        day_number(cast(range as date)) as observed_day
    from range(date '{first}', date '{last}' + 1, interval 1 day)
),

readings as (
    select
        days.*,
        days.observed_day - age as day,
        days.observed_date - cast(age as integer) as published_date,
        age,
        item
    from days
    cross join (select unnest({ages}) as age) as ages
    cross join (select range as item from range({most})) as items
),

-- Weekends are quiet; who publishes is skewed: the busiest hundredth publishes an eighth.
published as (
    select
        *,
        cast(
            floor(pow(u('who{what}{platform}', day, item), 2.2) * {organisations}) as bigint
        ) as number,
        '{platform}-' || day || '-' || item as item_id,
        unnest(
            case when u('again{what}{platform}', day, item * 10 + age) < 0.02 then [0, 1]
            else [0] end
        ) as copy
    from readings
    where
        item < {daily} * case when isodow(published_date) > 5 then 0.5 else 1.2 end
        - u('count{what}{platform}', day, 0)
        and published_date <= date '{end}'
)
"""

POSTS = (
    _PUBLISHED
    + """,

sized as (
    select
        *,
        size_of('{platform}', number, day)
        * pow(u('liked{platform}', day, item), 3) * 0.02 * (1 - 0.5 / age) as reached
    from published
)

select
    name_of(number) || '.{platform}' as account_id,
    item_id as post_id,
    cast(published_date as timestamp) at time zone 'UTC'
    + to_seconds(cast(21600 + u('when{platform}', day, item) * 50000 as integer)) as published_at,
    cast(observed_date as timestamp) at time zone 'UTC'
    + to_minutes(660 + cast(number % 300 as integer)) as observed_at,
    '{source}' as source,
    'sandbox' as origin,
    cast(observed_date + copy as timestamp) at time zone 'UTC'
    + to_minutes(661 + cast(number % 300 as integer)) as extracted_at,
    'generated' as load_id,
    list_extract(['text', 'image', 'video', 'link', 'image'], cast(item % 5 + 1 as integer))
        as kind,
    'Generated words of ' || item_id || ', published by ' || name_of(number) as text,
    'https://generated.invalid/' || item_id as permalink,
    cast(reached as bigint) as reactions,
    case when item % 97 <> 5 then cast(reached * 0.1 as bigint) end as comments,
    case when not {is_rounded} then cast(reached * 0.05 as bigint) end as shares,
    case when '{platform}' in ('bluesky', 'x') then cast(reached * 0.01 as bigint) end as quotes,
    case when {is_rounded} then cast(reached * 30 + 10 as bigint) end as views,
    cast(null as bigint) as saves,
    cast(null as bigint) as clicks,
    cast(null as boolean) as is_boosted,
    item % 13 = 7 as is_repost,
    age = 7 and item % 101 = 50 as is_deleted,
    cast(null as varchar) as definition_version,
    observed_date
from sized
order by observed_date, account_id, observed_at, post_id, extracted_at
"""
)

INQUIRIES = (
    _PUBLISHED
    + """,

asked as (
    select
        *,
        cast(published_date as timestamp) at time zone 'UTC'
        + to_seconds(cast(21600 + u('asked{platform}', day, item) * 50000 as integer)) as asked_at,
        exp(u('answer{platform}', day, item) * 7) as answer_minutes
    from published
)

select
    name_of(number) || '.{platform}' as account_id,
    item_id as inquiry_id,
    'comment' as channel,
    asked_at,
    cast(observed_date as timestamp) at time zone 'UTC' + to_minutes(960) as observed_at,
    '{source}' as source,
    'sandbox' as origin,
    cast(observed_date as timestamp) at time zone 'UTC' + to_minutes(961 + copy * 60)
        as extracted_at,
    'generated' as load_id,
    case
        when
            u('answered{platform}', day, item) < 0.7
            and asked_at + to_minutes(cast(answer_minutes as integer))
            < cast(observed_date as timestamp) at time zone 'UTC' + to_minutes(960)
            then asked_at + to_minutes(cast(answer_minutes as integer))
    end as first_reply_at,
    observed_date
from asked
order by observed_date, account_id, inquiry_id, extracted_at
"""
)
