-- How many posts each account itself said it had, when a quarter's readings began and ended.
-- Grain: one row per (account_id, quarter)
{{ incremental_by_quarter() }}

-- An account whose total rises published something, whether its posts could be read or not.
with readings as (
    select
        account_id,
        observed_date,
        posts_total_count,
        {{ epoch_seconds('observed_at') }} * 1000000000
        + ({{ epoch_seconds('extracted_at') }} - 1577836800) as reading_key
    from {{ ref('stg_lake__profile_snapshots') }}
    where
        observed_date between {{ window_start_date() }} and {{ window_end_date() }}
        and posts_total_count is not null
        and visibility = 'visible'
),

accounts as (
    select * from {{ ref('stg_registry__accounts') }}
),

quarters as (
    select * from {{ ref('int_quarters') }}
    where quarter_end_date between {{ window_start_date() }} and {{ window_end_date() }}
),

final as (
    select
        readings.account_id,
        quarters.quarter,
        min_by(
            readings.posts_total_count,
            {{ ordered_reading('readings.reading_key', 'readings.posts_total_count') }}
        ) as posts_total_first_count,
        max_by(
            readings.posts_total_count,
            {{ ordered_reading('readings.reading_key', 'readings.posts_total_count') }}
        ) as posts_total_last_count
    from readings
    inner join accounts
        on
            readings.account_id = accounts.account_id
            and readings.observed_date
            between coalesce(accounts.valid_from_date, date '1900-01-01')
            and coalesce(accounts.valid_to_date, date '2999-12-31')
    inner join quarters
        on readings.observed_date between quarters.quarter_start_date and quarters.quarter_end_date
    group by readings.account_id, quarters.quarter
)

select * from final
