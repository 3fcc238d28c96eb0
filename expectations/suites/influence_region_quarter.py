"""Suite of `influence_region_quarter`: counties share the whole, and their places are dense."""

from expectations.check import Check, always_true, between

TABLE = "influence_region_quarter"

CHECKS = (
    Check(
        id="region_shares_sum",
        batch="""
            select
                industry_id,
                platform,
                abs(coalesce(sum(region_share_pct), 100) - 100)::double as off_pct
            from marts.influence_region_quarter
            where quarter = $quarter
            group by industry_id, platform
        """,
        failing="off_pct > $tolerance_pct",
        reason="""
            industry_id || ' on ' || platform || ': the counties'' shares miss 100 % by ' || off_pct
        """,
        expectations=lambda p: [between("off_pct", 0, p["tolerance_pct"])],
        minimum_rows=0,
    ),
    Check(
        id="regions_ranked",
        batch="""
            select
                industry_id,
                platform,
                county,
                rank,
                rank is not distinct from case
                    when influence_count is not null then
                        dense_rank() over (
                            partition by industry_id, platform
                            order by influence_count desc nulls last
                        )
                end as is_right
            from marts.influence_region_quarter
            where quarter = $quarter
        """,
        failing="not is_right",
        reason="""
            industry_id || ' on ' || platform || ': county ' || county || ' has place '
            || coalesce(rank || '', 'NULL') || ', which its influence does not give'
        """,
        expectations=always_true("is_right"),
        minimum_rows=0,
    ),
)
