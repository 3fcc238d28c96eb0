-- Places of the covered accounts of an industry on a platform, by metric, with the place before.
-- Grain: one row per (industry_id, platform, quarter, metric, account_id)
with account_quarters as (
    select * from {{ ref('benchmark_account_quarter') }}
),

metrics as (
    select * from {{ ref('metric_definitions') }}
),

quarters as (
    select * from {{ ref('int_quarters') }}
),

-- `resolution` is how far apart two values must lie to differ at all: the step to which the
-- platform rounds the count, 0 where it does not, and for growth what that step is of the start.
listed as (
    select
        *,
        case
            when followers_resolution_count > 1 then cast(followers_resolution_count as double)
            else 0
        end as resolution
    from account_quarters
),

candidates as (
    select
        industry_id,
        platform,
        quarter,
        'followers_end_count' as metric,
        account_id,
        organisation_id,
        cast(followers_end_count as double) as value,
        resolution,
        is_preliminary
    from listed
    where followers_end_count is not null
    union all
    select
        industry_id,
        platform,
        quarter,
        'follower_change_count' as metric,
        account_id,
        organisation_id,
        cast(follower_change_count as double) as value,
        resolution,
        is_preliminary
    from listed
    where follower_change_count is not null
    union all
    select
        industry_id,
        platform,
        quarter,
        'follower_growth_pct' as metric,
        account_id,
        organisation_id,
        follower_growth_pct as value,
        100 * resolution / followers_start_count as resolution,
        is_preliminary
    from listed
    where follower_growth_pct is not null
),

-- Which way is up stands in the definition that was in force at the quarter's end.
directed as (
    select
        candidates.*,
        {{ quarter_number('candidates.quarter') }} as quarter_number,
        case when metrics.direction = 'lower_is_better' then -1 else 1 end * candidates.value
            as merit
    from candidates
    inner join quarters
        on candidates.quarter = quarters.quarter
    inner join metrics
        on
            candidates.metric = metrics.metric
            and quarters.quarter_end_date >= metrics.valid_from_date
            and (
                quarters.quarter_end_date <= metrics.valid_to_date
                or metrics.valid_to_date is null
            )
),

neighbours as (
    select
        *,
        lag(merit) over (
            partition by industry_id, platform, quarter, metric
            order by merit desc, resolution asc, account_id asc
        ) as merit_above,
        lag(resolution) over (
            partition by industry_id, platform, quarter, metric
            order by merit desc, resolution asc, account_id asc
        ) as resolution_above
    from directed
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
            order by merit desc, resolution asc, account_id asc
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
