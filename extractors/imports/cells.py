"""Cells of a sheet as counts and moments: exact, or refused with the reason.

Nothing is coerced, rounded or guessed: `12,345` may be twelve thousand or twelve, `03/04/2025` may
be in March or in April.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

_DIGITS = re.compile(r"[0-9]{1,19}")
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HOUR = re.compile("%[HIcXT]")
_LARGEST = 2**63 - 1
_EARLIEST = datetime(1997, 1, 1, tzinfo=UTC)
"""Before it there was no platform to follow anybody on: such a day is a slip of a spreadsheet."""
NOON = time(12)
"""A day without a time is read as noon local time: it is that day in every zone of Europe."""


class BadCell(ValueError):
    """A cell that says nothing certain; the message says why."""


def text(cell: object) -> str:
    """Return a cell as trimmed text, an empty one as `""`; Excel holds ids of digits as numbers."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else str(cell).strip()


def count(cell: object) -> int | None:
    """Return an exact count; an empty cell is None, never 0.

    Raises:
        BadCell: for anything but plain digits.
    """
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None
    if isinstance(cell, bool):
        raise BadCell(f"{cell} is no count")
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        cell = int(cell)
    digits = str(cell).strip()
    if not _DIGITS.fullmatch(digits):
        raise BadCell(f"{digits!r} is no exact count; write digits only, e.g. 12345")
    value = int(digits)
    if value > _LARGEST:
        raise BadCell(f"{digits} is larger than any count can be")
    return value


@dataclass(frozen=True, slots=True)
class Moments:
    """Reads cells as moments.

    Attributes:
        timezone: IANA zone of times written without one.
        date_format: `strptime` format of dates that are not ISO; None refuses them. One that begins
            with the year is for every date.
        now: The present; later moments are refused.
    """

    timezone: str
    date_format: str | None
    now: datetime

    def read(self, cell: object) -> tuple[datetime, bool]:
        """Return the moment in UTC, and whether noon had to be assumed.

        Raises:
            BadCell: when it is empty, ambiguous, impossible or in the future.
        """
        moment, assumed = self._moment(cell)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(self.timezone))
        if moment > self.now:
            raise BadCell(f"{cell} has not come yet")
        if moment < _EARLIEST:
            raise BadCell(f"{cell} is before there was anything to follow")
        return moment.astimezone(UTC), assumed

    def _moment(self, cell: object) -> tuple[datetime, bool]:
        if isinstance(cell, datetime):
            assumed = cell.time() == time(0) and cell.tzinfo is None
            return (datetime.combine(cell.date(), NOON), True) if assumed else (cell, False)
        if isinstance(cell, date):
            return datetime.combine(cell, NOON), True
        written = text(cell)
        if not written:
            raise BadCell("observed_at is empty")
        # A format that begins with the year claims what looks like ISO: %Y-%d-%m is not ISO.
        if _ISO_DAY.match(written) and not (self.date_format or "").startswith("%Y"):
            return self._iso(written)
        if self.date_format is None:
            raise BadCell(
                f"the date {written} could mean several days; write 2025-04-03, "
                'or say how it is written: --date-format "%d/%m/%Y"'
            )
        try:
            read = datetime.strptime(written, self.date_format)  # noqa: DTZ007 - local by our rule
        except ValueError:
            raise BadCell(f"the date {written} is not written as {self.date_format}") from None
        if _HOUR.search(self.date_format):
            return read, False
        return datetime.combine(read.date(), NOON), True

    def _iso(self, written: str) -> tuple[datetime, bool]:
        try:
            if _ISO_DAY.fullmatch(written):
                return datetime.combine(date.fromisoformat(written), NOON), True
            return datetime.fromisoformat(written), False
        except ValueError:
            raise BadCell(f"{written} is no day or time there is") from None
