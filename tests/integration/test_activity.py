"""The activity marts equal a plain pandas count over the same generated posts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.support.posts_world import HIDDEN, SILENT, own, settled_posts


@pytest.fixture(scope="module")
def posts(posts_built):
    return own(settled_posts(posts_built))


def test_posts_of_a_quarter_are_the_own_ones_of_its_local_days(posts, posts_warehouse):
    mart = posts_warehouse.execute(
        "select account_id, quarter, post_count, posts_per_month_rounded_count, active_day_count, "
        "boosted_share_pct from marts.benchmark_activity_quarter "
        "where activity_status = 'ok' and post_count > 0"
    ).df()
    groups = posts.groupby(["account_id", "quarter"])
    expected = groups.agg(
        post_count=("post_id", "count"), active_day_count=("day", "nunique")
    ).reset_index()
    expected["posts_per_month_rounded_count"] = [
        int(count / 3 + 0.5) for count in expected["post_count"]
    ]
    paid = groups["is_boosted"].apply(lambda g: 100 * g.dropna().astype(bool).mean())
    expected["boosted_share_pct"] = [
        paid[key] for key in zip(expected["account_id"], expected["quarter"], strict=True)
    ]
    pd.testing.assert_frame_equal(
        mart.sort_values(["account_id", "quarter"]).reset_index(drop=True),
        expected[mart.columns].sort_values(["account_id", "quarter"]).reset_index(drop=True),
        check_dtype=False,
    )


def test_silence_is_nought_and_the_unread_is_unknown(posts_warehouse):
    silent = posts_warehouse.execute(
        "select distinct post_count, is_active, activity_status "
        "from marts.benchmark_activity_quarter where account_id = ?",
        [SILENT],
    ).fetchall()
    assert silent == [(0, False, "ok")]
    unread = posts_warehouse.execute(
        "select distinct post_count, is_active, activity_status "
        "from marts.benchmark_activity_quarter where platform = 'linkedin'"
    ).fetchall()
    assert unread == [(None, None, "not_measured")]


def test_industry_means_are_over_all_and_over_active(posts, posts_warehouse):
    mart = posts_warehouse.execute(
        "select posts_per_month_mean, posts_per_month_active_mean, inactive_account_count "
        "from marts.activity_industry_quarter "
        "where industry_id = 'bakeries' and platform = 'facebook' and quarter = '2026-Q1'"
    ).fetchone()
    of_quarter = posts[(posts["quarter"] == "2026-Q1") & (posts["platform"] == "facebook")]
    count = of_quarter["account_id"].str.startswith("bakery").sum()
    assert mart == pytest.approx((count / 3 / 7, count / 3 / 6, 1))


def test_an_hour_is_measured_against_each_accounts_median(posts, posts_warehouse):
    mart = posts_warehouse.execute(
        "select published_weekday, published_hour, post_count, interactions_index "
        "from marts.posting_times_quarter where scope = 'industry' and index_status = 'ok' "
        "and industry_id = 'bakeries' and platform = 'bluesky' and quarter = '2026-Q2'"
    ).df()
    chosen = posts[(posts["quarter"] == "2026-Q2") & (posts["platform"] == "bluesky")].copy()
    chosen["ratio"] = chosen["interactions"] / chosen.groupby("account_id")[
        "interactions"
    ].transform("median")
    hours = chosen.groupby(["weekday", "hour"])["ratio"].agg(["count", "mean"])
    hours = hours[hours["count"] >= 5]
    assert len(hours) > 3
    assert set(zip(mart["published_weekday"], mart["published_hour"], strict=True)) == set(
        hours.index
    )
    for row in mart.itertuples():
        assert row.interactions_index == pytest.approx(
            hours.loc[(row.published_weekday, row.published_hour), "mean"]
        )


def test_hidden_reactions_leave_the_format_without_a_median(posts_warehouse):
    rows = posts_warehouse.execute(
        "select distinct interactions_median_count, interactions_status "
        "from marts.format_mix_quarter where account_id = ?",
        [HIDDEN],
    ).fetchall()
    assert rows == [(None, "hidden_counters")]
    total = posts_warehouse.execute(
        "select sum(post_share_pct) from marts.format_mix_quarter group by account_id, quarter"
    ).fetchnumpy()
    assert np.allclose(next(iter(total.values())), 100)
