"""The event log that keeps its connections holds what Dagster's own would, in the same files."""

from __future__ import annotations

import dagster as dg
import pytest
import yaml
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage

from orchestration.settings import PROJECT_ROOT


@dg.asset(check_specs=[dg.AssetCheckSpec("counted", asset="accounts")])
def accounts():
    yield dg.MaterializeResult(
        metadata={"rows": 3}, check_results=[dg.AssetCheckResult(passed=True, check_name="counted")]
    )


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A DAGSTER_HOME with the project's own dagster.yaml."""
    (tmp_path / "dagster.yaml").write_bytes((PROJECT_ROOT / "dagster.yaml").read_bytes())
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    return tmp_path


def run(instance):
    result = dg.materialize([accounts], instance=instance)
    assert result.success
    return result.run_id


def told(log, run_id):
    return [(event.step_key, event.message) for event in log.get_logs_for_run(run_id)]


def test_dagsters_own_storage_reads_what_was_written(home):
    with dg.DagsterInstance.get() as instance:
        run_id = run(instance)
        written = told(instance.event_log_storage, run_id)
        latest = instance.get_latest_materialization_event(dg.AssetKey("accounts"))
    plain = DagsterSqliteStorage.from_local(str(home))
    assert told(plain.event_log_storage, run_id) == written
    assert len(written) > 8
    key = dg.AssetKey("accounts")
    found = plain.event_log_storage.get_latest_materialization_events([key])[key]
    assert found.run_id == run_id == latest.run_id
    checks = plain.event_log_storage.get_asset_check_execution_history(
        dg.AssetCheckKey(key, "counted"), limit=5
    )
    assert [check.status.value for check in checks] == ["SUCCEEDED"]


def test_many_runs_are_kept_apart_and_open_few_files(home):
    with dg.DagsterInstance.get() as instance:
        runs = [run(instance) for _ in range(10)]
        assert all(told(instance.event_log_storage, run_id) for run_id in runs)
        assert len(instance.event_log_storage._engines) <= 8
        assert len(instance.get_runs()) == 10


def test_a_wiped_log_is_empty_and_goes_on(home):
    with dg.DagsterInstance.get() as instance:
        gone = run(instance)
        instance.event_log_storage.wipe()
        assert told(instance.event_log_storage, gone) == []
        assert told(instance.event_log_storage, run(instance))


def test_the_project_asks_for_it():
    text = (PROJECT_ROOT / "dagster.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(text)["storage"]["custom"]["class"] == "PooledSqliteStorage"
