"""Words and numbers as readers of Swedish and English expect them.

Belongs here: translations (`translations.yaml`), numbers, dates, quarters. Does not belong here:
HTML.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import yaml
from babel.dates import format_date, format_datetime, get_timezone
from babel.numbers import format_decimal

if TYPE_CHECKING:
    from datetime import date, datetime

Code = Literal["sv", "en"]
CODES: tuple[Code, ...] = ("sv", "en")
TRANSLATIONS = Path(__file__).with_name("translations.yaml")
_LOCALES = {"sv": "sv_SE", "en": "en_GB"}
_THIN, _MINUS, _DASH = "\u202f", "\u2212", "\u2013"
_MINUTES_SHOWN_ALONE = 120
_HOUR = 60
_QUARTERS = {
    "sv": ("första", "andra", "tredje", "fjärde"),
    "en": ("first", "second", "third", "fourth"),
}
_PLATFORMS = {
    "bluesky": "Bluesky",
    "facebook": "Facebook",
    "instagram": "Instagram",
    "linkedin": "LinkedIn",
    "mastodon": "Mastodon",
    "snapchat": "Snapchat",
    "threads": "Threads",
    "tiktok": "TikTok",
    "x": "X",
    "youtube": "YouTube",
}


@lru_cache
def translations() -> dict[str, dict[str, Any]]:
    """Return every text, by its key and language."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(TRANSLATIONS.read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class Language:
    """One language of the report."""

    code: Code

    @property
    def other(self) -> Code:
        """The language that the page's twin is in."""
        return "en" if self.code == "sv" else "sv"

    def text(self, key: str, /, **values: object) -> str:
        """Return a text; with `n`, its form for that many.

        Raises:
            KeyError: when there is no such text in this language; a half-translated page is worse
                than none.
        """
        found = translations()[key][self.code]
        if isinstance(found, dict):
            found = found["one" if values.get("n") == 1 else "other"]
        if "n" in values and isinstance(values["n"], int):
            values["n"] = self.number(values["n"])
        return str(found).format(**values) if values else str(found)

    def has(self, key: str) -> bool:
        """Return whether there is such a text."""
        return key in translations()

    def number(self, value: float, decimals: int = 0, *, signed: bool = False) -> str:
        """Return a number: `12 345,6` or `12,345.6`, with a real minus sign."""
        text = _formatted(value, decimals, _LOCALES[self.code])
        if not any(digit in text for digit in "123456789"):
            return text.lstrip(_MINUS)
        return f"+{text}" if signed and value > 0 else text

    def percent(self, value: float, decimals: int = 1, *, signed: bool = False) -> str:
        """Return a percentage given as 0-100: `1,3 %` or `1.3%`."""
        gap = "\u00a0" if self.code == "sv" else ""
        return f"{self.number(value, decimals, signed=signed)}{gap}%"

    def minutes(self, value: float) -> str:
        """Return a duration given in minutes, in whole minutes: `45 min`, `3 h 20 min`."""
        whole = int(value + 0.5)
        if whole < _MINUTES_SHOWN_ALONE:
            return f"{self.number(whole)}\u00a0min"
        hours, minutes = divmod(whole, _HOUR)
        return f"{self.number(hours)}\u00a0h {minutes}\u00a0min"

    def quarter(self, label: str) -> str:
        """Return a quarter in words: `andra kvartalet 2026`, `second quarter of 2026`."""
        ordinal = _QUARTERS[self.code][int(label[-1]) - 1]
        if self.code == "sv":
            return f"{ordinal} kvartalet {label[:4]}"
        return f"{ordinal} quarter of {label[:4]}"

    def quarter_short(self, label: str) -> str:
        """Return a quarter for a column or an axis: `kv 2 2026`, `Q2 2026`."""
        word = "kv\u00a0" if self.code == "sv" else "Q"
        return f"{word}{label[-1]}\u00a0{label[:4]}"

    def quarter_tiny(self, label: str) -> str:
        """Return a quarter for a small axis: `kv2 26`, `Q2 26`."""
        word = "kv" if self.code == "sv" else "Q"
        return f"{word}{label[-1]} {label[2:4]}"

    def day(self, value: date) -> str:
        """Return a date: `30 juni 2026`."""
        return format_date(value, "d MMMM y", locale=_LOCALES[self.code])

    def moment(self, value: datetime, zone: str) -> str:
        """Return a UTC instant in the reporting zone: `30 juni 2026 14:05`."""
        pattern = "d MMMM y HH:mm"
        tzinfo = get_timezone(zone)
        return format_datetime(value, pattern, tzinfo=tzinfo, locale=_LOCALES[self.code])

    def platform(self, name: str) -> str:
        """Return a platform's own name."""
        return _PLATFORMS.get(name, name)

    def listed(self, words: list[str]) -> str:
        """Return words as a list in a sentence: `a, b och c`."""
        if len(words) < 2:  # noqa: PLR2004 - one word is no list
            return "".join(words)
        return f"{', '.join(words[:-1])} {self.text('and')} {words[-1]}"

    @property
    def missing(self) -> str:
        """What stands where a value is missing."""
        return _DASH


@lru_cache(maxsize=65_536)
def _formatted(value: float, decimals: int, locale: str) -> str:
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    text = format_decimal(value, format=pattern, locale=locale)
    return text.replace("\u00a0", _THIN).replace("-", _MINUS)
