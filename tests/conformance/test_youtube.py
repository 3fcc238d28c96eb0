"""Google's own client reads the sandbox's YouTube, and Google's own document finds no fault.

Client and document (`youtube.v3`) come with google-api-python-client.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from googleapiclient.errors import HttpError

from extractors.lake import Lake
from extractors.sandbox import Fault, FaultKind
from extractors.sandbox.windows import WindowByName, ZoneDayWindow
from tests.support.discovery import document, validator
from tests.support.sandboxed import registry_account, run, stored
from tests.support.small_world import MIDDAY
from tests.support.youtube_client import client, every_page, read_world

DOCUMENT = document("youtube", "v3")
METHODS = {
    method["path"]: method
    for name in ("channels", "playlistItems", "videos", "commentThreads")
    for method in DOCUMENT["resources"][name]["methods"].values()
    if method["httpMethod"] == "GET"
}
VALIDATORS = {
    path: validator(DOCUMENT, method["response"]["$ref"]) for path, method in METHODS.items()
}


@pytest.fixture(scope="module")
def reading(running, world):
    running.faults.clear()
    running.state.windows.clear()
    return read_world(running, world)


@pytest.fixture
def lake(tmp_path):
    made = Lake(tmp_path / "lake", "Europe/Stockholm")
    made.initialise()
    return made


def three_figures(number):
    """Rounded down by spelling, not by arithmetic."""
    text = str(number)
    return int(text[:3] + "0" * (len(text) - 3))


def asked(uri):
    """Return the path below the prefix and the query of an address."""
    parts = urlsplit(uri)
    return parts.path.removeprefix("/youtube/"), parse_qs(parts.query)


def subscribers(channel):
    statistics = channel["statistics"]
    return None if statistics["hiddenSubscriberCount"] else int(statistics["subscriberCount"])


def count(item, name):
    given = item["statistics"].get(name)
    return None if given is None else int(given)


def test_every_channel_agrees_with_the_truth_in_three_figures(reading, truth):
    expected = {
        name: (
            account["followers"] and three_figures(account["followers"]),
            account["posts_total"],
            f"@{account['handle']}",
        )
        for (platform, name), account in truth.items()
        if platform == "youtube"
    }
    assert len(expected) == 32  # 33 organisations, one of which deleted its accounts
    assert {
        name: (subscribers(channel), count(channel, "videoCount"), channel["snippet"]["customUrl"])
        for name, channel in reading.channels.items()
    } == expected


def test_hidden_subscribers_are_shown_to_be_hidden(reading, world):
    hidden = {name for name, account in world.on("youtube").items() if account.hides_followers}
    said = {
        name
        for name, channel in reading.channels.items()
        if channel["statistics"]["hiddenSubscriberCount"]
    }
    assert said == hidden
    assert len(hidden) == 3  # regions 7 and 17, museum 7


def test_every_upload_is_listed_once_newest_first_to_the_end(reading, world):
    for name, items in reading.uploads.items():
        posts = world.posts("youtube", name)
        assert [item["contentDetails"]["videoId"] for item in items] == [p.id for p in posts]
        assert [item["snippet"]["position"] for item in items] == list(range(len(posts)))
        assert len(items) == count(reading.channels[name], "videoCount")
    assert max(map(len, reading.uploads.values())) > 3_000


def test_every_video_has_the_worlds_counts_and_none_that_is_switched_off(reading, world):
    posts = {p.id: p for name in world.on("youtube") for p in world.posts("youtube", name)}
    assert reading.videos.keys() == posts.keys()
    for name, video in reading.videos.items():
        post = posts[name]
        assert count(video, "viewCount") == post.views
        assert count(video, "likeCount") == (None if "reactions" in post.hidden else post.reactions)
        assert count(video, "commentCount") == (
            None if "comments" in post.hidden else post.comments
        )
        at = datetime.fromisoformat(video["snippet"]["publishedAt"])
        assert (at, video["snippet"]["title"]) == (post.published_at, post.text)
    kinds = Counter(post.hidden for post in posts.values())
    assert len(kinds) == 4  # nothing, likes, comments and both are hidden somewhere


def test_both_ways_to_count_videos_agree(reading):
    names = ("viewCount", "likeCount", "commentCount")
    assert len(reading.stats) > 100
    for name, stats in reading.stats.items():
        video = reading.videos[name]
        assert [count(stats, n) for n in names] == [count(video, n) for n in names]
        assert stats["snippet"]["publishTime"] == video["snippet"]["publishedAt"]


def test_questions_come_newest_first_with_the_channels_reply(reading, world):
    first = next(iter(reading.channels))
    for video, threads in reading.threads.items():
        known = [q for q in world.inquiries("youtube", first) if q.post_id == video]
        expected = [(q.id, q.asked_at, q.replied_at) for q in reversed(known)]
        found = []
        for thread in threads:
            top = thread["snippet"]["topLevelComment"]
            replies = thread.get("replies", {}).get("comments", [])
            times = [datetime.fromisoformat(r["snippet"]["publishedAt"]) for r in replies]
            at = datetime.fromisoformat(top["snippet"]["publishedAt"])
            found.append((top["id"], at, next(iter(times), None)))
        assert found == expected
    assert {len(threads) > 1 for threads in reading.threads.values()} == {True, False}


def test_googles_document_finds_no_fault_in_any_answer(reading):
    seen, faults = Counter(), Counter()
    for uri, status, content in reading.answers:
        path, _ = asked(uri)
        seen[path] += 1
        assert status == 200
        for error in VALIDATORS[path].iter_errors(json.loads(content)):
            place = "/".join("[]" if isinstance(p, int) else p for p in error.absolute_path)
            faults[path, place, error.message[:100]] += 1
    assert not faults
    assert set(seen) == {
        f"youtube/v3/{name}"
        for name in (
            "channels",
            "playlistItems",
            "videos",
            "videos:batchGetStats",
            "commentThreads",
        )
    }


def test_the_document_would_find_a_fault():
    statistics = {"viewCount": 12, "likeCount": "-1", "dislikes": "3"}
    wrong = {"kind": "youtube#videoListResponse", "items": [{"statistics": statistics}]}
    said = {e.message for e in VALIDATORS["youtube/v3/videos"].iter_errors(wrong)}
    assert said == {
        "12 is not of type 'string'",
        "'-1' does not match '^[0-9]+$'",
        "Additional properties are not allowed ('dislikes' was unexpected)",
    }


def test_without_a_size_a_list_has_the_five_of_the_document(sandbox, world):
    youtube, ids = client(sandbox), list(world.on("youtube"))[:12]
    default = int(METHODS["youtube/v3/channels"]["parameters"]["maxResults"]["default"])
    answer = youtube.channels().list(part="id", id=ids).execute()
    assert [channel["id"] for channel in answer["items"]] == ids[:default]
    # The client's own paging cannot carry a parameter that is repeated.
    channels = every_page(youtube.channels(), part="id", id=",".join(ids))
    assert [channel["id"] for channel in channels] == ids
    assert sandbox.calls == {"youtube channels": 4}  # 5 once, then 5 + 5 + 2


def test_an_unknown_channel_is_no_error_and_has_no_items(sandbox):
    answer = client(sandbox).channels().list(part="id", id="UC" + "z" * 22).execute()
    assert "items" not in answer
    assert not list(VALIDATORS["youtube/v3/channels"].iter_errors(answer))


def test_a_channel_is_found_by_its_handle(sandbox, world):
    for name, account in list(world.on("youtube").items())[:4]:
        found = client(sandbox).channels().list(part="id", forHandle=f"@{account.handle}").execute()
        assert [channel["id"] for channel in found["items"]] == [name]


def test_the_client_sees_a_used_up_quota(sandbox, world):
    windows = {"default": ZoneDayWindow(1, "America/Los_Angeles")}
    sandbox.state.windows["youtube"] = WindowByName(windows)
    request = client(sandbox).channels().list(part="id", id=next(iter(world.on("youtube"))))
    request.execute()
    with pytest.raises(HttpError) as caught:
        request.execute()
    assert (caught.value.status_code, reason(caught)) == (403, "quotaExceeded")


def test_the_client_sees_a_wrong_key(sandbox):
    with pytest.raises(HttpError) as caught:
        client(sandbox, key="wrong").channels().list(part="id", id="x").execute()
    assert caught.value.status_code == 400
    assert reason(caught) == "API_KEY_INVALID"


@pytest.mark.parametrize(
    ("name", "given", "status", "expected"),
    [
        ("playlistItems", {"playlistId": "UU" + "z" * 22}, 404, "playlistNotFound"),
        ("commentThreads", {"videoId": "nothing"}, 404, "videoNotFound"),
        ("channels", {}, 400, "missingRequiredParameter"),
    ],
)
def test_the_client_sees_what_was_wrong(sandbox, name, given, status, expected):
    with pytest.raises(HttpError) as caught:
        getattr(client(sandbox), name)().list(part="id", **given).execute()
    assert (caught.value.status_code, reason(caught)) == (status, expected)


def test_the_client_waits_out_a_pace_that_is_too_high(sandbox, world, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    kind = FaultKind.RATE_LIMIT
    sandbox.faults.add(Fault(platform="youtube", kind=kind, endpoint="channels", times=2))
    request = client(sandbox).channels().list(part="id", id=next(iter(world.on("youtube"))))
    assert request.execute(num_retries=2)["pageInfo"]["totalResults"] == 1
    assert sandbox.calls == {"youtube channels": 3}


def reason(caught):
    return caught.value.error_details[0]["reason"]


def extracted(world, lake, sandbox, stream):
    accounts = [
        registry_account(0, name, platform="youtube", account_id=name)
        for name in world.on("youtube")
    ]
    report = run(lake, sandbox.url, accounts, stream=stream, platform="youtube")
    assert (report.ok, report.failed, report.not_visible) == (len(accounts), 0, 0)
    return stored(lake, stream)


def test_our_channels_are_what_the_client_read(reading, world, lake, sandbox):
    rows = extracted(world, lake, sandbox, "profile_snapshots")
    names = ("account_id", "followers", "posts_total", "views_total", "handle")
    assert sorted(tuple(row[name] for name in names) for row in rows) == sorted(
        (
            name,
            subscribers(channel),
            count(channel, "videoCount"),
            count(channel, "viewCount"),
            channel["snippet"]["customUrl"].removeprefix("@"),
        )
        for name, channel in reading.channels.items()
    )


def test_our_videos_are_what_the_client_read(reading, world, lake, sandbox):
    rows = extracted(world, lake, sandbox, "posts")
    names = ("post_id", "published_at", "text", "views", "reactions", "comments")
    oldest = MIDDAY - timedelta(days=35)
    expected = {
        (
            name,
            at,
            video["snippet"]["title"],
            count(video, "viewCount"),
            count(video, "likeCount"),
            count(video, "commentCount"),
        )
        for name, video in reading.videos.items()
        if (at := datetime.fromisoformat(video["snippet"]["publishedAt"])) >= oldest
    }
    assert {tuple(row[name] for name in names) for row in rows} == expected
    assert len(rows) == len(expected)


@pytest.mark.parametrize("stream", ["profile_snapshots", "posts", "inquiries"])
def test_we_ask_only_what_the_document_offers(world, lake, sandbox, monkeypatch, stream):
    requests = []
    send = httpx.AsyncClient.send

    async def spy(self, request, **given):
        requests.append(request)
        return await send(self, request, **given)

    monkeypatch.setattr(httpx.AsyncClient, "send", spy)
    name = next(iter(world.on("youtube")))
    account = registry_account(0, name, platform="youtube")
    run(lake, sandbox.url, [account], stream=stream, platform="youtube")
    assert requests
    for request in requests:
        path, query = asked(str(request.url))
        offered = METHODS[path]["parameters"]
        required = {n for n, parameter in offered.items() if parameter.get("required")}
        assert required <= query.keys() <= offered.keys()
        if "maxResults" in query:
            bounds = offered["maxResults"]
            [size] = map(int, query["maxResults"])
            assert int(bounds["minimum"]) <= size <= int(bounds["maximum"])
        if "order" in query:
            assert set(query["order"]) <= set(offered["order"]["enum"])
