"""atproto, whose models are generated from Bluesky's lexicons, reads the sandbox's Bluesky.

The models are strict: an answer that lacks what the lexicon demands, or gives it another type, is
an error of the client and fails every test here.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import atproto
import httpx
import pytest
from atproto.exceptions import BadRequestError, RateLimitExceededError, RequestException
from atproto_client.exceptions import ModelError
from atproto_client.models import (
    AppBskyActorDefs,
    AppBskyActorGetProfiles,
    AppBskyFeedGetAuthorFeed,
)
from atproto_client.models.utils import get_or_create

from extractors.lake import Lake
from extractors.sandbox import Fault, FaultKind
from extractors.sandbox.windows import FixedWindow
from tests.support.sandboxed import registry_account, run, stored
from tests.support.small_world import MIDDAY

MOST = 25
"""Profiles in one call, by the lexicon."""
KINDS = {
    "app.bsky.embed.images#view": "image",
    "app.bsky.embed.video#view": "video",
    "app.bsky.embed.external#view": "link",
}


def connected(sandbox):
    return atproto.Client(base_url=f"{sandbox.url}/bluesky")


@pytest.fixture
def client(sandbox):
    return connected(sandbox)


@pytest.fixture(scope="module")
def profiles(running, world):
    """Read every profile, in batches: DID -> profile."""
    running.faults.clear()
    running.state.windows.clear()
    names, found = list(world.on("bluesky")), []
    for start in range(0, len(names), MOST):
        batch = {"actors": names[start : start + MOST]}
        found += connected(running).app.bsky.actor.get_profiles(batch).profiles
    assert len(found) == len(names) > MOST
    return {profile.did: profile for profile in found}


@pytest.fixture(scope="module")
def feeds(running, profiles):
    """Read every feed to its end: DID -> items, newest first."""
    return {name: feed_of(connected(running), name, limit=100) for name in profiles}


@pytest.fixture
def lake(tmp_path):
    made = Lake(tmp_path / "lake", "Europe/Stockholm")
    made.initialise()
    return made


def feed_of(client, name, **given):
    """Return everything that the account published or passed on, all pages."""
    items, cursor = [], None
    while True:
        page = client.app.bsky.feed.get_author_feed({"actor": name, "cursor": cursor, **given})
        items += page.feed
        cursor = page.cursor
        if not cursor:
            return items


def key(item):
    return item.post.uri.rsplit("/", 1)[-1]


def at(text):
    return datetime.fromisoformat(text)


def is_near(spelled, moment):
    """Whether a time is the same to the millisecond, which is as far as Bluesky spells it."""
    return abs(at(spelled) - moment) < timedelta(milliseconds=1)


def test_every_profile_agrees_with_the_truth(profiles, world, truth):
    expected = {
        name: (account["handle"], account["followers"], account["posts_total"])
        for (platform, name), account in truth.items()
        if platform == "bluesky"
    }
    assert {
        name: (profile.handle, profile.followers_count, profile.posts_count)
        for name, profile in profiles.items()
    } == expected
    known = world.on("bluesky")
    assert {name: (p.follows_count, p.display_name) for name, p in profiles.items()} == {
        name: (account.following, account.name) for name, account in known.items()
    }


def test_every_feed_is_listed_once_newest_first_to_the_end(feeds, world, truth):
    for name, items in feeds.items():
        assert [key(item) for item in items] == [p.id for p in world.posts("bluesky", name)]
        assert len(items) == truth["bluesky", name]["posts_total"]
    assert max(map(len, feeds.values())) > 3_000


def test_every_post_agrees_with_the_truth(feeds, world):
    for name, items in feeds.items():
        for item, post in zip(items, world.posts("bluesky", name), strict=True):
            shown = item.post
            assert (
                *(shown.like_count, shown.reply_count, shown.repost_count, shown.quote_count),
                *(shown.author.did, shown.record.text),
            ) == (
                *(post.reactions, post.comments, post.shares, post.quotes),
                *(post.author_id, post.text),
            )
            assert is_near(shown.record.created_at, post.published_at)
            assert is_near(shown.indexed_at, post.indexed_at)
            assert (item.reason is not None) == (post.reposted_at is not None)
            assert (shown.record.reply is not None) == post.is_reply


def test_the_size_of_a_page_changes_nothing(client, feeds):
    name = min(feeds, key=lambda name: len(feeds[name]))
    expected = [key(item) for item in feeds[name]]
    assert [key(item) for item in feed_of(client, name)] == expected
    assert [key(item) for item in feed_of(client, name, limit=7)] == expected


def test_without_replies_a_feed_has_all_but_those(client, feeds):
    name = min(feeds, key=lambda name: len(feeds[name]))
    expected = [key(item) for item in feeds[name] if item.post.record.reply is None]
    found = feed_of(client, name, limit=100, filter="posts_no_replies")
    assert [key(item) for item in found] == expected
    assert len(expected) < len(feeds[name])


def test_an_unknown_name_is_a_bad_request_with_its_words(client):
    with pytest.raises(BadRequestError) as refused:
        client.app.bsky.actor.get_profile({"actor": "nobody.example.org"})
    said = refused.value.response.content
    assert (said.error, said.message) == ("InvalidRequest", "Profile not found")


def test_an_unknown_actor_is_left_out_of_a_batch(client, profiles):
    first = next(iter(profiles))
    asked = {"actors": ["nobody.example.org", first]}
    assert [p.did for p in client.app.bsky.actor.get_profiles(asked).profiles] == [first]


def test_client_and_sandbox_draw_the_line_at_the_same_batch(client, sandbox, profiles):
    names = list(profiles)[: MOST + 1]
    with pytest.raises(ModelError, match="at most 25 items"):
        client.app.bsky.actor.get_profiles({"actors": names})
    assert sandbox.calls == {}
    url = f"{sandbox.url}/bluesky/xrpc/app.bsky.actor.getProfiles"
    assert httpx.get(url, params={"actors": names}).status_code == 400


def test_a_full_window_is_told_with_its_end(client, sandbox, profiles):
    sandbox.state.windows["bluesky"] = FixedWindow(1, 300)
    asked = {"actor": next(iter(profiles))}
    client.app.bsky.actor.get_profile(asked)
    with pytest.raises(RateLimitExceededError) as refused:
        client.app.bsky.actor.get_profile(asked)
    answer = refused.value.response
    assert answer.content.error == "RateLimitExceeded"
    headers = {name: answer.headers[f"ratelimit-{name}"] for name in ("limit", "remaining")}
    assert headers == {"limit": "1", "remaining": "0"}
    assert answer.headers["ratelimit-policy"] == "1;w=300"
    now = datetime.fromisoformat("2026-01-01T00:00:00+00:00").timestamp()
    assert int(answer.headers["ratelimit-reset"]) > now  # seconds since 1970, not to go


def test_a_server_error_reaches_the_client_as_one(client, sandbox, profiles):
    sandbox.faults.add(Fault(platform="bluesky", kind=FaultKind.ERROR, status=503))
    with pytest.raises(RequestException) as refused:
        client.app.bsky.actor.get_profile({"actor": next(iter(profiles))})
    assert refused.value.response.status_code == 503


@pytest.mark.parametrize(
    ("method", "asked", "model"),
    [
        ("actor.getProfiles", "actors", AppBskyActorGetProfiles.Response),
        ("actor.getProfile", "actor", AppBskyActorDefs.ProfileViewDetailed),
        ("feed.getAuthorFeed", "actor", AppBskyFeedGetAuthorFeed.Response),
    ],
)
def test_every_did_cid_handle_address_and_time_is_well_formed(
    sandbox, profiles, method, asked, model
):
    url = f"{sandbox.url}/bluesky/xrpc/app.bsky.{method}"
    for name in list(profiles)[:8]:
        answer = httpx.get(url, params={asked: name}).json()
        assert get_or_create(answer, model, strict_string_format=True)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (FaultKind.FIELD_VALUE, {"field": "followersCount", "value": "12"}),
        (FaultKind.REMOVED_FIELD, {"field": "handle"}),
    ],
)
def test_the_models_would_find_a_fault(client, sandbox, profiles, kind, given):
    sandbox.faults.add(Fault(platform="bluesky", kind=kind, **given))
    with pytest.raises(ModelError):
        client.app.bsky.actor.get_profile({"actor": next(iter(profiles))})


def extracted(profiles, lake, sandbox, stream):
    """Return what our own extractor reads of the same accounts."""
    accounts = [
        registry_account(number, name, account_id=name) for number, name in enumerate(profiles)
    ]
    report = run(lake, sandbox.url, accounts, stream=stream)
    assert (report.ok, report.failed, report.not_visible) == (len(accounts), 0, 0)
    return stored(lake, stream)


def test_our_profiles_are_what_the_client_read(profiles, lake, sandbox):
    rows = extracted(profiles, lake, sandbox, "profile_snapshots")
    names = ("account_id", "handle", "followers", "following", "posts_total")
    assert sorted(tuple(row[name] for name in names) for row in rows) == sorted(
        (p.did, p.handle, p.followers_count, p.follows_count, p.posts_count)
        for p in profiles.values()
    )


def test_our_posts_are_what_the_client_read(profiles, feeds, lake, sandbox):
    rows = extracted(profiles, lake, sandbox, "posts")
    names = ("account_id", "post_id", "published_at", "kind", "text")
    counts = ("reactions", "comments", "shares", "quotes", "saves")
    oldest = MIDDAY - timedelta(days=35)
    expected = {
        (
            *(name, item.post.uri, at(item.post.record.created_at)),
            *(KINDS[item.post.embed.py_type] if item.post.embed else "text", item.post.record.text),
            *(item.post.like_count, item.post.reply_count, item.post.repost_count),
            *(item.post.quote_count, item.post.bookmark_count),
        )
        for name, items in feeds.items()
        for item in items
        if item.reason is None and item.post.record.reply is None
        if at(item.post.record.created_at) >= oldest
    }
    assert {tuple(row[name] for name in names + counts) for row in rows} == expected
    assert len(rows) == len(expected) > 1_000
    assert {row["kind"] for row in rows} == {"text", *KINDS.values()}
