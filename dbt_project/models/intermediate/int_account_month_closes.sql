-- The quarter close: each account's last valid reading of each month, and the opening one before.
-- Grain: one row per (account_id, quarter, month_start_date)
{{ incremental_by_quarter() }}

-- The window of the build (vars from_quarter, to_quarter) is rebuilt whole, other quarters stay as
-- they are. The raw rows are never de-duplicated, which would cost more than everything else here.
-- Both passes read only the columns they need and group at once: `day_groups` takes the whole days,
-- `closing_readings` the last seven days of each month. The closing reading is the one with the
-- highest key, one integer made of two moments: when it was observed, then when it was extracted.
-- Ten digits of seconds and nine of seconds since 2020 fit a bigint until 2051.
-- Within the model an account is a number: grouping and joining on it costs half of what texts do.
with accounts as (
    select
        account_id,
        row_number() over (order by account_id) as account_number,
        coalesce(valid_from_date, date '1900-01-01') as valid_from_date,
        coalesce(valid_to_date, date '2999-12-31') as valid_to_date
    from {{ ref('stg_registry__accounts') }}
),

quarters as (
    select * from {{ ref('int_quarters') }}
    where quarter_end_date between {{ window_start_date() }} and {{ window_end_date() }}
),

-- Both passes name the snapshots themselves, with constants on observed_date so that only the
-- window's files are opened: a CTE that two others read is kept in memory whole, 10 million rows of
-- it cost twice the CPU and 2.4 GB.
-- A snapshot of an account that was hidden or gone counts as asked, but it is no reading. Snapshots
-- from outside the account's validity belong to nobody.
day_groups as (
    select
        accounts.account_number,
        year(snapshots.observed_date) * 12 + month(snapshots.observed_date) as month_number,
        snapshots.definition,
        snapshots.visibility = 'visible' and snapshots.followers_count is not null as is_reading,
        count(*) as snapshot_count,
        min(snapshots.observed_date) as first_date,
        max(snapshots.observed_date) as last_date,
        bit_or({{ day_bit('snapshots.observed_date') }}) as day_bits,
        max(snapshots.followers_count) as followers_highest_count,
        count(*) filter (where snapshots.followers_count = 0) as zero_reading_count,
        min(snapshots.observed_date) filter (where snapshots.followers_count = 0)
            as first_zero_date,
        max(snapshots.observed_date) filter (where snapshots.followers_count = 0) as last_zero_date
    from {{ ref('stg_lake__profile_snapshots') }} as snapshots
    inner join accounts
        on
            snapshots.account_id = accounts.account_id
            and snapshots.observed_date between accounts.valid_from_date and accounts.valid_to_date
    where snapshots.observed_date between {{ window_read_from_date() }} and {{ window_end_date() }}
    group by
        accounts.account_number,
        year(snapshots.observed_date) * 12 + month(snapshots.observed_date),
        snapshots.definition,
        snapshots.visibility = 'visible' and snapshots.followers_count is not null
),

months as (
    select
        account_number,
        month_number,
        sum(snapshot_count) as snapshot_count,
        coalesce(sum(snapshot_count) filter (where is_reading), 0) as reading_count,
        min(first_date) as first_asked_date,
        max(last_date) as last_asked_date,
        min(first_date) filter (where is_reading) as first_read_date,
        max(last_date) filter (where is_reading) as last_read_date,
        bit_or(day_bits) filter (where is_reading) as read_day_bits,
        max(followers_highest_count) filter (where is_reading) as followers_highest_count,
        sum(zero_reading_count) filter (where is_reading) as zero_reading_count,
        min(first_zero_date) filter (where is_reading) as first_zero_date,
        max(last_zero_date) filter (where is_reading) as last_zero_date,
        min(definition) filter (where is_reading) as definition_lowest,
        max(definition) filter (where is_reading) as definition_highest,
        -- The day on which the definition that came last was first seen.
        max(first_date) filter (where is_reading) as definition_seen_date
    from day_groups
    group by account_number, month_number
),

-- A day lies in its month's last seven when seven days later it is one of the first seven.
closing_readings as (
    select
        accounts.account_number,
        year(snapshots.observed_date) * 12 + month(snapshots.observed_date) as month_number,
        snapshots.observed_date,
        snapshots.observed_at,
        snapshots.followers_count,
        snapshots.followers_resolution_count,
        snapshots.definition,
        snapshots.source,
        snapshots.origin,
        {{ epoch_seconds('snapshots.observed_at') }} * 1000000000
        + ({{ epoch_seconds('snapshots.extracted_at') }} - 1577836800) as reading_key
    from {{ ref('stg_lake__profile_snapshots') }} as snapshots
    inner join accounts
        on
            snapshots.account_id = accounts.account_id
            and snapshots.observed_date between accounts.valid_from_date and accounts.valid_to_date
    where
        snapshots.observed_date between {{ window_read_from_date() }} and {{ window_end_date() }}
        and snapshots.followers_count is not null
        and snapshots.visibility = 'visible'
        and day({{ shift_days('snapshots.observed_date', 7) }}) <= 7
),

-- A 0 beside 100 or more in the same seven days is the platform's slip, not a reading.
closing_keys as (
    select
        account_number,
        month_number,
        case
            when max(followers_count) >= 100
                then max(reading_key) filter (where followers_count > 0)
            else max(reading_key)
        end as reading_key
    from closing_readings
    group by account_number, month_number
),

-- Two rows with the same two seconds are possible (two imports of one moment). The order of the
-- files must not decide between them, so the higher count wins, then the names.
closings as (
    select closing_readings.*
    from closing_readings
    inner join closing_keys
        on
            closing_readings.account_number = closing_keys.account_number
            and closing_readings.month_number = closing_keys.month_number
            and closing_readings.reading_key = closing_keys.reading_key
    qualify
        row_number() over (
            partition by closing_readings.account_number, closing_readings.month_number
            order by
                closing_readings.followers_count desc,
                closing_readings.source asc,
                closing_readings.origin asc,
                closing_readings.definition asc nulls last,
                closing_readings.followers_resolution_count asc nulls last,
                closing_readings.observed_at asc
        ) = 1
),

-- Every account valid in a quarter has its four rows whether anything was read or not: an empty
-- batch must replace what an earlier build has left.
month_offsets as (
    select -1 as month_offset
    union all
    select 0 as month_offset
    union all
    select 1 as month_offset
    union all
    select 2 as month_offset
),

account_quarters as (
    select
        accounts.account_id,
        accounts.account_number,
        quarters.quarter,
        {{ shift_months('quarters.quarter_start_date', 'month_offsets.month_offset') }}
            as month_start_date,
        month_offsets.month_offset = -1 as is_opening
    from accounts
    inner join quarters
        on
            accounts.valid_from_date <= quarters.quarter_end_date
            and accounts.valid_to_date >= quarters.quarter_start_date
    cross join month_offsets
),

spine as (
    select
        *,
        last_day(month_start_date) as month_end_date,
        year(month_start_date) * 12 + month(month_start_date) as month_number
    from account_quarters
),

-- The opening row knows only the seven days before the quarter, whatever else the window has read:
-- a quarter comes out the same, built alone or in a range.
final as (
    select
        spine.account_id,
        spine.quarter,
        spine.month_start_date,
        spine.month_end_date,
        spine.is_opening,
        closings.followers_count,
        closings.definition,
        {{ utc_timestamp('closings.observed_at') }} as closed_at,
        closings.observed_date as closed_date,
        closings.followers_resolution_count,
        closings.source,
        closings.origin,
        cast(coalesce(months.snapshot_count, 0) as bigint) as snapshot_count,
        cast(coalesce(months.reading_count, 0) as bigint) as reading_count,
        case when spine.is_opening then closings.observed_date else months.first_asked_date end
            as first_asked_date,
        case when spine.is_opening then closings.observed_date else months.last_asked_date end
            as last_asked_date,
        case when spine.is_opening then closings.observed_date else months.first_read_date end
            as first_read_date,
        case when spine.is_opening then closings.observed_date else months.last_read_date end
            as last_read_date,
        cast(coalesce(months.read_day_bits, 0) as bigint) as read_day_bits,
        months.followers_highest_count,
        cast(coalesce(months.zero_reading_count, 0) as bigint) as zero_reading_count,
        months.first_zero_date,
        months.last_zero_date,
        case when spine.is_opening then closings.definition else months.definition_lowest end
            as definition_lowest,
        case when spine.is_opening then closings.definition else months.definition_highest end
            as definition_highest,
        case when spine.is_opening then closings.observed_date else months.definition_seen_date end
            as definition_seen_date
    from spine
    left join months
        on
            spine.account_number = months.account_number
            and spine.month_number = months.month_number
            and not spine.is_opening
    left join closings
        on
            spine.account_number = closings.account_number
            and spine.month_number = closings.month_number
)

select * from final
