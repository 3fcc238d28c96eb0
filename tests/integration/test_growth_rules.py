"""The rules of growth end to end: each account of a small lake lives through one of them."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest

from extractors.compaction import compact
from extractors.lake import Lake
from extractors.records import Origin, ProfileSnapshot
from tests.support.growth import run_growth
from tests.support.lake_builder import LakeBuilder

MONDAYS = [date(2025, 12, 1) + timedelta(weeks=week) for week in range(31)]


def weekly(lake: LakeBuilder, account: str, count=lambda day: 1000, **columns) -> None:
    """A snapshot every Monday from December to June; `count` may leave a day out with None."""
    for day in MONDAYS:
        followers = count(day)
        if followers is not None:
            lake.snapshot(account, day, followers, **columns)


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    lake = LakeBuilder(tmp_path_factory.mktemp("rules"))
    lake.industry("banks")
    for name in (
        "steady",
        "away",
        "slipped",
        "lost",
        "redefined",
        "late",
        "renamed",
        "twice",
        "doubled",
    ):
        lake.organisation(name, "banks")
        lake.account(name)
    lake.organisation("merging", "banks")
    lake.account(
        "merging",
        account_id="merging.small",
        valid_to=date(2026, 5, 10),
        successor_account_id="merging.bluesky",
    )
    lake.account("merging")
    weekly(lake, "steady.bluesky", lambda day: 1000 + (day - MONDAYS[0]).days)
    weekly(
        lake,
        "away.bluesky",
        lambda day: None if date(2026, 4, 13) < day < date(2026, 5, 25) else 1000,
    )
    weekly(lake, "slipped.bluesky", lambda day: 0 if day == date(2026, 6, 29) else 1000)
    lake.snapshot("slipped.bluesky", date(2026, 6, 28), 1010)
    weekly(lake, "lost.bluesky", lambda day: 0 if day >= date(2026, 6, 15) else 1000)
    for day in MONDAYS:
        changed = day >= date(2026, 5, 4)
        lake.snapshot(
            "redefined.bluesky",
            day,
            1800 if changed else 1000,
            definition="followers" if changed else "page_likes",
        )
    weekly(lake, "late.bluesky", lambda day: 1000 if day <= date(2026, 6, 22) else None)
    # Half past midnight in Stockholm: the first of July, although it is still June in UTC.
    lake.snapshot("late.bluesky", datetime(2026, 6, 30, 22, 30, tzinfo=UTC), 1234)
    for day in MONDAYS:
        handle = "new.example" if day > date(2026, 5, 1) else "old.example"
        lake.snapshot("renamed.bluesky", day, 1000, handle=handle)
    # Two sources read one moment; whose file comes first differs between the two accounts.
    for account, counts in {"twice": (1007, 1000), "doubled": (1000, 1007)}.items():
        for source, count in zip(("a_source", "b_source"), counts, strict=True):
            weekly(
                lake, f"{account}.bluesky", lambda _, n=count: n, source=source, posts_total=count
            )
    weekly(lake, "merging.small", lambda day: 500)
    weekly(lake, "merging.bluesky", lambda day: 1500 if day >= date(2026, 5, 11) else 1000)
    lake.write()
    lake.build("2026-Q1", "2026-Q2", as_of="2026-07-09")
    return lake


def query(lake: LakeBuilder, sql: str) -> list[tuple]:
    with duckdb.connect(str(lake.warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def quarters(lake: LakeBuilder, quarter: str = "2026-Q2") -> dict[str, tuple]:
    rows = query(
        lake,
        f"""select account_id, followers_start_count, followers_end_count, growth_status
        from marts.follower_growth where period = '{quarter}'""",
    )
    return {account: rest for account, *rest in rows}


def test_each_account_has_the_status_of_what_happened_to_it(lake):
    assert quarters(lake) == {
        "steady.bluesky": [1119, 1210, "ok"],
        "away.bluesky": [1000, 1000, "account_break"],
        "slipped.bluesky": [1000, 1010, "ok"],
        "lost.bluesky": [1000, 0, "account_break"],
        "redefined.bluesky": [1000, 1800, "definition_break"],
        "late.bluesky": [1000, None, "stale_end"],
        "renamed.bluesky": [1000, 1000, "ok"],
        "twice.bluesky": [1007, 1007, "ok"],
        "doubled.bluesky": [1007, 1007, "ok"],
        "merging.bluesky": [1000, 1500, "account_break"],
    }


def test_of_two_readings_of_one_moment_the_higher_counts_whatever_order_they_are_read_in(lake):
    days = query(
        lake,
        """select distinct account_id, followers_count from intermediate.int_account_days
        where account_id in ('twice.bluesky', 'doubled.bluesky') order by all""",
    )
    assert days == [("doubled.bluesky", 1007), ("twice.bluesky", 1007)]
    totals = query(
        lake,
        """select distinct posts_total_first_count, posts_total_last_count
        from intermediate.int_account_totals
        where account_id in ('twice.bluesky', 'doubled.bluesky')""",
    )
    assert totals == [(1000, 1007)]


def test_the_quarter_before_is_untouched_by_what_came_after(lake):
    statuses = {account: status for account, (*_, status) in quarters(lake, "2026-Q1").items()}
    assert set(statuses.values()) == {"ok"}
    # The account that merged in May was still compared in March.
    assert "merging.small" in statuses


def test_the_log_says_what_was_seen_and_when(lake):
    rows = query(
        lake,
        """select account_id, break_date, kind, is_declared, breaks_growth
        from intermediate.int_breaks order by all""",
    )
    assert rows == [
        ("away.bluesky", date(2026, 5, 25), "absence", False, True),
        ("lost.bluesky", date(2026, 6, 15), "counter_fell_to_zero", False, True),
        ("merging.bluesky", date(2026, 5, 11), "account_merged", True, True),
        ("merging.small", date(2026, 5, 11), "account_merged", True, True),
        ("redefined.bluesky", date(2026, 5, 4), "definition_changed", False, True),
        ("slipped.bluesky", date(2026, 6, 29), "counter_fell_to_zero", False, False),
    ]
    [(evidence,)] = query(
        lake, "select evidence from intermediate.int_breaks where account_id = 'away.bluesky'"
    )
    assert "42 days, from 2026-04-13 to 2026-05-25" in evidence


def test_growth_of_months_beside_the_break_stands(lake):
    months = query(
        lake,
        """select period, growth_status from marts.follower_growth
        where account_id = 'redefined.bluesky' and grain = 'month' and quarter = '2026-Q2'
        order by period""",
    )
    assert months == [("2026-04", "ok"), ("2026-05", "definition_break"), ("2026-06", "ok")]


def test_a_late_snapshot_changes_its_own_quarter_only(lake, tmp_path):
    copy = LakeBuilder(tmp_path / "late")
    shutil.copytree(lake.data_dir, copy.data_dir)
    before = query(lake, "from intermediate.int_account_month_closes where quarter = '2026-Q1'")
    copy.tables, copy.snapshots = lake.tables, []
    at = datetime(2026, 6, 30, 12, tzinfo=UTC)
    copy.snapshot("late.bluesky", at, 1100, source="manual_capture", origin="import")
    copy.write()
    run_growth(copy, "2026-Q2", "2026-Q2", as_of="2026-07-09")
    assert quarters(copy)["late.bluesky"] == [1000, 1100, "ok"]
    after = query(copy, "from intermediate.int_account_month_closes where quarter = '2026-Q1'")
    assert sorted(map(repr, after)) == sorted(map(repr, before))


def test_quarters_come_out_the_same_built_together_or_one_by_one(lake, tmp_path):
    copy = LakeBuilder(tmp_path / "one_by_one")
    shutil.copytree(lake.data_dir, copy.data_dir)
    (copy.data_dir / "warehouse.duckdb").unlink()
    run_growth(copy, "2026-Q1", "2026-Q1", as_of="2026-07-09")
    run_growth(copy, "2026-Q2", "2026-Q2", as_of="2026-07-09")
    for table in ("intermediate.int_account_month_closes", "marts.follower_growth"):
        rows = f"select * from {table} order by all"
        assert query(copy, rows) == query(lake, rows)
    # Together once more, over what stands: no quarter is kept twice.
    run_growth(copy, "2026-Q1", "2026-Q2", as_of="2026-07-09")
    assert query(copy, rows) == query(lake, rows)


def test_compacted_quarters_give_the_same_rows_and_a_late_reading_still_counts(lake, tmp_path):
    copy = LakeBuilder(tmp_path / "compacted")
    shutil.copytree(lake.data_dir, copy.data_dir)
    stored = Lake(copy.data_dir / "lake", "Europe/Stockholm")
    # The second quarter is still open: it is read from its days.
    assert len(compact(stored, date(2026, 7, 9)).written) == 2
    growth = "select * from marts.follower_growth order by all"
    run_growth(copy, "2026-Q1", "2026-Q2", as_of="2026-07-09")
    assert query(copy, growth) == query(lake, growth)
    seen = """select count(*), count(distinct platform), min(observed_date), max(observed_date)
        from raw.lake_profile_snapshots"""
    assert query(copy, seen) == query(lake, seen)
    assert len(compact(stored, date(2026, 8, 9)).written) == 1
    at = datetime(2026, 6, 30, 12, tzinfo=UTC)
    late = ProfileSnapshot(
        account_id="late.bluesky",
        observed_at=at,
        followers=1100,
        source="manual_capture",
        origin=Origin.IMPORT,
        extracted_at=at,
        load_id="late",
    )
    stored.write_part("profile_snapshots", "bluesky", at.date(), "manual", [late])
    run_growth(copy, "2026-Q2", "2026-Q2", as_of="2026-08-09")
    assert quarters(copy) == {**quarters(lake), "late.bluesky": [1000, 1100, "ok"]}


def test_nothing_read_any_more_replaces_what_was_read_before(lake, tmp_path):
    copy = LakeBuilder(tmp_path / "emptied")
    shutil.copytree(lake.data_dir, copy.data_dir)
    for day in copy.data_dir.glob("lake/profile_snapshots/platform=bluesky/observed_date=2026-0*"):
        if day.name >= "observed_date=2026-03-25":
            shutil.rmtree(day)
    run_growth(copy, "2026-Q2", "2026-Q2", as_of="2026-07-09")
    assert {tuple(row) for row in quarters(copy).values()} == {(None, None, "stale_end")}
    assert len(quarters(copy)) == 10
    assert len(quarters(copy, "2026-Q1")) == 11
