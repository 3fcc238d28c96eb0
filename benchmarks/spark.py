"""What a quarter costs on Spark with one worker and with two, beside DuckDB, on one machine.

The lake is the generator's, the models are the project's, the cluster is the one of `tests/spark`:
a master, workers of one core and 1 GB, and a Thrift server, all on loopback. It shows what Spark
costs to begin with and how it grows with rows; a machine of two cores cannot show what fifty
machines do.

Run: python -m benchmarks.spark [ROWS], a million account-days in four quarters by default
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from benchmarks.generate import World, generate, label, window
from benchmarks.marts import PROJECT, Build, environment
from benchmarks.measure import child
from tests.spark.cluster import SPARK_VENV, Cluster

QUARTERS = 4
SLOWEST = 5


def spark(data_dir: Path, workers: int) -> tuple[float, float, list[str]]:
    """Build seeds and the last quarter on a fresh cluster.

    Returns:
        Seconds until the cluster answered, seconds of `dbt run`, and its slowest models in words.
    """
    first, last = window(1)
    folder = data_dir / f"spark-{workers}"
    began = time.monotonic()
    with Cluster(folder / "cluster", folder / "tables", worker_count=workers) as cluster:
        ready = time.monotonic() - began
        variables = {
            "from_quarter": label(first),
            "to_quarter": label(last),
            "as_of_date": (last + timedelta(days=15)).isoformat(),
        }
        folders = {
            "--project-dir": PROJECT,
            "--profiles-dir": PROJECT,
            "--target-path": folder / "target",
            "--log-path": folder / "logs",
        }
        spent = 0.0
        for command in ("seed", "run"):
            used, _ = child(
                [
                    *(str(SPARK_VENV / "bin/dbt"), command, "--target", "spark"),
                    *(str(text) for pair in folders.items() for text in pair),
                    *("--vars", json.dumps(variables)),
                ],
                cwd=PROJECT,
                environment={
                    **environment(),
                    "EFFEKTANALYS_DATA_DIR": str(data_dir),
                    "EFFEKTANALYS_SPARK_PORT": str(cluster.port),
                },
            )
            spent = used.wall
    results = json.loads((folder / "target/run_results.json").read_text())["results"]
    results.sort(key=lambda result: -result["execution_time"])
    words = [
        f"{r['unique_id'].split('.')[-1]} {r['execution_time']:.0f}" for r in results[:SLOWEST]
    ]
    return ready, spent, words


def main(rows: int) -> None:
    """Generate a lake, build its last quarter on each, print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(folder, World.of(rows, QUARTERS))
        print(f"the last of {QUARTERS} quarters of {rows:,} account-days and readings of posts, s")
        build = Build(data_dir=folder, quarters=1)
        build.compact()
        build.dbt("seed")
        here = build.dbt("run")
        print(f"DuckDB, 2 threads:     dbt run {here.wall:>6.0f}  ({here.cpu:.0f} CPU s)")
        for workers in (1, 2):
            ready, spent, words = spark(folder, workers)
            print(
                f"Spark, {workers} worker(s):    dbt run {spent:>6.0f}  (cluster up in {ready:.0f})"
            )
            print(f"    slowest models: {', '.join(words)}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 1_000_000)
