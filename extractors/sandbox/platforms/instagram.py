"""Instagram's business discovery as `graph.facebook.com` serves it to one professional account.

Accounts are asked for by their name, inside a field expression, and so is the next page of media:
there is no link to it. Hidden likes are left out. An unknown name is refused in the language of
the token's owner.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from extractors.sandbox import graph
from extractors.sandbox.exchange import Ask, Refusal, SandboxPlatform

if TYPE_CHECKING:
    from starlette.requests import Request

    from extractors.sandbox.world import AccountState, PostState

OWN_ID = "sandbox"
"""The id of the account that asks."""
MAX_MEDIA = 50
_USER = (
    *("id", "username", "name", "followers_count", "follows_count", "media_count", "media"),
    *("biography", "website", "profile_picture_url", "ig_id"),
)
_MEDIA = (
    *("id", "timestamp", "media_type", "media_product_type", "permalink", "caption"),
    *("like_count", "comments_count", "view_count", "username", "media_url", "children"),
)
_TYPES = {"video": "VIDEO", "carousel": "CAROUSEL_ALBUM"}


def _node(ask: Ask) -> dict[str, Any]:
    node = ask.request.path_params["node"]
    if node != OWN_ID:
        raise graph.unsupported(node)
    shown: dict[str, Any] = {"id": OWN_ID}
    for field in graph.wanted(ask.param("fields")):
        if field.name == "business_discovery":
            shown["business_discovery"] = _discovered(ask, field)
    return shown


def _discovered(ask: Ask, field: graph.Wanted) -> dict[str, Any]:
    name = field.arguments.get("username", "")
    account = ask.account(name)
    if account is None or account.handle != name.lower():
        raise Refusal(400, unknown(name))
    fields = graph.wanted(field.inner or "id")
    item = _user(account)
    for inner in fields:
        if inner.name == "media":
            item["media"] = _media(ask, account, inner)
    return graph.chosen(ask.item(account, item), fields, _USER, "IGUser")


def _media(ask: Ask, account: AccountState, field: graph.Wanted) -> dict[str, Any]:
    size = min(graph.limit_of(field.arguments.get("limit", ""), 25), MAX_MEDIA)
    start = graph.start_of(field.arguments.get("after", ""))
    feed = ask.world.posts(ask.platform, account.id, ask.now)
    fields = graph.wanted(field.inner or "id")
    page = [
        graph.chosen(ask.item(account, _item(post)), fields, _MEDIA, "IGMedia")
        for post in feed[start : start + size]
    ]
    after = graph.cursor(start + size) if start + size < len(feed) else None
    page, after = ask.page(page, after)
    return {"data": page} | ({"paging": {"cursors": {"after": after}}} if after else {})


def _user(account: AccountState) -> dict[str, Any]:
    counts = {
        "followers_count": account.followers,
        "follows_count": account.following,
        "media_count": account.posts_total,
    }
    shown = {name: count for name, count in counts.items() if count is not None}
    return {"id": account.id, "username": account.handle, "name": account.name, **shown}


def _item(post: PostState) -> dict[str, Any]:
    short = hashlib.sha256(post.id.encode()).hexdigest()[:11]
    counts = {
        "like_count": None if "reactions" in post.hidden else post.reactions,
        "comments_count": post.comments,
        "view_count": post.views,
    }
    return {
        "id": post.id,
        "timestamp": graph.graph_time(post.published_at),
        "media_type": _TYPES.get(post.kind, "IMAGE"),
        "media_product_type": "REELS" if post.kind == "video" else "FEED",
        "permalink": f"https://www.instagram.com/p/{short}/",
        "caption": post.text,
        **{name: count for name, count in counts.items() if count is not None},
    }


def unknown(name: str) -> dict[str, Any]:
    """Return the refusal of a name that is unknown, personal or age-gated."""
    return graph.error(
        110,
        "Ugyldig bruker-ID",
        2207013,
        is_transient=False,
        error_user_title="Finner ikke brukeren",
        error_user_msg=f"Finner ikke brukeren med brukernavnet {name}.",
    )


def _named(request: Request, _: object) -> list[str]:
    fields = graph.wanted(request.query_params.get("fields", ""))
    return [field.arguments.get("username", "") for field in fields]


def _check(request: Request) -> None:
    graph.check_token(request)


PLATFORM = SandboxPlatform(
    name="instagram",
    prefix="instagram",
    limit=(graph.CALLS_AN_HOUR, 3600),
    window=graph.window,
    rate_headers=graph.app_usage,
    error_body=graph.error_body,
    refused_status=400,
    check=_check,
    limit_key=graph.token_key,
    endpoints=tuple(graph.endpoints("/{node}", _node, _named)),
)
