"""What makes two rows of the lake one: the same subject, or the same facts.

Belongs here: comparing rows of a day's part. Does not belong here: writing them (`lake.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from extractors.records import BOOKKEEPING, SCHEMAS, Visibility

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from extractors.lake import Lake

Row = dict[str, object]


def subject(row: Mapping[str, object]) -> tuple[object, ...]:
    """Return what a row is about: a later reading of the same subject takes its place."""
    is_hidden = row.get("visibility") == Visibility.NOT_VISIBLE
    return (row["account_id"], row.get("post_id"), row.get("inquiry_id"), is_hidden)


def facts(row: Mapping[str, object]) -> tuple[object, ...]:
    """Return what a row says, without when it was landed."""
    return tuple(str(value) for name, value in row.items() if name not in BOOKKEEPING)


def stored_rows(lake: Lake, stream: str, platform: str, day: date, part: str) -> list[Row]:
    """Return the rows of a day's part, none where there is no such part."""
    for found in lake.parts(stream, day, day, platform):
        if found.path.stem == part:
            table = pq.read_table(found.path, schema=SCHEMAS[stream], partitioning=None)
            return list(table.to_pylist())
    return []
