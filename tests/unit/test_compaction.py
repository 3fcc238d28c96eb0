"""Closed quarters lie in one file a stream, which never says anything but what the parts say."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta

import duckdb
import pyarrow.parquet as pq
import pytest

from extractors import compaction
from extractors.compaction import compact
from extractors.lake import Lake
from extractors.records import Origin, ProfileSnapshot

TODAY = date(2026, 8, 1)
STREAM = "profile_snapshots"
HIVE = "hive_partitioning = true, hive_types = {'platform': varchar, 'observed_date': date}"


@pytest.fixture
def lake(tmp_path):
    made = Lake(tmp_path / "lake", "Europe/Stockholm")
    made.initialise()
    # Nothing was read in the first quarter of 2026.
    for day in (date(2025, 11, 3), date(2025, 12, 31), date(2026, 4, 1), date(2026, 7, 2)):
        for platform in ("bluesky", "x"):
            land(made, day, platform)
    return made


def land(lake, day, platform="x", followers=1000, part="api"):
    observed = datetime(day.year, day.month, day.day, 10, tzinfo=UTC)
    record = ProfileSnapshot(
        account_id=f"grön.{platform}",
        observed_at=observed,
        followers=followers,
        source="api",
        origin=Origin.LIVE,
        extracted_at=observed + timedelta(minutes=1),
        load_id="first",
    )
    return lake.write_part(STREAM, platform, day, part, [record])


def copies(lake):
    files = (lake.root / "_compacted" / STREAM).glob("2*.parquet")
    return {path.stem: path for path in files}


def rows(source, where="true"):
    return duckdb.sql(
        f"select account_id, platform, observed_date, followers from {source} where {where} "
        "order by all"
    ).fetchall()


def test_every_closed_quarter_has_one_file_that_says_what_its_parts_say(lake):
    assert compact(lake, TODAY).written == [f"{STREAM} of {q}" for q in sorted(copies(lake))]
    assert sorted(copies(lake)) == ["2025-Q4", "2026-Q1", "2026-Q2"]
    parts = f"read_parquet('{lake.root}/{STREAM}/*/*/*.parquet', {HIVE})"
    closed = "observed_date between date '2025-10-01' and date '2026-06-30'"
    copied = rows(f"read_parquet('{lake.root}/_compacted/{STREAM}/*.parquet')")
    assert copied == rows(parts, closed)
    assert [(day, platform) for _, platform, day, _ in copied].count(
        (date(2025, 12, 31), "bluesky")
    ) == 1
    assert len(copied) == 6
    assert {path.stat().st_mode & 0o777 for path in copies(lake).values()} == {0o600}


def test_a_quarter_that_ended_less_than_a_fortnight_ago_stays_in_its_parts(lake):
    compact(lake, date(2026, 7, 14))
    assert "2026-Q2" not in copies(lake)
    compact(lake, date(2026, 7, 15))
    assert "2026-Q2" in copies(lake)


def test_a_second_compaction_writes_nothing(lake):
    compact(lake, TODAY)
    before = {path: path.stat().st_mtime_ns for path in lake.root.rglob("*.parquet")}
    assert compact(lake, TODAY).written == []
    assert {path: path.stat().st_mtime_ns for path in lake.root.rglob("*.parquet")} == before


def test_a_late_part_removes_its_quarters_copy_until_it_is_compacted_again(lake):
    compact(lake, TODAY)
    land(lake, date(2025, 12, 31))  # says nothing new
    assert sorted(copies(lake)) == ["2025-Q4", "2026-Q1", "2026-Q2"]
    land(lake, date(2026, 2, 3), followers=1234)
    assert sorted(copies(lake)) == ["2025-Q4", "2026-Q2"]
    assert compact(lake, TODAY).written == [f"{STREAM} of 2026-Q1"]
    assert rows(f"read_parquet('{copies(lake)['2026-Q1']}')") == [
        ("grön.x", "x", date(2026, 2, 3), 1234)
    ]


def test_a_part_from_before_all_that_was_compacted_removes_every_copy(lake):
    compact(lake, TODAY)
    land(lake, date(2024, 5, 6))
    assert copies(lake) == {}
    compact(lake, TODAY)
    assert min(copies(lake)) == "2024-Q2"


def test_a_day_that_somebody_took_away_by_hand_is_noticed(lake):
    compact(lake, TODAY)
    shutil.rmtree(lake.root / STREAM / "platform=x" / "observed_date=2025-12-31")
    assert compact(lake, TODAY).written == [f"{STREAM} of 2025-Q4"]
    assert pq.read_metadata(copies(lake)["2025-Q4"]).num_rows == 3


def test_a_torn_part_leaves_its_quarter_to_those_who_read_it(lake):
    compact(lake, TODAY)
    torn = land(lake, date(2026, 4, 1), followers=7).path
    torn.write_bytes(torn.read_bytes()[:100])
    [words] = compact(lake, TODAY).left
    assert words.startswith(f"{STREAM} of 2026-Q2: ")
    assert sorted(copies(lake)) == ["2025-Q4", "2026-Q1"]
    assert not list(lake.root.rglob("*.writing"))


def test_readers_never_begin_after_a_quarter_that_has_no_copy(lake):
    # They look for days from the first copy on: without the first quarter's there is none.
    compact(lake, TODAY)
    torn = land(lake, date(2025, 11, 3), followers=7).path
    assert copies(lake) == {}
    torn.write_bytes(torn.read_bytes()[:100])
    [words] = compact(lake, TODAY).left
    assert words.startswith(f"{STREAM} of 2025-Q4: ")
    assert copies(lake) == {}


def test_a_disk_that_takes_no_copy_leaves_the_parts(lake, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("extractors.atomic.os.fsync", full)
    [words] = compact(lake, TODAY).left
    assert words == f"{STREAM} of 2025-Q4: [Errno 28] No space left on device"
    assert copies(lake) == {}


def test_a_part_that_lands_while_its_quarter_is_read_leaves_no_copy_without_it(lake, monkeypatch):
    write = compaction._write

    def landing_meanwhile(path, schema, batches):
        write(path, schema, list(batches))
        if path.stem == "2026-Q1":
            # Landed by a process that had looked for a copy before this one was there.
            monkeypatch.setattr("extractors.lake.forget_compacted", lambda *_: None)
            land(lake, date(2026, 3, 4))

    monkeypatch.setattr(compaction, "_write", landing_meanwhile)
    assert compact(lake, TODAY).left == [f"{STREAM} of 2026-Q1: a part came while it was read"]
    assert sorted(copies(lake)) == ["2025-Q4", "2026-Q2"]


def test_a_part_from_before_a_column_existed_has_it_empty(lake):
    old = land(lake, date(2026, 5, 5)).path
    table = pq.ParquetFile(old).read()
    pq.write_table(table.drop_columns(["views_total"]), old)
    compact(lake, TODAY)
    copied = pq.read_table(copies(lake)["2026-Q2"])
    assert copied.num_rows == 3
    assert copied.column("views_total").null_count == 3
