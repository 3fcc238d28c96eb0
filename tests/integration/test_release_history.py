"""Releases over time: revisions, restatements, the pointer, rolling back."""

from __future__ import annotations

import json
import os
import shutil
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from publication.release import (
    ReleaseRefused,
    current_name,
    diff_releases,
    list_releases,
    read_log,
    reconcile,
    rollback,
    verify_release,
)
from tests.support.candidate import QUARTERS, clean_copy
from tests.support.candidate_composite import COMPOSITE
from tests.support.candidate_growth import GROWTH
from tests.support.candidate_posts import COMPARISON
from tests.support.candidate_rollups import ROLLUPS
from tests.support.gates import ACCOUNT, NOW, PlainJudge, alter, found, judge, release

FIRST, SECOND, LAST = QUARTERS


@pytest.fixture
def data(tmp_path):
    return clean_copy(tmp_path)


def go(data, quarter, *, minutes=0, **options):
    """Judge and publish a quarter, `minutes` after the start of the test's day."""
    now = NOW + timedelta(minutes=minutes)
    result = judge(data, quarter, make_judge=PlainJudge, now=now, **options)
    assert result.passed, str(result)
    return release(data, quarter, now=now)


@pytest.fixture(scope="module")
def all_published(tmp_path_factory):
    data = clean_copy(tmp_path_factory.mktemp("published"))
    for minutes, quarter in enumerate(QUARTERS):
        go(data, quarter, minutes=minutes)
    return data


@pytest.fixture
def published(all_published, tmp_path):
    return Path(shutil.copytree(all_published, tmp_path / "data", symlinks=True))


def current(data):
    return str(current_name(data / "releases"))


def restate(data, quarter, count=7):
    """Raise one account's closing count and all that follows from it, as a late reading would."""
    day = {FIRST: "2025-12-31", SECOND: "2026-03-25", LAST: "2026-06-24"}[quarter]
    start, end = "followers_start_count", "followers_end_count"
    following = {FIRST: SECOND, SECOND: LAST}.get(quarter, "none")
    where = f"where account_id = '{ACCOUNT}' and quarter"
    statements = [
        "update staging.stg_lake__profile_snapshots "
        f"set followers_count = followers_count + {count} "
        f"where account_id = '{ACCOUNT}' and observed_date = date '{day}'"
    ]
    accounts = "update marts.benchmark_account_quarter set"
    statements += [
        f"{accounts} {end} = {end} + {count} {where} = '{quarter}'",
        f"{accounts} {start} = {start} + {count} {where} = '{following}'",
        f"{accounts} follower_change_count = {end} - {start}, "
        f"follower_growth_pct = 100 * ({end} - {start})::double / {start} "
        f"where account_id = '{ACCOUNT}'",
        GROWTH,
        f"update marts.benchmark_account_quarter set {end}_previous = {end}_previous + {count} "
        f"{where} = '{following}'",
        "update marts.benchmark_account_quarter as b set follower_growth_pct_previous = "
        "(select p.follower_growth_pct from marts.benchmark_account_quarter as p where "
        "p.account_id = b.account_id and p.quarter = case b.quarter "
        f"when '{SECOND}' then '{FIRST}' when '{LAST}' then '{SECOND}' end) "
        f"where b.account_id = '{ACCOUNT}'",
        "update marts.ranking_quarter as r set value = (select case r.metric "
        f"when '{end}' then b.{end}::double when 'follower_change_count' "
        "then b.follower_change_count::double else b.follower_growth_pct end "
        "from marts.benchmark_account_quarter as b "
        "where b.account_id = r.account_id and b.quarter = r.quarter)",
        "create or replace temp table placed as select *, dense_rank() over (partition by "
        "industry_id, platform, quarter, metric order by value desc) as place "
        "from marts.ranking_quarter",
        "update marts.ranking_quarter as r set rank = p.place from placed as p where "
        "(p.account_id, p.quarter, p.metric) = (r.account_id, r.quarter, r.metric)",
        "create or replace temp table chained as select account_id, quarter, metric, "
        "lag(rank) over w as before, lag(value) over w as valued from marts.ranking_quarter "
        "window w as (partition by account_id, metric order by quarter)",
        "update marts.ranking_quarter as r set rank_previous = c.before, value_previous = c.valued,"
        " rank_change = c.before - r.rank from chained as c where "
        "(c.account_id, c.quarter, c.metric) = (r.account_id, r.quarter, r.metric)",
        "update marts.benchmark_industry_quarter as i set followers_end_count = s.ends, "
        "panel_followers_start_count = s.a, panel_followers_end_count = s.b, "
        "follower_growth_pooled_pct = 100 * (s.b - s.a)::double / s.a from (select industry_id, "
        f"quarter, sum({end}) as ends, sum({start}) as a, sum({end}) as b "
        "from marts.benchmark_account_quarter group by all) as s "
        "where (s.industry_id, s.quarter) = (i.industry_id, i.quarter)",
        "create or replace temp table pooled as select industry_id, quarter, "
        "lag(follower_growth_pooled_pct) over (partition by industry_id order by quarter) as p "
        "from marts.benchmark_industry_quarter",
        "update marts.benchmark_industry_quarter as i set follower_growth_pooled_pct_previous = "
        "o.p from pooled as o where (o.industry_id, o.quarter) = (i.industry_id, i.quarter)",
        "update marts.benchmark_audience_quarter as a set followers_end_count = "
        f"b.{end}, penetration_pct = b.{end}::double / 100 from "
        "marts.benchmark_account_quarter as b "
        "where (a.account_id, a.quarter) = (b.account_id, b.quarter)",
        COMPARISON,
        COMPOSITE,
        ROLLUPS,
    ]
    alter(data, *statements)


def test_a_restated_quarter_becomes_a_new_revision_with_its_difference(published):
    before = (published / "releases" / LAST / "r1" / "benchmark.duckdb").read_bytes()
    restate(published, LAST)
    second = go(published, LAST, minutes=9)
    assert second.release_id == f"{LAST}/r2"
    assert current(published) == f"{LAST}/r2"
    assert (published / "releases" / LAST / "r1" / "benchmark.duckdb").read_bytes() == before
    told = str(second)
    assert f"From {LAST}/r1 to {LAST}/r2" in told
    old, new = 900 + 700 * 3 + 39 * 6, 900 + 700 * 3 + 39 * 6 + 7
    assert f"{ACCOUNT} {LAST} followers_end_count: {old} -> {new}" in told
    again = diff_releases(published / "releases", f"{LAST}/r1", "current")
    assert again == second.difference
    changed = {table.table: (table.added, table.removed, table.changed) for table in again.tables}
    assert changed["benchmark_account_quarter"] == (0, 0, 1)
    assert changed["benchmark_industry_quarter"] == (0, 0, 1)
    assert "dim_account" not in changed


def test_releases_with_the_same_tables_say_so(published):
    same = diff_releases(published / "releases", "current", "current")
    assert "hold the same tables" in str(same)


def test_an_earlier_quarter_that_changed_stops_the_gate_and_is_named(published):
    restate(published, FIRST)
    result = judge(published, LAST, make_judge=PlainJudge)
    check = found(result, "closed_quarters_unchanged")
    assert not check.passed
    assert f"benchmark_account_quarter of {FIRST} differs from release {LAST}/r1" in check.message


def test_an_earlier_quarter_altered_after_the_gate_is_refused(published):
    restate(published, LAST)
    assert judge(published, LAST, make_judge=PlainJudge).passed
    restate(published, FIRST)
    with pytest.raises(ReleaseRefused, match=f"benchmark_account_quarter {FIRST}"):
        release(published, LAST)
    assert current(published) == f"{LAST}/r1"


def test_late_facts_go_out_oldest_quarter_first_and_current_does_not_go_back(published):
    restate(published, FIRST)
    first = go(published, FIRST, minutes=10)
    assert first.release_id == f"{FIRST}/r2"
    assert not first.is_current
    assert current(published) == f"{LAST}/r1"
    assert "not made current: a later quarter is" in str(first)
    for minutes, quarter in ((11, SECOND), (12, LAST)):
        assert go(published, quarter, minutes=minutes).release_id == f"{quarter}/r2"
    assert current(published) == f"{LAST}/r2"


def test_a_restatement_that_somebody_answers_for_goes_out_named(published):
    restate(published, FIRST)
    result = judge(
        published, LAST, make_judge=PlainJudge, allow_restatement="The source corrected itself."
    )
    assert result.passed, str(result)
    assert result.receipt.restated == {
        FIRST: "The source corrected itself.",
        SECOND: "The source corrected itself.",
    }
    path = release(published, LAST).path
    with duckdb.connect(str(path / "benchmark.duckdb"), read_only=True) as connection:
        told = connection.execute("select restatements from meta.release").fetchone()[0]
    assert f"{FIRST}: The source corrected itself." in told
    # The release just made is what the next one is compared with.
    assert judge(published, LAST, make_judge=PlainJudge, now=NOW + timedelta(minutes=1)).passed


def test_a_quarter_that_was_never_released_holds_back_the_next(data):
    result = judge(data, SECOND, make_judge=PlainJudge)
    assert f"of {FIRST} has never been released: gate and publish {FIRST} first" in (
        found(result, "closed_quarters_unchanged").message
    )


def test_a_candidate_that_lost_a_released_quarter_is_refused(published):
    alter(published, f"delete from marts.coverage_quarter where quarter = '{FIRST}'")
    check = found(judge(published, LAST, make_judge=PlainJudge), "closed_quarters_unchanged")
    assert [row["state"] for row in check.failing_rows] == ["missing"]
    assert f"build {FIRST} with dbt" in check.message


def test_rolling_back_and_forward_moves_only_the_pointer_and_is_logged(published):
    releases = published / "releases"
    sealed = {p: p.read_bytes() for p in releases.rglob("manifest.json")}
    moved = rollback(releases, f"{FIRST}/r1", now=NOW)
    assert str(moved) == f"{FIRST}/r1 is current; before it was {LAST}/r1."
    with duckdb.connect(str(releases / "current/benchmark.duckdb"), read_only=True) as connection:
        assert connection.execute("select release_id from meta.release").fetchone() == (
            f"{FIRST}/r1",
        )
    assert read_log(releases)[-1] == {
        "event": "rollback",
        "release": f"{FIRST}/r1",
        "before": f"{LAST}/r1",
        "at": NOW.isoformat(),
    }
    rollback(releases, f"{LAST}/r1")
    assert current(published) == f"{LAST}/r1"
    assert {p: p.read_bytes() for p in releases.rglob("manifest.json")} == sealed


def test_publishing_again_does_not_undo_a_rollback(published):
    rollback(published / "releases", f"{FIRST}/r1")
    again = go(published, LAST, minutes=20)
    assert not again.is_new
    assert not again.is_current
    assert current(published) == f"{FIRST}/r1"
    assert f"effektanalys release rollback {LAST}/r1" in str(again)


@pytest.mark.parametrize("name", ["2026-Q2/r9", "2031-Q1/r1", "../gate", "current/../..", "r1"])
def test_rolling_back_to_nothing_is_refused_and_says_what_there_is(published, name):
    with pytest.raises(ReleaseRefused, match=f"There is no release {name}".replace(".", r"\.")):
        rollback(published / "releases", name)
    assert current(published) == f"{LAST}/r1"


def flip(path):
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    "name", ["benchmark.duckdb", "parquet/follower_growth.parquet", "gate/receipt.json"]
)
def test_one_flipped_bit_is_found(published, name):
    flip(published / "releases" / LAST / "r1" / name)
    with pytest.raises(ReleaseRefused, match=f"{name} was altered"):
        verify_release(published / "releases")


def test_a_missing_an_added_and_a_cut_file_are_found(published):
    folder = published / "releases" / LAST / "r1"
    (folder / "parquet" / "dim_account.parquet").unlink()
    (folder / "notes.txt").write_text("mine")
    (folder / "benchmark.duckdb").chmod(0o644)
    os.truncate(folder / "benchmark.duckdb", 5000)
    with pytest.raises(ReleaseRefused) as caught:
        verify_release(published / "releases", f"{LAST}/r1")
    words = str(caught.value)
    assert "parquet/dim_account.parquet is missing" in words
    assert "notes.txt was added" in words
    assert "benchmark.duckdb was altered" in words


def test_rolling_back_to_a_damaged_release_is_refused(published):
    flip(published / "releases" / FIRST / "r1" / "benchmark.duckdb")
    with pytest.raises(ReleaseRefused, match="was altered"):
        rollback(published / "releases", f"{FIRST}/r1")


def test_a_pointer_to_a_damaged_release_goes_to_the_one_before_and_says_so(published):
    flip(published / "releases" / LAST / "r1" / "benchmark.duckdb")
    [words] = reconcile(published / "releases")
    assert f"now {SECOND}/r1" in words
    assert current(published) == f"{SECOND}/r1"
    assert read_log(published / "releases")[-1]["event"] == "reconciled"
    assert reconcile(published / "releases") == []


def test_a_dangling_pointer_is_mended(published):
    pointer = published / "releases" / "current"
    pointer.unlink()
    pointer.symlink_to("2026-Q2/r7")
    reconcile(published / "releases")
    assert current(published) == f"{LAST}/r1"


def test_a_log_line_that_a_crash_cut_off_does_not_swallow_the_next(published):
    log = published / "releases" / "releases.jsonl"
    with log.open("a") as file:
        file.write('{"event": "publ')
    rollback(published / "releases", f"{FIRST}/r1")
    assert read_log(published / "releases")[-1]["release"] == f"{FIRST}/r1"
    assert json.loads(log.read_text().splitlines()[-1])["event"] == "rollback"


def test_the_list_shows_every_revision_in_order(published):
    names = [str(listed.name) for listed in list_releases(published / "releases")]
    assert names == [f"{FIRST}/r1", f"{SECOND}/r1", f"{LAST}/r1"]
    assert [listed.is_current for listed in list_releases(published / "releases")] == [
        False,
        False,
        True,
    ]
