"""A CSV or Excel file as a header and numbered rows, whatever program wrote it."""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from extractors.imports.cells import text
from extractors.imports.layout import BadRow, ImportRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

EXCEL = {".xlsx", ".xlsm"}
_MOST_TITLES = 5
"""A header lies within this many lines."""


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


def read_sheet(path: Path, wanted: Callable[[frozenset[str]], bool] | None = None) -> Sheet:
    """Return the file's first sheet, or the first whose lower-cased header is `wanted`.

    Lines of a single cell above the header are titles and are passed over.

    Raises:
        ImportRefused: when it cannot be read as text or Excel, or has no header.
    """
    lines = _chosen(path, wanted)
    first = next(lines, None)
    if first is None:
        raise ImportRefused(f"{path} is empty. Its first line must name the columns.")
    header = tuple(text(cell).lower() for cell in first[1])
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise ImportRefused(f"{path} has the column {', '.join(twice)} more than once.")
    rows, bad = [], []
    for line, cells in lines:
        if not any(text(cell) for cell in cells):
            continue
        if len(cells) > len(header) and any(text(c) for c in cells[len(header) :]):
            bad.append(BadRow(line, f"has {len(cells)} cells, the header {len(header)}"))
            continue
        padded = [*cells, *[None] * (len(header) - len(cells))]
        named = {n: c for n, c in zip(header, padded, strict=False) if n}
        rows.append(Row(line, named))
    if bad:
        raise ImportRefused(_refusal(path, len(bad)), bad)
    if not rows:
        raise ImportRefused(f"{path} has a header and no rows. Nothing was imported.")
    return Sheet(header, tuple(rows))


def read_header(path: Path) -> frozenset[str]:
    """Return the lower-cased column names of a CSV, Excel or Parquet file."""
    if path.suffix.lower() == ".parquet":
        try:
            return frozenset(name.lower() for name in pq.read_schema(path).names)
        except pa.ArrowException as error:
            raise ImportRefused(f"{path} cannot be opened as a Parquet file: {error}") from None
    return _names(next(_chosen(path), (1, [])))


def _chosen(
    path: Path, wanted: Callable[[frozenset[str]], bool] | None = None
) -> Iterator[tuple[int, list[object]]]:
    sheets = _excel(path) if path.suffix.lower() in EXCEL else [list(_text(path))]
    sheets = [_untitled(lines) for lines in sheets]
    if wanted is not None:
        sheets = [lines for lines in sheets if lines and wanted(_names(lines[0]))] or sheets
    return iter(sheets[0] if sheets else [])


def _untitled(lines: list[tuple[int, list[object]]]) -> list[tuple[int, list[object]]]:
    for position, (_, cells) in enumerate(lines[:_MOST_TITLES]):
        if sum(bool(text(cell)) for cell in cells) > 1:
            return lines[position:]
    return lines


def _names(line: tuple[int, list[object]]) -> frozenset[str]:
    return frozenset(text(cell).lower() for cell in line[1])


def _refusal(path: Path, count: int) -> str:
    return f"{path}: {count} bad row(s), so nothing was imported. Mend them and import it again."


def _text(path: Path) -> Iterator[tuple[int, list[object]]]:
    try:
        content = path.read_bytes()
        utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        written = content.decode("utf-16" if utf_16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ImportRefused(
            f"{path} is not UTF-8 (byte {error.start}). Save it as CSV UTF-8 and import it again."
        ) from None
    if "\x00" in written:
        raise ImportRefused(f"{path} is no text file. Save it as CSV UTF-8 or XLSX.")
    delimiter = next(filter(None, map(_delimiter, written.splitlines()[:_MOST_TITLES])), ",")
    reader = csv.reader(io.StringIO(written, newline=""), delimiter=delimiter, strict=True)
    try:
        # A row may hold line breaks in quotes; it is named by the line on which it begins.
        begins = 1
        for cells in reader:
            yield begins, list(cells)
            begins = reader.line_num + 1
    except csv.Error as error:
        raise ImportRefused(f"{path}, line {reader.line_num}: {error}.") from None


def _delimiter(line: str) -> str:
    found = max(",;\t", key=line.count)
    return found if found in line else ""


def _excel(path: Path) -> list[list[tuple[int, list[object]]]]:
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            return [
                list(enumerate(map(list, sheet.iter_rows(values_only=True)), start=1))
                for sheet in book.worksheets
            ]
        finally:
            book.close()
    except Exception as error:  # noqa: BLE001 - openpyxl raises whatever the broken file provokes
        raise ImportRefused(f"{path} cannot be opened as an Excel file: {error}") from None
