-- Holes of more than 35 days in an account's readings, while its industry's collection was running.
-- Grain: one row per (account_id, returned_date)

-- Why the first and the last day of each month are enough, without a look at the days between:
-- take two consecutive readings with a hole between them. If no month begins inside the hole, both
-- lie in one month and are at most 30 days apart. Otherwise the earlier one is the last of its
-- month, the later one the first of its own, and the months between have none. So the difference
-- between a month's first reading and the last reading of the latest month before it meets every
-- hole longer than 30 days, exactly, with one row per month instead of one per day.
with months as (
    select * from {{ ref('int_account_reading_months') }}
),

closes as (
    select * from {{ ref('int_account_month_closes') }}
),

accounts as (
    select * from {{ ref('stg_registry__accounts') }}
),

members as (
    select * from {{ ref('int_industry_members') }}
),

holes as (
    select
        account_id,
        quarter,
        platform,
        industry_id,
        previous_read_date as last_seen_date,
        first_read_date as returned_date,
        {{ days_between('previous_read_date', 'first_read_date') }} as absent_day_count
    from months
    where {{ days_between('previous_read_date', 'first_read_date') }} > 35
),

-- The same proof one level up: when was anything of the industry asked for on the platform at all?
collection_months as (
    select
        members.industry_id,
        accounts.platform,
        closes.month_start_date,
        min(closes.first_asked_date) as first_asked_date,
        max(closes.last_asked_date) as last_asked_date
    from closes
    inner join accounts
        on closes.account_id = accounts.account_id
    inner join members
        on
            accounts.organisation_id = members.organisation_id
            and closes.quarter = members.quarter
    where closes.last_asked_date is not null
    group by members.industry_id, accounts.platform, closes.month_start_date
),

collection_steps as (
    select
        industry_id,
        platform,
        first_asked_date,
        lag(last_asked_date) over (
            partition by industry_id, platform
            order by month_start_date
        ) as previous_asked_date
    from collection_months
),

collection_holes as (
    select
        industry_id,
        platform,
        previous_asked_date,
        first_asked_date,
        {{ days_between('previous_asked_date', 'first_asked_date') }} as hole_day_count
    from collection_steps
    where {{ days_between('previous_asked_date', 'first_asked_date') }} > 35
),

-- Nobody is absent while nobody asks: the collection's own holes are taken off.
measured as (
    select
        holes.account_id,
        holes.quarter,
        holes.platform,
        holes.last_seen_date,
        holes.returned_date,
        holes.absent_day_count,
        coalesce(sum(collection_holes.hole_day_count), 0) as uncollected_day_count
    from holes
    left join collection_holes
        on
            holes.industry_id = collection_holes.industry_id
            and holes.platform = collection_holes.platform
            and holes.last_seen_date <= collection_holes.previous_asked_date
            and holes.returned_date >= collection_holes.first_asked_date
    group by
        holes.account_id,
        holes.quarter,
        holes.platform,
        holes.last_seen_date,
        holes.returned_date,
        holes.absent_day_count
),

final as (
    select
        account_id,
        returned_date,
        quarter,
        platform,
        last_seen_date,
        cast(absent_day_count as bigint) as absent_day_count,
        cast(uncollected_day_count as bigint) as uncollected_day_count
    from measured
    where absent_day_count - uncollected_day_count > 35
)

select * from final
