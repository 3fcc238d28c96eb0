"""What happens after a run: a day's snapshots refresh the running quarter, a failure is told."""

from datetime import UTC, datetime

import dagster as dg

from orchestration.automation.jobs import daily_snapshots, preliminary_quarter
from orchestration.automation.schedules import running_quarter_key
from orchestration.notifications import tell
from orchestration.settings import get_settings

_LONGEST_BODY = 4000
"""Characters: what the shortest of the usual services still takes."""


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


@dg.run_failure_sensor(
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="After a failed run: tell the addresses in EFFEKTANALYS_NOTIFY_URLS, once a run.",
)
def failure_sensor(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
    """Tell who is to be told which run failed and why.

    Raises:
        RuntimeError: when somebody could not be told; the sensor's page shows it.
    """
    addresses = get_settings().notify_urls.get_secret_value()
    if not addresses:
        return dg.SkipReason("Nobody is to be told: EFFEKTANALYS_NOTIFY_URLS is not set.")
    run = context.dagster_run
    partition = run.tags.get("dagster/partition")
    name = f"{run.job_name} {partition}" if partition else run.job_name
    causes = [_cause(event) for event in context.get_step_failure_events()] or [
        context.failure_event.message or "The run ended without a word."
    ]
    body = "\n".join([*causes, "", f"Run {run.run_id}. Look at it with: make ui"])
    if not tell(addresses, f"Effektanalys: {name} failed", body[:_LONGEST_BODY]):
        raise RuntimeError(
            "The message did not reach every address in EFFEKTANALYS_NOTIFY_URLS. Try each with: "
            "apprise -vv -b test ADDRESS"
        )
    return None


def _cause(event: dg.DagsterEvent) -> str:
    error = event.step_failure_data.error
    while error is not None and error.cause is not None:
        error = error.cause
    words = error.message.strip() if error else "failed without a word"
    return f"{event.step_key}: {words}"
