-- Places of the covered accounts of an industry on a platform, by metric, with the place before.
-- Grain: one row per (industry_id, platform, quarter, metric, account_id)
with valued as (
    select
        industry_id,
        platform,
        quarter,
        quarter_number,
        metric,
        account_id,
        organisation_id,
        value,
        merit,
        resolution,
        is_preliminary
    from {{ ref('int_metric_values') }}
    where value is not null
),

neighbours as (
    select
        *,
        row_number() over (
            partition by industry_id, platform, quarter, metric
            order by merit desc, resolution asc, account_id asc
        ) as list_position,
        lag(merit) over (
            partition by industry_id, platform, quarter, metric
            order by merit desc, resolution asc, account_id asc
        ) as merit_above,
        lag(resolution) over (
            partition by industry_id, platform, quarter, metric
            order by merit desc, resolution asc, account_id asc
        ) as resolution_above
    from valued
),

-- A dense rank counts the steps down. A step that a platform's rounding could have made is none,
-- which dense_rank() cannot express; where counts are exact, this is dense_rank().
ranked as (
    select
        *,
        1 + sum(
            case
                when merit_above = merit then 0
                when merit_above - merit >= greatest(resolution, resolution_above) then 1
                else 0
            end
        ) over (
            partition by industry_id, platform, quarter, metric
            order by list_position asc
            rows between unbounded preceding and current row
        ) as place,
        count(*) over (partition by industry_id, platform, quarter, metric) as ranked_account_count
    from neighbours
),

final as (
    select
        ranked.industry_id,
        ranked.platform,
        ranked.quarter,
        ranked.metric,
        ranked.account_id,
        ranked.organisation_id,
        ranked.value,
        previous.value as value_previous,
        ranked.resolution as value_resolution,
        cast(ranked.place as bigint) as rank,
        cast(previous.place as bigint) as rank_previous,
        cast(previous.place - ranked.place as bigint) as rank_change,
        ranked.ranked_account_count,
        ranked.is_preliminary,
        '{{ var("method_version") }}' as method_version
    from ranked
    left join ranked as previous
        on
            ranked.industry_id = previous.industry_id
            and ranked.platform = previous.platform
            and ranked.metric = previous.metric
            and ranked.account_id = previous.account_id
            and ranked.quarter_number - 1 = previous.quarter_number
)

select * from final
