"""X API v2 with an app-only bearer token, in both dialects it has spoken.

Answers are spelled as the field parameter asks: `tweet.fields` gets `tweet_count` and
`retweet_count`, anything else `post_count` and `repost_count`. An account with the label `both`
(a fault of kind `label`) gets both spellings, with `legacy` the old one whatever was asked, with
`suspended` an error. Every endpoint has a window of 15 minutes of its own for a token.
"""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from extractors.sandbox.exchange import Ask, Endpoint, Refusal, SandboxPlatform
from extractors.sandbox.windows import FixedWindow, WindowByName
from extractors.sandbox.world import posts_by_id

if TYPE_CHECKING:
    from starlette.requests import Request

    from extractors.sandbox.windows import WindowState
    from extractors.sandbox.world import AccountState, PostState

TOKEN = "sandbox"  # noqa: S105 - what the sandbox accepts
PROBLEMS = "https://api.x.com/2/problems/"
MAX_USERS = MAX_POSTS = 100
DEEPEST, DEEPEST_WITHOUT_REPLIES = 3_200, 800
LIMITS = {"by": 300, "users": 300, "timeline": 10_000, "lookup": 3_500}
WINDOW_SECONDS = 900
_NAME, _ID = re.compile(r"[A-Za-z0-9_]{1,15}"), re.compile(r"[0-9]{1,19}")
_NEW_AND_OLD = {
    "post_count": "tweet_count",
    "repost_count": "retweet_count",
    "edit_history_post_ids": "edit_history_tweet_ids",
}


def _users_by(ask: Ask) -> dict[str, Any]:
    return _users(ask, "usernames", _NAME)


def _users_of(ask: Ask) -> dict[str, Any]:
    return _users(ask, "ids", _ID)


def _users(ask: Ask, parameter: str, valid: re.Pattern[str]) -> dict[str, Any]:
    asked = _listed(ask, parameter)
    if not 1 <= len(asked) <= MAX_USERS:
        words = f"The number of values in the `{parameter}` query parameter list [{len(asked)}]"
        raise _invalid(parameter, asked[:3], f"{words} is not between 1 and {MAX_USERS}")
    for value in asked:
        if not valid.fullmatch(value):
            words = f"The `{parameter}` query parameter value [{value}] is not valid"
            raise _invalid(parameter, [value], words)
    data, errors = [], []
    for value in asked:
        account = ask.account(value)
        is_named = account is not None and (parameter == "ids") == (account.id == value)
        if account is None or not is_named:
            errors.append(_missing(parameter, value))
        elif "suspended" in account.labels:
            errors.append(_suspended(parameter, value))
        else:
            data.append(_user(ask, account))
    return ({"data": data} if data else {}) | ({"errors": errors} if errors else {})


def _user(ask: Ask, account: AccountState) -> dict[str, Any]:
    metrics = {
        "followers_count": account.followers or 0,
        "following_count": account.following or 0,
        "post_count": account.posts_total or 0,
        "listed_count": 0,
        "like_count": 0,
        "media_count": 0,
    }
    optional = {
        "created_at": _time(account.created_at),
        "description": "",
        "protected": account.is_protected,
        "public_metrics": ask.item(account, _spelled(ask, account, metrics)),
        "verified": False,
        "verified_type": "none",
    }
    wanted = _listed(ask, "user.fields")
    shown = {name: value for name, value in optional.items() if name in wanted}
    return {"id": account.id, "name": account.name, "username": account.handle, **shown}


def _timeline(ask: Ask) -> dict[str, Any]:
    name = ask.request.path_params["id"]
    if not _ID.fullmatch(name):
        raise _invalid("id", [name], f"The `id` query parameter value [{name}] is not valid")
    account = ask.account(name)
    if account is None:
        return {"errors": [_missing("id", name)]}
    if "suspended" in account.labels:
        return {"errors": [_suspended("id", name)]}
    if account.is_protected:
        words = f"Sorry, you are not authorized to see the user with id: [{name}]."
        kind = "not-authorized-for-resource"
        return {"errors": [_problem("Authorization Error", words, kind, "id", name)]}
    excluded = set(_listed(ask, "exclude"))
    depth = DEEPEST_WITHOUT_REPLIES if "replies" in excluded else DEEPEST
    start, end = _moment(ask, "start_time"), _moment(ask, "end_time")
    feed = [
        post
        for post in ask.world.posts(ask.platform, account.id, ask.now)[:depth]
        if not (post.is_reply and "replies" in excluded)
        and not (post.reposted_at and "retweets" in excluded)
        and (start is None or post.listed_at >= start)
        and (end is None or post.listed_at < end)
    ]
    size, place = _size(ask), _place(ask)
    page = feed[place : place + size]
    items = [_post(ask, account, post) for post in page]
    following = _token(place + size) if place + size < len(feed) else None
    items, following = ask.page(items, following)
    meta: dict[str, Any] = {"result_count": len(items)}
    if items:
        meta |= {"newest_id": items[0]["id"], "oldest_id": items[-1]["id"]}
    if following:
        meta["next_token"] = following
    if place:
        meta["previous_token"] = _token(max(place - size, 0))
    return ({"data": items} if items else {}) | {"meta": meta}


def _lookup(ask: Ask) -> dict[str, Any]:
    known = posts_by_id(ask.world, ask.platform, ask.now)
    asked = _listed(ask, "ids")
    found = [known[name] for name in asked if name in known]
    data = [_post(ask, *one) for one in found if not one[0].is_protected]
    errors = [_missing("ids", name, "tweet") for name in asked if name not in known]
    return ({"data": data} if data else {}) | ({"errors": errors} if errors else {})


def _post(ask: Ask, account: AccountState, post: PostState) -> dict[str, Any]:
    metrics = {
        "repost_count": post.shares,
        "reply_count": post.comments,
        "like_count": post.reactions,
        "quote_count": post.quotes,
        "bookmark_count": 0,
        "impression_count": post.views or 0,
    }
    optional: dict[str, Any] = {
        "created_at": _time(post.listed_at),
        "public_metrics": ask.item(account, _spelled(ask, account, metrics)),
        "lang": "sv",
        "author_id": account.id,
    }
    prefix = {"image": "3_", "video": "7_"}.get(post.kind)
    if prefix:
        optional["attachments"] = {"media_keys": [prefix + post.id]}
    wanted = _listed(ask, "post.fields") + _listed(ask, "tweet.fields")
    shown = {name: value for name, value in optional.items() if name in wanted}
    history = _spelled(ask, account, {"edit_history_post_ids": [post.id]})
    return {"id": post.id, "text": post.text, **history, **shown}


def _spelled(ask: Ask, account: AccountState, fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields under the names of the dialect that was asked for."""
    is_old = "tweet.fields" in ask.request.query_params or "legacy" in account.labels
    old = {_NEW_AND_OLD.get(name, name): value for name, value in fields.items()}
    if "both" in account.labels:
        return fields | old
    return old if is_old else fields


def _listed(ask: Ask, name: str) -> list[str]:
    return [part for value in ask.params(name) for part in value.split(",") if part]


def _size(ask: Ask) -> int:
    given = ask.param("max_results") or "10"
    if not given.isdigit() or not 5 <= int(given) <= MAX_POSTS:  # noqa: PLR2004
        words = f"The `max_results` query parameter value [{given}] is not between 5 and 100"
        raise _invalid("max_results", [given], words)
    return int(given)


def _token(place: int) -> str:
    return base64.b32encode(f"at{place:06}".encode()).decode().lower().rstrip("=")


def _place(ask: Ask) -> int:
    token = ask.param("pagination_token")
    if not token:
        return 0
    try:
        return int(base64.b32decode(token.upper() + "=" * (-len(token) % 8))[2:])
    except ValueError:
        words = f"The `pagination_token` query parameter value [{token}] is not valid"
        raise _invalid("pagination_token", [token], words) from None


def _moment(ask: Ask, name: str) -> datetime | None:
    given = ask.param(name)
    if not given:
        return None
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        moment = datetime.min  # noqa: DTZ901 - refused below for having no zone
    if moment.tzinfo is None:
        raise _invalid(name, [given], f"The `{name}` query parameter value [{given}] is not valid")
    return moment


def _time(moment: datetime) -> str:
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="milliseconds") + "Z"


def _missing(parameter: str, value: str, resource: str = "user") -> dict[str, Any]:
    words = f"Could not find {resource} with {parameter}: [{value}]."
    kind = "resource-not-found"
    return _problem("Not Found Error", words, kind, parameter, value) | {"resource_type": resource}


def _suspended(parameter: str, value: str) -> dict[str, Any]:
    words = f"User has been suspended: [{value}]."
    return _problem("Forbidden", words, "resource-not-found", parameter, value)


def _problem(title: str, detail: str, kind: str, parameter: str, value: str) -> dict[str, Any]:
    return {
        "value": value,
        "detail": detail,
        "title": title,
        "resource_type": "user",
        "parameter": parameter,
        "resource_id": value,
        "type": PROBLEMS + kind,
    }


def _invalid(parameter: str, values: list[str], words: str) -> Refusal:
    return Refusal(400, invalid(parameter, values, words))


def invalid(parameter: str, values: list[str], words: str) -> dict[str, Any]:
    """Return the body of a 400 for a parameter."""
    return {
        "errors": [{"parameters": {parameter: values}, "message": words}],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": PROBLEMS + "invalid-request",
    }


def _error_body(status: int) -> dict[str, Any]:
    titles = {
        401: "Unauthorized",
        402: "Payment Required",
        403: "Forbidden",
        404: "Not Found",
        429: "Too Many Requests",
        503: "Service Unavailable",
    }
    title = titles.get(status, "Internal Server Error" if status >= 500 else "Invalid Request")  # noqa: PLR2004
    kind = PROBLEMS + "client-forbidden" if status == 403 else "about:blank"  # noqa: PLR2004
    return {"title": title, "detail": title, "type": kind, "status": status}


def _check(request: Request) -> None:
    if request.headers.get("authorization") != f"Bearer {TOKEN}":
        raise Refusal(401, _error_body(401))


def _rate_headers(state: WindowState) -> dict[str, str]:
    return {
        "x-rate-limit-limit": str(state.limit),
        "x-rate-limit-remaining": str(state.remaining),
        "x-rate-limit-reset": str(state.resets_at),
    }


def _limit_key(request: Request, endpoint: str) -> str:
    name = endpoint
    if endpoint == "tweets":
        name = "timeline" if "id" in request.path_params else "lookup"
    return f"{name} {request.headers.get('authorization', '')}"


def _named(request: Request, _: object) -> list[str]:
    query = request.query_params
    names = [n for key in ("ids", "usernames") for v in query.getlist(key) for n in v.split(",")]
    return [n for n in (*names, request.path_params.get("id", "")) if n]


PLATFORM = SandboxPlatform(
    name="x",
    prefix="x",
    limit=(LIMITS["users"], WINDOW_SECONDS),
    rate_headers=_rate_headers,
    error_body=_error_body,
    check=_check,
    window=lambda: WindowByName(
        {name: FixedWindow(limit, WINDOW_SECONDS) for name, limit in LIMITS.items()}
    ),
    limit_key=_limit_key,
    endpoints=(
        Endpoint(path="/2/users/by", answer=_users_by, accounts=_named),
        Endpoint(path="/2/users", answer=_users_of, accounts=_named),
        Endpoint(path="/2/users/{id}/tweets", answer=_timeline, accounts=_named),
        Endpoint(path="/2/tweets", answer=_lookup, accounts=_named),
    ),
)
