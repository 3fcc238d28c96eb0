"""Row by row: the marts that Spark wrote as Parquet beside those of DuckDB's candidate.

Belongs here: which rows are missing and which values differ, in words. Does not belong here:
building either side. The keys are those that dbt's own tests hold unique; nothing is sampled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TOLERANCE = 1e-9
"""How far two doubles may lie apart, relative to the larger: quantiles end in other bits."""
_SHOWN = 3


def keys_of(manifest: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return each mart's and seed's key columns, from the manifest's tests `unique_combination`."""
    keys: dict[str, list[str]] = {}
    for test in manifest["nodes"].values():
        described = test.get("test_metadata") or {}
        if described.get("name") == "unique_combination":
            node = manifest["nodes"][test["attached_node"]]
            if node["schema"] == "marts":
                keys.setdefault(node["alias"], described["kwargs"]["columns"])
    return keys


def differences(
    warehouse: Path, marts: Path, keys: Mapping[str, list[str]], *, tolerance: float = TOLERANCE
) -> dict[str, list[str]]:
    """Return what differs in each table of schema `marts`; tables that agree are left out.

    Args:
        warehouse: DuckDB's candidate, opened read-only.
        marts: Spark's folder of the schema, with one folder of Parquet files a table.
        keys: Key columns by table; a table without them is itself a difference.
        tolerance: For doubles, relative; everything else must be equal.
    """
    found: dict[str, list[str]] = {}
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach '{warehouse}' as candidate (read_only)")
        tables = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'candidate' "
            "and schema_name = 'marts' order by all"
        ).fetchall()
        for (table,) in tables:
            folder = marts / table
            if table not in keys:
                found[table] = ["dbt knows no key of it: no test unique_combination"]
            elif not list(folder.glob("*.parquet")):
                found[table] = [f"Spark has not written it: no Parquet file in {folder}"]
            elif lines := _compare(connection, table, folder, keys[table], tolerance):
                found[table] = lines
    return found


def _compare(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    folder: Path,
    key: list[str],
    tolerance: float,
) -> list[str]:
    columns = dict(
        connection.execute(
            "select column_name, data_type from duckdb_columns() where database_name = 'candidate' "
            "and schema_name = 'marts' and table_name = ? order by column_index",
            [table],
        ).fetchall()
    )
    parquet = f"read_parquet('{folder}/*.parquet')"
    there = {row[0] for row in connection.execute(f"describe select * from {parquet}").fetchall()}
    if there != set(columns):
        return [f"other columns: {sorted(there ^ set(columns))}"]
    casts = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in columns.items())
    match = " and ".join(f'ours."{name}" is not distinct from theirs."{name}"' for name in key)
    connection.execute(
        "create or replace temp table paired as "
        "select ours, theirs, ours.here as is_here, theirs.here as is_there "
        f"from (select true as here, * from candidate.marts.{table}) as ours "
        f"full join (select true as here, {casts} from {parquet}) as theirs on {match}"
    )
    names = ", ".join(f'"{name}"' for name in key)
    lines = []
    # The join pairs every row of a key: a row written twice would differ from nothing.
    for who, rows in (
        ("DuckDB", f"candidate.marts.{table}"),
        ("Spark", f"(select {casts} from {parquet})"),
    ):
        lines += _report(
            connection,
            f"several of one key in {who}",
            f"select {names} from {rows} group by {names} having count(*) > 1",
        )
    for side, who in (("is_there", "Spark"), ("is_here", "DuckDB")):
        other = "ours" if side == "is_there" else "theirs"
        lines += _report(
            connection,
            f"missing in {who}",
            f"select {_values(other, key)} from paired where {side} is null",
        )
    for name, kind in columns.items():
        mine, others = f'ours."{name}"', f'theirs."{name}"'
        differs = f"{mine} is distinct from {others}"
        if kind == "DOUBLE":
            near = f"abs({mine} - {others}) <= {tolerance} * greatest(abs({mine}), abs({others}))"
            differs = f"({differs}) and not coalesce({near}, false)"
        lines += _report(
            connection,
            f"{name} differs",
            f"select {_values('ours', key)}, {mine}, {others} from paired "
            f"where is_here and is_there and {differs}",
        )
    return lines


def _values(side: str, key: list[str]) -> str:
    return ", ".join(f'{side}."{name}"' for name in key)


def _report(connection: duckdb.DuckDBPyConnection, what: str, rows: str) -> list[str]:
    shown = connection.execute(f"{rows} order by all limit {_SHOWN}").fetchall()
    if not shown:
        return []
    counted = connection.execute(f"select count(*) from ({rows})").fetchone()
    return [f"{what} in {counted[0] if counted else 0} rows, e.g. {shown}"]
