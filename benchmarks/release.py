"""What the gate, the release and its readers need on marts of a million rows.

Each step is a process of its own. What refuses a generated world is told and then waived, or
nothing could be released. Run: python -m benchmarks.release [ROWS]
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from benchmarks.generate import LAST_QUARTER, World, generate, window
from benchmarks.marts import ROOT, Build, environment
from benchmarks.measure import Used, child, own_cpu, peak_memory
from expectations.gate import GateResult, run_gate
from publication import build as steps
from publication.release import DATABASE_NAME, publish
from publication.report import site

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime.combine(window(1)[1] + timedelta(days=15), datetime.min.time(), UTC)
QUERIES = {
    "one account's history": """
        select quarter, followers_end_count, follower_growth_pct
        from marts.benchmark_account_quarter where account_id = $account order by quarter
    """,
    "a quarter's ranking": """
        select account_id, value, rank from marts.ranking_quarter
        where quarter = $quarter and platform = $platform and metric = 'follower_growth_pct'
        order by rank
    """,
    "industries over time": """
        select industry_id, quarter, sum(followers_end_count) from marts.benchmark_account_quarter
        where platform = $platform group by all order by all
    """,
    "best posts": """
        select list, rank, account_id, post_id from marts.best_posts_quarter
        where quarter = $quarter and platform = $platform order by list, rank
    """,
}
"""What analysts ask, by name."""
ASKED = 200
PARTS = {
    (site, "write_site"): "the report",
    (steps, "write_workbook"): "the workbook",
    (steps, "write_csv"): "the tables",
    (steps, "_fill"): "the tables",
}
"""The functions whose CPU seconds are told apart: copied tables and CSV are `the tables`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waived:
    """A waiver of one whole check."""

    check: str
    quarter: str = LAST_QUARTER
    id: str = "benchmark"
    industry: str | None = None
    platform: str | None = None
    account: str | None = None
    reason: str = "The world is generated."
    granted_by: str = "the benchmark"
    valid_until: date = date(2999, 12, 31)


def gate(data_dir: Path, waived: list[str]) -> GateResult:
    """Judge the last quarter; the earlier ones were never released and are allowed."""
    return run_gate(
        warehouse=data_dir / "warehouse.duckdb",
        quarter=LAST_QUARTER,
        releases=data_dir / "releases",
        waivers=[Waived(check=check, id=f"benchmark-{check}") for check in waived],
        registry_fingerprint="generated",
        lake_fingerprint="generated",
        output=data_dir / "gate",
        timezone="Europe/Stockholm",
        now=NOW,
        allow_restatement="The world is generated.",
    )


def release(data_dir: Path) -> dict[str, float]:
    """Publish the last quarter; return the CPU seconds of its parts."""
    spent = dict.fromkeys((*PARTS.values(), "the rest"), 0.0)
    began = own_cpu()
    for (module, name), part in PARTS.items():
        setattr(module, name, _timed(getattr(module, name), part, spent))
    publish(
        quarter=LAST_QUARTER,
        warehouse=data_dir / "warehouse.duckdb",
        receipt=data_dir / "gate/receipt.json",
        releases=data_dir / "releases",
        now=NOW,
    )
    spent["the rest"] = own_cpu() - began - sum(spent.values())
    return spent


def _timed(
    work: Callable[..., object], part: str, spent: dict[str, float]
) -> Callable[..., object]:
    def timed(*given: object) -> object:
        began = own_cpu()
        try:
            return work(*given)
        finally:
            spent[part] += own_cpu() - began

    return timed


def read(data_dir: Path) -> dict[str, float]:
    """Ask each query often, with other parameters each time; return its p95 in milliseconds."""
    [published] = (data_dir / "releases").glob(f"*/*/{DATABASE_NAME}")
    chance = random.Random(1)
    found = {}
    with duckdb.connect(str(published), read_only=True) as connection:
        accounts = connection.execute("select account_id from marts.dim_account").fetchall()
        quarters = connection.execute(
            "select distinct quarter from marts.benchmark_account_quarter"
        ).fetchall()
        for name, query in QUERIES.items():
            took = []
            for _ in range(ASKED):
                given = {
                    "account": chance.choice(accounts)[0],
                    "quarter": chance.choice(quarters)[0],
                    "platform": chance.choice(("bluesky", "x", "youtube")),
                }
                began = time.perf_counter()
                connection.execute(query, {k: v for k, v in given.items() if f"${k}" in query})
                connection.fetchall()
                took.append(1000 * (time.perf_counter() - began))
            found[name] = round(statistics.quantiles(took, n=20)[-1], 1)
    return found


def mart_rows(warehouse: Path) -> int:
    """Return how many rows the marts hold together."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'marts'"
        ).fetchall()
        counts = [
            connection.execute(f'select count(*) from marts."{name}"').fetchall()[0][0]
            for (name,) in tables
        ]
    return int(sum(counts))


def step(name: str, data_dir: Path, *more: str) -> tuple[Used, dict[str, object]]:
    """Run one step in a process of its own; what it needed in all, and what it says."""
    command = [sys.executable, "-m", "benchmarks.release", name, str(data_dir), *more]
    _, printed = child(command, cwd=ROOT, environment=environment())
    words = json.loads(printed.strip().splitlines()[-1])
    return Used(**words.pop("used")), words


def report(data_dir: Path, rows: int) -> list[str]:
    """Build, judge, release and read; return the table's lines."""
    build = Build(data_dir=data_dir, quarters=16)
    build.warehouse.unlink(missing_ok=True)
    build.compact()
    build.dbt("seed")
    build.dbt("run")
    lines = [f"marts of {mart_rows(build.warehouse):,} rows, of {rows:,} account-days"]
    lines.append(f"{'':<42}{'CPU s':>8}{'wall s':>8}{'MB':>7}")
    judged, said = step("gate", data_dir)
    lines.append(_line("gate", judged))
    if said["refusing"]:
        refusing = str(said["refusing"]).split()
        lines.append(f"  refused by {', '.join(refusing)}; waived for the release")
        step("gate", data_dir, *refusing)
    published, parts = step("publish", data_dir)
    lines.append(_line("release", published))
    lines += [f"{'  of it ' + part:<42}{took:>8.2f}" for part, took in parts.items()]
    _, asked = step("read", data_dir)
    lines += [f"{'readers, p95: ' + name:<42}{took:>8} ms" for name, took in asked.items()]
    return lines


def _line(name: str, used: Used) -> str:
    return f"{name:<42}{used.cpu:>8.2f}{used.wall:>8.2f}{used.memory:>7.0f}"


def main(rows: int) -> None:
    """Generate a lake, print the table, forget the lake."""
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), World.of(rows))
        print("\n".join(report(Path(folder), rows)))


def carry_out(name: str, data_dir: Path, more: list[str]) -> dict[str, object]:
    """Carry out one step, return what it needed and what it found."""
    began, cpu = time.monotonic(), own_cpu()
    said: dict[str, object] = {}
    match name:
        case "gate":
            said["refusing"] = " ".join(check.id for check in gate(data_dir, more).refusing)
        case "publish":
            said |= release(data_dir)
        case _:
            said |= read(data_dir)
    used = Used(wall=time.monotonic() - began, cpu=own_cpu() - cpu, memory=peak_memory())
    return {"used": asdict(used), **said}


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            main(1_000_000)
        case [size]:
            main(int(size))
        case [folder, size] if size.isdigit():
            print("\n".join(report(Path(folder), int(size))))
        case [name, folder, *more]:
            print(json.dumps(carry_out(name, Path(folder), more)))
