"""The three schedules. All run by default: a day that is not sampled is lost.

The cron lines and zones are written by hand: Dagster's builder takes them from the partitions and
would close a quarter at midnight on the first, before its posts have settled.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

import dagster as dg

from extractors.records import quarter_of
from orchestration.automation.jobs import daily_snapshots, quarterly_benchmark, snapshots_check
from orchestration.partitions import partition_key, previous_quarter
from orchestration.settings import get_settings

TIMEZONE = get_settings().timezone

DAILY_CRON = "0 20 * * *"
"""20:00: late enough to be the day's close, early enough to leave four hours for a second try."""

CHECK_CRON = "0 22 * * *"
"""22:00: the day's run has had two hours, and a second one has two left."""

QUARTERLY_CRON = "0 6 9 1,4,7,10 *"
"""The 9th at 06:00: posts settle for seven days, and the last of those has then been read."""


def _local(moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(TIMEZONE))


@dg.schedule(
    job=daily_snapshots,
    cron_schedule=DAILY_CRON,
    execution_timezone=TIMEZONE,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every day at 20:00 local time: today's follower counts of every account.",
)
def daily_snapshots_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Request today's local date; a tick that comes after midnight still asks for its own day."""
    day = _local(context.scheduled_execution_time).date().isoformat()
    return dg.RunRequest(run_key=f"daily-{day}", partition_key=day)


@dg.schedule(
    job=snapshots_check,
    cron_schedule=CHECK_CRON,
    execution_timezone=TIMEZONE,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every day at 22:00 local time: is anybody's count of today still missing?",
)
def snapshots_check_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Request one look a day."""
    day = _local(context.scheduled_execution_time).date().isoformat()
    return dg.RunRequest(run_key=f"check-{day}")


@dg.schedule(
    job=quarterly_benchmark,
    cron_schedule=QUARTERLY_CRON,
    execution_timezone=TIMEZONE,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description=(
        "On 9 January, April, July and October at 06:00 local time: "
        "build, judge and publish the quarter that ended."
    ),
)
def quarterly_benchmark_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Request the quarter before the one the tick falls in."""
    quarter = previous_quarter(quarter_of(_local(context.scheduled_execution_time).date()))
    return dg.RunRequest(
        run_key=f"quarterly-{quarter}",
        partition_key=partition_key(quarter),
        tags={"effektanalys/quarter": quarter},
    )


def running_quarter_key(moment: datetime) -> str:
    """Return the partition key of the quarter that a moment falls in, in the reporting zone."""
    return partition_key(quarter_of(_local(moment).date()))
