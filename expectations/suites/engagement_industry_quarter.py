"""Suite of `engagement_industry_quarter`: industries are the sums of their accounts."""

from itertools import pairwise

from expectations.check import Check, always_true

TABLE = "engagement_industry_quarter"

_POINTS = [f"er_period_follower_{point}_pct" for point in ("p10", "p25", "median", "p75", "p90")]
_IN_ORDER = " and ".join(
    [
        *(f"coalesce({lower} <= {upper} + 1e-9, true)" for lower, upper in pairwise(_POINTS)),
        "coalesce(influence_top5_share_pct between 0 and 100 + 1e-6, true)",
        "coalesce(influence_hhi_points between 0 and 10000 + 1e-6, true)",
        "coalesce(engagement_coverage_pct between 0 and 100, false)",
    ]
)

CHECKS = (
    Check(
        id="engagement_industries_reconciled",
        batch="""
            select
                accounts.industry_id,
                accounts.platform,
                accounts.interactions_count,
                industries.interactions_count as stated_count,
                (
                    industries.account_count = accounts.account_count
                    and industries.engagement_account_count = accounts.engagement_account_count
                    and industries.interactions_count is not distinct from
                        accounts.interactions_count
                    and industries.influence_count is not distinct from accounts.influence_count
                ) is true as agrees
            from (
                select
                    industry_id,
                    platform,
                    count(*) as account_count,
                    count(er_period_follower_pct) as engagement_account_count,
                    sum(interactions_count) as interactions_count,
                    sum(influence_count) as influence_count
                from marts.benchmark_engagement_quarter
                where quarter = $quarter
                group by industry_id, platform
            ) as accounts
            left join (
                select * from marts.engagement_industry_quarter where quarter = $quarter
            ) as industries
                on
                    accounts.industry_id = industries.industry_id
                    and accounts.platform = industries.platform
        """,
        failing="not agrees",
        reason="""
            industry_id || ' on ' || platform || ': its accounts add up to '
            || coalesce(interactions_count || '', 'unknown') || ' interactions, its row says '
            || coalesce(stated_count || '', 'nothing') || '; or other counts differ'
        """,
        expectations=always_true("agrees"),
    ),
    Check(
        id="engagement_in_order",
        batch=f"""
            select industry_id, platform, {_IN_ORDER} as is_in_order
            from marts.engagement_industry_quarter
            where quarter = $quarter
        """,  # noqa: S608 - names from above
        failing="not is_in_order",
        reason="""
            industry_id || ' on ' || platform
            || ': percentiles of engagement do not rise, or a share or index is out of bounds'
        """,
        expectations=always_true("is_in_order"),
    ),
)
