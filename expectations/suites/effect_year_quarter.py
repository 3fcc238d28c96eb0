"""Suite of `effect_year_quarter`: the year is the sum of its quarters."""

from expectations.check import Check, always_true

TABLE = "effect_year_quarter"

CHECKS = (
    Check(
        id="effect_year_adds_up",
        batch="""
            select
                coalesce(listed.industry_id, summed.industry_id) as industry_id,
                coalesce(listed.organisation_id, summed.organisation_id) as organisation_id,
                listed.points_count,
                summed.points_count as quarters_points_count,
                coalesce(listed.points_count = summed.points_count, false) as adds_up
            from (select * from marts.effect_year_quarter where quarter = $quarter) as listed
            full join (
                select industry_id, organisation_id, sum(points_count) as points_count
                from marts.effect_quarter
                where quarter <= $quarter and substr(quarter, 1, 4) = substr($quarter, 1, 4)
                group by industry_id, organisation_id
            ) as summed
                on
                    listed.industry_id = summed.industry_id
                    and listed.organisation_id = summed.organisation_id
        """,
        failing="not adds_up",
        reason="""
            organisation_id || ' has ' || coalesce(points_count || '', 'no')
            || ' points in the year, its quarters ' || coalesce(quarters_points_count || '', 'none')
        """,
        expectations=always_true("adds_up"),
        minimum_rows=0,
    ),
)
