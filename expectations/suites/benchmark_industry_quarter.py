"""Suite of `benchmark_industry_quarter`: whole industries, their coverage and their sums."""

from itertools import pairwise

from expectations.check import Check, always_true, between, not_null

TABLE = "benchmark_industry_quarter"

_SHARES = ("coverage_pct",)
_GROWTHS = (
    "follower_growth_pooled_pct",
    "follower_growth_mean_pct",
    "follower_growth_median_pct",
    "follower_growth_p10_pct",
    "follower_growth_p90_pct",
)


def _rising(prefix: str, suffix: str) -> str:
    names = [f"{prefix}_{point}_{suffix}" for point in ("p10", "p25", "median", "p75", "p90")]
    return " and ".join(
        f"coalesce({lower} <= {upper} + 1e-9, true)" for lower, upper in pairwise(names)
    )


_IN_ORDER = " and ".join(
    [
        *(f"coalesce({name} between 0 and 100, false)" for name in _SHARES),
        *(f"coalesce({name} >= -100 and isfinite({name}), true)" for name in _GROWTHS),
        _rising("follower_growth", "pct"),
        _rising("followers", "count"),
    ]
)

CHECKS = (
    Check(
        id="benchmark_industries_present",
        batch="""
            select
                expected.industry_id,
                expected.platform,
                expected.account_count as expected_count,
                listed.account_count as listed_count,
                coalesce(expected.account_count = listed.account_count, false) as is_right
            from (
                select industry_id, platform, count(*) as account_count
                from gate_expected
                group by industry_id, platform
            ) as expected
            full join (
                select * from marts.benchmark_industry_quarter where quarter = $quarter
            ) as listed
                on
                    expected.industry_id = listed.industry_id
                    and expected.platform = listed.platform
        """,
        failing="not is_right",
        reason="""
            'industry ' || coalesce(industry_id, 'not in the registry') || ' on '
            || coalesce(platform, 'no platform') || ' has ' || coalesce(expected_count, 0)
            || ' accounts in the registry and '
            || coalesce(listed_count || ' in the benchmark', 'no row in the benchmark')
        """,
        expectations=always_true("is_right"),
    ),
    Check(
        id="coverage",
        batch="""
            select industry_id, platform, account_count, covered_account_count, coverage_pct
            from marts.benchmark_industry_quarter
            where quarter = $quarter
        """,
        failing="coverage_pct is null or coverage_pct < $minimum_pct",
        reason="""
            industry_id || ' on ' || platform || ': ' || coalesce(covered_account_count, 0)
            || ' of ' || coalesce(account_count, 0)
            || ' accounts have a reading in the last seven days'
        """,
        expectations=lambda p: [
            not_null("coverage_pct"),
            between("coverage_pct", p["minimum_pct"], None),
        ],
        measure="coverage_pct",
    ),
    Check(
        id="growth_coverage",
        batch="""
            select
                industry_id,
                platform,
                account_count,
                growth_account_count,
                coalesce(100.0::double * growth_account_count / nullif(account_count, 0), 0)
                    as growth_coverage_pct
            from marts.benchmark_industry_quarter
            where quarter = $quarter
        """,
        failing="growth_coverage_pct < $minimum_pct",
        reason="""
            industry_id || ' on ' || platform || ': growth can be stated for '
            || coalesce(growth_account_count, 0) || ' of ' || coalesce(account_count, 0)
            || ' accounts; growth_status says why not for the others'
        """,
        expectations=lambda p: [between("growth_coverage_pct", p["minimum_pct"], None)],
        measure="growth_coverage_pct",
    ),
    Check(
        id="industries_reconciled",
        batch="""
            select
                industries.industry_id,
                industries.platform,
                (
                    industries.account_count = accounts.account_count
                    and industries.covered_account_count = accounts.covered_account_count
                    and industries.growth_account_count = accounts.growth_account_count
                    and industries.followers_end_count is not distinct from
                        accounts.followers_end_count
                    and industries.panel_followers_start_count is not distinct from
                        accounts.panel_followers_start_count
                    and industries.panel_followers_end_count is not distinct from
                        accounts.panel_followers_end_count
                ) is true as sums_agree,
                case
                    when industries.growth_status = 'ok' then
                        coalesce(
                            abs(industries.follower_growth_pooled_pct - accounts.pooled_pct), 1
                        )
                    else (industries.follower_growth_pooled_pct is not null)::integer
                end::double as pooled_difference_pct
            from marts.benchmark_industry_quarter as industries
            left join (
                select
                    industry_id,
                    platform,
                    count(*) as account_count,
                    count(followers_end_count) as covered_account_count,
                    count(*) filter (where growth_status = 'ok') as growth_account_count,
                    sum(followers_end_count) as followers_end_count,
                    sum(followers_start_count) filter (where growth_status = 'ok')
                        as panel_followers_start_count,
                    sum(followers_end_count) filter (where growth_status = 'ok')
                        as panel_followers_end_count,
                    100 * (
                        sum(followers_end_count) filter (where growth_status = 'ok')::double
                        / sum(followers_start_count) filter (where growth_status = 'ok')
                        - 1
                    ) as pooled_pct
                from marts.benchmark_account_quarter
                where quarter = $quarter
                group by industry_id, platform
            ) as accounts
                on
                    industries.industry_id = accounts.industry_id
                    and industries.platform = accounts.platform
            where industries.quarter = $quarter
        """,
        failing="not sums_agree or pooled_difference_pct > $tolerance_pct",
        reason="""
            industry_id || ' on ' || platform
            || ': counts, sums or pooled growth are not those of its accounts'
        """,
        expectations=lambda p: [
            *always_true("sums_agree")(p),
            between("pooled_difference_pct", 0, p["tolerance_pct"]),
        ],
    ),
    Check(
        id="distribution_in_order",
        batch=f"""
            select industry_id, platform, {_IN_ORDER} as is_in_order
            from marts.benchmark_industry_quarter
            where quarter = $quarter
        """,  # noqa: S608 - names from above
        failing="not is_in_order",
        reason="""
            industry_id || ' on ' || platform
            || ': a share lies outside 0-100, a growth below -100, or percentiles do not rise'
        """,
        expectations=always_true("is_in_order"),
    ),
    Check(
        id="industry_history_agrees",
        batch="""
            select
                mine.industry_id,
                mine.platform,
                coalesce(
                    abs(
                        mine.follower_growth_pooled_pct_previous - before.follower_growth_pooled_pct
                    ),
                    (
                        (mine.follower_growth_pooled_pct_previous is null)
                        <> (before.follower_growth_pooled_pct is null)
                    )::integer
                )::double as difference_pct
            from marts.benchmark_industry_quarter as mine
            left join marts.benchmark_industry_quarter as before
                on
                    mine.industry_id = before.industry_id
                    and mine.platform = before.platform
                    and before.quarter = $previous
            where mine.quarter = $quarter
        """,
        failing="difference_pct > $tolerance_pct",
        reason="""
            industry_id || ' on ' || platform
            || ': the growth named previous differs from that quarter''s own row'
        """,
        expectations=lambda p: [between("difference_pct", 0, p["tolerance_pct"])],
    ),
)
