"""Ranks, statistics, standings and effect equal a plain pandas computation over the wide marts."""

from __future__ import annotations

import pandas as pd
import pytest

QUARTER = "2026-Q2"


@pytest.fixture
def values(posts_warehouse):
    """Return a column a metric, an account a row, of the bakeries on Facebook."""
    return (
        posts_warehouse.execute(
            "select a.account_id, a.organisation_id, a.followers_end_count, a.follower_growth_pct, "
            "p.post_count, e.er_period_follower_pct, e.influence_count, s.response_rate_pct, "
            "s.response_median_minutes from marts.benchmark_account_quarter as a "
            "left join marts.benchmark_activity_quarter as p using (account_id, quarter) "
            "left join marts.benchmark_engagement_quarter as e using (account_id, quarter) "
            "left join marts.benchmark_service_quarter as s using (account_id, quarter) "
            "where a.industry_id = 'bakeries' and a.platform = 'facebook' and a.quarter = ?",
            [QUARTER],
        )
        .df()
        .set_index("account_id")
    )


METRICS = (
    "followers_end_count",
    "follower_growth_pct",
    "post_count",
    "er_period_follower_pct",
    "influence_count",
    "response_rate_pct",
    "response_median_minutes",
)


@pytest.mark.parametrize("metric", METRICS)
def test_a_list_is_dense_and_the_quickest_answer_is_first(metric, values, posts_warehouse):
    mart = (
        posts_warehouse.execute(
            "select account_id, rank from marts.ranking_quarter where industry_id = 'bakeries' "
            "and platform = 'facebook' and quarter = ? and metric = ?",
            [QUARTER, metric],
        )
        .df()
        .set_index("account_id")["rank"]
    )
    is_lower_better = metric == "response_median_minutes"
    expected = values[metric].dropna().rank(method="dense", ascending=is_lower_better)
    pd.testing.assert_series_equal(
        mart.sort_index(), expected.sort_index(), check_dtype=False, check_names=False
    )


@pytest.mark.parametrize("metric", METRICS)
def test_statistics_are_those_of_the_members_with_a_value(metric, values, posts_warehouse):
    row = posts_warehouse.execute(
        "select account_count, value_count, value_mean, value_median, statistic_status "
        "from marts.metric_industry_quarter where industry_id = 'bakeries' "
        "and platform = 'facebook' and quarter = ? and metric = ? and segment = 'all'",
        [QUARTER, metric],
    ).fetchone()
    known = values[metric].dropna()
    assert row[:2] == (7, len(known))
    if len(known) >= 5:
        assert row[2:] == (pytest.approx(known.mean()), pytest.approx(known.median()), "ok")
    else:
        assert row[2:] == (None, None, "few_members" if len(known) else "no_values")


def test_the_mean_without_oneself_leaves_oneself_out(values, posts_warehouse):
    rows = posts_warehouse.execute(
        "select account_id, peer_mean, other_mean from marts.peers_quarter "
        "where industry_id = 'bakeries' and platform = 'facebook' and quarter = ? "
        "and metric = 'followers_end_count'",
        [QUARTER],
    ).fetchall()
    assert len(rows) == 7
    followers = values["followers_end_count"]
    for account, peer_mean, other_mean in rows:
        assert peer_mean == pytest.approx(followers.mean())
        assert other_mean == pytest.approx(followers.drop(account).mean())


def test_effect_is_three_two_one_over_the_counted_lists(posts_warehouse):
    ranked = posts_warehouse.execute(
        "select platform, metric, organisation_id, rank from marts.ranking_quarter "
        "where industry_id = 'bakeries' and quarter = ? and rank <= 3 and metric in "
        "('follower_growth_pct', 'er_period_follower_pct', 'influence_count', "
        "'response_median_minutes')",
        [QUARTER],
    ).df()
    points = (4 - ranked["rank"]).groupby(ranked["organisation_id"]).sum()
    firsts = (ranked["rank"] == 1).groupby(ranked["organisation_id"]).sum()
    mart = (
        posts_warehouse.execute(
            "select organisation_id, effect_rank, points_count, reason "
            "from marts.effect_quarter where industry_id = 'bakeries' and quarter = ?",
            [QUARTER],
        )
        .df()
        .set_index("organisation_id")
    )
    assert mart["points_count"].to_dict() == points.to_dict()
    order = pd.DataFrame({"points": points, "firsts": firsts})
    best = order.sort_values(["points", "firsts"], ascending=False).index[0]
    assert mart.loc[best, "effect_rank"] == 1
    assert mart.loc[best, "reason"].startswith("1 " if firsts[best] else "2 ")


def test_nobody_scores_in_an_industry_too_small_for_percentiles(posts_warehouse):
    rows = posts_warehouse.execute(
        "select distinct score_status from marts.score_quarter where industry_id = 'ports'"
    ).fetchall()
    assert rows == [("no_percentiles",)]
