"""The real extractor against the real loopback server: what lies in the lake afterwards."""

import subprocess
import sys
from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from extractors.lake import Lake
from extractors.platforms.archive import purge, read_raw
from extractors.platforms.bluesky import Bluesky
from extractors.sandbox import Fault, FaultKind, serve
from extractors.sandbox.world import AccountState, PostState, ReplayedWorld
from tests.support.sandboxed import (
    LAST_DAY,
    NOW,
    FakeTime,
    iso,
    registry_account,
    run,
    source_rows,
    stored,
    think_tank_accounts,
)

ROOT = Path(__file__).resolve().parents[2]
ACCOUNTS = think_tank_accounts()
DIDS = {a.account_id: a.platform_account_id for a in ACCOUNTS}
MIDDAY = datetime(2026, 8, 17, 12, tzinfo=ZoneInfo("Europe/Stockholm"))


@pytest.fixture
def lake(tmp_path):
    made = Lake(tmp_path / "lake", "Europe/Stockholm")
    made.initialise()
    return made


@pytest.fixture(scope="module")
def running():
    with serve() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running):
    running.faults.clear()
    running.calls.clear()
    return running


def bytes_of(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_all_days_of_all_accounts_are_the_recording_and_again_change_nothing(sandbox, lake):
    expected = defaultdict(dict)
    for row in source_rows():
        expected[iso(row["date"])][row["did"]] = (
            int(row["followers_count"]),
            int(row["posts_count"]),
            row["handle"],
        )
    reports = [run(lake, sandbox.url, ACCOUNTS, day=day) for day in sandbox.days]
    assert sum(r.rows for r in reports) == sum(r.rows_new for r in reports) == 2989
    assert {r.message for r in reports[-1:]} == {
        "Bluesky profile snapshots of 2026-08-17: accounts 49 ok, 0 failed, 0 not visible; 49 rows."
    }
    got = defaultdict(dict)
    for row in stored(lake):
        day = str(row["observed_date"])
        got[day][DIDS[row["account_id"]]] = (row["followers"], row["posts_total"], row["handle"])
        assert row["observed_at"].astimezone(ZoneInfo("Europe/Stockholm")).isoformat()[:16] == (
            f"{day}T12:00"
        )
    assert got == expected

    before = bytes_of(lake.root)
    again = [run(lake, sandbox.url, ACCOUNTS, day=d, load_id="run-2") for d in sandbox.days]
    assert {(r.rows, r.rows_new, r.changed) for r in again} == {(49, 0, False)}
    assert bytes_of(lake.root) == before


def test_a_batch_of_49_accounts_takes_two_requests(sandbox, lake):
    assert run(lake, sandbox.url, ACCOUNTS).requests == 2
    assert dict(sandbox.calls) == {"bluesky app.bsky.actor.getProfiles": 2}


def test_a_run_killed_half_way_goes_on_where_it_stopped(sandbox, lake):
    script = f"""
import os, signal
from datetime import date
from extractors.lake import Lake
from extractors.platforms.checkpoint import Checkpoint
from tests.support.sandboxed import run, think_tank_accounts
added, add = [], Checkpoint.add
def killed(self, outcome):
    add(self, outcome)
    added.append(outcome)
    if len(added) == 30:
        os.kill(os.getpid(), signal.SIGKILL)
Checkpoint.add = killed
run(Lake({str(lake.root)!r}, "Europe/Stockholm"), {sandbox.url!r}, think_tank_accounts())
"""
    killed = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False)
    assert killed.returncode == -9
    assert stored(lake) == []

    [checkpoint] = (lake.root / "_raw/bluesky/2026-08-17").glob("*.checkpoint.ndjson")
    with checkpoint.open("a") as file:
        file.write('\n{"account_id": "org_4')  # as a kill leaves its last line
    sandbox.calls.clear()
    report = run(lake, sandbox.url, ACCOUNTS, load_id="run-2")
    assert sum(sandbox.calls.values()) == 1
    assert (report.ok, report.failed, report.rows) == (49, 0, 49)
    assert not checkpoint.exists()

    other = Lake(lake.root.with_name("uninterrupted"), "Europe/Stockholm")
    run(other, sandbox.url, ACCOUNTS)
    span = ("profile_snapshots", LAST_DAY, LAST_DAY)
    assert lake.fingerprint(*span) == other.fingerprint(*span)


def test_a_checkpoint_of_another_source_is_not_taken_over(sandbox, lake):
    folder = lake.root / "_raw/bluesky/2026-08-17"
    folder.mkdir(parents=True)
    head = '{"checkpoint": "profile_snapshots", "identity": "bluesky_api live"}'
    done = '{"account_id": "org_00.bluesky", "status": "ok", "problem": null, "records": []}'
    (folder / "profile_snapshots.checkpoint.ndjson").write_text(f"{head}\n\n{done}")
    assert run(lake, sandbox.url, ACCOUNTS).rows == 49


@pytest.fixture
def one_at_a_time(monkeypatch):
    """The second batch is asked after the first was read."""
    monkeypatch.setattr(Bluesky, "limits", replace(Bluesky.limits, concurrency=1))


@pytest.mark.usefixtures("one_at_a_time")
def test_a_platform_that_refuses_us_is_stopped_and_the_rest_asked_next_time(sandbox, lake):
    sandbox.faults.add(
        Fault(platform="bluesky", kind=FaultKind.ERROR, status=401, account=last_did())
    )
    report = run(lake, sandbox.url, ACCOUNTS)
    assert (report.ok, report.skipped, report.rows) == (25, 24, 25)
    assert report.stopped == "bluesky: answered AuthMissing: Authentication Required"
    assert report.message.startswith("Bluesky profile snapshots of 2026-08-17: accounts 25 ok,")
    assert "24 not asked" in report.message
    sandbox.faults.clear()
    sandbox.calls.clear()
    report = run(lake, sandbox.url, ACCOUNTS, load_id="run-2")
    assert (report.ok, report.skipped, report.rows, report.rows_new) == (49, 0, 49, 24)
    assert sum(sandbox.calls.values()) == 1


@pytest.mark.usefixtures("one_at_a_time")
def test_an_account_that_failed_before_a_stop_is_asked_again(sandbox, lake):
    first = ACCOUNTS[0].platform_account_id
    sandbox.faults.add(
        Fault(
            platform="bluesky",
            kind=FaultKind.FIELD_VALUE,
            account=first,
            field="followersCount",
            value="12K",
        ),
        Fault(platform="bluesky", kind=FaultKind.ERROR, status=401, account=last_did()),
    )
    report = run(lake, sandbox.url, ACCOUNTS)
    assert (report.ok, report.failed, report.skipped) == (24, 1, 24)
    sandbox.faults.clear()
    assert run(lake, sandbox.url, ACCOUNTS, load_id="run-2").ok == 49


def last_did():
    return ACCOUNTS[-1].platform_account_id


def test_a_later_failure_takes_nothing_away(sandbox, lake):
    run(lake, sandbox.url, ACCOUNTS)
    before = stored(lake)
    sandbox.faults.add(Fault(platform="bluesky", kind=FaultKind.HTML))
    report = run(lake, sandbox.url, ACCOUNTS, load_id="run-2")
    assert (report.ok, report.failed) == (0, 49)
    assert report.is_failure
    assert stored(lake) == before


def test_out_of_sight_in_the_evening_keeps_the_mornings_count(sandbox, lake):
    account = ACCOUNTS[0]
    run(lake, sandbox.url, [account])
    [seen] = stored(lake)
    sandbox.faults.add(Fault(platform="bluesky", kind=FaultKind.UNKNOWN_ACCOUNT))
    report = run(lake, sandbox.url, [account], load_id="run-2")
    assert (report.ok, report.not_visible, report.rows) == (0, 1, 2)
    assert sorted((r["followers"] or 0, r["visibility"]) for r in stored(lake)) == [
        (0, "not_visible"),
        (seen["followers"], "visible"),
    ]


def test_answers_are_archived_before_they_are_read(sandbox, lake):
    sandbox.faults.add(
        Fault(
            platform="bluesky",
            kind=FaultKind.FIELD_VALUE,
            account=DIDS["org_03.bluesky"],
            field="followersCount",
            value="12K",
        )
    )
    run(lake, sandbox.url, ACCOUNTS, load_id="run-raw")
    file = lake.root / "_raw/bluesky/2026-08-17/run-raw.ndjson.zst"
    answers = list(read_raw(file))
    counts = {p["did"]: p["followersCount"] for a in answers for p in a["answer"]["profiles"]}
    assert len(counts) == 49
    assert counts[DIDS["org_03.bluesky"]] == "12K"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700

    torn = file.with_name("torn.ndjson.zst")
    torn.write_bytes(file.read_bytes()[:-20])
    assert list(read_raw(torn)) == answers[:-1]
    assert purge(lake.root, "bluesky", keep_days=97, today=NOW.date()) == 2
    assert not file.parent.exists()


def test_what_was_read_after_midnight_is_not_stored_under_the_day_before(lake, sandbox):
    day = date(2026, 11, 23)
    late = FakeTime(now=datetime(2026, 11, 23, 22, 59, 59, tzinfo=ZoneInfo("UTC")))
    moments = iter([late.now] * 3)

    from extractors.platforms import ExtractionSettings
    from extractors.platforms import run as running_module
    from extractors.platforms.session import Session

    after_midnight = late.now + timedelta(seconds=2)
    observed = Session.observed_at
    try:
        Session.observed_at = lambda self: after_midnight
        report = running_module.extract(
            "bluesky",
            "profile_snapshots",
            day,
            ACCOUNTS[:1],
            lake=lake,
            settings=ExtractionSettings(sandbox_url=sandbox.url),
            load_id="late",
            clock=lambda: next(moments, after_midnight),
            timing=late.timing(),
        )
    finally:
        Session.observed_at = observed
    assert (report.ok, report.failed) == (0, 1)
    assert "read after midnight" in report.problems[0]
    assert stored(lake) == []


def feed_world():
    """One account with posts of every age, a repost and a reply, and one that never posted."""

    def post(key, age, **given):
        at = MIDDAY - age
        return PostState(
            id=key, author_id="did:plc:a", published_at=at, indexed_at=at, text=key, **given
        )

    hours = [post(f"p{n:03}", timedelta(hours=3 * n), reactions=n) for n in range(240)]
    reply = post("reply", timedelta(hours=1), is_reply=True)
    passed_on = PostState(
        id="theirs",
        author_id="did:plc:b",
        published_at=MIDDAY - timedelta(days=300),
        indexed_at=MIDDAY - timedelta(days=300),
        reposted_at=MIDDAY - timedelta(hours=2),
    )
    state = {"platform": "bluesky", "created_at": MIDDAY, "followers": 10}
    accounts = [
        AccountState(id=f"did:plc:{n}", handle=f"{n}.example", name=n, **state) for n in "ab"
    ]
    days = [(date(2026, 8, 1), account) for account in accounts]
    return ReplayedWorld(days, {("bluesky", "did:plc:a"): [*hours, reply, passed_on]})


def test_posts_of_the_last_35_days_are_read_page_by_page(lake):
    accounts = [registry_account(1, "did:plc:a"), registry_account(2, "did:plc:b")]
    with serve(world=feed_world()) as sandbox:
        report = run(lake, sandbox.url, accounts, stream="posts")
        again = run(lake, sandbox.url, accounts, stream="posts", load_id="run-2")
        calls = sum(sandbox.calls.values())
    rows = stored(lake, "posts")
    # Every three hours for 30 days, all within 35: 240 posts, 100 a page, and one empty feed.
    assert {row["text"]: row["reactions"] for row in rows} == {f"p{n:03}": n for n in range(240)}
    assert {row["account_id"] for row in rows} == {"org_01.bluesky"}
    assert (report.ok, report.rows, calls) == (2, 240, 2 * (3 + 1))
    assert (again.changed, again.rows_new) == (False, 0)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (FaultKind.REPEATED_CURSOR, "gave the cursor 'again' twice: its pages run in a circle"),
        (FaultKind.EMPTY_PAGE, "gave the cursor '"),
    ],
)
def test_pages_without_end_fail_that_account_only(lake, kind, words):
    accounts = [registry_account(1, "did:plc:a"), registry_account(2, "did:plc:b")]
    with serve(world=feed_world()) as sandbox:
        sandbox.faults.add(Fault(platform="bluesky", kind=kind, account="did:plc:a"))
        report = run(lake, sandbox.url, accounts, stream="posts")
    assert (report.ok, report.failed) == (1, 1)
    assert report.problems[0].startswith("bluesky org_01.bluesky: ")
    assert words in report.problems[0]
    assert stored(lake, "posts") == []
