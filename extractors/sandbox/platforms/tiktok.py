"""TikTok's Research API: a token for client credentials, user info and the video query.

Every answer has `error`; `ok` there means success. Two limits, none told in headers: 600 calls in
any minute and 1,000 in a day of UTC.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from extractors.sandbox.exchange import Ask, Endpoint, Refusal, SandboxPlatform
from extractors.sandbox.windows import EveryWindow, SlidingWindow, UtcDayWindow

if TYPE_CHECKING:
    from starlette.requests import Request

    from extractors.sandbox.windows import WindowState
    from extractors.sandbox.world import AccountState, PostState

CREDENTIAL = "sandbox"
TOKEN = "clt.sandbox"  # noqa: S105 - what the sandbox hands out
CALLS_A_MINUTE, CALLS_A_DAY = 600, 1_000
LONGEST_SPAN = timedelta(days=30)
MAX_COUNT = 100
_STATUS = {"invalid_params": 400, "access_token_invalid": 401}


def _token(ask: Ask) -> dict[str, Any]:
    form = ask.body if isinstance(ask.body, dict) else {}
    if form.get("grant_type") != "client_credentials":
        raise _refused_client("unsupported_grant_type", "The grant type is not supported.")
    if (form.get("client_key"), form.get("client_secret")) != (CREDENTIAL, CREDENTIAL):
        raise _refused_client("invalid_client", "Client key or secret is incorrect.")
    return {"access_token": TOKEN, "expires_in": 7200, "token_type": "Bearer"}


def _user_info(ask: Ask) -> dict[str, Any]:
    account = _user(ask, ask.body.get("username") if isinstance(ask.body, dict) else None)
    shown = {
        "display_name": account.name,
        "bio_description": "",
        "avatar_url": "https://p16.tiktokcdn.example/avatar.jpeg",
        "is_verified": False,
        "follower_count": account.followers,
        "following_count": account.following,
        "likes_count": sum(p.reactions for p in _videos(ask, account)),
        "video_count": account.posts_total,
    }
    wanted = _fields(ask)
    known = {name: value for name, value in shown.items() if name in wanted and value is not None}
    return _ok(ask, ask.item(account, known))


def _video_query(ask: Ask) -> dict[str, Any]:
    body = ask.body if isinstance(ask.body, dict) else {}
    account = _user(ask, _asked_user(body))
    first, last = (_day(body.get(name)) for name in ("start_date", "end_date"))
    if last < first or last - first > LONGEST_SPAN:
        raise _refusal("invalid_params", "The end_date must be within 30 days of the start_date")
    size, start = body.get("max_count", 20), body.get("cursor", 0)
    if not isinstance(size, int) or not 1 <= size <= MAX_COUNT:
        raise _refusal("invalid_params", f"max_count must be between 1 and {MAX_COUNT}")
    start = start if isinstance(start, int) else 0
    found = [
        post
        for post in _videos(ask, account)
        if first <= post.published_at.astimezone(UTC).date() <= last
    ]
    wanted = _fields(ask)
    items = [ask.item(account, _video(p, account, wanted)) for p in found[start : start + size]]
    rest = start + size < len(found)
    items, cursor = ask.page(items, str(start + size) if rest else None)
    following = int(cursor) if cursor and cursor.isdigit() else cursor
    search = hashlib.sha256(f"{account.id} {first} {last}".encode()).hexdigest()
    data = {
        "videos": items,
        "cursor": start + len(items) if following is None else following,
        "has_more": cursor is not None,
        "search_id": str(int(search[:15], 16)),
    }
    return _ok(ask, data)


def _videos(ask: Ask, account: AccountState) -> list[PostState]:
    feed = ask.world.posts(ask.platform, account.id, ask.now)
    return [post for post in feed if not post.is_reply and post.reposted_at is None]


def _video(post: PostState, account: AccountState, wanted: set[str]) -> dict[str, Any]:
    shown = {
        "id": int(post.id) if post.id.isdecimal() else post.id,
        "create_time": int(post.published_at.timestamp()),
        "username": account.handle,
        "region_code": "SE",
        "video_description": post.text,
        "view_count": post.views,
        "like_count": post.reactions,
        "comment_count": post.comments,
        "share_count": post.shares,
        "favorites_count": 0,
    }
    return {name: value for name, value in shown.items() if name in wanted and value is not None}


def _user(ask: Ask, name: object) -> AccountState:
    account = ask.account(name) if isinstance(name, str) else None
    if account is None:
        raise _refusal("invalid_params", "Username is invalid: cannot find the user")
    return account


def _asked_user(body: dict[str, Any]) -> object:
    try:
        [condition] = body["query"]["and"]
        [name] = condition["field_values"]
        is_known = (condition["operation"], condition["field_name"]) == ("EQ", "username")
    except (KeyError, TypeError, ValueError):
        return None
    return name if is_known else None


def _day(text: object) -> date:
    try:
        return datetime.strptime(str(text), "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise _refusal("invalid_params", "Dates must be in the format YYYYMMDD") from None


def _fields(ask: Ask) -> set[str]:
    wanted = set(filter(None, ask.param("fields").split(",")))
    if not wanted:
        raise _refusal("invalid_params", "fields is required")
    return wanted


def _check(request: Request) -> None:
    is_token = request.url.path.endswith("/oauth/token/")
    if not is_token and request.headers.get("authorization") != f"Bearer {TOKEN}":
        words = "The access token is invalid or not found in the request."
        raise _refusal("access_token_invalid", words)


def _ok(ask: Ask, data: dict[str, Any]) -> dict[str, Any]:
    return {"data": data, "error": _error("ok", "", f"{ask.now:%Y%m%d%H%M%S}")}


def _error(code: str, message: str, log_id: str = "0") -> dict[str, str]:
    return {"code": code, "message": message, "log_id": f"{log_id:0<34}"}


def _refusal(code: str, message: str) -> Refusal:
    return Refusal(_STATUS[code], {"data": {}, "error": _error(code, message)})


def _refused_client(error: str, words: str) -> Refusal:
    return Refusal(400, {"error": error, "error_description": words, "log_id": "0" * 34})


def _error_body(status: int) -> dict[str, Any]:
    codes = {
        400: ("invalid_params", "Some parameters are invalid."),
        401: ("access_token_invalid", "The access token is invalid or not found in the request."),
        403: ("scope_not_authorized", "The user did not authorize the scope required."),
        404: ("invalid_params", "Username is invalid: cannot find the user"),
        429: ("rate_limit_exceeded", "The API rate limit was exceeded."),
    }
    code, words = codes.get(status, ("internal_error", "Something went wrong on our side."))
    return {"data": {}, "error": _error(code, words)}


def _refused(state: WindowState) -> dict[str, Any]:
    if state.name != "day":
        return _error_body(429)
    words = "The daily quota limit was exceeded."
    return {"data": {}, "error": _error("daily_quota_limit_exceeded", words)}


def _named(_: Request, body: object) -> list[str]:
    if not isinstance(body, dict):
        return []
    names = (body.get("username"), _asked_user(body))
    return [name for name in names if isinstance(name, str)]


PLATFORM = SandboxPlatform(
    name="tiktok",
    prefix="tiktok",
    limit=(CALLS_A_MINUTE, 60),
    rate_headers=lambda _: {},
    error_body=_error_body,
    check=_check,
    window=lambda: EveryWindow([SlidingWindow(CALLS_A_MINUTE, 60), UtcDayWindow(CALLS_A_DAY)]),
    refused=_refused,
    endpoints=(
        Endpoint(path="/v2/oauth/token/", answer=_token, accounts=_named, method="POST"),
        Endpoint(path="/v2/research/user/info/", answer=_user_info, accounts=_named, method="POST"),
        Endpoint(
            path="/v2/research/video/query/", answer=_video_query, accounts=_named, method="POST"
        ),
    ),
)
