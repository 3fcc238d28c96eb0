"""Suite of `follower_growth`."""

from expectations.check import Check, always, always_true, between, not_null

TABLE = "follower_growth"

CHECKS = (
    Check(
        id="growth_rows_present",
        batch="""
            with periods as (
                select grain, last_day($first_day + to_months(later)) as period_end_date
                from (values ('month', 0), ('month', 1), ('month', 2)) as months (grain, later)
                union all
                select grain, $last_day
                from (values ('quarter', 3), ('half_year', 6), ('year', 12)) as longer (grain, n)
                where month($last_day) % n = 0
            ),

            found as (
                select
                    account_id,
                    industry_id,
                    grain,
                    period_end_date,
                    count(*) as row_count
                from marts.follower_growth
                where quarter = $quarter
                group by all
            )

            select
                expected.industry_id,
                expected.organisation_id,
                expected.account_id,
                expected.platform,
                count(*) as period_count,
                count(*) filter (where found.row_count is distinct from 1) as wrong_count
            from gate_expected as expected
            inner join periods
                on
                    periods.period_end_date
                    between expected.valid_from_date and expected.valid_to_date
            left join found
                on
                    expected.account_id = found.account_id
                    and expected.industry_id = found.industry_id
                    and periods.grain = found.grain
                    and periods.period_end_date = found.period_end_date
            group by all
        """,
        failing="wrong_count <> 0",
        reason="""
            'account ' || account_id || ' has not one row each for ' || wrong_count || ' of the '
            || period_count || ' months and longer periods that end in the quarter'
        """,
        expectations=lambda _: [between("wrong_count", 0, 0)],
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
    Check(
        id="growth_rates_agree",
        batch="""
            select
                growth.industry_id,
                growth.platform,
                growth.account_id,
                growth.period,
                case
                    when growth.grain = 'month' then
                        before.account_id is null
                        or growth.followers_start_count is not distinct from
                            before.followers_end_count
                    else
                        opening.account_id is null
                        or growth.followers_start_count is not distinct from
                            opening.followers_start_count
                end
                and (
                    growth.period_end_date <> $last_day
                    or growth.followers_end_count is not distinct from closing.followers_end_count
                )
                and (
                    growth.period_start_date <> $first_day
                    -- An account that ended after its month did has no row of the quarter.
                    or closing.account_id is null
                    or growth.followers_start_count is not distinct from
                        closing.followers_start_count
                ) as counts_chain,
                (growth.follower_change_count is null)
                = (growth.growth_status not in ('ok', 'small_base'))
                and coalesce(
                    growth.follower_change_count
                    = growth.followers_end_count - growth.followers_start_count,
                    true
                )
                and coalesce(
                    abs(
                        growth.growth_yoy_pct
                        - 100 * (growth.followers_end_count / growth.followers_year_ago_count - 1)
                    ) <= $tolerance_pct,
                    growth.yoy_status <> 'ok'
                )
                and coalesce(
                    growth.followers_year_ago_count = year_ago.followers_end_count,
                    year_ago.followers_end_count is null
                )
                and case
                    when growth.growth_status <> 'ok' then true
                    when growth.followers_end_count = growth.followers_start_count
                        then growth.growth_weekly_cagr_pct = 0
                    when growth.followers_end_count = 0 then growth.growth_weekly_cagr_pct = -100
                    else coalesce(
                        7 * ln(growth.followers_end_count / growth.followers_start_count)
                        / ln(1 + growth.growth_weekly_cagr_pct / 100)
                        between growth.period_end_date - growth.period_start_date + 1 - $slack_days
                        and growth.period_end_date - growth.period_start_date + 1 + $slack_days,
                        false
                    )
                end as rates_agree
            from marts.follower_growth as growth
            left join marts.benchmark_account_quarter as closing
                on growth.account_id = closing.account_id and closing.quarter = $quarter
            left join marts.benchmark_account_quarter as opening
                on
                    growth.account_id = opening.account_id
                    and opening.quarter
                    = year(growth.period_start_date) || '-Q' || quarter(growth.period_start_date)
            left join marts.follower_growth as before
                on
                    growth.account_id = before.account_id
                    and before.grain = 'month'
                    and before.quarter = $quarter
                    and before.period_end_date = growth.period_start_date - 1
            left join marts.follower_growth as year_ago
                on
                    growth.account_id = year_ago.account_id
                    and growth.grain = year_ago.grain
                    and year_ago.period_end_date
                    = last_day((growth.period_end_date - interval 1 year)::date)
            where growth.quarter = $quarter
        """,
        failing="not (counts_chain and rates_agree)",
        reason="""
            'account ' || account_id || ', ' || period || ': its start or end is not that of the '
            || 'period beside it, or the change, the weekly or the yearly growth is not theirs'
        """,
        expectations=lambda _: [*always("counts_chain"), *always("rates_agree")],
    ),
)
