"""What a run may use up of a platform's daily units or of somebody's money.

Belongs here: counting, and stopping before the line. Does not belong here: what a call costs
(`platforms/`) or where use is noted (`ledger.py`). What other programs used only the platform
knows, and its own refusal ends the day as well.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from extractors.errors import QuotaExhausted
from extractors.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Aside:
    """What was set aside for a call, and of which period."""

    amount: int
    period: str


@dataclass(kw_only=True)
class Budget:
    """So much may be used, and not a unit more.

    Args:
        limit: In the smallest unit; None for no limit.
        words: The limit as a person reads it, e.g. `10,000 units of a day`.
        resets_at: When the platform grants a new one, None when that is not the point.
        next_step: What a person can do about it.
        name: Tells several of a platform apart.
        period: Returns the day or month it is granted for now, e.g. `2026-11-23`.
        ledger: Where use is noted, before the call that it is for; other runs note theirs there.
    """

    limit: int | None
    words: str
    resets_at: Callable[[], datetime | None] = lambda: None
    next_step: str | None = None
    name: str = ""
    period: Callable[[], str] = lambda: ""
    ledger: Ledger = field(default_factory=Ledger)
    _aside: int = 0
    _settled: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def left(self) -> int | None:
        """What may still be used, None when there is no limit."""
        if self.limit is None:
            return None
        return self.limit - self.ledger.used(self.name, self.period())

    def spend(self, amount: int = 1) -> None:
        """Use `amount`, unless that would go beyond the limit.

        Raises:
            QuotaExhausted: when less than `amount` is left; nothing is used then.
        """
        self._spend(amount, self.period())

    def _spend(self, amount: int, period: str) -> None:
        if not self.ledger.add(self.name, period, amount, limit=self.limit):
            raise QuotaExhausted(
                f"the {self.words} are used up",
                resets_at=self.resets_at(),
                next_step=self.next_step,
            )

    def close(self) -> None:
        """Use nothing more of this period: the platform itself says that nothing is left."""
        self.ledger.close(self.name, self.period())

    async def set_aside(self, most: int, least: int | None = None) -> Aside:
        """Use what a call may cost at most, before it is known what it does cost; see `settle`.

        While other calls have yet to be settled, it waits for what they give back.

        Args:
            most: What is wanted.
            least: What will do when no more is left; `most` when absent.

        Returns:
            What was set aside: an amount from `least` to `most`.

        Raises:
            QuotaExhausted: when less than `least` is left; nothing is used then.
        """
        while self.left is not None and self.left < most and self._aside:
            await self._settled.wait()
        enough = most if self.left is None else min(most, self.left)
        amount = max(enough, most if least is None else least)
        aside = Aside(amount, self.period())
        self._spend(amount, aside.period)
        self._aside += amount
        return aside

    def settle(self, aside: Aside, cost: int) -> None:
        """Give back what was set aside beyond the true cost."""
        self.ledger.add(self.name, aside.period, cost - aside.amount)
        self._aside -= aside.amount
        self._settled.set()
        self._settled = asyncio.Event()


def day_in(now: datetime, zone: str) -> str:
    """Return the calendar day of an aware moment in `zone` (an IANA name), e.g. `2026-11-23`."""
    return now.astimezone(ZoneInfo(zone)).date().isoformat()


def next_midnight(now: datetime, zone: str) -> datetime:
    """Return the first midnight after an aware moment in `zone` (an IANA name)."""
    place = ZoneInfo(zone)
    tomorrow = now.astimezone(place).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), place)


def next_month(now: datetime) -> datetime:
    """Return the first midnight of the month after an aware moment, in UTC."""
    later = now.astimezone(UTC).replace(day=28) + timedelta(days=4)
    return datetime(later.year, later.month, 1, tzinfo=UTC)
