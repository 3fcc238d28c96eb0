"""The calendar of the gate, across year ends."""

from datetime import date

import pytest

from expectations.preparation import quarter_days, shift_quarter


@pytest.mark.parametrize(
    ("quarter", "first", "last"),
    [
        ("2025-Q4", date(2025, 10, 1), date(2025, 12, 31)),
        ("2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        ("2026-Q2", date(2026, 4, 1), date(2026, 6, 30)),
        ("2026-Q3", date(2026, 7, 1), date(2026, 9, 30)),
    ],
)
def test_a_quarter_has_its_calendar_days(quarter, first, last):
    assert quarter_days(quarter) == (first, last)


@pytest.mark.parametrize("text", ["2026-04", "2026-Q5", "2026Q1", "../2026-Q1", "2026-Q1/r1", ""])
def test_anything_else_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match="is not a quarter. Write it like 2026-Q2"):
        quarter_days(text)


def test_quarters_shift_over_the_turn_of_the_year():
    assert shift_quarter("2026-Q1", -1) == "2025-Q4"
    assert shift_quarter("2025-Q4", 1) == "2026-Q1"
    assert shift_quarter("2026-Q2", -4) == "2025-Q2"
