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
    where closes.last_read_date is not null
    qualify
        row_number() over (
            partition by closes.account_id, closes.month_start_date
            order by case when closes.is_opening then 1 else 0 end
        ) = 1
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
