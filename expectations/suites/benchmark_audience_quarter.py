"""Suite of `benchmark_audience_quarter`: followers beside the population they are compared with."""

from expectations.check import Check, always_true

TABLE = "benchmark_audience_quarter"

CHECKS = (
    Check(
        id="audience_arithmetic",
        batch="""
            select
                expected.industry_id,
                expected.account_id,
                expected.platform,
                listed.followers_end_count,
                listed.population_count,
                listed.penetration_pct,
                coalesce(listed.row_count = 1, false)
                and listed.followers_end_count is not distinct from benchmark.followers_end_count
                and case
                    when listed.penetration_pct is not null then
                        abs(
                            100.0::double * listed.followers_end_count / listed.population_count
                            - listed.penetration_pct
                        ) <= $tolerance_pct
                    else coalesce(listed.penetration_status <> 'ok', false)
                end as agrees
            from gate_expected as expected
            left join (
                select *, count(*) over (partition by account_id) as row_count
                from marts.benchmark_audience_quarter
                where quarter = $quarter
            ) as listed
                on expected.account_id = listed.account_id
            left join marts.benchmark_account_quarter as benchmark
                on expected.account_id = benchmark.account_id and benchmark.quarter = $quarter
        """,
        failing="not agrees",
        reason="""
            'account ' || account_id || ': ' || coalesce(followers_end_count || '', 'no')
            || ' followers of ' || coalesce(population_count || '', 'no')
            || ' people are not ' || coalesce(round(penetration_pct, 4) || ' %', 'a missing share')
        """,
        expectations=always_true("agrees"),
    ),
)
