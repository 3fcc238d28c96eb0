-- What each account published in a month, what it was answered with, and how many followed it.
-- Grain: one row per (account_id, month_start_date)
{{ incremental_by_quarter() }}

with positions as (
    select 0 as months_before
    union all
    select 1 as months_before
    union all
    select 2 as months_before
),

months as (
    select
        quarters.quarter,
        quarters.quarter_start_date,
        quarters.quarter_end_date,
        {{ shift_months('quarters.quarter_start_date', 'positions.months_before') }}
            as month_start_date,
        {{ shift_days(
            shift_months('quarters.quarter_start_date', 'positions.months_before + 1'), -1
        ) }} as month_end_date
    from {{ ref('int_quarters') }} as quarters
    cross join positions
    where quarters.quarter between {{ window_quarter_labels() }}
),

-- Each reading counts for the days until the next one. What lies before the quarter counts for no
-- day of it but the ones before its first reading.
readings as (
    select
        account_id,
        quarter,
        followers_count,
        observed_date as from_date,
        lead(observed_date) over (
            partition by account_id, quarter order by observed_date asc
        ) as before_date
    from {{ ref('int_account_days') }}
    where quarter between {{ window_quarter_labels() }}
),

weighted as (
    select
        readings.account_id,
        months.quarter,
        months.month_start_date,
        readings.followers_count,
        {{ days_between(
            'greatest(readings.from_date, months.month_start_date)',
            'least(coalesce(readings.before_date, ' ~ shift_days('months.quarter_end_date', 1) ~ '), '
            ~ shift_days('months.month_end_date', 1) ~ ')'
        ) }} as day_count
    from readings
    inner join months
        on
            readings.quarter = months.quarter
            and readings.from_date <= months.month_end_date
            and coalesce(readings.before_date, {{ shift_days('months.quarter_end_date', 1) }})
            > months.month_start_date
),

counted as (
    select
        account_id,
        quarter,
        month_start_date,
        0 as post_count,
        0 as measured_post_count,
        0 as interactions_count,
        followers_count * day_count as follower_day_count,
        day_count
    from weighted
    union all
    select
        post_days.account_id,
        post_days.quarter,
        months.month_start_date,
        post_days.post_count,
        post_days.measured_post_count,
        coalesce(post_days.interactions_count, 0) as interactions_count,
        0 as follower_day_count,
        0 as day_count
    from {{ ref('int_post_days') }} as post_days
    inner join months
        on
            post_days.quarter = months.quarter
            and post_days.published_date between months.month_start_date and months.month_end_date
    where post_days.quarter between {{ window_quarter_labels() }}
),

final as (
    select
        account_id,
        quarter,
        month_start_date,
        cast(sum(post_count) as bigint) as post_count,
        cast(sum(measured_post_count) as bigint) as measured_post_count,
        cast(sum(interactions_count) as bigint) as interactions_count,
        cast(sum(follower_day_count) as bigint) as follower_day_count,
        cast(sum(day_count) as bigint) as followed_day_count
    from counted
    group by account_id, quarter, month_start_date
)

select * from final
