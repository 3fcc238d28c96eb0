"""Compaction: one Parquet file for each stream and closed quarter, beside the lake's parts.

A build opens every folder that its files may lie in, and a day of a platform is a folder: after ten
years that costs more than the quarter itself. The parts stay what is true. What lies here is a copy
of theirs, with the folders' keys as columns, which dbt's views read in their stead
(`dbt_project/macros/raw_views.sql`). Landing a part removes the copy of its quarter, and a copy
whose folders have changed since is made anew, so nothing but time is ever lost with one.

Belongs here: which quarters are compacted, and their files. Does not belong here: closing a
quarter's figures; that is dbt's.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from extractors.atomic import private_folder, whole_file
from extractors.records import SCHEMAS, quarter_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from extractors.lake import Lake

STILL_MOVING = timedelta(days=14)
"""For so long after its end a quarter is left as it is: late readings still come."""

EMPTY = "0000-Q0"
"""The file without rows that lies before all others and says which columns there are."""

_KEYS = [pa.field("platform", pa.string()), pa.field("observed_date", pa.date32())]
_SIGNATURE = b"effektanalys.days"
_ROWS = 122_880
"""Rows that are written at once: DuckDB's own size of a row group."""


@dataclass(slots=True)
class Compacted:
    """What a compaction did: files written, as `posts of 2025-Q4`, and quarters left, with why."""

    written: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def compact(lake: Lake, today: date) -> Compacted:
    """Give every quarter that closed before `today` its file in every stream; keep those that fit.

    Quarters without a row have one, too: a reader need not look for their days. A quarter with a
    part that cannot be read is left to its parts and to whoever reads them to say so, and so is
    one whose copy the disk does not take.
    """
    done = Compacted()
    for stream in SCHEMAS:
        days = _day_folders(lake, stream)
        if not days:
            continue
        for first, last in _quarters(min(days), today - STILL_MOVING):
            what = f"{stream} of {quarter_of(first)}"
            signature = _signature(days, first, last)
            if _fits(_copy(lake.root, stream, first), _schema(stream, signature)):
                continue
            problem = _write_copy(lake, stream, first, last, signature)
            if problem is None:
                done.written.append(what)
                continue
            forget_compacted(lake.root, stream, first)
            done.left.append(f"{what}: {problem}")
            if first <= min(days):
                break  # readers look for days from the first copy on: without it, no other
    return done


def compacted_folder(root: Path, stream: str) -> Path:
    """Return where the closed quarters of a stream lie, one file each."""
    return root / "_compacted" / stream


def forget_compacted(root: Path, stream: str, day: date) -> None:
    """Remove the copy of a day's quarter; all copies where none is of an earlier quarter."""
    copies = sorted(compacted_folder(root, stream).glob("[1-9]*.parquet"))
    label = quarter_of(day)
    for copy in copies:
        if copy.stem == label or label <= copies[0].stem:
            copy.unlink(missing_ok=True)


def _copy(root: Path, stream: str, first: date) -> Path:
    return compacted_folder(root, stream) / f"{quarter_of(first)}.parquet"


def _write_copy(lake: Lake, stream: str, first: date, last: date, signature: str) -> str | None:
    """Write a quarter's copy; return why it cannot stand, if it cannot."""
    folder = compacted_folder(lake.root, stream)
    empty, schema = _schema(stream, ""), _schema(stream, signature)
    try:
        private_folder(folder, lake.root)
        if not _fits(folder / f"{EMPTY}.parquet", empty):
            _write(folder / f"{EMPTY}.parquet", empty, [])
        _write(_copy(lake.root, stream, first), schema, _batches(lake, stream, first, last))
    except (pa.ArrowException, OSError) as error:
        return str(error).splitlines()[0]
    if _signature(_day_folders(lake, stream, first, last), first, last) != signature:
        return "a part came while it was read"
    return None


def _day_folders(
    lake: Lake, stream: str, first: date = date.min, last: date = date.max
) -> dict[date, list[str]]:
    """Return for each day its folders' platforms and the moments at which they last changed."""
    found: dict[date, list[str]] = defaultdict(list)
    for platform, day, folder in lake.folders(stream):
        if first <= day <= last:
            found[day].append(f"{platform}/{day}:{folder.stat().st_mtime_ns}")
    return found


def _quarters(first: date, before: date) -> Iterator[tuple[date, date]]:
    """Yield the first and last days of the quarters from the one of `first` that ended earlier."""
    start = date(first.year, (first.month - 1) // 3 * 3 + 1, 1)
    while True:
        following = (start + timedelta(days=100)).replace(day=1)
        if following > before:
            return
        yield start, following - timedelta(days=1)
        start = following


def _signature(days: dict[date, list[str]], first: date, last: date) -> str:
    texts = sorted(text for day, found in days.items() if first <= day <= last for text in found)
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def _schema(stream: str, signature: str) -> pa.Schema:
    """Return a copy's columns: a part's, and the keys of the folders that it lies in."""
    return pa.schema([*SCHEMAS[stream], *_KEYS], metadata={_SIGNATURE: signature.encode()})


def _fits(path: Path, schema: pa.Schema) -> bool:
    try:
        stored = pq.read_schema(path)
    except (pa.ArrowException, OSError):
        return False
    return bool(stored.equals(schema, check_metadata=True))


def _batches(lake: Lake, stream: str, first: date, last: date) -> Iterator[pa.RecordBatch]:
    """Yield the quarter's rows in order of their days, so that a file's row groups are days.

    A part from before a column existed has it empty.
    """
    parts = lake.parts(stream, first, last)
    parts.sort(key=lambda part: (part.observed_date, part.platform, part.path.name))
    rows = ds.dataset(
        [str(part.path) for part in parts],
        schema=_schema(stream, ""),
        format="parquet",
        partitioning=ds.partitioning(pa.schema(_KEYS), flavor="hive"),
        partition_base_dir=str(lake.root / stream),
    )
    yield from rows.to_batches()


def _write(path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    with whole_file(path) as sink, pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        waiting: list[pa.RecordBatch] = []
        for batch in batches:
            waiting.append(batch)
            if sum(b.num_rows for b in waiting) >= _ROWS:
                writer.write_table(_joined(waiting, schema), row_group_size=_ROWS)
                waiting = []
        writer.write_table(_joined(waiting, schema))


def _joined(batches: list[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    plain = schema.remove_metadata()
    return pa.Table.from_batches(batches, plain).replace_schema_metadata(schema.metadata)
