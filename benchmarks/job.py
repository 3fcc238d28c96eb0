"""What the quarterly job needs for one quarter of the demo's lake, as a person starts it.

`dg launch`, from its start to the published release: Dagster's code location, dbt, its tests, the
gate, the release with its report. Three times: in an empty folder (dbt's project is parsed and its
documentation written), the quarter after it, and that one once more, when nothing is new.

Run: python -m benchmarks.job
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.marts import ROOT, environment
from benchmarks.measure import Used, child
from extractors.sandbox import serve
from orchestration.demo import PARTY_LEADER_DAYS
from orchestration.partitions import partition_key
from orchestration.settings import Settings, prepare_environment
from orchestration.steps import extract_day

ONLY_IF_NEW = '{"ops": {"dbt_models": {"config": {"only_if_new": true}}}}'
"""The job's own default, which `dg launch` leaves out."""
RUNS = (
    ("first quarter, in an empty folder", "2026-Q1", ()),
    ("the next quarter", "2026-Q2", ()),
    ("the same once more, nothing new", "2026-Q2", ("--config-json", ONLY_IF_NEW)),
)


def lay(data_dir: Path) -> None:
    """Read the demo's days into the lake, as its backfill does."""
    with serve() as sandbox:
        settings = Settings(data_dir=data_dir, sandbox_url=sandbox.url)
        prepare_environment(settings)
        for day in sandbox.days:
            extract_day(settings, "bluesky", "profile_snapshots", day, load_id="benchmark")
        for day in PARTY_LEADER_DAYS:
            extract_day(settings, "facebook", "posts", day, load_id="benchmark")


def launch(data_dir: Path, quarter: str, *more: str) -> Used:
    """Run the job for one quarter, the code location's load included."""
    kept = environment()
    dg = shutil.which("dg", path=str(Path(sys.executable).parent))
    used, _ = child(
        [
            *(str(dg), "launch", "--job", "quarterly_benchmark"),
            *("--partition", partition_key(quarter), *more),
        ],
        cwd=ROOT,
        environment={
            **kept,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}",
            "PYTHONPATH": str(ROOT),
            "EFFEKTANALYS_DATA_DIR": str(data_dir),
            "DAGSTER_HOME": str(data_dir / "dagster"),
        },
    )
    return used


def main() -> None:
    """Lay the lake, print the table, forget it all."""
    with tempfile.TemporaryDirectory() as folder:
        lay(Path(folder))
        print(f"{'the quarterly job, dg launch':<48}{'CPU s':>8}{'wall s':>8}{'MB':>7}")
        for name, quarter, more in RUNS:
            used = launch(Path(folder), quarter, *more)
            print(f"{name:<48}{used.cpu:>8.2f}{used.wall:>8.2f}{used.memory:>7.0f}", flush=True)


if __name__ == "__main__":
    main()
