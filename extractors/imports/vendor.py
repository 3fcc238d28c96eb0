"""What the layouts of platforms' own exports share: columns by synonym, accounts, posts, days.

Belongs here: rules that hold for every export. An empty cell is no count; one post or day twice
must say the same; whose numbers they are is known from the file or from `--account`, never
supposed. Does not belong here: any vendor's columns.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from extractors.imports import cells
from extractors.imports.cells import BadCell, text
from extractors.imports.layout import BadRow, ImportContext, ImportRefused, Reading
from extractors.imports.vendor_times import Times
from extractors.records import (
    SCHEMAS,
    FollowerSegment,
    Origin,
    PostSnapshot,
    ProfileSnapshot,
    as_row,
    local_date,
)
from extractors.words import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date, datetime
    from pathlib import Path

    from extractors.imports.sheet import Row, Sheet
    from extractors.registry import RegistryAccount

Taken = ProfileSnapshot | PostSnapshot | FollowerSegment
Names = dict[str, tuple[str, ...]]
"""Field -> the lower-cased column names that mean it, the preferred one first."""

_WHOLE = re.compile(r"([0-9]+)\.0")
_ROUNDED = 10**15
_DIGITS = re.compile(r"[0-9]{1,30}")
_KINDS = {
    "text": "text status statuses",
    "image": "image images photo photos foto foton bild bilder album carousel karusell "
    "ig_image ig_carousel native_image multi_image",
    "video": "video videos videor reel reels rullar short shorts native_video ig_reel",
    "live": "live live_video live_video_complete live_video_scheduled",
    "link": "link links länk länkar article artikel",
    "story": "story stories händelse händelser",
    "poll": "poll omröstning",
}
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words.split()}


def kind(cell: object) -> str:
    """Return our name of a vendor's post type; `other` for what is not known."""
    return _KIND_OF.get(re.sub(r"[\s-]+", "_", text(cell).lower().removeprefix("ig ")), "other")


def number_id(cell: object, column: str) -> str:
    """Return an id of digits.

    Raises:
        BadCell: when it is empty, or a spreadsheet has rounded it.
    """
    name = text(cell).strip("'=\"")
    if not name:
        raise BadCell(f"{column} is empty")
    # A spreadsheet keeps 15 digits: a longer id that passed through one may be another post's.
    rounded = isinstance(cell, int | float) and abs(cell) >= _ROUNDED
    if rounded or not _DIGITS.fullmatch(name):
        raise BadCell(
            f"{column} {name!r} is no id; import the file as it was downloaded, "
            "a spreadsheet rounds long numbers"
        )
    return name


@dataclass
class Export:
    """One file being read: takes records row by row and says in the end what they came to.

    Attributes:
        path: For messages.
        context: What a layout may know.
        source: The layout's name.
        sheet: Its header and rows.
        names: What the layout reads.
        left_out: Columns understood, and not wanted.
    """

    path: Path
    context: ImportContext
    source: str
    sheet: Sheet
    names: Names
    left_out: Iterable[str] = ()
    bad: list[BadRow] = field(default_factory=list)
    assumed_noon: int = 0
    _records: dict[tuple[str, str], list[Taken]] = field(default_factory=lambda: defaultdict(list))
    _seen: dict[tuple[object, ...], tuple[int, Taken]] = field(default_factory=dict)
    _stood_for: str | None = None

    def __post_init__(self) -> None:
        header = set(self.sheet.header)
        self.columns: Mapping[str, str] = {
            name: next(column for column in spelled if column in header)
            for name, spelled in self.names.items()
            if header & set(spelled)
        }

    @property
    def exported_at(self) -> datetime:
        """When the counters were seen."""
        return self.context.exported_at or self.context.now

    def require(self, *names: str) -> None:
        """Refuse the file where it has no column for one of the fields.

        Raises:
            ImportRefused: naming the columns.
        """
        missing = [self.names[name][0] for name in names if name not in self.columns]
        if missing:
            close = [nearest(name, self._unknown()) for name in missing]
            words = ", ".join(f"{m}{c}" for m, c in zip(missing, close, strict=True))
            raise ImportRefused(f"{self.path} has no column {words}.")

    def each_row(self, take: Callable[[Row], None]) -> None:
        """Give every row to `take`; rows that it raises `BadCell` on are listed."""
        for row in self.sheet.rows:
            try:
                take(row)
            except BadCell as error:
                self.bad.append(BadRow(row.line, str(error)))

    def cell(self, row: Row, name: str) -> object:
        """Return a field's cell; None where the file has no such column."""
        return row.cells.get(self.columns[name]) if name in self.columns else None

    def words(self, row: Row, name: str) -> str | None:
        """Return a field's text, None where it is empty."""
        return text(self.cell(row, name)) or None

    def count(self, row: Row, name: str) -> int | None:
        """Return a field's count, None where it is empty.

        Raises:
            BadCell: for anything but a whole number.
        """
        cell = self.cell(row, name)
        if isinstance(cell, str) and (whole := _WHOLE.fullmatch(cell.strip())):
            cell = whole[1]
        try:
            return cells.count(cell)
        except BadCell as error:
            raise BadCell(f"{self.columns[name]}: {error}") from None

    def published(self, row: Row, name: str = "published") -> datetime:
        """Return when a post was published.

        Raises:
            BadCell: as `Times.read`, and where the file is older than the post.
        """
        cell = self.cell(row, name)
        moment, assumed = Times.of(self.context, self.columns[name]).read(cell)
        if assumed and self.local_day(moment) == self.local_day(self.exported_at):
            moment = min(moment, self.exported_at)
        if moment > self.exported_at:
            raise BadCell(
                f"was published on {text(cell)}, after the file was saved "
                f"({self.exported_at:%Y-%m-%d %H:%M} UTC); give the file the day of its export: "
                f"touch -d 2025-06-30 {self.path.name}"
            )
        self.assumed_noon += assumed
        return moment

    def day(self, row: Row, name: str) -> datetime:
        """Return a day's noon.

        Raises:
            BadCell: as `Times.read`.
        """
        moment, assumed = Times.of(self.context, self.columns[name]).read(self.cell(row, name))
        local = moment.astimezone(ZoneInfo(self.context.timezone))
        if local.time() == time(0):
            # Some exports write a day as its midnight.
            moment, assumed = local.replace(hour=cells.NOON.hour).astimezone(UTC), True
        self.assumed_noon += assumed
        return moment

    def told(self, platform: str) -> RegistryAccount | None:
        """Return the account that `--account` names on the day of the export, None without it.

        Raises:
            ImportRefused: when the registry has no such account on the platform.
        """
        wanted, registry = self.context.account, self.context.registry
        if not wanted:
            return None
        day = self.local_day(self.exported_at)
        account = registry.account_by(platform, wanted, day)
        if account is None:
            hint = nearest(wanted, [a.account_id for a in registry.accounts(platform)])
            raise ImportRefused(
                f"--account {wanted!r} is no {platform} account in the registry on {day}{hint}. "
                "Nothing was imported."
            )
        return account

    def local_day(self, moment: datetime) -> date:
        """Return the local day of a moment."""
        return local_date(moment, self.context.timezone)

    def account(self, platform: str, on: datetime, *references: str | None) -> RegistryAccount:
        """Return the account that the row names, or else the one that `--account` names.

        Raises:
            BadCell: when there is none, when row and `--account` disagree, or when one
                `--account` would stand for two accounts of the file.
        """
        registry, told, day = self.context.registry, self.told(platform), self.local_day(on)
        named = [reference for reference in references if reference]
        found = next(filter(None, (registry.account_by(platform, n, day) for n in named)), None)
        if found and told and found.account_id != told.account_id:
            raise BadCell(f"is of {found.account_id}, not of --account {told.account_id}")
        account = found or told
        if account is None:
            if named:
                raise BadCell(
                    f"{named[0]!r} is no {platform} account in the registry on {day}; "
                    "add it there, or say whose numbers these are: --account ID"
                )
            raise BadCell(
                "the file does not say whose numbers these are; say it: --account ID, "
                f"one of the {platform} accounts in the registry"
            )
        if found is None and named:
            self._stood_for = self._stood_for or named[0]
            if self._stood_for != named[0]:
                raise BadCell(f"is of {named[0]!r}; --account stands for {self._stood_for!r}")
        return account

    def needs_account(self, platform: str) -> RegistryAccount:
        """Return the account that `--account` names, for a file that names none.

        Raises:
            ImportRefused: when it is not given or not known.
        """
        told = self.told(platform)
        if told is None:
            raise ImportRefused(
                f"{self.path} does not say whose numbers these are. Import it again with "
                "--account ID, the account's id in the registry."
            )
        return told

    def stamp(self) -> dict[str, Any]:
        """Return what every record of this import carries."""
        return {
            "source": self.source,
            "origin": Origin.IMPORT,
            "extracted_at": self.context.now,
            "load_id": self.context.load_id,
        }

    def add(self, row: Row, platform: str, record: Taken) -> None:
        """Keep a record; the same one twice is kept once.

        Raises:
            BadCell: when an earlier row says something else about the same post or moment.
        """
        stream, about = _subject(record)
        key = (stream, record.account_id, *about)
        earlier = self._seen.get(key)
        if earlier is None:
            self._seen[key] = (row.line, record)
            self._records[(stream, platform)].append(record)
        elif earlier[1] != record:
            words = "that post" if stream == "posts" else f"{record.account_id} at that moment"
            raise BadCell(f"says something else about {words} than line {earlier[0]}")

    def reading(self, *notes: str) -> Reading:
        """Return what was read.

        Raises:
            ImportRefused: with every bad row, or when no row held anything.
        """
        if self.bad:
            raise ImportRefused(
                f"{self.path}: {len(self.bad)} bad row(s), so nothing was imported. "
                "Mend them and import it again.",
                self.bad,
            )
        if not self._records:
            raise ImportRefused(f"{self.path} holds no count. Nothing was imported.")
        tables = {
            key: pa.Table.from_pylist([as_row(r) for r in records], schema=SCHEMAS[key[0]])
            for key, records in sorted(self._records.items())
        }
        said = list(notes)
        if any(stream == "posts" for stream, _ in tables):
            said.append(
                f"Post counters count as seen on {self.exported_at:%Y-%m-%d %H:%M} UTC, when the "
                "file was saved or first imported."
            )
        if self.assumed_noon:
            zone = self.context.timezone
            said.append(f"{self.assumed_noon} row(s) name a day only; they count as noon, {zone}.")
        left = sorted(self._understood() & set(self.sheet.header) - set(self.columns.values()))
        if left:
            said.append(f"Columns understood and left out: {', '.join(left)}.")
        if unknown := self._unknown():
            said.append(f"Columns not understood and left out: {', '.join(unknown)}.")
        return Reading(tables, tuple(said))

    def _understood(self) -> set[str]:
        return {column for spelled in self.names.values() for column in spelled} | set(
            self.left_out
        )

    def _unknown(self) -> list[str]:
        return sorted(set(filter(None, self.sheet.header)) - self._understood())


def _subject(record: Taken) -> tuple[str, tuple[object, ...]]:
    """Return a record's stream, and what of an account it is about."""
    match record:
        case PostSnapshot():
            return "posts", (record.post_id,)
        case FollowerSegment():
            return "follower_segments", (record.observed_at, record.gender, record.age)
        case _:
            return "profile_snapshots", (record.observed_at,)
