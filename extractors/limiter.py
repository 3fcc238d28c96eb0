"""How fast one platform may be asked: so many at once, so many in any window of time.

Belongs here: waiting before a request. Does not belong here: waiting after a refusal (`http.py`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import TracebackType


class Limiter:
    """At most `concurrency` requests in flight and at most `rate` begun in any `period` seconds.

    The last `rate` starts are remembered, so that *every* window of that length keeps the limit,
    however the platform cuts its own windows. `pause` holds everybody back, as a platform asks for
    in its headers.

    Args:
        concurrency: Requests in flight.
        rate: Requests begun in a period; None for no limit.
        period: Seconds.
        monotonic: Clock in seconds that never jumps.
        sleep: Awaitable pause in seconds.
    """

    def __init__(
        self,
        *,
        concurrency: int,
        rate: int | None,
        period: float,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._slots = asyncio.Semaphore(concurrency)
        self._turn = asyncio.Lock()
        self._starts: deque[float] = deque(maxlen=rate) if rate else deque(maxlen=1)
        self._rate = rate
        self._period = period
        self._monotonic = monotonic
        self._sleep = sleep
        self._paused_until = float("-inf")

    def pause(self, seconds: float) -> None:
        """Let nobody begin for `seconds` from now; a longer pause already running is kept."""
        self._paused_until = max(self._paused_until, self._monotonic() + seconds)

    async def __aenter__(self) -> None:
        await self._slots.acquire()
        try:
            async with self._turn:  # first come, first served
                while (wait := self._wait()) > 0:
                    await self._sleep(wait)
                self._starts.append(self._monotonic())
        except BaseException:
            self._slots.release()
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._slots.release()

    def _wait(self) -> float:
        now = self._monotonic()
        wait = self._paused_until - now
        if self._rate and len(self._starts) == self._rate:
            wait = max(wait, self._starts[0] + self._period - now)
        return wait
