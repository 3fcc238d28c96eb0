-- How each account's followers changed over each month, quarter, half year and year.
-- Grain: one row per (account_id, grain, period)
with closes as (
    select * from {{ ref('int_account_month_closes') }}
),

accounts as (
    select * from {{ ref('stg_registry__accounts') }}
),

members as (
    select * from {{ ref('int_industry_members') }}
),

quarters as (
    select * from {{ ref('int_quarters') }}
),

breaks as (
    select * from {{ ref('int_breaks') }}
    where breaks_growth
),

grains as (
    select
        'month' as grain,
        1 as month_count
    union all
    select
        'quarter' as grain,
        3 as month_count
    union all
    select
        'half_year' as grain,
        6 as month_count
    union all
    select
        'year' as grain,
        12 as month_count
),

-- A longer period has a row once its last quarter is built. The account must be valid, and its
-- organisation a member of an industry, on the last day.
period_ends as (
    select
        closes.*,
        accounts.organisation_id,
        accounts.platform,
        members.industry_id,
        quarters.is_preliminary,
        grains.grain,
        {{ shift_months('closes.month_start_date', '1 - grains.month_count') }}
            as period_start_date,
        {{ shift_months('closes.month_start_date', '0 - grains.month_count') }}
            as start_month_date
    from closes
    inner join accounts
        on
            closes.account_id = accounts.account_id
            and coalesce(accounts.valid_from_date, closes.month_end_date) <= closes.month_end_date
            and coalesce(accounts.valid_to_date, closes.month_end_date) >= closes.month_end_date
    inner join members
        on
            accounts.organisation_id = members.organisation_id
            and closes.quarter = members.quarter
    inner join quarters
        on closes.quarter = quarters.quarter
    inner join grains
        on mod(month(closes.month_start_date), grains.month_count) = 0
    where not closes.is_opening
),

-- The count at the end of a month, from its own quarter, or else from the next one's opening row.
month_closes as (
    select
        closes.account_id,
        closes.month_start_date,
        closes.followers_count,
        closes.definition,
        closes.closed_date
    from closes
    left join closes as own_quarter
        on
            closes.is_opening
            and closes.account_id = own_quarter.account_id
            and closes.month_start_date = own_quarter.month_start_date
            and not own_quarter.is_opening
    where own_quarter.account_id is null
),

-- The start of a period is the row before its first month, in the quarter where it begins: for all
-- but the second and third month of a quarter that is the quarter's opening row.
spans as (
    select
        period_ends.*,
        starts.followers_count as followers_start_count,
        starts.definition as start_definition,
        starts.closed_date as start_date,
        years_ago.followers_count as followers_year_ago_count,
        years_ago.definition as year_ago_definition,
        years_ago.closed_date as year_ago_date
    from period_ends
    left join closes as starts
        on
            period_ends.account_id = starts.account_id
            and period_ends.start_month_date = starts.month_start_date
            and concat(
                cast(year(period_ends.period_start_date) as string),
                '-Q',
                cast(quarter(period_ends.period_start_date) as string)
            ) = starts.quarter
    left join month_closes as years_ago
        on
            period_ends.account_id = years_ago.account_id
            and {{ shift_months('period_ends.month_start_date', -12) }} = years_ago.month_start_date
),

-- Which spans hold a break: after the first reading, up to and including the last.
broken as (
    select
        spans.account_id,
        spans.grain,
        spans.month_start_date,
        bool_or(breaks.break_date > spans.start_date and breaks.kind <> 'definition_changed')
            as has_account_break,
        bool_or(breaks.break_date > spans.start_date and breaks.kind = 'definition_changed')
            as has_definition_break,
        bool_or(breaks.break_date > spans.year_ago_date and breaks.kind <> 'definition_changed')
            as has_account_break_year,
        bool_or(breaks.break_date > spans.year_ago_date and breaks.kind = 'definition_changed')
            as has_definition_break_year
    from spans
    inner join breaks
        on
            spans.account_id = breaks.account_id
            and spans.closed_date >= breaks.break_date
            and (spans.start_date < breaks.break_date or spans.year_ago_date < breaks.break_date)
    group by spans.account_id, spans.grain, spans.month_start_date
),

judged as (
    select
        spans.*,
        case
            when spans.followers_count is null then 'stale_end'
            when spans.followers_start_count is null then 'stale_start'
            when broken.has_account_break then 'account_break'
            when broken.has_definition_break or spans.definition <> spans.start_definition
                then 'definition_break'
            when spans.followers_start_count < 100 then 'small_base'
            else 'ok'
        end as growth_status,
        case
            when spans.followers_count is null then 'stale_end'
            when spans.followers_year_ago_count is null then 'stale_start'
            when broken.has_account_break_year then 'account_break'
            when broken.has_definition_break_year or spans.definition <> spans.year_ago_definition
                then 'definition_break'
            when spans.followers_year_ago_count < 100 then 'small_base'
            else 'ok'
        end as yoy_status,
        cast({{ days_between('spans.start_date', 'spans.closed_date') }} as double) as day_count
    from spans
    left join broken
        on
            spans.account_id = broken.account_id
            and spans.grain = broken.grain
            and spans.month_start_date = broken.month_start_date
),

final as (
    select
        account_id,
        organisation_id,
        industry_id,
        platform,
        grain,
        case grain
            when 'month' then substr(cast(month_start_date as string), 1, 7)
            when 'quarter' then quarter
            when 'half_year'
                then concat(
                    substr(quarter, 1, 4),
                    case when month(month_start_date) = 6 then '-H1' else '-H2' end
                )
            else substr(quarter, 1, 4)
        end as period,
        period_start_date,
        month_end_date as period_end_date,
        quarter,
        followers_start_count,
        followers_count as followers_end_count,
        followers_year_ago_count,
        case
            when growth_status in ('ok', 'small_base') then followers_count - followers_start_count
        end as follower_change_count,
        case
            when growth_status = 'ok'
                then
                    100 * cast(followers_count - followers_start_count as double)
                    / followers_start_count
        end as follower_growth_pct,
        case
            when growth_status = 'ok'
                then
                    100 * (
                        power(
                            cast(followers_count as double) / followers_start_count, 7 / day_count
                        )
                        - 1
                    )
        end as growth_weekly_cagr_pct,
        case
            when yoy_status = 'ok'
                then
                    100 * cast(followers_count - followers_year_ago_count as double)
                    / followers_year_ago_count
        end as growth_yoy_pct,
        growth_status,
        yoy_status,
        closed_at,
        followers_resolution_count,
        definition,
        source,
        origin,
        is_preliminary,
        '{{ var("method_version") }}' as method_version
    from judged
)

select * from final
