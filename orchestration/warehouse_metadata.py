"""What the candidate holds, read for people: row counts, the top list, the growth plot.

Belongs here: read-only glances at the warehouse for Dagster's pages and the command line.
Does not belong here: computing a metric; every figure is read from a mart.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

_PUBLISHED_LAYERS = ("intermediate", "marts")


def relation_metadata(warehouse: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Return `{(schema, table): {"dagster/row_count": n}}` for the built tables."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select schema_name, table_name from duckdb_tables() where schema_name in (?, ?)",
            list(_PUBLISHED_LAYERS),
        ).fetchall()
        facts = {}
        for schema, table in rows:
            counted = connection.execute(f'select count(*) from "{schema}"."{table}"').fetchone()  # noqa: S608 - names come from the catalogue
            facts[(schema, table)] = {"dagster/row_count": counted[0] if counted else 0}
    return facts
