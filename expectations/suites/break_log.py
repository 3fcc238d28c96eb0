"""Suite of `break_log`: nothing breaks unlogged."""

from expectations.check import Check, always_true

TABLE = "break_log"

# A reading of 0 is logged as its own kind of break and is never a step of a count.
_STEPS = """
    select
        industry_id,
        organisation_id,
        platform,
        account_id,
        observed_date,
        followers_count as later_count,
        lag(followers_count) over steps as earlier_count,
        lag(observed_date) over steps as earlier_date
    from gate_readings
    where followers_count > 0 and observed_date >= $first_day - $look_back_days::integer
    window steps as (
        partition by account_id order by observed_second, extracted_second, followers_count
    )
"""

CHECKS = (
    Check(
        id="jumps_are_logged",
        batch=f"""
            select
                steps.*,
                exists (
                    select 1 from marts.break_log as logged
                    where
                        logged.account_id = steps.account_id
                        and logged.break_date > steps.earlier_date
                        and logged.break_date <= steps.observed_date
                ) as is_logged
            from (
                select
                    *,
                    greatest(
                        later_count::double / earlier_count, earlier_count::double / later_count
                    ) as factor,
                    greatest(later_count, earlier_count) as larger_count
                from ({_STEPS}) as every_step
                where observed_date >= $first_day and earlier_count is not null
            ) as steps
            where
                (steps.larger_count >= $count_from and steps.factor >= $factor)
                or (steps.larger_count >= $small_count_from and steps.factor >= $small_factor)
        """,  # noqa: S608 - fixed text
        failing="not is_logged",
        reason="""
            'account ' || account_id || ' (' || organisation_id || '): '
            || format('{:,}', earlier_count) || ' followers on ' || earlier_date
            || ', ' || format('{:,}', later_count) || ' on ' || observed_date
            || format(' (x{:.2f})', later_count::double / earlier_count)
            || ': correct the reading, or declare the break in the registry'
        """,
        expectations=always_true("is_logged"),
        minimum_rows=0,
        measure="factor",
    ),
    Check(
        id="declared_breaks_logged",
        batch="""
            select
                expected.industry_id,
                expected.platform,
                declared.account_id,
                declared.break_date,
                declared.kind,
                logged.account_id is not null as is_logged
            from staging.stg_registry__declared_breaks as declared
            inner join gate_expected as expected
                on declared.account_id = expected.account_id
            left join marts.break_log as logged
                on
                    declared.account_id = logged.account_id
                    and declared.break_date = logged.break_date
                    and declared.kind = logged.kind
                    and logged.is_declared
            where declared.break_date between $first_day and $last_day
        """,
        failing="not is_logged",
        reason="""
            'account ' || account_id || ': the ' || kind || ' of ' || break_date
            || ' is declared in the registry but not in break_log'
        """,
        expectations=always_true("is_logged"),
        minimum_rows=0,
    ),
)
