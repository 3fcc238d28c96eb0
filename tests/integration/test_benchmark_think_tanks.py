"""The benchmark of real data: 49 think tanks, through dbt and again in a few lines of pandas."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pandas as pd
import pytest

from tests.support.lake_builder import ROOT, think_tanks

ENDS = {
    "2025-Q2": date(2025, 6, 30),
    "2025-Q3": date(2025, 9, 30),
    "2025-Q4": date(2025, 12, 31),
    "2026-Q1": date(2026, 3, 31),
    "2026-Q2": date(2026, 6, 30),
}
QUARTERS = ["2025-Q3", "2025-Q4", "2026-Q1", "2026-Q2"]


@pytest.fixture(scope="module")
def series():
    return think_tanks()


@pytest.fixture(scope="module")
def closes(series):
    """Followers by account and quarter end: the last count of the quarter's last seven days."""
    columns = {}
    for quarter, end in ENDS.items():
        window = series[(series.day > end - timedelta(days=7)) & (series.day <= end)]
        columns[quarter] = window.sort_values("day").groupby("account_id").followers_count.last()
    return pd.DataFrame(columns, index=sorted(series.account_id.unique()))


@pytest.fixture
def industry(warehouse):
    rows = warehouse.execute("select * from marts.benchmark_industry_quarter").df()
    return rows.set_index("quarter").loc[QUARTERS]


def test_the_industrys_quarter_equals_pandas(industry, closes):
    row = industry.loc["2026-Q2"]
    start, end = closes["2026-Q1"], closes["2026-Q2"]
    growth = 100 * (end - start) / start
    # 310,513 and 314,501 are also what the notes beside the source data say of these two days.
    assert (row.followers_start_count, row.followers_end_count) == (start.sum(), end.sum())
    assert (row.followers_start_count, row.followers_end_count) == (310_513, 314_501)
    assert row.account_count == row.covered_account_count == row.growth_account_count == 49
    assert row.coverage_pct == 100
    assert row.follower_growth_pooled_pct == pytest.approx(100 * (end.sum() / start.sum() - 1))
    assert row.follower_growth_mean_pct == pytest.approx(growth.mean())
    assert row.follower_growth_median_pct == pytest.approx(growth.median())
    assert row.followers_mean_count == pytest.approx(end.mean())
    assert row.followers_median_count == end.median()
    for percentile in (10, 25, 75, 90):
        share = percentile / 100
        assert row[f"follower_growth_p{percentile}_pct"] == pytest.approx(growth.quantile(share))
        assert row[f"followers_p{percentile}_count"] == pytest.approx(end.quantile(share))
    assert row.lost_followers_account_count == (growth < 0).sum()
    assert row.zero_growth_account_count == (growth == 0).sum()


def test_the_quarter_before_stands_beside_it(industry):
    for before, quarter in pairwise(QUARTERS):
        for figure in ("followers_end_count", "follower_growth_pooled_pct"):
            shown, was = industry.loc[quarter, f"{figure}_previous"], industry.loc[before, figure]
            assert (pd.isna(shown) and pd.isna(was)) or shown == was


def test_the_first_quarter_has_no_growth_and_says_why(industry, closes, warehouse):
    assert closes["2025-Q2"].isna().all(), "the series has a gap of 83 days before 2025-07-14"
    row = industry.loc["2025-Q3"]
    assert row.followers_end_count == closes["2025-Q3"].sum()
    assert row[["growth_status", "followers_start_status"]].tolist() == ["stale_start"] * 2
    for figure in ("pooled", "mean", "median"):
        assert pd.isna(row[f"follower_growth_{figure}_pct"])
    assert pd.isna(row.lost_followers_account_count), "unknown is not the same as nobody"
    statuses = warehouse.execute(
        "select distinct growth_status, follower_growth_pct from marts.benchmark_account_quarter "
        "where quarter = '2025-Q3'"
    ).fetchall()
    assert statuses == [("stale_start", None)]


def test_a_small_base_is_left_out_of_the_panel(industry, closes):
    small = closes.index[closes["2025-Q3"] < 100]
    assert len(small) == 1
    row = industry.loc["2025-Q4"]
    panel = closes.drop(index=small)
    assert row.growth_account_count == 48
    assert row.panel_followers_start_count == panel["2025-Q3"].sum()
    assert row.panel_followers_end_count == panel["2025-Q4"].sum()
    assert row.followers_end_count == closes["2025-Q4"].sum()


@pytest.mark.parametrize("quarter", QUARTERS[1:])
def test_every_accounts_quarter_equals_pandas(quarter, warehouse, closes):
    before = list(ENDS)[list(ENDS).index(quarter) - 1]
    rows = warehouse.execute(
        "select * from marts.benchmark_account_quarter where quarter = ?", [quarter]
    ).df()
    rows = rows.set_index("account_id").sort_index()
    assert rows.followers_start_count.tolist() == closes[before].astype(int).tolist()
    assert rows.followers_end_count.tolist() == closes[quarter].astype(int).tolist()
    assert rows.followers_end_count_previous.tolist() == closes[before].astype(int).tolist()
    growth = (100 * (closes[quarter] - closes[before]) / closes[before]).where(
        closes[before] >= 100
    )
    pd.testing.assert_series_equal(
        rows.follower_growth_pct, growth, check_names=False, check_index_type=False
    )
    classes = pd.cut(
        closes[before],
        [0, 1_000, 5_000, 10_000, 50_000, 100_000, float("inf")],
        right=False,
        labels=["<1k", "1-5k", "5-10k", "10-50k", "50-100k", ">100k"],
    )
    assert rows.size_class.tolist() == classes.tolist()


@pytest.mark.parametrize(
    "metric", ["followers_end_count", "follower_change_count", "follower_growth_pct"]
)
def test_places_equal_pandas(metric, warehouse, closes):
    def values(start, end):
        change = end - start
        growth = (100 * change / start).where(start >= 100)
        return {
            "followers_end_count": end,
            "follower_change_count": change,
            "follower_growth_pct": growth,
        }[metric].dropna()

    now = values(closes["2026-Q1"], closes["2026-Q2"])
    before = values(closes["2025-Q4"], closes["2026-Q1"])
    rank = now.rank(method="dense", ascending=False)
    rank_before = before.rank(method="dense", ascending=False)
    rows = warehouse.execute(
        "select * from marts.ranking_quarter where quarter = '2026-Q2' and metric = ?", [metric]
    ).df()
    rows = rows.set_index("account_id").sort_index()
    assert rows.index.tolist() == sorted(now.index)
    assert rows["value"].tolist() == pytest.approx(now.sort_index().tolist())
    assert rows["rank"].tolist() == rank.sort_index().tolist()
    assert rows.rank_previous.tolist() == rank_before.reindex(rows.index).tolist()
    assert rows.rank_change.tolist() == (rows.rank_previous - rows["rank"]).tolist()
    assert set(rows.ranked_account_count) == {len(now)}


def test_coverage_counts_the_days_that_were_collected(warehouse, series):
    days = sorted(series[(series.day >= date(2026, 1, 1)) & (series.day < date(2026, 4, 1))].day)
    collected = sorted(set(days))
    edges = [date(2025, 12, 31), *collected, date(2026, 4, 1)]
    gaps = [(b - a).days - 1 for a, b in pairwise(edges)]
    rows = warehouse.execute(
        "select distinct expected_day_count, observed_day_count, snapshot_count, "
        "first_observed_date, last_observed_date, longest_gap_days, followers_end_status "
        "from marts.coverage_quarter where quarter = '2026-Q1'"
    ).fetchall()
    # A Monday in February is missing for all: 12 days, and a gap of 13 instead of 6.
    assert max(gaps) == 13
    assert rows == [(12, 12, 12, collected[0], collected[-1], 13, "ok")]


def test_nothing_is_logged_as_broken(warehouse):
    # Eight accounts changed their handle in this time; a new name under the same id is no break.
    assert warehouse.execute("select count(*) from marts.break_log").fetchone() == (0,)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "dbt_project/analyses").glob("*.sql")), ids=lambda path: path.stem
)
def test_example_query_runs_as_it_stands(path, warehouse, posts_warehouse):
    query = path.read_text(encoding="utf-8")
    # The think tanks have no posts, the generated bakeries too few members for percentiles.
    answers = [connection.execute(query).df() for connection in (warehouse, posts_warehouse)]
    assert "2026-Q2" in {quarter for rows in answers for quarter in rows["quarter"]}
