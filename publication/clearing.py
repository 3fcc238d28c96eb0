"""Old revisions that nothing needs any more, taken away on request.

Belongs here: which releases may go, and taking them away so that a kill leaves none half there.
Does not belong here: what killed publications left (`reconcile.py`).

Three kinds always stay: the current release, the last revision of every quarter (the gate compares
with it, and the next revision counts on from it), and whatever is younger than the days of grace,
for readers that are about to open it.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from extractors.atomic import sync_directory
from publication.errors import ReleaseRefused
from publication.manifest import CURRENT, current_name, find_release, read_manifest, release_names
from publication.pointer import append_log, releases_lock
from publication.reconcile import BUILDING_PREFIX

if TYPE_CHECKING:
    from pathlib import Path

    from publication.manifest import ReleaseName

GRACE_DAYS = 30


@dataclass(frozen=True, slots=True)
class Cleared:
    """What was taken away, or would be."""

    gone: tuple[ReleaseName, ...]
    freed_bytes: int
    is_rehearsal: bool

    def __str__(self) -> str:
        if not self.gone:
            return "Nothing to clear: every release is current, the last of its quarter, or young."
        done = "Would clear" if self.is_rehearsal else "Cleared"
        names = ", ".join(map(str, self.gone))
        return f"{done} {len(self.gone)} release(s), {self.freed_bytes / 1e6:,.1f} MB: {names}."


def clear_releases(
    releases: Path,
    *,
    grace_days: int = GRACE_DAYS,
    is_rehearsal: bool = False,
    now: datetime | None = None,
) -> Cleared:
    """Take superseded revisions away and log each.

    Args:
        releases: The folder of releases.
        grace_days: Revisions published within so many days stay.
        is_rehearsal: Only say what would go.
        now: The present, aware; the present moment by default.

    Raises:
        ReleaseRefused: when a manifest is damaged; nothing was taken away.
        WarehouseBusy: when a publication is under way for too long.
    """
    moment = now or datetime.now(tz=UTC)
    with releases_lock(releases):
        names = release_names(releases)
        last = {name.quarter: name for name in names}  # in the order of revisions
        needed = {*last.values(), current_name(releases)}
        limit = moment - timedelta(days=grace_days)
        gone = tuple(
            name
            for name in names
            if name not in needed and read_manifest(name.folder(releases)).published_at < limit
        )
        freed = sum(
            file.stat().st_size
            for name in gone
            for file in name.folder(releases).rglob("*")
            if file.is_file()
        )
        if not is_rehearsal:
            for name in gone:
                _take_away(releases, name, "cleared", moment)
        return Cleared(gone, freed, is_rehearsal)


def remove_release(releases: Path, text: str, *, now: datetime | None = None) -> ReleaseName:
    """Take one release away, because what it holds must be forgotten, and log it.

    Its number is not given again. The current release stays: analysts would be left with nothing.

    Args:
        releases: The folder of releases.
        text: The release, e.g. `2026-Q1/r1`.
        now: The present, aware; the present moment by default.

    Raises:
        ReleaseRefused: when there is no such release, or it is the current one.
        WarehouseBusy: when a publication is under way for too long.
    """
    with releases_lock(releases):
        name = find_release(releases, text)
        if name == current_name(releases):
            raise ReleaseRefused(
                f"{name} is the current release and stays.",
                where=str(releases / CURRENT),
                next_command="publish the quarter again, or effektanalys release rollback to "
                "another; then remove it",
            )
        _take_away(releases, name, "removed", now or datetime.now(tz=UTC))
        return name


def _take_away(releases: Path, name: ReleaseName, event: str, moment: datetime) -> None:
    """Rename first: a release is whole or not there, and `reconcile` removes what is left."""
    folder = name.folder(releases)
    leaving = releases / f"{BUILDING_PREFIX}{event}-{name.quarter}-r{name.revision}"
    folder.rename(leaving)
    sync_directory(folder.parent)
    append_log(releases, event, name, now=moment)
    shutil.rmtree(leaving)
