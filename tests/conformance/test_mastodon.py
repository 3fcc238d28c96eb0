"""Mastodon.py reads the sandbox: lookups, timelines by the links of the server, its errors."""

from __future__ import annotations

from datetime import UTC

import pytest
from mastodon import Mastodon, MastodonNotFoundError, MastodonRatelimitError

from extractors.sandbox import Fault, FaultKind
from extractors.sandbox.windows import FixedWindow


@pytest.fixture
def client(sandbox):
    return Mastodon(
        api_base_url=f"{sandbox.url}/mastodon", ratelimit_method="throw", version_check_mode="none"
    )


def statuses(client, name):
    """Return every status of an account, following the server's own links."""
    found, page = [], client.account_statuses(name, limit=40)
    while page:
        found += page
        page = client.fetch_next(page)
    return found


def test_every_account_agrees_with_the_truth(client, world, truth):
    for name, account in world.on("mastodon").items():
        shown = client.account_lookup(account.handle)
        assert (shown.id, shown.display_name) == (name, account.name)
        assert shown.followers_count == truth["mastodon", name]["followers"]
        assert shown.following_count == account.following
        assert shown.statuses_count == account.posts_total


def test_every_status_agrees_with_the_truth_over_all_pages(client, sandbox, world):
    sandbox.state.windows["mastodon"] = FixedWindow(100_000, 300)
    read = 0
    for name in list(world.on("mastodon"))[:10]:
        expected = {post.id: post for post in world.posts("mastodon", name)}
        found = statuses(client, name)
        assert [status.id for status in found] == list(expected)
        for status in found:
            post = expected[str(status.id)]
            shown = status.reblog or status
            assert shown.favourites_count == post.reactions
            assert shown.replies_count == post.comments
            assert shown.reblogs_count == post.shares
            if not post.reposted_at:
                at = status.created_at.astimezone(UTC)
                assert abs((at - post.published_at).total_seconds()) < 0.001
            read += 1
    assert read > 500


def test_an_unknown_account_is_not_found(client):
    with pytest.raises(MastodonNotFoundError):
        client.account_lookup("nobody")


def test_a_full_window_is_told_with_its_end(client, sandbox, world):
    sandbox.state.windows["mastodon"] = FixedWindow(1, 300)
    name = next(iter(world.on("mastodon").values())).handle
    client.account_lookup(name)
    with pytest.raises(MastodonRatelimitError):
        client.account_lookup(name)
    assert client.ratelimit_remaining == 0


def test_a_server_error_is_none_of_ours(client, sandbox, world):
    name = next(iter(world.on("mastodon").values())).handle
    sandbox.faults.add(Fault(platform="mastodon", kind=FaultKind.ERROR, status=503))
    with pytest.raises(Exception, match="503"):
        client.account_lookup(name)
