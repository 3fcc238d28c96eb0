"""Mastodon.py reads the sandbox: lookups, timelines by the links of the server, its errors."""

from __future__ import annotations

import html
from datetime import UTC, datetime, timedelta

import pytest
from mastodon import (
    MastodonAPIError,
    MastodonNotFoundError,
    MastodonRatelimitError,
    MastodonServiceUnavailableError,
    MastodonUnauthorizedError,
)

from extractors.lake import Lake
from extractors.registry_models import HandleValidity
from extractors.sandbox import Fault, FaultKind
from extractors.sandbox.windows import FixedWindow
from tests.support.mastodon_client import client as connected
from tests.support.mastodon_client import read_world, timeline
from tests.support.sandboxed import registry_account, run, stored
from tests.support.small_world import MIDDAY

OLDEST = MIDDAY - timedelta(days=35)
LONG = 3_000


@pytest.fixture(scope="module")
def busy(world):
    """Return the ids of the accounts with long timelines, which are all made alike."""
    return [name for name, a in world.on("mastodon").items() if a.posts_total > LONG]


@pytest.fixture(scope="module")
def reading(running, world, busy):
    """Read every account and its timeline: id -> (profile, statuses).

    Of the five long ones the first is read to its end, the others for 35 days.
    """
    running.faults.clear()
    running.state.windows["mastodon"] = FixedWindow(100_000, 300)
    wanted = {
        account.handle: OLDEST if name in busy[1:] else None
        for name, account in world.on("mastodon").items()
    }
    return read_world(running.url, wanted)


@pytest.fixture
def client(sandbox):
    return connected(sandbox.url)


@pytest.fixture
def lake(tmp_path):
    made = Lake(tmp_path / "lake", "Europe/Stockholm")
    made.initialise()
    return made


def words(status):
    """Return what a status says: the sandbox writes one paragraph."""
    return html.unescape(status.content.removeprefix("<p>").removesuffix("</p>"))


def test_every_account_agrees_with_the_truth(reading, world, truth):
    expected = {
        name: (account["handle"], account["followers"], account["posts_total"])
        for (platform, name), account in truth.items()
        if platform == "mastodon"
    }
    assert len(expected) == 32  # 33 organisations, one of which deleted its accounts
    assert {
        name: (f"{found.username}@social.example", found.followers, found.posts_total)
        for name, (found, _) in reading.items()
    } == expected
    for name, account in world.on("mastodon").items():
        found, _ = reading[name]
        assert (found.following, found.display_name) == (account.following, account.name)
        assert found.created_on == account.created_at.date()


def test_every_timeline_is_listed_once_newest_first_to_the_end(reading, world, truth, busy):
    for name, (_, statuses) in reading.items():
        listed = [post.id for post in world.posts("mastodon", name)]
        if name in busy[1:]:
            assert [status.id for status in statuses] == listed[: len(statuses)]
            assert statuses[-1].published_at < OLDEST
        else:
            assert [status.id for status in statuses] == listed
            assert len(statuses) == truth["mastodon", name]["posts_total"]
    assert len(reading[busy[0]][1]) > LONG


def test_every_status_agrees_with_the_truth(reading, world):
    for name, (_, statuses) in reading.items():
        posts = {post.id: post for post in world.posts("mastodon", name)}
        for status in statuses:
            post = posts[str(status.id)]
            assert (
                *(status.reactions, status.comments, status.shares, status.quotes),
                *(status.author, words(status), status.is_reply, status.is_boost),
            ) == (
                *(post.reactions, post.comments, post.shares, post.quotes),
                *(post.author_id, post.text, post.is_reply, post.reposted_at is not None),
            )
            # Mastodon spells times to the millisecond.
            passed = abs(status.published_at - (post.reposted_at or post.published_at))
            assert passed < timedelta(milliseconds=1)


def test_the_size_of_a_page_changes_nothing(client, reading):
    name = min(reading, key=lambda name: len(reading[name][1]))
    expected = reading[name][1]
    assert timeline(client, name) == expected
    assert timeline(client, name, limit=11) == expected


def test_without_replies_and_boosts_a_timeline_has_all_but_those(client, reading):
    name = min(reading, key=lambda name: len(reading[name][1]))
    own = [status for status in reading[name][1] if not (status.is_reply or status.is_boost)]
    assert timeline(client, name, exclude_replies=True, exclude_reblogs=True, limit=40) == own
    assert 0 < len(own) < len(reading[name][1])


def test_the_previous_page_leads_back(client, reading):
    name = next(iter(reading))
    first = client.account_statuses(name, limit=10)
    second = client.fetch_next(first)
    assert [s.id for s in client.fetch_previous(second)] == [s.id for s in first]
    assert not client.fetch_previous(first)


def test_since_gives_the_newest_and_min_the_oldest_above(client, reading):
    name = next(iter(reading))
    ids = [status.id for status in reading[name][1]]
    since = client.account_statuses(name, since_id=ids[30], limit=5)
    above = client.account_statuses(name, min_id=ids[30], limit=5)
    assert [[s.id for s in page] for page in (since, above)] == [ids[:5], ids[25:30]]


def test_an_unknown_account_is_not_found(client):
    with pytest.raises(MastodonNotFoundError, match="Record not found"):
        client.account_lookup("nobody")
    with pytest.raises(MastodonNotFoundError):  # of a list it keeps the status only
        client.account_statuses("1")


def test_a_full_window_is_told_with_its_end(client, sandbox, reading):
    sandbox.state.windows["mastodon"] = FixedWindow(1, 300)
    profile, _ = next(iter(reading.values()))
    client.account_lookup(profile.username)
    before = datetime.now(tz=UTC).timestamp()
    with pytest.raises(MastodonRatelimitError):
        client.account_lookup(profile.username)
    assert (client.ratelimit_limit, client.ratelimit_remaining) == (1, 0)
    # The client corrects it by the `Date` header, which has whole seconds.
    assert 290 < client.ratelimit_reset - before < 310


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, MastodonUnauthorizedError), (503, MastodonServiceUnavailableError)],
)
def test_the_client_sees_what_was_wrong(client, sandbox, status, error):
    sandbox.faults.add(Fault(platform="mastodon", kind=FaultKind.ERROR, status=status))
    with pytest.raises(error) as refused:
        client.account_lookup("anybody")
    assert isinstance(refused.value, MastodonAPIError)


def extracted(reading, lake, sandbox, stream):
    """Return what our own extractor reads of the same accounts."""
    sandbox.state.windows["mastodon"] = FixedWindow(100_000, 300)
    accounts = [
        registry_account(
            number,
            name,
            platform="mastodon",
            account_id=name,
            handles=(HandleValidity(handle=f"{profile.username}@social.example"),),
        )
        for number, (name, (profile, _)) in enumerate(reading.items())
    ]
    report = run(lake, sandbox.url, accounts, stream=stream, platform="mastodon")
    assert (report.ok, report.failed, report.not_visible) == (len(accounts), 0, 0)
    return stored(lake, stream)


def test_our_profiles_are_what_the_client_read(reading, lake, sandbox):
    rows = extracted(reading, lake, sandbox, "profile_snapshots")
    names = ("account_id", "handle", "followers", "following", "posts_total")
    assert sorted(tuple(row[name] for name in names) for row in rows) == sorted(
        (name, f"{p.username}@social.example", p.followers, p.following, p.posts_total)
        for name, (p, _) in reading.items()
    )


def test_our_posts_are_what_the_client_read(reading, lake, sandbox):
    rows = extracted(reading, lake, sandbox, "posts")
    names = ("account_id", "post_id", "published_at", "kind", "text", "permalink")
    counts = ("reactions", "comments", "shares", "quotes")
    expected = {
        (
            *(name, found.id, found.published_at),
            found.media[0] if found.media else "link" if found.has_card else "text",
            *(words(found), found.url),
            *(found.reactions, found.comments, found.shares, found.quotes),
        )
        for name, (_, statuses) in reading.items()
        for found in statuses
        if not (found.is_reply or found.is_boost) and found.published_at >= OLDEST
    }
    assert {tuple(row[name] for name in names + counts) for row in rows} == expected
    assert len(rows) == len(expected) > 1_000
    assert {row["kind"] for row in rows} == {"text", "image", "video", "link"}
