"""What a person gets from Instagram: read on a real loopback server, faults included."""

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from extractors.lake import Lake
from extractors.registry_models import HandleValidity
from extractors.sandbox import Fault, FaultKind, serve
from extractors.sandbox.generated import GeneratedWorld
from extractors.sandbox.graph import error
from extractors.sandbox.platforms.instagram import unknown
from extractors.sandbox.windows import SlidingWindow
from tests.support.sandboxed import FakeTime, registry_account, run, stored
from tests.support.small_world import MIDDAY

WORLD = GeneratedWorld(seed=6, industries={"museum": 12}, platforms=["instagram"])
PLANS = [o.accounts[0] for o in WORLD.organisations]
BUSY, HIDDEN, CALM = PLANS[0], PLANS[1], PLANS[4]
TODAY = MIDDAY.date()
TOO_MUCH = error(1, "Please reduce the amount of data you're asking for, then retry your request")


def account(plan, **given):
    handles = (HandleValidity(handle=plan.handle_on(TODAY)),)
    values = {"account_id": plan.name, "platform": "instagram", "handles": handles}
    return registry_account(0, plan.id, **{**values, **given})


ACCOUNTS = [account(plan) for plan in PLANS]
THREE = [account(plan) for plan in (BUSY, HIDDEN, CALM)]


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


def read(lake, sandbox, accounts=THREE, **given):
    return run(lake, sandbox.url, accounts, platform="instagram", **given)


def fault(kind, plan=None, **given):
    name = plan and plan.handle_on(TODAY)
    return Fault(platform="instagram", kind=kind, account=name, **given)


def rows(lake, stream="profile_snapshots"):
    return {row.get("post_id") or row["account_id"]: row for row in stored(lake, stream)}


def recent(plan):
    feed = WORLD.posts("instagram", plan.id, MIDDAY)
    return {p.id: p for p in feed if p.published_at >= MIDDAY - timedelta(days=35)}


def test_every_account_is_read_with_its_exact_counts(sandbox, lake):
    report = read(lake, sandbox, ACCOUNTS)
    assert (report.ok, report.failed, report.not_visible) == (12, 0, 0)
    assert report.problems == ()
    assert report.requests == 12
    for plan in PLANS:
        row, state = rows(lake)[plan.name], WORLD.account("instagram", plan.id, MIDDAY)
        assert row["followers"] == plan.followers_on(TODAY)
        assert (row["following"], row["posts_total"]) == (state.following, state.posts_total)
        assert (row["handle"], row["source"]) == (plan.handle_on(TODAY), "instagram_graph_api")


def test_media_of_35_days_come_page_by_page_from_inside_the_profile(sandbox, lake):
    report = read(lake, sandbox, [account(BUSY)], stream="posts")
    expected, found = recent(BUSY), rows(lake, "posts")
    assert report.problems == ()
    assert len(expected) > 200
    assert found.keys() == expected.keys()
    for name, post in expected.items():
        row = found[name]
        counts = (row["reactions"], row["comments"], row["views"], row["shares"])
        assert counts == (post.reactions, post.comments, post.views, None)
        assert (row["kind"], row["text"]) == (post.kind, post.text)
        assert row["published_at"] == post.published_at
    # 50 a page until one holds only older media: the last recent page reaches back further.
    assert report.requests == len(expected) // 50 + 2


def test_likes_an_owner_hides_are_unknown_and_never_zero(sandbox, lake):
    read(lake, sandbox, [account(HIDDEN)], stream="posts")
    found = rows(lake, "posts")
    assert found.keys() == recent(HIDDEN).keys()
    assert {row["reactions"] for row in found.values()} == {None}
    assert [row["comments"] for row in found.values()] == [
        recent(HIDDEN)[name].comments for name in found
    ]


def test_a_name_nobody_has_is_not_visible_in_any_language(sandbox, lake):
    ghost = account(CALM, account_id="ghost", handles=(HandleValidity(handle="nobody"),))
    report = read(lake, sandbox, [ghost, account(BUSY)])
    assert (report.ok, report.not_visible, report.requests) == (1, 1, 2)
    assert (rows(lake)["ghost"]["followers"], rows(lake)["ghost"]["visibility"]) == (
        None,
        "not_visible",
    )
    assert report.problems == (
        "instagram ghost: not visible, unknown, renamed or not public (110/2207013)",
    )
    assert read(lake, sandbox, [ghost], stream="posts").rows == 0


@pytest.mark.parametrize("words", ["Invalid user id", "無效的用戶編號", ""])
def test_the_code_decides_whatever_the_words(sandbox, lake, words):
    body = error(110, words, 2207013)
    sandbox.faults.add(fault(FaultKind.ERROR, CALM, status=400, body=body))
    assert read(lake, sandbox).not_visible == 1


def test_the_code_without_its_subcode_makes_nobody_invisible(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.ERROR, CALM, status=400, body=error(110, "Invalid user id")))
    report = read(lake, sandbox)
    assert (report.ok, report.failed, report.not_visible) == (2, 1, 0)


def test_a_name_taken_over_by_another_account_is_told_and_not_counted(sandbox, lake):
    moved = account(replace(CALM, id="17841000"), account_id="moved")
    report = read(lake, sandbox, [moved])
    assert (report.failed, stored(lake)) == (1, [])
    assert (
        f"the name {CALM.handle} belongs to another account now (id {CALM.id})"
        in (report.problems[0])
    )


@pytest.mark.parametrize("name", ["a){id}", "två ord", "x" * 101, "a,b"])
def test_a_name_that_would_change_the_question_is_never_sent(sandbox, lake, name):
    odd = account(replace(CALM, id=name), handles=())
    report = read(lake, sandbox, [odd])
    assert (report.not_visible, report.requests) == (1, 0)
    assert "cannot be a user name on Instagram" in report.problems[0]


def test_a_cursor_that_would_change_the_question_is_never_sent(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.REPEATED_CURSOR, BUSY, cursor="x){id},business"))
    report = read(lake, sandbox, [account(BUSY)], stream="posts")
    assert (report.failed, report.requests) == (1, 1)
    assert "gave a cursor with signs no cursor has" in report.problems[0]


def test_pages_that_run_in_a_circle_fail_that_account_only(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.REPEATED_CURSOR, BUSY, cursor="UVZGSTAwMDA1MA=="))
    report = read(lake, sandbox, stream="posts")
    assert (report.ok, report.failed) == (2, 1)
    assert "twice: its pages run in a circle" in report.problems[0]


def test_an_empty_page_is_not_the_end(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.EMPTY_PAGE, BUSY, first=2, times=1))
    read(lake, sandbox, [account(BUSY)], stream="posts")
    assert len(rows(lake, "posts")) == len(recent(BUSY)) - 50


def test_too_much_data_is_asked_for_in_smaller_pages(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.ERROR, BUSY, status=500, body=TOO_MUCH, times=2))
    report = read(lake, sandbox, [account(BUSY)], stream="posts")
    assert rows(lake, "posts").keys() == recent(BUSY).keys()
    assert report.requests == 2 + len(recent(BUSY)) // 10 + 2


def test_a_field_that_is_gone_is_no_longer_asked_for(sandbox, lake):
    body = error(
        100, "(#100) Tried accessing nonexisting field (view_count) on node type (IGMedia)"
    )
    sandbox.faults.add(fault(FaultKind.ERROR, status=400, body=body, times=1))
    report = read(lake, sandbox, [account(CALM)], stream="posts")
    assert report.problems == (
        "instagram: the field view_count is gone, it is no longer asked for",
    )
    assert {row["views"] for row in stored(lake, "posts")} == {None}
    assert len(stored(lake, "posts")) == len(recent(CALM))


def test_a_rate_limit_is_waited_out(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.ERROR, status=400, body=error(80_002, "x"), times=1))
    time = FakeTime()
    report = read(lake, sandbox, THREE[:1], time=time)
    assert (report.ok, report.retries, sum(time.pauses)) == (1, 1, 300)


def test_a_nearly_used_up_hour_ends_the_run(sandbox, lake):
    sandbox.state.windows["instagram"] = SlidingWindow(100, 3600)
    many = [account(CALM, account_id=f"copy {n:03}") for n in range(120)]
    report = read(lake, sandbox, many)
    assert "% of the calls of an hour are used up; it resets at 2026-11-23 10:3" in report.stopped
    assert 95 <= report.ok == report.requests < 99


def test_a_refused_token_stops_instagram_and_names_the_setting(sandbox, lake):
    body = error(190, "Sesjonen har utløpt", 463)
    sandbox.faults.add(fault(FaultKind.ERROR, status=400, body=body))
    report = read(lake, sandbox)
    assert "Check EFFEKTANALYS_INSTAGRAM_ACCESS_TOKEN: tokens expire." in report.stopped
    assert stored(lake) == []


@pytest.mark.parametrize("value", ["12345", "12K", -1, 1.5, True, []])
def test_a_count_that_is_no_count_fails_that_account_only(sandbox, lake, value):
    sandbox.faults.add(fault(FaultKind.FIELD_VALUE, CALM, field="followers_count", value=value))
    report = read(lake, sandbox)
    assert (report.ok, report.failed) == (2, 1)
    assert f"{CALM.name}: followers_count is" in report.problems[0]


def test_a_missing_count_is_unknown(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.REMOVED_FIELD, CALM, field="followers_count"))
    read(lake, sandbox)
    row = rows(lake)[CALM.name]
    assert (row["followers"], row["visibility"]) == (None, "count_hidden")


def test_one_unreadable_post_is_left_out_and_told(sandbox, lake):
    sandbox.faults.add(
        fault(FaultKind.FIELD_VALUE, CALM, field="timestamp", value="i går", endpoint="{node}")
    )
    report = read(lake, sandbox, [account(CALM)], stream="posts")
    assert (report.ok, report.rows) == (1, 0)
    assert "one post left out, timestamp is str 'i går'" in report.problems[0]


def test_the_sandbox_refuses_wrong_tokens_and_takes_trailing_slashes(sandbox):
    url = f"{sandbox.url}/instagram/v25.0/sandbox/"
    fields = f"business_discovery.username({CALM.handle}){{id,followers_count}}"
    wrong = httpx.get(url, params={"fields": fields, "access_token": "wrong"}).json()
    right = httpx.get(url, params={"fields": fields, "access_token": "sandbox", "x": "1"})
    assert wrong["error"]["code"] == 190
    assert right.json()["business_discovery"].keys() == {"id", "followers_count"}
    assert "call_count" in right.headers["x-app-usage"]
    other = httpx.get(url.replace("/sandbox/", "/777/"), params={"access_token": "sandbox"})
    assert (other.json()["error"]["code"], other.json()["error"]["error_subcode"]) == (100, 33)
    assert unknown("x")["error"]["error_subcode"] == 2207013


def test_a_second_run_changes_nothing(sandbox, lake):
    read(lake, sandbox)
    again = read(lake, sandbox, load_id="run-2")
    assert (again.rows_new, again.changed) == (0, False)
