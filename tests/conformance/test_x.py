"""X's own client (xdk) and tweepy read the sandbox's X, in the dialect that each of them speaks.

xdk holds every answer to the models that are generated from X's description of its API; tweepy
knows only the names from before August 2026.
"""

from __future__ import annotations

import typing
from datetime import datetime, timedelta
from typing import get_args

import httpx
import pytest
import requests
import tweepy
import xdk
import xdk.users.models
from pydantic import BaseModel, ValidationError

from extractors.lake import Lake
from extractors.sandbox import Fault, FaultKind
from extractors.sandbox.windows import FixedWindow, WindowByName
from tests.support.sandboxed import registry_account, run, stored
from tests.support.small_world import MIDDAY

USER_FIELDS = ["created_at", "description", "protected", "public_metrics", "verified"]
USER_FIELDS += ["verified_type"]
POST_FIELDS = ["attachments", "created_at", "lang", "public_metrics"]
DEEPEST = 3_200
"""Posts of a timeline that X lets anybody read, newest first."""


class Rewritten(requests.adapters.HTTPAdapter):
    """Sends to the sandbox what tweepy addresses to X: its address is no setting."""

    def __init__(self, base):
        self.base = base
        super().__init__()

    def send(self, request, **given):
        request.url = request.url.replace("https://api.twitter.com", self.base, 1)
        return super().send(request, **given)


def current(sandbox, token="sandbox"):
    return xdk.Client(base_url=f"{sandbox.url}/x", bearer_token=token)


def legacy(sandbox, token="sandbox"):
    client = tweepy.Client(bearer_token=token)
    client.session.mount("https://api.twitter.com", Rewritten(f"{sandbox.url}/x"))
    return client


@pytest.fixture(scope="module")
def reading(running, world):
    """Read the whole world with xdk: pages of users, and of every timeline, to the end."""
    running.faults.clear()
    running.state.windows.clear()
    client = current(running)
    names = [account.handle for account in world.on("x").values()]
    users = client.users.get_by_usernames(usernames=names, user_fields=USER_FIELDS)
    pages = {
        user.id: list(client.users.get_posts(user.id, max_results=100, post_fields=POST_FIELDS))
        for user in users.data
    }
    return users, pages


@pytest.fixture
def lake(tmp_path):
    made = Lake(tmp_path / "lake", "Europe/Stockholm")
    made.initialise()
    return made


def visible(world, name):
    """What X shows of a timeline; of a protected account nothing."""
    return [] if world.on("x")[name].is_protected else world.posts("x", name)[:DEEPEST]


def post_of(world, name):
    return next(p for p in world.posts("x", name) if p.shares)


def labelled(sandbox, world, label):
    """Put a label on the first account and return its name."""
    name = next(iter(world.on("x").values())).handle
    fault = Fault(platform="x", kind=FaultKind.LABEL, account=name, value=label)
    sandbox.faults.add(fault)
    return name


def unnamed(model, place=""):
    """Return what a validated answer holds that no model of X's names."""
    found = {f"{place}.{name}" for name in model.model_extra or {}}
    for name in type(model).model_fields:
        value = getattr(model, name)
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, BaseModel):
                found |= unnamed(part, f"{place}.{name}")
    return found


def metrics(post):
    m = post.public_metrics
    counts = (m.like_count, m.reply_count, m.repost_count, m.quote_count, m.impression_count)
    return (post.id, datetime.fromisoformat(post.created_at), post.text, *counts)


def expected_metrics(post):
    counts = (post.reactions, post.comments, post.shares, post.quotes, post.views)
    at = post.listed_at
    return (post.id, at.replace(microsecond=at.microsecond // 1000 * 1000), post.text, *counts)


def test_every_user_agrees_with_the_truth(reading, truth):
    users, _ = reading
    assert users.errors is None
    assert {
        (u.id, u.username, u.public_metrics.followers_count, u.public_metrics.post_count)
        for u in users.data
    } == {
        (account["id"], account["handle"], account["followers"], account["posts_total"])
        for (platform, _), account in truth.items()
        if platform == "x"
    }
    assert len(users.data) == 32  # 33 organisations, one of which deleted its accounts


def test_every_post_agrees_with_the_world_down_to_the_depth_of_a_timeline(reading, world):
    _, pages = reading
    for name, found in pages.items():
        posts = [post for page in found for post in page.data or []]
        assert [metrics(p) for p in posts] == [expected_metrics(p) for p in visible(world, name)]
        assert sum(page.meta.result_count for page in found if page.meta) == len(posts)
        for page in found:
            if page.data:
                ends = (page.meta.newest_id, page.meta.oldest_id)
                assert ends == (page.data[0].id, page.data[-1].id)
    longest = max(world.on("x"), key=lambda name: len(world.posts("x", name)))
    assert len(world.posts("x", longest)) > DEEPEST
    assert sum(len(page.data) for page in pages[longest]) == DEEPEST


def test_protected_accounts_show_a_profile_and_refuse_their_posts(reading, world):
    users, pages = reading
    protected = {user.id for user in users.data if user.protected}
    assert protected == {name for name, a in world.on("x").items() if a.is_protected}
    assert len(protected) == 2  # region 9 and museum 9; region 19 is gone
    for name in protected:
        [page] = pages[name]
        [problem] = page.errors
        assert page.data is None
        assert problem.type.endswith("/not-authorized-for-resource")
        assert problem.resource_id == name


def test_no_answer_holds_what_the_models_do_not_name(reading):
    users, pages = reading
    assert unnamed(users) == set()
    assert set().union(*(unnamed(page) for found in pages.values() for page in found)) == set()


def test_every_field_that_is_asked_for_is_there(reading):
    users, _ = reading
    assert all(getattr(user, name) is not None for user in users.data for name in USER_FIELDS)


def test_media_and_history_are_spelled_as_the_models_have_them(reading):
    _, pages = reading
    posts = [post for found in pages.values() for page in found for post in page.data or []]
    assert all(post.edit_history_post_ids == [post.id] for post in posts)
    kinds = {
        key.partition("_")[0] for p in posts if p.attachments for key in p.attachments.media_keys
    }
    assert kinds == {"3", "7"}


def test_unknown_names_are_problems_beside_the_users_that_were_found(sandbox, world):
    name = next(iter(world.on("x").values())).handle
    answer = current(sandbox).users.get_by_usernames(usernames=[name, "nobody"])
    [problem] = answer.errors
    assert [user.username for user in answer.data] == [name]
    assert type(problem) is xdk.schemas.ResourceNotFoundProblem
    assert (problem.value, problem.parameter) == ("nobody", "usernames")
    assert unnamed(answer) == set()
    nobody = current(sandbox).users.get_by_usernames(usernames=["nobody"])
    assert nobody.data is None


def test_users_and_posts_are_found_by_their_ids(sandbox, world):
    names = list(world.on("x"))
    client = current(sandbox)
    users = client.users.get_by_ids(ids=names, user_fields=USER_FIELDS)
    assert [user.id for user in users.data] == names
    post = post_of(world, names[0])
    found = client.posts.get_by_ids(ids=[post.id, "1"], post_fields=POST_FIELDS)
    assert [metrics(p) for p in found.data] == [expected_metrics(post)]
    assert [problem.value for problem in found.errors] == ["1"]
    assert unnamed(users) | unnamed(found) == set()


def test_a_suspended_account_is_a_problem_that_the_models_know(sandbox, world):
    name = labelled(sandbox, world, "suspended")
    answer = current(sandbox).users.get_by_usernames(usernames=[name])
    assert answer.data is None
    assert [problem.title for problem in answer.errors] == ["Forbidden"]
    assert unnamed(answer) == set()


def test_the_models_refuse_the_old_names(sandbox, world):
    name = labelled(sandbox, world, "legacy")
    with pytest.raises(ValidationError, match="post_count"):
        current(sandbox).users.get_by_usernames(usernames=[name], user_fields=["public_metrics"])


@pytest.mark.parametrize(("status", "token"), [(401, "wrong"), (429, "sandbox")])
def test_the_current_client_sees_a_refusal(sandbox, world, status, token):
    sandbox.state.windows["x"] = WindowByName({"by": FixedWindow(1, 900)})
    client = current(sandbox, token)
    name = next(iter(world.on("x").values())).handle
    with pytest.raises(requests.HTTPError) as caught:
        [client.users.get_by_usernames(usernames=[name]) for _ in range(2)]
    assert caught.value.response.status_code == status
    body = caught.value.response.json()
    assert (body["status"], body["type"]) == (status, "about:blank")


def test_tweepy_reads_every_user_under_the_old_names(sandbox, truth):
    accounts = {name: a for (platform, name), a in truth.items() if platform == "x"}
    handles = [account["handle"] for account in accounts.values()]
    # Users alone have no field parameter of the old dialect; a post's says which one is spoken.
    answer = legacy(sandbox).get_users(
        usernames=handles, user_fields=["public_metrics"], tweet_fields=["created_at"]
    )
    assert {
        (
            str(u.id),
            u.username,
            u.public_metrics["followers_count"],
            u.public_metrics["tweet_count"],
        )
        for u in answer.data
    } == {(a["id"], a["handle"], a["followers"], a["posts_total"]) for a in accounts.values()}
    assert not any("post_count" in user.public_metrics for user in answer.data)


@pytest.mark.filterwarnings("error")
def test_tweepys_paginator_reads_timelines_to_the_end(sandbox, world):
    client = legacy(sandbox)
    fields = ["created_at", "public_metrics"]
    for name in list(world.on("x"))[:10]:
        pages = tweepy.Paginator(
            client.get_users_tweets, name, max_results=100, tweet_fields=fields
        )
        found = []
        for tweet in pages.flatten():
            m = tweet.public_metrics
            counts = (m["like_count"], m["reply_count"], m["retweet_count"], m["quote_count"])
            found.append(
                (str(tweet.id), tweet.created_at, tweet.text, *counts, m["impression_count"])
            )
            assert "repost_count" not in m
            assert tweet.edit_history_tweet_ids == [tweet.id]
        assert found == [expected_metrics(p) for p in visible(world, name)]


def test_tweepy_leaves_out_what_it_excludes_and_what_is_older(sandbox, world):
    name = next(iter(world.on("x")))
    oldest = MIDDAY - timedelta(days=35)
    pages = tweepy.Paginator(
        legacy(sandbox).get_users_tweets,
        name,
        exclude=["retweets", "replies"],
        start_time=oldest,
        max_results=100,
        tweet_fields=["created_at"],
    )
    own = [p for p in world.posts("x", name) if not (p.is_reply or p.reposted_at)]
    expected = [p.id for p in own if p.listed_at >= oldest]
    assert [str(tweet.id) for tweet in pages.flatten()] == expected
    assert len(expected) > 100


def test_tweepy_goes_back_a_page(sandbox, world):
    name = next(iter(world.on("x")))
    read = legacy(sandbox).get_users_tweets
    given = {"max_results": 5, "tweet_fields": ["created_at"]}
    first = read(name, **given)
    second = read(name, **given, pagination_token=first.meta["next_token"])
    back = read(name, **given, pagination_token=second.meta["previous_token"])
    assert [t.id for t in back.data] == [t.id for t in first.data]
    assert "previous_token" not in first.meta


def test_tweepy_sees_the_end_of_a_window_and_when_it_is_over(sandbox, world):
    window = FixedWindow(2, 900, clock=lambda: 1_000_000.0)
    sandbox.state.windows["x"] = WindowByName({"timeline": window})
    name = next(iter(world.on("x")))
    read = legacy(sandbox).get_users_tweets
    with pytest.raises(tweepy.TooManyRequests) as caught:
        list(tweepy.Paginator(read, name, max_results=100, tweet_fields=["created_at"]))
    assert caught.value.reset_time == 1_000_901  # the first whole second after the window
    assert sandbox.calls == {"x tweets": 3}


@pytest.mark.parametrize(
    ("token", "given", "expected"),
    [
        ("wrong", {"usernames": ["somebody"]}, tweepy.Unauthorized),
        ("sandbox", {"usernames": ["no such name"]}, tweepy.BadRequest),
        ("sandbox", {"ids": ["not-an-id"]}, tweepy.BadRequest),
    ],
)
def test_tweepy_sees_what_was_wrong(sandbox, token, given, expected):
    with pytest.raises(expected):
        legacy(sandbox, token).get_users(**given)


@pytest.mark.parametrize(
    ("status", "expected"), [(403, tweepy.Forbidden), (503, tweepy.TwitterServerError)]
)
def test_tweepy_sees_an_error_of_xs(sandbox, status, expected):
    sandbox.faults.add(Fault(platform="x", kind=FaultKind.ERROR, status=status))
    with pytest.raises(expected):
        legacy(sandbox).get_users(usernames=["somebody"])


def extracted(world, lake, sandbox, stream):
    accounts = [registry_account(0, name, platform="x", account_id=name) for name in world.on("x")]
    report = run(lake, sandbox.url, accounts, stream=stream, platform="x")
    return report, stored(lake, stream)


def test_our_profiles_are_what_the_client_read(reading, world, lake, sandbox):
    report, rows = extracted(world, lake, sandbox, "profile_snapshots")
    assert (report.ok, report.failed) == (32, 0)
    names = ("account_id", "handle", "followers", "following", "posts_total")
    assert {tuple(row[name] for name in names) for row in rows} == {
        (u.id, u.username, m.followers_count, m.following_count, m.post_count)
        for u in reading[0].data
        for m in [u.public_metrics]
    }


def test_our_posts_are_what_the_client_read(reading, world, lake, sandbox):
    report, rows = extracted(world, lake, sandbox, "posts")
    assert (report.ok, report.failed, report.not_visible) == (30, 0, 2)
    names = ("post_id", "published_at", "text", "reactions", "comments", "shares", "quotes")
    oldest = MIDDAY - timedelta(days=35)
    left_out = {
        post.id
        for name in world.on("x")
        for post in world.posts("x", name)
        if post.is_reply or post.reposted_at or post.listed_at < oldest
    }
    expected = {
        metrics(post)
        for found in reading[1].values()
        for page in found
        for post in page.data or []
        if post.id not in left_out
    }
    assert {(*(row[name] for name in names), row["views"]) for row in rows} == expected
    assert len(rows) == len(expected)


@pytest.mark.parametrize("stream", ["profile_snapshots", "posts"])
def test_we_ask_only_what_the_client_offers(world, lake, sandbox, monkeypatch, stream):
    requested = []
    send = httpx.AsyncClient.send

    async def spy(self, request, **given):
        requested.append(request.url)
        return await send(self, request, **given)

    monkeypatch.setattr(httpx.AsyncClient, "send", spy)
    extracted(world, lake, sandbox, stream)
    users = xdk.Client(bearer_token="unused").users
    method = users.get_by_ids if stream == "profile_snapshots" else users.get_posts
    # xdk writes its annotations for type checkers only, without the imports that they need.
    names = vars(typing) | vars(xdk.users.models) | method.__globals__
    offered = typing.get_type_hints(method, names)
    assert requested
    for url in requested:
        for name, value in url.params.items():
            annotation = offered[name.replace(".", "_")]
            if name.endswith(".fields") or name == "exclude":
                [listed, _] = get_args(annotation)
                [choices] = get_args(listed)
                assert set(value.split(",")) <= set(get_args(choices))
