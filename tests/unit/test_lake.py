"""The lake keeps every fact once, refuses what cannot be, and names what is not its own."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from extractors.lake import Lake, LakeRefused, facts_digest
from extractors.records import SCHEMAS, Origin, PostSnapshot, ProfileSnapshot

DAY = date(2026, 6, 30)
NOON = datetime(2026, 6, 30, 10, tzinfo=UTC)


def snapshot(account="north.x", followers=1000, **given):
    values = {
        "account_id": account,
        "observed_at": NOON,
        "followers": followers,
        "source": "x_api",
        "origin": Origin.LIVE,
        "extracted_at": NOON + timedelta(minutes=1),
        "load_id": "first",
    }
    return ProfileSnapshot(**{**values, **given})


@pytest.fixture
def lake(tmp_path):
    made = Lake(tmp_path / "lake", "Europe/Stockholm")
    made.initialise()
    return made


def land(lake, *records, part="x_api", day=DAY, platform="x"):
    return lake.write_part("profile_snapshots", platform, day, part, records)


def state(lake):
    return {
        path: (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes())
        for path in lake.root.rglob("*.parquet")
    }


def table_of(*records):
    rows = [{name: getattr(r, name) for name in r.__slots__} for r in records]
    return pa.Table.from_pylist(rows, schema=SCHEMAS["profile_snapshots"])


def test_the_same_facts_landed_later_by_another_run_rewrite_nothing(lake):
    assert land(lake, snapshot(), snapshot("south.x")).changed
    before = state(lake)
    later = {"extracted_at": NOON + timedelta(days=3), "load_id": "second"}
    again = land(lake, snapshot("south.x", **later), snapshot(**later))
    assert not again.changed
    assert again.row_count == 2
    assert state(lake) == before


def test_a_changed_fact_replaces_its_own_part_and_no_other(lake):
    land(lake, snapshot(), part="x_api")
    land(lake, snapshot(followers=999), part="manual_capture-0123456789ab")
    land(lake, snapshot(), platform="bluesky")
    before = state(lake)
    result = land(lake, snapshot(followers=1001), part="x_api")
    assert result.changed
    assert pq.read_table(result.path, partitioning=None)["followers"].to_pylist() == [1001]
    after = state(lake)
    assert after.keys() == before.keys()
    assert [p for p in before if before[p] != after[p]] == [result.path]


def test_doubled_rows_and_zeros_are_kept_as_they_came(lake):
    rows = [snapshot(), snapshot(), snapshot(followers=0), snapshot(followers=None)]
    result = land(lake, *rows)
    kept = pq.read_table(result.path, partitioning=None)["followers"].to_pylist()
    assert sorted(kept, key=str) == [0, 1000, 1000, None]
    assert lake.verify() == []


def test_a_day_is_a_day_in_stockholm(lake):
    late = snapshot(observed_at=datetime(2026, 6, 30, 21, 59, 59, tzinfo=UTC))
    later = snapshot(observed_at=datetime(2026, 6, 30, 22, tzinfo=UTC))
    now = {"extracted_at": datetime(2026, 7, 1, tzinfo=UTC)}
    assert land(lake, replace(late, **now)).changed
    with pytest.raises(LakeRefused, match="records of 2026-07-01 cannot lie under 2026-06-30"):
        land(lake, replace(later, **now))
    assert land(lake, replace(later, **now), day=date(2026, 7, 1)).changed


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (snapshot(observed_at=NOON - timedelta(days=1)), "records of 2026-06-29 cannot lie under"),
        (snapshot(observed_at=NOON + timedelta(hours=1)), "north.x: observed later than it was"),
        (snapshot(followers=-1), "north.x: followers is -1; a count cannot be negative"),
        (snapshot(posts_total=-7), "north.x: posts_total is -7"),
        (snapshot(followers=2**63), "profile_snapshots of x on 2026-06-30"),
        (snapshot(followers=12.5), "north.x: followers is 12.5; a count is whole"),
        (snapshot(account=None), "profile_snapshots of x: .*account_id"),
        (snapshot(observed_at=NOON.replace(tzinfo=None)), "north.x: observed_at .* has no zone"),
        (snapshot(extracted_at=NOON.replace(tzinfo=None)), "north.x: extracted_at .* has no zone"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_nothing_is_written(lake, record, words):
    before = state(lake)
    with pytest.raises(LakeRefused, match=words):
        land(lake, snapshot("good.x"), record)
    assert state(lake) == before


def test_a_platforms_clock_may_run_five_minutes_ahead(lake):
    ahead = snapshot(observed_at=NOON + timedelta(minutes=6))
    assert land(lake, ahead).changed
    with pytest.raises(LakeRefused, match="clock"):
        land(lake, replace(ahead, observed_at=NOON + timedelta(minutes=6, seconds=1)))


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "a b", "x" * 121])
def test_names_that_leave_the_lake_are_refused(lake, name):
    with pytest.raises(LakeRefused, match="cannot name"):
        land(lake, snapshot(), part=name)
    with pytest.raises(LakeRefused, match="cannot name"):
        land(lake, snapshot(), platform=name)


def leftover(lake, writer, *, age=timedelta()):
    folder = land(lake, snapshot()).path.parent
    path = folder / f"x_api.parquet.0a1b2c3d.{writer}.writing"
    path.write_bytes(b"PAR1 half")
    then = time.time() - age.total_seconds()
    os.utime(path, (then, then))
    return path


def test_what_a_killed_run_left_is_cleared_and_what_a_running_one_writes_is_not(lake):
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    killed = leftover(lake, ended.pid)
    forgotten = leftover(lake, 1, age=timedelta(hours=2))
    running = leftover(lake, os.getpid())
    before = state(lake)
    lake.initialise()
    assert not killed.exists()
    assert not forgotten.exists()
    assert running.exists()
    assert state(lake) == before


def test_a_write_that_fails_half_way_leaves_the_old_part(lake, monkeypatch):
    land(lake, snapshot())
    before = state(lake)

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("extractors.atomic.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        land(lake, snapshot(followers=5))
    assert state(lake) == before


def test_only_the_owner_may_read_it(tmp_path):
    umask = os.umask(0o000)
    try:
        lake = Lake(tmp_path / "lake", "Europe/Stockholm")
        lake.initialise()
        land(lake, snapshot())
    finally:
        os.umask(umask)
    for path in [lake.root, *lake.root.rglob("*")]:
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


def test_the_fingerprint_follows_the_facts_of_its_days_and_nothing_else(lake):
    def fingerprint():
        return lake.fingerprint("profile_snapshots", DAY, DAY)

    empty = fingerprint()
    land(lake, snapshot())
    one = fingerprint()
    assert one != empty
    land(lake, snapshot(load_id="again", extracted_at=NOON + timedelta(hours=5)))
    tomorrow = snapshot(observed_at=NOON + timedelta(days=1), extracted_at=NOON + timedelta(days=2))
    land(lake, tomorrow, day=DAY + timedelta(days=1))
    assert fingerprint() == one
    assert lake.fingerprint("profile_snapshots", DAY, DAY, "bluesky") == empty
    land(lake, snapshot(followers=1001))
    changed = fingerprint()
    assert changed not in {one, empty}
    land(lake, snapshot(), part="another")
    assert fingerprint() not in {one, changed, empty}
    land(lake, snapshot())
    assert fingerprint() not in {one, changed, empty}


def test_the_fingerprint_is_the_same_in_another_folder_and_another_order(lake, tmp_path):
    other = Lake(tmp_path / "elsewhere", "Europe/Stockholm")
    land(lake, snapshot(), snapshot("south.x"))
    land(lake, snapshot(), platform="bluesky")
    land(other, snapshot(), platform="bluesky")
    land(other, snapshot("south.x"), snapshot())
    both = [made.fingerprint("profile_snapshots", DAY, DAY) for made in (lake, other)]
    assert both[0] == both[1]


def test_the_digest_sees_facts_not_how_arrow_holds_them():
    records = [snapshot(f"a{n}.x", n if n % 3 else None, handle=None) for n in range(20)]
    whole = table_of(*records)
    chunked = pa.concat_tables([whole.slice(7), whole.slice(0, 7)])
    odd = table_of(snapshot("zz.x"), *records).slice(1)
    assert facts_digest(whole) == facts_digest(chunked) == facts_digest(odd)
    assert facts_digest(whole) != facts_digest(whole.slice(1))


def test_verify_names_every_torn_changed_misplaced_and_foreign_file(lake):
    torn = land(lake, snapshot(), part="torn").path
    torn.write_bytes(torn.read_bytes()[:-20])
    edited = land(lake, snapshot(), part="edited").path
    footer = pq.read_schema(edited).metadata
    pq.write_table(table_of(snapshot(followers=9)).replace_schema_metadata(footer), edited)
    moved = land(lake, snapshot(), part="moved").path
    tomorrow = moved.parent.with_name("observed_date=2026-07-01")
    tomorrow.mkdir()
    moved = moved.rename(tomorrow / "moved.parquet")
    stream = lake.root / "profile_snapshots"
    other_columns = torn.with_name("foreign.parquet")
    pq.write_table(pa.table({"a": [1]}), other_columns)
    foreign = [
        stream / "copies",
        stream / "platform=x" / "observed_date=soon",
        stream / "platform=x" / "observed_date=20260630",
        torn.parent / "notes.txt",
    ]
    for path in foreign[:3]:
        path.mkdir()
    foreign[3].write_text("mine", encoding="utf-8")
    good = land(lake, snapshot(), part="good").path

    named = {line.split(": ")[0]: line.split(": ", 1)[1] for line in lake.verify()}
    assert named.keys() == {str(p) for p in (torn, edited, moved, other_columns, *foreign)}
    assert named[str(torn)].startswith("cannot be read as profile_snapshots")
    assert "digest" in named[str(edited)]
    assert named[str(moved)] == "holds records of 2026-06-30"
    for path in foreign:
        assert named[str(path)] == "was not put there by the lake"
    assert good in [part.path for part in lake.parts("profile_snapshots")]


def test_a_torn_part_is_mended_by_landing_it_again(lake):
    path = land(lake, snapshot()).path
    path.write_bytes(b"PAR1")
    assert land(lake, snapshot()).changed
    assert lake.verify() == []


def test_parts_are_listed_in_order_and_within_the_days(lake):
    days = [DAY, DAY - timedelta(days=1), DAY - timedelta(days=2)]
    for day in days:
        at = datetime(day.year, day.month, day.day, 10, tzinfo=UTC)
        for platform in ("x", "bluesky"):
            land(lake, snapshot(observed_at=at), day=day, platform=platform)
    listed = [(p.platform, p.observed_date) for p in lake.parts("profile_snapshots")]
    assert listed == [(name, day) for name in ("bluesky", "x") for day in sorted(days)]
    within = lake.parts("profile_snapshots", days[1], days[1], "x")
    assert [(p.platform, p.observed_date) for p in within] == [("x", days[1])]
    assert lake.parts("posts") == []


def many_days():
    moments = [datetime(2026, 3, 27, 20, tzinfo=UTC) + timedelta(hours=5 * n) for n in range(40)]
    return [
        snapshot(f"a{n % 3}.x", n if n % 7 else None, observed_at=at, extracted_at=NOON)
        for n, at in enumerate(moments)
    ]


def test_landing_many_days_at_once_equals_landing_each_day(lake, tmp_path):
    records = many_days()
    at_once = Lake(tmp_path / "at_once", "Europe/Stockholm")
    at_once.initialise()
    shuffled = records[1::2] + records[::2]
    results = list(at_once.write_days("profile_snapshots", "x", "x_api", table_of(*shuffled)))
    by_day = {}
    for record in records:
        # Summer time begins on 29 March: an independent look at which day it is in Stockholm.
        summer = record.observed_at >= datetime(2026, 3, 29, 1, tzinfo=UTC)
        day = (record.observed_at + timedelta(hours=2 if summer else 1)).date()
        by_day.setdefault(day, []).append(record)
    for day, rows in by_day.items():
        land(lake, *rows, day=day)
    assert [r.row_count for r in results] == [len(by_day[day]) for day in sorted(by_day)]
    assert all(r.changed for r in results)
    contents = [
        {p.relative_to(made.root): pq.read_table(p, partitioning=None) for p in state(made)}
        for made in (lake, at_once)
    ]
    assert contents[0] == contents[1]
    again = at_once.write_days("profile_snapshots", "x", "x_api", table_of(*records))
    assert not any(result.changed for result in again)
    assert at_once.verify() == []


def test_one_impossible_row_among_many_days_lands_none_of_them(lake):
    before = state(lake)
    table = table_of(*many_days(), snapshot(followers=-3))
    with pytest.raises(LakeRefused, match="negative"):
        list(lake.write_days("profile_snapshots", "x", "x_api", table))
    assert state(lake) == before


def test_posts_land_and_verify_too(lake):
    post = PostSnapshot(
        account_id="north.x",
        post_id="1",
        published_at=NOON - timedelta(days=2),
        observed_at=NOON,
        source="x_api",
        origin=Origin.LIVE,
        extracted_at=NOON,
        load_id="first",
        text="Line one\nline two",
    )
    boosted = [replace(post, post_id=str(n), is_boosted=[None, True, False][n]) for n in range(3)]
    assert lake.write_part("posts", "x", DAY, "x_api", boosted).changed
    assert not lake.write_part("posts", "x", DAY, "x_api", boosted[::-1]).changed
    assert lake.verify() == []


@pytest.mark.parametrize("stream", sorted(SCHEMAS))
def test_an_empty_lake_reads_as_empty_tables_with_all_columns(lake, stream):
    read = duckdb.sql(
        f"select * from read_parquet('{lake.root}/{stream}/*/*/*.parquet', union_by_name = true,"
        " hive_partitioning = true, hive_types = {'platform': varchar, 'observed_date': date})"
    )
    assert read.fetchall() == []
    assert set(read.columns) == {*SCHEMAS[stream].names, "observed_date", "platform"}
    assert lake.parts(stream) == []


def test_a_landed_day_reads_under_its_hive_keys(lake):
    land(lake, snapshot())
    rows = duckdb.sql(
        f"select platform, observed_date, account_id, followers from read_parquet("
        f"'{lake.root}/profile_snapshots/*/*/*.parquet', union_by_name = true,"
        " hive_partitioning = true, hive_types = {'platform': varchar, 'observed_date': date})"
    ).fetchall()
    assert rows == [("x", DAY, "north.x", 1000)]
