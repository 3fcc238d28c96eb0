"""YouTube Data API v3 with an API key, as `youtube.googleapis.com` serves public data.

Every count is a string, subscribers are rounded down to three significant figures, and counters
that are switched off are left out. Units are counted in two buckets that are filled again at
midnight in Los Angeles; beyond them the answer is a 403.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from extractors.sandbox.exchange import Ask, Endpoint, Refusal, SandboxPlatform
from extractors.sandbox.windows import WindowByName, ZoneDayWindow
from extractors.sandbox.world import posts_by_id, questions_by_post

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request

    from extractors.sandbox.windows import WindowState
    from extractors.sandbox.world import AccountState, InquiryState, PostState

KEY = "sandbox"
UNITS = 10_000
ZONE = "America/Los_Angeles"
MAX_IDS = MAX_RESULTS = 50
MAX_THREADS = 100
_Parts = dict[str, "Callable[[], dict[str, Any]]"]


def floor3(number: int) -> int:
    """Return a count as YouTube shows subscribers: rounded down to three significant figures."""
    step: int = 10 ** max(len(str(number)) - 3, 0)
    return number // step * step


def _channels(ask: Ask) -> dict[str, Any]:
    ids, handle, user = _listed(ask, "id"), ask.param("forHandle"), ask.param("forUsername")
    if sum(map(bool, (ids, handle, user))) != 1:
        raise _refusal(400, "missingRequiredParameter", "No filter selected. Expected one of: id")
    _limited(ids)
    name = handle.removeprefix("@") or user
    found = {s.id: s for s in map(ask.account, ids or [name]) if s is not None}
    size, start = _size(ask, MAX_RESULTS), _start(ask)
    items = [_channel(ask, state) for state in list(found.values())[start : start + size]]
    following = _token(start + size) if start + size < len(found) else None
    return _list_of(ask, "channelList", items, following, total=len(found), size=size)


def _channel(ask: Ask, account: AccountState) -> dict[str, Any]:
    followers = account.followers
    statistics = {
        "viewCount": _text(account.views_total or 0),
        "subscriberCount": "0" if followers is None else _text(floor3(followers)),
        "hiddenSubscriberCount": followers is None,
        "videoCount": _text(account.posts_total or 0),
    }
    uploads = {"likes": "", "uploads": _uploads(account.id)}
    parts: _Parts = {
        "snippet": lambda: {
            "title": account.name,
            "description": "",
            "customUrl": f"@{account.handle}",
            "publishedAt": _time(account.created_at),
            "localized": {"title": account.name, "description": ""},
            "country": "SE",
        },
        "statistics": lambda: ask.item(account, statistics),
        "contentDetails": lambda: {"relatedPlaylists": uploads},
        "status": lambda: {
            "privacyStatus": "public",
            "isLinked": True,
            "longUploadsStatus": "longUploadsUnspecified",
        },
    }
    return _resource(ask, "channel", account.id, parts)


def _playlist_items(ask: Ask) -> dict[str, Any]:
    playlist = ask.param("playlistId")
    account = ask.account("UC" + playlist[2:]) if playlist.startswith("UU") else None
    if account is None:
        words = "The playlist identified with the request's playlistId parameter cannot be found."
        raise _refusal(404, "playlistNotFound", words)
    feed = ask.world.posts(ask.platform, account.id, ask.now)
    size = _size(ask, MAX_RESULTS)
    start = _start(ask)
    page = feed[start : start + size]
    items = [_playlist_item(ask, account, post, start + n) for n, post in enumerate(page)]
    following = _token(start + size) if start + size < len(feed) else None
    items, following = ask.page(items, following)
    return _list_of(ask, "playlistItemList", items, following, total=len(feed), size=size)


def _playlist_item(ask: Ask, account: AccountState, post: PostState, place: int) -> dict[str, Any]:
    at = _time(post.published_at)
    parts: _Parts = {
        "snippet": lambda: {
            "publishedAt": at,
            "channelId": account.id,
            "title": post.text,
            "description": "",
            "channelTitle": account.name,
            "playlistId": _uploads(account.id),
            "position": place,
            "resourceId": {"kind": "youtube#video", "videoId": post.id},
        },
        "contentDetails": lambda: {"videoId": post.id, "videoPublishedAt": at},
    }
    name = base64.urlsafe_b64encode(f"{account.id}.{post.id}".encode()).decode().rstrip("=")
    return _resource(ask, "playlistItem", name, parts)


def _videos(ask: Ask) -> dict[str, Any]:
    items = [_video(ask, "video", *found) for found in _asked_videos(ask)]
    return _list_of(ask, "videoList", items, None, total=len(items), size=len(items))


def _stats(ask: Ask) -> dict[str, Any]:
    items = [_video(ask, "videoStats", *found) for found in _asked_videos(ask)]
    return {"kind": "youtube#batchGetStatsResponse", "etag": _etag(items), "items": items}


def _asked_videos(ask: Ask) -> list[tuple[AccountState, PostState]]:
    ids = _listed(ask, "id")
    if not ids:
        raise _refusal(400, "missingRequiredParameter", "No filter selected. Expected one of: id")
    _limited(ids)
    known = posts_by_id(ask.world, ask.platform, ask.now)
    return [known[video] for video in dict.fromkeys(ids) if video in known]


def _video(ask: Ask, kind: str, account: AccountState, post: PostState) -> dict[str, Any]:
    counts = {"viewCount": post.views or 0}
    if "reactions" not in post.hidden:
        counts["likeCount"] = post.reactions
    if "comments" not in post.hidden:
        counts["commentCount"] = post.comments
    shown: dict[str, Any] = {name: _text(count) for name, count in counts.items()}
    at = _time(post.published_at)
    if kind == "video":
        shown["favoriteCount"] = "0"
        snippet = {
            "publishedAt": at,
            "channelId": account.id,
            "title": post.text,
            "description": "",
            "channelTitle": account.name,
            "categoryId": "25",
            "liveBroadcastContent": "none",
        }
    else:
        snippet = {"publishTime": at}
    # One length, spelled as each of the two resources spells it.
    duration = "PT2M5S" if kind == "video" else "125s"
    parts: _Parts = {
        "snippet": lambda: snippet,
        "statistics": lambda: ask.item(account, shown),
        "contentDetails": lambda: {"duration": duration},
    }
    return _resource(ask, kind, post.id, parts)


def _comment_threads(ask: Ask) -> dict[str, Any]:
    video = ask.param("videoId")
    found = posts_by_id(ask.world, ask.platform, ask.now).get(video)
    if found is None:
        words = "The video identified by the videoId parameter could not be found."
        raise _refusal(404, "videoNotFound", words)
    account, post = found
    if "comments" in post.hidden:
        raise _refusal(403, "commentsDisabled", "The video has disabled comments.")
    known = questions_by_post(ask.world, ask.platform, account.id, ask.now).get(video, ())
    asked = sorted(known, key=lambda question: (question.asked_at, question.id), reverse=True)
    size, start = _size(ask, MAX_THREADS, 20), _start(ask)
    items = [_thread(ask, account, question) for question in asked[start : start + size]]
    following = _token(start + size) if start + size < len(asked) else None
    items, following = ask.page(items, following)
    return _list_of(ask, "commentThreadList", items, following, total=len(items), size=size)


def _thread(ask: Ask, account: AccountState, question: InquiryState) -> dict[str, Any]:
    def comment(name: str, author: str, text: str, at: datetime) -> dict[str, Any]:
        snippet = {
            "channelId": account.id,
            "videoId": question.post_id,
            "textDisplay": text,
            "textOriginal": text,
            "authorDisplayName": f"@{author}",
            "authorChannelId": {"value": author},
            "likeCount": 0,
            "publishedAt": _time(at),
            "updatedAt": _time(at),
        }
        return {"kind": "youtube#comment", "etag": _etag(name), "id": name, "snippet": snippet}

    replies = []
    if question.replied_at and question.reply_id:
        replies = [comment(question.reply_id, account.id, "Tack!", question.replied_at)]
    top = comment(question.id, question.author_id, question.text, question.asked_at)
    parts: _Parts = {
        "snippet": lambda: {
            "channelId": account.id,
            "videoId": question.post_id,
            "topLevelComment": top,
            "canReply": True,
            "totalReplyCount": len(replies),
            "isPublic": True,
        }
    }
    if replies:
        parts["replies"] = lambda: {"comments": replies}
    return _resource(ask, "commentThread", question.id, parts)


def _resource(ask: Ask, kind: str, name: str, parts: _Parts) -> dict[str, Any]:
    wanted = _listed(ask, "part")
    if not wanted:
        raise _refusal(400, "missingRequiredParameter", "Required parameter: part")
    shown = {part: make() for part, make in parts.items() if part in wanted}
    return {"kind": f"youtube#{kind}", "etag": _etag(shown), "id": name, **shown}


def _list_of(
    ask: Ask, kind: str, items: list[Any], following: str | None, *, total: int, size: int
) -> dict[str, Any]:
    """Return a list's envelope; without anything to list, `items` is left out."""
    body = {"kind": f"youtube#{kind}Response", "etag": _etag([items, ask.param("pageToken")])}
    paging = {"totalResults": total, "resultsPerPage": size}
    given = {"nextPageToken": following} if following else {}
    is_left_out = kind == "channelList" and not items
    return {**body, **given, "pageInfo": paging, **({} if is_left_out else {"items": items})}


def _listed(ask: Ask, name: str) -> list[str]:
    return [part for value in ask.params(name) for part in value.split(",") if part]


def _limited(ids: Sequence[str]) -> None:
    if len(ids) > MAX_IDS:
        words = f"The request specifies more than {MAX_IDS} ids."
        raise _refusal(400, "invalidFilters", words)


def _size(ask: Ask, most: int, default: int = 5) -> int:
    given = ask.param("maxResults") or str(default)
    if not given.isdigit() or not 1 <= int(given) <= most:
        words = f"Invalid value '{given}'. Values must be within the range: [1, {most}]"
        raise _refusal(400, "invalidParameter", words)
    return int(given)


def _token(start: int) -> str:
    return base64.urlsafe_b64encode(b"CA" + str(start).encode()).decode().rstrip("=")


def _start(ask: Ask) -> int:
    token = ask.param("pageToken")
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))[2:])
    except ValueError:
        words = "The request specifies an invalid page token."
        raise _refusal(400, "invalidPageToken", words) from None


def _uploads(channel_id: str) -> str:
    return "UU" + channel_id[2:]


def _text(count: int) -> str:
    return str(count)


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _etag(of: object) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(repr(of).encode()).digest()[:20]).decode()


def _refusal(status: int, reason: str, message: str) -> Refusal:
    return Refusal(status, error(status, reason, message))


def error(status: int, reason: str, message: str, detail: str | None = None) -> dict[str, Any]:
    """Return an error body with its reason in the old place, and in the new one if given."""
    domain = "youtube.quota" if reason == "quotaExceeded" else "youtube.api"
    found: dict[str, Any] = {
        "code": status,
        "message": message,
        "errors": [{"message": message, "domain": domain, "reason": reason}],
    }
    if detail:
        kind = "type.googleapis.com/google.rpc.ErrorInfo"
        found["details"] = [{"@type": kind, "reason": detail, "domain": "googleapis.com"}]
    return {"error": found}


def _error_body(status: int) -> dict[str, Any]:
    known = {
        400: ("badRequest", "API key not valid. Please pass a valid API key.", "API_KEY_INVALID"),
        403: (
            "quotaExceeded",
            "The request cannot be completed because you have exceeded your quota.",
            None,
        ),
        404: ("notFound", "Not Found", None),
        429: ("rateLimitExceeded", "Too many requests.", "RATE_LIMIT_EXCEEDED"),
    }
    reason, words, detail = known.get(status, ("backendError", "Backend Error", None))
    return error(status, reason, words, detail)


def _check(request: Request) -> None:
    given = request.headers.get("x-goog-api-key") or request.query_params.get("key")
    if not given:
        words = "Method doesn't allow unregistered callers."
        raise _refusal(403, "forbidden", words)
    if given != KEY:
        raise Refusal(400, _error_body(400))


def _named(request: Request, _: object) -> list[str]:
    """Return the channels and videos a request names; an uploads list names its channel."""
    query = request.query_params
    names = [part for value in query.getlist("id") for part in value.split(",")]
    names += [query.get("forHandle", "").removeprefix("@"), query.get("videoId", "")]
    return [n for n in (*names, "UC" + query.get("playlistId", "")[2:]) if n]


def _limit_key(request: Request, endpoint: str) -> str:
    given = request.headers.get("x-goog-api-key") or request.query_params.get("key", "")
    return f"{'stats' if endpoint == 'videos:batchGetStats' else 'default'} {given}"


def _no_headers(_: WindowState) -> dict[str, str]:
    return {}


PLATFORM = SandboxPlatform(
    name="youtube",
    prefix="youtube",
    limit=(UNITS, 86_400),
    rate_headers=_no_headers,
    error_body=_error_body,
    check=_check,
    window=lambda: WindowByName(
        {name: ZoneDayWindow(UNITS, ZONE) for name in ("default", "stats")}
    ),
    refused=lambda _: _error_body(403),
    refused_status=403,
    limit_key=_limit_key,
    endpoints=tuple(
        Endpoint(path=f"/youtube/v3/{name}", answer=answer, accounts=_named)
        for name, answer in (
            ("channels", _channels),
            ("playlistItems", _playlist_items),
            ("videos", _videos),
            ("videos:batchGetStats", _stats),
            ("commentThreads", _comment_threads),
        )
    ),
)
