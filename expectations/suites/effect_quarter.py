"""Suite of `effect_quarter`: points that the placements bring, ranks that the points give."""

from expectations.check import Check, always_true

TABLE = "effect_quarter"

CHECKS = (
    Check(
        id="effect_adds_up",
        batch="""
            select
                coalesce(listed.industry_id, summed.industry_id) as industry_id,
                coalesce(listed.organisation_id, summed.organisation_id) as organisation_id,
                listed.points_count,
                summed.points_count as placed_points_count,
                coalesce(
                    listed.points_count = summed.points_count
                    and listed.first_place_count = summed.first_place_count
                    and listed.effect_rank = dense_rank() over (
                        partition by summed.industry_id
                        order by summed.points_count desc, summed.first_place_count desc
                    ),
                    false
                ) as adds_up
            from (select * from marts.effect_quarter where quarter = $quarter) as listed
            full join (
                select
                    industry_id,
                    organisation_id,
                    sum(points_count) as points_count,
                    count(*) filter (where place = 1) as first_place_count
                from marts.placement_quarter
                where quarter = $quarter
                group by industry_id, organisation_id
            ) as summed
                on
                    listed.industry_id = summed.industry_id
                    and listed.organisation_id = summed.organisation_id
        """,
        failing="not adds_up",
        reason="""
            organisation_id || ' has ' || coalesce(points_count || '', 'no') || ' points, its '
            || 'placements bring ' || coalesce(placed_points_count || '', 'none')
            || '; or its rank is not what the points give'
        """,
        expectations=always_true("adds_up"),
        minimum_rows=0,
    ),
)
