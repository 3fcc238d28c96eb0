"""What the marts cost, beside the same tables written by hand and a plain scan, in one run.

Every measurement is a process of its own. The models are measured twice: as `dbt run` of the whole
project, start and all, and as the statements that it executed alone, without dbt.

Run: python -m benchmarks.marts [ROWS], a million account-days and readings of posts by default
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb

from benchmarks import by_hand
from benchmarks.generate import World, generate, label, window
from benchmarks.measure import Used, child, own_cpu, peak_memory
from extractors.compaction import compact
from extractors.lake import Lake
from orchestration.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
PROJECT = ROOT / "dbt_project"
QUARTERS = (1, 4, 16)
MEMORY_LIMIT = Settings.model_fields["memory_limit"].default
CLOSE = ("int_account_month_closes",)
POSTS = ("int_posts",)
CORE = (
    *CLOSE,
    "int_account_reading_months",
    "int_absences",
    "int_account_quarters",
    "int_counter_falls",
    "int_breaks",
    "follower_growth",
    "benchmark_account_quarter",
    *POSTS,
)
"""In the order in which they are built."""
PARTS = {"close": CLOSE, "posts": POSTS, "core": CORE}
COUNTED = by_hand.POSTS.replace("by_hand.", "bench.")
"""The aggregate of the models' posts, as several marts make it."""
DIFFERENT = """
select count(*) from (
    (select {columns} from {ours} except all select {columns} from {theirs})
    union all
    (select {columns} from {theirs} except all select {columns} from {ours})
)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """Where a build lies and which quarters it is of."""

    data_dir: Path
    quarters: int

    @property
    def warehouse(self) -> Path:
        """The candidate."""
        return self.data_dir / "warehouse.duckdb"

    def compact(self) -> None:
        """Compact the closed quarters, as the pipeline does before every build."""
        compact(Lake(self.data_dir / "lake", "Europe/Stockholm"), window(1)[1] + timedelta(days=30))

    def dbt(self, command: str) -> Used:
        """Run one dbt command of the whole project, told its window as the pipeline tells it."""
        first, last = window(self.quarters)
        settled = last + timedelta(days=15)
        told = {
            "EFFEKTANALYS_FROM_QUARTER": label(first),
            "EFFEKTANALYS_TO_QUARTER": label(last),
            "EFFEKTANALYS_AS_OF_DATE": settled.isoformat(),
            "EFFEKTANALYS_DATA_DIR": str(self.data_dir),
        }
        folders = {
            "--project-dir": PROJECT,
            "--profiles-dir": PROJECT,
            "--target-path": self.data_dir / "dbt/target",
            "--log-path": self.data_dir / "dbt/logs",
        }
        arguments = [str(text) for pair in folders.items() for text in pair]
        used, _ = child(
            [sys.executable, "-m", "dbt.cli.main", command, *arguments],
            cwd=PROJECT,
            environment={**environment(), **told},
        )
        return used

    def measure(self, kind: str, part: str) -> Used:
        """Run one part in a process of its own; what it needed is told by itself."""
        command = [sys.executable, "-m", "benchmarks.marts", kind, part]
        _, printed = child(
            [*command, str(self.data_dir), str(self.quarters)], cwd=ROOT, environment=environment()
        )
        return Used(**json.loads(printed.strip().splitlines()[-1]))


def environment() -> dict[str, str]:
    """Return the environment of a measured process."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}


def open_warehouse(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a candidate as the dbt profile does."""
    connection = duckdb.connect(str(path), config={"threads": 2, "memory_limit": MEMORY_LIMIT})
    connection.execute("load icu")
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set preserve_insertion_order = false")
    connection.execute("create schema if not exists bench")
    connection.execute("create schema if not exists by_hand")
    return connection


def work(kind: str, part: str, build: Build) -> Used:
    """Carry out a part by hand or by the models' compiled SQL, into the candidate's own file."""
    first, last = window(build.quarters)
    if kind == "hand":
        statements = by_hand.statements(part, build.data_dir, first, last)
    else:
        statements = [_executed(build, model) for model in PARTS[part]]
        statements += [COUNTED] if part != "close" else []
    with open_warehouse(build.warehouse) as connection:
        began, cpu = _now(), own_cpu()
        for statement in statements:
            connection.execute(statement)
            connection.fetchall()
        return Used(wall=_now() - began, cpu=own_cpu() - cpu, memory=peak_memory())


def _now() -> float:
    return os.times().elapsed


def _executed(build: Build, model: str) -> str:
    """Return the statements with which dbt made a core model's table, for tables of our own."""
    target = build.data_dir / "dbt/target"
    [file] = target.glob(f"run/*/models/**/{model}.sql")
    sql = file.read_text(encoding="utf-8").replace("__dbt_tmp", "")
    nodes: dict[str, Any] = json.loads((target / "manifest.json").read_text())["nodes"]
    for node in nodes.values():
        if node["name"] in CORE and node["resource_type"] == "model":
            sql = sql.replace(node["relation_name"], f'"bench"."{node["name"]}"')
    return f"drop table if exists bench.{model}; {sql}"


def differences(build: Build) -> int:
    """Return how many rows differ between the models' tables and those by hand."""
    accounts = (
        "industry_id, organisation_id, account_id, platform, quarter, followers_start_count, "
        "followers_end_count, growth_status, snapshot_count, follower_change_count, "
        "round(follower_growth_pct, 9), round(follower_growth_pct_previous, 9), "
        "round(follower_growth_pct_year_ago, 9)"
    )
    pairs = (
        ("bench.benchmark_account_quarter", "by_hand.benchmark_account_quarter", accounts),
        ("bench.int_posts", "by_hand.int_posts", "*"),
        ("bench.posts", "by_hand.posts", "*"),
    )
    found = 0
    with open_warehouse(build.warehouse) as connection:
        for ours, theirs, columns in pairs:
            query = DIFFERENT.format(columns=columns, ours=ours, theirs=theirs)
            [(count,)] = connection.execute(query).fetchall()
            found += count
    return found


def report(data_dir: Path, rows: int, quarters: tuple[int, ...] = QUARTERS) -> list[str]:
    """Build each number of quarters from nothing, return the table's lines."""
    lines = [f"{rows:,} account-days and as many readings of posts, 16 quarters"]
    lines.append(f"{'':<42}{'CPU s':>8}{'wall s':>8}{'MB':>7}{'x hand':>8}{'x scan':>8}")
    Build(data_dir=data_dir, quarters=max(quarters)).compact()
    for count in quarters:
        build = Build(data_dir=data_dir, quarters=count)
        build.warehouse.unlink(missing_ok=True)
        build.dbt("seed")
        whole = build.dbt("run")
        lines.append(_line(f"{count} quarters: dbt run, whole project", whole))
        for part in ("close", "posts", "core"):
            models, hand = build.measure("models", part), build.measure("hand", part)
            scan = build.measure("hand", f"scan_{part}") if part != "core" else None
            lines.append(_line(f"{count} quarters: {part}, the models' SQL", models, hand, scan))
            lines.append(_line(f"{count} quarters: {part}, by hand", hand, None, scan))
        different = differences(build)
        lines.append(f"{count} quarters: rows that differ between models and hand: {different}")
    return lines


def _line(name: str, used: Used, hand: Used | None = None, scan: Used | None = None) -> str:
    line = f"{name:<42}{used.cpu:>8.2f}{used.wall:>8.2f}{used.memory:>7.0f}"
    line += f"{used.cpu / hand.cpu:>8.2f}" if hand else f"{'':>8}"
    return line + (f"{used.cpu / scan.cpu:>8.1f}" if scan else "")


def main(rows: int) -> None:
    """Generate a lake, print the table, forget the lake."""
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), World.of(rows))
        print("\n".join(report(Path(folder), rows)))


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            main(1_000_000)
        case [size]:
            main(int(size))
        case [folder, size]:
            print("\n".join(report(Path(folder), int(size))))
        case [kind, part, folder, count]:
            place = Build(data_dir=Path(folder), quarters=int(count))
            print(json.dumps(asdict(work(kind, part, place))))
