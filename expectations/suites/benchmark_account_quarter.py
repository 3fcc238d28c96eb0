"""Suite of `benchmark_account_quarter`: every account's close, growth and past."""

from expectations.account_tables import ACCOUNT_TABLES
from expectations.check import Check, always_true, between

TABLE = "benchmark_account_quarter"

# A reading of 0 beside 100 or more in the same seven days is the platform's slip. Two rows of one
# moment are told apart by when they were extracted, then by the higher count.
_CLOSING_READINGS = """
    select account_id, followers_count
    from (
        select
            *,
            max(followers_count) over (partition by account_id) as highest_count
        from gate_readings
        where observed_date > $last_day - 7
    ) as window_readings
    where followers_count > 0 or highest_count < 100
    qualify
        row_number() over (
            partition by account_id
            order by observed_second desc, extracted_second desc, followers_count desc
        ) = 1
"""

# Growth rows that no logged break explains, with the factor between the two closes.
_UNBROKEN = """
    select
        industry_id,
        organisation_id,
        account_id,
        platform,
        followers_start_count,
        followers_end_count,
        follower_growth_pct,
        greatest(followers_start_count, followers_end_count) as larger_count,
        followers_end_count::double / followers_start_count as ratio,
        case
            when followers_end_count = 0 then 'infinity'::double
            else greatest(
                followers_end_count::double / followers_start_count,
                followers_start_count::double / followers_end_count
            )
        end as factor
    from marts.benchmark_account_quarter
    where
        quarter = $quarter
        and growth_status in ('ok', 'small_base')
        and followers_start_count > 0
        and followers_end_count is not null
"""

_MOVE = """
    'account ' || account_id || ' (' || organisation_id || '): '
    || format('{:,}', followers_start_count) || ' -> '
    || format('{:,}', followers_end_count) || ' followers in the quarter'
"""

# The lowest of an account's figures that only count, last or divide one count by another.
_LOWEST = " union all ".join(
    f"""
    select
        '{table}' as table_name,
        industry_id,
        platform,
        account_id,
        min(least(0.0::double, *columns(lambda c:
            regexp_matches(
                c, '(_count|_minutes|_per_1000_followers|_per_post|_index|^er_.*_pct|_share_pct)'
                || '(_previous|_year_ago)?$'
            )
            and not contains(c, 'change')
        ))) as lowest
    from marts.{table}
    where quarter = $quarter
    group by industry_id, platform, account_id
    """  # noqa: S608 - names from expectations/account_tables.py
    for table in ACCOUNT_TABLES
    if table != "target_quarter"  # its values may be of any metric
)

CHECKS = (
    Check(
        id="benchmark_accounts_present",
        batch="""
            select
                coalesce(expected.industry_id, listed.industry_id) as industry_id,
                coalesce(expected.organisation_id, listed.organisation_id) as organisation_id,
                coalesce(expected.account_id, listed.account_id) as account_id,
                coalesce(expected.platform, listed.platform) as platform,
                expected.account_id is not null as is_expected,
                coalesce(listed.row_count, 0) as row_count,
                expected.account_id is not null and coalesce(listed.row_count, 0) = 1 as is_right
            from gate_expected as expected
            full join (
                select
                    industry_id, organisation_id, account_id, platform, count(*) as row_count
                from marts.benchmark_account_quarter
                where quarter = $quarter
                group by all
            ) as listed
                on
                    expected.account_id = listed.account_id
                    and expected.industry_id = listed.industry_id
        """,
        failing="not is_right",
        reason="""
            case
                when not is_expected then
                    'account ' || account_id || ' has a row, but is no member of ' || industry_id
                    || ' at the quarter''s end'
                else 'account ' || account_id || ' has ' || row_count || ' rows, not 1'
            end
        """,
        expectations=always_true("is_right"),
    ),
    Check(
        id="accounts_reconciled",
        batch=f"""
            select
                benchmark.industry_id,
                benchmark.organisation_id,
                benchmark.account_id,
                benchmark.platform,
                benchmark.followers_end_count as published_count,
                staged.followers_count as staged_count,
                benchmark.followers_end_count is not distinct from staged.followers_count as agrees
            from marts.benchmark_account_quarter as benchmark
            left join ({_CLOSING_READINGS}) as staged
                on benchmark.account_id = staged.account_id
            where benchmark.quarter = $quarter
        """,  # noqa: S608 - fixed text
        failing="not agrees",
        reason="""
            'account ' || account_id || ': the mart says '
            || coalesce(published_count::varchar, 'NULL') || ', the staged snapshots say '
            || coalesce(staged_count::varchar, 'NULL')
            || ': the candidate is older than the lake (build it again), or a join is wrong'
        """,
        expectations=always_true("agrees"),
    ),
    Check(
        id="accounts_have_reason",
        batch="""
            select
                industry_id,
                platform,
                account_id,
                followers_end_status,
                growth_status,
                coalesce(
                    (followers_end_count is null) = (followers_end_status <> 'ok')
                    and (follower_growth_pct is null) = (growth_status <> 'ok')
                    and coalesce(isfinite(follower_growth_pct), true)
                    and coalesce(followers_end_count >= 0, true),
                    false
                ) as has_reason
            from marts.benchmark_account_quarter
            where quarter = $quarter
        """,
        failing="not has_reason",
        reason="""
            'account ' || account_id
            || ': a figure is missing without a reason, or stands beside one'
            || ' (followers_end_status ' || coalesce(followers_end_status, 'NULL')
            || ', growth_status ' || coalesce(growth_status, 'NULL') || ')'
        """,
        expectations=always_true("has_reason"),
    ),
    Check(
        id="growth_plausible",
        batch=f"""
            select
                *,
                case
                    when larger_count >= $count_from and factor >= $factor then false
                    when larger_count >= $small_count_from and factor >= $small_factor then false
                    else factor is not null
                end as is_plausible
            from ({_UNBROKEN}) as unbroken
        """,  # noqa: S608 - fixed text
        failing="not is_plausible",
        reason=f"{_MOVE} || format(' (x{{:.2f}}), and no break is logged', ratio)",
        expectations=always_true("is_plausible"),
        minimum_rows=0,
        measure="factor",
    ),
    Check(
        id="growth_usual",
        batch=f"""
            select * from ({_UNBROKEN}) as unbroken
            where larger_count >= $count_from and follower_growth_pct is not null
        """,  # noqa: S608 - fixed text
        failing="not (follower_growth_pct between $lowest_pct and $highest_pct)",
        reason=f"{_MOVE} || format(' ({{:+.1f}} %)', follower_growth_pct)",
        expectations=lambda p: [between("follower_growth_pct", p["lowest_pct"], p["highest_pct"])],
        minimum_rows=0,
        measure="follower_growth_pct",
    ),
    Check(
        id="quarters_chain",
        batch="""
            select
                opening.industry_id,
                opening.account_id,
                opening.platform,
                opening.followers_start_count as opening_count,
                before.followers_end_count as closing_count,
                opening.followers_start_count is not distinct from before.followers_end_count
                    as is_chained
            from marts.benchmark_account_quarter as opening
            inner join marts.benchmark_account_quarter as before
                on opening.account_id = before.account_id and before.quarter = $previous
            where opening.quarter = $quarter
        """,
        failing="not is_chained",
        reason="""
            'account ' || account_id || ' opens with ' || coalesce(opening_count::varchar, 'NULL')
            || ' but closed the quarter before with ' || coalesce(closing_count::varchar, 'NULL')
            || ': build both quarters again'
        """,
        expectations=always_true("is_chained"),
        minimum_rows=0,
    ),
    Check(
        id="account_history_agrees",
        batch="""
            select
                mine.industry_id,
                mine.account_id,
                mine.platform,
                (
                    (
                        before.account_id is null
                        or mine.followers_end_count_previous is not distinct from
                            before.followers_end_count
                    )
                    and (
                        year_ago.account_id is null
                        or mine.followers_end_count_year_ago is not distinct from
                            year_ago.followers_end_count
                    )
                    and mine.follower_growth_pct_previous is not distinct from
                        before.follower_growth_pct
                    and mine.follower_growth_pct_year_ago is not distinct from
                        year_ago.follower_growth_pct
                ) as agrees
            from marts.benchmark_account_quarter as mine
            left join marts.benchmark_account_quarter as before
                on mine.account_id = before.account_id and before.quarter = $previous
            left join marts.benchmark_account_quarter as year_ago
                on mine.account_id = year_ago.account_id and year_ago.quarter = $year_ago
            where mine.quarter = $quarter
        """,
        failing="not agrees",
        reason="""
            'account ' || account_id
            || ': a figure named previous or year_ago differs from that quarter''s own row'
        """,
        expectations=always_true("agrees"),
    ),
    Check(
        id="counts_not_negative",
        batch=f"""
            select table_name, industry_id, platform, account_id, lowest
            from ({_LOWEST}) as tables
        """,  # noqa: S608 - names from expectations/account_tables.py
        failing="lowest < 0",
        reason="""
            coalesce('account ' || account_id, 'industry ' || industry_id) || ' on ' || platform
            || ' has ' || lowest || ' in ' || table_name
            || ', where no count, duration or rate can be negative'
        """,
        expectations=lambda _: [between("lowest", 0)],
    ),
)
