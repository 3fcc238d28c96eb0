"""The same models on Spark: dbt of another environment builds there, what it wrote is brought home.

Belongs here: which dbt, which target, and how Spark's marts become the candidate that gate and
release know. Does not belong here: any SQL of a model; `dbt_project/` has one text for both
engines. `docs/outgrow-one-machine.md` says when to use it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

from expectations.warehouse import quoted
from orchestration.dbt_manifest import run_here

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from orchestration.settings import Settings

NO_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
BUILD = ("build", *NO_UNIT_TESTS, "test")
"""Seeds and models; dbt's tests run on the candidate, once the marts are there."""
_COLUMNS = """
select table_name, column_name, data_type
from duckdb_columns()
where database_name = current_database() and schema_name = 'marts'
order by table_name, column_index
"""


class SparkFailed(RuntimeError):
    """Spark's marts could not be built, brought home or pass dbt's tests; the message says why."""


def bring_home(settings: Settings) -> dict[str, int]:
    """Make the candidate anew from the marts that Spark wrote; return each table's rows.

    dbt lays the tables without a row in DuckDB, with their contracts and comments, and the views
    over the lake that the gate compares with. Then the rows come from Spark's Parquet files, and
    dbt's own tests of the marts run on them. The candidate's lock must be held, and the environment
    must tell dbt the window. Where anything fails, the earlier candidate stays.

    Raises:
        SparkFailed: where a table is missing or has other columns, and where a test fails.
    """
    with _earlier_kept(settings.warehouse):
        _run_dbt(*BUILD, "--empty")
        _run_dbt("run", "--select", "staging")
        counted = _insert(settings.warehouse, settings.spark_warehouse / "marts.db")
        # Cautious: tests that also ask a table between, which is empty here, are left out.
        _run_dbt("test", "--select", "marts", "--indirect-selection", "cautious", *NO_UNIT_TESTS)
    return counted


@contextmanager
def _earlier_kept(warehouse: Path) -> Iterator[None]:
    """Make room for a new candidate; where it fails, the earlier one is put back."""
    earlier = warehouse.with_suffix(".earlier.duckdb")
    if warehouse.exists():
        warehouse.replace(earlier)
    try:
        yield
    except BaseException:
        warehouse.unlink(missing_ok=True)
        if earlier.exists():
            earlier.replace(warehouse)
        raise
    earlier.unlink(missing_ok=True)


def _insert(warehouse: Path, marts: Path) -> dict[str, int]:
    with duckdb.connect(str(warehouse)) as connection:
        # Spark's moments are instants; the marts keep them without a zone, in UTC.
        connection.execute("load icu")
        connection.execute("set TimeZone = 'UTC'")
        columns: dict[str, dict[str, str]] = {}
        for table, name, kind in connection.execute(_COLUMNS).fetchall():
            columns.setdefault(table, {})[name] = kind
        connection.begin()
        counted = {
            table: _fill(connection, table, kinds, marts / table)
            for table, kinds in columns.items()
        }
        connection.commit()
    return counted


def _fill(
    connection: duckdb.DuckDBPyConnection, table: str, kinds: Mapping[str, str], folder: Path
) -> int:
    if not list(folder.glob("*.parquet")):
        raise SparkFailed(
            f"Spark has not written {table}: there is no Parquet file in {folder}. Set "
            "EFFEKTANALYS_SPARK_WAREHOUSE to the folder that is spark.sql.warehouse.dir there."
        )
    files = f"read_parquet({quoted(f'{folder}/*.parquet')})"
    written = {row[0] for row in connection.execute(f"describe from {files}").fetchall()}
    if written != set(kinds):
        raise SparkFailed(
            f"{table} has other columns in {folder} than in dbt_project/: "
            f"{', '.join(sorted(written ^ set(kinds)))}. Build it on Spark again with this code."
        )
    connection.execute(f'delete from marts."{table}"')  # noqa: S608 - as below
    casts = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in kinds.items())
    done = connection.execute(
        f'insert into marts."{table}" by name select {casts} from {files}'  # noqa: S608 - names come from the catalogue
    ).fetchone()
    return int(done[0]) if done else 0


def _run_dbt(command: str, *arguments: str) -> None:
    done = run_here(command, "--quiet", *arguments)
    if done.returncode != 0:
        raise SparkFailed(
            f"dbt {command} failed on the marts that Spark wrote:\n{done.stdout[-4000:]}"
        )
