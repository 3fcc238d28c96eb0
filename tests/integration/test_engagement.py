"""The engagement marts equal a plain pandas computation over the same generated posts."""

from __future__ import annotations

import shutil
from datetime import date

import duckdb
import numpy as np
import pandas as pd
import pytest

from tests.support.lake_builder import STOCKHOLM, LakeBuilder
from tests.support.posts_world import AS_OF, HIDDEN, SILENT, own, settled_posts

DAYS = {
    "2025-Q4": (date(2025, 10, 1), date(2025, 12, 31)),
    "2026-Q1": (date(2026, 1, 1), date(2026, 3, 31)),
    "2026-Q2": (date(2026, 4, 1), date(2026, 6, 30)),
}


@pytest.fixture(scope="module")
def followers(posts_built):
    """Followers by account and local day: the day's reading, or the last one before it."""
    rows = pd.DataFrame(posts_built.snapshots)
    local = pd.to_datetime(rows["observed_at"], utc=True).dt.tz_convert(STOCKHOLM)
    rows["day"] = local.dt.tz_localize(None).dt.normalize()
    table = rows.pivot_table("followers", "day", "account_id")
    calendar = pd.date_range("2025-09-24", "2026-06-30", freq="D")
    return table.reindex(calendar).ffill()


@pytest.fixture(scope="module")
def posts(posts_built, followers):
    rows = own(settled_posts(posts_built)).copy()
    rows["followers"] = [
        followers.loc[pd.Timestamp(day), account]
        for day, account in zip(rows["day"], rows["account_id"], strict=True)
    ]
    rows["er"] = 100 * rows["interactions"] / rows["followers"]
    grouped = rows.groupby(["account_id", "quarter"])["interactions"]
    rows["median"] = grouped.transform("median")
    rows["ratio"] = (rows["interactions"] / rows["median"]).where(grouped.transform("count") >= 5)
    return rows


@pytest.fixture(scope="module")
def expected(posts, followers):
    """Return each measured account's rates of a quarter, straight from their definitions."""
    rows = []
    measured = posts[posts["account_id"] != HIDDEN]
    for (account, quarter), group in measured.groupby(["account_id", "quarter"]):
        first, last = DAYS[quarter]
        daily = followers.loc[pd.Timestamp(first) : pd.Timestamp(last), account]
        by_day = group.groupby("day")["interactions"].sum()
        rates = [100 * by_day.get(day.date(), 0) / count for day, count in daily.items()]
        interactions, mean = group["interactions"].sum(), daily.mean()
        rows.append(
            {
                "account_id": account,
                "quarter": quarter,
                "post_count": len(group),
                "interactions_count": interactions,
                "interactions_median_count": group["interactions"].median(),
                "followers_mean_count": mean,
                "er_post_follower_pct": group["er"].mean(),
                "er_period_follower_pct": 100 * interactions / len(group) / mean,
                "er_day_follower_pct": sum(rates) / len(rates),
                "interactions_per_1000_followers": 1000 * interactions / mean,
                "popularity_per_1000_followers": 1000 * group["reactions"].mean() / mean,
                "commitment_per_1000_followers": 1000 * group["comments"].mean() / mean,
                "virality_per_1000_followers": 1000 * group["shares"].mean() / mean,
                "influence_count": group["reactions"].sum(),
                "er_view_pct": 100
                * group.loc[group["views"].notna(), "interactions"].sum()
                / group["views"].sum(),
            }
        )
    return pd.DataFrame(rows).sort_values(["account_id", "quarter"]).reset_index(drop=True)


def test_every_rate_is_its_definition(expected, posts_warehouse):
    names = ", ".join(expected.columns)
    mart = posts_warehouse.execute(
        f"select {names} from marts.benchmark_engagement_quarter "
        "where engagement_status = 'ok' order by account_id, quarter"
    ).df()
    assert len(mart) >= 40
    pd.testing.assert_frame_equal(mart, expected, check_dtype=False, rtol=1e-9)


def test_what_is_missing_says_why(posts_warehouse):
    rows = posts_warehouse.execute(
        "select distinct account_id, interactions_count, interactions_status, engagement_status, "
        "er_period_status, er_day_status, popularity_status, commitment_status "
        "from marts.benchmark_engagement_quarter "
        "where account_id in (?, ?, 'port_0.linkedin')",
        [SILENT, HIDDEN],
    ).fetchall()
    hidden = ("hidden_counters",) * 5
    assert sorted(rows) == [
        (HIDDEN, None, *hidden, "ok"),
        (SILENT, 0, "ok", *("no_posts",) * 5),
        ("port_0.linkedin", None, *("not_measured",) * 6),
    ]


def test_interactions_are_the_sum_of_the_public_counters(posts_warehouse):
    assert posts_warehouse.execute(
        "select count(*) from marts.benchmark_engagement_quarter "
        "where interactions_status = 'ok' and engagement_status = 'ok' "
        "and interactions_count <> reactions_count + comments_count + shares_count "
        "+ coalesce(quotes_count, 0)"
    ).fetchone() == (0,)


def test_shares_and_concentration_of_an_industry(expected, posts_warehouse):
    mart = posts_warehouse.execute(
        "select engagement_account_count, er_period_follower_mean_pct, "
        "er_period_follower_median_pct, er_percentile_status, influence_account_count, "
        "influence_top5_share_pct, influence_hhi_points, influence_count_previous "
        "from marts.engagement_industry_quarter where industry_id = 'bakeries' "
        "and platform = 'facebook' and quarter = '2026-Q1'"
    ).fetchone()
    bakeries = expected[expected["account_id"].str.match(r"bakery_\d\.facebook")]
    quarter = bakeries[bakeries["quarter"] == "2026-Q1"]
    shares = 100 * quarter["influence_count"] / quarter["influence_count"].sum()
    before = bakeries.loc[bakeries["quarter"] == "2025-Q4", "influence_count"].sum()
    # five have posts with reactions shown; the silent one has influence 0, the hidden one none
    assert mart[0] == len(quarter) == 5
    assert mart[1:3] == pytest.approx(
        (quarter["er_period_follower_pct"].mean(), quarter["er_period_follower_pct"].median())
    )
    assert mart[3:5] == ("few_members", 6)
    assert mart[5:] == pytest.approx((100, (shares**2).sum(), before))
    own_share = posts_warehouse.execute(
        "select influence_share_pct from marts.benchmark_engagement_quarter "
        "where account_id = 'bakery_2.facebook' and quarter = '2026-Q1'"
    ).fetchone()
    assert own_share[0] == pytest.approx(
        shares[quarter["account_id"] == "bakery_2.facebook"].item()
    )


def test_three_accounts_are_no_industry(posts_warehouse):
    assert posts_warehouse.execute(
        "select distinct engagement_account_count, er_period_follower_pooled_pct, er_status, "
        "influence_hhi_points, concentration_status, interactions_status "
        "from marts.engagement_industry_quarter "
        "where industry_id = 'ports' and platform = 'facebook'"
    ).fetchall() == [(3, None, "few_members", None, "few_members", "ok")]


@pytest.mark.parametrize(
    ("name", "column"),
    [("interactions", "interactions"), ("er", "er"), ("ratio_to_median", "ratio")],
)
def test_best_posts_come_with_their_own_words(name, column, posts, posts_warehouse):
    mart = posts_warehouse.execute(
        "select rank, account_id, post_id, text, permalink from marts.best_posts_quarter "
        "where list = ? and industry_id = 'bakeries' and platform = 'bluesky' "
        "and quarter = '2026-Q2' order by rank, post_id",
        [name],
    ).df()
    there = posts["account_id"].str.match(r"bakery_\d\.bluesky") & (posts["quarter"] == "2026-Q2")
    rows = posts[there & (posts[column] > 0)].copy()
    rows["value"] = rows[column].round(9)
    rows = rows[rows["value"].rank(method="min", ascending=False) <= 10]
    rows["rank"] = rows["value"].rank(method="dense", ascending=False).astype(int)
    rows = rows.sort_values(["rank", "post_id"]).reset_index(drop=True)
    assert len(rows) >= 10
    pd.testing.assert_frame_equal(mart, rows[mart.columns], check_dtype=False)


def test_counties_add_up_and_are_placed(expected, posts_warehouse):
    mart = posts_warehouse.execute(
        "select county, influence_count, rank from marts.influence_region_quarter "
        "where platform = 'bluesky' and quarter = '2025-Q4' order by county"
    ).df()
    rows = expected[
        expected["account_id"].str.match(r"bakery_\d\.bluesky") & (expected["quarter"] == "2025-Q4")
    ].copy()
    number = rows["account_id"].str.extract(r"_(\d)")[0].astype(int)
    rows["county"] = np.array(["North", "South", "West"])[number % 3]
    sums = rows.groupby("county")["influence_count"].sum()
    assert mart["county"].tolist() == sums.index.tolist()
    assert mart["influence_count"].tolist() == sums.tolist()
    assert mart["rank"].tolist() == sums.rank(ascending=False, method="dense").tolist()


def test_a_later_build_keeps_the_words_of_a_closed_quarter(posts_built, tmp_path):
    for name in ("lake", "derived", "registry"):
        shutil.copytree(posts_built.data_dir / name, tmp_path / name)
    shutil.copy(posts_built.warehouse, tmp_path / "warehouse.duckdb")
    closed = "select * from marts.best_posts_quarter where quarter <= '2026-Q1' order by all"
    with duckdb.connect(str(posts_built.warehouse), read_only=True) as connection:
        before = connection.execute(closed).fetchall()
    done = LakeBuilder(tmp_path).dbt(
        "run",
        "--select",
        "int_posts int_post_rates int_account_best_posts int_best_posts int_best_post_texts "
        "best_posts_quarter",
        "--vars",
        f"{{from_quarter: 2026-Q2, to_quarter: 2026-Q2, as_of_date: '{AS_OF}'}}",
    )
    assert done.returncode == 0, done.stdout[-3000:]
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
        assert connection.execute(closed).fetchall() == before
    assert len(before) >= 60


def test_a_quarter_rebuilt_from_nothing_keeps_nothing(posts_built, tmp_path):
    for name in ("lake", "derived", "registry"):
        shutil.copytree(posts_built.data_dir / name, tmp_path / name)
    shutil.copy(posts_built.warehouse, tmp_path / "warehouse.duckdb")
    for part in (tmp_path / "lake/posts").glob("platform=*/observed_date=2026-0[4-8]-*"):
        shutil.rmtree(part)
    counted = "select quarter, count(*) from intermediate.int_posts group by quarter order by all"
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
        before = connection.execute(counted).fetchall()
    done = LakeBuilder(tmp_path).dbt(
        "run",
        "--select",
        "int_posts",
        "--vars",
        f"{{from_quarter: 2026-Q2, to_quarter: 2026-Q2, as_of_date: '{AS_OF}'}}",
    )
    assert done.returncode == 0, done.stdout[-3000:]
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
        assert connection.execute(counted).fetchall() == before[:-1]
    assert [quarter for quarter, _ in before] == ["2025-Q4", "2026-Q1", "2026-Q2"]
