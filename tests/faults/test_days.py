"""Days and quarters are Stockholm's, on every machine and whatever its clock does.

The expected days are read off a calendar by hand: Stockholm is UTC+1 in winter, UTC+2 from
29 March 2026 01:00 UTC to 25 October 2026 01:00 UTC.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from extractors.errors import DayRefused
from extractors.lake import Lake
from extractors.sandbox import serve
from orchestration.partitions import daily_partitions, quarter_bounds, quarterly_partitions
from publication.release import current_name, list_releases, verify_release
from tests.support import sandboxed
from tests.support.candidate import clean_copy
from tests.support.gates import LEAN, NOW, PlainJudge, alter, judge, release
from tests.support.sandboxed import FakeTime, run, stored, think_tank_accounts

ROOT = Path(__file__).parents[2]
HOSTS = ("UTC", "America/Los_Angeles", "Asia/Tokyo", "Pacific/Kiritimati")
# UTC -> local day, quarter
MOMENTS = {
    "2025-12-31T22:59:00Z": ("2025-12-31", "2025-Q4"),  # 23:59
    "2025-12-31T23:01:00Z": ("2026-01-01", "2026-Q1"),  # 00:01
    "2026-03-29T00:59:59Z": ("2026-03-29", "2026-Q1"),  # 01:59:59, then it is 03:00
    "2026-03-29T01:00:00Z": ("2026-03-29", "2026-Q1"),
    "2026-03-31T21:59:00Z": ("2026-03-31", "2026-Q1"),  # 23:59, summer time by now
    "2026-03-31T22:01:00Z": ("2026-04-01", "2026-Q2"),
    "2026-06-30T21:59:59Z": ("2026-06-30", "2026-Q2"),
    "2026-06-30T22:00:00Z": ("2026-07-01", "2026-Q3"),
    "2026-10-25T00:30:00Z": ("2026-10-25", "2026-Q4"),  # 02:30 for the first time
    "2026-10-25T01:30:00Z": ("2026-10-25", "2026-Q4"),  # 02:30 for the second time
    "2026-10-25T22:59:00Z": ("2026-10-25", "2026-Q4"),  # 23:59: the day had 25 hours
    "2026-10-25T23:01:00Z": ("2026-10-26", "2026-Q4"),
    "2028-02-28T23:01:00Z": ("2028-02-29", "2028-Q1"),
    "2028-02-29T22:59:00Z": ("2028-02-29", "2028-Q1"),
    "2028-02-29T23:01:00Z": ("2028-03-01", "2028-Q1"),
}
# What a run, the lake and dbt make of them; a process of its own, for DuckDB asks the host once.
DAYS = """
import json, sys
from datetime import datetime, timedelta
from pathlib import Path
import duckdb, jinja2
from extractors.lake import Lake, LakeRefused
from extractors.records import Origin, ProfileSnapshot, local_date
ZONE = "Europe/Stockholm"
lake = Lake(Path(sys.argv[1]), ZONE)
lake.initialise()
macros = Path("dbt_project/macros/cross_db.sql").read_text() + "{{ duckdb__local_date('moment') }}"
reader = jinja2.Environment(extensions=["jinja2.ext.do"])
sql = reader.from_string(macros).render(var=lambda _: ZONE)
found = {}
for text in json.load(sys.stdin):
    at = datetime.fromisoformat(text)
    record = ProfileSnapshot(
        account_id="a", observed_at=at, followers=1, source="s", origin=Origin.LIVE,
        extracted_at=at, load_id="l",
    )
    held = []
    for offset in (-1, 0, 1):
        day = at.date() + timedelta(days=offset)
        try:
            lake.write_part("profile_snapshots", "x", day, "s", [record])
        except LakeRefused:
            continue
        held.append(str(day))
    [(day, quarter)] = duckdb.execute(
        f"select cast(day as varchar), year(day) || '-Q' || quarter(day) "
        f"from (select {sql} as day from (select ?::timestamptz as moment))", [text]
    ).fetchall()
    found[text] = [held, str(local_date(at, ZONE)), day, quarter]
print(json.dumps(found))
"""


@pytest.mark.parametrize("host", HOSTS)
def test_case_56_a_moment_has_one_day_and_quarter_whatever_the_hosts_zone(tmp_path, host):
    done = subprocess.run(
        [sys.executable, "-c", DAYS, str(tmp_path)],
        input=json.dumps(list(MOMENTS)),
        env={**os.environ, "TZ": host},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        moment: [[day], day, day, quarter] for moment, (day, quarter) in MOMENTS.items()
    }


@pytest.fixture(params=HOSTS)
def host(request, monkeypatch):
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def test_case_56_partitions_begin_and_end_at_local_midnight_whatever_the_hosts_zone(host):
    # Hours from the first midnight to the one after the last: an hour less in the spring.
    hours = {"2026-01": 90 * 24 - 1, "2026-04": 91 * 24, "2026-07": 92 * 24, "2026-10": 92 * 24 + 1}
    hours |= {"2028-01": 91 * 24 - 1}
    for key, length in hours.items():
        window = quarterly_partitions.time_window_for_partition_key(key)
        assert (window.end.timestamp() - window.start.timestamp()) / 3600 == length, key
    for day, length in {"2026-03-29": 23, "2026-10-25": 25, "2028-02-29": 24}.items():
        window = daily_partitions.time_window_for_partition_key(day)
        assert (window.end.timestamp() - window.start.timestamp()) / 3600 == length, day
    assert quarter_bounds("2028-Q1") == (date(2028, 1, 1), date(2028, 3, 31))
    for moment, (day, quarter) in MOMENTS.items():
        now = datetime.fromisoformat(moment)
        assert daily_partitions.get_partition_keys(now)[-1] == day
        first, last = quarter_bounds(quarter)
        assert first <= date.fromisoformat(day) <= last
        assert quarterly_partitions.get_partition_keys(now)[-1] == f"{first:%Y-%m}"


def test_case_57_a_clock_that_jumps_back_an_hour_adds_no_second_reading(tmp_path):
    lake = Lake(tmp_path / "lake", "Europe/Stockholm")
    lake.initialise()
    accounts = think_tank_accounts()[:3]
    clock = FakeTime()
    today = clock.now.date()
    with serve() as sandbox:
        run(lake, sandbox.url, accounts, day=today, time=clock)
        first = {row["account_id"]: row["followers"] for row in stored(lake)}
        clock.now -= timedelta(hours=1)
        run(lake, sandbox.url, accounts, day=today, time=clock, load_id="run-2")
        rows = stored(lake)
        assert {row["account_id"]: row["followers"] for row in rows} == first
        assert len(rows) == len(first)
        assert {row["observed_at"] for row in rows} == {sandboxed.NOW - timedelta(hours=1)}
        assert lake.verify() == []

        # Back over midnight: the day that was read is not there yet, and stays as it is.
        clock.now -= timedelta(hours=20)
        with pytest.raises(DayRefused, match="2026-11-23 has not come yet; today is 2026-11-22"):
            run(lake, sandbox.url, accounts, day=today, time=clock, load_id="run-3")
    assert stored(lake) == rows


def test_case_57_releases_are_numbered_on_when_the_clock_jumps_back(tmp_path):
    data, quarter = clean_copy(tmp_path), "2025-Q4"
    for number, now in enumerate((NOW, NOW - timedelta(hours=1)), start=1):
        alter(data, "update marts.dim_organisation set name = name || '!'")
        assert judge(data, quarter, make_judge=PlainJudge, now=now).passed
        published = release(data, quarter, now=now, steps=LEAN)
        assert published.release_id == f"{quarter}/r{number}"
    releases = data / "releases"
    assert str(current_name(releases)) == f"{quarter}/r2"
    assert [str(r.name) for r in list_releases(releases)] == [f"{quarter}/r1", f"{quarter}/r2"]
    verify_release(releases)
