"""What an extraction gave, in numbers and in one line.

Belongs here: the report and its words. Does not belong here: how it came about (`run.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from extractors.platforms.session import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractionReport:
    """One platform's stream on one day.

    Attributes:
        platform: Name.
        stream: Of `records.STREAMS`.
        day: Local date.
        ok: Accounts read.
        failed: Accounts that could not be read; nothing is stored for them.
        not_visible: Accounts the platform does not show; a row without counts says so.
        skipped: Accounts not asked: no credentials, or the platform was left alone.
        rows: Rows in the day's part of the lake afterwards.
        rows_new: Rows among them whose facts an earlier run of the day had not stored.
        changed: Whether the part of the lake was written anew.
        problems: One line for each thing a person may want to know.
        message: All of it in one line, ending with the next step where there is one.
        stopped: Why the platform was left alone before the end, None when it was not.
        left: Accounts that were not asked because of that; the next run asks them.
        resets_at: When the platform grants a new budget (aware), None when none was used up.
        requests: Requests sent.
        retries: Requests repeated after a failure of the moment.
        waited_seconds: Pauses before those.
    """

    platform: str
    stream: str
    day: date
    message: str
    ok: int = 0
    failed: int = 0
    not_visible: int = 0
    skipped: int = 0
    rows: int = 0
    rows_new: int = 0
    changed: bool = False
    problems: tuple[str, ...] = ()
    stopped: str | None = None
    left: tuple[str, ...] = ()
    resets_at: datetime | None = None
    requests: int = 0
    retries: int = 0
    waited_seconds: float = 0.0

    @property
    def is_failure(self) -> bool:
        """Whether accounts were asked and none of them could be read."""
        return self.ok + self.not_visible == 0 and (self.failed > 0 or self.stopped is not None)


def describe(
    title: str,
    stream: str,
    day: date,
    counts: dict[str, int],
    *,
    rows: int,
    stopped: str | None,
    resets_at: datetime | None = None,
) -> str:
    """Return a report's one line.

    Args:
        title: The platform as people write it.
        stream: What was read.
        day: Local date.
        counts: `ok`, `failed`, `not_visible`, `skipped` -> accounts.
        rows: Rows in the lake's part.
        stopped: Why the platform was left alone, if it was.
        resets_at: When the platform grants a new budget, if one was used up.
    """
    words = [f"{counts['ok']} ok", f"{counts['failed']} failed"]
    words.append(f"{counts['not_visible']} not visible")
    if counts["skipped"]:
        words.append(f"{counts['skipped']} not asked")
    line = f"{title} {stream.replace('_', ' ')} of {day}: accounts {', '.join(words)}; {rows} rows"
    if stopped:
        line += f". Stopped: {stopped}"
        line = line if line.endswith(".") else line + "."
        # Without a budget's next day there is nothing to add: the advice stays the last word.
        if not (counts["skipped"] and resets_at):
            return line
        return f"{line} {counts['skipped']} accounts are left for then; that run asks them first."
    if counts["failed"]:
        line += ". Those that failed are listed in problems; run the same day again to ask them"
    return line + "."


def problems_of(outcomes: list[Outcome], notes: dict[str, str]) -> tuple[str, ...]:
    """Return what went wrong account by account, then what was odd about the answers."""
    by_account = sorted((o.account_id, o.problem) for o in outcomes if o.problem)
    return (*(problem for _, problem in by_account), *notes.values())
