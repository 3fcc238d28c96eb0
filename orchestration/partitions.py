"""The two calendars of the pipeline: days for what is fetched, quarters for what is computed.

Both include the running period (`end_offset=1`): a count not taken today is gone, so today must be
a partition that can be asked for, and the running quarter is refreshed as preliminary.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

import dagster as dg

from extractors.records import quarter_of
from orchestration.settings import get_settings

FIRST_DAY = "2015-01-01"
"""The first day that has a partition; earlier history is imported, not extracted."""

_TIMEZONE = get_settings().timezone

daily_partitions = dg.DailyPartitionsDefinition(
    start_date=FIRST_DAY, timezone=_TIMEZONE, end_offset=1
)

# Dagster has no quarterly definition: a month-formatted window on the first of each third month.
quarterly_partitions = dg.TimeWindowPartitionsDefinition(
    start="2015-01", fmt="%Y-%m", cron_schedule="0 0 1 */3 *", timezone=_TIMEZONE, end_offset=1
)


def quarter_label(partition_key: str) -> str:
    """Return the quarter's label for a partition key: `2026-04` -> `2026-Q2`."""
    year, month = partition_key.split("-")
    return f"{year}-Q{(int(month) - 1) // 3 + 1}"


def partition_key(quarter: str) -> str:
    """Return the partition key of a quarter's label: `2026-Q2` -> `2026-04`.

    Raises:
        ValueError: when it is no quarter; the message shows one.
    """
    if not re.fullmatch(r"[0-9]{4}-Q[1-4]", quarter):
        raise ValueError(f"{quarter!r} is no quarter. Write it as 2026-Q2.")
    year, number = quarter.split("-Q")
    return f"{year}-{int(number) * 3 - 2:02d}"


def quarter_bounds(quarter: str) -> tuple[date, date]:
    """Return the first and the last local day of a quarter."""
    first = date.fromisoformat(f"{partition_key(quarter)}-01")
    after = date(first.year + first.month // 10, (first.month + 2) % 12 + 1, 1)
    return first, date.fromordinal(after.toordinal() - 1)


def previous_quarter(quarter: str) -> str:
    """Return the label of the quarter before."""
    first, _ = quarter_bounds(quarter)
    return quarter_of(date.fromordinal(first.toordinal() - 1))


def today() -> date:
    """Return today's local date in the reporting zone."""
    return datetime.now(tz=ZoneInfo(_TIMEZONE)).date()
