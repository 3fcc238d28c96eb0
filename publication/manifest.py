"""What stands beside a release: its manifest, and how releases are named and found.

Belongs here: the manifest's fields, the layout of the folder of releases, and reading both.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from expectations.receipt import Receipt  # noqa: TC001 - pydantic reads it at run time
from expectations.released import MANIFEST_NAME, ReleasedTables
from publication.errors import ReleaseRefused

if TYPE_CHECKING:
    from pathlib import Path

DATABASE_NAME = "benchmark.duckdb"
CURRENT = "current"
STORAGE_VERSION = "v1.0.0"
_NAME = re.compile(r"(\d{4}-Q[1-4])/r([1-9]\d*)")
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, order=True)
class ReleaseName:
    """A release: its quarter and its revision, written `2026-Q2/r1`."""

    quarter: str
    revision: int

    def __str__(self) -> str:
        return f"{self.quarter}/r{self.revision}"

    @classmethod
    def parse(cls, text: str) -> ReleaseName | None:
        """Return the name that `text` spells, or None."""
        match = _NAME.fullmatch(text)
        return cls(match[1], int(match[2])) if match else None

    def folder(self, releases: Path) -> Path:
        """Return where the release lies."""
        return releases / self.quarter / f"r{self.revision}"


class FileRecord(BaseModel):
    """One file of a release, as it was when it was sealed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str
    size_bytes: int


class RestatedValue(BaseModel):
    """One figure that a revision states differently."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str
    key: dict[str, str]
    column: str
    before: str | None
    after: str | None


class TableDifference(BaseModel):
    """How many rows of one table differ between two releases."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str
    added: int
    removed: int
    changed: int
    columns_added: list[str] = Field(default_factory=list)
    columns_removed: list[str] = Field(default_factory=list)


class Difference(BaseModel):
    """What changed from one release to another, in words with `str()` and as data.

    Attributes:
        first: The earlier release.
        second: The later one.
        tables: The tables that differ; empty when none does.
        values: Restated figures, by key and column, at most 200.
        value_count: How many there are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: str
    second: str
    tables: list[TableDifference]
    values: list[RestatedValue]
    value_count: int

    def __str__(self) -> str:
        if not self.tables:
            return f"{self.first} and {self.second} hold the same tables."
        lines = [f"From {self.first} to {self.second}:"]
        for table in self.tables:
            counts = [
                f"{count:,} {'row' if count == 1 else 'rows'} {word}"
                for count, word in (
                    (table.added, "added"),
                    (table.removed, "removed"),
                    (table.changed, "changed"),
                )
                if count
            ]
            counts += [f"column {name} new" for name in table.columns_added]
            counts += [f"column {name} gone" for name in table.columns_removed]
            lines.append(f"  {table.table}: {', '.join(counts) or 'rows unchanged'}")
        for value in self.values:
            key = " ".join(value.key.values())
            lines.append(f"    {key} {value.column}: {_dash(value.before)} -> {_dash(value.after)}")
        if self.value_count > len(self.values):
            lines.append(f"    and {self.value_count - len(self.values)} more figures")
        return "\n".join(lines)


def _dash(value: str | None) -> str:
    return "-" if value is None else value


class Manifest(ReleasedTables):
    """What a release is, what proves it, and the checksum of each of its files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layout: int = 1
    is_preliminary: bool
    storage_version: str
    row_counts: dict[str, int]
    files: dict[str, FileRecord]
    receipt: Receipt
    difference: Difference | None = None

    @property
    def name(self) -> ReleaseName:
        """The release's name."""
        return ReleaseName(self.quarter, self.revision)


@dataclass(frozen=True, slots=True)
class Listed:
    """A release in the list."""

    name: ReleaseName
    published_at: AwareDatetime
    is_current: bool
    row_count: int
    waivers: tuple[str, ...]
    path: Path

    def __str__(self) -> str:
        mark = "*" if self.is_current else " "
        waived = f"  waived: {', '.join(self.waivers)}" if self.waivers else ""
        moment = self.published_at.strftime("%Y-%m-%d %H:%M")
        return f"{mark} {self.name!s:<12} {moment} UTC  {self.row_count:>9,} rows{waived}"


def read_manifest(folder: Path) -> Manifest:
    """Read a release's manifest.

    Raises:
        ReleaseRefused: when it is missing or damaged.
    """
    path = folder / MANIFEST_NAME
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise ReleaseRefused(
            "There is no such release.",
            where=str(folder),
            next_command="effektanalys release list",
        ) from None
    except ValueError as error:
        raise ReleaseRefused(
            f"The manifest is damaged: {str(error).splitlines()[0]}",
            where=str(path),
            next_command="restore the release from a copy, or publish the quarter again",
        ) from None


def release_names(releases: Path) -> list[ReleaseName]:
    """Return every release that was sealed, in the order of quarter and revision."""
    found = (
        ReleaseName.parse(f"{manifest.parent.parent.name}/{manifest.parent.name}")
        for manifest in releases.glob(f"*/r*/{MANIFEST_NAME}")
    )
    return sorted(name for name in found if name is not None)


def current_name(releases: Path) -> ReleaseName | None:
    """Return the release that `current` points at; None when it points at nothing."""
    pointer = releases / CURRENT
    if not pointer.is_symlink():
        return None
    return ReleaseName.parse(str(pointer.readlink()))


def find_release(releases: Path, text: str) -> ReleaseName:
    """Return the release that a person named: `current`, or e.g. `2026-Q2/r1`.

    Raises:
        ReleaseRefused: when there is no such release.
    """
    name = current_name(releases) if text == CURRENT else ReleaseName.parse(text)
    if name is None or name not in release_names(releases):
        names = release_names(releases)
        if not names:
            raise ReleaseRefused(
                "Nothing is published yet.",
                where=str(releases),
                next_command="make demo, or the job quarterly_benchmark in: effektanalys ui",
            )
        known = ", ".join(str(n) for n in names[-5:])
        raise ReleaseRefused(
            f"There is no release {text}. The latest are: {known}.",
            where=str(releases),
            next_command="effektanalys release list",
        )
    return name


def file_record(path: Path) -> FileRecord:
    """Return a file's checksum and size."""
    checksum = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            checksum.update(block)
    return FileRecord(sha256=checksum.hexdigest(), size_bytes=path.stat().st_size)
