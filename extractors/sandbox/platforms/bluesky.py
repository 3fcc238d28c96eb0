"""Bluesky's public AppView as `public.api.bsky.app/xrpc` serves it, without credentials.

Shapes follow the lexicons `app.bsky.actor.defs#profileViewDetailed` and
`app.bsky.feed.defs#feedViewPost`. What the recording does not know (followsCount) is left out,
which the lexicon allows.
"""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from extractors.sandbox.exchange import Ask, Endpoint, Refusal, SandboxPlatform

if TYPE_CHECKING:
    from starlette.requests import Request

    from extractors.sandbox.windows import WindowState
    from extractors.sandbox.world import AccountState, PostState

MAX_ACTORS = 25
MAX_FEED = 100
_ACTOR = re.compile(r"did:[a-z]+:[A-Za-z0-9._:%-]+|([A-Za-z0-9-]+\.)+[A-Za-z][A-Za-z0-9-]*")
_FILTERS = {
    "posts_with_replies",
    "posts_no_replies",
    "posts_with_media",
    "posts_and_author_threads",
    "posts_with_video",
}


def _get_profiles(ask: Ask) -> dict[str, Any]:
    actors = ask.params("actors")
    if not actors:
        raise _invalid('Params must have the property "actors"')
    if len(actors) > MAX_ACTORS:
        raise _invalid(f"actors must not have more than {MAX_ACTORS} elements")
    for number, actor in enumerate(actors):
        if not _ACTOR.fullmatch(actor):
            raise _invalid(f"actors/{number} must be a valid did or a handle")
    found = {s.id: s for s in map(ask.account, actors) if s is not None}
    return {"profiles": [ask.item(s, _profile(s, ask.now)) for s in found.values()]}


def _get_profile(ask: Ask) -> dict[str, Any]:
    account = _require(ask)
    return ask.item(account, _profile(account, ask.now))


def _get_author_feed(ask: Ask) -> dict[str, Any]:
    account = _require(ask)
    limit, chosen = ask.param("limit", "50"), ask.param("filter", "posts_with_replies")
    if not limit.isdigit() or not 1 <= int(limit) <= MAX_FEED:
        raise _invalid(f"limit must be between 1 and {MAX_FEED}")
    if chosen not in _FILTERS:
        raise _invalid("filter must be one of the known values")
    feed = [
        post
        for post in ask.world.posts(ask.platform, account.id, ask.now)
        if not (chosen == "posts_no_replies" and post.is_reply)
    ]
    if cursor := ask.param("cursor"):
        feed = [post for post in feed if _time(post.listed_at) < cursor]
    page, rest = feed[: int(limit)], feed[int(limit) :]
    items = [ask.item(account, _feed_item(post, account)) for post in page]
    items, cursor_out = ask.page(items, _time(page[-1].listed_at) if rest else None)
    return {"feed": items} | ({"cursor": cursor_out} if cursor_out else {})


def _require(ask: Ask) -> AccountState:
    actor = ask.param("actor")
    if not _ACTOR.fullmatch(actor):
        raise _invalid("actor must be a valid did or a handle")
    account = ask.account(actor)
    if account is None:
        raise _invalid("Profile not found")
    return account


def _profile(account: AccountState, now: datetime) -> dict[str, Any]:
    counts = {
        "followersCount": account.followers,
        "followsCount": account.following,
        "postsCount": account.posts_total,
    }
    return {
        "did": account.id,
        "handle": account.handle,
        "displayName": account.name,
        "associated": {"lists": 0, "feedgens": 0, "starterPacks": 0, "labeler": False},
        "labels": [_label(value, account, now) for value in account.labels],
        "createdAt": _time(account.created_at),
        "indexedAt": _time(account.created_at),
        **{name: count for name, count in counts.items() if count is not None},
    }


def _label(value: str, account: AccountState, now: datetime) -> dict[str, Any]:
    profile = f"at://{account.id}/app.bsky.actor.profile/self"
    return {"src": account.id, "uri": profile, "val": value, "cts": _time(now)}


def _feed_item(post: PostState, account: AccountState) -> dict[str, Any]:
    is_repost = post.reposted_at is not None
    author = {"did": post.author_id, "handle": account.handle}
    if post.author_id != account.id:
        author["handle"] = "someone.bsky.social"
    uri = f"at://{post.author_id}/app.bsky.feed.post/{post.id}"
    record: dict[str, Any] = {
        "$type": "app.bsky.feed.post",
        "text": post.text,
        "createdAt": _time(post.published_at),
    }
    if post.is_reply:
        parent = {"uri": f"at://did:plc:stranger/app.bsky.feed.post/{post.id}", "cid": _cid("p")}
        record["reply"] = {"root": parent, "parent": parent}
    item: dict[str, Any] = {
        "post": {
            "uri": uri,
            "cid": _cid(uri),
            "author": author,
            "record": record,
            "replyCount": post.comments,
            "repostCount": post.shares,
            "likeCount": post.reactions,
            "quoteCount": post.quotes,
            "bookmarkCount": 0,
            "indexedAt": _time(post.indexed_at),
            "labels": [],
        }
    }
    if post.kind != "text":
        embedded = _EMBEDS.get(post.kind, {})
        item["post"]["embed"] = {"$type": f"app.bsky.embed.{post.kind}#view", **embedded}
    if is_repost and post.reposted_at:
        item["reason"] = {
            "$type": "app.bsky.feed.defs#reasonRepost",
            "by": {"did": account.id, "handle": account.handle},
            "indexedAt": _time(post.reposted_at),
        }
    return item


_PICTURE = "https://cdn.example.org/picture.jpg"
_EMBEDS: dict[str, dict[str, Any]] = {
    "images": {"images": [{"thumb": _PICTURE, "fullsize": _PICTURE, "alt": ""}]},
    "external": {"external": {"uri": "https://org.example/", "title": "", "description": ""}},
    "video": {"cid": "bafkreib4", "playlist": "https://video.example.org/playlist.m3u8"},
}
"""What the lexicon demands of each embed."""


def _cid(text: str) -> str:
    """Return a well-formed CID (version 1, dag-cbor, sha-256), as the lexicon demands."""
    digest = hashlib.sha256(text.encode()).digest()
    packed = base64.b32encode(b"\x01\x71\x12\x20" + digest).decode()
    return "b" + packed.rstrip("=").lower()


def _time(moment: datetime) -> str:
    utc = moment.replace(tzinfo=None) - (moment.utcoffset() or timedelta())
    return utc.isoformat(timespec="milliseconds") + "Z"


def _invalid(message: str) -> Refusal:
    return Refusal(400, {"error": "InvalidRequest", "message": message})


def _error_body(status: int) -> dict[str, str]:
    names = {
        400: ("InvalidRequest", "Invalid Request"),
        401: ("AuthMissing", "Authentication Required"),
        403: ("Forbidden", "Forbidden"),
        429: ("RateLimitExceeded", "Rate Limit Exceeded"),
        500: ("InternalServerError", "Internal Server Error"),
    }
    name, words = names.get(status, ("UpstreamFailure", "Upstream Failure"))
    return {"error": name, "message": words}


def _rate_headers(state: WindowState) -> dict[str, str]:
    return {
        "ratelimit-limit": str(state.limit),
        "ratelimit-remaining": str(state.remaining),
        "ratelimit-reset": str(state.resets_at),
        "ratelimit-policy": f"{state.limit};w=300",
    }


def _named(request: Request, _: object) -> list[str]:
    return request.query_params.getlist("actors") + request.query_params.getlist("actor")


PLATFORM = SandboxPlatform(
    name="bluesky",
    prefix="bluesky",
    limit=(3000, 300),
    rate_headers=_rate_headers,
    error_body=_error_body,
    endpoints=(
        Endpoint(path="/xrpc/app.bsky.actor.getProfiles", answer=_get_profiles, accounts=_named),
        Endpoint(path="/xrpc/app.bsky.actor.getProfile", answer=_get_profile, accounts=_named),
        Endpoint(
            path="/xrpc/app.bsky.feed.getAuthorFeed", answer=_get_author_feed, accounts=_named
        ),
    ),
)
