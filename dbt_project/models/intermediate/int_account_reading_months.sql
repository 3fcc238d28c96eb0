-- Each account's months that hold readings, once, in order, with what the month before them showed.
-- Grain: one row per (account_id, month_start_date)
with closes as (
    select * from {{ ref('int_account_month_closes') }}
),

accounts as (
    select * from {{ ref('stg_registry__accounts') }}
),

members as (
    select * from {{ ref('int_industry_members') }}
),

-- The opening row speaks for the month before only where that month's own quarter was not built.
months as (
    select
        closes.*,
        accounts.platform,
        members.industry_id,
        case
            when closes.definition_lowest = closes.definition_highest then closes.definition_lowest
            else closes.definition
        end as definition_at_end
    from closes
    inner join accounts
        on closes.account_id = accounts.account_id
    left join members
        on
            accounts.organisation_id = members.organisation_id
            and closes.quarter = members.quarter
    left join closes as own_quarter
        on
            closes.is_opening
            and closes.account_id = own_quarter.account_id
            and closes.month_start_date = own_quarter.month_start_date
            and not own_quarter.is_opening
    where closes.last_read_date is not null and own_quarter.account_id is null
),

final as (
    select
        account_id,
        month_start_date,
        quarter,
        platform,
        industry_id,
        is_opening,
        followers_count,
        first_read_date,
        last_read_date,
        reading_count,
        followers_highest_count,
        zero_reading_count,
        first_zero_date,
        last_zero_date,
        definition_lowest,
        definition_highest,
        definition_seen_date,
        definition_at_end,
        lag(last_read_date) over (
            partition by account_id
            order by month_start_date
        ) as previous_read_date,
        lag(definition_at_end) over (
            partition by account_id
            order by month_start_date
        ) as previous_definition,
        lag(followers_count) over (
            partition by account_id
            order by month_start_date
        ) as previous_followers_count
    from months
)

select * from final
