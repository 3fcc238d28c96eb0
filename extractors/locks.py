"""One writer at a time, across processes, with a name for whoever holds it.

Belongs here: the operating system's lock on a file and who stands in it. It lies in the lowest room
because the gate, the release and the conductor all need it. DuckDB's own lock only says that
somebody else has the file; this one says who, since when, and lets the next one wait a while. A
stream of the lake has one too: a day's part is read, put together and written anew.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    from types import TracebackType

_LOG = logging.getLogger(__name__)
_POLL_SECONDS = 0.1
DEFAULT_WAIT_SECONDS = 900.0
"""Longer than a build of the whole history; a lock that is held longer is a fault to look at."""


class WarehouseBusy(RuntimeError):
    """The lock was held by somebody else for the whole wait; the message names the holder."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock: a step's name, its process, its run and since when (UTC)."""

    who: str
    pid: int
    run: str
    since: str

    def __str__(self) -> str:
        run = f", run {self.run}" if self.run else ""
        return f"{self.who} (process {self.pid}{run}) since {self.since}"


class WarehouseLock:
    """A lock on `path` that ends with the process, whatever ends it.

    Entering again in the same thread only counts up, so that a step may hold the lock around rooms
    that take it themselves.

    Args:
        path: The lock file, `warehouse.lock` beside the candidate. It stays when the lock is free.
        who: What the holder does, in words for whoever waits.
        run: The run's id, if there is one.
        wait: Seconds to wait before giving up.
    """

    _held: dict[tuple[Path, int], tuple[FileLock, int]] = {}  # noqa: RUF012 - one a process, on purpose
    _guard = threading.Lock()

    def __init__(
        self, path: Path, *, who: str, run: str = "", wait: float = DEFAULT_WAIT_SECONDS
    ) -> None:
        self._path = Path(path).absolute()
        self._who, self._run, self._wait = who, run, wait

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            WarehouseBusy: when somebody else has held it for the whole wait.
        """
        key = (self._path, threading.get_ident())
        with self._guard:
            if key in self._held:
                lock, count = self._held[key]
                self._held[key] = (lock, count + 1)
                return self
        lock = self._acquire()
        with self._guard:
            self._held[key] = (lock, 1)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        key = (self._path, threading.get_ident())
        with self._guard:
            lock, count = self._held[key]
            if count > 1:
                self._held[key] = (lock, count - 1)
                return
            del self._held[key]
        with contextlib.suppress(OSError):
            os.truncate(self._path, 0)
        lock.release()

    def holder(self) -> Holder | None:
        """Return who holds the lock, or None when it is free."""
        if not self._path.exists():
            return None
        probe = self._lock()
        try:
            probe.acquire(timeout=0)
        except Timeout:
            return self._read_holder()
        probe.release()
        return None

    def _lock(self) -> FileLock:
        return FileLock(self._path, mode=0o600, poll_interval=_POLL_SECONDS)

    def _acquire(self) -> FileLock:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        lock = self._lock()
        try:
            lock.acquire(timeout=0)
        except Timeout:
            _LOG.info(
                "%s waits for %s, held by %s", self._who, self._path.name, self._read_holder()
            )
            try:
                lock.acquire(timeout=self._wait)
            except Timeout:
                raise WarehouseBusy(
                    f"{self._who} gave up after {self._wait:.0f} s: {self._path} is held by "
                    f"{self._read_holder()}. Wait until it is done, or end it; then start again."
                ) from None
        since = datetime.now(tz=UTC).isoformat(timespec="seconds")
        holder = Holder(self._who, os.getpid(), self._run, since)
        with contextlib.suppress(OSError):  # a full disk takes the name, not the lock
            self._path.write_text(json.dumps(asdict(holder)) + "\n", encoding="utf-8")
        return lock

    def _read_holder(self) -> Holder:
        try:
            return Holder(**json.loads(self._path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            # Between its lock and its first line the holder has no name yet.
            return Holder("another process", 0, "", "just now")


def stream_lock(lake: Path, platform: str, stream: str, *, who: str, run: str) -> WarehouseLock:
    """Return the lock of one platform's stream in a lake, for whoever rewrites parts of it."""
    folder = lake / "_raw" / platform
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return WarehouseLock(folder / f"{stream}.lock", who=who, run=run)
