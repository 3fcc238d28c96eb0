-- Where each compared account stands among its peers on every metric: its industry, its size class.
-- Grain: one row per (account_id, quarter, metric)
with listed as (
    select
        metric_values.industry_id,
        metric_values.organisation_id,
        metric_values.account_id,
        metric_values.platform,
        metric_values.quarter,
        metric_values.metric,
        metric_values.value,
        cast(metric_values.value as decimal(28, 9)) as exact_value,
        metric_values.merit,
        account_quarters.size_class,
        metric_values.is_preliminary
    from {{ ref('int_metric_values') }} as metric_values
    inner join {{ ref('benchmark_account_quarter') }} as account_quarters
        on
            metric_values.account_id = account_quarters.account_id
            and metric_values.quarter = account_quarters.quarter
    where metric_values.value is not null
),

-- A percentile counts whom an account stands before, and half of those it stands beside, itself
-- among them. Beside means equal: what a platform's rounding leaves open is the ranks' business.
-- Whom it stands beside is its own step in the order of the ranks, so that both take one sorting.
placed as (
    select
        *,
        count(*) over (partition by industry_id, platform, quarter, metric) as peer_count,
        rank() over (
            partition by industry_id, platform, quarter, metric order by merit asc
        ) - 1 as below_count,
        count(*) over (
            partition by industry_id, platform, quarter, metric order by merit asc
            range between current row and current row
        ) as tied_count,
        sum(exact_value) over (
            partition by industry_id, platform, quarter, metric
        ) as peer_sum,
        count(*) over (
            partition by industry_id, platform, quarter, metric, size_class
        ) as class_peer_count,
        sum(exact_value) over (
            partition by industry_id, platform, quarter, metric, size_class
        ) as class_peer_sum
    from listed
),

judged as (
    select
        *,
        {{ members_status('peer_count', min_percentile_members(), "'no_values'") }}
            as percentile_status,
        {{ members_status('peer_count', min_statistic_members(), "'no_values'") }}
            as peer_mean_status,
        case
            when peer_count - 1 >= {{ min_statistic_members() }} then 'ok' else 'few_members'
        end as other_mean_status,
        case
            when size_class is null then 'no_class'
            when class_peer_count >= {{ min_statistic_members() }} then 'ok'
            else 'few_members'
        end as class_mean_status
    from placed
),

final as (
    select
        industry_id,
        organisation_id,
        account_id,
        platform,
        quarter,
        metric,
        value,
        peer_count,
        case
            when percentile_status = 'ok'
                then
                    100 * (cast(below_count as double) + cast(tied_count as double) / 2)
                    / peer_count
        end as percentile_pct,
        percentile_status,
        case when peer_mean_status = 'ok' then cast(peer_sum as double) / peer_count end
            as peer_mean,
        peer_mean_status,
        case
            when other_mean_status = 'ok'
                then
                    cast(peer_sum - exact_value as double) / (peer_count - 1)
        end as other_mean,
        other_mean_status,
        size_class,
        case when size_class is not null then class_peer_count end as class_peer_count,
        case
            when class_mean_status = 'ok' then cast(class_peer_sum as double) / class_peer_count
        end as class_mean,
        class_mean_status,
        is_preliminary,
        '{{ var("method_version") }}' as method_version
    from judged
)

select * from final
