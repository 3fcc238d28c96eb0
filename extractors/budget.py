"""What a run may use up of a platform's daily units or of somebody's money.

Belongs here: counting, stopping before the line, and remembering what earlier runs used. Does not
belong here: what a call costs (`platforms/`). What other programs used only the platform knows, and
its own refusal ends the day as well.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from extractors.errors import QuotaExhausted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(kw_only=True)
class Budget:
    """So much may be used, and not a unit more.

    Args:
        limit: In the smallest unit; None for no limit.
        words: The limit as a person reads it, e.g. `10,000 units of a day`.
        resets_at: When the platform grants a new one, None when that is not the point.
        next_step: What a person can do about it.
        used: What earlier runs of the same day or month have used.
        record: Told what is used in all, before the call that uses it is made.
    """

    limit: int | None
    words: str
    resets_at: Callable[[], datetime | None] = lambda: None
    next_step: str | None = None
    used: int = 0
    record: Callable[[int], None] = lambda _: None
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
        self.record(self.used)

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
        self.record(self.used)
        self._settled.set()
        self._settled = asyncio.Event()


class Ledger:
    """What has been used of a platform's budgets, in a small file beside its raw answers.

    Lines are flushed to the operating system, not to the disk: they outlive a killed process. A run
    that dies between the note and its call has counted too much, never too little.

    Args:
        path: The file; its folder is made when the first line is written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def used(self, name: str, period: str) -> int:
        """Return what a budget's period has used so far; 0 in a new one.

        Args:
            name: The budget.
            period: The day or month that it is granted for, e.g. `2026-11-23`.
        """
        entry = self._read().get(name)
        return int(entry["used"]) if entry and entry["period"] == period else 0

    def record(self, name: str, period: str, used: int) -> None:
        """Note what the period has used in all."""
        entries = self._read() | {name: {"period": period, "used": used}}
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._path.with_name(f".{self._path.name}.new")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
        draft.replace(self._path)

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}


def next_midnight(now: datetime, zone: str) -> datetime:
    """Return the first midnight after an aware moment in `zone` (an IANA name)."""
    place = ZoneInfo(zone)
    tomorrow = now.astimezone(place).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), place)
