"""What a person gets from YouTube: read on a real loopback server, faults included."""

import json
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from extractors.budget import Budget
from extractors.lake import Lake
from extractors.platforms import youtube
from extractors.platforms._youtube import resolution
from extractors.platforms.archive import read_raw
from extractors.registry_models import HandleValidity
from extractors.sandbox import Fault, FaultKind, serve
from extractors.sandbox.generated import GeneratedWorld
from extractors.sandbox.platforms.youtube import error
from extractors.sandbox.windows import WindowByName, ZoneDayWindow
from tests.support.sandboxed import FakeTime, registry_account, run, stored
from tests.support.small_world import MIDDAY

WORLD = GeneratedWorld(seed=3, industries={"region": 60}, platforms=["youtube"])
PLANS = [
    o.accounts[0] for o in WORLD.organisations if WORLD.account("youtube", o.accounts[0].id, MIDDAY)
]
BUSY, CALM, HIDDEN = PLANS[0], PLANS[1], PLANS[6]


def account(plan, **given):
    return registry_account(0, plan.id, account_id=plan.name, platform="youtube", **given)


ACCOUNTS = [account(plan) for plan in PLANS]


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


def read(lake, sandbox, accounts=ACCOUNTS[:3], **given):
    return run(lake, sandbox.url, accounts, platform="youtube", **given)


def fault(kind, plan=None, **given):
    return Fault(platform="youtube", kind=kind, account=plan and plan.id, **given)


def three_figures(number):
    """Rounded down by spelling, not by arithmetic."""
    text = str(number)
    return int(text[:3] + "0" * (len(text) - 3))


def rows(lake, stream="profile_snapshots"):
    return {row.get("post_id") or row["account_id"]: row for row in stored(lake, stream)}


def recent(plan):
    feed = WORLD.posts("youtube", plan.id, MIDDAY)
    return {p.id: p for p in feed if p.published_at >= MIDDAY - timedelta(days=35)}


def test_every_channel_is_read_in_three_figures_50_a_call(sandbox, lake):
    report = read(lake, sandbox, ACCOUNTS)
    assert (report.ok, report.failed, report.not_visible) == (len(PLANS), 0, 0)
    assert len(PLANS) > 50
    assert sandbox.calls == {"youtube channels": 2}
    for plan in PLANS:
        row = rows(lake)[plan.name]
        true = plan.followers_on(MIDDAY.date())
        assert row["followers"] == (None if plan.hides_followers else three_figures(true))
        assert row["handle"] == plan.handle_on(MIDDAY.date())
        assert row["posts_total"] == len(WORLD.posts("youtube", plan.id, MIDDAY))
        assert (row["definition"], row["source"]) == ("subscribers", "youtube_api")


def test_the_step_of_the_rounding_is_kept_with_the_count(sandbox, lake):
    read(lake, sandbox, ACCOUNTS)
    for row in stored(lake):
        digits = len(str(row["followers"]))
        if row["followers"] is not None:
            assert row["followers_resolution"] == {3: 1, 4: 10, 5: 100, 6: 1_000}[digits]


@pytest.mark.parametrize(
    ("shown", "step"),
    [(0, 1), (999, 1), (1_000, 10), (123_000_000, 1_000_000), (2_260_000, 10_000), (1_927_873, 1)],
)
def test_a_count_with_more_figures_than_three_was_not_rounded(shown, step):
    assert resolution(shown) == step


def test_hidden_subscribers_are_unknown_and_never_zero(sandbox, lake):
    report = read(lake, sandbox, [account(HIDDEN)])
    [row] = stored(lake)
    assert (row["followers"], row["visibility"], row["followers_resolution"]) == (
        None,
        "count_hidden",
        1,
    )
    assert report.problems == (f"youtube {HIDDEN.name}: hides its subscribers",)


def test_an_unknown_channel_is_a_row_without_counts(sandbox, lake):
    ghost = account(replace(CALM, id="UC" + "z" * 22, name="ghost"))
    report = read(lake, sandbox, [ghost, *ACCOUNTS[:1]])
    assert (report.ok, report.not_visible) == (1, 1)
    assert rows(lake)["ghost"]["followers"] is None
    assert "ghost: not visible, YouTube knows no such channel" in report.problems[0]


def test_an_account_known_by_handle_only_is_found_by_it(sandbox, lake):
    named = account(replace(CALM, id=None), handles=(HandleValidity(handle=CALM.handle),))
    report = read(lake, sandbox, [named])
    assert report.ok == 1
    assert stored(lake)[0]["followers"] == three_figures(CALM.followers_on(MIDDAY.date()))
    read(lake, sandbox, [named], stream="posts")
    assert rows(lake, "posts").keys() == recent(CALM).keys()


def test_videos_of_35_days_come_with_counts_and_hidden_ones_unknown(sandbox, lake):
    report = read(lake, sandbox, [account(BUSY)], stream="posts")
    expected, found = recent(BUSY), rows(lake, "posts")
    assert report.problems == ()
    assert len(expected) > 200
    assert found.keys() == expected.keys()
    for name, post in expected.items():
        row = found[name]
        assert row["reactions"] == (None if "reactions" in post.hidden else post.reactions)
        assert row["comments"] == (None if "comments" in post.hidden else post.comments)
        assert (row["views"], row["text"]) == (post.views, post.text)
        assert row["published_at"] == post.published_at
        assert (row["shares"], row["kind"]) == (None, "video")
    assert {row["reactions"] is None for row in found.values()} == {True, False}


def test_videos_name_the_definition_their_views_were_counted_by(sandbox, lake):
    read(lake, sandbox, [account(CALM)], stream="posts")
    assert {row["definition_version"] for row in stored(lake, "posts")} == {
        "views_since_2025-03-31"  # read on 17 August 2026, a week before the next one
    }


def test_videos_cost_one_unit_for_50_listed_and_one_for_50_counted(sandbox, lake):
    read(lake, sandbox, [account(BUSY)], stream="posts")
    # 210 or so videos: five calls for their counts, five pages, and one page of older ones only.
    assert sandbox.calls == {"youtube playlistItems": 6, "youtube videos:batchGetStats": 5}


def test_questions_and_the_channels_replies_come_as_times_only(sandbox, lake):
    report = read(lake, sandbox, [account(CALM)], stream="inquiries")
    expected = {
        q.id: q for q in WORLD.inquiries("youtube", CALM.id, MIDDAY) if q.post_id in recent(CALM)
    }
    found = {row["inquiry_id"]: row for row in stored(lake, "inquiries")}
    assert report.problems == ()
    assert found.keys() == expected.keys()
    assert expected
    for name, question in expected.items():
        assert found[name]["asked_at"] == question.asked_at
        assert found[name]["first_reply_at"] == question.replied_at
    assert {row["first_reply_at"] is None for row in found.values()} == {True, False}


def test_the_archive_holds_no_visitor(sandbox, lake):
    import zstandard

    read(lake, sandbox, [account(CALM)], stream="inquiries")
    [file] = (lake.root / "_raw").rglob("*.ndjson.zst")
    text = zstandard.ZstdDecompressor().stream_reader(file.open("rb")).read().decode()
    assert "commentThreads" in text
    assert "visitor-" not in text
    assert "fråga" not in text


def test_a_channel_without_an_uploads_list_has_no_videos(sandbox, lake):
    body = error(404, "playlistNotFound", "The playlist cannot be found.")
    sandbox.faults.add(fault(FaultKind.ERROR, endpoint="playlistItems", status=404, body=body))
    report = read(lake, sandbox, [account(CALM)], stream="posts")
    assert (report.ok, report.rows) == (1, 0)


def test_a_deleted_channel_has_no_rows_among_the_videos(sandbox, lake):
    ghost = account(replace(CALM, id="UC" + "z" * 22, name="ghost"))
    report = read(lake, sandbox, [ghost], stream="posts")
    assert (report.not_visible, report.rows) == (1, 0)


def test_a_video_that_disappears_between_two_calls_is_told(sandbox, lake):
    gone = '{"kind": "youtube#batchGetStatsResponse", "items": []}'
    sandbox.faults.add(fault(FaultKind.BODY, endpoint="videos:batchGetStats", body=gone))
    report = read(lake, sandbox, [account(CALM)], stream="posts")
    assert f"{len(recent(CALM))} of the videos listed disappeared" in report.problems[0]
    assert report.rows == 0


@pytest.mark.parametrize(
    "body",
    [
        error(403, "quotaExceeded", "x"),
        error(403, "dailyLimitExceeded", "x"),
        error(403, "other", "x", "QUOTA_EXCEEDED"),
    ],
)
def test_a_used_up_quota_stops_youtube_until_midnight_in_los_angeles(sandbox, lake, body):
    sandbox.faults.add(fault(FaultKind.ERROR, status=403, body=body))
    report = read(lake, sandbox)
    # 2026-11-23 09:30 UTC is the 23rd there too; its midnight is 08:00 UTC of the 24th.
    assert "the quota of the day is used up; it resets at 2026-11-24 08:00 UTC" in report.stopped
    assert (report.requests, report.retries, stored(lake)) == (1, 0, [])


def test_the_sandbox_counts_units_in_two_buckets(sandbox, lake):
    sandbox.state.windows["youtube"] = WindowByName(
        {"default": ZoneDayWindow(9, "America/Los_Angeles"), "stats": ZoneDayWindow(1, "UTC")}
    )
    report = read(lake, sandbox, [account(BUSY)], stream="posts")
    assert "the quota of the day is used up" in report.stopped
    assert sandbox.calls["youtube playlistItems"] == 6
    assert sandbox.calls["youtube videos:batchGetStats"] == 2


def test_the_run_stops_itself_before_the_quota_does(sandbox, lake, monkeypatch):
    monkeypatch.setattr(youtube, "DAILY_UNITS", 4)
    report = read(lake, sandbox, [account(BUSY), account(CALM)], stream="posts")
    assert "the 4 units a day that YouTube grants are used up" in report.stopped
    assert "it resets at 2026-11-24 08:00 UTC" in report.stopped
    assert sandbox.calls["youtube playlistItems"] <= 4


def test_a_budget_is_never_overdrawn():
    budget = Budget(limit=3, words="3 units")
    budget.spend(2)
    with pytest.raises(youtube.ExtractionError, match="the 3 units are used up"):
        budget.spend(2)
    assert budget.left == 1


@pytest.mark.parametrize("status", [403, 429])
def test_a_rate_limit_is_waited_out(sandbox, lake, status):
    body = error(status, "userRateLimitExceeded", "Slow down")
    sandbox.faults.add(fault(FaultKind.ERROR, status=status, body=body, times=2))
    time = FakeTime()
    report = read(lake, sandbox, time=time)
    assert (report.ok, report.retries) == (3, 2)
    assert sum(time.pauses) == report.waited_seconds > 0


@pytest.mark.parametrize(
    ("status", "reason", "detail"),
    [
        (400, "badRequest", "API_KEY_INVALID"),
        (400, "keyInvalid", None),
        (403, "accessNotConfigured", None),
        (403, "forbidden", "SERVICE_DISABLED"),
    ],
)
def test_a_refused_key_stops_youtube_and_names_the_setting(sandbox, lake, status, reason, detail):
    body = error(status, reason, "API key not valid", detail)
    sandbox.faults.add(fault(FaultKind.ERROR, status=status, body=body))
    report = read(lake, sandbox)
    assert f"answered {reason}: API key not valid" in report.stopped
    assert "Check EFFEKTANALYS_YOUTUBE_API_KEY" in report.stopped
    assert (report.requests, stored(lake)) == (1, [])


def test_a_forgotten_key_is_refused_by_the_sandbox(sandbox):
    url = f"{sandbox.url}/youtube/youtube/v3/channels?part=id&id=x"
    assert httpx.get(url).status_code == 403
    wrong = httpx.get(url, headers={"X-Goog-Api-Key": "wrong"}).json()
    assert wrong["error"]["details"][0]["reason"] == "API_KEY_INVALID"
    assert httpx.get(url + "&key=sandbox").json()["pageInfo"]["totalResults"] == 0


def test_the_key_never_goes_into_an_address(sandbox, lake, monkeypatch):
    asked = []
    whole = httpx.AsyncClient.stream

    def spy(self, method, url, **given):
        asked.append((str(url), str(given.get("params"))))
        return whole(self, method, url, **given)

    monkeypatch.setattr(httpx.AsyncClient, "stream", spy)
    read(lake, sandbox)
    assert asked
    assert "sandbox" not in str(asked)
    assert "key=" not in str(asked)


@pytest.mark.parametrize(
    "value", ["12K", "12,345", "-1", "", 1.5, True, "9" * 30, [], "\uff11\uff12"]
)
def test_a_subscriber_count_that_is_no_count_fails_that_channel_only(sandbox, lake, value):
    change = fault(FaultKind.FIELD_VALUE, CALM, field="subscriberCount", value=value)
    sandbox.faults.add(change)
    report = read(lake, sandbox)
    assert (report.ok, report.failed) == (2, 1)
    assert CALM.name not in rows(lake)
    assert f"{CALM.name}: subscriberCount is" in report.problems[0]


def test_a_count_that_turns_into_a_number_is_still_a_count(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.FIELD_VALUE, CALM, field="subscriberCount", value=4_560))
    assert read(lake, sandbox).ok == 3
    assert rows(lake)[CALM.name]["followers"] == 4_560


def test_a_count_that_goes_down_is_a_count(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.FACTOR, CALM, field="subscriberCount", factor=0.5))
    read(lake, sandbox)
    shown = three_figures(CALM.followers_on(MIDDAY.date()))
    assert rows(lake)[CALM.name]["followers"] == round(shown * 0.5)


def test_a_removed_count_is_unknown(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.REMOVED_FIELD, CALM, field="subscriberCount"))
    report = read(lake, sandbox)
    assert report.ok == 3
    assert rows(lake)[CALM.name]["visibility"] == "count_hidden"


def test_an_unknown_field_is_told_once_without_its_value(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.UNKNOWN_FIELD, field="trustScore", value="secret"))
    report = read(lake, sandbox)
    assert report.ok == 3
    assert report.problems == (
        "youtube: unknown field channels.items[].statistics.trustScore (str), left out",
    )


# A page in HTML is no failure of the moment: the batch is halved around it.
@pytest.mark.parametrize(
    ("kind", "calls"), [(FaultKind.HTML, 3), (FaultKind.TRUNCATED, 2), (FaultKind.RESET, 2)]
)
def test_a_damaged_answer_is_asked_for_again(sandbox, lake, kind, calls):
    sandbox.faults.add(fault(kind, times=1))
    report = read(lake, sandbox)
    assert (report.ok, report.failed) == (3, 0)
    assert report.requests == calls


def test_an_answer_that_is_no_list_of_channels_fails_and_makes_nobody_invisible(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.BODY, body="{}"))
    report = read(lake, sandbox)
    assert (report.failed, report.not_visible, stored(lake)) == (3, 0, [])
    assert "pageInfo is missing" in report.problems[0]


def test_pages_that_run_in_a_circle_fail_that_channel(sandbox, lake):
    sandbox.faults.add(
        fault(FaultKind.REPEATED_CURSOR, BUSY, endpoint="playlistItems", cursor="Q0Ew")
    )
    report = read(lake, sandbox, [account(BUSY), account(CALM)], stream="posts")
    assert (report.ok, report.failed) == (1, 1)
    assert "gave the cursor 'Q0Ew' twice" in report.problems[0]


def test_an_empty_page_is_not_the_end(sandbox, lake):
    sandbox.faults.add(
        fault(FaultKind.EMPTY_PAGE, BUSY, first=2, times=1, endpoint="playlistItems")
    )
    read(lake, sandbox, [account(BUSY)], stream="posts")
    assert 150 <= len(rows(lake, "posts")) < len(recent(BUSY))


def test_a_second_run_changes_nothing(sandbox, lake):
    read(lake, sandbox)
    again = read(lake, sandbox, load_id="run-2")
    assert (again.rows_new, again.changed) == (0, False)


def asked_under(plan, video=None):
    """Questions under the recent videos; under how many videos."""
    asked = [q for q in WORLD.inquiries("youtube", plan.id, MIDDAY) if q.post_id in recent(plan)]
    return {q.id: q for q in asked if video in (None, q.post_id)}


OPEN = next(
    plan
    for plan in PLANS[1:]
    if recent(plan) and not any("comments" in post.hidden for post in recent(plan).values())
)
"""Every recent video takes comments: a fault's body comes with status 200."""


def thread(name, at, *, replies=0):
    """A visitor's thread whose replies are not shown."""
    asked = {"publishedAt": at, "authorChannelId": {"value": "visitor-1"}, "textDisplay": "?"}
    top = {"kind": "youtube#comment", "id": name, "snippet": asked}
    return {"id": name, "snippet": {"topLevelComment": top, "totalReplyCount": replies}}


def test_threads_are_read_page_by_page_to_the_end(sandbox, lake, monkeypatch):
    monkeypatch.setattr(youtube, "THREADS", 1)
    report = read(lake, sandbox, [account(CALM)], stream="inquiries")
    expected = asked_under(CALM)
    most = max(len(asked_under(CALM, video)) for video in recent(CALM))
    assert most > 2
    assert {row["inquiry_id"] for row in stored(lake, "inquiries")} == expected.keys()
    assert report.problems == ()
    # A video without questions costs a call, one with n of them n calls.
    calls = sum(max(len(asked_under(CALM, video)), 1) for video in recent(CALM))
    disabled = sum("comments" in post.hidden for post in recent(CALM).values())
    assert calls - disabled <= sandbox.calls["youtube commentThreads"] <= calls


def test_a_video_with_more_threads_than_are_read_keeps_the_newest_and_says_so(
    sandbox, lake, monkeypatch
):
    monkeypatch.setattr(youtube, "THREADS", 1)
    monkeypatch.setattr(youtube, "MAX_THREAD_PAGES", 2)
    report = read(lake, sandbox, [account(CALM)], stream="inquiries")
    assert (report.ok, report.failed) == (1, 0)
    newest = {}
    for video in recent(CALM):
        asked = sorted(asked_under(CALM, video).values(), key=lambda q: (q.asked_at, q.id))
        newest |= {q.id: q for q in asked[-2:]}
    assert {row["inquiry_id"] for row in stored(lake, "inquiries")} == newest.keys()
    assert "of the threads under one video only the newest 2 were read" in report.problems[0]


def test_threads_older_than_35_days_end_the_pages(sandbox, lake):
    at = (MIDDAY - timedelta(days=36)).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = json.dumps({"items": [thread("old", at)], "nextPageToken": "more"})
    sandbox.faults.add(fault(FaultKind.BODY, endpoint="commentThreads", body=body))
    report = read(lake, sandbox, [account(OPEN)], stream="inquiries")
    assert (report.ok, report.failed) == (1, 0)
    assert sandbox.calls["youtube commentThreads"] == len(recent(OPEN))


def test_a_question_whose_replies_are_not_all_shown_is_not_called_unanswered(sandbox, lake):
    at = MIDDAY.strftime("%Y-%m-%dT%H:%M:%SZ")
    body = json.dumps({"items": [thread("asked", at, replies=9), thread("alone", at)]})
    sandbox.faults.add(fault(FaultKind.BODY, endpoint="commentThreads", body=body))
    report = read(lake, sandbox, [account(OPEN)], stream="inquiries")
    assert {row["inquiry_id"] for row in stored(lake, "inquiries")} == {"alone"}
    assert "one question left out, it shows only some of its replies" in report.problems[0]


def test_who_asked_is_neither_archived_nor_stored(sandbox, lake):
    at = MIDDAY.strftime("%Y-%m-%dT%H:%M:%SZ")
    asked = thread("asked", at)
    reply = {"publishedAt": at, "authorChannelId": {"value": "visitor-2"}, "textDisplay": "Jo!"}
    own = {**reply, "authorChannelId": {"value": OPEN.id}}
    asked["replies"] = {"comments": [{"id": "r1", "snippet": reply}, {"id": "r2", "snippet": own}]}
    body = json.dumps({"items": [asked]})
    sandbox.faults.add(fault(FaultKind.BODY, endpoint="commentThreads", body=body))
    read(lake, sandbox, [account(OPEN)], stream="inquiries")
    [row] = stored(lake, "inquiries")
    assert (row["asked_at"], row["first_reply_at"]) == (MIDDAY, MIDDAY)
    [file] = (lake.root / "_raw").rglob("*.ndjson.zst")
    archived = json.dumps(list(read_raw(file)))
    assert OPEN.id in archived  # the channel's own reply is told from others'
    for word in ("visitor-", "Jo!", "authorDisplayName"):
        assert word not in archived
        assert word not in str(row)
