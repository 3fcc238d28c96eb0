"""What a layout is, and what an import says when it is done or refused.

Belongs here: the contract of a layout module. Does not belong here: any vendor's columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    import pyarrow as pa

    from extractors.registry import Registry

MOST_LISTED = 200
"""Bad rows printed in full; the rest are counted."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """One row that cannot be imported, with its line in the file (1 is the header)."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"


class ImportRefused(ValueError):
    """Nothing was imported. `problems` lists every bad row; the message says what to do."""

    def __init__(self, message: str, problems: Sequence[BadRow] = ()) -> None:
        self.problems = tuple(sorted(problems, key=lambda row: row.line))
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class ImportContext:
    """What a layout may know.

    Attributes:
        registry: Who is measured.
        timezone: IANA zone of times written without one.
        date_format: `strptime` format of dates that are not ISO, or None.
        now: The present, aware; rows from later are refused.
        load_id: Written into every record.
        account: What the file's numbers are of, where it does not say so itself: our id, the
            platform's id or a handle.
        exported_at: When the file was saved, aware; lifetime counters count as seen then.
    """

    registry: Registry
    timezone: str
    date_format: str | None
    now: datetime
    load_id: str
    account: str | None = None
    exported_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a layout made of a file.

    Attributes:
        tables: `(stream, platform)` -> records as a table with that stream's schema.
        notes: What a person should know: columns not understood, times assumed.
    """

    tables: dict[tuple[str, str], pa.Table]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """One way a file of counts is laid out.

    Attributes:
        name: Also the `source` of its records.
        title: As people write it.
        recognises: Whether a lower-cased header is this layout's.
        read: Path and context -> what was read.

    `read` raises `ImportRefused` with every bad row.
    """

    name: str
    title: str
    recognises: Callable[[frozenset[str]], bool]
    read: Callable[[Path, ImportContext], Reading]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a file."""

    file: Path
    layout: str
    row_count: int
    account_count: int
    day_count: int
    changed_part_count: int
    notes: tuple[str, ...]

    def __str__(self) -> str:
        what = (
            f"{self.row_count:,} rows of {self.account_count:,} accounts on {self.day_count:,} days"
        )
        done = (
            f"landed, {self.changed_part_count:,} parts written"
            if self.changed_part_count
            else "all there already, nothing changed"
        )
        return "\n".join([f"{self.file.name} ({self.layout}): {what}: {done}.", *self.notes])
