"""Breaks that reports averaged: flagged here, with the figures that were printed.

Names are generated; the figures are those of Region Skåne (page likes became followers), of an
electricity retailer whose pages were merged, and of a bank whose all-time views on YouTube fell.
"""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from tests.support.lake_builder import LakeBuilder


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    lake = LakeBuilder(tmp_path_factory.mktemp("breaks"))
    lake.industry("regions")
    lake.industry("banks")
    for number in range(6):
        lake.organisation(f"region_{number}", "regions", f"Generated region {number}")
        lake.account(f"region_{number}", "facebook")
    switched, merged, grown, *steady = (f"region_{n}.facebook" for n in range(6))
    lake.tables["declared_breaks"].append(
        {
            "account_id": merged,
            "break_date": date(2021, 5, 1),
            "kind": "account_merged",
            "note": "The global page took the Swedish one in.",
        }
    )
    ends = (date(2020, 12, 31), date(2021, 3, 31), date(2021, 6, 30), date(2021, 9, 30))
    figures = {switched: (39000, 39500, 40000, 71000), merged: (23000, 24000, 113000, 113500)}
    for account in (switched, merged, *steady):
        for day, followers in zip(
            ends, figures.get(account, (1000, 1010, 1020, 1030)), strict=True
        ):
            is_likes = account == switched and day < date(2021, 9, 1)
            definition = "page_likes" if is_likes else "followers"
            lake.snapshot(account, day, followers, definition=definition)
    lake.snapshot(grown, date(2019, 12, 31), 11000)
    for month in range(1, 13):
        lake.snapshot(grown, date(2020, month, 28), 11000)
    lake.snapshot(grown, date(2020, 12, 31), 58000)
    bank, tidy, slipped = (_bank(lake, name) for name in ("bank", "tidy", "slipped"))
    for day, views, posts, slip in (
        (date(2021, 6, 30), 10_640_774, 400, 9_000),
        (date(2021, 7, 28), 10_640_774, 400, 9_000),
        (date(2021, 8, 25), 115_410, 300, 90),
        (date(2021, 9, 30), 115_500, 301, 9_100),
    ):
        lake.snapshot(bank, day, 5_000, views_total=views, definition="subscribers")
        lake.snapshot(tidy, day, 5_000, posts_total=posts, definition="subscribers")
        lake.snapshot(slipped, day, 5_000, views_total=slip, definition="subscribers")
    lake.write()
    lake.build("2020-Q1", "2021-Q3", as_of="2021-12-01")
    with duckdb.connect(str(lake.warehouse), read_only=True) as connection:
        yield connection


def _bank(lake, name):
    lake.organisation(name, "banks", f"Generated {name}")
    return lake.account(name, "youtube", definition="subscribers")


def growth(warehouse, account, quarter):
    return warehouse.execute(
        "select follower_growth_pct, growth_status from marts.benchmark_account_quarter "
        "where account_id = ? and quarter = ?",
        [account, quarter],
    ).fetchone()


def test_the_year_of_region_skane_is_427_percent(warehouse):
    [(pct,)] = warehouse.execute(
        "select follower_growth_pct from marts.follower_growth where account_id = "
        "'region_2.facebook' and grain = 'year' and period = '2020'"
    ).fetchall()
    assert round(pct, 2) == 427.27


def test_page_likes_that_became_followers_are_no_growth(warehouse):
    assert growth(warehouse, "region_0.facebook", "2021-Q3") == (None, "definition_break")
    kinds = warehouse.execute(
        "select kind, evidence from marts.break_log where account_id = 'region_0.facebook'"
    ).fetchall()
    assert [kind for kind, _ in kinds] == ["definition_changed"]
    assert all(evidence for _, evidence in kinds)


def test_a_merged_page_is_no_growth(warehouse):
    assert growth(warehouse, "region_1.facebook", "2021-Q2") == (None, "account_break")
    pct, status = growth(warehouse, "region_1.facebook", "2021-Q3")
    assert status == "ok"
    assert pct == pytest.approx(100 * 500 / 113000)


def test_neither_is_averaged_into_the_industry(warehouse):
    for quarter, panel in (("2021-Q2", 4), ("2021-Q3", 4)):
        count, highest = warehouse.execute(
            "select growth_account_count, follower_growth_pooled_pct "
            "from marts.benchmark_industry_quarter where quarter = ? and platform = 'facebook'",
            [quarter],
        ).fetchone()
        assert count == panel
        assert highest is None


def test_all_time_views_that_fall_are_another_account(warehouse):
    assert growth(warehouse, "bank.youtube", "2021-Q3") == (None, "account_break")
    ranked = warehouse.execute(
        "select count(*) from marts.ranking_quarter where account_id = 'bank.youtube' "
        "and quarter = '2021-Q3' and metric in ('follower_change_count', 'follower_growth_pct')"
    ).fetchone()
    assert ranked == (0,)


def test_deleted_posts_and_a_reading_that_slipped_are_logged_and_growth_stands(warehouse):
    for account in ("tidy.youtube", "slipped.youtube"):
        assert growth(warehouse, account, "2021-Q3") == (0, "ok")
    logged = warehouse.execute(
        "select account_id, break_date, kind, is_growth_break, evidence from marts.break_log "
        "where industry_id = 'banks' order by account_id"
    ).fetchall()
    fell = (date(2021, 8, 25), "counter_fell")
    assert logged == [
        (
            *("bank.youtube", *fell, True),
            "views_total fell from 10640774 on 2021-07-28 to 115410 on 2021-08-25.",
        ),
        (
            *("slipped.youtube", *fell, False),
            "views_total fell from 9000 on 2021-07-28 to 90 on 2021-08-25, "
            "and was back on 2021-09-30.",
        ),
        (
            *("tidy.youtube", *fell, False),
            "posts_total fell from 400 on 2021-07-28 to 300 on 2021-08-25; "
            "posts may have been deleted.",
        ),
    ]
