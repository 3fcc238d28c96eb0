"""A CSV or Excel file as a header and numbered rows, whatever program wrote it."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import openpyxl
import pyarrow.parquet as pq

from extractors.imports.layout import BadRow, ImportRefused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EXCEL = {".xlsx", ".xlsm"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line in the file and its cells by lower-cased column name."""

    line: int
    cells: dict[str, object]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file's header, lower-cased and trimmed, and its rows; blank rows are left out."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]


def read_sheet(path: Path) -> Sheet:
    """Return the file's first sheet.

    Raises:
        ImportRefused: when it cannot be read as text or Excel, or has no header.
    """
    lines = _excel(path) if path.suffix.lower() in EXCEL else _text(path)
    first = next(lines, None)
    if first is None:
        raise ImportRefused(f"{path} is empty. Its first line must name the columns.")
    header = tuple(str(cell or "").strip().lower() for cell in first[1])
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise ImportRefused(f"{path} has the column {', '.join(twice)} more than once.")
    rows, bad = [], []
    for line, cells in lines:
        if not any(cell not in (None, "") for cell in cells):
            continue
        if len(cells) > len(header) and any(c not in (None, "") for c in cells[len(header) :]):
            bad.append(BadRow(line, f"has {len(cells)} cells, the header {len(header)}"))
            continue
        padded = [*cells, *[None] * (len(header) - len(cells))]
        named = {n: c for n, c in zip(header, padded, strict=False) if n}
        rows.append(Row(line, named))
    if bad:
        raise ImportRefused(_refusal(path, len(bad)), bad)
    return Sheet(header, tuple(rows))


def read_header(path: Path) -> frozenset[str]:
    """Return the lower-cased column names of a CSV, Excel or Parquet file."""
    if path.suffix.lower() == ".parquet":
        return frozenset(name.lower() for name in pq.read_schema(path).names)
    lines = _excel(path) if path.suffix.lower() in EXCEL else _text(path)
    first = next(lines, (1, []))
    return frozenset(str(cell or "").strip().lower() for cell in first[1])


def _refusal(path: Path, count: int) -> str:
    return f"{path}: {count} bad row(s), so nothing was imported. Mend them and import it again."


def _text(path: Path) -> Iterator[tuple[int, list[object]]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ImportRefused(
            f"{path} is not UTF-8 (byte {error.start}). Save it as CSV UTF-8 and import it again."
        ) from None
    if "\x00" in text:
        raise ImportRefused(f"{path} is no text file. Save it as CSV UTF-8 or XLSX.")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            yield reader.line_num, list(cells)
    except csv.Error as error:
        raise ImportRefused(f"{path}, line {reader.line_num}: {error}.") from None


def _excel(path: Path) -> Iterator[tuple[int, list[object]]]:
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # noqa: BLE001 - openpyxl raises whatever the broken file provokes
        raise ImportRefused(f"{path} cannot be opened as an Excel file: {error}") from None
    try:
        for number, cells in enumerate(book.worksheets[0].iter_rows(values_only=True), start=1):
            yield number, list(cells)
    finally:
        book.close()
