"""Read one day again from a sandbox that multiplies one account's followers by ten, and publish.

Prints JSON: whether the run succeeded, and every failing check with its words.
"""

import json
import os
import sys

import dagster as dg

from extractors.sandbox import serve
from extractors.sandbox.faults import Fault, FaultKind
from orchestration.partitions import partition_key
from orchestration.settings import get_settings, prepare_environment

day, did, quarter = sys.argv[1:4]
with serve() as sandbox:
    sandbox.faults.add(
        Fault(
            platform="bluesky",
            kind=FaultKind.FACTOR,
            account=did,
            field="followersCount",
            factor=10,
        )
    )
    os.environ["EFFEKTANALYS_SANDBOX_URL"] = sandbox.url
    get_settings.cache_clear()
    prepare_environment(get_settings())
    from orchestration.definitions import build_defs

    defs = build_defs()
    instance = dg.DagsterInstance.get()
    config = {"ops": {"backfill_days": {"config": {"platform": "bluesky", "days": [day]}}}}
    taken = defs.resolve_job_def("backfill_snapshots").execute_in_process(
        instance=instance, run_config=config
    )
    assert taken.success
    result = defs.resolve_job_def("quarterly_benchmark").execute_in_process(
        instance=instance, partition_key=partition_key(quarter), raise_on_error=False
    )
evaluations = [
    event.asset_check_evaluation_data
    for event in result.all_events
    if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION
]
failing = {
    e.check_name: [e.description, str(e.metadata["failing_rows"].value)]
    for e in evaluations
    if not e.passed
}
released = any(
    e.is_step_materialization and e.asset_key.path[0] == "releases" for e in result.all_events
)
said = json.dumps({"success": result.success, "failing": failing, "released": released})
sys.stdout.write(f"\n{said}\n")
