"""What the gate needs on marts of 0.1, 1 and 10 million rows: time grows with them, memory not.

A small generated lake is built by dbt once. The larger marts are that one's rows, and its staged
readings, copied under new accounts, organisations and industries: every check runs and finds in
each copy what it finds in the first. What the gate would read of the lake it reads of tables.

Run: python -m benchmarks.gate [ROWS ...], 100,000, 1 and 10 million rows of marts by default
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import duckdb

from benchmarks.generate import World, generate
from benchmarks.marts import ROOT, Build, environment
from benchmarks.measure import Used, child, own_cpu, peak_memory
from benchmarks.release import gate, mart_rows
from expectations.digest import digest_tables
from expectations.warehouse import identifier, open_read_only

ROWS = (100_000, 1_000_000, 10_000_000)
SEED_ROWS = 100_000
"""Account-days of the lake that is built; it has about as many rows of marts."""
KEYS = (
    "industry_id",
    "organisation_id",
    "account_id",
    "platform_account_id",
    "main_account_id",
    "successor_account_id",
    "peer_group_id",
    "top_account_id",
    "top_account_id_previous",
)
"""What tells one copy from another."""


def build(data_dir: Path) -> Path:
    """Build the small marts, all quarters of them; return the candidate."""
    generate(data_dir, World.of(SEED_ROWS))
    small = Build(data_dir=data_dir, quarters=16)
    small.dbt("seed")
    small.dbt("run")
    return small.warehouse


def multiply(small: Path, large: Path, rows: int) -> None:
    """Write a candidate of about `rows` rows of marts, copies of a small one's."""
    copies = max(1, round(rows / mart_rows(small)))
    large.parent.mkdir(parents=True)
    with duckdb.connect(config={"memory_limit": "4GB", "threads": 2}) as connection:
        connection.execute("load icu")
        connection.execute("set TimeZone = 'UTC'")
        # The name that the candidate's own views call it by.
        connection.execute(f"attach '{small}' as warehouse (read_only)")
        connection.execute(f"attach '{large}' as large")
        connection.execute(
            "create table copies as select case when range = 0 then '' "
            f"else '~' || range end as mark from range({copies})"
        )
        for schema in ("marts", "staging"):
            connection.execute(f"create schema large.{schema}")
            for (table,) in connection.execute(
                "select table_name from information_schema.tables "
                "where table_catalog = 'warehouse' and table_schema = ? order by 1",
                [schema],
            ).fetchall():
                connection.execute(_copied(connection, identifier(schema, table)))


def _copied(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    described = connection.execute(f"describe warehouse.{table}").fetchall()
    columns = [str(name) for name, *_ in described]
    keys = [name for name in columns if name in KEYS]
    if not keys:
        return f"create table large.{table} as from warehouse.{table}"
    marked = ", ".join(f"{name} || mark as {name}" for name in keys)
    # What is said of everybody is said once.
    theirs = f"mark = '' or coalesce({', '.join(keys)}) is not null"
    # Built quarter after quarter, as the candidate is.
    order = [name for name in ("quarter", "observed_date") if name in columns]
    return (
        f"create table large.{table} as select rows.* replace ({marked}) "
        f"from warehouse.{table} as rows cross join copies where {theirs} "
        + (f"order by {order[0]}" if order else "")
    )


def step(name: str, data_dir: Path, *more: str) -> tuple[Used, dict[str, int]]:
    """Run one step in a process of its own; what it needed in all, and what it counted.

    The process that waits stays small: Linux counts a child's memory from its parent's.
    """
    command = [sys.executable, "-m", "benchmarks.gate", name, str(data_dir), *more]
    _, printed = child(command, cwd=ROOT, environment=environment())
    words = json.loads(printed.strip().splitlines()[-1])
    return Used(**words.pop("used")), words


def carry_out(name: str, data_dir: Path, more: list[str]) -> dict[str, object]:
    """Carry out one step, return what it needed and what it counted."""
    began, cpu = time.monotonic(), own_cpu()
    said: dict[str, int] = {}
    match name:
        case "multiply":
            small, rows = more
            multiply(Path(small), _candidate(data_dir), int(rows))
            said["rows of marts"] = mart_rows(_candidate(data_dir))
        case "judge":
            result = gate(data_dir, [])
            said |= Counter(f"checks {check.outcome}" for check in result.checks)
            said["rows judged"] = sum(
                int(check.observed.get("rows") or 0) for check in result.checks
            )
        case _:
            with open_read_only(_candidate(data_dir)) as connection:
                found = connection.execute(
                    "select table_name from duckdb_tables() where schema_name = 'marts'"
                ).fetchall()
                digests = digest_tables(connection, [str(table) for (table,) in found])
            said["tables"] = len(digests)
    used = Used(wall=time.monotonic() - began, cpu=own_cpu() - cpu, memory=peak_memory())
    return {"used": asdict(used), **said}


def _candidate(data_dir: Path) -> Path:
    return data_dir / "warehouse.duckdb"


def report(folder: Path, wanted: tuple[int, ...]) -> list[str]:
    """Judge each size; return the table's lines."""
    small = build(folder / "small")
    lines = [f"{'':<48}{'CPU s':>8}{'wall s':>8}{'MB':>7}"]
    for rows in wanted:
        data_dir = folder / str(rows)
        _, made = step("multiply", data_dir, str(small), str(rows))
        judged, said = step("judge", data_dir)
        digested, _ = step("digest", data_dir)
        lines.append(_line(f"{made['rows of marts']:,} rows of marts: gate", judged))
        lines.append("  " + ", ".join(f"{value:,} {key}" for key, value in said.items()))
        lines.append(_line("  of it the digests (here a process of its own)", digested))
        _candidate(data_dir).unlink()
    return lines


def _line(name: str, used: Used) -> str:
    return f"{name:<48}{used.cpu:>8.2f}{used.wall:>8.2f}{used.memory:>7.0f}"


def main(wanted: tuple[int, ...]) -> None:
    """Build, multiply, judge, print the table, forget it all."""
    with tempfile.TemporaryDirectory() as folder:
        print("\n".join(report(Path(folder), wanted)))


if __name__ == "__main__":
    match sys.argv[1:]:
        case [("multiply" | "judge" | "digest") as name, folder, *more]:
            print(json.dumps(carry_out(name, Path(folder), more)))
        case sizes:
            main(tuple(map(int, sizes)) or ROWS)
