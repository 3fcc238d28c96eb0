"""What happens after a run: a day's snapshots refresh the running quarter."""

from datetime import UTC, datetime

import dagster as dg

from orchestration.automation.jobs import daily_snapshots, preliminary_quarter
from orchestration.automation.schedules import running_quarter_key


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[daily_snapshots],
    request_job=preliminary_quarter,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="After a day's snapshots: rebuild the running quarter, marked preliminary.",
)
def refresh_preliminary_sensor(context: dg.RunStatusSensorContext) -> dg.RunRequest:
    """Request the running quarter once for each finished day."""
    key = running_quarter_key(datetime.now(tz=UTC))
    return dg.RunRequest(run_key=f"preliminary-{context.dagster_run.run_id}", partition_key=key)
