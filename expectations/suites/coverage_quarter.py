"""Suite of `coverage_quarter`: what was read, and whether the source still lives."""

from expectations.check import Check, always_true, between

TABLE = "coverage_quarter"

# Platforms that round their follower counts stand still honestly; there the other counters tell.
_MOVEMENT = """
    select
        industry_id,
        platform,
        account_id,
        count(distinct observed_date) as reading_day_count,
        case
            when max(followers_resolution_count) <= 1
                then min(followers_count) = max(followers_count)
            when count(views_total_count) + count(posts_total_count) > 0 then
                min(followers_count) = max(followers_count)
                and min(views_total_count) is not distinct from max(views_total_count)
                and min(posts_total_count) is not distinct from max(posts_total_count)
        end as stands_still
    from gate_readings
    where observed_date > $last_day - $window_days::integer
    group by industry_id, platform, account_id
"""

_COUNTERS = "\nunion all\n".join(
    f"""
    select
        industry_id,
        platform,
        account_id,
        '{counter}' as counter,
        observed_date,
        {counter}_count as later_count,
        lag({counter}_count) over (
            partition by account_id order by observed_second, extracted_second
        ) as earlier_count,
        lag(observed_date) over (
            partition by account_id order by observed_second, extracted_second
        ) as earlier_date
    from gate_readings
    where {counter}_count is not null
    """  # noqa: S608 - names from the tuple below
    for counter in ("posts_total", "likes_total", "views_total")
)

CHECKS = (
    Check(
        id="coverage_rows_present",
        batch="""
            select
                expected.industry_id,
                expected.account_id,
                expected.platform,
                listed.observed_day_count as stated_day_count,
                coalesce(read.day_count, 0) as read_day_count,
                coalesce(listed.observed_day_count = coalesce(read.day_count, 0), false) as agrees
            from gate_expected as expected
            left join marts.coverage_quarter as listed
                on
                    expected.account_id = listed.account_id
                    and expected.industry_id = listed.industry_id
                    and listed.quarter = $quarter
            left join (
                select account_id, count(distinct observed_date) as day_count
                from gate_readings
                where observed_date >= $first_day
                group by account_id
            ) as read
                on expected.account_id = read.account_id
        """,
        failing="not agrees",
        reason="""
            'account ' || account_id || ': the mart counts '
            || coalesce(stated_day_count || ' observed days', 'no row')
            || ', the staged snapshots ' || read_day_count
        """,
        expectations=always_true("agrees"),
    ),
    Check(
        id="coverage_recounted",
        batch="""
            select
                listed.industry_id,
                listed.account_id,
                listed.platform,
                listed.snapshot_count is not distinct from coalesce(asked.snapshot_count, 0)
                and listed.snapshot_count is not distinct from benchmark.snapshot_count
                and listed.followers_end_status is not distinct from benchmark.followers_end_status
                and listed.first_observed_date is not distinct from read.first_date
                and listed.last_observed_date is not distinct from read.last_date
                and listed.expected_day_count is not distinct from (
                    select count(distinct others.observed_date)
                    from gate_readings as others
                    where
                        others.industry_id = listed.industry_id
                        and others.platform = listed.platform
                        and others.observed_date >= greatest(
                            $first_day::date, expected.valid_from_date
                        )
                )
                and coalesce(
                    listed.longest_gap_days between 0 and (
                        $last_day::date - $first_day::date + 1 - listed.observed_day_count
                    ),
                    false
                )
                and coalesce(listed.longest_gap_days = gaps.longest_days, true) as agrees
            from marts.coverage_quarter as listed
            left join gate_expected as expected
                on listed.account_id = expected.account_id
            left join marts.benchmark_account_quarter as benchmark
                on listed.account_id = benchmark.account_id and benchmark.quarter = $quarter
            left join (
                select
                    expected.account_id,
                    count(*) as snapshot_count
                from staging.stg_lake__profile_snapshots as snapshots
                inner join gate_expected as expected
                    on
                        snapshots.account_id = expected.account_id
                        and snapshots.observed_date
                        between expected.valid_from_date and expected.valid_to_date
                where snapshots.observed_date between $first_day and $last_day
                group by expected.account_id
            ) as asked
                on listed.account_id = asked.account_id
            left join (
                select
                    account_id,
                    min(observed_date) as first_date,
                    max(observed_date) as last_date
                from gate_readings
                where observed_date >= $first_day
                group by account_id
            ) as read
                on listed.account_id = read.account_id
            left join (
                select account_id, max(gap_days) as longest_days
                from (
                    select
                        days.account_id,
                        coalesce(
                            lead(days.observed_date) over each_day, $last_day::date + 1
                        ) - days.observed_date - 1 as gap_days
                    from (
                        select account_id, observed_date
                        from gate_readings
                        where observed_date >= $first_day
                        union
                        select
                            account_id,
                            greatest($first_day::date, valid_from_date) - 1 as observed_date
                        from gate_expected
                    ) as days
                    window each_day as (
                        partition by days.account_id order by days.observed_date
                    )
                ) as gaps
                group by account_id
            ) as gaps
                on listed.account_id = gaps.account_id
            where listed.quarter = $quarter
        """,
        failing="not agrees",
        reason="""
            'account ' || account_id || ': the number of snapshots, the days expected, the first '
            || 'or last of them or the longest gap is not that of the staged snapshots'
        """,
        expectations=always_true("agrees"),
    ),
    Check(
        id="source_alive",
        batch=f"""
            select
                industry_id,
                platform,
                count(*) as account_count,
                count(*) filter (where stands_still) as still_account_count,
                100.0::double * count(*) filter (where stands_still) / count(*) as still_pct
            from ({_MOVEMENT}) as movement
            where reading_day_count >= $minimum_readings and stands_still is not null
            group by industry_id, platform
            having count(*) >= $minimum_accounts
        """,  # noqa: S608 - fixed text
        failing="still_pct > $highest_pct",
        reason="""
            still_account_count || ' of ' || account_count || ' accounts of ' || industry_id
            || ' on ' || platform
            || ' show the same count in all readings of the last weeks: the source is '
            || 'frozen or a cached answer was read'
        """,
        expectations=lambda p: [between("still_pct", 0, p["highest_pct"])],
        minimum_rows=0,
        measure="still_pct",
    ),
    Check(
        id="counters_do_not_fall",
        batch=f"""
            select
                steps.*,
                exists (
                    select 1 from marts.break_log as logged
                    where
                        logged.account_id = steps.account_id
                        and logged.break_date <= steps.observed_date
                        and (
                            logged.break_date > steps.earlier_date
                            or logged.break_date = steps.observed_date
                        )
                ) as is_logged
            from (
                select
                    *,
                    100 * (earlier_count - later_count)::double / earlier_count as fall_pct
                from ({_COUNTERS}) as every_step
                where observed_date >= $first_day and earlier_count >= $count_from
            ) as steps
            where fall_pct > $highest_fall_pct
        """,  # noqa: S608 - fixed text
        failing="not is_logged",
        reason="""
            'account ' || account_id || ': ' || counter || ' fell from '
            || format('{:,}', earlier_count) || ' to ' || format('{:,}', later_count) || ' by '
            || observed_date
        """,
        expectations=always_true("is_logged"),
        minimum_rows=0,
        measure="fall_pct",
    ),
)
