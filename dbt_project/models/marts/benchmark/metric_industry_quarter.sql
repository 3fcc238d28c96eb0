-- Every compared metric over an industry, and over the groups within it: spread, centre, coverage.
-- Grain: one row per (industry_id, platform, quarter, segment, segment_value, metric)
with values_by_account as (
    select * from {{ ref('int_metric_values') }}
),

segments as (
    select * from {{ ref('int_account_segments') }}
),

-- Values are added up as decimals: a floating-point sum depends on the order of what it adds.
measured as (
    select
        values_by_account.industry_id,
        values_by_account.platform,
        values_by_account.quarter,
        values_by_account.quarter_number,
        segments.segment,
        segments.segment_value,
        values_by_account.metric,
        count(*) as account_count,
        count(values_by_account.value) as value_count,
        cast(sum(cast(values_by_account.value as decimal(28, 9))) as double) as value_sum,
        {{ percentiles_of([0.1, 0.25, 0.5, 0.75, 0.9], 'values_by_account.value') }} as percentiles,
        max(values_by_account.is_preliminary) as is_preliminary
    from values_by_account
    inner join segments
        on
            values_by_account.account_id = segments.account_id
            and values_by_account.quarter = segments.quarter
    group by
        values_by_account.industry_id,
        values_by_account.platform,
        values_by_account.quarter,
        values_by_account.quarter_number,
        segments.segment,
        segments.segment_value,
        values_by_account.metric
),

shown as (
    select
        *,
        {% for name in ['value_p10', 'value_p25', 'value_median', 'value_p75', 'value_p90'] %}
            {{ array_item('percentiles', loop.index) }} as {{ name }},
        {% endfor %}
        {{ members_status('value_count', min_statistic_members(), "'no_values'") }}
            as statistic_status,
        {{ members_status('value_count', min_percentile_members(), "'no_values'") }}
            as percentile_status
    from measured
),

final as (
    select
        shown.industry_id,
        shown.platform,
        shown.quarter,
        shown.segment,
        shown.segment_value,
        shown.metric,
        shown.account_count,
        shown.value_count,
        100 * cast(shown.value_count as double) / shown.account_count as value_coverage_pct,
        case when shown.statistic_status = 'ok' then shown.value_sum / shown.value_count end
            as value_mean,
        case
            when previous.statistic_status = 'ok'
                then previous.value_sum / previous.value_count
        end as value_mean_previous,
        case when shown.statistic_status = 'ok' then shown.value_median end as value_median,
        case when previous.statistic_status = 'ok' then previous.value_median end
            as value_median_previous,
        case when year_ago.statistic_status = 'ok' then year_ago.value_median end
            as value_median_year_ago,
        shown.statistic_status,
        case when shown.percentile_status = 'ok' then shown.value_p10 end as value_p10,
        case when shown.percentile_status = 'ok' then shown.value_p25 end as value_p25,
        case when shown.percentile_status = 'ok' then shown.value_p75 end as value_p75,
        case when shown.percentile_status = 'ok' then shown.value_p90 end as value_p90,
        shown.percentile_status,
        shown.is_preliminary,
        '{{ var("method_version") }}' as method_version
    from shown
    left join shown as previous
        on
            shown.industry_id = previous.industry_id
            and shown.platform = previous.platform
            and shown.segment = previous.segment
            and shown.segment_value = previous.segment_value
            and shown.metric = previous.metric
            and shown.quarter_number - 1 = previous.quarter_number
    left join shown as year_ago
        on
            shown.industry_id = year_ago.industry_id
            and shown.platform = year_ago.platform
            and shown.segment = year_ago.segment
            and shown.segment_value = year_ago.segment_value
            and shown.metric = year_ago.metric
            and shown.quarter_number - 4 = year_ago.quarter_number
)

select * from final
