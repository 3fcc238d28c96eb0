-- What each account's followers were on the days of a quarter on which they were read.
-- Grain: one row per (account_id, quarter, observed_date)
{{ incremental_by_quarter() }}

-- The reading of a day is its last one, by the rule of int_account_month_closes: when it was
-- observed, then when it was extracted, then the higher count. Rates over a period rest on these
-- days, no published count does. The opening reading stands for the days before the quarter's
-- first one.
with closes as (
    select * from {{ ref('int_account_month_closes') }}
    where is_opening and followers_count is not null
),

accounts as (
    select
        account_id,
        coalesce(valid_from_date, date '1900-01-01') as valid_from_date,
        coalesce(valid_to_date, date '2999-12-31') as valid_to_date
    from {{ ref('stg_registry__accounts') }}
),

quarters as (
    select * from {{ ref('int_quarters') }}
    where quarter_end_date between {{ window_start_date() }} and {{ window_end_date() }}
),

readings as (
    select
        snapshots.account_id,
        snapshots.observed_date,
        max_by(
            snapshots.followers_count,
            {{ ordered_reading(
                epoch_seconds('snapshots.observed_at') ~ ' * 1000000000 + ('
                ~ epoch_seconds('snapshots.extracted_at') ~ ' - 1577836800)',
                'snapshots.followers_count'
            ) }}
        ) as followers_count
    from {{ ref('stg_lake__profile_snapshots') }} as snapshots
    where
        snapshots.observed_date between {{ window_start_date() }} and {{ window_end_date() }}
        and snapshots.followers_count > 0
        and snapshots.visibility = 'visible'
    group by snapshots.account_id, snapshots.observed_date
),

final as (
    select
        accounts.account_id,
        quarters.quarter,
        readings.observed_date,
        readings.followers_count
    from readings
    inner join accounts
        on
            readings.account_id = accounts.account_id
            and readings.observed_date between accounts.valid_from_date and accounts.valid_to_date
    inner join quarters
        on readings.observed_date between quarters.quarter_start_date and quarters.quarter_end_date
    union all
    select
        closes.account_id,
        closes.quarter,
        closes.closed_date as observed_date,
        closes.followers_count
    from closes
    inner join quarters
        on closes.quarter = quarters.quarter
)

select * from final
