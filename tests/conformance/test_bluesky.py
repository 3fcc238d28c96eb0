"""atproto, whose models are generated from Bluesky's lexicons, reads the sandbox's Bluesky."""

from __future__ import annotations

import atproto
import pytest
from atproto.exceptions import BadRequestError, RequestException

from extractors.lake import Lake
from extractors.sandbox import Fault, FaultKind
from extractors.sandbox.windows import FixedWindow
from tests.support.sandboxed import registry_account, run, stored

MOST = 25
"""Profiles in one call, by the lexicon."""


@pytest.fixture
def client(sandbox):
    return atproto.Client(base_url=f"{sandbox.url}/bluesky")


def feed_of(client, name):
    """Return everything that the account published or passed on, all pages."""
    items, cursor = [], None
    while True:
        page = client.app.bsky.feed.get_author_feed({"actor": name, "limit": 100, "cursor": cursor})
        items += page.feed
        cursor = page.cursor
        if not cursor:
            return items


def test_every_profile_agrees_with_the_truth(client, world, truth):
    names = list(world.on("bluesky"))
    assert len(names) > MOST
    for start in range(0, len(names), MOST):
        answer = client.app.bsky.actor.get_profiles({"actors": names[start : start + MOST]})
        assert len(answer.profiles) == len(names[start : start + MOST])
        for profile in answer.profiles:
            account = world.on("bluesky")[profile.did]
            assert profile.handle == account.handle
            assert profile.followers_count == truth["bluesky", profile.did]["followers"]
            assert profile.follows_count == account.following
            assert profile.posts_count == account.posts_total


def test_every_post_agrees_with_the_truth(client, world):
    read = 0
    for name in list(world.on("bluesky"))[:12]:
        expected = {post.id: post for post in world.posts("bluesky", name)}
        found = feed_of(client, name)
        assert len(found) == len(expected)
        for item in found:
            post = expected[item.post.uri.rsplit("/", 1)[-1]]
            counts = (item.post.like_count, item.post.reply_count, item.post.repost_count)
            assert counts == (post.reactions, post.comments, post.shares)
            assert item.post.quote_count == post.quotes
            assert item.post.record.text == post.text
            read += 1
    assert read > 500


def test_an_unknown_name_is_a_bad_request_with_its_words(client):
    with pytest.raises(BadRequestError) as refused:
        client.app.bsky.actor.get_profile({"actor": "nobody.example.org"})
    assert refused.value.response.content.message == "Profile not found"


def test_a_full_window_is_told_with_its_end(client, sandbox, world):
    sandbox.state.windows["bluesky"] = FixedWindow(1, 300)
    name = next(iter(world.on("bluesky")))
    client.app.bsky.actor.get_profile({"actor": name})
    with pytest.raises(RequestException) as refused:
        client.app.bsky.actor.get_profile({"actor": name})
    assert refused.value.response.status_code == 429
    headers = refused.value.response.headers
    assert {"ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"} <= set(headers)


def test_a_server_error_reaches_the_client_as_one(client, sandbox, world):
    name = next(iter(world.on("bluesky")))
    sandbox.faults.add(Fault(platform="bluesky", kind=FaultKind.ERROR, status=503))
    with pytest.raises(RequestException):
        client.app.bsky.actor.get_profile({"actor": name})


def test_our_records_are_what_the_client_read(client, sandbox, world, tmp_path):
    lake = Lake(tmp_path / "lake", "Europe/Stockholm")
    lake.initialise()
    names = list(world.on("bluesky"))[:MOST]
    accounts = [registry_account(number, name) for number, name in enumerate(names)]
    run(lake, sandbox.url, accounts)
    ours = {row["handle"]: row["followers"] for row in stored(lake)}
    theirs = client.app.bsky.actor.get_profiles({"actors": names}).profiles
    assert ours == {profile.handle: profile.followers_count for profile in theirs}
