-- The year so far, quarter by quarter: who has had the best effect, and who won which quarter.
-- Grain: one row per (industry_id, quarter, organisation_id)
with effects as (
    select
        *,
        substr(quarter, 1, 4) as year
    from {{ ref('effect_quarter') }}
),

quarters as (
    select
        *,
        substr(quarter, 1, 4) as year
    from {{ ref('dim_quarter') }}
),

-- From the industry's first effect of the year on, a quarter in which nobody was placed says how
-- the year stands, too.
closings as (
    select
        effects.industry_id,
        effects.year,
        quarters.quarter,
        quarters.is_preliminary
    from quarters
    inner join effects
        on
            quarters.year = effects.year
            and quarters.quarter >= effects.quarter
    group by effects.industry_id, effects.year, quarters.quarter, quarters.is_preliminary
),

summed as (
    select
        closings.industry_id,
        closings.year,
        closings.quarter,
        effects.organisation_id,
        cast(sum(effects.points_count) as bigint) as points_count,
        cast(sum(effects.first_place_count) as bigint) as first_place_count,
        count(*) filter (where effects.is_winner) as won_quarter_count,
        {{ text_list('case when effects.is_winner then effects.quarter end', 'effects.quarter') }}
            as won_quarters,
        max(closings.is_preliminary) as is_preliminary
    from closings
    inner join effects
        on
            closings.industry_id = effects.industry_id
            and closings.year = effects.year
            and closings.quarter >= effects.quarter
    group by closings.industry_id, closings.year, closings.quarter, effects.organisation_id
),

final as (
    select
        industry_id,
        year,
        quarter,
        organisation_id,
        cast(
            dense_rank() over (
                partition by industry_id, quarter
                order by points_count desc, first_place_count desc
            ) as bigint
        ) as effect_rank,
        points_count,
        first_place_count,
        won_quarter_count,
        won_quarters,
        is_preliminary,
        '{{ var("method_version") }}' as method_version
    from summed
)

select * from final
