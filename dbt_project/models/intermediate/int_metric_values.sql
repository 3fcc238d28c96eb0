-- Every compared metric of every compared account, one under the other.
-- Grain: one row per (account_id, quarter, metric)
with metrics as (
    select * from {{ ref('metric_definitions') }}
),

quarters as (
    select * from {{ ref('int_quarters') }}
),

unpivoted as (
    {{ compared_metric_rows() }}
),

-- Which way is up stands in the definition that was in force at the quarter's end.
final as (
    select
        unpivoted.industry_id,
        unpivoted.organisation_id,
        unpivoted.account_id,
        unpivoted.platform,
        unpivoted.quarter,
        {{ quarter_number('unpivoted.quarter') }} as quarter_number,
        unpivoted.metric,
        unpivoted.factor,
        unpivoted.value,
        unpivoted.value_status,
        case when unpivoted.value is not null then coalesce(unpivoted.resolution, 0) end
            as resolution,
        case when metrics.direction = 'lower_is_better' then -1 else 1 end * unpivoted.value
            as merit,
        unpivoted.is_preliminary
    from unpivoted
    inner join quarters
        on unpivoted.quarter = quarters.quarter
    inner join metrics
        on
            unpivoted.metric = metrics.metric
            and quarters.quarter_end_date >= metrics.valid_from_date
            and (
                quarters.quarter_end_date <= metrics.valid_to_date
                or metrics.valid_to_date is null
            )
)

select * from final
