"""The released tables in the formats that people open without a database: CSV, Excel, data package.

Belongs here: how a table is laid out for each of them. Does not belong here: what a table holds;
every export is read from the published file, after it has been compared with what was judged.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException

from expectations.warehouse import identifier, quoted
from publication.errors import ReleaseRefused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import duckdb

    from publication.manifest import ReleaseName

CSV, CSV_EXCEL_SV, WORKBOOK = "csv", "csv-excel-sv", "xlsx/benchmark.xlsx"
DATAPACKAGE = "parquet/datapackage.json"

EXCEL_ROWS = 10_000
"""Rows that a sheet holds. Excel holds a million, but such a file takes minutes to write and to
open: of a larger table the release's own quarter gets a sheet, all of it is in CSV and Parquet."""

_FRICTIONLESS = {
    "VARCHAR": "string",
    "BIGINT": "integer",
    "INTEGER": "integer",
    "DOUBLE": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "datetime",
}
_BYTE_ORDER_MARK = "\ufeff"
_TOP = 10
_TOP_LISTS = """
select
    size.industry_id,
    size.platform,
    size.rank,
    size.rank_previous,
    organisations.name,
    accounts.followers_end_count,
    accounts.followers_end_count_previous,
    accounts.follower_growth_pct
from marts.ranking_quarter as size
inner join marts.benchmark_account_quarter as accounts
    using (industry_id, platform, quarter, account_id)
inner join marts.dim_organisation as organisations
    on accounts.organisation_id = organisations.organisation_id
where size.metric = 'followers_end_count' and size.quarter = ?
order by size.industry_id, size.platform, size.rank, organisations.name collate sv
"""


@dataclass(frozen=True, slots=True)
class Column:
    """One published column: its DuckDB type and what it means."""

    name: str
    type: str
    comment: str | None


def columns_of(connection: duckdb.DuckDBPyConnection, table: str) -> list[Column]:
    """Return a published table's columns in their order."""
    found = connection.execute(
        "select column_name, data_type, comment from duckdb_columns() "
        "where schema_name = 'marts' and table_name = ? order by column_index",
        [table],
    ).fetchall()
    return [Column(str(name), str(kind), comment) for name, kind, comment in found]


def write_csv(connection: duckdb.DuckDBPyConnection, folder: Path, tables: list[str]) -> None:
    """Write every table twice: as standard CSV, and as a Swedish Excel opens it by a double click.

    Standard: comma, decimal point, UTF-8, an empty field for what is not known. For Excel:
    semicolon, decimal comma and a byte order mark; a text that Excel would take for a formula
    begins with an apostrophe. Rows stand in the order in which the published file holds them.
    """
    for name in (CSV, CSV_EXCEL_SV):
        (folder / name).mkdir(mode=0o755)
    for table in tables:
        source = identifier("marts", table)
        connection.execute(
            f"copy {source} to {quoted(str(folder / CSV / f'{table}.csv'))} (format csv, header)"
        )
        columns = columns_of(connection, table)
        cells = ", ".join(_excel_cell(column, is_first=i == 0) for i, column in enumerate(columns))
        connection.execute(
            f"copy (select {cells} from {source}) "  # noqa: S608 - quoted names
            f"to {quoted(str(folder / CSV_EXCEL_SV / f'{table}.csv'))} "
            "(format csv, header, delimiter ';')"
        )


def _excel_cell(column: Column, *, is_first: bool) -> str:
    name = identifier(column.name)
    shown = identifier(_BYTE_ORDER_MARK + column.name) if is_first else name
    if column.type == "DOUBLE":
        return f"replace(cast({name} as varchar), '.', ',') as {shown}"
    if column.type == "VARCHAR":
        return (
            f"case when regexp_matches({name}, '^[=+@\\t\\r-]') then '''' || {name} "
            f"else {name} end as {shown}"
        )
    return f"{name} as {shown}"


def write_datapackage(
    connection: duckdb.DuckDBPyConnection, folder: Path, tables: list[str], name: ReleaseName
) -> None:
    """Describe the Parquet files as a Frictionless data package: fields, types, meanings."""
    resources = []
    for table in tables:
        comment = connection.execute(
            "select comment from duckdb_tables() where schema_name = 'marts' and table_name = ?",
            [table],
        ).fetchone()
        fields = [
            {
                "name": column.name,
                "type": _FRICTIONLESS.get(column.type, "any"),
                **({"description": column.comment} if column.comment else {}),
            }
            for column in columns_of(connection, table)
        ]
        resources.append(
            {
                "name": table.replace("_", "-"),
                "path": f"{table}.parquet",
                "format": "parquet",
                "mediatype": "application/vnd.apache.parquet",
                "description": (comment or ("",))[0] or "",
                "schema": {"fields": fields},
            }
        )
    package = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": f"effektanalys-{str(name).lower().replace('/', '-')}",
        "title": f"Effektanalys {name}",
        "description": "Benchmark of organisations' social media, by industry and quarter. "
        "Every column is described; data_dictionary and metric_definitions hold the same in "
        "Swedish.",
        "resources": resources,
    }
    text = json.dumps(package, indent=2, ensure_ascii=False) + "\n"
    (folder / DATAPACKAGE).write_text(text, encoding="utf-8")


def write_workbook(
    connection: duckdb.DuckDBPyConnection, folder: Path, tables: list[str], name: ReleaseName
) -> None:
    """Write one workbook: a page to read first, the top lists with charts, a sheet a table.

    Raises:
        ReleaseRefused: when it cannot be written.
    """
    path = folder / WORKBOOK
    path.parent.mkdir(mode=0o755)
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "constant_memory": False,
        "default_date_format": "yyyy-mm-dd",
    }
    try:
        with xlsxwriter.Workbook(str(path), options) as book:
            _fill(_Workbook(book), connection, tables, name)
    except (OSError, XlsxWriterException) as error:
        raise ReleaseRefused(
            f"The workbook could not be written: {error}.",
            where=str(path),
            next_command="look at the disk and its free space, then publish again",
        ) from error


class _Workbook:
    """The workbook and the few formats it uses."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.book = book
        self.head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.wrap = book.add_format({"text_wrap": True, "valign": "top"})
        self.title = book.add_format({"bold": True, "font_size": 16})
        self.by_type = {
            "BIGINT": book.add_format({"num_format": "#,##0"}),
            "DOUBLE": book.add_format({"num_format": "#,##0.00"}),
            "DATE": book.add_format({"num_format": "yyyy-mm-dd"}),
            "TIMESTAMP": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        }


def _fill(
    book: _Workbook, connection: duckdb.DuckDBPyConnection, tables: list[str], name: ReleaseName
) -> None:
    sheets: list[tuple[str, str]] = [("Topplistor", "Top lists of the quarter, with charts.")]
    readme = book.book.add_worksheet("Läs mig - Read me")
    _top_lists(book, connection, name.quarter)
    for table in tables:
        words = _table_comment(connection, table)
        rows = f"from {identifier('marts', table)}"
        count = _count(connection, rows)
        if count > EXCEL_ROWS and "quarter" in (c.name for c in columns_of(connection, table)):
            words += f" Here {name.quarter} only; all {count:,} rows are in csv/{table}.csv."
            rows += f" where quarter = {quoted(name.quarter)}"
            count = _count(connection, rows)
        if count > EXCEL_ROWS:
            sheets.append((table, f"{count:,} rows: too many for a sheet, see csv/{table}.csv."))
            continue
        sheets.append((table, words.strip()))
        _table_sheet(book, connection, table, rows)
    _read_me(book, readme, sheets, name)


def _count(connection: duckdb.DuckDBPyConnection, rows: str) -> int:
    return int((connection.execute(f"select count(*) {rows}").fetchone() or (0,))[0])


def _table_comment(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    found = connection.execute(
        "select comment from duckdb_tables() where schema_name = 'marts' and table_name = ?",
        [table],
    ).fetchone()
    return str(found[0]) if found and found[0] else ""


def _read_me(
    book: _Workbook,
    sheet: xlsxwriter.worksheet.Worksheet,
    sheets: list[tuple[str, str]],
    name: ReleaseName,
) -> None:
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 110)
    sheet.write_string(0, 0, f"Effektanalys {name}", book.title)
    lines = (
        ("Källa / Source", f"Effektanalys, {name}."),
        ("Tomt", "Ett värde som inte är känt är tomt; skälet står i kolumnen _status bredvid."),
        (
            "Empty",
            "A value that is not known is empty; the reason is in the _status column beside.",
        ),
        ("Kolumner", "data_dictionary förklarar varje kolumn, metric_definitions varje mått."),
        ("Columns", "data_dictionary explains every column, metric_definitions every metric."),
    )
    for row, (label, text) in enumerate(lines, start=2):
        sheet.write_string(row, 0, label, book.head)
        sheet.write_string(row, 1, text, book.wrap)
    first = len(lines) + 3
    sheet.write_row(first, 0, ["Blad / Sheet", "Innehåll / Content"], book.head)
    for row, (title, text) in enumerate(sheets, start=first + 1):
        sheet.write_url(row, 0, f"internal:'{title[:31]}'!A1", string=title)
        sheet.write_string(row, 1, text, book.wrap)


def _table_sheet(
    book: _Workbook, connection: duckdb.DuckDBPyConnection, table: str, rows: str
) -> None:
    columns = columns_of(connection, table)
    sheet = book.book.add_worksheet(table[:31])
    sheet.freeze_panes(1, 0)
    # Told what a column holds, the writer need not ask each of a million cells.
    writers = [_writer(sheet, column) for column in columns]
    cursor = connection.execute(f"select * {rows}")
    row = 0
    while batch := cursor.fetchmany(10_000):
        for values in batch:
            row += 1
            for position, value in enumerate(values):
                if value is not None:
                    writers[position](row, position, value)
    for position, column in enumerate(columns):
        sheet.write_string(0, position, column.name, book.head)
        width = 12 if column.type in book.by_type else 20
        sheet.set_column(position, position, width, book.by_type.get(column.type))
    if columns:
        sheet.autofilter(0, 0, max(row, 1), len(columns) - 1)


def _writer(sheet: xlsxwriter.worksheet.Worksheet, column: Column) -> Callable[..., int]:
    writers: dict[str, Callable[..., int]] = {
        "VARCHAR": sheet.write_string,
        "BIGINT": sheet.write_number,
        "INTEGER": sheet.write_number,
        "DOUBLE": sheet.write_number,
        "BOOLEAN": sheet.write_boolean,
    }
    other: Callable[..., int] = sheet.write
    return writers.get(column.type, other)


def _top_lists(book: _Workbook, connection: duckdb.DuckDBPyConnection, quarter: str) -> None:
    sheet = book.book.add_worksheet("Topplistor")
    sheet.set_column(0, 1, 8)
    sheet.set_column(2, 2, 44)
    sheet.set_column(3, 5, 14)
    lists: dict[tuple[str, str], list[tuple[object, ...]]] = {}
    for industry, platform, *values in connection.execute(_TOP_LISTS, [quarter]).fetchall():
        rows = lists.setdefault((str(industry), str(platform)), [])
        if len(rows) < _TOP:
            rows.append(tuple(values))
    row = 0
    for (industry, platform), rows in lists.items():
        sheet.write_string(row, 0, f"{industry}, {platform}, {quarter}", book.title)
        head = ["plats", "(förra)", "organisation", "följare", "(förra)", "tillväxt, %"]
        sheet.write_row(row + 1, 0, head, book.head)
        for place, cells in enumerate(rows, start=row + 2):
            for position, value in enumerate(cells):
                kind = "DOUBLE" if isinstance(value, float) else "BIGINT"
                if value is not None:
                    sheet.write(place, position, value, book.by_type[kind])
        _chart(book, sheet, row + 2, len(rows), f"Följare, {industry}, {platform}, {quarter}")
        row += max(len(rows) + 4, 18)


def _chart(
    book: _Workbook, sheet: xlsxwriter.worksheet.Worksheet, first: int, count: int, title: str
) -> None:
    chart = book.book.add_chart({"type": "bar"})
    last = first + count - 1
    chart.add_series(
        {
            "name": "följare",
            "categories": ["Topplistor", first, 2, last, 2],
            "values": ["Topplistor", first, 3, last, 3],
        }
    )
    chart.set_title({"name": title, "name_font": {"size": 11}})
    chart.set_legend({"none": True})
    chart.set_y_axis({"reverse": True})
    sheet.insert_chart(first - 1, 7, chart, {"description": title})
