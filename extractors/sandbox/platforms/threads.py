"""Threads' profile discovery as `graph.threads.net` serves it.

Profiles below 100 followers are not shown. Engagement covers the last seven days. Answers are flat;
a request with the header `X-Sandbox-Envelope: data` gets them wrapped, since nothing says which of
the two shapes is the platform's.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from extractors.sandbox import graph
from extractors.sandbox.exchange import Ask, Endpoint, SandboxPlatform

if TYPE_CHECKING:
    from starlette.requests import Request

    from extractors.sandbox.world import AccountState

LEAST_FOLLOWERS = 100
ENGAGEMENT = timedelta(days=7)
ENVELOPE = "X-Sandbox-Envelope"


def _lookup(ask: Ask) -> dict[str, Any]:
    name = ask.param("username").removeprefix("@")
    account = ask.account(name)
    if account is None or account.handle != name.lower() or _is_small(account):
        raise graph.unsupported(name)
    shown = ask.item(account, _profile(ask, account))
    return {"data": [shown]} if ask.request.headers.get(ENVELOPE) == "data" else shown


def _is_small(account: AccountState) -> bool:
    return account.followers is not None and account.followers < LEAST_FOLLOWERS


def _profile(ask: Ask, account: AccountState) -> dict[str, Any]:
    recent = [
        post
        for post in ask.world.posts(ask.platform, account.id, ask.now)
        if post.published_at >= ask.now - ENGAGEMENT and post.author_id == account.id
    ]
    followers = {} if account.followers is None else {"follower_count": account.followers}
    return {
        "username": account.handle,
        "name": account.name,
        "profile_picture_url": "https://scontent.cdn.example/picture.jpg",
        "biography": "",
        "is_verified": False,
        **followers,
        "likes_count": sum(post.reactions for post in recent),
        "quotes_count": sum(post.quotes for post in recent),
        "replies_count": sum(post.comments for post in recent),
        "reposts_count": sum(post.shares for post in recent),
        "views_count": sum(post.views or 0 for post in recent),
    }


def _named(request: Request, _: object) -> list[str]:
    return [request.query_params.get("username", "").removeprefix("@")]


def _check(request: Request) -> None:
    graph.check_token(request)


PLATFORM = SandboxPlatform(
    name="threads",
    prefix="threads",
    limit=(graph.CALLS_AN_HOUR, 3600),
    window=graph.window,
    rate_headers=graph.app_usage,
    error_body=graph.error_body,
    refused_status=400,
    check=_check,
    limit_key=graph.token_key,
    endpoints=tuple(
        Endpoint(path=f"/v1.0/profile_lookup{ending}", answer=_lookup, accounts=_named)
        for ending in ("", "/")
    ),
)
