"""Suite of `benchmark_service_quarter`: answers that were possible."""

from expectations.check import Check, always_true

TABLE = "benchmark_service_quarter"

CHECKS = (
    Check(
        id="service_possible",
        batch="""
            select
                expected.industry_id,
                expected.account_id,
                expected.platform,
                listed.row_count,
                listed.inquiry_count,
                listed.answered_inquiry_count,
                coalesce(listed.row_count = 1, false)
                and coalesce(listed.answered_inquiry_count <= listed.inquiry_count, true)
                and coalesce(listed.response_rate_pct between 0 and 100, true)
                and coalesce(listed.answered_24h_pct <= listed.response_rate_pct, true)
                and coalesce(
                    listed.response_fastest_minutes >= 0
                    and listed.response_fastest_minutes <= listed.response_median_minutes
                    and listed.response_median_minutes <= listed.response_p90_minutes
                    and listed.response_p90_minutes <= 7 * 1440,
                    true
                ) as is_possible
            from gate_expected as expected
            left join (
                select *, count(*) over (partition by account_id) as row_count
                from marts.benchmark_service_quarter
                where quarter = $quarter
            ) as listed
                on expected.account_id = listed.account_id
        """,
        failing="not is_possible",
        reason="""
            'account ' || account_id || ': '
            || case
                when coalesce(row_count, 0) <> 1 then coalesce(row_count, 0) || ' rows, not 1'
                else coalesce(answered_inquiry_count || ' of ' || inquiry_count, 'none of no')
                    || ' questions answered, or a rate or time that cannot be'
            end
        """,
        expectations=always_true("is_possible"),
    ),
)
