"""What a person gets from TikTok: read on a real loopback server, faults included."""

from datetime import date, timedelta

import httpx
import pytest

from extractors.http import Answer
from extractors.lake import Lake
from extractors.platforms import tiktok
from extractors.registry_models import HandleValidity
from extractors.sandbox import Fault, FaultKind, serve
from extractors.sandbox.windows import EveryWindow, SlidingWindow, UtcDayWindow
from tests.support.sandboxed import NOW, registry_account, run, stored
from tests.support.small_world import MIDDAY, post, state, world

STATES = [
    state("tiktok", "901", "region.nord", 27_155),
    state("tiktok", "902", "museet", 88),
    state("tiktok", "903", "arkivet", 0),
]
BIG = 7_436_912_345_678_901_234  # beyond what a JSON reader with floats keeps apart
FEED = [
    post(str(BIG), "901", timedelta(hours=2), views=5_000, reactions=120, comments=7, shares=3),
    post("41", "901", timedelta(days=20), views=None, text=""),
    post("40", "901", timedelta(days=34, hours=23), views=9, reactions=0),
    post("39", "901", timedelta(days=35, hours=1)),
]
MANY = [post(f"{7000 - n}", "902", timedelta(hours=n)) for n in range(230)]
WORLD = world(*STATES, feeds={("tiktok", "901"): FEED, ("tiktok", "902"): MANY})
NAMES = {s.id: s.handle for s in STATES}


def account(id_, handle, **given):
    handles = (HandleValidity(handle=handle),)
    name = f"org_{id_}"
    return registry_account(0, None, account_id=name, platform="tiktok", handles=handles, **given)


ACCOUNTS = [account(s.id, s.handle) for s in STATES]


@pytest.fixture(scope="module")
def running():
    with serve(world=WORLD) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running):
    running.faults.clear()
    running.state.windows.clear()
    running.state.calls.clear()
    return running


@pytest.fixture
def lake(tmp_path):
    made = Lake(tmp_path / "lake", "Europe/Stockholm")
    made.initialise()
    return made


def read(lake, sandbox, accounts=ACCOUNTS, **given):
    return run(lake, sandbox.url, accounts, platform="tiktok", **given)


def fault(kind, account_id=None, **given):
    return Fault(platform="tiktok", kind=kind, account=NAMES.get(account_id), **given)


def error(code, message="x"):
    return {"data": {}, "error": {"code": code, "message": message, "log_id": "1"}}


def followers(lake):
    return {row["account_id"]: row["followers"] for row in stored(lake)}


def test_every_account_is_read_with_its_exact_counts(sandbox, lake):
    report = read(lake, sandbox)
    assert (report.ok, report.failed) == (3, 0)
    assert followers(lake) == {"org_901": 27_155, "org_902": 88, "org_903": 0}
    row = next(row for row in stored(lake) if row["account_id"] == "org_901")
    counts = [row[name] for name in ("following", "posts_total", "likes_total")]
    assert counts == [7, 70, 120 + 1 + 0 + 1]
    assert (row["handle"], row["source"]) == ("region.nord", "tiktok_research_api")
    assert report.problems == ()
    assert sandbox.state.calls == {"tiktok token": 1, "tiktok info": 3}


def test_videos_of_35_days_come_with_their_counters(sandbox, lake):
    report = read(lake, sandbox, ACCOUNTS[:1], stream="posts")
    rows = {row["post_id"]: row for row in stored(lake, "posts")}
    assert rows.keys() == {str(BIG), "41", "40"}
    newest = rows[str(BIG)]
    counts = [newest[n] for n in ("reactions", "comments", "shares", "views", "quotes")]
    assert counts == [120, 7, 3, 5_000, None]
    assert newest["permalink"] == f"https://www.tiktok.com/@region.nord/video/{BIG}"
    assert newest["published_at"] == MIDDAY - timedelta(hours=2)
    assert (rows["41"]["views"], rows["40"]["views"], rows["40"]["reactions"]) == (None, 9, 0)
    assert report.problems == ()


def test_35_days_are_asked_for_in_two_queries_that_share_no_day():
    asked = list(tiktok.spans(date(2026, 7, 13), date(2026, 8, 17)))
    assert asked == [
        (date(2026, 7, 13), date(2026, 8, 11)),
        (date(2026, 8, 12), date(2026, 8, 17)),
    ]


def test_pages_are_followed_by_cursor(sandbox, lake):
    report = read(lake, sandbox, ACCOUNTS[1:2], stream="posts")
    assert len(stored(lake, "posts")) == 230
    # 136 videos in the six newest days: two pages; the earlier span: one; and the token.
    assert sandbox.state.calls["tiktok query"] == 3
    assert report.requests == 4


def test_a_user_name_nobody_has_is_a_row_without_counts(sandbox, lake):
    report = read(lake, sandbox, [*ACCOUNTS, account("ghost", "nobody")])
    assert (report.ok, report.not_visible) == (3, 1)
    assert followers(lake)["org_ghost"] is None
    assert "TikTok knows no such user name" in report.problems[0]


def test_its_posts_are_no_rows_at_all(sandbox, lake):
    report = read(lake, sandbox, [account("ghost", "nobody")], stream="posts")
    assert (report.not_visible, stored(lake, "posts")) == (1, [])


def test_a_refused_secret_stops_tiktok_and_says_which_settings(sandbox, lake):
    refused = {"error": "invalid_client", "error_description": "Client key is wrong", "log_id": "1"}
    sandbox.faults.add(fault(FaultKind.ERROR, endpoint="token", status=400, body=refused))
    report = read(lake, sandbox)
    assert (
        "refused our credentials (Client key is wrong). Check EFFEKTANALYS_TIKTOK_CLIENT_KEY"
        in report.stopped
    )
    assert (report.ok, report.requests, stored(lake)) == (0, 1, [])


@pytest.mark.parametrize("code", ["access_token_invalid", "scope_not_authorized"])
def test_a_refused_token_stops_tiktok(sandbox, lake, code):
    body = error(code, "The access token is invalid")
    sandbox.faults.add(fault(FaultKind.ERROR, endpoint="info", status=401, body=body))
    report = read(lake, sandbox)
    assert f"answered {code}: The access token is invalid" in report.stopped


def test_the_code_decides_not_the_status(sandbox, lake):
    sandbox.faults.add(
        fault(FaultKind.ERROR, "902", status=200, body=error("internal_error"), times=2)
    )
    report = read(lake, sandbox)
    assert (report.ok, report.retries) == (3, 2)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_failure_of_the_moment_is_tried_again(sandbox, lake, status):
    sandbox.faults.add(fault(FaultKind.ERROR, "903", status=status, times=2))
    report = read(lake, sandbox)
    assert (report.ok, report.retries) == (3, 2)


def test_a_code_nobody_knows_fails_that_account_only(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.ERROR, "902", status=200, body=error("something_new")))
    report = read(lake, sandbox)
    assert (report.ok, report.failed) == (2, 1)
    assert "answered something_new" in report.problems[0]


def test_the_minutes_limit_is_waited_out(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.RATE_LIMIT, "902", times=2))
    report = read(lake, sandbox)
    assert (report.ok, report.retries) == (3, 2)
    assert report.waited_seconds >= 4.0


def test_the_days_limit_stops_until_midnight_utc_without_another_try(sandbox, lake):
    sandbox.state.windows["tiktok"] = EveryWindow([SlidingWindow(600, 60), UtcDayWindow(3)])
    report = read(lake, sandbox)
    assert (report.ok, report.retries) == (2, 0)  # and the token
    assert "requests of the day are used up; it resets at 2026-11-24 00:00 UTC" in report.stopped


def test_a_run_stops_itself_before_the_days_limit(sandbox, lake, monkeypatch):
    monkeypatch.setattr(tiktok, "DAILY_REQUESTS", 2)
    report = read(lake, sandbox)
    assert "the 2 requests a day that TikTok grants are used up" in report.stopped
    assert report.ok + report.skipped == 3
    assert report.skipped >= 1


def test_the_sandbox_counts_a_sliding_minute():
    now = [0.0]
    window = SlidingWindow(2, 60, clock=lambda: now[0])
    assert [window.take("a").allowed for _ in range(3)] == [True, True, False]
    assert window.take("b").allowed
    now[0] = 60.0
    assert window.take("a").allowed


def test_the_sandbox_refuses_a_call_without_a_token_and_a_span_too_long(sandbox):
    url = f"{sandbox.url}/tiktok/v2/research/video/query/?fields=id"
    asked = {"operation": "EQ", "field_name": "username", "field_values": ["museet"]}
    body = {"query": {"and": [asked]}, "start_date": "20260701", "end_date": "20260801"}
    answer = httpx.post(url, json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "access_token_invalid")
    answer = httpx.post(url, json=body, headers={"Authorization": "Bearer clt.sandbox"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_params")


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        (FaultKind.HTML, {}, "answered with text/html instead of JSON"),
        (FaultKind.TRUNCATED, {}, "broke off in the middle of an answer"),
        (FaultKind.RESET, {}, "broke off in the middle of an answer"),
        (FaultKind.REDIRECT, {}, "answered with a redirect, which is not followed"),
        (FaultKind.BODY, {"body": '{"error": {"code": "ok"}}'}, "an answer without data"),
        (FaultKind.FIELD_VALUE, {"field": "follower_count", "value": "88"}, "str '88'"),
        (FaultKind.FIELD_VALUE, {"field": "follower_count", "value": 88.0}, "is 88.0"),
    ],
)
def test_an_answer_not_to_be_trusted_fails_that_account_only(sandbox, lake, kind, given, words):
    sandbox.faults.add(fault(kind, "902", **given))
    report = read(lake, sandbox)
    assert (report.ok, report.failed) == (2, 1)
    assert words in report.problems[0]
    assert "org_902" not in followers(lake)


def test_a_missing_count_is_unknown_never_zero(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.REMOVED_FIELD, "902", field="follower_count"))
    report = read(lake, sandbox)
    assert followers(lake)["org_902"] is None
    assert "shown without a follower count" in report.problems[0]


def test_an_unknown_field_is_told_once(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.UNKNOWN_FIELD, field="aura", value=3))
    report = read(lake, sandbox)
    assert report.ok == 3
    assert report.problems == ("tiktok: unknown field user.data.aura (int), left out",)


def test_pages_that_run_in_a_circle_fail_the_account(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.REPEATED_CURSOR, cursor="0"))
    report = read(lake, sandbox, ACCOUNTS[1:2], stream="posts")
    assert report.failed == 1
    assert "gave the cursor '0' twice: its pages run in a circle" in report.problems[0]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("like_count", "3", "like_count is str '3'"),
        ("create_time", 1_765_000_000_000, "create_time is 1765000000000"),
        ("create_time", None, "create_time is missing"),
        ("id", 1.5, "id is 1.5"),
    ],
)
def test_a_video_that_cannot_be_read_is_left_out_alone(sandbox, lake, field, value, words):
    bad = fault(FaultKind.FIELD_VALUE, endpoint="query", field=field, value=value, times=1)
    sandbox.faults.add(bad)
    report = read(lake, sandbox, ACCOUNTS[:1], stream="posts")
    assert report.ok == 1
    assert {row["post_id"] for row in stored(lake, "posts")} == {str(BIG)}
    assert f"one video left out, {words}" in report.problems[0]


def test_no_secret_and_no_token_is_ever_shown():
    extractor = tiktok.TikTok.__new__(tiktok.TikTok)
    shown = extractor.classify(
        Answer(401, {}, {"error": "x", "error_description": "token=clt.abcd"})
    )
    assert "clt.abcd" not in str(shown)


def test_without_both_credentials_it_is_skipped_in_one_line(lake):
    given = {"EFFEKTANALYS_TIKTOK_CLIENT_KEY": "k"}
    report = run(lake, None, ACCOUNTS, platform="tiktok", day=NOW.date(), credentials=given)
    assert report.message == (
        "TikTok skipped: set EFFEKTANALYS_TIKTOK_CLIENT_SECRET to read its 3 accounts."
    )
