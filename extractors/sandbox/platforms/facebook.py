"""Facebook Pages as `graph.facebook.com` serves public ones: pages, their posts, the comments.

`shares` is left out where there are none. Every answer tells what of the hour's calls is used, and
a link to the next page holds the caller's token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extractors.sandbox import graph
from extractors.sandbox.exchange import Ask, SandboxPlatform
from extractors.sandbox.world import posts_by_id, questions_by_post

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from starlette.requests import Request

    from extractors.sandbox.world import AccountState, PostState

_PAGE = (
    *("id", "name", "username", "link", "followers_count", "fan_count"),
    *("talking_about_count", "verification_status", "category", "about", "website"),
)
_POST = (
    *("id", "created_time", "message", "permalink_url", "status_type", "shares"),
    *("reactions", "comments", "likes", "from", "updated_time", "story"),
)
_COMMENT = ("id", "created_time", "message", "from", "parent", "like_count", "comment_count")
_STATUS_TYPES = {
    "image": "added_photos",
    "video": "added_video",
    "link": "shared_story",
    "event": "created_event",
}


def page_likes(followers: int) -> int:
    """Return the likes of a page with so many followers: the older, smaller number."""
    return followers * 97 // 100


def _node(ask: Ask) -> dict[str, Any]:
    """Return a page, or a post of one."""
    name = ask.request.path_params["node"]
    account = ask.account(name)
    if account is not None:
        fields = graph.wanted(ask.param("fields") or "id,name")
        return graph.chosen(ask.item(account, _page(account)), fields, _PAGE, "Page")
    account, post = _post_of(ask, name)
    fields = graph.wanted(ask.param("fields") or "id,created_time,message")
    shown = ask.item(account, _post(ask, account, post, fields))
    return graph.chosen(shown, fields, _POST, "Post")


def _posts(ask: Ask) -> dict[str, Any]:
    name = ask.request.path_params["node"]
    account = ask.account(name)
    if account is None:
        raise graph.unsupported(name)
    fields = graph.wanted(ask.param("fields") or "id,created_time,message")
    since, until = graph.moment_of(ask.param("since")), graph.moment_of(ask.param("until"))
    feed = [
        post
        for post in ask.world.posts(ask.platform, account.id, ask.now)
        if (since is None or post.published_at >= since)
        and (until is None or post.published_at <= until)
    ]

    def make(post: PostState) -> dict[str, Any]:
        shown = ask.item(account, _post(ask, account, post, fields))
        return graph.chosen(shown, fields, _POST, "Post")

    return graph.page_of(ask, feed, make)


def _comments(ask: Ask) -> dict[str, Any]:
    account, post = _post_of(ask, ask.request.path_params["node"])
    fields = graph.wanted(ask.param("fields") or "id,created_time,message,from")
    shown = _thread(ask, account, post)
    if ask.param("filter") != "stream":
        shown = [comment for comment in shown if "parent" not in comment]
    if ask.param("order") == "reverse_chronological":
        shown.reverse()

    def make(comment: dict[str, Any]) -> dict[str, Any]:
        return graph.chosen(ask.item(account, comment), fields, _COMMENT, "Comment")

    return graph.page_of(ask, shown, make)


def _page(account: AccountState) -> dict[str, Any]:
    counts = {}
    if account.followers is not None:
        counts = {
            "followers_count": account.followers,
            "fan_count": page_likes(account.followers),
            "talking_about_count": account.followers // 50,
        }
    return {
        "id": account.id,
        "name": account.name,
        "username": account.handle,
        "link": f"https://www.facebook.com/{account.handle}",
        **counts,
    }


def _post(
    ask: Ask, account: AccountState, post: PostState, fields: Sequence[graph.Wanted]
) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": post.id,
        "created_time": graph.graph_time(post.published_at),
        "updated_time": graph.graph_time(post.published_at),
        "permalink_url": f"https://www.facebook.com/{account.id}/posts/{post.id.split('_')[-1]}",
        "status_type": _STATUS_TYPES.get(post.kind, "mobile_status_update"),
        "from": {"id": account.id, "name": account.name},
    }
    if post.text:
        shown["message"] = post.text
    if post.shares:
        shown["shares"] = {"count": post.shares}
    for field in fields:
        if field.name in ("reactions", "likes"):
            total = {"total_count": post.reactions, "viewer_reaction": "NONE"}
            shown[field.shown_as] = _edge(field, total)
        elif field.name == "comments":
            # Answers count in the stream only, and the world counts its comments by themselves.
            is_stream = field.arguments.get("filter") == "stream"
            number = len(_thread(ask, account, post)) if is_stream else post.comments
            total = {"order": "chronological", "total_count": number, "can_comment": True}
            shown[field.shown_as] = _edge(field, total)
    return shown


def _edge(field: graph.Wanted, summary: dict[str, Any]) -> dict[str, Any]:
    return {"data": []} | ({"summary": summary} if "summary" in field.arguments else {})


def _thread(ask: Ask, account: AccountState, post: PostState) -> list[dict[str, Any]]:
    """Return every comment under a post, oldest first."""
    found: list[tuple[datetime, str, dict[str, str], str, str | None]] = []
    for question in questions_by_post(ask.world, ask.platform, account.id, ask.now).get(
        post.id, ()
    ):
        visitor = {"id": question.author_id, "name": f"Name of {question.author_id}"}
        found.append((question.asked_at, question.id, visitor, question.text, None))
        if question.replied_at and question.reply_id:
            page = {"id": account.id, "name": account.name}
            found.append((question.replied_at, question.reply_id, page, "Tack!", question.id))
    return [
        {
            "id": name,
            "created_time": graph.graph_time(at),
            "message": text,
            "from": author,
            "like_count": 0,
            "comment_count": 0,
            **({"parent": {"id": parent}} if parent else {}),
        }
        for at, name, author, text, parent in sorted(found, key=lambda row: (row[0], row[1]))
    ]


def _post_of(ask: Ask, name: str) -> tuple[AccountState, PostState]:
    found = posts_by_id(ask.world, ask.platform, ask.now).get(name)
    if found is None or ask.account(found[0].id) is None:
        raise graph.unsupported(name)
    return found


def _check(request: Request) -> None:
    token = graph.check_token(request, (graph.TOKEN, graph.APP_TOKEN))
    graph.check_proof(request, token)


def _named(request: Request, _: object) -> list[str]:
    """Return the page a request names; a post's id begins with its page's."""
    node = request.path_params.get("node", "")
    return [node, node.split("_")[0]]


PLATFORM = SandboxPlatform(
    name="facebook",
    prefix="facebook",
    limit=(graph.CALLS_AN_HOUR, 3600),
    window=graph.window,
    rate_headers=graph.business_usage,
    error_body=graph.error_body,
    refused_status=400,
    check=_check,
    limit_key=graph.token_key,
    endpoints=(
        *graph.endpoints("/{node}", _node, _named),
        *graph.endpoints("/{node}/posts", _posts, _named),
        *graph.endpoints("/{node}/published_posts", _posts, _named),
        *graph.endpoints("/{node}/feed", _posts, _named),
        *graph.endpoints("/{node}/comments", _comments, _named),
    ),
)
