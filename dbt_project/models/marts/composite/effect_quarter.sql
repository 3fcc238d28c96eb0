-- Who had the best effect in an industry: points for first, second and third places, and why.
-- Grain: one row per (industry_id, quarter, organisation_id)
with placements as (
    select * from {{ ref('placement_quarter') }}
),

listed as (
    select
        industry_id,
        quarter,
        count(distinct concat(platform, ' ', metric)) as list_count
    from placements
    group by industry_id, quarter
),

summed as (
    select
        industry_id,
        quarter,
        {{ quarter_number('quarter') }} as quarter_number,
        organisation_id,
        cast(sum(points_count) as bigint) as points_count,
        count(*) filter (where place = 1) as first_place_count,
        count(*) filter (where place = 2) as second_place_count,
        count(*) filter (where place = 3) as third_place_count,
        {{ text_list(
            "concat(cast(place as string), ' ', list_name, ' on ', platform)",
            'place, platform, list_name'
        ) }} as reason,
        {{ text_list(
            "concat(cast(place as string), ' ', list_name_sv, ' på ', platform)",
            'place, platform, list_name_sv'
        ) }} as reason_sv,
        max(is_preliminary) as is_preliminary
    from placements
    group by industry_id, quarter, organisation_id
),

-- The rule that agrees with the printed order of the reports: points for height, ties by firsts,
-- equals share a place and the next is not skipped.
ranked as (
    select
        summed.*,
        listed.list_count,
        dense_rank() over (
            partition by summed.industry_id, summed.quarter
            order by summed.points_count desc, summed.first_place_count desc
        ) as place
    from summed
    inner join listed
        on
            summed.industry_id = listed.industry_id
            and summed.quarter = listed.quarter
),

final as (
    select
        ranked.industry_id,
        ranked.quarter,
        ranked.organisation_id,
        cast(ranked.place as bigint) as effect_rank,
        cast(previous.place as bigint) as effect_rank_previous,
        ranked.points_count,
        previous.points_count as points_count_previous,
        ranked.first_place_count,
        ranked.second_place_count,
        ranked.third_place_count,
        ranked.list_count,
        ranked.reason,
        ranked.reason_sv,
        ranked.place = 1 as is_winner,
        ranked.is_preliminary,
        '{{ var("method_version") }}' as method_version
    from ranked
    left join ranked as previous
        on
            ranked.industry_id = previous.industry_id
            and ranked.organisation_id = previous.organisation_id
            and ranked.quarter_number - 1 = previous.quarter_number
)

select * from final
