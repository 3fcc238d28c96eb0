"""The published tables explain themselves: every column is listed, typed, described and defined."""

from __future__ import annotations

import re

import pytest

from expectations.required_checks import load_configuration

# Numbers that are no metrics: what they are is said by the columns beside them.
NO_METRIC = {
    ("dim_organisation", "population_count"),
    ("dim_organisation", "population_year"),
    ("benchmark_audience_quarter", "population_count"),
    ("benchmark_audience_quarter", "population_year"),
    ("follower_demographics_quarter", "divided_followers_count"),
    ("ranking_quarter", "value"),
    ("peers_quarter", "value"),
    ("peers_quarter", "peer_mean"),
    ("peers_quarter", "other_mean"),
    ("peers_quarter", "class_mean"),
    *(
        ("metric_industry_quarter", f"value_{statistic}")
        for statistic in ("mean", "median", "p10", "p25", "p75", "p90")
    ),
    ("peer_group_quarter", "value"),
    ("peer_group_quarter", "group_mean"),
    ("peer_group_quarter", "other_mean"),
    ("peer_group_quarter", "group_median"),
    ("target_quarter", "value"),
    ("target_quarter", "target_value"),
    ("target_quarter", "start_value"),
    ("data_dictionary", "column_position"),
    ("metric_definitions", "decimals"),
    ("posting_times_quarter", "published_weekday"),
    ("posting_times_quarter", "published_hour"),
    ("placement_quarter", "value"),
    ("score_weights", "weight"),
    ("score_grades", "score_from"),
    ("linear_scores", "divisor"),
    ("size_classes", "size_class_position"),
    ("size_classes", "followers_from_count"),
}


def test_dictionary_lists_what_the_database_has(warehouse):
    listed = warehouse.execute(
        "select table_name, column_position, column_name, data_type from marts.data_dictionary "
        "order by all"
    ).fetchall()
    found = warehouse.execute(
        "select table_name, ordinal_position, column_name, data_type "
        "from information_schema.columns where table_schema = 'marts' order by all"
    ).fetchall()
    assert listed == found
    assert {row[0] for row in listed} == set(load_configuration().tables)


@pytest.mark.parametrize("column", ["unit", "description", "description_sv", "since_version"])
def test_no_column_is_left_unexplained(column, warehouse):
    unexplained = warehouse.execute(
        "select table_name || '.' || column_name from marts.data_dictionary "
        f"where trim(coalesce({column}, '')) = ''"
    ).fetchall()
    assert unexplained == []


def test_the_database_says_the_same_on_the_column(warehouse):
    differing = warehouse.execute(
        "select d.table_name, d.column_name, c.comment from marts.data_dictionary as d "
        "inner join duckdb_columns() as c on c.schema_name = d.schema_name "
        "and c.table_name = d.table_name and c.column_name = d.column_name "
        "where trim(c.comment) is distinct from d.description"
    ).fetchall()
    assert differing == []


def test_tables_say_their_grain_first(warehouse):
    comments = warehouse.execute(
        "select table_name, comment from duckdb_tables() where schema_name = 'marts'"
    ).fetchall()
    assert [
        name for name, comment in comments if not (comment or "").startswith("One row per ")
    ] == []


def test_every_number_is_a_defined_metric(warehouse):
    defined = {
        row[0]
        for row in warehouse.execute("select metric from marts.metric_definitions").fetchall()
    }
    rows = warehouse.execute(
        "select table_name, column_name from marts.data_dictionary "
        "where data_type in ('BIGINT', 'DOUBLE')"
    ).fetchall()
    numbers = {(table, re.sub("_(previous|year_ago)$", "", column)) for table, column in rows}
    assert {number for number in numbers if number[1] not in defined} == NO_METRIC
    assert defined <= {column for _, column in numbers}, "defined, but not published"
