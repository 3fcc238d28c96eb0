"""The whole world as Meta's own business SDK reads it from the sandbox's Facebook and Instagram.

Belongs here: calling the SDK, and its tables of fields. Does not belong here: what it should have
read (`tests/conformance/test_meta.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from facebook_business.adobjects.comment import Comment
from facebook_business.adobjects.igmedia import IGMedia
from facebook_business.adobjects.iguser import IGUser
from facebook_business.adobjects.page import Page
from facebook_business.adobjects.pagepost import PagePost
from facebook_business.api import FacebookAdsApi, FacebookSession

from tests.support.small_world import MIDDAY

PAGE_FIELDS = ["id", "name", "username", "link", "followers_count", "fan_count"]
PAGE_FIELDS += ["talking_about_count", "verification_status", "category", "about", "website"]
POST_FIELDS = ["id", "created_time", "updated_time", "message", "story", "permalink_url"]
POST_FIELDS += ["status_type", "shares", "from"]
POST_FIELDS += [
    f"{edge}.limit(0).summary(total_count)" for edge in ("reactions", "likes", "comments")
]
COMMENT_FIELDS = ["id", "created_time", "message", "from", "parent", "like_count", "comment_count"]
USER_FIELDS = ["id", "username", "name", "followers_count", "follows_count", "media_count"]
USER_FIELDS += ["biography", "website", "profile_picture_url", "ig_id"]
MEDIA_FIELDS = ["id", "timestamp", "media_type", "media_product_type", "permalink", "caption"]
MEDIA_FIELDS += ["like_count", "comments_count", "view_count", "username", "media_url"]

EDGES = {
    PagePost: {"reactions": "get_reactions", "comments": "get_comments", "likes": "get_likes"},
    IGUser: {"media": "get_media"},
}
"""What is asked for like a field and is none: an edge, with the SDK's own method for it."""
NODES = {"IGUser": IGUser, "Comment": Comment}


@dataclass
class Reading:
    """What the SDK read: nodes by id, edges by their node's id, and every node it was shown."""

    pages: dict[str, dict] = field(default_factory=dict)
    posts: dict[str, list[dict]] = field(default_factory=dict)
    comments: dict[str, list[dict]] = field(default_factory=dict)
    users: dict[str, dict] = field(default_factory=dict)
    media: dict[str, list[dict]] = field(default_factory=dict)

    def nodes(self):
        """Yield every node with the class whose fields it should have."""
        for kind, found in ((Page, self.pages), (IGUser, self.users)):
            yield from ((kind, node) for node in found.values())
        lists = ((PagePost, self.posts), (Comment, self.comments), (IGMedia, self.media))
        for kind, found in lists:
            yield from ((kind, node) for nodes in found.values() for node in nodes)


def api(sandbox, platform, token="sandbox", secret="sandbox"):
    session = FacebookSession(app_secret=secret, access_token=token)
    session.GRAPH = f"{sandbox.url}/{platform}"
    return FacebookAdsApi(session, api_version="v26.0")


def page_of(facebook, name, fields=PAGE_FIELDS):
    return Page(name, api=facebook).api_get(fields=fields).export_all_data()


def posts_of(facebook, name, limit=100, **params):
    """Follow the SDK's own cursor to its end."""
    asked = {"limit": limit, **params}
    cursor = Page(name, api=facebook).get_posts(fields=POST_FIELDS, params=asked)
    return [post.export_all_data() for post in cursor]


def comments_of(facebook, post, limit=2):
    asked = {"filter": "stream", "order": "chronological", "limit": limit}
    cursor = PagePost(post, api=facebook).get_comments(fields=COMMENT_FIELDS, params=asked)
    return [comment.export_all_data() for comment in cursor]


def discovered(instagram, handle, expression):
    """Return what business discovery shows of the account with this name."""
    fields = [f"business_discovery.username({handle}){{{expression}}}"]
    answer = IGUser("sandbox", api=instagram).api_get(fields=fields)
    return answer.export_all_data()["business_discovery"]


def media_of(instagram, handle, limit=50):
    """Follow the cursors inside the discovered account: they are no link."""
    found, turn = [], ""
    while True:
        expression = f"media{turn}.limit({limit}){{{','.join(MEDIA_FIELDS)}}}"
        edge = discovered(instagram, handle, expression)["media"]
        found += edge["data"]
        after = edge.get("paging", {}).get("cursors", {}).get("after")
        if not after:
            return found
        turn = f".after({after})"


def read_world(sandbox, world):
    """Read every page, post, account and medium, and the comments under posts of 35 days."""
    facebook, instagram, found = api(sandbox, "facebook"), api(sandbox, "instagram"), Reading()
    for name in world.on("facebook"):
        found.pages[name] = page_of(facebook, name)
        found.posts[name] = posts_of(facebook, name)
        for post in found.posts[name]:
            is_recent = datetime.fromisoformat(post["created_time"]) >= MIDDAY - timedelta(days=35)
            if is_recent and post["comments"]["summary"]["total_count"]:
                found.comments[post["id"]] = comments_of(facebook, post["id"])
    for name, account in world.on("instagram").items():
        found.users[name] = discovered(instagram, account.handle, ",".join(USER_FIELDS))
        found.media[name] = media_of(instagram, account.handle)
    return found


def faults(node, kind):
    """Yield (field, what is wrong) of a node by the SDK's table of its class.

    Nodes inside it are looked at by their own tables; edges are left to their own answers.
    """
    for name, value in node.items():
        spelled = kind._field_types.get(name)
        if name in EDGES.get(kind, {}):
            continue
        if spelled is None:
            yield f"{kind.__name__}.{name}", "unknown"
        elif spelled in NODES:
            yield from faults(value, NODES[spelled])
        elif not _is(value, spelled):
            yield f"{kind.__name__}.{name}", f"{value!r} is no {spelled}"


def _is(value, spelled):
    if spelled == "unsigned int":
        return type(value) is int and value >= 0
    if spelled == "datetime":
        return type(value) is str and datetime.strptime(value, "%Y-%m-%dT%H:%M:%S%z") is not None
    kinds = {"int": int, "string": str, "bool": bool, "float": float, "Object": dict}
    return type(value) is kinds[spelled]
