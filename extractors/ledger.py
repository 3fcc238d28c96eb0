"""What has been used of a platform's budgets, in a small file beside its raw answers.

Belongs here: noting use so that neither a crash nor a second process makes it less, and which
accounts a used-up budget left for later. Does not belong here: what may be used (`budget.py`).

The file says `{"used": {budget: {period: {"used": n, "closed": true}}}, "left": {stream: [id]}}`;
`closed` stands where the platform itself said that nothing is left.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from extractors.atomic import whole_file
from extractors.errors import ExtractionError, Reach

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

KEPT_PERIODS = 62
"""Days or months of a budget that stay in the file, newest last."""
_WAIT_SECONDS = 30.0
"""A change takes milliseconds."""


class LedgerUnusable(ExtractionError):
    """What was used cannot be read or noted: nothing is asked, for it might cost too much."""

    kind = "ledger"
    reach = Reach.PLATFORM


class Ledger:
    """What has been used, by budget and period (a day or a month).

    Every change is on the disk before it returns, under a lock that other processes heed.

    Args:
        path: The file, None to keep it in memory; its folder is made with the first change.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._memory: dict[str, Any] = {}

    def used(self, budget: str, period: str) -> int:
        """Return what a period has used so far, 0 in a new one.

        Raises:
            LedgerUnusable: when the file cannot be read.
        """
        return int(_entry(self._read(), budget, period)["used"])

    def is_closed(self, budget: str, period: str) -> bool:
        """Return whether the platform said that the period's budget is used up."""
        return bool(_entry(self._read(), budget, period).get("closed"))

    def add(self, budget: str, period: str, amount: int, *, limit: int | None = None) -> bool:
        """Note use, or what is given back of it; return False where nothing more may be used.

        Args:
            budget: Tells several of a platform apart.
            period: The day or month it is granted for, e.g. `2026-11-23`.
            amount: In the budget's unit; below 0 to give back.
            limit: What the period may use in all, None for no limit.

        Raises:
            LedgerUnusable: when the file cannot be read or written.
        """
        with self._changing() as content:
            entry = _entry(content, budget, period)
            is_beyond = limit is not None and entry["used"] + amount > limit
            if amount > 0 and (is_beyond or entry.get("closed")):
                return False
            entry["used"] += amount
        return True

    def close(self, budget: str, period: str) -> None:
        """Note that the platform says the period's budget is used up."""
        with self._changing() as content:
            _entry(content, budget, period)["closed"] = True

    def left(self, stream: str) -> list[str]:
        """Return the accounts that a used-up budget left for later, in the order of their ids."""
        return list(self._read().get("left", {}).get(stream, ()))

    def leave(self, stream: str, accounts: Iterable[str]) -> None:
        """Note the accounts that are left for later, in place of those noted before."""
        wanted = sorted(accounts)
        if wanted != self.left(stream):
            with self._changing() as content:
                content.setdefault("left", {})[stream] = wanted

    def forget(self, accounts: Collection[str], *, is_rehearsal: bool = False) -> int:
        """Take accounts out of those left for later; return how many places that were.

        Raises:
            LedgerUnusable: when the file cannot be read or written.
        """
        noted = self._read().get("left", {})
        gone = sum(account in accounts for left in noted.values() for account in left)
        if gone and not is_rehearsal:
            with self._changing() as content:
                for stream, left in content["left"].items():
                    content["left"][stream] = [a for a in left if a not in accounts]
        return gone

    def _read(self) -> dict[str, Any]:
        if self._path is None:
            return self._memory
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            return {name: dict(found.get(name, {})) for name in ("used", "left")}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError):
            raise LedgerUnusable(
                f"what was used of its budgets cannot be read from {self._path}",
                next_step="Delete the file to count from nought.",
            ) from None

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Any]]:
        if self._path is None:
            yield self._memory
            return
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(self._path.with_name(f"{self._path.name}.lock"), mode=0o600)
        try:
            with lock.acquire(timeout=_WAIT_SECONDS, poll_interval=0.01):
                content = self._read()
                yield content
                self._write(self._path, content)
        except Timeout:
            raise LedgerUnusable(
                f"{self._path} was locked by another run for {_WAIT_SECONDS:.0f} s",
                next_step="Run the day again later.",
            ) from None

    def _write(self, path: Path, content: dict[str, Any]) -> None:
        for budget, periods in content.get("used", {}).items():
            kept = sorted(periods)[-KEPT_PERIODS:]
            content["used"][budget] = {period: periods[period] for period in kept}
        with whole_file(path) as file:
            file.write((json.dumps(content, indent=1) + "\n").encode())


def _entry(content: dict[str, Any], budget: str, period: str) -> dict[str, Any]:
    periods = content.setdefault("used", {}).setdefault(budget, {})
    entry: dict[str, Any] = periods.setdefault(period, {"used": 0})
    return entry
