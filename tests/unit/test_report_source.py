"""What a report says of its data's origin, whichever table the sandbox's figures are in."""

from __future__ import annotations

import duckdb
import pytest

from publication.report.source import Source

COUNTS = "benchmark_account_quarter (quarter varchar, account_id varchar, origin varchar)"
POSTS = "best_posts_quarter (quarter varchar, account_id varchar, origin varchar)"


@pytest.fixture
def connection():
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        connection.execute(f"create table marts.{COUNTS}")
        connection.execute(f"create table marts.{POSTS}")
        connection.execute("create table marts.dim_quarter (quarter varchar)")
        yield connection


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("benchmark_account_quarter", "2015-Q3", "live")], False),
        ([("benchmark_account_quarter", "2015-Q3", None)], False),
        ([("benchmark_account_quarter", "2015-Q3", "sandbox")], True),
        # Only posts were recorded: nobody's followers are known.
        (
            [
                ("benchmark_account_quarter", "2015-Q3", None),
                ("best_posts_quarter", "2015-Q3", "sandbox"),
            ],
            True,
        ),
        ([("best_posts_quarter", "2015-Q2", "sandbox")], False),
    ],
)
def test_one_figure_from_the_sandbox_makes_a_sample(connection, rows, expected):
    for table, quarter, origin in rows:
        connection.execute(f"insert into marts.{table} values (?, 'a.x', ?)", [quarter, origin])
    assert Source(connection, "2015-Q3").is_sample() is expected
