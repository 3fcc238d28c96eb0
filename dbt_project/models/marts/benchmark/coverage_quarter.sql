-- How well each compared account was observed: days seen of days collected, and the longest gap.
-- Grain: one row per (account_id, quarter)
with account_quarters as (
    select * from {{ ref('int_account_quarters') }}
),

accounts as (
    select * from {{ ref('stg_registry__accounts') }}
),

closes as (
    select * from {{ ref('int_account_month_closes') }}
    where not is_opening
),

-- A day was collected when any account of the industry gave a reading on the platform. Bits of the
-- months' days become a text of 0s and 1s, one a calendar day (see int_account_month_closes).
collected_months as (
    select
        account_quarters.industry_id,
        account_quarters.platform,
        account_quarters.quarter,
        mod(month(closes.month_start_date) - 1, 3) as month_position,
        substr(lpad(bin(bit_or(closes.read_day_bits)), 31, '0'), 1, day(max(closes.month_end_date)))
            as day_text
    from account_quarters
    inner join closes
        on
            account_quarters.account_id = closes.account_id
            and account_quarters.quarter = closes.quarter
    group by
        account_quarters.industry_id,
        account_quarters.platform,
        account_quarters.quarter,
        mod(month(closes.month_start_date) - 1, 3)
),

collected_quarters as (
    select
        industry_id,
        platform,
        quarter,
        concat(
            max(case when month_position = 0 then day_text end),
            max(case when month_position = 1 then day_text end),
            max(case when month_position = 2 then day_text end)
        ) as day_text
    from collected_months
    group by industry_id, platform, quarter
),

-- Nothing is expected of an account before its first day.
positioned as (
    select
        account_quarters.*,
        collected_quarters.day_text,
        1 + {{ days_between(
            'account_quarters.quarter_start_date',
            'greatest(account_quarters.quarter_start_date, '
            ~ 'coalesce(accounts.valid_from_date, account_quarters.quarter_start_date))'
        ) }} as first_position
    from account_quarters
    inner join accounts
        on account_quarters.account_id = accounts.account_id
    inner join collected_quarters
        on
            account_quarters.industry_id = collected_quarters.industry_id
            and account_quarters.platform = collected_quarters.platform
            and account_quarters.quarter = collected_quarters.quarter
),

final as (
    select
        industry_id,
        platform,
        quarter,
        account_id,
        organisation_id,
        cast(
            length(replace(substr(day_text, cast(first_position as integer)), '0', '')) as bigint
        ) as expected_day_count,
        observed_day_count,
        snapshot_count,
        first_observed_date,
        last_observed_date,
        longest_gap_days,
        followers_end_status,
        is_preliminary
    from positioned
)

select * from final
