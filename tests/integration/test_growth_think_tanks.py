"""Growth of real data: 49 think tanks, through dbt and again in a few lines of pandas."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import numpy as np
import pytest

from tests.support.growth import run_growth
from tests.support.lake_builder import think_tank_lake, think_tanks

TABLES = (
    "intermediate.int_account_month_closes",
    "intermediate.int_account_quarters",
    "intermediate.int_breaks",
    "marts.follower_growth",
    "marts.dim_account",
    "marts.dim_quarter",
)


@pytest.fixture(scope="module")
def series():
    return think_tanks()


def close(series, end: date):
    """Followers by account: the last count of the seven days that end with `end`."""
    window = series[(series.day > end - timedelta(days=7)) & (series.day <= end)]
    return window.sort_values("day").groupby("account_id").followers_count.last()


def growth(warehouse, period: str):
    rows = warehouse.execute("select * from marts.follower_growth where period = ?", [period]).df()
    return rows.set_index("account_id").sort_index()


def test_the_second_quarter_of_2026_equals_pandas(warehouse, series):
    start, end = close(series, date(2026, 3, 31)), close(series, date(2026, 6, 30))
    rows = growth(warehouse, "2026-Q2")
    assert len(rows) == 49
    assert (rows.growth_status == "ok").all()
    assert (rows.followers_start_count == start).all()
    assert (rows.followers_end_count == end).all()
    assert (rows.follower_change_count == end - start).all()
    np.testing.assert_allclose(rows.follower_growth_pct, 100 * (end / start - 1), atol=1e-9)
    # The counts were taken on Mondays, 30 March and 29 June: thirteen weeks apart.
    weekly = 100 * ((end / start) ** (1 / 13) - 1)
    np.testing.assert_allclose(rows.growth_weekly_cagr_pct, weekly, atol=1e-9)
    assert rows.closed_at.dt.date.unique().tolist() == [date(2026, 6, 29)]


def test_months_and_the_half_year_equal_pandas(warehouse, series):
    for period, first, last in [
        ("2026-05", date(2026, 4, 30), date(2026, 5, 31)),
        ("2026-H1", date(2025, 12, 31), date(2026, 6, 30)),
    ]:
        start, end = close(series, first), close(series, last)
        rows = growth(warehouse, period)
        expected = (100 * (end / start - 1)).where(start >= 100)
        np.testing.assert_allclose(rows.follower_growth_pct, expected, atol=1e-9)


def test_a_think_tank_that_began_below_a_hundred_has_a_change_but_no_rate(warehouse, series):
    start, end = close(series, date(2025, 9, 30)), close(series, date(2025, 12, 31))
    rows = growth(warehouse, "2025-Q4")
    small = rows[rows.growth_status == "small_base"]
    assert small.index.tolist() == start[start < 100].index.tolist()
    assert small.follower_growth_pct.isna().all()
    assert (small.follower_change_count == (end - start)[small.index]).all()


def test_the_first_quarter_has_no_start_and_says_so(warehouse):
    rows = growth(warehouse, "2025-Q3")
    assert (rows.growth_status == "stale_start").all()
    assert rows[["follower_growth_pct", "follower_change_count"]].isna().all().all()
    assert rows.followers_end_count.notna().all()


def test_each_quarter_starts_where_the_one_before_ended(warehouse):
    torn = warehouse.execute(
        """
        select openings.account_id, openings.quarter
        from intermediate.int_account_month_closes as openings
        join intermediate.int_account_month_closes as closes
            using (account_id, month_start_date)
        where openings.is_opening and not closes.is_opening
            and (openings.followers_count, openings.closed_at, openings.source)
                is distinct from (closes.followers_count, closes.closed_at, closes.source)
        """
    ).fetchall()
    assert torn == []


def test_eight_renames_break_nothing(warehouse, series):
    handles = series.groupby("account_id").handle.nunique()
    assert (handles > 1).sum() == 8
    assert warehouse.execute("select * from intermediate.int_breaks").fetchall() == []
    renamed = handles[handles > 1].index
    assert (growth(warehouse, "2026-Q2").growth_status[renamed] == "ok").all()


def test_every_order_of_building_gives_the_same_tables(think_tanks_built, tmp_path):
    lake = think_tank_lake(tmp_path)
    run_growth(lake, "2026-Q1", "2026-Q2", as_of="2026-08-20")
    run_growth(lake, "2025-Q3", "2026-Q1", as_of="2026-08-20")
    with duckdb.connect() as connection:
        connection.execute(f"attach '{think_tanks_built.warehouse}' as whole (read_only)")
        connection.execute(f"attach '{lake.warehouse}' as parts (read_only)")
        for table in TABLES:
            whole, parts = f"from whole.{table}", f"from parts.{table}"
            counts = connection.execute(f"select count(*) {whole}").fetchall()
            assert counts == connection.execute(f"select count(*) {parts}").fetchall(), table
            for one, other in ((whole, parts), (parts, whole)):
                assert connection.execute(f"{one} except all {other}").fetchall() == [], table
