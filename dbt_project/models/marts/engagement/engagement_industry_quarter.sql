{%- set shares = {'p10': 0.1, 'p25': 0.25, 'p75': 0.75, 'p90': 0.9} -%}
-- Each industry's quarter on a platform: how its followers answer its posts, and how far a few
-- accounts draw all the reactions.
-- Grain: one row per (industry_id, platform, quarter)
with account_quarters as (
    select * from {{ ref('benchmark_engagement_quarter') }}
),

-- Why an industry has no rate at all: what most of its members say; of equals, the first by name.
counted_reasons as (
    select
        industry_id,
        platform,
        quarter,
        er_period_status as reason,
        count(*) as account_count
    from account_quarters
    where er_period_status <> 'ok'
    group by industry_id, platform, quarter, er_period_status
),

reasons as (
    select *
    from counted_reasons
    qualify
        row_number() over (
            partition by industry_id, platform, quarter
            order by account_count desc, reason asc
        ) = 1
),

-- Pooled, the industry is one account: a follower reached by a post counts once for each post.
-- Rates are added up as decimals: a floating-point sum depends on the order of what it adds.
measured as (
    select
        industry_id,
        platform,
        quarter,
        {{ quarter_number('quarter') }} as quarter_number,
        count(*) as account_count,
        count(*) filter (where posts_status = 'ok') as measured_account_count,
        count(er_period_follower_pct) as engagement_account_count,
        cast(sum(post_count) as bigint) as post_count,
        cast(sum(measured_post_count) as bigint) as measured_post_count,
        cast(sum(interactions_count) as bigint) as interactions_count,
        count(interactions_count) as interactions_account_count,
        cast(
            sum(interactions_count) filter (where er_period_status = 'ok') as bigint
        ) as panel_interactions_count,
        sum(
            cast(
                cast(measured_post_count as double) * followers_mean_count as decimal(38, 6)
            )
        ) filter (where er_period_status = 'ok') as panel_reached_count,
        cast(sum(cast(er_period_follower_pct as decimal(28, 12))) as double) as er_sum_pct,
        {{ percentile_of(0.5, 'er_period_follower_pct') }} as er_median_pct,
        {% for name, share in shares.items() %}
            {{ percentile_of(share, 'er_period_follower_pct') }} as er_{{ name }}_pct,
        {% endfor %}
        cast(sum(influence_count) as bigint) as influence_count,
        count(influence_count) as influence_account_count,
        max(is_preliminary) as is_preliminary
    from account_quarters
    group by industry_id, platform, quarter
),

placed as (
    select
        industry_id,
        platform,
        quarter,
        influence_share_pct,
        row_number() over (
            partition by industry_id, platform, quarter
            order by influence_share_pct desc, account_id asc
        ) as position
    from account_quarters
    where influence_share_pct is not null
),

concentrations as (
    select
        industry_id,
        platform,
        quarter,
        cast(
            sum(cast(influence_share_pct as decimal(28, 12))) filter (where position <= 5) as double
        ) as top5_share_pct,
        cast(
            sum(cast(influence_share_pct * influence_share_pct as decimal(28, 12))) as double
        ) as hhi_points
    from placed
    group by industry_id, platform, quarter
),

judged as (
    select
        measured.*,
        concentrations.top5_share_pct,
        concentrations.hhi_points,
        case
            when measured.interactions_count is not null then 'ok'
            when measured.measured_account_count = 0 then 'not_measured'
            else 'hidden_counters'
        end as interactions_status,
        {{ members_status(
            'measured.engagement_account_count', min_statistic_members(), 'reasons.reason'
        ) }} as er_status,
        {{ members_status(
            'measured.engagement_account_count', min_percentile_members(), 'reasons.reason'
        ) }} as er_percentile_status,
        case
            when measured.influence_count is not null then 'ok'
            when measured.measured_account_count = 0 then 'not_measured'
            else 'hidden_counters'
        end as influence_status,
        case
            when measured.influence_count is null and measured.measured_account_count = 0
                then 'not_measured'
            when measured.influence_count is null then 'hidden_counters'
            when measured.influence_account_count < {{ min_statistic_members() }} then 'few_members'
            when measured.influence_count = 0 then 'no_reactions'
            else 'ok'
        end as concentration_status
    from measured
    left join concentrations
        on
            measured.industry_id = concentrations.industry_id
            and measured.platform = concentrations.platform
            and measured.quarter = concentrations.quarter
    left join reasons
        on
            measured.industry_id = reasons.industry_id
            and measured.platform = reasons.platform
            and measured.quarter = reasons.quarter
),

-- Counts and sums are always shown, a statistic only where enough members stand behind it.
shown as (
    select
        *,
        case
            when er_status = 'ok'
                then 100 * cast(panel_interactions_count as double) / panel_reached_count
        end as er_period_follower_pooled_pct,
        case when er_status = 'ok' then er_sum_pct / engagement_account_count end
            as er_period_follower_mean_pct,
        case when er_status = 'ok' then er_median_pct end as er_period_follower_median_pct,
        case when concentration_status = 'ok' then top5_share_pct end as influence_top5_share_pct,
        case when concentration_status = 'ok' then hhi_points end as influence_hhi_points
    from judged
),

final as (
    select
        shown.industry_id,
        shown.platform,
        shown.quarter,
        shown.account_count,
        shown.measured_account_count,
        shown.engagement_account_count,
        100 * cast(shown.engagement_account_count as double) / shown.account_count
            as engagement_coverage_pct,
        shown.post_count,
        shown.measured_post_count,
        case when shown.measured_account_count > 0 then 'ok' else 'not_measured' end
            as posts_status,
        shown.interactions_count,
        previous.interactions_count as interactions_count_previous,
        year_ago.interactions_count as interactions_count_year_ago,
        shown.interactions_status,
        {% for centre in ['pooled', 'mean', 'median'] %}
            shown.er_period_follower_{{ centre }}_pct,
            previous.er_period_follower_{{ centre }}_pct
                as er_period_follower_{{ centre }}_pct_previous,
            year_ago.er_period_follower_{{ centre }}_pct
                as er_period_follower_{{ centre }}_pct_year_ago,
        {% endfor %}
        shown.er_status,
        {% for name in shares %}
            case when shown.er_percentile_status = 'ok' then shown.er_{{ name }}_pct end
                as er_period_follower_{{ name }}_pct,
        {% endfor %}
        shown.er_percentile_status,
        shown.influence_count,
        previous.influence_count as influence_count_previous,
        year_ago.influence_count as influence_count_year_ago,
        shown.influence_account_count,
        shown.influence_status,
        shown.influence_top5_share_pct,
        previous.influence_top5_share_pct as influence_top5_share_pct_previous,
        year_ago.influence_top5_share_pct as influence_top5_share_pct_year_ago,
        shown.influence_hhi_points,
        shown.concentration_status,
        shown.is_preliminary,
        '{{ var("method_version") }}' as method_version
    from shown
    left join shown as previous
        on
            shown.industry_id = previous.industry_id
            and shown.platform = previous.platform
            and shown.quarter_number - 1 = previous.quarter_number
    left join shown as year_ago
        on
            shown.industry_id = year_ago.industry_id
            and shown.platform = year_ago.platform
            and shown.quarter_number - 4 = year_ago.quarter_number
)

select * from final
