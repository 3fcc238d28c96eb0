"""The lake: append-only Parquet, one part a source, platform and local day.

Belongs here: laying records down so that nothing is lost, doubled or torn, and telling what lies
there. Does not belong here: cleaning. Duplicates, zeros and gaps are kept as they came.

Layout: `<root>/<stream>/platform=<p>/observed_date=<local date>/<part>.parquet`. A part is written
under a temporary name, synced and renamed. Its footer carries a digest of its facts, so that an
equal part is not rewritten and fingerprints read footers only.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from extractors.atomic import TEMPORARY, clear_abandoned, private_folder, whole_file
from extractors.compaction import forget_compacted
from extractors.records import BOOKKEEPING, LATER_COLUMNS, SCHEMAS, Record, as_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DIGEST_KEY = b"effektanalys.facts"
CLOCK_TOLERANCE = timedelta(minutes=5)
"""A platform's clock may run this far ahead of ours."""
NOWHERE, NEVER = "__none__", date(1970, 1, 1)
"""Where the empty, typed part of each stream lies: a glob that matches no file is an error."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,119}")


class LakeRefused(ValueError):
    """Records that must not be landed; the message says which and why."""


@dataclass(frozen=True, slots=True)
class PartResult:
    """What became of a part: its path, its rows, and whether anything was written."""

    path: Path
    row_count: int
    changed: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A part that lies in the lake."""

    stream: str
    platform: str
    observed_date: date
    path: Path


class Lake:
    """The lake below `root`; `timezone` (IANA) says which day a moment belongs to."""

    def __init__(self, root: Path, timezone: str) -> None:
        self.root = Path(root)
        self.timezone = timezone

    def initialise(self) -> None:
        """Lay out the streams and clear away what a killed run left half written.

        What a running process is writing right now stays.

        Raises:
            LakeRefused: when nothing can be written here, before any platform was asked.
        """
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            with TemporaryFile(dir=self.root):
                pass
        except OSError as error:
            raise LakeRefused(
                f"{self.root} cannot be written ({error.strerror}); no platform was asked. "
                "Run: effektanalys doctor"
            ) from None
        clear_abandoned(self.root)
        for stream, schema in SCHEMAS.items():
            path = self._folder(stream, NOWHERE, NEVER) / "empty.parquet"
            if not path.exists() or not pq.read_schema(path).equals(schema):
                write_parquet(path, schema.empty_table(), self.root)

    def write_part(
        self,
        stream: str,
        platform: str,
        observed_date: date,
        part: str,
        records: Sequence[Record],
    ) -> PartResult:
        """Land one day's records as one part, replacing the part of that name.

        Raises:
            LakeRefused: when a record does not belong to the day, is from the future, has a time
                without a zone, or holds a count that cannot be.
        """
        rows = [as_row(record) for record in records]
        _refuse_coerced(rows)
        try:
            table = pa.Table.from_pylist(rows, schema=SCHEMAS[stream])
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
            raise LakeRefused(f"{stream} of {platform} on {observed_date}: {error}") from None
        return self.write_table(stream, platform, observed_date, part, table)

    def write_table(
        self, stream: str, platform: str, observed_date: date, part: str, table: pa.Table
    ) -> PartResult:
        """Land one day's records, given as a table with the stream's schema; see `write_part`."""
        self._refuse_foreign_days(table, observed_date)
        table = self._landable(stream, platform, part, table)
        return self._land(stream, platform, observed_date, part, table)

    def write_days(
        self, stream: str, platform: str, part: str, table: pa.Table
    ) -> Iterator[PartResult]:
        """Land a table of many days as one part a day; yields a result for each day.

        Made for imports of years: all rows are judged before the first is written, and grouped
        once.

        Raises:
            LakeRefused: as `write_part`; nothing was written.
        """
        table = self._landable(stream, platform, part, table)
        days = self._local_days(table)
        table = table.append_column("_day", days).sort_by([("_day", "ascending")])
        ordered = table.column("_day").combine_chunks()
        table = table.drop_columns(["_day"]).combine_chunks()
        counts = pc.value_counts(ordered)
        start = 0
        for entry in sorted(counts.to_pylist(), key=lambda e: e["values"]):
            rows = table.slice(start, entry["counts"])
            start += entry["counts"]
            yield self._land(stream, platform, entry["values"], part, rows)

    def parts(
        self,
        stream: str,
        first: date | None = None,
        last: date | None = None,
        platform: str | None = None,
    ) -> list[Part]:
        """Return the parts of a stream within the days, in order of platform, day and name.

        Folders that are no day of a platform hold none; `verify` names them.
        """
        found = []
        for name, day, folder in self.folders(stream, platform):
            if not ((first and day < first) or (last and day > last)):
                found += [Part(stream, name, day, p) for p in sorted(folder.glob("*.parquet"))]
        return found

    def folders(self, stream: str, platform: str | None = None) -> Iterator[tuple[str, date, Path]]:
        """Yield the platforms' days that have a folder, in order of platform and day."""
        for folder in sorted((self.root / stream).glob(f"platform={platform or '*'}")):
            name = folder.name.removeprefix("platform=")
            if name == NOWHERE:
                continue
            for day_folder in sorted(folder.glob("observed_date=*")):
                day = _day_of(day_folder)
                if day is not None:
                    yield name, day, day_folder

    def accounts(self, stream: str, platform: str, day: date) -> set[str]:
        """Return the accounts that have a record of the day, whatever it says."""
        found: set[str] = set()
        for part in self.parts(stream, day, day, platform):
            table = pq.read_table(part.path, columns=["account_id"], partitioning=None)
            found.update(pc.unique(table["account_id"]).to_pylist())
        return found

    def fingerprint(self, stream: str, first: date, last: date, platform: str | None = None) -> str:
        """Return a sha256 over the facts of the days: equal while nothing was added or replaced."""
        digest = hashlib.sha256()
        for part in self.parts(stream, first, last, platform):
            digest.update(f"{part.platform}/{part.observed_date}/{part.path.name}:".encode())
            digest.update(_stored_digest(part.path).encode())
        return digest.hexdigest()

    def verify(self) -> list[str]:
        """Return a line for every file that is torn, foreign or not what its name says."""
        problems = []
        for stream, schema in SCHEMAS.items():
            problems += [f"{path}: {words}" for path, words in self._foreign(stream)]
            for part in self.parts(stream):
                try:
                    table = pq.read_table(part.path, schema=schema, partitioning=None)
                    days = set(pc.unique(self._local_days(table)).to_pylist())
                except (pa.ArrowException, OSError, KeyError, ValueError) as error:
                    problems.append(f"{part.path}: cannot be read as {stream}: {error}")
                    continue
                if _stored_digest(part.path) != facts_digest(table):
                    problems.append(f"{part.path}: its rows differ from the digest in its footer")
                if days - {part.observed_date}:
                    foreign = ", ".join(map(str, sorted(days - {part.observed_date}, key=str)))
                    problems.append(f"{part.path}: holds records of {foreign}")
        return problems

    def _foreign(self, stream: str) -> Iterator[tuple[Path, str]]:
        words = "was not put there by the lake"
        for folder in sorted((self.root / stream).glob("*")):
            platform = folder.name.removeprefix("platform=")
            if not folder.is_dir() or platform == folder.name:
                yield folder, words
                continue
            for day_folder in sorted(folder.glob("*")):
                if not day_folder.is_dir() or _day_of(day_folder) is None:
                    yield day_folder, words
                    continue
                for file in sorted(day_folder.glob("*")):
                    if file.suffix not in {".parquet", TEMPORARY} or not file.is_file():
                        yield file, words

    def judge(self, stream: str, platform: str, part: str, table: pa.Table) -> None:
        """Refuse records that could not be landed, without landing any.

        Raises:
            LakeRefused: as `write_part`.
        """
        self._landable(stream, platform, part, table)

    def _landable(self, stream: str, platform: str, part: str, table: pa.Table) -> pa.Table:
        for name in (platform, part):
            if not _NAME.fullmatch(name):
                raise LakeRefused(f"{name!r} cannot name a folder or a part of the lake")
        try:
            table = table.cast(SCHEMAS[stream])
        except (pa.ArrowInvalid, ValueError) as error:
            raise LakeRefused(f"{stream} of {platform}: {error}") from None
        self._refuse_impossible(table)
        return table

    def _land(
        self, stream: str, platform: str, day: date, part: str, table: pa.Table
    ) -> PartResult:
        path = self._folder(stream, platform, day) / f"{part}.parquet"
        signed = _signed(table)
        if _holds(path, signed):
            return PartResult(path, table.num_rows, changed=False)
        # Before, so that a crash leaves no copy without the part; after, because a compaction that
        # read the quarter meanwhile may have put one there.
        forget_compacted(self.root, stream, day)
        _write_signed(path, signed, self.root)
        forget_compacted(self.root, stream, day)
        return PartResult(path, table.num_rows, changed=True)

    def _folder(self, stream: str, platform: str, day: date) -> Path:
        return self.root / stream / f"platform={platform}" / f"observed_date={day.isoformat()}"

    def _local_days(self, table: pa.Table) -> pa.ChunkedArray:
        observed = table.column("observed_at").cast(pa.timestamp("us", tz=self.timezone))
        return pc.local_timestamp(observed).cast(pa.date32())

    def _refuse_foreign_days(self, table: pa.Table, day: date) -> None:
        foreign = {d for d in pc.unique(self._local_days(table)).to_pylist() if d != day}
        if foreign:
            raise LakeRefused(
                f"records of {', '.join(map(str, sorted(foreign)))} cannot lie under {day} "
                f"(days are counted in {self.timezone})"
            )

    def _refuse_impossible(self, table: pa.Table) -> None:
        late = pc.greater(
            table.column("observed_at"),
            pc.add(table.column("extracted_at"), pa.scalar(CLOCK_TOLERANCE)),
        )
        if table.num_rows and pc.any(late).as_py():
            account = table.filter(late).column("account_id")[0].as_py()
            raise LakeRefused(
                f"{account}: observed later than it was extracted. Is this machine's clock right?"
            )
        for name in table.column_names:
            column = table.column(name)
            if not pa.types.is_int64(column.type) or not table.num_rows:
                continue
            lowest = pc.min(column).as_py()
            if lowest is not None and lowest < 0:
                account = table.filter(pc.less(column, 0)).column("account_id")[0].as_py()
                raise LakeRefused(f"{account}: {name} is {lowest}; a count cannot be negative")


def facts_digest(table: pa.Table) -> str:
    """Return a sha256 of a part's facts: every column but those that say when it was landed.

    A column that came later counts only where it says something: older parts keep their digest.
    """
    later = [name for name in LATER_COLUMNS if name in table.column_names]
    silent = [name for name in later if table.column(name).null_count == table.num_rows]
    left_out = [name for name in BOOKKEEPING if name in table.column_names] + silent
    facts = _ordered(table.drop_columns(left_out))
    sink = pa.BufferOutputStream()
    plain = facts.replace_schema_metadata(None).combine_chunks()
    with pa.ipc.new_stream(sink, plain.schema) as writer:
        writer.write_table(plain)
    return hashlib.sha256(sink.getvalue()).hexdigest()


def write_parquet(path: Path, table: pa.Table, root: Path) -> bool:
    """Write a table's rows in one order, so that no reader and no crash sees half a file.

    Args:
        path: The file; folders missing between it and `root` are made, readable by the owner only.
        table: The rows, in any order.
        root: The folder that bounds which folders are made.

    Returns:
        False where the file held these facts already and was left alone.
    """
    signed = _signed(table)
    if _holds(path, signed):
        return False
    _write_signed(path, signed, root)
    return True


def _signed(table: pa.Table) -> pa.Table:
    ordered = _ordered(table)
    return ordered.replace_schema_metadata({DIGEST_KEY: facts_digest(ordered).encode()})


def _holds(path: Path, signed: pa.Table) -> bool:
    return path.exists() and _stored_digest(path) == str(
        signed.schema.metadata[DIGEST_KEY], "ascii"
    )


def _write_signed(path: Path, signed: pa.Table, root: Path) -> None:
    private_folder(path.parent, root)
    with whole_file(path) as sink:
        pq.write_table(signed, sink, compression="zstd")


def _ordered(table: pa.Table) -> pa.Table:
    order = [n for n in table.column_names if n not in BOOKKEEPING]
    order.sort(key=lambda n: (n != "account_id", n != "observed_at", n))
    return table.sort_by([(name, "ascending") for name in order]) if table.num_rows else table


def _stored_digest(path: Path) -> str:
    try:
        metadata = pq.read_metadata(path).metadata or {}
    except (pa.ArrowInvalid, OSError):
        return "torn"
    return str(metadata.get(DIGEST_KEY, b"none"), "ascii")


def _refuse_coerced(rows: list[dict[str, object]]) -> None:
    # Arrow takes a naive time for UTC and cuts 12.5 down to 12, and says neither.
    for row in rows:
        for name, value in row.items():
            if isinstance(value, datetime) and value.tzinfo is None:
                account = row["account_id"]
                raise LakeRefused(f"{account}: {name} {value} has no zone; give it in UTC")
            if isinstance(value, float):
                raise LakeRefused(f"{row['account_id']}: {name} is {value}; a count is whole")


def _day_of(folder: Path) -> date | None:
    text = folder.name.removeprefix("observed_date=")
    with suppress(ValueError):
        day = date.fromisoformat(text)
        # Python reads 20260630 and 2026-W27-2 as days too; the hive key has one spelling.
        return day if text == day.isoformat() else None
    return None
