"""The main job, run as a person runs it: once, twice, on poisoned counts, and killed half-way."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote, quote_plus

import duckdb
import pandas as pd
import pytest
import zstandard

from tests.e2e.conftest import CANARY

ROOT = Path(__file__).parents[2]
WORLD = ROOT / "extractors/sandbox/worlds/uk_thinktanks_bluesky_followers.csv.gz"
POSTS = ROOT / "extractors/sandbox/worlds/ca2015_facebook_posts.csv.gz"
ADA = "did:plc:5de7vfuikgx4jvrf6uypj7nv"


def source():
    rows = list(csv.DictReader(io.StringIO(gzip.decompress(WORLD.read_bytes()).decode())))
    frame = pd.DataFrame(rows)
    frame["day"] = [
        "-".join(reversed(day.split("/"))) if "/" in day else day for day in frame["date"]
    ]
    frame["followers"] = frame["followers_count"].astype(int)
    return frame


def query(installation, sql):
    database = installation.releases / "current" / "benchmark.duckdb"
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def manifests(installation):
    return {p: p.read_bytes() for p in installation.releases.glob("*/*/manifest.json")}


def test_the_demo_publishes_six_quarters_and_says_so(demo):
    published = {p.parent.name for p in demo.releases.glob("*/r1")}
    assert published == {"2015-Q3", "2015-Q4", "2025-Q3", "2025-Q4", "2026-Q1", "2026-Q2"}
    assert demo.current == "2026-Q2/r1"
    for stage in ("sandbox", "extraction", "dbt", "gate", "release"):
        assert any(line.startswith(stage) for line in demo.printed.splitlines()), stage
    assert "61 days, 2,989 snapshots of Bluesky accounts, 2,989 new" in demo.printed


def test_the_printed_top_list_is_what_the_source_says(demo):
    frame = source()
    end = frame[frame["day"] == "2026-06-29"]
    start = frame[frame["day"] == "2026-03-30"].set_index("did")["followers"]
    top = end.sort_values("followers", ascending=False).head(10)
    for rank, row in enumerate(top.itertuples(), start=1):
        growth = 100 * (row.followers - start[row.did]) / start[row.did]
        expected = f"{row.followers:,} ({start[row.did]:,})"
        [line] = [x for x in demo.printed.splitlines() if expected in x]
        assert line.split()[0] == str(rank)
        assert line.rstrip().endswith(f"{growth:+.2f} %")


def test_the_printed_posts_and_interactions_are_what_the_source_says(demo):
    frame = pd.read_csv(POSTS)
    moment = pd.to_datetime(frame["created_time"]).dt.tz_localize("UTC") + pd.Timedelta(hours=1)
    local = moment.dt.tz_convert("Europe/Stockholm").dt.tz_localize(None)
    frame["quarter"] = local.dt.to_period("Q").astype(str).str.replace("Q", "-Q")
    frame["sum"] = frame[["likes_count", "comments_count", "shares_count"]].sum(axis=1)
    assert frame["sum"].sum() == 2_169_510 + 716_013 + 1_563_640
    for (page, quarter), group in frame.groupby(["candidate_page", "quarter"]):
        [line] = [
            x for x in demo.printed.splitlines() if page in x and x.strip().startswith(quarter)
        ]
        assert line.split()[-2:] == [f"{len(group):,}", f"{group['sum'].sum():,}"]


def test_followers_that_nobody_noted_are_unknown_and_the_release_says_why(demo):
    rows = query(
        demo,
        "select distinct followers_end_count, followers_end_status "
        "from marts.benchmark_account_quarter where quarter < '2016'",
    )
    assert rows == [(None, "stale_end")]
    for quarter in ("2015-Q3", "2015-Q4"):
        manifest = (demo.releases / quarter / "r1" / "manifest.json").read_text()
        assert "nobody noted how many followed the pages" in manifest


def test_the_industries_do_not_meet_in_any_quarter(demo):
    rows = query(
        demo,
        "select industry_id, min(quarter), max(quarter), max(account_count) "
        "from marts.benchmark_industry_quarter group by industry_id order by industry_id",
    )
    assert rows == [
        ("canadian_party_leaders_2015", "2015-Q3", "2015-Q4", 3),
        ("think_tanks", "2025-Q3", "2026-Q2", 49),
    ]


def test_the_printed_query_can_be_pasted(demo):
    [pasted] = [x.strip() for x in demo.printed.splitlines() if x.strip().startswith("select ")]
    rows = query(demo, pasted)
    assert [(row[0], row[2]) for row in rows][-1] == ("2026-Q2", 314501)


def test_the_quarter_without_an_opening_count_has_no_growth_and_a_waiver_that_says_why(demo):
    rows = query(
        demo,
        "select distinct follower_growth_pct, growth_status from marts.benchmark_account_quarter "
        "where quarter = '2025-Q3'",
    )
    assert rows == [(None, "stale_start")]
    manifest = json.loads((demo.releases / "2025-Q3/r1/manifest.json").read_text())
    assert "no snapshot between 2025-04-22 and 2025-07-14" in json.dumps(manifest)


def test_a_second_run_without_dagsters_memory_changes_nothing(demo, tmp_path):
    again = demo.copy(tmp_path)
    shutil.rmtree(again.data / "dagster")
    before = manifests(again)
    lake = {p: p.stat().st_mtime_ns for p in (again.data / "lake").rglob("*.parquet")}
    printed = again.run("demo").stdout
    assert "2,989 snapshots of Bluesky accounts, 0 new" in printed
    assert "readings of Facebook posts, 0 new" in printed
    assert manifests(again) == before
    assert {p: p.stat().st_mtime_ns for p in (again.data / "lake").rglob("*.parquet")} == lake


def test_case_67_nobody_was_asked_but_the_sandbox_and_nothing_was_reported_home(demo):
    looked = "import socket; socket.getaddrinfo('telemetry.example', 443)"
    tried = subprocess.run(
        [sys.executable, "-c", looked], env=demo.environment, capture_output=True, check=False
    )
    assert tried.returncode == 1
    # That attempt of our own is the only one: the watch was on, and nobody else tried.
    assert demo.attempts.read_text().split() == ["telemetry.example"]
    demo.attempts.unlink()


def test_case_64_no_token_of_the_environment_lies_in_anything_that_was_written(demo):
    forms = {
        CANARY.encode(),
        quote(CANARY, safe="").encode(),
        quote_plus(CANARY).encode(),
        base64.b64encode(CANARY.encode()).rstrip(b"="),
    }
    files = [path for path in demo.data.rglob("*") if path.is_file()]
    assert any(path.suffix == ".db" for path in files)
    assert any(path.name == "manifest.json" for path in files)
    told = [p for p in files if any(form in plain(p) for form in forms)]
    assert told == []


def plain(path):
    content = path.read_bytes()
    if path.suffix == ".zst":
        return zstandard.ZstdDecompressor().stream_reader(content, read_across_frames=True).read()
    return content


def test_every_release_of_the_demo_verifies(demo):
    for quarter in ("2015-Q3", "2015-Q4", "2025-Q3", "2025-Q4", "2026-Q1", "2026-Q2"):
        demo.run("release", "verify", f"{quarter}/r1")


def test_a_poisoned_count_is_stopped_named_and_the_old_release_stays(demo, tmp_path):
    poisoned = demo.copy(tmp_path)
    before = manifests(poisoned)
    printed = poisoned.script("poison.py", "2026-06-29", ADA, "2026-Q2")
    result = json.loads(printed.splitlines()[-1])
    assert not result["success"]
    assert not result["released"]
    assert "growth_plausible" in result["failing"]
    words, rows = result["failing"]["growth_plausible"]
    assert "ada_lovelace_institute.bluesky" in words + rows
    assert manifests(poisoned) == before
    assert poisoned.current == "2026-Q2/r1"
    refused = poisoned.run("release", "publish", "2026-Q2", code=1)
    assert "Traceback" not in refused.stderr
    assert "growth_plausible" in refused.stderr


def test_a_release_without_a_receipt_is_refused_in_words(demo, tmp_path):
    bare = demo.copy(tmp_path)
    (bare.data / "gate" / "2026-Q1" / "receipt.json").unlink()
    refused = bare.run("release", "publish", "2026-Q1", code=1)
    assert "effektanalys gate 2026-Q1" in refused.stderr
    assert "Traceback" not in refused.stderr


# What a kill leaves of extraction and publication, at many more moments, is in tests/crash.
@pytest.mark.parametrize("moment", ["dbt", "gate        2026-Q1"])
def test_a_killed_run_leaves_the_release_readable_and_the_next_run_succeeds(demo, tmp_path, moment):
    killed = demo.copy(tmp_path)
    for quarter in ("2026-Q1", "2026-Q2"):
        undo(killed, quarter)
    (killed.releases / "current").unlink()
    (killed.releases / "current").symlink_to("2025-Q4/r1")
    process = killed.start("demo")
    for line in process.stdout:
        if line.startswith(moment):
            os.killpg(process.pid, signal.SIGKILL)
            break
    process.wait()
    process.stdout.close()
    assert process.returncode == -signal.SIGKILL
    killed.run("release", "verify")
    killed.run("demo")
    assert killed.current == "2026-Q2/r1"
    assert tables(killed) == tables(demo)


def undo(installation, quarter):
    """Make it as if the quarter had never been published: folder and log."""
    log = installation.releases / "releases.jsonl"
    lines = log.read_text(encoding="utf-8").splitlines(keepends=True)
    log.write_text("".join(line for line in lines if f'"{quarter}/' not in line), encoding="utf-8")
    folder = installation.releases / quarter
    for path in [*folder.rglob("*"), folder]:
        path.chmod(0o700)
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()


def tables(installation):
    path = installation.releases / "current" / "manifest.json"
    return json.loads(path.read_text())["receipt"]["digests"]
