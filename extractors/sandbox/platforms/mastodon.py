"""A Mastodon instance that is the home of every account: `/api/v1` as version 4.5 serves it.

Pages by `max_id`, `since_id` (the newest above it) and `min_id` (the oldest above it), with
absolute `Link`s from the request's own base. Limits: 300 calls in 5 minutes, reset as ISO time.
"""

from __future__ import annotations

import html
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from extractors.sandbox.exchange import Ask, Endpoint, Refusal, SandboxPlatform

if TYPE_CHECKING:
    from starlette.requests import Request

    from extractors.sandbox.windows import WindowState
    from extractors.sandbox.world import AccountState, PostState

INSTANCE = "social.example"
PAGE_SIZE, MAX_PAGE = 20, 40
CLOSED = "closed"
"""Label of an account whose instance shows nothing to visitors."""
_FILTERS = ("exclude_replies", "exclude_reblogs", "only_media")


def _lookup(ask: Ask) -> dict[str, Any]:
    reference = ask.param("acct").removeprefix("@").lower()
    account = ask.account(reference)
    if account is None and "@" not in reference:
        local = (a for a in ask.world.accounts(ask.now) if a.platform == ask.platform)
        named = next((a for a in local if _username(a) == reference), None)
        account = ask.account(named.id) if named else None
    return _shown(ask, account)


def _by_id(ask: Ask) -> dict[str, Any]:
    return _shown(ask, ask.account(ask.request.path_params["id"]))


def _shown(ask: Ask, account: AccountState | None) -> dict[str, Any]:
    account = _require(account)
    return ask.item(account, _account(account, ask))


def _statuses(ask: Ask) -> list[dict[str, Any]]:
    account = _require(ask.account(ask.request.path_params["id"]))
    wanted = {name: ask.param(name) in ("true", "1", "on") for name in _FILTERS}
    feed = [
        post
        for post in ask.world.posts(ask.platform, account.id, ask.now)
        if not (wanted["exclude_replies"] and post.is_reply)
        and not (wanted["exclude_reblogs"] and post.reposted_at)
        and not (wanted["only_media"] and post.kind not in ("image", "video", "audio"))
    ]
    page, is_full = _cut(feed, ask)
    shown = _account(account, ask)
    items = [ask.item(account, _status(post, account, shown, ask)) for post in page]
    items, older = ask.page(items, page[-1].id if is_full else None)
    kept = {n: "true" for n, on in wanted.items() if on}
    if limit := ask.param("limit"):
        kept["limit"] = limit
    url = f"{ask.base}/api/v1/accounts/{account.id}/statuses"
    links = []
    if older:
        links.append(f'<{url}?{urlencode(kept | {"max_id": older})}>; rel="next"')
    if page:
        links.append(f'<{url}?{urlencode(kept | {"min_id": page[0].id})}>; rel="prev"')
    if links:
        ask.headers["link"] = ", ".join(links)
    return items


def _cut(feed: list[PostState], ask: Ask) -> tuple[list[PostState], bool]:
    """Return one page of a feed, newest first, and whether it is full.

    As on a real server a full page links to a next one, which may turn out to be empty.
    """
    given = ask.param("limit", str(PAGE_SIZE))
    size = min(int(given), MAX_PAGE) if given.isdigit() and int(given) else PAGE_SIZE
    start = _place(feed, ask.param("max_id"), after=True, default=0)
    lower = ask.param("min_id") or ask.param("since_id")
    end = _place(feed, lower, after=False, default=len(feed))
    if ask.param("min_id"):
        start = max(start, end - size)
    page = feed[start : min(end, start + size)]
    return page, len(page) == size


def _place(feed: list[PostState], post_id: str, *, after: bool, default: int) -> int:
    """Return where in the feed an id stands; ids that are not in it are times (snowflakes)."""
    for place, post in enumerate(feed):
        if post.id == post_id:
            return place + after
    if not post_id.isdecimal():
        return default
    milliseconds = int(post_id) >> 16
    newer = (post.listed_at.timestamp() * 1000 > milliseconds for post in feed)
    return sum(newer)


def _account(account: AccountState, ask: Ask) -> dict[str, Any]:
    username = _username(account)
    url = f"{ask.base}/@{username}"
    counts = {
        "followers_count": account.followers,
        "following_count": account.following,
        "statuses_count": account.posts_total,
    }
    return {
        "id": account.id,
        "username": username,
        "acct": username,
        "display_name": account.name,
        "locked": False,
        "bot": False,
        "discoverable": True,
        "indexable": "not_indexable" not in account.labels,
        "group": False,
        "created_at": f"{account.created_at.astimezone(UTC):%Y-%m-%d}T00:00:00.000Z",
        "note": "",
        "url": url,
        "uri": url,
        "avatar": f"{ask.base}/avatars/original/missing.png",
        "avatar_static": f"{ask.base}/avatars/original/missing.png",
        "header": f"{ask.base}/headers/original/missing.png",
        "header_static": f"{ask.base}/headers/original/missing.png",
        **{name: value for name, value in counts.items() if value is not None},
        "last_status_at": None,
        "hide_collections": None,
        "noindex": "noindex" in account.labels,
        "emojis": [],
        "roles": [],
        "fields": [],
        **({"suspended": True} if "suspended" in account.labels else {}),
    }


def _status(
    post: PostState, account: AccountState, shown: dict[str, Any], ask: Ask
) -> dict[str, Any]:
    url = f"{ask.base}/@{_username(account)}/{post.id}"
    content = f"<p>{html.escape(post.text)}</p>"
    status: dict[str, Any] = {
        "id": post.id,
        "created_at": _time(post.published_at),
        "in_reply_to_id": "1" if post.is_reply else None,
        "in_reply_to_account_id": "1" if post.is_reply else None,
        "sensitive": False,
        "spoiler_text": "",
        "visibility": "public",
        "language": "sv",
        "uri": url,
        "url": url,
        "replies_count": post.comments,
        "reblogs_count": post.shares,
        "favourites_count": post.reactions,
        "quotes_count": post.quotes,
        "edited_at": None,
        "content": content,
        "reblog": None,
        "account": shown,
        "media_attachments": [],
        "mentions": [],
        "tags": [],
        "emojis": [],
        "card": None,
        "poll": None,
    }
    if post.kind in ("image", "video", "audio"):
        status["media_attachments"] = [{"id": post.id, "type": post.kind, "url": url}]
    elif post.kind == "link":
        status["card"] = {"url": "https://org.example/", "title": "", "type": "link"}
    if post.reposted_at:
        stranger = {**shown, "id": post.author_id, "acct": "someone@elsewhere.example"}
        status["created_at"] = _time(post.reposted_at)
        status["reblog"] = {**status, "account": stranger, "reblog": None}
        status |= {"replies_count": 0, "reblogs_count": 0, "favourites_count": 0}
    return status


def _instance(ask: Ask) -> dict[str, Any]:
    title = "Sandbox of Effektanalys"
    return {
        "uri": INSTANCE,
        "domain": INSTANCE,
        "title": title,
        "version": "4.5.0",
        "source_url": f"{ask.base}/source",
        "description": title,
        "languages": ["sv", "en"],
        "registrations": {"enabled": False, "approval_required": False, "message": None},
        "rules": [],
    }


def _require(account: AccountState | None) -> AccountState:
    if account is None:
        raise Refusal(404, _error_body(404))
    if CLOSED in account.labels:
        raise Refusal(401, _error_body(401))
    return account


def _username(account: AccountState) -> str:
    return account.handle.split("@")[0]


def _time(moment: datetime) -> str:
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="milliseconds") + "Z"


def _error_body(status: int) -> dict[str, str]:
    words = {
        401: "This API requires an authenticated user",
        403: "This action is not allowed",
        404: "Record not found",
        410: "This account is suspended",
        422: "Validation failed",
        429: "Throttled",
        503: "There was a temporary problem serving your request, please try again",
    }
    return {"error": words.get(status, "An unexpected error occurred")}


def _rate_headers(state: WindowState) -> dict[str, str]:
    resets_at = datetime.fromtimestamp(state.resets_at, tz=UTC)
    return {
        "x-ratelimit-limit": str(state.limit),
        "x-ratelimit-remaining": str(state.remaining),
        "x-ratelimit-reset": resets_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }


def _named(request: Request, _: object) -> list[str]:
    acct = request.query_params.get("acct", "").removeprefix("@").lower()
    return [name for name in (request.path_params.get("id", ""), acct) if name]


PLATFORM = SandboxPlatform(
    name="mastodon",
    prefix="mastodon",
    limit=(300, 300),
    rate_headers=_rate_headers,
    error_body=_error_body,
    endpoints=(
        Endpoint(path="/api/v1/accounts/lookup", answer=_lookup, accounts=_named),
        Endpoint(path="/api/v1/accounts/{id}", answer=_by_id, accounts=_named),
        Endpoint(path="/api/v1/accounts/{id}/statuses", answer=_statuses, accounts=_named),
        Endpoint(path="/api/v1/instance", answer=_instance, accounts=_named),
        Endpoint(path="/api/v2/instance", answer=_instance, accounts=_named),
    ),
)
