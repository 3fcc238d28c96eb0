"""Meta's own business SDK reads the sandbox's Facebook and Instagram.

Its field tables are the machine-readable half of Meta's documentation: every field that the sandbox
shows must be in them, with the type they give, but for edges and aliases.
"""

from __future__ import annotations

from datetime import datetime

import pytest
from facebook_business.adobjects.iguser import IGUser
from facebook_business.adobjects.page import Page
from facebook_business.adobjects.pagepost import PagePost
from facebook_business.api import FacebookAdsApi, FacebookSession
from facebook_business.exceptions import FacebookRequestError

from extractors.lake import Lake
from extractors.sandbox.platforms.facebook import page_likes
from extractors.sandbox.windows import SlidingWindow
from tests.support.sandboxed import registry_account, run, stored

EDGES = {"reactions", "comments", "likes", "shares"}
"""What hangs on a node and is asked for like a field."""
SCALARS = {"string": str, "unsigned int": int, "int": int, "bool": bool, "datetime": str}
FIELDS = ["id", "created_time", "permalink_url", "status_type", "shares", "message"]
SUMMARIES = ["reactions.limit(0).summary(total_count)", "comments.limit(0).summary(total_count)"]


def api(sandbox, platform, token="sandbox"):
    session = FacebookSession(app_secret="sandbox", access_token=token)
    session.GRAPH = f"{sandbox.url}/{platform}"
    return FacebookAdsApi(session, api_version="v26.0")


@pytest.fixture
def facebook(sandbox):
    sandbox.state.windows["facebook"] = SlidingWindow(100_000, 3600)
    return api(sandbox, "facebook")


def mistyped(node, table):
    """Return fields of an answer that the SDK's table does not know or gives another type."""
    found = {}
    for name, value in node.items():
        expected = SCALARS.get(table.get(name, ""))
        if name not in table and name not in EDGES:
            found[name] = "unknown"
        elif expected and not isinstance(value, expected):
            found[name] = f"{type(value).__name__}, not {table[name]}"
    return found


def test_every_page_agrees_with_the_truth(facebook, world, truth):
    fields = ["id", "name", "username", "link", "followers_count", "fan_count"]
    for name, account in world.on("facebook").items():
        page = Page(name, api=facebook).api_get(fields=fields).export_all_data()
        assert page["followers_count"] == truth["facebook", name]["followers"]
        assert page["fan_count"] == page_likes(account.followers)
        assert (page["name"], page["username"]) == (account.name, account.handle)
        assert mistyped(page, Page._field_types) == {}


def test_every_post_agrees_with_the_truth_over_all_pages(facebook, world):
    read = 0
    for name in list(world.on("facebook"))[:8]:
        expected = {post.id: post for post in world.posts("facebook", name)}
        cursor = Page(name, api=facebook).get_posts(
            fields=FIELDS + SUMMARIES, params={"limit": 100, "since": "2020-01-01"}
        )
        found = [post.export_all_data() for post in cursor]
        assert {post["id"] for post in found} == set(expected)
        for post in found:
            truth = expected[post["id"]]
            assert post["reactions"]["summary"]["total_count"] == truth.reactions
            assert post["comments"]["summary"]["total_count"] == truth.comments
            # Facebook leaves the field out where nobody shared the post.
            assert post.get("shares", {}).get("count", 0) == truth.shares
            at = datetime.fromisoformat(post["created_time"])
            assert abs((at - truth.published_at).total_seconds()) < 1
            assert mistyped(post, PagePost._field_types) == {}
            read += 1
    assert read > 300


def test_an_unknown_page_is_told_with_its_codes(facebook):
    with pytest.raises(FacebookRequestError) as refused:
        Page("999999999999999", api=facebook).api_get(fields=["name"])
    assert (refused.value.api_error_code(), refused.value.api_error_subcode()) == (100, 33)


def test_a_wrong_token_is_190(sandbox, world):
    name = next(iter(world.on("facebook")))
    with pytest.raises(FacebookRequestError) as refused:
        Page(name, api=api(sandbox, "facebook", token="wrong")).api_get(fields=["name"])
    assert refused.value.api_error_code() == 190


def test_a_full_hour_is_told_as_a_limit(sandbox, world):
    sandbox.state.windows["facebook"] = SlidingWindow(1, 3600)
    page = Page(next(iter(world.on("facebook"))), api=api(sandbox, "facebook"))
    page.api_get(fields=["name"])
    with pytest.raises(FacebookRequestError) as refused:
        page.api_get(fields=["name"])
    assert refused.value.api_error_code() in {4, 32, 80001}
    assert "x-app-usage" in {name.lower() for name in refused.value.http_headers()}


def test_instagrams_discovery_agrees_with_the_truth(sandbox, world, truth):
    asking = IGUser("sandbox", api=api(sandbox, "instagram"))
    for name, account in world.on("instagram").items():
        wanted = "username,name,followers_count,follows_count,media_count"
        field = f"business_discovery.username({account.handle}){{{wanted}}}"
        found = asking.api_get(fields=[field]).export_all_data()["business_discovery"]
        assert found["followers_count"] == truth["instagram", name]["followers"]
        assert found["media_count"] == account.posts_total
        assert mistyped(found, IGUser._field_types) == {}


def test_our_records_are_what_the_sdk_read(facebook, sandbox, world, tmp_path):
    lake = Lake(tmp_path / "lake", "Europe/Stockholm")
    lake.initialise()
    names = list(world.on("facebook"))
    accounts = [
        registry_account(number, name, account_id=f"o{number}.facebook", platform="facebook")
        for number, name in enumerate(names)
    ]
    run(lake, sandbox.url, accounts, platform="facebook")
    ours = {row["handle"]: row["followers"] for row in stored(lake)}
    theirs = {}
    for name in names:
        page = Page(name, api=facebook).api_get(fields=["username", "followers_count"])
        theirs[page["username"]] = page["followers_count"]
    assert ours == theirs
