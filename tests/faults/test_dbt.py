"""A dbt test that fails: what comes after it is not built, and nothing goes out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb

from publication.release import current_name, verify_release
from tests.support.candidate import clean_copy
from tests.support.gates import LEAN, PlainJudge, judge, release
from tests.support.lake_builder import LakeBuilder

ROOT = Path(__file__).resolve().parents[2]
QUARTER = "2025-Q4"
# Two small models and the release, as the job has them; the other sixty take minutes.
RUN = """
import dagster as dg
from orchestration.assets.release import benchmark_release, release_key
from orchestration.assets.transformation import dbt_models
from orchestration.resources import dbt_resource

names = ("staging", "stg_registry__industries"), ("marts", "dim_industry")
models = [dg.AssetKey(name) for name in names]
result = dg.materialize(
    [dbt_models, benchmark_release],
    selection=[*models, release_key],
    partition_key="2025-10",
    resources={"dbt": dbt_resource()},
    raise_on_error=False,
)
failures = [e.event_specific_data.error.message for e in result.all_events if e.is_step_failure]
checks = {e.check_name: e.passed for e in result.get_asset_check_evaluations()}
begun = sorted({e.step_key for e in result.all_events if e.is_step_start})
print("RESULT", __import__("json").dumps([result.success, begun, checks, failures]))
"""


def run(data):
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        cwd=ROOT,
        env={**os.environ, "EFFEKTANALYS_DATA_DIR": str(data), "DAGSTER_HOME": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    found = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    assert found, done.stdout[-3000:] + done.stderr[-3000:]
    return json.loads(found[0].removeprefix("RESULT "))


def test_case_2_a_failing_dbt_test_stops_its_children_and_the_release(tmp_path):
    data = clean_copy(tmp_path)
    assert judge(data, QUARTER, make_judge=PlainJudge).passed
    release(data, QUARTER, steps=LEAN)
    with duckdb.connect(str(data / "warehouse.duckdb")) as candidate:
        before = candidate.execute("select * from marts.dim_industry order by all").fetchall()
        # dbt makes a view of this name; the written candidate has a table.
        candidate.execute("drop table staging.stg_registry__industries")
    lake = LakeBuilder(data)
    for industry_id, *_ in [*before, before[0]]:
        lake.industry(industry_id)
    lake.write()

    is_success, begun, checks, failures = run(data)
    assert not is_success
    assert begun == ["dbt_models"], "the release was begun"
    assert checks["stg_registry__industries_key"] is False
    assert "stg_registry__industries_key" in "".join(failures)
    results = json.loads(next(data.rglob("run_results.json")).read_text())["results"]
    status = {r["unique_id"].split(".")[2]: r["status"] for r in results}
    assert status["stg_registry__industries"] == "success"
    assert status["stg_registry__industries_key"] == "fail"
    assert status["dim_industry"] == "skipped"
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as candidate:
        built = candidate.execute("select * from marts.dim_industry order by all").fetchall()
    assert built == before
    # What was published before is current, whole and readable.
    assert str(current_name(data / "releases")) == f"{QUARTER}/r1"
    assert "verifies" in str(verify_release(data / "releases"))
