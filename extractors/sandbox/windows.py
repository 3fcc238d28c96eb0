"""Rate limits as platforms keep them: how many calls a window has left, and when it ends.

Belongs here: the counting. Does not belong here: the headers that tell it (`platforms/`).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class WindowState:
    """What is left after a call: `allowed` says whether the call itself still fitted.

    `resets_at` is in Unix seconds; `name` tells several windows of a platform apart.
    """

    allowed: bool
    limit: int
    remaining: int
    resets_at: int
    name: str = ""


class Window(Protocol):
    """One rate limit, kept apart for every key."""

    def take(self, key: str = "") -> WindowState:
        """Count one call of `key` (a token, an address) and return what is left."""


@dataclass
class FixedWindow:
    """So many calls in a window of fixed length that begins with its first call.

    The windows run on the real clock, not on the virtual one: they measure how fast somebody asks.

    Args:
        limit: Calls in a window.
        seconds: Length of a window.
        clock: Unix seconds.
    """

    limit: int
    seconds: float
    clock: Callable[[], float] = time.time
    _used: dict[str, tuple[float, int]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, key: str = "") -> WindowState:
        """Count one call of `key` (a token, an address) and return what is left."""
        now = self.clock()
        with self._lock:
            started, used = self._used.get(key, (now, 0))
            if now >= started + self.seconds:
                started, used = now, 0
            allowed = used < self.limit
            used += allowed
            self._used[key] = (started, used)
        resets_at = int(started + self.seconds) + 1
        return WindowState(allowed, self.limit, self.limit - used, resets_at)


@dataclass
class UtcDayWindow:
    """So many calls in a calendar day of UTC.

    Args:
        limit: Calls in a day.
        clock: Unix seconds.
    """

    limit: int
    clock: Callable[[], float] = time.time
    _used: dict[tuple[str, int], int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, key: str = "") -> WindowState:
        """Count one call of `key` and return what is left of the day."""
        day = int(self.clock() // 86_400)
        with self._lock:
            used = self._used.get((key, day), 0)
            allowed = used < self.limit
            used += allowed
            self._used[key, day] = used
        return WindowState(allowed, self.limit, self.limit - used, (day + 1) * 86_400, "day")


@dataclass
class ZoneDayWindow:
    """So many calls in a calendar day of a time zone.

    Args:
        limit: Calls in a day.
        zone: IANA name, e.g. America/Los_Angeles.
        clock: Unix seconds.
    """

    limit: int
    zone: str
    clock: Callable[[], float] = time.time
    _used: dict[tuple[str, date], int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, key: str = "") -> WindowState:
        """Count one call of `key` and return what is left of the day."""
        zone = ZoneInfo(self.zone)
        day = datetime.fromtimestamp(self.clock(), zone).date()
        with self._lock:
            used = self._used.get((key, day), 0)
            allowed = used < self.limit
            used += allowed
            self._used[key, day] = used
        midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), zone)
        left = self.limit - used
        return WindowState(allowed, self.limit, left, int(midnight.timestamp()), "day")


@dataclass
class WindowByName:
    """A limit of its own for each endpoint: a key is the window's name, a blank and whose call.

    Args:
        windows: Name -> its limit; a name that is not there has none.
    """

    windows: Mapping[str, Window]

    def take(self, key: str = "") -> WindowState:
        """Count one call against the window its key names."""
        name, _, rest = key.partition(" ")
        window = self.windows.get(name)
        return window.take(rest) if window else WindowState(True, 0, 0, 0)


@dataclass
class SlidingWindow:
    """So many calls in any stretch of time of a length; refused calls do not count.

    Args:
        limit: Calls in a stretch.
        seconds: Its length.
        clock: Unix seconds.
    """

    limit: int
    seconds: float
    clock: Callable[[], float] = time.time
    _calls: dict[str, deque[float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, key: str = "") -> WindowState:
        """Count one call of `key` and return what is left."""
        now = self.clock()
        with self._lock:
            calls = self._calls.setdefault(key, deque())
            while calls and calls[0] <= now - self.seconds:
                calls.popleft()
            allowed = len(calls) < self.limit
            if allowed:
                calls.append(now)
            resets_at = int((calls[0] if calls else now) + self.seconds) + 1
            return WindowState(allowed, self.limit, self.limit - len(calls), resets_at)


@dataclass
class EveryWindow:
    """Several limits at once; the first that is used up refuses the call.

    Args:
        windows: Each counts the calls that those before it allowed.
    """

    windows: Sequence[Window]

    def take(self, key: str = "") -> WindowState:
        """Count one call of `key` and return what the tightest window has left."""
        states: list[WindowState] = []
        for window in self.windows:
            states.append(window.take(key))
            if not states[-1].allowed:
                return states[-1]
        return min(states, key=lambda state: state.remaining)
