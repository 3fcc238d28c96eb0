-- Each industry's quarter on a platform: size, growth of a like-for-like panel, spread, coverage.
-- Grain: one row per (industry_id, platform, quarter)
with account_quarters as (
    select * from {{ ref('benchmark_account_quarter') }}
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

-- Whom the registry compares at the end of a quarter, built or not: the first quarter of a build
-- has entrants and leavers, too.
compared as (
    select
        members.industry_id,
        accounts.platform,
        accounts.account_id,
        {{ quarter_number('quarters.quarter') }} as quarter_number
    from members
    inner join quarters
        on members.quarter = quarters.quarter
    inner join accounts
        on
            members.organisation_id = accounts.organisation_id
            and coalesce(accounts.valid_from_date, quarters.quarter_end_date)
            <= quarters.quarter_end_date
            and coalesce(accounts.valid_to_date, quarters.quarter_end_date)
            >= quarters.quarter_end_date
),

presences as (
    select
        industry_id,
        platform,
        account_id,
        quarter_number,
        1 as is_now,
        0 as was_before
    from compared
    union all
    select
        industry_id,
        platform,
        account_id,
        quarter_number + 1 as quarter_number,
        0 as is_now,
        1 as was_before
    from compared
),

moves as (
    select
        industry_id,
        platform,
        account_id,
        quarter_number,
        max(is_now) - max(was_before) as move
    from presences
    group by industry_id, platform, account_id, quarter_number
),

moved as (
    select
        industry_id,
        platform,
        quarter_number,
        count(*) filter (where move = 1) as entrant_account_count,
        count(*) filter (where move = -1) as leaver_account_count
    from moves
    group by industry_id, platform, quarter_number
),

-- Why an industry has no growth at all: what most of its members say; of equals, the first by name.
counted_reasons as (
    select
        industry_id,
        platform,
        quarter,
        growth_status as growth_reason,
        count(*) as account_count
    from account_quarters
    where growth_status <> 'ok'
    group by industry_id, platform, quarter, growth_status
),

growth_reasons as (
    select *
    from counted_reasons
    qualify
        row_number() over (
            partition by industry_id, platform, quarter
            order by account_count desc, growth_reason asc
        ) = 1
),

-- The panel is every member whose growth is ok, so it has both ends and no break between them.
-- Growth is added up as a decimal: a floating-point sum depends on the order of what it adds.
measured as (
    select
        industry_id,
        platform,
        quarter,
        {{ quarter_number('quarter') }} as quarter_number,
        count(*) as account_count,
        count(followers_end_count) as covered_account_count,
        count(follower_growth_pct) as growth_account_count,
        cast(sum(followers_start_count) as bigint) as followers_start_count,
        cast(sum(followers_end_count) as bigint) as followers_end_count,
        cast(sum(followers_start_count) filter (where growth_status = 'ok') as bigint)
            as panel_followers_start_count,
        cast(sum(followers_end_count) filter (where growth_status = 'ok') as bigint)
            as panel_followers_end_count,
        cast(sum(cast(follower_growth_pct as decimal(28, 12))) as double) as growth_sum_pct,
        {{ percentile_of(0.1, 'follower_growth_pct') }} as growth_p10_pct,
        {{ percentile_of(0.25, 'follower_growth_pct') }} as growth_p25_pct,
        {{ percentile_of(0.5, 'follower_growth_pct') }} as growth_median_pct,
        {{ percentile_of(0.75, 'follower_growth_pct') }} as growth_p75_pct,
        {{ percentile_of(0.9, 'follower_growth_pct') }} as growth_p90_pct,
        {{ percentile_of(0.1, 'followers_end_count') }} as followers_p10_count,
        {{ percentile_of(0.25, 'followers_end_count') }} as followers_p25_count,
        {{ percentile_of(0.5, 'followers_end_count') }} as followers_median_count,
        {{ percentile_of(0.75, 'followers_end_count') }} as followers_p75_count,
        {{ percentile_of(0.9, 'followers_end_count') }} as followers_p90_count,
        count(*) filter (where follower_growth_pct < 0) as lost_followers_account_count,
        count(*) filter (where follower_growth_pct = 0) as zero_growth_account_count,
        max(is_preliminary) as is_preliminary
    from account_quarters
    group by industry_id, platform, quarter
),

judged as (
    select
        measured.*,
        coalesce(moved.entrant_account_count, 0) as entrant_account_count,
        coalesce(moved.leaver_account_count, 0) as leaver_account_count,
        {{ members_status(
            'measured.growth_account_count', min_statistic_members(), 'growth_reasons.growth_reason'
        ) }} as growth_status,
        {{ members_status(
            'measured.growth_account_count', min_percentile_members(), 'growth_reasons.growth_reason'
        ) }} as growth_percentile_status,
        {{ members_status(
            'measured.covered_account_count', min_statistic_members(), "'stale_end'"
        ) }} as followers_status,
        {{ members_status(
            'measured.covered_account_count', min_percentile_members(), "'stale_end'"
        ) }} as followers_percentile_status
    from measured
    left join moved
        on
            measured.industry_id = moved.industry_id
            and measured.platform = moved.platform
            and measured.quarter_number = moved.quarter_number
    left join growth_reasons
        on
            measured.industry_id = growth_reasons.industry_id
            and measured.platform = growth_reasons.platform
            and measured.quarter = growth_reasons.quarter
),

-- Counts and sums are always shown, a statistic only where enough members stand behind it.
shown as (
    select
        *,
        case
            when growth_status = 'ok'
                then
                    100 * cast(panel_followers_end_count - panel_followers_start_count as double)
                    / panel_followers_start_count
        end as follower_growth_pooled_pct,
        case when growth_status = 'ok' then growth_sum_pct / growth_account_count end
            as follower_growth_mean_pct,
        case when growth_status = 'ok' then growth_median_pct end as follower_growth_median_pct,
        case
            when followers_status = 'ok'
                then cast(followers_end_count as double) / covered_account_count
        end as followers_mean_count
    from judged
),

final as (
    select
        shown.industry_id,
        shown.platform,
        shown.quarter,
        shown.account_count,
        shown.covered_account_count,
        100 * cast(shown.covered_account_count as double) / shown.account_count as coverage_pct,
        shown.growth_account_count,
        shown.followers_start_count,
        case when shown.followers_start_count is null then 'stale_start' else 'ok' end
            as followers_start_status,
        shown.followers_end_count,
        previous.followers_end_count as followers_end_count_previous,
        year_ago.followers_end_count as followers_end_count_year_ago,
        case when shown.followers_end_count is null then 'stale_end' else 'ok' end
            as followers_end_status,
        shown.panel_followers_start_count,
        shown.panel_followers_end_count,
        shown.follower_growth_pooled_pct,
        previous.follower_growth_pooled_pct as follower_growth_pooled_pct_previous,
        year_ago.follower_growth_pooled_pct as follower_growth_pooled_pct_year_ago,
        shown.follower_growth_mean_pct,
        previous.follower_growth_mean_pct as follower_growth_mean_pct_previous,
        year_ago.follower_growth_mean_pct as follower_growth_mean_pct_year_ago,
        shown.follower_growth_median_pct,
        previous.follower_growth_median_pct as follower_growth_median_pct_previous,
        year_ago.follower_growth_median_pct as follower_growth_median_pct_year_ago,
        shown.growth_status,
        case when shown.growth_percentile_status = 'ok' then shown.growth_p10_pct end
            as follower_growth_p10_pct,
        case when shown.growth_percentile_status = 'ok' then shown.growth_p25_pct end
            as follower_growth_p25_pct,
        case when shown.growth_percentile_status = 'ok' then shown.growth_p75_pct end
            as follower_growth_p75_pct,
        case when shown.growth_percentile_status = 'ok' then shown.growth_p90_pct end
            as follower_growth_p90_pct,
        shown.growth_percentile_status,
        shown.followers_mean_count,
        case when shown.followers_status = 'ok' then shown.followers_median_count end
            as followers_median_count,
        shown.followers_status,
        case when shown.followers_percentile_status = 'ok' then shown.followers_p10_count end
            as followers_p10_count,
        case when shown.followers_percentile_status = 'ok' then shown.followers_p25_count end
            as followers_p25_count,
        case when shown.followers_percentile_status = 'ok' then shown.followers_p75_count end
            as followers_p75_count,
        case when shown.followers_percentile_status = 'ok' then shown.followers_p90_count end
            as followers_p90_count,
        shown.followers_percentile_status,
        case when shown.growth_account_count > 0 then shown.lost_followers_account_count end
            as lost_followers_account_count,
        case when shown.growth_account_count > 0 then shown.zero_growth_account_count end
            as zero_growth_account_count,
        shown.entrant_account_count,
        shown.leaver_account_count,
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
