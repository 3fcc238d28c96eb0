"""Every export reads back as what the release's database holds."""

from __future__ import annotations

import csv
import json
from datetime import datetime

import duckdb
import openpyxl
import pytest

from publication.exports import CSV, CSV_EXCEL_SV, DATAPACKAGE, WORKBOOK
from tests.support.candidate import clean_copy
from tests.support.gates import QUARTER, alter, gate, release

FORMULA = "=1+1 Åhléns"


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    data = clean_copy(tmp_path_factory.mktemp("exports"))
    alter(data, f"update marts.dim_organisation set name = '{FORMULA}' "
                "where organisation_id = 'ports_1'")  # fmt: skip
    gate(data)
    return release(data, QUARTER).path


@pytest.fixture(scope="module")
def tables(published):
    with duckdb.connect(str(published / "benchmark.duckdb"), read_only=True) as connection:
        names = [
            name
            for (name,) in connection.execute(
                "select table_name from duckdb_tables() where schema_name = 'marts' order by 1"
            ).fetchall()
        ]
        return {
            name: connection.execute(f"select * from marts.{name} order by all").fetchall()
            for name in names
        }


def text(value):
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def test_standard_csv_reads_back_as_the_tables(published, tables):
    for name, rows in tables.items():
        with (published / CSV / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            _, *lines = list(csv.reader(file))
        assert len(lines) == len(rows), name
        for line, row in zip(lines, rows, strict=True):
            for cell, value in zip(line, row, strict=True):
                if isinstance(value, float):
                    assert float(cell) == value
                elif isinstance(value, datetime):
                    assert datetime.fromisoformat(cell) == value
                else:
                    assert cell == text(value)


def test_swedish_excel_gets_semicolons_decimal_commas_and_its_mark(published, tables):
    path = published / CSV_EXCEL_SV / "benchmark_account_quarter.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        head, *lines = list(csv.reader(file, delimiter=";"))
    assert head[0] == "industry_id"
    growth = head.index("follower_growth_pct")
    rows = tables["benchmark_account_quarter"]
    assert [float(line[growth].replace(",", ".")) for line in lines if line[growth]] == [
        row[growth] for row in rows if row[growth] is not None
    ]
    assert any("," in line[growth] for line in lines)
    assert not any("." in line[growth] for line in lines)


def test_a_text_that_looks_like_a_formula_is_none(published):
    path = published / CSV_EXCEL_SV / "dim_organisation.csv"
    assert f"'{FORMULA}" in path.read_text(encoding="utf-8-sig")
    book = openpyxl.load_workbook(published / WORKBOOK)
    cells = [cell for row in book["dim_organisation"].iter_rows() for cell in row]
    [cell] = [cell for cell in cells if cell.value == FORMULA]
    assert cell.data_type == "s"


def test_the_workbook_reads_back_as_the_tables(published, tables):
    book = openpyxl.load_workbook(published / WORKBOOK)
    assert book.sheetnames[0] == "Läs mig - Read me"
    for name, rows in tables.items():
        sheet = book[name[:31]]
        assert sheet.freeze_panes == "A2"
        found = list(sheet.iter_rows(min_row=2, values_only=True))
        assert len(found) == len(rows), name
        for line, row in zip(found, rows, strict=True):
            for cell, value in zip(line, row, strict=True):
                if isinstance(value, float):
                    assert cell == pytest.approx(value, rel=1e-12)
                elif value is not None and hasattr(value, "year"):
                    assert str(cell)[:10] == str(value)[:10]
                else:
                    assert cell == value, name


def test_the_top_lists_have_a_chart_each(published, tables):
    book = openpyxl.load_workbook(published / WORKBOOK)
    industries = {row[0] for row in tables["benchmark_industry_quarter"]}
    assert len(book["Topplistor"]._charts) == len(industries)


def test_the_data_package_names_every_field_with_its_type(published, tables):
    package = json.loads((published / DATAPACKAGE).read_text(encoding="utf-8"))
    assert len(package["resources"]) == len(tables)
    for resource in package["resources"]:
        file = published / "parquet" / resource["path"]
        stored = duckdb.execute(f"describe select * from '{file}'").fetchall()
        assert [f["name"] for f in resource["schema"]["fields"]] == [row[0] for row in stored]
        assert not [f for f in resource["schema"]["fields"] if f["type"] == "any"]
