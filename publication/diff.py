"""What changed from one release to another: rows by table, figures by account.

Belongs here: the comparison. Only tables and columns that both releases have are compared figure by
figure; what one of them lacks is named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from expectations.digest import WHOLE, Parts
from expectations.required_checks import load_configuration
from expectations.warehouse import SETTINGS, identifier, quoted, rows
from publication.errors import ReleaseRefused
from publication.manifest import (
    DATABASE_NAME,
    Difference,
    RestatedValue,
    TableDifference,
    find_release,
    read_manifest,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from expectations.digest import Digests

_SHOWN_VALUES = 200


def diff_releases(releases: Path, first: str, second: str) -> Difference:
    """Compare two releases.

    Args:
        releases: The folder of releases.
        first: The earlier one, e.g. `2026-Q2/r1`, or `current`.
        second: The later one.

    Raises:
        ReleaseRefused: when there is no such release.
    """
    names = [find_release(releases, text) for text in (first, second)]
    manifests = [read_manifest(name.folder(releases)) for name in names]
    return compare(
        (str(names[0]), names[0].folder(releases) / DATABASE_NAME, manifests[0].digests),
        (str(names[1]), names[1].folder(releases) / DATABASE_NAME, manifests[1].digests),
    )


def compare(first: tuple[str, Path, Digests], second: tuple[str, Path, Digests]) -> Difference:
    """Compare two published files, each given as its name, its path and its digests."""
    connection = duckdb.connect(config=dict(SETTINGS))
    try:
        connection.execute("set TimeZone = 'UTC'")
        for alias, (_, path, _) in (("first", first), ("second", second)):
            connection.execute(f"attach {quoted(str(path))} as {alias}_release (read_only)")
        tables: list[TableDifference] = []
        values: list[RestatedValue] = []
        count = 0
        for table in sorted({*first[2], *second[2]}):
            before, after = first[2].get(table, {}), second[2].get(table, {})
            if before == after and (table in first[2]) == (table in second[2]):
                continue
            difference, restated, total = _compare_table(connection, table, before, after)
            tables.append(difference)
            values += restated[: _SHOWN_VALUES - len(values)]
            count += total
    except duckdb.Error as error:
        raise ReleaseRefused(
            f"The releases cannot be compared: {str(error).splitlines()[0]}",
            where=f"{first[1]}, {second[1]}",
            next_command="effektanalys release verify",
        ) from None
    finally:
        connection.close()
    return Difference(
        first=first[0], second=second[0], tables=tables, values=values, value_count=count
    )


def _compare_table(
    connection: duckdb.DuckDBPyConnection, table: str, before: Parts, after: Parts
) -> tuple[TableDifference, list[RestatedValue], int]:
    old, new = (_columns(connection, f"{alias}_release", table) for alias in ("first", "second"))
    if not old or not new:
        difference = TableDifference(
            table=table,
            added=sum(part.row_count for part in after.values()) if new else 0,
            removed=sum(part.row_count for part in before.values()) if old else 0,
            changed=0,
        )
        return difference, [], 0
    shared = [name for name in new if name in old]
    key = [name for name in load_configuration().tables.get(table, ()) if name in shared]
    measures = [name for name in shared if name not in key]
    query = _full_join(table, key, measures, _changed_parts(before, after, "quarter" in shared))
    found = rows(connection, query)
    restated = [
        RestatedValue(
            table=table,
            key={name: str(row[f"key_{position}"]) for position, name in enumerate(key)},
            column=name,
            before=_text(row[f"old_{position}"]),
            after=_text(row[f"new_{position}"]),
        )
        for row in found
        if row["is_old"] and row["is_new"]
        for position, name in enumerate(measures)
        if row[f"old_{position}"] != row[f"new_{position}"]
    ]
    difference = TableDifference(
        table=table,
        added=sum(1 for row in found if not row["is_old"]),
        removed=sum(1 for row in found if not row["is_new"]),
        changed=sum(1 for row in found if row["is_old"] and row["is_new"]),
        columns_added=[name for name in new if name not in old],
        columns_removed=[name for name in old if name not in new],
    )
    return difference, restated, len(restated)


def _columns(connection: duckdb.DuckDBPyConnection, catalog: str, table: str) -> list[str]:
    query = (
        "select column_name from duckdb_columns() where schema_name = 'marts' "
        "and database_name = ? and table_name = ? order by column_index"
    )
    return [str(name) for (name,) in connection.execute(query, [catalog, table]).fetchall()]


def _changed_parts(before: Parts, after: Parts, has_quarters: bool) -> list[str]:
    if not has_quarters:
        return []
    parts = {*before, *after} - {WHOLE}
    return sorted(part for part in parts if before.get(part) != after.get(part))


def _full_join(
    table: str, key: Sequence[str], measures: Sequence[str], quarters: Sequence[str]
) -> str:
    """Return SQL for the rows that differ, old and new side by side."""
    labels = ", ".join(quoted(quarter) for quarter in quarters)
    where = f"where quarter in ({labels})" if quarters else ""
    keys = [
        f"coalesce(f.{identifier(name)}, s.{identifier(name)}) as key_{position}"
        for position, name in enumerate(key)
    ]
    sides = [
        f"{alias}.{identifier(name)} as {word}_{position}"
        for alias, word in (("f", "old"), ("s", "new"))
        for position, name in enumerate(measures)
    ]
    joined = " and ".join(
        f"f.{identifier(name)} is not distinct from s.{identifier(name)}" for name in key
    )
    changed = " or ".join(
        f"f.{identifier(name)} is distinct from s.{identifier(name)}" for name in measures
    )
    selected = "f.here is not null as is_old, s.here is not null as is_new"
    relation = identifier("marts", table)
    return f"""
        select {", ".join([selected, *keys, *sides])}
        from (select *, true as here from first_release.{relation} {where}) as f
        full join (select *, true as here from second_release.{relation} {where}) as s
            on {joined or "false"}
        where f.here is null or s.here is null or {changed or "false"}
        order by all
    """  # noqa: S608 - every name is quoted


def _text(value: object) -> str | None:
    return None if value is None else str(value)
