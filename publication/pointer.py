"""Which release is current, and the log of every change of it.

Belongs here: the one symlink that readers follow, swapped by rename so that it never dangles, and
`releases.jsonl`, which only grows. Nothing is rebuilt or deleted here.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from expectations.released import LOG_NAME, read_log
from extractors.atomic import sync_directory
from extractors.locks import WarehouseLock
from publication.manifest import (
    CURRENT,
    ReleaseName,
    current_name,
    find_release,
    release_names,
)
from publication.verify import verify_release

if TYPE_CHECKING:
    from pathlib import Path

TEMPORARY_LINK = ".current"


@dataclass(frozen=True, slots=True)
class Moved:
    """Where the pointer was and where it is now."""

    before: ReleaseName | None
    after: ReleaseName

    def __str__(self) -> str:
        if self.before == self.after:
            return f"{self.after} is already current."
        return f"{self.after} is current; before it was {self.before or 'nothing'}."


def releases_lock(releases: Path) -> WarehouseLock:
    """Return the lock on the pointer and the log."""
    return WarehouseLock(releases / ".lock", who="release", wait=60)


def point_at(releases: Path, name: ReleaseName) -> None:
    """Make a release current, in one step that a reader cannot see half of."""
    temporary = releases / TEMPORARY_LINK
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(str(name))
    temporary.replace(releases / CURRENT)
    sync_directory(releases)


def may_follow(current: ReleaseName | None, name: ReleaseName) -> bool:
    """Whether publishing may move the pointer: only to the same or a later quarter."""
    return current is None or name.quarter >= current.quarter


def rollback(releases: Path, to: str, *, now: datetime | None = None) -> Moved:
    """Make another release current, earlier or later, and log it.

    Args:
        releases: The folder of releases.
        to: The release to point at, e.g. `2026-Q1/r1`.
        now: When; the present moment by default.

    Raises:
        ReleaseRefused: when there is no such release or it does not verify.
    """
    with releases_lock(releases):
        name = find_release(releases, to)
        verify_release(releases, str(name))
        before = current_name(releases)
        if before != name:
            point_at(releases, name)
            append_log(releases, "rollback", name, now=now, before=before)
        return Moved(before, name)


def append_log(
    releases: Path,
    event: str,
    name: ReleaseName,
    *,
    now: datetime | None = None,
    before: ReleaseName | None = None,
) -> None:
    """Add one line to the log and flush it to the disk."""
    line = json.dumps(
        {
            "event": event,
            "release": str(name),
            "before": str(before) if before else None,
            "at": (now or datetime.now(tz=UTC)).isoformat(),
        }
    )
    path = releases / LOG_NAME
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        # A line that a crash cut off must not swallow the next one.
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        os.write(descriptor, (("\n" if torn else "") + line + "\n").encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def was_logged(releases: Path, name: ReleaseName) -> bool:
    """Whether the release's publication came to its end."""
    return any(
        entry.get("event") == "published" and entry.get("release") == str(name)
        for entry in read_log(releases)
    )


def last_revision(releases: Path, quarter: str) -> int:
    """Return the highest revision a quarter ever had, 0 for none: no number is given twice."""
    logged = [ReleaseName.parse(str(entry.get("release"))) for entry in read_log(releases)]
    known = [*release_names(releases), *(name for name in logged if name is not None)]
    return max((name.revision for name in known if name.quarter == quarter), default=0)
