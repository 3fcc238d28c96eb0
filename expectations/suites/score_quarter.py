"""Suite of `score_quarter`: scores between their parts."""

from expectations.check import Check, always, always_true

TABLE = "score_quarter"

_FACTORS = ("size", "growth", "activity", "engagement", "service")
_PARTS = ", ".join(f"{factor}_percentile_pct" for factor in _FACTORS)
_PARTS_READ = ", ".join(
    f"max(peers.percentile_pct) filter (where weights.factor = '{factor}') as {factor}_part_pct"
    for factor in _FACTORS
)
_PARTS_AGREE = " and ".join(
    f"listed.{factor}_percentile_pct is not distinct from parts.{factor}_part_pct"
    for factor in _FACTORS
)

# The bar is the 90th percentile of the industry on the platform, or of the platform as a whole.
_BARS = "\nunion all\n".join(
    f"""
    select
        growth.account_id,
        '{scope}' as ppi_scope,
        engagement.er_day_follower_pct,
        growth.growth_weekly_cagr_pct,
        quantile_cont(engagement.er_day_follower_pct, 0.9) over bar as engagement_bar,
        quantile_cont(growth.growth_weekly_cagr_pct, 0.9) over bar as growth_bar
    from marts.follower_growth as growth
    left join marts.benchmark_engagement_quarter as engagement
        on growth.account_id = engagement.account_id and growth.quarter = engagement.quarter
    where growth.quarter = $quarter and growth.grain = 'quarter'
    window bar as (partition by {columns})
    """  # noqa: S608 - names from below
    for scope, columns in (
        ("industry", "growth.industry_id, growth.platform"),
        ("platform", "growth.platform"),
    )
)

CHECKS = (
    Check(
        id="scores_possible",
        batch=f"""
            select
                expected.industry_id,
                expected.account_id,
                expected.platform,
                listed.ppi,
                listed.score_0_100,
                coalesce(listed.row_count = 1, false)
                and coalesce(listed.ppi between 0 and 100, true)
                and coalesce(
                    listed.score_0_100 between least({_PARTS}) - 1e-9
                    and greatest({_PARTS}) + 1e-9,
                    listed.score_0_100 is null
                ) as is_possible
            from gate_expected as expected
            left join (
                select *, count(*) over (partition by account_id) as row_count
                from marts.score_quarter
                where quarter = $quarter
            ) as listed
                on expected.account_id = listed.account_id
        """,  # noqa: S608 - fixed text
        failing="not is_possible",
        reason="""
            'account ' || account_id || ': a PPI of ' || coalesce(round(ppi, 1) || '', 'none')
            || ' or a score of ' || coalesce(round(score_0_100, 1) || '', 'none')
            || ' that its parts do not give, or not one row'
        """,
        expectations=always_true("is_possible"),
    ),
    Check(
        id="scores_recounted",
        batch=f"""
            select
                listed.industry_id,
                listed.account_id,
                listed.platform,
                (listed.score_0_100 is null) = (listed.score_status <> 'ok')
                and coalesce(
                    abs(listed.score_0_100 - parts.weighted_sum / parts.weight_sum) <= $tolerance,
                    listed.score_0_100 is null
                )
                and listed.score_part_count is not distinct from coalesce(parts.part_count, 0)
                and {_PARTS_AGREE} as score_agrees,
                (listed.ppi is null) = (listed.ppi_status <> 'ok')
                and coalesce(
                    abs(
                        listed.ppi - 100 * sqrt(
                            least(rates.er_day_follower_pct / rates.engagement_bar, 1)
                            * least(
                                greatest(rates.growth_weekly_cagr_pct, 0) / rates.growth_bar, 1
                            )
                        )
                    ) <= $tolerance,
                    listed.ppi is null
                ) as ppi_agrees
            from marts.score_quarter as listed
            left join (
                select
                    peers.account_id,
                    sum(weights.weight * peers.percentile_pct) as weighted_sum,
                    sum(weights.weight) as weight_sum,
                    count(*) as part_count,
                    {_PARTS_READ}
                from marts.peers_quarter as peers
                inner join marts.score_weights as weights
                    on peers.metric = weights.metric
                where peers.quarter = $quarter and peers.percentile_status = 'ok'
                group by peers.account_id
            ) as parts
                on listed.account_id = parts.account_id
            left join ({_BARS}) as rates
                on
                    listed.account_id = rates.account_id
                    and listed.ppi_scope = rates.ppi_scope
            where listed.quarter = $quarter
        """,  # noqa: S608 - fixed text
        failing="not (score_agrees and ppi_agrees)",
        reason="""
            'account ' || account_id || ': its '
            || case when not ppi_agrees then 'PPI is not what engagement, growth and their bars'
                else 'score or a part of it is not what the percentiles and weights' end
            || ' give'
        """,
        expectations=lambda _: [*always("score_agrees"), *always("ppi_agrees")],
    ),
)
