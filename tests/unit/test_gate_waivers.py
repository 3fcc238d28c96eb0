"""Waivers lift exactly the rows that they name, and no longer than they were given for."""

from dataclasses import replace
from datetime import date

import duckdb
import pytest

from expectations.waivers import WaiverBook
from tests.support.gates import Waived

ROW = {"industry_id": "museums", "platform": "bluesky", "account_id": "museums_1.bluesky"}
WHOLE = Waived("w", "coverage", "2026-Q2")


def in_sql(condition, row):
    columns = ", ".join(f"'{value}' as {name}" for name, value in row.items())
    [(place,)] = duckdb.sql(f"select {condition} from (select {columns})").fetchall()
    return place


def lifted(waiver, row=ROW, *, check="coverage", quarter="2026-Q2", today=date(2026, 8, 20)):
    """Whether it lifts the row, asked in Python and in the database: one answer."""
    book = WaiverBook.open([waiver], quarter=quarter, today=today)
    python = book.lifting(check, row) is waiver
    assert (in_sql(book.lifting_sql(check, list(row)), row) == 0) is python
    return python


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({}, True),
        ({"industry": "museums"}, True),
        ({"industry": "museums", "platform": "bluesky", "account": "museums_1.bluesky"}, True),
        ({"industry": "ports"}, False),
        ({"platform": "mastodon"}, False),
        ({"account": "museums_2.bluesky"}, False),
    ],
)
def test_it_lifts_what_it_names(limits, expected):
    assert lifted(replace(WHOLE, **limits)) is expected


def test_another_check_or_quarter_is_not_lifted():
    assert not lifted(WHOLE, check="growth_coverage")
    assert not lifted(WHOLE, quarter="2026-Q1")


def test_a_row_without_the_key_that_a_waiver_names_is_not_lifted():
    row = {"industry_id": "museums", "platform": "bluesky"}
    assert not lifted(replace(WHOLE, account="museums_1.bluesky"), row)


def test_it_counts_on_its_last_day_and_not_on_the_next():
    waiver = replace(WHOLE, valid_until=date(2026, 8, 20))
    assert lifted(waiver, today=date(2026, 8, 20))
    assert not lifted(waiver, today=date(2026, 8, 21))
    book = WaiverBook.open([waiver], quarter="2026-Q2", today=date(2026, 8, 21))
    assert in_sql(book.expired_sql("coverage", list(ROW)), ROW) == 0


def test_one_without_an_end_counts_until_it_is_taken_away():
    assert lifted(replace(WHOLE, valid_until=None), today=date(2040, 1, 1))


def test_the_first_of_two_that_name_a_row_lifts_it_and_quotes_do_no_harm():
    other = replace(WHOLE, id="other", account="o'brien.x")
    book = WaiverBook.open([other, WHOLE], quarter="2026-Q2", today=date(2026, 8, 20))
    condition = book.lifting_sql("coverage", list(ROW))
    assert in_sql(condition, {**ROW, "account_id": "o''brien.x"}) == 0
    assert in_sql(condition, ROW) == 1
