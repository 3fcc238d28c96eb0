"""The project's own generic dbt tests find what they are for, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import jinja2
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "dbt_project/tests/generic"

STUBS = {
    "window_read_from_date": lambda: "date '2026-03-25'",
    "window_end_date": lambda: "date '2026-06-30'",
    "local_date": lambda column: (
        f"cast({column} at time zone 'UTC' at time zone 'Europe/Stockholm' as date)"
    ),
}


def failing(test: str, rows: str, **arguments) -> list[tuple]:
    """Render one generic test over `rows`, a SQL relation in parentheses, and run it."""
    text = (FOLDER / f"{test}.sql").read_text()
    [body] = re.findall(r"{% test \w+\(.*?\) %}(.*){% endtest %}", text, re.DOTALL)
    sql = jinja2.Template(body).render(model=rows, **arguments, **STUBS)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("(values (1, 'a'), (1, 'b'), (2, 'a'))", []),
        ("(values (1, 'a'), (1, 'a'), (1, 'a'), (2, 'a'))", [(1, "a", 3)]),
        ("(values (1, null), (1, null))", [(1, None, 2)]),
    ],
)
def test_unique_combination_names_each_combination_that_repeats(rows, expected):
    found = failing("unique_combination", f"{rows} as t (key, part)", columns=["key", "part"])
    assert found == expected


@pytest.mark.parametrize(
    ("value", "status", "fails"),
    [
        ("1.5", "'ok'", False),
        ("null", "'stale_end'", False),
        ("null", "'ok'", True),
        ("0.0", "'stale_end'", True),
        ("null", "null", True),
    ],
)
def test_null_has_reason_wants_exactly_one_of_value_and_reason(value, status, fails):
    rows = f"(select {value} as growth, {status} as growth_status)"
    found = failing("null_has_reason", rows, status_columns={"growth": "growth_status"})
    assert bool(found) is fails


def test_null_has_reason_names_the_figure_and_counts_the_rows():
    rows = (
        "(values (1, 'ok', null, 'stale_end'), (null, 'ok', 2, 'stale_end'), "
        "(null, 'ok', null, null)) as t (size, size_status, growth, growth_status)"
    )
    found = failing(
        "null_has_reason",
        rows,
        status_columns={"size": "size_status", "growth": "growth_status"},
    )
    assert sorted(found, key=str) == [
        ("growth", "stale_end", 1),
        ("growth", None, 1),
        ("size", "ok", 2),
    ]


def test_no_nulls_names_the_column_and_counts_the_rows():
    rows = "(values (1, null), (2, 'a'), (3, null)) as t (key, part)"
    assert failing("no_nulls", rows, columns=["key", "part"]) == [("part", 2)]
    assert failing("no_nulls", rows, columns=["key"]) == []


def test_known_in_dimensions_names_each_key_that_no_dimension_has():
    rows = (
        "(values ('a', '2026-Q1'), ('b', '2026-Q1'), ('b', '2026-Q2'), (null, '2026-Q1')) "
        "as t (account_id, quarter)"
    )
    dimensions = {
        "dim_account": "(values ('a')) as dim_account (account_id)",
        "dim_quarter": "(values ('2026-Q1')) as dim_quarter (quarter)",
    }
    found = failing(
        "known_in_dimensions",
        f"(select * from {rows})",
        columns=["account_id", "quarter"],
        ref=lambda name: f"(select * from {dimensions[name]})",
    )
    assert sorted(found) == [("account_id", "b", 2), ("quarter", "2026-Q2", 1)]


@pytest.mark.parametrize(
    ("moment", "folder", "fails"),
    [
        ("2026-06-30 21:59:59", "2026-06-30", False),
        ("2026-06-30 22:00:00", "2026-06-30", True),
        ("2026-06-30 22:00:00", "2026-07-01", False),  # outside the window of the build
        ("2026-03-31 22:00:00", "2026-04-01", False),
        ("2026-03-28 22:59:59", "2026-03-28", False),  # the last hours of winter time
        ("2026-03-28 23:00:00", "2026-03-29", False),
    ],
)
def test_observed_date_is_local_counts_days_in_stockholm(moment, folder, fails):
    rows = f"""(select 'a' as account_id, date '{folder}' as observed_date,
        timestamp '{moment}' as observed_at)"""
    assert bool(failing("observed_date_is_local", rows, column_name="observed_at")) is fails


def snapshot(column: str, value: str, day: str = "2026-06-30") -> str:
    return f"""(select 'a' as account_id, timestamp '{day}' as observed_at,
        date '{day}' as observed_date, {value} as {column})"""


@pytest.mark.parametrize(
    ("definition", "day", "expected"),
    [
        ("'likes'", "2026-06-30", []),
        ("'fans'", "2026-06-30", [("kind in ('followers', 'likes')", 1)]),
        ("cast(null as varchar)", "2026-06-30", [("kind in ('followers', 'likes')", 1)]),
        ("'fans'", "2026-03-24", []),  # outside the window of the build
    ],
)
def test_holds_in_window_names_the_condition_that_does_not(definition, day, expected):
    conditions = ["account_id = 'a'", "kind in ('followers', 'likes')"]
    rows = snapshot("kind", definition, day)
    assert failing("holds_in_window", rows, conditions=conditions) == expected


def test_exists_in_window_names_the_account_nobody_registered():
    found = failing(
        "exists_in_window",
        snapshot("handle", "'x'"),
        column_name="account_id",
        to="(select 'b' as account_id)",
        field="account_id",
    )
    assert found == [("a", 1)]


def test_keeps_quarters_of_names_each_quarter_that_only_the_other_table_has():
    earlier = "(values ('2025-Q4'), ('2026-Q1'), ('2026-Q1'), ('2026-Q2')) as t (quarter)"
    earlier = f"(select * from {earlier})"
    found = failing(
        "keeps_quarters_of", "(values ('2026-Q2'), ('2026-Q2')) as t (quarter)", to=earlier
    )
    assert sorted(found) == [("2025-Q4",), ("2026-Q1",)]
    assert failing("keeps_quarters_of", earlier, to=earlier) == []
