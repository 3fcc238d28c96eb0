"""What the gate makes of a quarter in which a platform began to count otherwise, or rounds."""

from __future__ import annotations

import pytest

from tests.support.candidate import clean_copy
from tests.support.gates import ACCOUNT, QUARTER, alter, gate, refusing

HERE = f"where account_id = '{ACCOUNT}' and quarter = '{QUARTER}'"
REDEFINED = (
    "insert into marts.metric_definition_changes values "
    "('bluesky', 'views_count', date '{}', 'day', 'Plays, no longer views.')"
)
VIEWED = f"update staging.stg_lake__posts set views_count = 100 where account_id = '{ACCOUNT}'"
WITHHELD = (
    "update marts.benchmark_engagement_quarter set views_count = null, views_status = "
    f"'definition_break', er_view_pct = null, er_view_status = 'definition_break' {HERE}"
)


@pytest.fixture
def data(tmp_path):
    return clean_copy(tmp_path)


def test_views_read_on_both_sides_of_a_new_definition_are_rightly_withheld(data):
    alter(data, VIEWED, WITHHELD, REDEFINED.format("2026-05-20"))
    result = gate(data)
    assert result.passed, str(result)


@pytest.mark.parametrize("day", ["2026-03-01", "2026-07-20"])
def test_views_of_one_definition_must_be_stated(data, day):
    alter(data, VIEWED, WITHHELD, REDEFINED.format(day))
    assert "engagement_recounted" in refusing(gate(data))


def test_views_of_two_definitions_must_not_be_added(data):
    alter(
        data,
        VIEWED,
        REDEFINED.format("2026-05-20"),
        "update marts.benchmark_engagement_quarter set views_count = (select 100 * count(distinct "
        "post_id) from staging.stg_lake__posts as posts where posts.account_id = "
        f"'{ACCOUNT}' and posts.observed_date >= date '2026-04-01'), views_status = 'ok' {HERE}",
    )
    assert "engagement_recounted" in refusing(gate(data))


def test_an_equal_that_is_rounded_makes_the_step_below_it_none(data):
    """1,000 exact and 1,000 rounded to tens share a place; 995 may be the same as the second."""
    place = "update marts.ranking_quarter set value = {}, value_resolution = {}, rank = {} where "
    place += f"quarter = '{QUARTER}' and metric = 'follower_change_count' and account_id = "
    alter(
        data,
        "delete from marts.ranking_quarter where metric = 'follower_change_count' and industry_id "
        f"= 'museums' and quarter = '{QUARTER}' and account_id not in ('museums_0.bluesky', "
        "'museums_1.bluesky', 'museums_2.bluesky')",
        place.format(1000, 10, 1) + "'museums_0.bluesky'",
        place.format(1000, 0, 1) + "'museums_1.bluesky'",
        place.format(995, 0, 1) + "'museums_2.bluesky'",
    )
    assert "ranks_follow_values" not in refusing(gate(data))
    # Were both exact, the step would be one.
    alter(data, place.format(1000, 0, 1) + "'museums_0.bluesky'")
    assert "ranks_follow_values" in refusing(gate(data))
