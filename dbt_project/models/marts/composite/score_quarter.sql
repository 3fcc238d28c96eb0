-- Two composite scores of each compared account: Page Performance Index, and a score of 0 to 100.
-- Grain: one row per (account_id, quarter)
with account_quarters as (
    select * from {{ ref('benchmark_account_quarter') }}
),

growth as (
    select * from {{ ref('follower_growth') }}
    where grain = 'quarter'
),

engagement as (
    select * from {{ ref('benchmark_engagement_quarter') }}
),

peers as (
    select
        peers_quarter.*,
        score_weights.factor,
        score_weights.weight
    from {{ ref('peers_quarter') }} as peers_quarter
    inner join {{ ref('score_weights') }} as score_weights
        on peers_quarter.metric = score_weights.metric
    where peers_quarter.percentile_status = 'ok'
),

grades as (
    select
        score_from,
        grade,
        lead(score_from) over (order by score_from) as score_below
    from {{ ref('score_grades') }}
),

rates as (
    select
        account_quarters.industry_id,
        account_quarters.organisation_id,
        account_quarters.account_id,
        account_quarters.platform,
        account_quarters.quarter,
        account_quarters.origin,
        account_quarters.is_preliminary,
        growth.growth_weekly_cagr_pct,
        growth.growth_status,
        engagement.er_day_follower_pct,
        engagement.er_day_status
    from account_quarters
    left join growth
        on
            account_quarters.account_id = growth.account_id
            and account_quarters.quarter = growth.quarter
    left join engagement
        on
            account_quarters.account_id = engagement.account_id
            and account_quarters.quarter = engagement.quarter
),

industry_bars as (
    select
        industry_id,
        platform,
        quarter,
        count(er_day_follower_pct) as engagement_count,
        count(growth_weekly_cagr_pct) as growth_count,
        {{ percentile_of(0.9, 'er_day_follower_pct') }} as engagement_p90,
        {{ percentile_of(0.9, 'growth_weekly_cagr_pct') }} as growth_p90
    from rates
    group by industry_id, platform, quarter
),

platform_bars as (
    select
        platform,
        quarter,
        count(er_day_follower_pct) as engagement_count,
        count(growth_weekly_cagr_pct) as growth_count,
        {{ percentile_of(0.9, 'er_day_follower_pct') }} as engagement_p90,
        {{ percentile_of(0.9, 'growth_weekly_cagr_pct') }} as growth_p90
    from rates
    group by platform, quarter
),

-- The bar is the 90th percentile of the industry from 20 accounts on, of the platform below that.
-- Between nothing and the bar the scale is linear; the vendor does not say what theirs is.
barred as (
    select
        rates.*,
        case
            when industry_bars.engagement_count >= 20 and industry_bars.growth_count >= 20
                then 'industry'
            else 'platform'
        end as ppi_scope,
        case
            when industry_bars.engagement_count >= 20 and industry_bars.growth_count >= 20
                then industry_bars.engagement_p90
            else platform_bars.engagement_p90
        end
            as engagement_bar,
        case
            when industry_bars.engagement_count >= 20 and industry_bars.growth_count >= 20
                then industry_bars.growth_p90
            else platform_bars.growth_p90
        end as growth_bar,
        least(platform_bars.engagement_count, platform_bars.growth_count) as bar_count
    from rates
    inner join industry_bars
        on
            rates.industry_id = industry_bars.industry_id
            and rates.platform = industry_bars.platform
            and rates.quarter = industry_bars.quarter
    inner join platform_bars
        on
            rates.platform = platform_bars.platform
            and rates.quarter = platform_bars.quarter
),

indexed as (
    select
        *,
        case
            when er_day_follower_pct is null then coalesce(er_day_status, 'not_measured')
            when growth_weekly_cagr_pct is null then coalesce(growth_status, 'stale_end')
            when bar_count < {{ min_percentile_members() }} then 'few_members'
            when not (engagement_bar > 0 and growth_bar > 0) then 'no_bar'
            else 'ok'
        end as ppi_status
    from barred
),

weighed as (
    select
        account_id,
        quarter,
        -- A weight as wide as a bigint would leave Spark six of the twelve decimals.
        sum(cast(weight as decimal(9, 0)) * cast(percentile_pct as decimal(28, 12)))
            as weighted_sum,
        sum(weight) as weight_sum,
        count(*) as part_count,
        max(case when factor = 'size' then percentile_pct end) as size_percentile_pct,
        max(case when factor = 'growth' then percentile_pct end) as growth_percentile_pct,
        max(case when factor = 'activity' then percentile_pct end) as activity_percentile_pct,
        max(case when factor = 'engagement' then percentile_pct end) as engagement_percentile_pct,
        max(case when factor = 'service' then percentile_pct end) as service_percentile_pct
    from peers
    group by account_id, quarter
),

-- Parts that are missing leave their weight to the others; one part alone is no composite.
scored as (
    select
        indexed.*,
        weighed.size_percentile_pct,
        weighed.growth_percentile_pct,
        weighed.activity_percentile_pct,
        weighed.engagement_percentile_pct,
        weighed.service_percentile_pct,
        coalesce(weighed.part_count, 0) as score_part_count,
        case
            when weighed.part_count > 1 then 'ok'
            when weighed.part_count = 1 then 'few_parts'
            else 'no_percentiles'
        end as score_status,
        case
            when weighed.part_count > 1
                then cast(weighed.weighted_sum as double) / weighed.weight_sum
        end as score_0_100
    from indexed
    left join weighed
        on
            indexed.account_id = weighed.account_id
            and indexed.quarter = weighed.quarter
),

final as (
    select
        scored.industry_id,
        scored.organisation_id,
        scored.account_id,
        scored.platform,
        scored.quarter,
        case
            when scored.ppi_status = 'ok'
                then
                    100 * sqrt(
                        least(scored.er_day_follower_pct / scored.engagement_bar, 1)
                        * least(greatest(scored.growth_weekly_cagr_pct, 0) / scored.growth_bar, 1)
                    )
        end as ppi,
        scored.ppi_scope,
        scored.ppi_status,
        scored.score_0_100,
        scored.size_percentile_pct,
        scored.growth_percentile_pct,
        scored.activity_percentile_pct,
        scored.engagement_percentile_pct,
        scored.service_percentile_pct,
        scored.score_part_count,
        grades.grade as score_grade,
        scored.score_status,
        scored.origin,
        scored.is_preliminary,
        '{{ var("method_version") }}' as method_version
    from scored
    left join grades
        on
            scored.score_0_100 >= grades.score_from
            and (scored.score_0_100 < grades.score_below or grades.score_below is null)
)

select * from final
