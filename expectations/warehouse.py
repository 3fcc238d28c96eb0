"""Opening a DuckDB file to read it, and nothing else.

Belongs here: connections that cannot write, cannot reach files outside what they are given, and
say in words why a file would not open. Used by the gate and by publication.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SETTINGS = {"autoload_known_extensions": "false", "autoinstall_known_extensions": "false"}
MEMORY_LIMIT = "1GB"
READING_LIMIT = "256MB"
"""What a reader may hold: enough to judge 30 million rows of marts; more goes to disk."""


class WarehouseUnreadable(RuntimeError):
    """The file is missing, held by a writer or damaged; the message says which."""


@contextmanager
def open_read_only(
    database: Path, *, readable: Sequence[Path] = ()
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB file read-only, locked down, in UTC, and close it afterwards.

    Args:
        database: The file.
        readable: Folders that views in it may still read, e.g. the lake. Nothing else outside the
            file can be reached, and the settings cannot be changed back.

    Raises:
        WarehouseUnreadable: when it is missing, held by a writer or damaged.
    """
    connection = _connect(database)
    try:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"set memory_limit = '{READING_LIMIT}'")
        # Each thread holds buffers of its own, and some machines have a hundred.
        connection.execute("set threads = 2")
        folders = ", ".join(quoted(str(folder)) for folder in readable)
        connection.execute(f"set allowed_directories = [{folders}]")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        yield connection
    finally:
        connection.close()


def _connect(database: Path) -> duckdb.DuckDBPyConnection:
    if not database.is_file():
        raise WarehouseUnreadable(
            f"There is no candidate to judge: {database} does not exist. "
            "Build a quarter first: the job build_benchmark in effektanalys ui"
        )
    try:
        return duckdb.connect(str(database), read_only=True, config=dict(SETTINGS))
    except duckdb.Error as error:
        cause = str(error).splitlines()[0]
        raise WarehouseUnreadable(
            f"{database} cannot be opened: {cause} If another program has it open, close it there; "
            "analysts open the published file, not this one."
        ) from None


def quoted(text: str) -> str:
    """Return a SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(*parts: str) -> str:
    """Return a quoted, dotted SQL identifier."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def rows(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: object = None
) -> list[dict[str, Any]]:
    """Return a query's rows as dictionaries."""
    cursor = connection.execute(query, parameters)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
