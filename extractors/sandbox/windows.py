"""Rate limits as platforms keep them: how many calls a window has left, and when it ends.

Belongs here: the counting. Does not belong here: the headers that tell it (`platforms/`).
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class WindowState:
    """What is left after a call: `allowed` says whether the call itself still fitted.

    `resets_at` is in Unix seconds.
    """

    allowed: bool
    limit: int
    remaining: int
    resets_at: int


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
