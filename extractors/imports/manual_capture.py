"""Counts that a person noted: `platform, account, observed_at, followers` and what else was seen.

`account` is our id, the platform's id, or the handle that was the account's on that day. Excel
takes the same columns.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pyarrow as pa

from extractors.imports.cells import BadCell, Moments, count, text
from extractors.imports.layout import BadRow, ImportContext, ImportRefused, Layout, Reading
from extractors.imports.sheet import Row, read_sheet
from extractors.records import (
    SCHEMAS,
    Definition,
    Origin,
    Platform,
    ProfileSnapshot,
    as_row,
    local_date,
)
from extractors.words import nearest

if TYPE_CHECKING:
    from datetime import date, datetime
    from pathlib import Path

    from extractors.registry import RegistryAccount

NAME = "manual_capture"
_REQUIRED = frozenset({"platform", "account", "observed_at", "followers"})
_KNOWN = _REQUIRED | {
    "following",
    "posts_total",
    "likes_total",
    "views_total",
    "definition",
    "note",
}
_MOST_MISSING = 2
"""A header that lacks more columns than this was not meant for this layout."""


def _recognises(header: frozenset[str]) -> bool:
    is_near = len(_REQUIRED - header) <= _MOST_MISSING and bool(header & {"platform", "account"})
    return is_near and not header & {"gender", "age"}  # those are of follower_segments


def _read(path: Path, context: ImportContext) -> Reading:
    sheet = read_sheet(path)
    missing = sorted(_REQUIRED - set(sheet.header))
    if missing:
        hints = [f"{name}{nearest(name, set(sheet.header) - _KNOWN)}" for name in missing]
        raise ImportRefused(f"{path} has no column {', '.join(hints)}.")
    reader = _Reader(context)
    for row in sheet.rows:
        reader.take(row)
    if reader.bad:
        raise ImportRefused(
            f"{path}: {len(reader.bad)} bad row(s), so nothing was imported. "
            "Mend them and import it again.",
            reader.bad,
        )
    unknown = sorted(set(filter(None, sheet.header)) - _KNOWN)
    notes = [f"Columns not understood and left out: {', '.join(unknown)}."] if unknown else []
    if reader.assumed_noon:
        notes.append(
            f"{reader.assumed_noon} row(s) name a day only; they count as noon, {context.timezone}."
        )
    if reader.out_of_days:
        notes.append(
            f"{reader.out_of_days} row(s) lie outside their account's valid_from and valid_to in "
            "the registry: kept, but counted for nobody."
        )
    return Reading(reader.tables(), tuple(notes))


class _Reader:
    def __init__(self, context: ImportContext) -> None:
        self.bad: list[BadRow] = []
        self.assumed_noon = 0
        self.out_of_days = 0
        self._context = context
        self._moments = Moments(context.timezone, context.date_format, context.now)
        self._records: dict[str, list[ProfileSnapshot]] = defaultdict(list)
        self._seen: dict[tuple[str, datetime], tuple[int, ProfileSnapshot]] = {}

    def take(self, row: Row) -> None:
        try:
            platform, record = self._record(row)
        except BadCell as error:
            self.bad.append(BadRow(row.line, str(error)))
            return
        key = (record.account_id, record.observed_at)
        earlier = self._seen.get(key)
        if earlier is None:
            self._seen[key] = (row.line, record)
            self._records[platform].append(record)
        elif earlier[1] != record:
            words = f"says something else about {record.account_id} at the moment of line"
            self.bad.append(BadRow(row.line, f"{words} {earlier[0]}"))

    def tables(self) -> dict[tuple[str, str], pa.Table]:
        schema = SCHEMAS["profile_snapshots"]
        return {
            ("profile_snapshots", platform): pa.Table.from_pylist(
                [as_row(record) for record in records], schema=schema
            )
            for platform, records in sorted(self._records.items())
        }

    def _record(self, row: Row) -> tuple[str, ProfileSnapshot]:
        cells = row.cells
        platform = _platform(cells["platform"])
        observed_at, assumed = self._moments.read(cells["observed_at"])
        day = local_date(observed_at, self._context.timezone)
        account = self._account(platform, cells["account"], day)
        followers = _named_count("followers", cells["followers"])
        if followers is None:
            raise BadCell("followers is empty; leave the row out where nothing was seen")
        record = ProfileSnapshot(
            account_id=account.account_id,
            observed_at=observed_at,
            followers=followers,
            source=NAME,
            origin=Origin.IMPORT,
            extracted_at=self._context.now,
            load_id=self._context.load_id,
            definition=_definition(cells.get("definition"), account.definition),
            handle=account.handle_on(day),
            following=_named_count("following", cells.get("following")),
            posts_total=_named_count("posts_total", cells.get("posts_total")),
            likes_total=_named_count("likes_total", cells.get("likes_total")),
            views_total=_named_count("views_total", cells.get("views_total")),
        )
        self.assumed_noon += assumed
        self.out_of_days += not account.valid_on(day)
        return platform, record

    def _account(self, platform: str, cell: object, day: date) -> RegistryAccount:
        reference = text(cell)
        if not reference:
            raise BadCell("account is empty")
        registry = self._context.registry
        account = registry.account_by(platform, reference, day)
        if account is not None:
            return account
        known = [a.account_id for a in registry.accounts(platform)]
        known += [h.handle for a in registry.accounts(platform) for h in a.handles]
        raise BadCell(
            f"{reference!r} is no {platform} account in the registry on {day}"
            f"{nearest(reference, known)}"
        )


def _platform(cell: object) -> str:
    name = text(cell).lower()
    names = [platform.value for platform in Platform]
    if name not in names:
        raise BadCell(f"{name!r} is no platform{nearest(name, names)}")
    return name


def _named_count(name: str, cell: object) -> int | None:
    try:
        return count(cell)
    except BadCell as error:
        raise BadCell(f"{name}: {error}") from None


def _definition(cell: object, default: Definition) -> Definition:
    name = text(cell).lower()
    if not name:
        return default
    names = [definition.value for definition in Definition]
    if name not in names:
        known = f"{', '.join(names)}{nearest(name, names)}"
        raise BadCell(f"definition: {name!r} is not one of {known}")
    return Definition(name)


LAYOUT = Layout(NAME, "manual capture", _recognises, _read)
