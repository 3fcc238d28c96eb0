"""The same marts on a Spark cluster as in DuckDB, row by row, also when a worker dies.

Asked for by `make spark-test`; `make test` leaves it out, because it needs Java and minutes.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unittest.mock import patch

import duckdb
import pytest

from orchestration.settings import Settings, prepare_environment
from orchestration.spark import bring_home
from tests.spark.cluster import ROOT, SPARK_VENV, Cluster, java_missing
from tests.spark.compare import differences, keys_of
from tests.spark.world import compact_some, spark_lake
from tests.support.gates import HISTORY, judge, refusing, release
from tests.support.posts_world import AS_OF, FIRST_QUARTER, LAST_QUARTER

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.lake_builder import LakeBuilder


@dataclass
class World:
    """One lake, built by DuckDB, and the cluster that builds it again."""

    lake: LakeBuilder
    cluster: Cluster

    def start_dbt(self, command: str, first: str, last: str) -> subprocess.Popen[str]:
        """Start dbt on the Thrift server; its log can be read line by line."""
        project = ROOT / "dbt_project"
        folder = self.lake.data_dir / "dbt-spark"
        window = f"{{from_quarter: {first}, to_quarter: {last}, as_of_date: '{AS_OF}'}}"
        return subprocess.Popen(
            [
                str(SPARK_VENV / "bin/dbt"), "--no-use-colors", command, "--target", "spark",
                "--vars", window, "--project-dir", str(project), "--profiles-dir", str(project),
                "--target-path", str(folder / "target"), "--log-path", str(folder / "logs"),
            ],
            cwd=project,
            env={
                **os.environ,
                "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
                "EFFEKTANALYS_DATA_DIR": str(self.lake.data_dir),
                "EFFEKTANALYS_SPARK_PORT": str(self.cluster.port),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )  # fmt: skip

    def dbt(self, command: str, first: str, last: str) -> None:
        """Run dbt on the Thrift server; where it fails, say its words."""
        started = self.start_dbt(command, first, last)
        said, _ = started.communicate()
        assert started.returncode == 0, said[-6000:]

    def compare(self, warehouse: Path | None = None) -> dict[str, list[str]]:
        """Return what differs between DuckDB's marts, or those of another file, and Spark's."""
        manifest = json.loads(
            (self.lake.data_dir / "dbt/target/manifest.json").read_text(encoding="utf-8")
        )
        keys = keys_of(manifest)
        assert len(keys) > 30
        return differences(
            warehouse or self.lake.warehouse, self.cluster.warehouse / "marts.db", keys
        )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory):
    missing = java_missing()
    assert missing is None, missing
    folder: Path = tmp_path_factory.mktemp("spark")
    lake = spark_lake(folder)
    # DuckDB reads the parts alone; Spark the copies of closed quarters, and the others' parts.
    lake.build(FIRST_QUARTER, LAST_QUARTER, as_of=AS_OF)
    compact_some(lake)
    with Cluster(folder / "cluster", folder / "spark") as cluster:
        built = World(lake, cluster)
        built.dbt("seed", FIRST_QUARTER, LAST_QUARTER)
        built.dbt("run", FIRST_QUARTER, LAST_QUARTER)
        yield built


def test_every_mart_is_the_same_row_by_row(world):
    assert world.cluster.alive_workers() == 2
    assert world.compare() == {}


def test_gate_and_release_work_on_what_spark_wrote(world, tmp_path):
    for name in ("lake", "registry", "derived"):
        (tmp_path / name).symlink_to(world.lake.data_dir / name)
    settings = Settings(data_dir=tmp_path, spark_warehouse=world.cluster.warehouse)
    window = {
        "EFFEKTANALYS_FROM_QUARTER": FIRST_QUARTER,
        "EFFEKTANALYS_TO_QUARTER": LAST_QUARTER,
        "EFFEKTANALYS_AS_OF_DATE": AS_OF,
    }
    with patch.dict("os.environ", window):
        prepare_environment(settings)
        assert bring_home(settings) == rows_of(world.lake.warehouse)
    assert refusing(judge(tmp_path, LAST_QUARTER, waivers=[HISTORY])) == set()
    assert release(tmp_path, LAST_QUARTER).release_id == f"{LAST_QUARTER}/r1"
    assert world.compare(tmp_path / "releases/current/benchmark.duckdb") == {}


def rows_of(warehouse: Path) -> dict[str, int]:
    """Return how many rows each table of schema `marts` has."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'marts'"
        ).fetchall()
        return {
            table: len(connection.execute(f"select 1 from marts.{table}").fetchall())
            for (table,) in tables
        }


def test_a_quarter_built_again_is_finished_though_a_worker_dies(world):
    started = world.start_dbt("run", LAST_QUARTER, LAST_QUARTER)
    assert started.stdout is not None
    said = []
    for line in started.stdout:
        said.append(line)
        if "START sql incremental model intermediate.int_account_month_closes" in line:
            world.cluster.kill_worker()
    assert len(world.cluster.workers) == 1, "the build never came to the close:\n" + "".join(said)
    assert started.wait() == 0, "".join(said)[-6000:]
    assert world.compare() == {}
