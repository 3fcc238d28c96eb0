"""From values to HTML: numbers that say which cell they are, links that can be trusted.

Belongs here: the smallest pieces of markup. Every number stands in a `data` element with its full
value and its column, inside or on an element whose `data-row` names the table and the row's key, so
that a page can be read back and compared with the release.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from publication.report.language import Language
    from publication.report.source import Row

SUFFIXES = ("_previous", "_year_ago")
_MINUTES = ("minutes", "working minutes")


@dataclass(frozen=True, slots=True)
class Unit:
    """How a metric is written.

    Attributes:
        kind: `percent`, `minutes` or `number`.
        decimals: Places after the decimal sign.
        signed: Whether a rise is marked with a plus.
    """

    kind: str
    decimals: int
    signed: bool = False


def unit_of(column: str, definition: Row | None) -> Unit:
    """Return how a column or metric is written, by its definition or else by its name."""
    for suffix in SUFFIXES:
        column = column.removesuffix(suffix)
    unit = "" if definition is None else definition.word("unit")
    signed = "growth" in column or "change_count" in column
    if column.endswith("_minutes") or unit in _MINUTES:
        return Unit("minutes", 0)
    is_percent = column.endswith("_pct") or unit.startswith("percent")
    whole = column.endswith(("_count", "rank", "place", "position"))
    default = 0 if whole else 1 if is_percent else 2
    stated = None if definition is None else definition["decimals"]
    decimals = default if stated is None else int(stated)
    return Unit("percent" if is_percent else "number", decimals, signed)


def written(language: Language, value: float, unit: Unit) -> str:
    """Return a value as it is printed."""
    if unit.kind == "minutes":
        return language.minutes(value)
    if unit.kind == "percent":
        return language.percent(value, unit.decimals, signed=unit.signed)
    return language.number(value, unit.decimals, signed=unit.signed)


def data_element(
    row: Row, column: str, text: str, *, value: float, with_row: bool = False,
    key: str | None = None,
) -> Markup:  # fmt: skip
    """Return a number with the cell it comes from.

    Args:
        row: The row of the release.
        column: Its column.
        text: The number as printed.
        value: The number itself, whole.
        with_row: Whether the element names its row itself, because no element around it does.
        key: The key column that the element around it leaves out.
    """
    where = f' data-row="{escape(row.table)}?{escape(row.key)}"' if with_row else ""
    if key is not None:
        where += f' data-key="{escape(key)}={escape(row[key])}"'
    # A page has thousands of these, and Markup.format takes ten times as long.
    cell = f'value="{escape(repr(value))}" data-of="{escape(column)}"{where}'
    return Markup(f"<data {cell}>{escape(text)}</data>")  # noqa: S704 - every part is escaped


@lru_cache
def missing_element(language: Language, status: str) -> Markup:
    """Return a dash with the reason why there is no value."""
    key = f"status.{status}"
    reason = language.text(key) if language.has(key) else status.replace("_", " ")
    if not reason or status == "ok":
        reason = language.text("missing")
    return Markup('<span class="none">{} <small>{}</small></span>').format(language.missing, reason)


def safe_link(address: object) -> str | None:
    """Return a web address, or None for anything that is not plain http or https."""
    text = str(address or "")
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.netloc or text != text.strip():
        return None
    return text


def shortened(text: str, length: int = 220) -> str:
    """Return a text on one line, cut at a word."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    return line[:length].rsplit(" ", 1)[0] + " …"
