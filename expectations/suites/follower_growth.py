"""Suite of `follower_growth`."""

from expectations.check import Check, always_true, between, not_null

TABLE = "follower_growth"

CHECKS = (
    Check(
        id="growth_rows_present",
        batch="""
            select
                expected.industry_id,
                expected.organisation_id,
                expected.account_id,
                expected.platform,
                count(growth.account_id) as row_count
            from gate_expected as expected
            left join marts.follower_growth as growth
                on
                    expected.account_id = growth.account_id
                    and expected.industry_id = growth.industry_id
                    and growth.grain = 'quarter'
                    and growth.quarter = $quarter
            group by all
        """,
        failing="row_count <> 1",
        reason="'account ' || account_id || ' has ' || row_count || ' rows for the quarter, not 1'",
        expectations=lambda _: [between("row_count", 1, 1)],
    ),
    Check(
        id="growth_arithmetic",
        batch="""
            select
                industry_id,
                platform,
                account_id,
                grain,
                period,
                abs(
                    follower_growth_pct
                    - 100 * (followers_end_count::double / followers_start_count - 1)
                ) as difference_pct,
                follower_change_count = followers_end_count - followers_start_count
                    as change_agrees
            from marts.follower_growth
            where quarter = $quarter and growth_status = 'ok'
        """,
        failing="""
            difference_pct is null or not (difference_pct between 0 and $tolerance_pct)
            or change_agrees is distinct from true
        """,
        reason="""
            'account ' || account_id || ': change or growth of ' || period
            || ' is not what its start and end give'
        """,
        expectations=lambda p: [
            not_null("difference_pct"),
            between("difference_pct", 0, p["tolerance_pct"]),
            *always_true("change_agrees")(p),
        ],
        minimum_rows=0,
        measure="difference_pct",
    ),
    Check(
        id="growth_has_reason",
        batch="""
            select
                industry_id,
                platform,
                account_id,
                grain,
                period,
                growth_status,
                yoy_status,
                coalesce(
                    (follower_growth_pct is null) = (growth_status <> 'ok')
                    and (growth_yoy_pct is null) = (yoy_status <> 'ok')
                    and (growth_weekly_cagr_pct is null) = (growth_status <> 'ok')
                    and coalesce(isfinite(follower_growth_pct), true)
                    and coalesce(isfinite(growth_yoy_pct), true),
                    false
                ) as has_reason
            from marts.follower_growth
            where quarter = $quarter
        """,
        failing="not has_reason",
        reason="""
            'account ' || account_id || ', ' || period
            || ': a growth is missing without a reason, or stands beside one (growth_status '
            || coalesce(growth_status, 'NULL') || ', yoy_status ' || coalesce(yoy_status, 'NULL')
            || ')'
        """,
        expectations=always_true("has_reason"),
    ),
    Check(
        id="growth_equals_benchmark",
        batch="""
            select
                coalesce(growth.industry_id, benchmark.industry_id) as industry_id,
                coalesce(growth.platform, benchmark.platform) as platform,
                coalesce(growth.account_id, benchmark.account_id) as account_id,
                (
                    growth.followers_start_count is not distinct from
                        benchmark.followers_start_count
                    and growth.followers_end_count is not distinct from
                        benchmark.followers_end_count
                    and growth.follower_growth_pct is not distinct from
                        benchmark.follower_growth_pct
                    and growth.growth_status is not distinct from benchmark.growth_status
                ) as agrees
            from (
                select * from marts.follower_growth where grain = 'quarter' and quarter = $quarter
            ) as growth
            full join (
                select * from marts.benchmark_account_quarter where quarter = $quarter
            ) as benchmark
                on growth.account_id = benchmark.account_id
        """,
        failing="not agrees",
        reason="""
            'account ' || account_id
            || ': follower_growth and benchmark_account_quarter state different figures'
        """,
        expectations=always_true("agrees"),
    ),
)
