"""What a quarter costs on Spark with one worker and with two, beside DuckDB, on one machine.

The lake is the generator's, the models are the project's, the cluster is the one of `tests/spark`:
a master, workers of one core and 4 GB, and a Thrift server, all on loopback. Two sizes tell apart
what a model costs to begin with and what a row costs; a machine of two cores cannot show what
fifty machines do.

CPU is of every process of the cluster while `dbt run` lasts, dbt's own included. Linux only: it is
read from /proc.

Run: python -m benchmarks.spark [ROWS ...], a million account-days in four quarters by default
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.generate import World, generate, label, window
from benchmarks.marts import PROJECT, Build, environment
from benchmarks.measure import Used, child
from tests.spark.cluster import SPARK_VENV, Cluster

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

QUARTERS = 4
WORKERS = (1, 2)
MEMORY = 4096
"""Of each worker, MB. With 1 GB ten million rows are too many for a join on posts."""
BY_ROWS = (
    "int_account_month_closes",
    "int_account_totals",
    "int_account_days",
    "int_counter_falls",
    "int_inquiries",
    "int_posts",
    "int_post_days",
    "int_post_rates",
    "int_account_posts",
    "int_account_best_posts",
    "int_account_posting_times",
    "int_best_post_texts",
)
"""The models that read every reading or every post of the quarter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one `dbt run` needed.

    Attributes:
        used: Seconds, CPU seconds and memory of the largest process: of an executor, with Spark.
        models: Seconds of each model, by name. Two are built at once.
    """

    used: Used
    models: Mapping[str, float]

    def line(self, name: str) -> str:
        """Return the table's line."""
        rows = sum(self.models[model] for model in BY_ROWS)
        others = [spent for model, spent in self.models.items() if model not in BY_ROWS]
        each = sum(others) / len(others)
        line = f"{name:<24}{self.used.wall:>8.0f}{self.used.cpu:>8.0f}{self.used.memory:>8.0f}"
        return f"{line}{rows:>9.0f}{each:>10.1f}"


def here(data_dir: Path) -> Run:
    """Build the last quarter with DuckDB."""
    build = Build(data_dir=data_dir, quarters=1)
    build.dbt("seed")
    return Run(used=build.dbt("run"), models=_models(data_dir / "dbt/target"))


def spark(data_dir: Path, workers: int) -> Run:
    """Build the last quarter on a fresh cluster of so many workers."""
    folder = data_dir / f"spark-{workers}"
    with Cluster(folder / "cluster", folder / "tables", workers, MEMORY) as cluster:
        _dbt("seed", data_dir, folder, cluster.port)
        before = _cpu(os.getpid())
        used = _dbt("run", data_dir, folder, cluster.port)
        # dbt has ended, so it is among the children that were waited for; the cluster has not.
        spent = _cpu(os.getpid()) - before + used.cpu
        executors = [pid for worker in cluster.workers for pid in _below(worker.pid)]
        largest = max(map(_peak, executors))
    used = Used(wall=used.wall, cpu=spent, memory=largest)
    return Run(used=used, models=_models(folder / "target"))


def _dbt(command: str, data_dir: Path, folder: Path, port: int) -> Used:
    first, last = window(1)
    folders = {
        "--project-dir": PROJECT,
        "--profiles-dir": PROJECT,
        "--target-path": folder / "target",
        "--log-path": folder / "logs",
    }
    used, _ = child(
        [
            *(str(SPARK_VENV / "bin/dbt"), command, "--target", "spark"),
            *(str(text) for pair in folders.items() for text in pair),
        ],
        cwd=PROJECT,
        environment={
            **environment(),
            "EFFEKTANALYS_FROM_QUARTER": label(first),
            "EFFEKTANALYS_TO_QUARTER": label(last),
            "EFFEKTANALYS_AS_OF_DATE": (last + timedelta(days=15)).isoformat(),
            "EFFEKTANALYS_DATA_DIR": str(data_dir),
            "EFFEKTANALYS_SPARK_PORT": str(port),
        },
    )
    return used


def _models(target: Path) -> dict[str, float]:
    results = json.loads((target / "run_results.json").read_text())["results"]
    return {
        result["unique_id"].split(".")[-1]: result["execution_time"]
        for result in results
        if result["unique_id"].startswith("model.")
    }


def _below(pid: int) -> Iterator[int]:
    """Yield the processes that a process started, and those that they started."""
    children = Path(f"/proc/{pid}/task").glob("*/children")
    for started in [int(word) for file in children for word in file.read_text().split()]:
        yield started
        yield from _below(started)


def _cpu(pid: int) -> float:
    """Return the CPU seconds of the running processes below one, their ended children included."""
    ticks = 0
    for process in _below(pid):
        # After the name, which may hold anything: state, parent, ..., utime, stime, cutime, cstime.
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _peak(pid: int) -> float:
    """Return the most resident memory a process has had at once, MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def main(sizes: list[int]) -> None:
    """Generate each lake, build its last quarter on each, print the table."""
    for rows in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            generate(folder, World.of(rows, QUARTERS))
            Build(data_dir=folder, quarters=1).compact()
            print(f"the last of {QUARTERS} quarters of {rows:,} account-days and readings of posts")
            print(f"{'':<24}{'s':>8}{'CPU s':>8}{'MB':>8}{'by rows':>9}{'a model':>10}")
            print(here(folder).line("DuckDB, 2 threads"), flush=True)
            for workers in WORKERS:
                print(spark(folder, workers).line(f"Spark, {workers} worker(s)"), flush=True)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [1_000_000])
