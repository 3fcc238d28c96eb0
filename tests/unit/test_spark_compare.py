"""What `make spark-test` would say of marts that differ, on two tables of a few rows."""

from __future__ import annotations

import duckdb
import pytest

from tests.spark.compare import differences

_OURS = "('a', 1, 0.1, 'ok'), ('b', 2, 0.2, 'ok'), ('c', null, null, 'few_members')"


def _differences(folder, theirs, keys=None):
    warehouse = folder / "warehouse.duckdb"
    (folder / "marts/ranking").mkdir(parents=True)
    columns = "(account_id, rank, value, status)"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.ranking as select account_id, rank::bigint as rank, "
            f"value::double as value, status from (values {_OURS}) as t {columns}"
        )
        connection.execute(
            "copy (select account_id, rank::integer as rank, value::double as value, status "
            f"from (values {theirs}) as t {columns}) "
            f"to '{folder}/marts/ranking/part-0.parquet' (format parquet)"
        )
    return differences(warehouse, folder / "marts", keys or {"ranking": ["account_id"]})


def test_another_order_and_the_last_bits_of_a_double_are_no_difference(tmp_path):
    theirs = (
        "('c', null, null, 'few_members'), ('b', 2, 0.2000000000001, 'ok'), ('a', 1, 0.1, 'ok')"
    )
    assert _differences(tmp_path, theirs) == {}


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        ("('a', 1, 0.1, 'ok'), ('b', 2, 0.2, 'ok')", "missing in Spark in 1 rows, e.g. [('c',)]"),
        (f"{_OURS}, ('d', 4, 0.4, 'ok')", "missing in DuckDB in 1 rows, e.g. [('d',)]"),
        (f"{_OURS}, ('a', 1, 0.1, 'ok')", "several of one key in Spark in 1 rows, e.g. [('a',)]"),
        (_OURS.replace("'b', 2", "'b', 3"), "rank differs in 1 rows, e.g. [('b', 2, 3)]"),
        (_OURS.replace("0.2", "0.200000001"), "value differs in 1 rows"),
        (_OURS.replace("null, null", "null, 0.0"), "value differs in 1 rows, e.g. [('c', None,"),
        (_OURS.replace("few_members", "ok"), "status differs in 1 rows"),
    ],
)
def test_every_kind_of_difference_is_named_with_its_row(tmp_path, theirs, said):
    (line,) = _differences(tmp_path, theirs)["ranking"]
    assert line.startswith(said)


def test_a_table_without_a_key_is_not_passed_over(tmp_path):
    assert "no key" in _differences(tmp_path, _OURS, {"other": ["account_id"]})["ranking"][0]
