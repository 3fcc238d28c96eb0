"""What a run may use up of a platform's daily units or of somebody's money.

Belongs here: counting, and stopping before the line. Does not belong here: what a call costs
(`platforms/`). A budget counts one run; what earlier runs used only the platform knows, and its own
refusal ends the day as well.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from extractors.errors import QuotaExhausted

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(kw_only=True)
class Budget:
    """So much may be used, and not a unit more.

    Args:
        limit: In the smallest unit; None for no limit.
        words: The limit as a person reads it, e.g. `10,000 units of a day`.
        resets_at: When the platform grants a new one, None when that is not the point.
        next_step: What a person can do about it.
    """

    limit: int | None
    words: str
    resets_at: Callable[[], datetime | None] = lambda: None
    next_step: str | None = None
    used: int = 0
    _aside: int = 0
    _settled: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def left(self) -> int | None:
        """What may still be used, None when there is no limit."""
        return None if self.limit is None else self.limit - self.used

    def spend(self, amount: int = 1) -> None:
        """Use `amount`, unless that would go beyond the limit.

        Raises:
            QuotaExhausted: when less than `amount` is left; nothing is used then.
        """
        if self.left is not None and amount > self.left:
            raise QuotaExhausted(
                f"the {self.words} are used up",
                resets_at=self.resets_at(),
                next_step=self.next_step,
            )
        self.used += amount

    async def set_aside(self, most: int, least: int | None = None) -> int:
        """Use what a call may cost at most, before it is known what it does cost; see `settle`.

        While other calls have yet to be settled, it waits for what they give back.

        Args:
            most: What is wanted.
            least: What will do when no more is left; `most` when absent.

        Returns:
            What was set aside, from `least` to `most`.

        Raises:
            QuotaExhausted: when less than `least` is left; nothing is used then.
        """
        while self.left is not None and self.left < most and self._aside:
            await self._settled.wait()
        enough = most if self.left is None else min(most, self.left)
        amount = max(enough, most if least is None else least)
        self.spend(amount)
        self._aside += amount
        return amount

    def settle(self, aside: int, cost: int) -> None:
        """Give back what was set aside beyond the true cost."""
        self.used -= aside - cost
        self._aside -= aside
        self._settled.set()
        self._settled = asyncio.Event()


def next_midnight(now: datetime, zone: str) -> datetime:
    """Return the first midnight after an aware moment in `zone` (an IANA name)."""
    place = ZoneInfo(zone)
    tomorrow = now.astimezone(place).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), place)
