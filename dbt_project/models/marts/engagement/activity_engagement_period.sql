-- What each account published, and what it was answered with, over months, half years and years.
-- Grain: one row per (account_id, grain, period)
with spine as (
    select * from {{ ref('int_account_post_quarters') }}
),

account_months as (
    select * from {{ ref('int_account_months') }}
),

month_positions as (
    select 0 as months_before
    union all
    select 1 as months_before
    union all
    select 2 as months_before
),

grains as (
    select
        'month' as grain,
        1 as month_count
    union all
    select
        'half_year' as grain,
        6 as month_count
    union all
    select
        'year' as grain,
        12 as month_count
),

months as (
    select
        spine.*,
        {{ shift_months('spine.quarter_start_date', 'month_positions.months_before') }}
            as month_start_date,
        {{ shift_days(
            shift_months('spine.quarter_start_date', 'month_positions.months_before + 1'), -1
        ) }} as month_end_date
    from spine
    cross join month_positions
),

-- A longer period ends where its last quarter does, and is whole when each of its months is.
summed as (
    select
        months.account_id,
        months.platform,
        grains.grain,
        grains.month_count,
        floor(
            (year(months.month_start_date) * 12 + month(months.month_start_date) - 1)
            / cast(grains.month_count as double)
        ) as period_number,
        min(months.month_start_date) as first_month_date,
        max(months.month_start_date) as last_month_date,
        max(months.month_end_date) as period_end_date,
        max(months.quarter) as quarter,
        max_by(months.industry_id, months.month_start_date) as industry_id,
        max_by(months.organisation_id, months.month_start_date) as organisation_id,
        -- The last origin that is known: the engines differ in what they do with a missing one.
        max_by(
            months.origin, case when months.origin is not null then months.month_start_date end
        ) as origin,
        max(months.is_preliminary) as is_preliminary,
        count(*) filter (where months.posts_status = 'ok') as measured_month_count,
        sum(coalesce(account_months.post_count, 0)) as post_count,
        sum(coalesce(account_months.measured_post_count, 0)) as measured_post_count,
        sum(coalesce(account_months.interactions_count, 0)) as interactions_count,
        count(distinct case when account_months.followed_day_count > 0 then months.quarter end)
            as followed_quarter_count,
        cast(sum(account_months.follower_day_count) as double)
        / nullif(sum(account_months.followed_day_count), 0) as followers_mean_count
    from months
    cross join grains
    left join account_months
        on
            months.account_id = account_months.account_id
            and months.month_start_date = account_months.month_start_date
    group by
        months.account_id, months.platform, grains.grain, grains.month_count, period_number
    having mod(month(max(months.month_start_date)), grains.month_count) = 0
),

known as (
    select
        *,
        case
            when measured_month_count = month_count then 'ok'
            when measured_month_count = 0 then 'not_measured'
            else 'incomplete'
        end as activity_status,
        case
            when followed_quarter_count * 3 >= month_count then 'ok'
            when followed_quarter_count = 0 then 'no_followers'
            else 'incomplete'
        end as followers_status
    from summed
),

judged as (
    select
        *,
        case
            when activity_status <> 'ok' then activity_status
            when post_count > 0 and measured_post_count = 0 then 'hidden_counters'
            else 'ok'
        end as interactions_status,
        case
            when activity_status <> 'ok' then activity_status
            when post_count = 0 then 'no_posts'
            when measured_post_count = 0 then 'hidden_counters'
            else followers_status
        end as er_period_status
    from known
),

shown as (
    select
        *,
        case when activity_status = 'ok' then cast(post_count as bigint) end as shown_post_count,
        case when interactions_status = 'ok' then cast(interactions_count as bigint) end
            as shown_interactions_count,
        case
            when er_period_status = 'ok'
                then
                    100 * cast(interactions_count as double)
                    / measured_post_count / followers_mean_count
        end as er_period_follower_pct
    from judged
),

final as (
    select
        shown.industry_id,
        shown.organisation_id,
        shown.account_id,
        shown.platform,
        shown.grain,
        case shown.grain
            when 'month' then substr(cast(shown.period_end_date as string), 1, 7)
            when 'half_year'
                then concat(
                    substr(shown.quarter, 1, 4),
                    case when month(shown.period_end_date) = 6 then '-H1' else '-H2' end
                )
            else substr(shown.quarter, 1, 4)
        end as period,
        {{ shift_months('shown.last_month_date', '1 - shown.month_count') }} as period_start_date,
        shown.period_end_date,
        shown.quarter,
        shown.shown_post_count as post_count,
        previous.shown_post_count as post_count_previous,
        year_ago.shown_post_count as post_count_year_ago,
        cast(shown.shown_post_count as double) / shown.month_count as posts_per_month,
        shown.activity_status,
        shown.shown_interactions_count as interactions_count,
        previous.shown_interactions_count as interactions_count_previous,
        year_ago.shown_interactions_count as interactions_count_year_ago,
        shown.interactions_status,
        case when shown.activity_status = 'ok' then cast(shown.measured_post_count as bigint) end
            as measured_post_count,
        case when shown.followers_status = 'ok' then shown.followers_mean_count end
            as followers_mean_count,
        shown.followers_status,
        shown.er_period_follower_pct,
        previous.er_period_follower_pct as er_period_follower_pct_previous,
        year_ago.er_period_follower_pct as er_period_follower_pct_year_ago,
        shown.er_period_status,
        shown.origin,
        shown.is_preliminary,
        '{{ var("method_version") }}' as method_version
    from shown
    left join shown as previous
        on
            shown.account_id = previous.account_id
            and shown.grain = previous.grain
            and shown.period_number - 1 = previous.period_number
    left join shown as year_ago
        on
            shown.account_id = year_ago.account_id
            and shown.grain = year_ago.grain
            and shown.period_number - 12 / shown.month_count = year_ago.period_number
)

select * from final
