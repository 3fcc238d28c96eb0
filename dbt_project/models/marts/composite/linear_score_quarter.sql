-- Scores that users define as sums of metrics over divisors, by organisation.
-- Grain: one row per (score_id, industry_id, quarter, organisation_id)
with metric_values as (
    select * from {{ ref('int_metric_values') }}
    where value is not null
),

terms as (
    select * from {{ ref('linear_scores') }}
),

summed as (
    select
        terms.score_id,
        metric_values.industry_id,
        metric_values.quarter,
        metric_values.quarter_number,
        metric_values.organisation_id,
        cast(sum(cast(metric_values.value / terms.divisor as decimal(28, 9))) as double) as points,
        count(*) as term_count,
        max(metric_values.is_preliminary) as is_preliminary
    from metric_values
    inner join terms
        on
            metric_values.platform = terms.platform
            and metric_values.metric = terms.metric
    group by
        terms.score_id,
        metric_values.industry_id,
        metric_values.quarter,
        metric_values.quarter_number,
        metric_values.organisation_id
),

ranked as (
    select
        *,
        dense_rank() over (
            partition by score_id, industry_id, quarter order by points desc
        ) as place
    from summed
),

final as (
    select
        ranked.score_id,
        ranked.industry_id,
        ranked.quarter,
        ranked.organisation_id,
        ranked.points as linear_score,
        previous.points as linear_score_previous,
        cast(ranked.place as bigint) as rank,
        cast(previous.place as bigint) as rank_previous,
        ranked.term_count,
        ranked.is_preliminary,
        '{{ var("method_version") }}' as method_version
    from ranked
    left join ranked as previous
        on
            ranked.score_id = previous.score_id
            and ranked.industry_id = previous.industry_id
            and ranked.organisation_id = previous.organisation_id
            and ranked.quarter_number - 1 = previous.quarter_number
)

select * from final
