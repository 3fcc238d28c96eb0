"""A few rows stand for a batch: they are judged as all of its rows would be."""

from __future__ import annotations

import random

import duckdb
import pytest

from expectations.check import Expectation, between, not_null
from expectations.witnesses import COUNTED, Unwitnessed, witnesses
from tests.support.gates import PlainJudge

NAN = float("nan")


def table_of(values, kind):
    connection = duckdb.connect()
    connection.execute(f"create table batch (id integer, value {kind}, gate_fails boolean)")
    for number, value in enumerate(values):
        connection.execute("insert into batch values (?, ?, false)", [number, value])
    return connection


def shown(values, expectations, kind="double", judged="true"):
    return witnesses(table_of(values, kind), "batch", judged, expectations)


@pytest.mark.parametrize("seed", range(40))
def test_they_are_judged_as_the_whole_batch_would_be(seed):
    chance = random.Random(seed)
    values = [chance.choice([None, NAN, 0.0, 1.0, 2.0, 3.0, -7.5]) for _ in range(30)]
    if seed % 3:
        values = [value for value in values if value in (0.0, 1.0, 2.0)]
    demands = [
        not_null("value"),
        between("value", chance.choice([None, 0, 1]), chance.choice([None, 2, 3])),
        Expectation(
            "ExpectColumnValuesToBeInSet",
            {"column": "value", "value_set": chance.sample([0.0, 1.0, 2.0, 3.0], k=3)},
        ),
        Expectation(COUNTED, {"min_value": chance.choice([0, 1, 12]), "max_value": None}),
    ]
    whole = table_of(values, "double").execute("select * from batch").df()
    for demand in demands:
        found = shown(values, [demand])
        assert PlainJudge().accepts("", found, [demand]) == PlainJudge().accepts(
            "", whole, [demand]
        )


def test_a_long_batch_is_stood_for_by_a_handful():
    connection = duckdb.connect()
    connection.execute(
        "create table batch as select range as value, false as gate_fails from range(100000)"
    )
    demands = [not_null("value"), between("value", 0, 99_998)]
    found = witnesses(connection, "batch", "true", demands)
    assert found["value"].tolist() == [0, 99_999]


def test_rows_that_a_waiver_lifts_bear_no_witness():
    demands = [between("value", 0, 10)]
    found = shown([5, 99, 7, -3], demands, "integer", judged="value between 0 and 10")
    assert found["value"].tolist() == [5, 7]


def test_an_unknown_kind_is_an_error_and_never_passed_over():
    with pytest.raises(Unwitnessed, match="ExpectColumnValuesToBeUnique"):
        shown([1], [Expectation("ExpectColumnValuesToBeUnique", {"column": "value"})])
