"""Organisations, months, half years, peer groups and targets equal a plain pandas computation."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.support.posts_world import HIDDEN, own, settled_posts

QUARTER = "2026-Q2"


def last_followers(lake):
    """Return the last reading of the quarter's last seven days, an account a row."""
    rows = pd.DataFrame(lake.snapshots).sort_values("observed_at")
    closing = rows[
        (rows["observed_at"] >= "2026-06-24 00:00Z") & (rows["observed_at"] < "2026-07-01 00:00Z")
    ]
    return closing.groupby("account_id")["followers"].last()


def test_an_organisation_is_its_accounts_added_up(posts_built, posts_warehouse):
    posts = own(settled_posts(posts_built))
    posts = posts[posts["quarter"] == QUARTER]
    accounts = pd.DataFrame(posts_built.tables["accounts"]).set_index("account_id")
    accounts["followers"] = last_followers(posts_built)
    accounts["posts"] = posts.groupby("account_id").size()
    accounts["interactions"] = (
        posts[posts["account_id"] != HIDDEN].groupby("account_id")["interactions"].sum()
    )
    expected = accounts.groupby("organisation_id")[["followers", "posts", "interactions"]].sum()
    mart = (
        posts_warehouse.execute(
            "select organisation_id, followers_sum_count as followers, post_count as posts, "
            "interactions_count as interactions from marts.benchmark_organisation_quarter "
            "where platform = 'all' and quarter = ? order by all",
            [QUARTER],
        )
        .df()
        .set_index("organisation_id")
    )
    pd.testing.assert_frame_equal(mart, expected, check_dtype=False)


def test_what_no_platform_shows_is_named(posts_warehouse):
    rows = posts_warehouse.execute(
        "select platform, post_count, activity_platforms, engagement_platforms, "
        "er_period_status from marts.benchmark_organisation_quarter "
        "where organisation_id = 'bakery_5' and quarter = ? order by platform",
        [QUARTER],
    ).fetchall()
    whole, bluesky, facebook = rows
    assert whole[1] == bluesky[1] + facebook[1]
    assert whole[2:] == ("bluesky, facebook", "bluesky", "across_platforms")
    assert facebook[2:] == ("facebook", None, "hidden_counters")


@pytest.mark.parametrize("grain", ["month", "half_year"])
def test_periods_are_the_posts_of_their_days(grain, posts_built, posts_warehouse):
    posts = own(settled_posts(posts_built))
    posts = posts[posts["account_id"] != HIDDEN]
    days = pd.to_datetime(posts["day"])
    if grain == "month":
        posts["period"] = days.dt.strftime("%Y-%m")
    else:
        posts["period"] = days.dt.year.astype(str) + "-H" + ((days.dt.month + 5) // 6).astype(str)
    expected = posts.groupby(["account_id", "period"]).agg(
        post_count=("interactions", "size"), interactions_count=("interactions", "sum")
    )
    mart = (
        posts_warehouse.execute(
            "select account_id, period, post_count, interactions_count "
            "from marts.activity_engagement_period "
            "where grain = ? and activity_status = 'ok' and account_id <> ? and post_count > 0",
            [grain, HIDDEN],
        )
        .df()
        .set_index(["account_id", "period"])
        .sort_index()
    )
    if grain == "half_year":
        expected = expected.drop("2025-H2", level="period")
    pd.testing.assert_frame_equal(mart, expected.sort_index(), check_dtype=False)


def test_months_add_up_to_the_quarter_and_quarters_to_the_half_year(posts_warehouse):
    table = "marts.activity_engagement_period"
    [(rows, differing)] = posts_warehouse.execute(
        "select count(*), count(*) filter (where m.posts is distinct from q.post_count "
        "or m.followers - e.followers_mean_count > 1e-6) from ("
        "select account_id, quarter, sum(post_count) as posts, "
        "sum(followers_mean_count * day(period_end_date)) / sum(day(period_end_date)) as followers "
        f"from {table} where grain = 'month' group by all) as m "
        "inner join marts.benchmark_activity_quarter as q using (account_id, quarter) "
        "inner join marts.benchmark_engagement_quarter as e using (account_id, quarter)"
    ).fetchall()
    assert (rows, differing) == (60, 0)
    [(rows, differing)] = posts_warehouse.execute(
        "select count(*), count(*) filter (where h.post_count is distinct from q.posts "
        "or h.interactions_count is distinct from q.interactions) from ("
        "select account_id, sum(post_count) as posts, sum(interactions_count) as interactions "
        "from marts.benchmark_engagement_quarter where quarter >= '2026' group by all) as q "
        f"inner join {table} as h on h.account_id = q.account_id and h.period = '2026-H1'"
    ).fetchall()
    assert (rows, differing) == (20, 0)


def test_a_period_with_a_quarter_missing_has_no_figures(posts_warehouse):
    rows = posts_warehouse.execute(
        "select distinct period, post_count, activity_status, era from ("
        "select *, er_period_follower_pct as era from marts.activity_engagement_period) "
        "where quarter = '2025-Q4' and grain <> 'month' and platform = 'facebook' order by all"
    ).fetchall()
    assert rows == [("2025", None, "incomplete", None), ("2025-H2", None, "incomplete", None)]


@pytest.fixture
def values(posts_warehouse):
    """Return the bakeries' posts and median response minutes on Facebook."""
    return (
        posts_warehouse.execute(
            "select organisation_id, post_count, response_median_minutes "
            "from marts.benchmark_activity_quarter "
            "join marts.benchmark_service_quarter using (organisation_id, platform, quarter) "
            "where platform = 'facebook' and quarter = ? and organisation_id like 'bakery%'",
            [QUARTER],
        )
        .df()
        .set_index("organisation_id")
    )


@pytest.mark.parametrize("metric", ["post_count", "response_median_minutes"])
@pytest.mark.parametrize("group", ["riverside", "trio"])
def test_a_group_is_placed_among_itself(group, metric, values, posts_built, posts_warehouse):
    members = [
        row["organisation_id"]
        for row in posts_built.tables["peer_groups"]
        if row["peer_group_id"] == group
    ]
    known = values.loc[members, metric].dropna()
    mart = (
        posts_warehouse.execute(
            "select organisation_id, group_rank, group_mean, other_mean, group_median "
            "from marts.peer_group_quarter where peer_group_id = ? and platform = 'facebook' "
            "and quarter = ? and metric = ?",
            [group, QUARTER, metric],
        )
        .df()
        .set_index("organisation_id")
    )
    places = known.rank(method="dense", ascending=metric == "response_median_minutes")
    assert mart["group_rank"].to_dict() == places.to_dict()
    if len(known) - 1 < 5:
        assert mart[["group_mean", "other_mean", "group_median"]].isna().all(axis=None)
        return
    for member in known.index:
        assert mart.loc[member, "group_mean"] == pytest.approx(known.mean())
        assert mart.loc[member, "other_mean"] == pytest.approx(known.drop(member).mean())
        assert mart.loc[member, "group_median"] == pytest.approx(known.median())


def test_a_target_is_followed_from_its_first_quarter(posts_built, posts_warehouse):
    [target] = posts_built.tables["targets"]
    posts = own(settled_posts(posts_built))
    counts = posts[posts["account_id"] == "bakery_2.bluesky"].groupby("quarter").size()
    rows = posts_warehouse.execute(
        "select quarter, value, start_value, progress_pct, is_met, is_due "
        "from marts.target_quarter order by quarter"
    ).fetchall()
    start, goal = counts["2025-Q4"], target["target_value"]
    assert rows == [
        (
            quarter,
            count,
            start,
            pytest.approx(100 * (count - start) / (goal - start)),
            count >= goal,
            quarter == QUARTER,
        )
        for quarter, count in counts.items()
    ]
