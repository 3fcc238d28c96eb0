"""Reading a page's numbers back: what it printed, and which cell of the release it says it is.

Belongs here: the reading, with the standard library's parser. Nothing of the report's own code.
"""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import parse_qsl

VOID = {"meta", "link", "br", "hr", "img", "input", "line", "circle", "path", "rect"}


@dataclass
class Number:
    table: str
    key: dict[str, str]
    column: str
    value: float
    text: str = ""


class Numbers(HTMLParser):
    """Collects every `data` element with the row that it, or an element around it, names."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Number] = []
        self._rows: list[str | None] = []
        self._open: Number | None = None

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        if tag in VOID:
            return
        self._rows.append(named.get("data-row") or (self._rows[-1] if self._rows else None))
        if tag == "data":
            row = self._rows[-1]
            assert row is not None, f"a number without a row: {attrs}"
            table, _, key = row.partition("?")
            keys = dict(parse_qsl(key)) | dict(parse_qsl(named.get("data-key", "")))
            self._open = Number(table, keys, named["data-of"], float(named["value"]))

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_data(self, data):
        if self._open is not None:
            self._open.text += data

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        self._rows.pop()
        if tag == "data":
            self.found.append(self._open)
            self._open = None


def numbers_of(html: str) -> list[Number]:
    reader = Numbers()
    reader.feed(html)
    return reader.found


def read_number(text: str, language: str) -> tuple[float, float]:
    """Return a printed number and half of its last decimal's worth."""
    plain = text.replace("\u202f", "").replace("\u00a0", " ").replace("\u2212", "-")
    plain = plain.replace("%", "").replace("+", "").strip()
    if language == "en":
        plain = plain.replace(",", "")
    else:
        assert "." not in plain, f"a decimal point in Swedish: {text}"
        plain = plain.replace(",", ".")
    if "min" in plain:
        hours, _, minutes = plain.rpartition(" h ")
        return 60 * float(hours or 0) + float(minutes.replace("min", "")), 0.5
    decimals = len(plain.partition(".")[2])
    return float(plain), 0.5 * 10**-decimals
