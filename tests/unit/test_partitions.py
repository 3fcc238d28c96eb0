"""The two calendars: quarters in Stockholm, across year ends, leap days and clock changes."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from orchestration.partitions import (
    daily_partitions,
    partition_key,
    previous_quarter,
    quarter_bounds,
    quarter_label,
    quarter_of,
    quarterly_partitions,
)

STOCKHOLM = ZoneInfo("Europe/Stockholm")


@pytest.mark.parametrize(
    ("label", "key", "first", "last"),
    [
        ("2026-Q1", "2026-01", date(2026, 1, 1), date(2026, 3, 31)),
        ("2026-Q2", "2026-04", date(2026, 4, 1), date(2026, 6, 30)),
        ("2026-Q3", "2026-07", date(2026, 7, 1), date(2026, 9, 30)),
        ("2026-Q4", "2026-10", date(2026, 10, 1), date(2026, 12, 31)),
        ("2024-Q1", "2024-01", date(2024, 1, 1), date(2024, 3, 31)),
    ],
)
def test_a_quarter_has_one_label_one_key_and_its_calendar_days(label, key, first, last):
    assert partition_key(label) == key
    assert quarter_label(key) == label
    assert quarter_bounds(label) == (first, last)
    assert quarter_of(first) == quarter_of(last) == label


def test_the_quarter_before_the_first_is_last_years_fourth():
    assert previous_quarter("2026-Q1") == "2025-Q4"
    assert previous_quarter("2026-Q4") == "2026-Q3"


def test_quarter_windows_start_and_end_at_local_midnight_on_both_sides_of_the_clock_change():
    window = quarterly_partitions.time_window_for_partition_key("2026-01")
    assert window.start == datetime(2026, 1, 1, tzinfo=STOCKHOLM)
    assert window.end == datetime(2026, 4, 1, tzinfo=STOCKHOLM)
    # Winter time at the start, summer time at the end: an hour shorter than 90 days.
    assert (window.end.timestamp() - window.start.timestamp()) / 3600 == 90 * 24 - 1


def test_today_and_the_running_quarter_can_be_asked_for():
    now = datetime(2026, 11, 23, 9, 0, tzinfo=STOCKHOLM)
    assert daily_partitions.get_partition_keys(now)[-1] == "2026-11-23"
    assert quarterly_partitions.get_partition_keys(now)[-1] == "2026-10"


@pytest.mark.parametrize("label", ["2026-Q7", "2026-q1", "26-Q1", "2026", "2026-04"])
def test_what_is_no_quarter_is_refused_with_an_example(label):
    with pytest.raises(ValueError, match="Write it as 2026-Q2"):
        partition_key(label)
