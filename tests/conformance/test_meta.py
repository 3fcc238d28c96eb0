"""Meta's own business SDK reads the sandbox's Facebook and Instagram.

Its tables of fields are the machine-readable half of Meta's documentation: every field that the
sandbox shows must be in them, with the type they give; only edges are in no table.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from facebook_business.adobjects.igmedia import IGMedia
from facebook_business.adobjects.iguser import IGUser
from facebook_business.adobjects.page import Page
from facebook_business.adobjects.pagepost import PagePost
from facebook_business.exceptions import FacebookRequestError

from extractors.lake import Lake
from extractors.registry_models import HandleValidity
from extractors.sandbox import Fault, FaultKind
from extractors.sandbox.windows import SlidingWindow
from tests.support.meta_client import (
    EDGES,
    api,
    comments_of,
    discovered,
    faults,
    media_of,
    page_of,
    posts_of,
    read_world,
)
from tests.support.sandboxed import registry_account, run, stored
from tests.support.small_world import MIDDAY

pytestmark = pytest.mark.filterwarnings("ignore:.*does not allow field")
"""The SDK says so of every field with arguments, and sends it."""

OLDEST = MIDDAY - timedelta(days=35)
POST_KINDS = {
    "added_photos": "image",
    "added_video": "video",
    "shared_story": "link",
    "mobile_status_update": "text",
}
MEDIA_KINDS = {"IMAGE": "image", "VIDEO": "video", "CAROUSEL_ALBUM": "carousel"}


@pytest.fixture(scope="module")
def reading(running, world):
    running.faults.clear()
    running.state.windows.clear()
    return read_world(running, world)


@pytest.fixture
def facebook(sandbox):
    return api(sandbox, "facebook")


@pytest.fixture
def instagram(sandbox):
    return api(sandbox, "instagram")


def at(text):
    return datetime.fromisoformat(text)


def is_near(text, moment):
    """Whether a time is the same to the second, which is as far as Graph spells it."""
    return timedelta(0) <= moment - at(text) < timedelta(seconds=1)


def total(post, edge):
    return post[edge]["summary"]["total_count"]


def shared(post):
    """Facebook leaves the field out where nobody shared the post."""
    return post.get("shares", {"count": 0})["count"]


def of_platform(truth, platform):
    return {name: account for (where, name), account in truth.items() if where == platform}


def test_every_page_agrees_with_the_truth(reading, world, truth):
    expected = of_platform(truth, "facebook")
    assert len(expected) == 32  # 33 organisations, one of which deleted its accounts
    assert {
        name: (page["followers_count"], page["username"]) for name, page in reading.pages.items()
    } == {name: (account["followers"], account["handle"]) for name, account in expected.items()}
    for name, page in reading.pages.items():
        assert (page["id"], page["name"]) == (name, world.on("facebook")[name].name)
        assert 0 < page["fan_count"] < page["followers_count"]  # two numbers, never to be mixed


def test_every_post_is_listed_once_newest_first_to_the_end(reading, world, truth):
    for name, posts in reading.posts.items():
        assert [post["id"] for post in posts] == [p.id for p in world.posts("facebook", name)]
        assert len(posts) == truth["facebook", name]["posts_total"]
    assert max(map(len, reading.posts.values())) > 3_000


def test_every_post_agrees_with_the_truth(reading, world):
    for name, posts in reading.posts.items():
        for post, known in zip(posts, world.posts("facebook", name), strict=True):
            counts = (total(post, "reactions"), total(post, "comments"), shared(post))
            assert counts == (known.reactions, known.comments, known.shares)
            assert is_near(post["created_time"], known.published_at)
            assert post["message"] == known.text
            assert post["from"]["id"] == name
    unshared = [p for posts in reading.posts.values() for p in posts if "shares" not in p]
    assert len(unshared) > 1_000


def test_comments_are_the_visitors_questions_and_the_pages_replies(reading, world):
    expected = {}
    for name in world.on("facebook"):
        for asked in world.inquiries("facebook", name):
            rows = expected.setdefault(asked.post_id, set())
            rows.add((asked.id, asked.author_id, None))
            if asked.replied_at:
                rows.add((asked.reply_id, name, asked.id))
    found = {
        post: {(c["id"], c["from"]["id"], c.get("parent", {}).get("id")) for c in comments}
        for post, comments in reading.comments.items()
    }
    assert found == {post: expected.get(post, set()) for post in reading.comments}
    assert max(map(len, found.values())) > 2  # several pages of two
    for comments in reading.comments.values():
        times = [at(comment["created_time"]) for comment in comments]
        assert times == sorted(times)


def test_every_discovered_account_agrees_with_the_truth(reading, world, truth):
    assert {
        name: (user["username"], user["followers_count"], user["media_count"])
        for name, user in reading.users.items()
    } == {
        name: (account["handle"], account["followers"], account["posts_total"])
        for name, account in of_platform(truth, "instagram").items()
    }
    for name, user in reading.users.items():
        account = world.on("instagram")[name]
        assert (user["id"], user["follows_count"]) == (name, account.following)
        assert user["name"] == account.name


def test_every_medium_agrees_with_the_truth_over_all_cursors(reading, world):
    hiding = Counter()
    for name, media in reading.media.items():
        for medium, known in zip(media, world.posts("instagram", name), strict=True):
            is_hidden = "reactions" in known.hidden
            hiding[is_hidden] += 1
            assert medium["id"] == known.id
            assert medium.get("like_count") == (None if is_hidden else known.reactions)
            assert medium["comments_count"] == known.comments
            assert medium.get("view_count") == known.views
            assert is_near(medium["timestamp"], known.published_at)
            assert medium["caption"] == known.text
    assert max(map(len, reading.media.values())) > 3_000
    assert min(hiding.values()) > 1_000


def test_metas_tables_find_no_fault_in_any_node(reading):
    seen, found = Counter(), Counter()
    for kind, node in reading.nodes():
        seen[kind.__name__] += 1
        found.update(faults(node, kind))
    assert not found
    assert set(seen) == {"Page", "PagePost", "Comment", "IGUser", "IGMedia"}
    assert min(seen.values()) == 32


def test_what_is_in_no_table_is_an_edge_of_the_sdk():
    for kind, edges in EDGES.items():
        for name, method in edges.items():
            assert name not in kind._field_types
            assert callable(getattr(kind, method))


@pytest.mark.parametrize(
    ("kind", "node", "field", "words"),
    [
        (Page, {"followers_count": "12"}, "Page.followers_count", "'12' is no unsigned int"),
        (Page, {"fan_count": -1}, "Page.fan_count", "-1 is no unsigned int"),
        (PagePost, {"shares": 3}, "PagePost.shares", "3 is no Object"),
        (PagePost, {"saves": 1}, "PagePost.saves", "unknown"),
        (IGMedia, {"like_count": True}, "IGMedia.like_count", "True is no int"),
        (IGUser, {"business_discovery": {"id": 5}}, "IGUser.id", "5 is no string"),
    ],
)
def test_the_tables_would_find_a_fault(kind, node, field, words):
    assert list(faults(node, kind)) == [(field, words)]


def test_the_size_of_a_page_changes_nothing(facebook, instagram, reading, world):
    name = min(reading.posts, key=lambda name: len(reading.posts[name]))
    assert posts_of(facebook, name, limit=9) == reading.posts[name]
    name = min(reading.media, key=lambda name: len(reading.media[name]))
    handle = world.on("instagram")[name].handle
    assert media_of(instagram, handle, limit=9) == reading.media[name]
    post = max(reading.comments, key=lambda post: len(reading.comments[post]))
    assert comments_of(facebook, post, limit=100) == reading.comments[post]


def test_since_and_until_bound_the_posts(facebook, reading):
    name = next(iter(reading.posts))
    since, until = OLDEST, OLDEST + timedelta(days=7)
    found = posts_of(facebook, name, since=int(since.timestamp()), until=int(until.timestamp()))
    expected = [p for p in reading.posts[name] if since <= at(p["created_time"]) <= until]
    assert 0 < len(found) < len(reading.posts[name])
    assert [p["id"] for p in found] == [p["id"] for p in expected]


def refusal(ask):
    """Return the code and subcode with which the SDK was refused, and the whole error."""
    with pytest.raises(FacebookRequestError) as refused:
        ask()
    error = refused.value
    return (error.api_error_code(), error.api_error_subcode()), error


def test_an_unknown_page_is_told_with_its_codes(facebook):
    codes, error = refusal(lambda: page_of(facebook, "999999999999999"))
    assert codes == (100, 33)
    assert (error.http_status(), error.api_error_type()) == (400, "GraphMethodException")
    assert "Unsupported get request" in error.api_error_message()


def test_an_unknown_name_is_told_with_its_codes_in_the_owners_language(instagram):
    codes, error = refusal(lambda: discovered(instagram, "nobody.at.all", "id"))
    assert (codes, error.http_status()) == ((110, 2207013), 400)
    assert error.body()["error"]["error_user_title"]


def test_tokens_are_refused_with_190(sandbox, reading):
    name = next(iter(reading.pages))
    codes, _ = refusal(lambda: page_of(api(sandbox, "facebook", token="wrong"), name))
    assert codes == (190, None)
    sandbox.faults.add(Fault(platform="facebook", kind=FaultKind.ERROR, status=401))
    codes, error = refusal(lambda: page_of(api(sandbox, "facebook"), name))
    assert (codes, error.api_error_type()) == ((190, 463), "OAuthException")


def test_a_users_token_needs_the_proof_that_the_sdk_makes_of_the_secret(sandbox, reading):
    name = next(iter(reading.pages))
    codes, error = refusal(lambda: page_of(api(sandbox, "facebook", secret=None), name))
    assert codes == (100, None)
    assert "requires either app secret proof or an app token" in error.api_error_message()
    by_the_app = api(sandbox, "facebook", token="sandbox|sandbox", secret=None)
    assert page_of(by_the_app, name) == reading.pages[name]


def test_a_field_that_no_page_has_fails_the_whole_request(facebook, reading):
    codes, error = refusal(lambda: page_of(facebook, next(iter(reading.pages)), ["id", "fans"]))
    assert codes == (100, None)
    assert "nonexisting field (fans)" in error.api_error_message()


def test_a_full_hour_is_told_as_a_limit_by_code_and_header(sandbox, reading, world):
    for platform in ("facebook", "instagram"):
        sandbox.state.windows[platform] = SlidingWindow(1, 3600)
    name, handle = next(iter(reading.pages)), next(iter(world.on("instagram").values())).handle
    asks = {
        "x-business-use-case-usage": lambda: page_of(api(sandbox, "facebook"), name),
        "x-app-usage": lambda: discovered(api(sandbox, "instagram"), handle, "id"),
    }
    for header, ask in asks.items():
        ask()
        codes, error = refusal(ask)
        assert codes == (4, None)
        assert error.http_status() == 400  # not 429: the code decides
        assert error.api_transient_error()
        assert '"call_count": 100' in error.http_headers()[header]


def test_too_much_data_is_a_server_error_with_code_1(facebook, sandbox, reading):
    words = "Please reduce the amount of data you're asking for, then retry your request"
    body = {"error": {"message": words, "code": 1, "type": "OAuthException"}}
    sandbox.faults.add(Fault(platform="facebook", kind=FaultKind.ERROR, status=500, body=body))
    codes, error = refusal(lambda: page_of(facebook, next(iter(reading.pages))))
    assert (codes, error.http_status()) == ((1, None), 500)


@pytest.fixture
def extracted(tmp_path, sandbox, world):
    """Return what reads a stream of every account with our own extractor."""

    def read(platform, stream):
        lake = Lake(tmp_path / "lake", "Europe/Stockholm")
        lake.initialise()
        accounts = [
            registry_account(
                number,
                name,
                platform=platform,
                account_id=name,
                handles=(HandleValidity(handle=account.handle),),
            )
            for number, (name, account) in enumerate(world.on(platform).items())
        ]
        report = run(lake, sandbox.url, accounts, stream=stream, platform=platform)
        assert (report.ok, report.failed, report.not_visible) == (len(accounts), 0, 0)
        return stored(lake, stream)

    return read


def columns(rows, *names):
    return [tuple(row[name] for name in names) for row in rows]


def test_our_pages_are_what_the_sdk_read(reading, extracted):
    rows = extracted("facebook", "profile_snapshots")
    assert sorted(columns(rows, "account_id", "handle", "followers")) == sorted(
        (name, page["username"], page["followers_count"]) for name, page in reading.pages.items()
    )


def test_our_posts_are_what_the_sdk_read(reading, extracted):
    rows = extracted("facebook", "posts")
    names = ("account_id", "post_id", "published_at", "kind", "text", "permalink")
    expected = sorted(
        (
            *(name, post["id"], at(post["created_time"]), POST_KINDS[post["status_type"]]),
            *(post["message"], post["permalink_url"]),
            *(total(post, "reactions"), total(post, "comments"), shared(post)),
        )
        for name, posts in reading.posts.items()
        for post in posts
        if at(post["created_time"]) >= OLDEST
    )
    assert sorted(columns(rows, *names, "reactions", "comments", "shares")) == expected
    assert len(expected) > 1_000
    assert {row["kind"] for row in rows} == set(POST_KINDS.values())


def test_our_inquiries_are_what_the_sdk_read(reading, extracted):
    rows = extracted("facebook", "inquiries")
    expected = []
    for post, comments in reading.comments.items():
        page = post.split("_")[0]
        for comment in comments:
            if "?" in comment["message"] and comment["from"]["id"] != page:
                replies = [
                    at(reply["created_time"])
                    for reply in comments
                    if reply.get("parent", {}).get("id") == comment["id"]
                    and reply["from"]["id"] == page
                ]
                asked = at(comment["created_time"])
                expected.append((page, comment["id"], asked, min(replies, default=None)))
    names = ("account_id", "inquiry_id", "asked_at", "first_reply_at")
    assert set(columns(rows, *names)) == set(expected)
    assert len(rows) == len(expected) > 100
    assert {row["first_reply_at"] is None for row in rows} == {True, False}


def test_our_accounts_are_what_the_sdk_discovered(reading, extracted):
    rows = extracted("instagram", "profile_snapshots")
    names = ("account_id", "handle", "followers", "following", "posts_total")
    assert sorted(columns(rows, *names)) == sorted(
        (name, u["username"], u["followers_count"], u["follows_count"], u["media_count"])
        for name, u in reading.users.items()
    )


def test_our_media_are_what_the_sdk_read(reading, extracted):
    rows = extracted("instagram", "posts")
    names = ("account_id", "post_id", "published_at", "kind", "text", "permalink")
    expected = {
        (
            *(name, medium["id"], at(medium["timestamp"]), MEDIA_KINDS[medium["media_type"]]),
            *(medium["caption"], medium["permalink"], medium.get("like_count")),
            *(medium["comments_count"], medium.get("view_count")),
        )
        for name, media in reading.media.items()
        for medium in media
        if at(medium["timestamp"]) >= OLDEST
    }
    assert set(columns(rows, *names, "reactions", "comments", "views")) == expected
    assert len(rows) == len(expected) > 1_000
    assert {row["kind"] for row in rows} == set(MEDIA_KINDS.values())
