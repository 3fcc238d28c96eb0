-- Each account's public questions of a quarter, their week over, and how they were answered.
-- Grain: one row per (account_id, inquiry_id)
{{ incremental_by_quarter() }}

-- A question counts when it was looked at again after its seven days, answered or not: counting the
-- late ones only when they were answered would flatter everybody. A reply after the seven days is
-- no answer. The questions of the last day need a reading on the eighth day after the quarter.
with readings as (
    select
        *,
        {{ local_date('asked_at') }} as asked_date,
        {{ epoch_seconds('asked_at') }} as asked_second,
        {{ epoch_seconds('first_reply_at') }} as replied_second,
        {{ epoch_seconds('observed_at') }} as observed_second,
        {{ epoch_seconds('observed_at') }} * 1000000000
        + ({{ epoch_seconds('extracted_at') }} - 1577836800) as reading_key
    from {{ ref('stg_lake__inquiries') }}
    where
        observed_date between {{ window_start_date() }}
        and {{ shift_days(window_settled_date(), 1) }}
),

quarters as (
    select * from {{ ref('int_quarters') }}
    where quarter_end_date between {{ window_start_date() }} and {{ window_end_date() }}
),

accounts as (
    select * from {{ ref('stg_registry__accounts') }}
),

latest as (
    select
        readings.*,
        quarters.quarter
    from readings
    inner join quarters
        on readings.asked_date between quarters.quarter_start_date and quarters.quarter_end_date
    where readings.observed_date <= {{ shift_days('quarters.quarter_end_date', 8) }}
    qualify
        row_number() over (
            partition by readings.account_id, readings.inquiry_id
            order by
                readings.reading_key desc,
                readings.replied_second asc nulls last,
                readings.source asc
        ) = 1
),

-- Working time is Monday to Friday, 9 to 17 local; public holidays are not known here. Minutes of
-- it since Monday, 5 January 1970, so that a difference of two is the working time between them.
timed as (
    select
        latest.*,
        latest.observed_second - latest.asked_second >= {{ answer_window_days() }} * 86400
            as is_settled,
        coalesce(
            latest.replied_second >= latest.asked_second
            and latest.replied_second - latest.asked_second
            <= {{ answer_window_days() }} * 86400,
            false
        ) as is_answered,
        {{ working_minutes(local_clock_minutes('latest.asked_at')) }} as asked_working_minutes,
        {{ working_minutes(local_clock_minutes('latest.first_reply_at')) }}
            as replied_working_minutes
    from latest
),

final as (
    select
        timed.account_id,
        timed.quarter,
        timed.inquiry_id,
        timed.channel,
        {{ utc_timestamp('timed.asked_at') }} as asked_at,
        timed.asked_date,
        timed.is_settled,
        timed.is_answered,
        case
            when timed.is_answered
                then cast(timed.replied_second - timed.asked_second as double) / 60
        end as response_minutes,
        case
            when timed.is_answered
                then cast(timed.replied_working_minutes - timed.asked_working_minutes as double)
        end as response_business_minutes,
        timed.origin
    from timed
    inner join accounts
        on
            timed.account_id = accounts.account_id
            and timed.asked_date
            between coalesce(accounts.valid_from_date, date '1900-01-01')
            and coalesce(accounts.valid_to_date, date '2999-12-31')
)

select * from final
