"""The digest of a table: whether two tables hold the same rows, whatever their order or file.

Belongs here: the one way in which the gate, the release and its verification compare tables. It
guards against accident, not against malice; the files' sha256 stand beside it in a manifest.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from expectations.warehouse import identifier, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    import duckdb

WHOLE = "all"
"""The part of a table that has no quarters."""


class Digest(BaseModel):
    """What a table's rows of one quarter come to.

    Attributes:
        row_count: How many rows.
        content: Sum of the rows' 64-bit hashes. A sum, because exclusive-or cancels duplicates.
        columns: sha256 of the column names and types, in order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    row_count: int
    content: str
    columns: str


Parts = dict[str, Digest]
"""Digest by quarter; a table without quarters has the one part `all`."""
Digests = dict[str, Parts]
"""Parts by table."""


def digest_relation(
    connection: duckdb.DuckDBPyConnection, relation: str, *, up_to: str | None = None
) -> Parts:
    """Return the digest of each quarter of a relation.

    Args:
        connection: Where the relation can be read.
        relation: A quoted table name or a table function such as `read_parquet('...')`.
        up_to: Last quarter to read, e.g. `2026-Q2`; later rows are left out. All when None.
    """
    described = connection.execute(f"describe select * from {relation}").fetchall()  # noqa: S608 - quoted by the caller
    columns = [(str(row[0]), str(row[1])) for row in described]
    fingerprint = hashlib.sha256(repr(columns).encode()).hexdigest()
    partitioned = "quarter" in dict(columns)
    part = "counted.quarter" if partitioned else quoted(WHOLE)
    kept = f"where counted.quarter <= {quoted(up_to)}" if partitioned and up_to else ""
    found = connection.execute(
        f"select {part}, count(*), sum(hash(counted)) from {relation} as counted {kept} "  # noqa: S608
        "group by 1 order by 1"
    ).fetchall()
    parts = {
        str(name): Digest(row_count=count, content=str(content), columns=fingerprint)
        for name, count, content in found
    }
    if not partitioned and not parts:
        parts[WHOLE] = Digest(row_count=0, content="0", columns=fingerprint)
    return parts


def digest_tables(
    connection: duckdb.DuckDBPyConnection,
    tables: Iterable[str],
    *,
    up_to: str | None = None,
    catalog: str | None = None,
) -> Digests:
    """Return the digests of tables in schema `marts`, of `catalog` where one is attached."""
    prefix = (catalog, "marts") if catalog else ("marts",)
    return {
        table: digest_relation(connection, identifier(*prefix, table), up_to=up_to)
        for table in sorted(tables)
    }


def differing(expected: Digests, found: Digests) -> list[str]:
    """Name what differs, e.g. `follower_growth 2026-Q1`; empty when nothing does."""
    astray = []
    for table in sorted({*expected, *found}):
        mine, other = expected.get(table, {}), found.get(table, {})
        astray += [
            table if part == WHOLE else f"{table} {part}"
            for part in sorted({*mine, *other})
            if mine.get(part) != other.get(part)
        ]
        if not mine and not other and (table in expected) != (table in found):
            astray.append(table)
    return astray
