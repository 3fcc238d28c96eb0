"""Dagster's memory in PostgreSQL, as docs/run-in-production.md writes it, on a real server.

Needs Debian's `postgresql`; the server is started here, on loopback, and stopped again.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import dagster as dg
import pytest
import yaml

from orchestration.settings import PROJECT_ROOT

GUIDE = PROJECT_ROOT / "docs" / "run-in-production.md"
FOUND = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
PROGRAMS = FOUND[-1].parent if FOUND else None
# PostgreSQL refuses to run as root; Debian's package brings a user for it.
AS_ITS_USER = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []

pytestmark = pytest.mark.skipif(
    PROGRAMS is None, reason="PostgreSQL is not installed. Run: apt-get install -y postgresql"
)


def run(program, *arguments):
    subprocess.run(
        [*AS_ITS_USER, str(PROGRAMS / program), *arguments],
        check=True,
        cwd="/",
        stdout=subprocess.DEVNULL,
    )


@pytest.fixture(scope="module")
def port():
    """The port of a server of our own, with an empty database `dagster`."""
    # Not below pytest's folder: that is private to whoever runs the tests.
    folder = Path(tempfile.mkdtemp(prefix="effektanalys-postgres-"))
    if AS_ITS_USER:
        shutil.chown(folder, "postgres")
    data = str(folder / "data")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found = probe.getsockname()[1]
    run("initdb", "--pgdata", data, "--username", "dagster", "--auth", "trust", "--no-sync")
    options = f"-c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -p {found}"
    run("pg_ctl", "start", "--wait", "-D", data, "-l", str(folder / "log"), "-o", options)
    try:
        run("createdb", "-h", "127.0.0.1", "-p", str(found), "-U", "dagster", "dagster")
        yield found
    finally:
        run("pg_ctl", "stop", "--wait", "-D", data, "-m", "immediate")
        shutil.rmtree(folder)


@pytest.fixture
def home(port, tmp_path, monkeypatch):
    """A DAGSTER_HOME whose storage is the guide's, on our server."""
    blocks = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    [block] = [block for block in blocks if "postgres_db" in block]
    settings = yaml.safe_load((PROJECT_ROOT / "dagster.yaml").read_text(encoding="utf-8"))
    settings |= yaml.safe_load(block)
    settings["storage"]["postgres"]["postgres_db"] |= {"hostname": "127.0.0.1", "port": port}
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.setenv("DAGSTER_PG_PASSWORD", "not asked for")
    return tmp_path


@dg.asset(check_specs=[dg.AssetCheckSpec("counted", asset="accounts")])
def accounts():
    yield dg.MaterializeResult(
        metadata={"rows": 49},
        check_results=[dg.AssetCheckResult(passed=False, check_name="counted")],
    )


def test_another_process_would_see_the_run_its_table_and_its_red_check(home):
    with dg.DagsterInstance.get() as instance:
        run_id = dg.materialize([accounts], instance=instance, raise_on_error=False).run_id
    with dg.DagsterInstance.get() as instance:
        assert type(instance.event_log_storage).__module__.startswith("dagster_postgres")
        assert [run.run_id for run in instance.get_runs()] == [run_id]
        event = instance.get_latest_materialization_event(dg.AssetKey("accounts"))
        assert event.asset_materialization.metadata["rows"].value == 49
        key = dg.AssetCheckKey(dg.AssetKey("accounts"), "counted")
        [check] = instance.event_log_storage.get_asset_check_execution_history(key, limit=5)
        assert check.status.value == "FAILED"
    assert not list(home.rglob("*.db")), "something was written to SQLite beside it"


def test_the_guide_names_the_release_that_fits(home):
    from importlib.metadata import version

    assert f"dagster-postgres=={version('dagster-postgres')}" in GUIDE.read_text(encoding="utf-8")
    assert version("dagster-postgres") == version("dagster-dbt")
