"""Every fault the sandbox can act out, and what a person sees of it."""

import os
import re
import tracemalloc
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import pytest

from extractors.lake import Lake
from extractors.platforms.bluesky import Bluesky
from extractors.sandbox import Fault, FaultKind, serve
from tests.support.sandboxed import NOW, FakeTime, run, source_rows, stored, think_tank_accounts

ACCOUNTS = think_tank_accounts()
BAD = ACCOUNTS[30]
RECORDED = {
    row["did"]: int(row["followers_count"]) for row in source_rows() if row["date"] == "2026-08-17"
}
TAKEN_DOWN = {"error": "AccountTakedown", "message": "Account has been suspended"}


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
    return running


def fault(kind, **given):
    return Fault(platform="bluesky", kind=kind, **given)


def aimed(kind, **given):
    return fault(kind, account=BAD.platform_account_id, **given)


def followers(lake):
    return {row["account_id"]: row["followers"] for row in stored(lake)}


def everyone_else():
    return {a.account_id: RECORDED[a.platform_account_id] for a in ACCOUNTS if a is not BAD}


@pytest.mark.parametrize(
    ("given", "pauses"),
    [
        ({"kind": FaultKind.RATE_LIMIT, "retry_after": "7"}, [7.0]),
        (
            {
                "kind": FaultKind.RATE_LIMIT,
                "retry_after": format_datetime(NOW + timedelta(seconds=30), usegmt=True),
            },
            [30.0],
        ),
        (
            {"kind": FaultKind.RATE_LIMIT, "retry_after": "Thu, 31 Dec 2099 23:59:59 GMT"},
            [120.0],
        ),
        ({"kind": FaultKind.RATE_LIMIT}, [0.5]),
        ({"kind": FaultKind.ERROR, "status": 503, "retry_after": "9"}, [9.0]),
        ({"kind": FaultKind.ERROR, "status": 500}, [0.5]),
        ({"kind": FaultKind.ERROR, "status": 502, "times": 3}, [0.5, 1.0, 2.0]),
        ({"kind": FaultKind.TRUNCATED}, [0.5]),
        ({"kind": FaultKind.RESET}, [0.5]),
        ({"kind": FaultKind.BODY, "body": ""}, [0.5]),
    ],
    ids=lambda value: str(value.get("kind")) if isinstance(value, dict) else None,
)
def test_a_fault_of_the_moment_is_waited_out_and_counted(sandbox, lake, given, pauses):
    sandbox.faults.add(aimed(**{"times": 1, **given}))
    time = FakeTime()
    report = run(lake, sandbox.url, ACCOUNTS, time=time)
    assert followers(lake) == {a.account_id: RECORDED[a.platform_account_id] for a in ACCOUNTS}
    assert (report.ok, report.failed, report.problems) == (49, 0, ())
    assert report.retries == len(pauses)
    assert report.waited_seconds == sum(pauses)
    assert time.pauses == pauses


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kind": FaultKind.ERROR, "status": 503}, "answered UpstreamFailure: Upstream Failure"),
        ({"kind": FaultKind.ERROR, "status": 500}, "answered InternalServerError"),
        ({"kind": FaultKind.TRUNCATED}, "broke off in the middle of an answer (tried 5 times"),
        ({"kind": FaultKind.RESET}, "broke off in the middle of an answer (tried 5 times"),
        ({"kind": FaultKind.HTML}, "answered with text/html instead of JSON"),
        ({"kind": FaultKind.BODY, "body": ""}, "gave an empty answer (tried 5 times"),
        ({"kind": FaultKind.BODY, "body": "{}"}, "without the list 'profiles'"),
        ({"kind": FaultKind.BODY, "body": '{"profiles": NaN}'}, "cannot be trusted: it holds NaN"),
        ({"kind": FaultKind.BODY, "body": '{"a": 1, "a": 2}'}, "it gives the key 'a' twice"),
        ({"kind": FaultKind.BODY, "body": "[" * 100_000}, "nested deeper than 64 levels"),
        (
            {"kind": FaultKind.BODY, "body": '{"error": "SomethingNew", "message": "oops"}'},
            "answered SomethingNew: oops",
        ),
        ({"kind": FaultKind.REDIRECT}, "answered with a redirect, which is not followed"),
        ({"kind": FaultKind.GZIP_BOMB, "megabytes": 11}, "answered with more than 10 MB"),
        ({"kind": FaultKind.REMOVED_FIELD, "field": "handle"}, "handle is missing, expected text"),
        ({"kind": FaultKind.REMOVED_FIELD, "field": "did"}, "answered with another account"),
        *(
            (
                {"kind": FaultKind.FIELD_VALUE, "field": "followersCount", "value": value},
                f"followersCount is {shown}, expected a whole number from 0 to 10000000000",
            )
            for value, shown in [
                ("12K", "str '12K'"),
                ("12345", "str '12345'"),
                (12345.0, "12345.0"),
                (True, "True"),
                (-1, "-1"),
                (2**63, str(2**63)),
            ]
        ),
    ],
    ids=lambda value: str(value.get("kind")) if isinstance(value, dict) else None,
)
def test_one_accounts_lasting_fault_fails_it_alone_and_says_why(sandbox, lake, given, words):
    sandbox.faults.add(aimed(**given))
    report = run(lake, sandbox.url, ACCOUNTS)
    assert followers(lake) == everyone_else()
    assert (report.ok, report.failed, report.not_visible) == (48, 1, 0)
    [problem] = report.problems
    assert problem.startswith(f"bluesky {BAD.account_id}: ")
    assert words in problem
    assert "1 failed" in report.message
    assert "run the same day again" in report.message


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kind": FaultKind.UNKNOWN_ACCOUNT}, "not visible, Bluesky knows no such account"),
        (
            {"kind": FaultKind.ERROR, "status": 400, "body": TAKEN_DOWN},
            "not visible, the account was taken down",
        ),
        (
            {"kind": FaultKind.LABEL, "value": "!no-unauthenticated"},
            "not visible, the account asks not to be shown to visitors without a login",
        ),
    ],
)
def test_an_account_that_is_not_shown_is_a_row_without_counts(sandbox, lake, given, words):
    sandbox.faults.add(aimed(**given))
    report = run(lake, sandbox.url, ACCOUNTS)
    assert (report.ok, report.failed, report.not_visible) == (48, 0, 1)
    assert followers(lake) == everyone_else() | {BAD.account_id: None}
    [row] = [row for row in stored(lake) if row["account_id"] == BAD.account_id]
    assert row["visibility"] == "not_visible"
    assert report.problems == (f"bluesky {BAD.account_id}: {words}",)


def test_an_unknown_field_is_reported_once_and_everything_is_read(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.UNKNOWN_FIELD, field="trustScore", value=0.93))
    report = run(lake, sandbox.url, ACCOUNTS)
    assert report.ok == 49
    assert report.problems == ("bluesky: unknown field profiles[].trustScore (float), left out",)


def test_a_count_that_is_gone_is_unknown(sandbox, lake):
    sandbox.faults.add(aimed(FaultKind.REMOVED_FIELD, field="followersCount"))
    report = run(lake, sandbox.url, ACCOUNTS)
    assert report.ok == 49
    assert followers(lake) == everyone_else() | {BAD.account_id: None}
    assert report.problems == (f"bluesky {BAD.account_id}: shown without a follower count",)


@pytest.mark.parametrize("factor", [10, 0.5])
def test_a_poisoned_count_is_stored_as_it_was_shown(sandbox, lake, factor):
    """Judging it is the gate's work; the lake holds what the platform said."""
    sandbox.faults.add(aimed(FaultKind.FACTOR, field="followersCount", factor=factor))
    assert run(lake, sandbox.url, ACCOUNTS).ok == 49
    poisoned = round(RECORDED[BAD.platform_account_id] * factor)
    assert followers(lake) == everyone_else() | {BAD.account_id: poisoned}


def test_an_endless_rate_limit_stops_the_platform_with_a_next_step(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.RATE_LIMIT, retry_after="60"))
    time = FakeTime()
    report = run(lake, sandbox.url, ACCOUNTS, time=time)
    assert (report.ok, report.skipped, report.rows) == (0, 49, 0)
    assert report.is_failure
    words = r"bluesky: answered RateLimitExceeded: Rate Limit Exceeded \(tried \d times in \d+ s\)"
    assert re.fullmatch(words, report.stopped)
    assert time.seconds <= 300
    assert stored(lake) == []


def test_a_platform_that_is_down_is_not_asked_for_ever(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.ERROR, status=503))
    sandbox.calls.clear()
    report = run(lake, sandbox.url, ACCOUNTS)
    assert report.is_failure
    assert "12 calls in a row failed" in report.stopped
    assert report.message.endswith("Run the day again later.")
    assert sum(sandbox.calls.values()) < 80
    sandbox.faults.clear()
    assert run(lake, sandbox.url, ACCOUNTS, load_id="run-2").ok == 49


@pytest.mark.parametrize("kind", [FaultKind.SLOW, FaultKind.DRIP])
def test_an_answer_that_does_not_end_is_cut_off_by_the_clock_on_the_wall(
    sandbox, lake, monkeypatch, kind
):
    short = replace(Bluesky.limits, request_deadline=0.2, attempts=2)
    monkeypatch.setattr(Bluesky, "limits", short)
    pause = 20.0 if kind is FaultKind.SLOW else 0.02
    sandbox.faults.add(fault(kind, seconds=pause, times=2))
    report = run(lake, sandbox.url, ACCOUNTS[:1])
    assert (report.ok, report.failed) == (0, 1)
    assert "gave no whole answer within 0.2 s (tried 2 times" in report.problems[0]


def test_a_gzip_bomb_does_not_grow_in_memory(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.GZIP_BOMB, megabytes=300))
    tracemalloc.start()
    try:
        report = run(lake, sandbox.url, ACCOUNTS[:1])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "answered with more than 10 MB" in report.problems[0]
    assert peak < 40_000_000


def test_a_server_that_is_not_there_is_named(lake):
    report = run(lake, "http://127.0.0.1:9", ACCOUNTS[:1])
    assert report.is_failure
    assert "cannot be reached at 127.0.0.1 (tried 5 times" in report.problems[0]


def test_no_secret_reaches_anything_that_is_written(sandbox, lake, monkeypatch, caplog):
    token = "canary-4711-öäå"
    monkeypatch.setattr(Bluesky, "credentials", ("BLUESKY_TOKEN",))
    monkeypatch.setattr("extractors.platforms.run.SANDBOX_TOKEN", token)
    caplog.set_level("DEBUG")
    body = {"error": "InvalidRequest", "message": f"token {token} and access_token=abc987 refused"}
    sandbox.faults.add(aimed(FaultKind.ERROR, status=400, body=body))
    report = run(lake, sandbox.url, ACCOUNTS)
    assert report.failed == 1
    written = b"".join(p.read_bytes() for p in lake.root.rglob("*") if p.is_file())
    everything = caplog.text + repr(report) + written.decode(errors="replace")
    assert token not in everything
    assert "abc987" not in everything
    assert "[hidden]" in report.problems[0]


def test_the_lake_is_private(sandbox, lake):
    old = os.umask(0o022)
    try:
        run(lake, sandbox.url, ACCOUNTS[:1])
    finally:
        os.umask(old)
    modes = {p.stat().st_mode & 0o777 for p in lake.root.rglob("*") if p.is_file()}
    assert modes == {0o600}
