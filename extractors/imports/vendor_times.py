"""Times as the platforms' exports write them: ISO, a month by its name, an offset or a known zone.

Belongs here: writings that have one meaning only. `03/04/2025` has two and is left to
`--date-format`; so has `CST`, which is an hour in America and another in China.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractors.imports.cells import BadCell, Moments, text

if TYPE_CHECKING:
    from datetime import datetime

    from extractors.imports.layout import ImportContext

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januari",
            "feb february februari",
            "mar march mars",
            "apr april",
            "may maj",
            "jun june juni",
            "jul july juli",
            "aug august augusti",
            "sep sept september",
            "oct october okt oktober",
            "nov november",
            "dec december",
        ),
        start=1,
    )
    for name in names.split()
}
_WEEKDAYS = """mon monday tue tues tuesday wed wednesday thu thur thurs thursday fri friday
    sat saturday sun sunday mån måndag tis tisdag ons onsdag tor tors torsdag fre fredag
    lör lördag sön söndag"""
_IGNORED = frozenset({*_WEEKDAYS.split(), "at", "kl"})
_ZONES = {
    **dict.fromkeys(("UTC", "GMT", "Z", "WET"), 0),
    **dict.fromkeys(("CET", "WEST"), 1),
    **dict.fromkeys(("CEST", "EET"), 2),
    "EEST": 3,
    "EDT": -4,
    **dict.fromkeys(("EST", "CDT"), -5),
    "MDT": -6,
    **dict.fromkeys(("MST", "PDT"), -7),
    "PST": -8,
    "NZST": 12,
    "NZDT": 13,
}
_ZONED = re.compile(r"(.*:[0-9]{2})\s+([A-Z]{1,5})")
_SPACED_OFFSET = re.compile(r"(.*:[0-9]{2})\s+([+-][0-9]{2}):?([0-9]{2})")
_PIECE = re.compile(r"[^\W\d_]+|[0-9]+(?::[0-9]{2}){1,2}|[0-9]+|[^\s,.]")
_OFFSET = re.compile(r"(.*:[0-9]{2})([+-][0-9]{2}:[0-9]{2})")
_SHAPES = (
    ("clock", re.compile("[0-9]{1,2}(:[0-9]{2}){1,2}")),
    ("year", re.compile("[0-9]{4}")),
    ("day", re.compile("[0-9]{1,2}")),
)
_HALF_DAY = 12
_HALVES = {"am": 0, "fm": 0, "pm": _HALF_DAY, "em": _HALF_DAY}


@dataclass(frozen=True, slots=True)
class Times:
    """Reads cells as moments; `column` names the cell where it is empty."""

    moments: Moments
    column: str

    @classmethod
    def of(cls, context: ImportContext, column: str) -> Times:
        """Return a reader by the context's rules."""
        return cls(Moments(context.timezone, context.date_format, context.now), column)

    def read(self, cell: object) -> tuple[datetime, bool]:
        """Return the moment in UTC, and whether noon had to be assumed.

        Raises:
            BadCell: when it is empty, has two meanings, cannot be or has not come yet.
        """
        if not text(cell):
            raise BadCell(f"{self.column} is empty")
        if not isinstance(cell, str):
            return self.moments.read(cell)
        written = cell.strip()
        if zoned := _SPACED_OFFSET.fullmatch(written):
            written = f"{zoned[1]}{zoned[2]}:{zoned[3]}"
        elif (zoned := _ZONED.fullmatch(written)) and zoned[2].lower() not in _HALVES:
            written = f"{zoned[1]}{_offset(zoned[2], written)}"
        return self.moments.read(_with_named_month(written) or written)


def _offset(zone: str, written: str) -> str:
    if zone not in _ZONES:
        raise BadCell(f"the zone {zone} of {written} has several meanings; write it as +01:00")
    return f"{_ZONES[zone]:+03d}:00"


def _with_named_month(written: str) -> str | None:
    """Return a time whose month is a word as ISO, or None where it is not written so."""
    zoned = _OFFSET.fullmatch(written)
    written, offset = (zoned[1], zoned[2]) if zoned else (written, "")
    found: dict[str, str] = {}
    for piece in _PIECE.findall(written.lower()):
        kind = _kind(piece)
        if kind in found:
            return None
        if kind:
            found[kind] = piece
    if not found.keys() >= {"month", "day", "year"} or "other" in found:
        return None
    iso = f"{found['year']}-{_MONTHS[found['month']]:02}-{int(found['day']):02}"
    if "clock" not in found:
        return iso
    hour, _, rest = found["clock"].partition(":")
    if "half" in found:
        if not 1 <= int(hour) <= _HALF_DAY:
            return None
        hour = str(int(hour) % _HALF_DAY + _HALVES[found["half"]])
    return f"{iso} {int(hour):02}:{rest}{offset}"


def _kind(piece: str) -> str:
    """Return what a piece of a written time is; an empty text for a word that adds nothing."""
    if piece in _IGNORED:
        return ""
    if piece in _MONTHS:
        return "month"
    if piece in _HALVES:
        return "half"
    return next((kind for kind, shape in _SHAPES if shape.fullmatch(piece)), "other")
