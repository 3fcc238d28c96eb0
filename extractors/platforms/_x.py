"""How X spells its answers: known fields in both dialects, errors beside data, failures.

Belongs here: reading one answer. Does not belong here: which calls are made (`x.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from extractors.errors import (
    AccountNotVisible,
    AuthError,
    ExtractionError,
    PermissionDenied,
    QuotaExhausted,
    RateLimited,
    RequestRefused,
    SchemaDrift,
    Transient,
)
from extractors.platforms.shapes import DROP, KEEP, Shape, count, objects

if TYPE_CHECKING:
    from extractors.http import Answer

ERRORS: list[Shape] = [
    {
        **dict.fromkeys(("value", "title", "type", "parameter", "resource_id"), KEEP),
        **dict.fromkeys(("detail", "resource_type", "section"), DROP),
    }
]
USER: dict[str, Shape] = {
    **dict.fromkeys(("id", "username", "name", "created_at", "protected"), KEEP),
    "public_metrics": {
        **dict.fromkeys(("followers_count", "following_count", "listed_count"), KEEP),
        **dict.fromkeys(("post_count", "tweet_count", "like_count", "media_count"), KEEP),
    },
    **dict.fromkeys(("withheld", "description", "verified", "verified_type"), DROP),
}
POST: dict[str, Shape] = {
    **dict.fromkeys(("id", "text", "created_at"), KEEP),
    "public_metrics": {
        **dict.fromkeys(("repost_count", "retweet_count", "reply_count", "like_count"), KEEP),
        **dict.fromkeys(("quote_count", "bookmark_count", "impression_count"), KEEP),
    },
    "attachments": {"media_keys": KEEP, "poll_ids": KEEP, "media_source_tweet_id": DROP},
    **dict.fromkeys(("edit_history_post_ids", "edit_history_tweet_ids", "withheld"), DROP),
}
META: dict[str, Shape] = {
    **dict.fromkeys(("result_count", "next_token"), KEEP),
    **dict.fromkeys(("previous_token", "newest_id", "oldest_id"), DROP),
}
_MEDIA = {"3": "image", "7": "video", "13": "video", "16": "video"}
"""First part of a media key -> what it is; not documented, long the case."""
_NOT_SHOWN = {
    "resource-not-found": "X knows no such account",
    "resource-unavailable": "X does not show the account now",
    "not-authorized-for-resource": "its posts are protected",
}
_NAMES = {"ids", "usernames", "id"}
_OUR_ACCESS = {"client-forbidden", "unsupported-authentication", "oauth1-permissions"}
_OUR_ACCESS |= {"client-disconnected", "disallowed-resource"}


class ParameterRefused(RequestRefused):
    """X refuses parameters of ours.

    Attributes:
        parameters: Their names.
    """

    def __init__(self, what: str, parameters: set[str]) -> None:
        super().__init__(what)
        self.parameters = parameters


def failure(answer: Answer, *, token: str, wait: float | None) -> ExtractionError | None:
    """Return the failure by the problem's `type`, then by an old error code, then by status.

    Args:
        answer: Of any endpoint.
        token: Name of the setting that holds the bearer token.
        wait: Seconds until the window ends, by the answer's headers.
    """
    payload = answer.payload if isinstance(answer.payload, Mapping) else {}
    kind = str(payload.get("type", "")).rsplit("/", 1)[-1]
    errors = payload.get("errors")
    listed = [e for e in errors if isinstance(e, Mapping)] if isinstance(errors, list) else []
    codes = {error.get("code") for error in listed}
    status = answer.status
    if status < 400 and not codes & {32, 88, 89}:  # noqa: PLR2004 - partial success
        return None
    words = str(payload.get("detail") or payload.get("title") or listed or status)[:200]
    said = f"answered {kind if kind not in ('', 'about:blank') else status}: {words}"
    is_sold_out = kind == "usage-capped" or status == 402 or "credit" in words.lower()  # noqa: PLR2004
    is_ours = status == 401 or kind in _OUR_ACCESS or codes & {32, 89}  # noqa: PLR2004
    found: tuple[tuple[object, ExtractionError], ...] = (
        (is_sold_out, QuotaExhausted(f"X sells no more reads to this app now ({said})")),
        (status == 429 or 88 in codes, RateLimited(said, retry_after=wait)),  # noqa: PLR2004
        (is_ours, AuthError(said, next_step=f"Check {token} and what the app may read.")),
        (kind == "invalid-request", _refused(said, listed)),
        (status >= 500, Transient(said)),  # noqa: PLR2004
        (status == 403, PermissionDenied(said)),  # noqa: PLR2004
    )
    return next((error for is_it, error in found if is_it), RequestRefused(said))


def _refused(said: str, listed: list[Mapping[str, object]]) -> ExtractionError:
    wrong = {name for error in listed for name in _parameters(error)}
    if wrong and wrong <= _NAMES:
        return AccountNotVisible("X takes its name or id for none")
    shown = "; ".join(str(error.get("message", ""))[:200] for error in listed)
    return ParameterRefused(f"{said} {shown}".strip(), wrong)


def parts(
    payload: object,
) -> tuple[list[Mapping[str, object]], list[Mapping[str, object]]]:
    """Return what an answer delivers and what it refuses; either may be left out.

    Raises:
        SchemaDrift: when it has neither and is no empty page.
    """
    body = payload if isinstance(payload, Mapping) else {}
    if not body.keys() & {"data", "errors", "meta"}:
        raise SchemaDrift("gave an answer with neither 'data' nor 'errors'")
    data = objects(body, "data") if "data" in body else []
    return data, objects(body, "errors") if "errors" in body else []


def failure_of(error: Mapping[str, object]) -> ExtractionError:
    """Return what an error beside data stands for."""
    kind = str(error.get("type", "")).rsplit("/", 1)[-1]
    if kind in _NOT_SHOWN:
        is_suspended = error.get("title") == "Forbidden"
        return AccountNotVisible("X suspended the account" if is_suspended else _NOT_SHOWN[kind])
    return SchemaDrift(f"answered {kind or 'an error without a type'} for this account")


def either(item: Mapping[str, object], new: str, old: str) -> int | None:
    """Return a counter under its new name, or under its old one.

    Raises:
        SchemaDrift: when it is no count.
    """
    return count(item, new if item.get(new) is not None else old)


def media_kind(post: Mapping[str, object]) -> str:
    """Return what a post carries, by its first media key."""
    attached = post.get("attachments")
    keys = attached.get("media_keys") if isinstance(attached, Mapping) else None
    if not isinstance(keys, list) or not keys:
        return "text"
    return _MEDIA.get(str(keys[0]).partition("_")[0], "other")


def inner(item: object, key: str) -> Mapping[str, object]:
    """Return the object under `key`.

    Raises:
        SchemaDrift: when there is none.
    """
    value = item.get(key) if isinstance(item, Mapping) else None
    if not isinstance(value, Mapping):
        raise SchemaDrift(f"{key} is missing")
    return value


def _parameters(error: Mapping[str, object]) -> list[str]:
    named = error.get("parameters")
    return [str(name) for name in named] if isinstance(named, Mapping) else []
