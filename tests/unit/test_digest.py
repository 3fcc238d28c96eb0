"""Digests: the same for the same rows, whatever their order or file; different for any change."""

import duckdb
import pytest

from expectations.digest import differing, digest_relation, digest_tables

ROWS = "('2026-Q1', 'a', 1.5), ('2026-Q1', 'b', null), ('2026-Q2', 'a', 2.5)"


@pytest.fixture
def connection():
    with duckdb.connect() as opened:
        opened.execute("create schema marts")
        opened.execute("create table marts.t (quarter varchar, account_id varchar, value double)")
        opened.execute(f"insert into marts.t values {ROWS}")
        yield opened


def digests(connection):
    return digest_tables(connection, ["t"])["t"]


def test_each_quarter_has_its_own_digest(connection):
    parts = digests(connection)
    assert {quarter: part.row_count for quarter, part in parts.items()} == {
        "2026-Q1": 2,
        "2026-Q2": 1,
    }
    connection.execute("update marts.t set value = 9 where quarter = '2026-Q2'")
    after = digests(connection)
    assert after["2026-Q1"] == parts["2026-Q1"]
    assert after["2026-Q2"] != parts["2026-Q2"]


def test_row_order_does_not_matter(connection):
    before = digests(connection)
    connection.execute("create table reversed as select * from marts.t order by all desc")
    connection.execute("delete from marts.t; insert into marts.t select * from reversed")
    assert digests(connection) == before


@pytest.mark.parametrize(
    "change",
    [
        "insert into marts.t values ('2026-Q1', 'b', null)",
        "insert into marts.t select * from marts.t",
        "update marts.t set value = 0 where value is null",
        "update marts.t set value = nextafter(value, 9) where account_id = 'a'",
        "delete from marts.t where account_id = 'b'",
        "alter table marts.t rename value to figure",
        "alter table marts.t alter value type float",
    ],
)
def test_any_change_of_rows_names_or_types_changes_it(connection, change):
    before = digests(connection)
    connection.execute(change)
    assert digests(connection)["2026-Q1"] != before["2026-Q1"]


def test_two_accounts_that_swap_their_values_change_it(connection):
    connection.execute("insert into marts.t values ('2026-Q3', 'a', 1), ('2026-Q3', 'b', 2)")
    before = digests(connection)
    connection.execute("update marts.t set value = 3 - value where quarter = '2026-Q3'")
    assert digests(connection)["2026-Q3"] != before["2026-Q3"]


def test_a_table_without_quarters_is_one_part(connection):
    connection.execute("create table marts.names as select 'a' as account_id")
    assert list(digest_tables(connection, ["names"])["names"]) == ["all"]


def test_later_quarters_can_be_left_out(connection):
    parts = digest_tables(connection, ["t"], up_to="2026-Q1")["t"]
    assert list(parts) == ["2026-Q1"]


def test_parquet_and_a_file_of_the_oldest_format_give_the_same_value(connection, tmp_path):
    old, parquet = tmp_path / "old.duckdb", tmp_path / "t.parquet"
    connection.execute(f"attach '{old}' as old (storage_version 'v1.0.0')")
    connection.execute("create schema old.marts; create table old.marts.t as from marts.t")
    connection.execute(f"copy marts.t to '{parquet}' (format parquet)")
    expected = digests(connection)
    assert digest_tables(connection, ["t"], catalog="old")["t"] == expected
    assert digest_relation(connection, f"read_parquet('{parquet}')") == expected


def test_what_differs_is_named_with_its_quarter(connection):
    before = {"t": digests(connection)}
    connection.execute("update marts.t set value = 9 where quarter = '2026-Q2'")
    assert differing(before, {"t": digests(connection)}) == ["t 2026-Q2"]
    assert differing(before, before) == []
    assert differing(before, {}) == ["t 2026-Q1", "t 2026-Q2"]
