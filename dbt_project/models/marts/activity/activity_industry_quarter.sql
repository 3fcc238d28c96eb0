-- How much an industry published on a platform in a quarter: over all members, over active ones.
-- Grain: one row per (industry_id, platform, quarter)
with account_quarters as (
    select * from {{ ref('benchmark_activity_quarter') }}
),

-- Only accounts that were measured in both quarters say who published more or less than before.
measured as (
    select
        industry_id,
        platform,
        quarter,
        {{ quarter_number('quarter') }} as quarter_number,
        count(*) as account_count,
        count(post_count) as measured_account_count,
        count(*) filter (where is_active) as active_account_count,
        count(*) filter (where not is_active) as inactive_account_count,
        count(*) filter (where meets_recommendation) as meets_recommendation_account_count,
        count(*) filter (where post_count > post_count_previous) as increased_account_count,
        count(*) filter (where post_count < post_count_previous) as decreased_account_count,
        cast(sum(post_count) as bigint) as post_count,
        {{ percentile_of(0.5, 'posts_per_month') }} as posts_per_month_median,
        max(is_preliminary) as is_preliminary
    from account_quarters
    group by industry_id, platform, quarter
),

judged as (
    select
        *,
        {{ members_status('measured_account_count', min_statistic_members(), "'not_measured'") }}
            as activity_status
    from measured
),

shown as (
    select
        *,
        case
            when activity_status = 'ok'
                then cast(post_count as double) / 3 / measured_account_count
        end as posts_per_month_mean,
        case
            when activity_status = 'ok' and active_account_count >= {{ min_statistic_members() }}
                then cast(post_count as double) / 3 / active_account_count
        end as posts_per_month_active_mean
    from judged
),

final as (
    select
        shown.industry_id,
        shown.platform,
        shown.quarter,
        shown.account_count,
        shown.measured_account_count,
        case when shown.measured_account_count > 0 then shown.active_account_count end
            as active_account_count,
        case when shown.measured_account_count > 0 then shown.inactive_account_count end
            as inactive_account_count,
        case when shown.measured_account_count > 0 then shown.meets_recommendation_account_count end
            as meets_recommendation_account_count,
        case when shown.measured_account_count > 0 then shown.increased_account_count end
            as increased_account_count,
        case when shown.measured_account_count > 0 then shown.decreased_account_count end
            as decreased_account_count,
        shown.post_count,
        previous.post_count as post_count_previous,
        year_ago.post_count as post_count_year_ago,
        shown.posts_per_month_mean,
        previous.posts_per_month_mean as posts_per_month_mean_previous,
        year_ago.posts_per_month_mean as posts_per_month_mean_year_ago,
        shown.posts_per_month_active_mean,
        previous.posts_per_month_active_mean as posts_per_month_active_mean_previous,
        year_ago.posts_per_month_active_mean as posts_per_month_active_mean_year_ago,
        case when shown.activity_status = 'ok' then shown.posts_per_month_median end
            as posts_per_month_median,
        shown.activity_status,
        case
            when shown.activity_status <> 'ok' then shown.activity_status
            else
                {{ members_status(
                    'shown.active_account_count', min_statistic_members(), "'no_posts'"
                ) }}
        end as active_status,
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
