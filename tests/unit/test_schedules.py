"""The schedules fire when a Swede would expect: winter, summer and over the year's end."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from orchestration.automation.schedules import (
    daily_snapshots_schedule,
    quarterly_benchmark_schedule,
)

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def ticks(schedule, start, end):
    """The moments at which Dagster's own reading of the cron line and zone fires."""
    calendar = dg.TimeWindowPartitionsDefinition(
        start=start,
        fmt="%Y-%m-%d %H:%M",
        cron_schedule=schedule.cron_schedule,
        timezone=schedule.execution_timezone,
        end_offset=1,
    )
    windows = map(calendar.time_window_for_partition_key, calendar.get_partition_keys(end))
    return [window.start.astimezone(STOCKHOLM) for window in windows]


def request(schedule, moment):
    return schedule(dg.build_schedule_context(scheduled_execution_time=moment))


def test_the_quarterly_schedule_fires_on_the_ninth_at_six_local_time_four_times_a_year():
    fired = ticks(
        quarterly_benchmark_schedule, "2026-01-01 00:00", datetime(2027, 2, 1, tzinfo=STOCKHOLM)
    )
    expected = [datetime(2026, m, 9, 6, tzinfo=STOCKHOLM) for m in (1, 4, 7, 10)]
    expected.append(datetime(2027, 1, 9, 6, tzinfo=STOCKHOLM))
    assert fired == expected


@pytest.mark.parametrize(
    ("moment", "key"),
    [
        (datetime(2026, 10, 9, 4, tzinfo=UTC), "2026-07"),
        (datetime(2027, 1, 9, 5, tzinfo=UTC), "2026-10"),
        (datetime(2027, 4, 9, 4, tzinfo=UTC), "2027-01"),
    ],
)
def test_the_quarterly_schedule_asks_for_the_quarter_that_ended(moment, key):
    assert request(quarterly_benchmark_schedule, moment).partition_key == key


def test_the_daily_schedule_fires_at_twenty_local_time_over_both_clock_changes():
    spring = ticks(
        daily_snapshots_schedule, "2026-03-28 00:00", datetime(2026, 3, 30, 23, tzinfo=STOCKHOLM)
    )
    assert spring == [datetime(2026, 3, d, 20, tzinfo=STOCKHOLM) for d in (28, 29, 30)]
    assert [t.astimezone(UTC).hour for t in spring] == [19, 18, 18]
    autumn = ticks(
        daily_snapshots_schedule, "2026-10-24 00:00", datetime(2026, 10, 26, 23, tzinfo=STOCKHOLM)
    )
    assert [t.astimezone(UTC).hour for t in autumn] == [18, 19, 19]


def test_the_daily_schedule_asks_for_its_own_local_day_also_on_new_years_eve():
    run = request(daily_snapshots_schedule, datetime(2026, 12, 31, 19, tzinfo=UTC))
    assert run.partition_key == "2026-12-31"


def test_a_tick_that_is_evaluated_twice_starts_one_run():
    moment = datetime(2026, 10, 9, 4, tzinfo=UTC)
    first = request(quarterly_benchmark_schedule, moment)
    assert request(quarterly_benchmark_schedule, moment).run_key == first.run_key


def test_both_schedules_run_by_default():
    for schedule in (daily_snapshots_schedule, quarterly_benchmark_schedule):
        assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
