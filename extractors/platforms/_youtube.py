"""How YouTube spells its answers: known fields, counts as text, rounding, reasons of failures.

Belongs here: reading one answer. Does not belong here: which calls are made (`youtube.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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
from extractors.platforms.shapes import (
    DROP,
    KEEP,
    LARGEST_COUNT,
    Shape,
    count,
    moment,
    optional_text,
    required_text,
)

if TYPE_CHECKING:
    from datetime import datetime

    from extractors.http import Answer

_HEAD: dict[str, Shape] = {"kind": KEEP, "etag": DROP, "id": KEEP}
_UNUSED_SNIPPET = ("description", "thumbnails", "localized", "defaultLanguage", "tags")
CHANNEL: dict[str, Shape] = {
    **_HEAD,
    "snippet": {
        **dict.fromkeys(("title", "customUrl", "publishedAt", "country"), KEEP),
        **dict.fromkeys(_UNUSED_SNIPPET, DROP),
    },
    "statistics": {
        **dict.fromkeys(("viewCount", "subscriberCount", "hiddenSubscriberCount"), KEEP),
        "videoCount": KEEP,
        "commentCount": DROP,
    },
    "contentDetails": {"relatedPlaylists": {"uploads": KEEP, "likes": DROP, "favorites": DROP}},
}
ITEM: dict[str, Shape] = {
    **_HEAD,
    "snippet": {
        **dict.fromkeys(("title", "publishedAt", "channelId", "position"), KEEP),
        **dict.fromkeys(("channelTitle", "playlistId", "resourceId"), DROP),
        **dict.fromkeys(("videoOwnerChannelTitle", "videoOwnerChannelId"), DROP),
        **dict.fromkeys(_UNUSED_SNIPPET, DROP),
    },
    "contentDetails": {
        **dict.fromkeys(("videoId", "videoPublishedAt"), KEEP),
        **dict.fromkeys(("note", "startAt", "endAt"), DROP),
    },
}
VIDEO: dict[str, Shape] = {
    **_HEAD,
    "snippet": {"publishTime": KEEP},
    "statistics": {
        **dict.fromkeys(("viewCount", "likeCount", "commentCount"), KEEP),
        **dict.fromkeys(("dislikeCount", "favoriteCount"), DROP),
    },
    "contentDetails": {"duration": KEEP},
}
_COMMENT: dict[str, Shape] = {
    **_HEAD,
    "snippet": {
        **dict.fromkeys(("publishedAt", "videoId"), KEEP),
        **dict.fromkeys(("textDisplay", "textOriginal", "authorDisplayName", "updatedAt"), DROP),
        **dict.fromkeys(("authorProfileImageUrl", "authorChannelUrl"), DROP),
        "authorChannelId": {"value": KEEP},  # the channel's own, see `without_visitors`
        **dict.fromkeys(("canRate", "viewerRating", "likeCount", "parentId", "channelId"), DROP),
    },
}
THREAD: dict[str, Shape] = {
    **_HEAD,
    "snippet": {
        "topLevelComment": _COMMENT,
        **dict.fromkeys(("videoId", "totalReplyCount"), KEEP),
        **dict.fromkeys(("channelId", "canReply", "isPublic"), DROP),
    },
    "replies": {"comments": [_COMMENT]},
}
# Reason, in lower case and without underscores, of either place -> kind of failure.
_QUOTA = {"quotaexceeded", "dailylimitexceeded", "dailylimitexceededunreg"}
_RATE = {"ratelimitexceeded", "userratelimitexceeded", "servingquotaexceeded"}
_KEY = {"keyinvalid", "keyexpired", "apikeyinvalid", "apikeyexpired", "autherror", "unauthorized"}
_KEY |= {"accessnotconfigured", "servicedisabled", "iprefererblocked", "apikeyserviceblocked"}
_KEY |= {"apikeyhttpreferrerblocked", "apikeyipaddressblocked", "accounttemporarilylocked"}
GONE = {
    "channelnotfound": "YouTube knows no such channel",
    "channelclosed": "the channel was closed",
    "channelsuspended": "the channel was suspended",
    "playlistnotfound": "YouTube shows no uploads of it",
    "videonotfound": "the video is gone",
}
_MOMENT = {"backenderror", "internalerror", "serviceunavailable", "processingfailure"}
_NO_COMMENTS = {"commentsdisabled"}
_DIGITS = re.compile(r"[0-9]{1,20}")


class CommentsDisabled(ExtractionError):
    """A video takes no comments: there is nothing to read, and nothing is wrong."""

    kind = "comments_disabled"


def failure(answer: Answer, *, key: str, resets_at: datetime) -> ExtractionError | None:
    """Return the failure an answer stands for, by the reasons in both places of its body.

    Args:
        answer: Of any endpoint.
        key: Name of the setting that holds the API key.
        resets_at: When a used-up quota is granted anew.
    """
    payload = answer.payload if isinstance(answer.payload, Mapping) else {}
    error = payload.get("error")
    if not isinstance(error, Mapping):
        return None
    reasons = list(_reasons(error))
    plain = {reason.lower().replace("_", "") for reason in reasons}
    shown = reasons[0] if reasons else error.get("status", answer.status)
    said = f"answered {shown}: {str(error.get('message', ''))[:200]}"
    by_reason: tuple[tuple[set[str], ExtractionError], ...] = (
        (_QUOTA, QuotaExhausted("the quota of the day is used up", resets_at=resets_at)),
        (_RATE, RateLimited(said)),
        (_KEY, AuthError(said, next_step=f"Check {key} and that the key may use this API.")),
        (_NO_COMMENTS, CommentsDisabled("the video takes no comments")),
        *(({reason}, AccountNotVisible(words)) for reason, words in GONE.items()),
        (_MOMENT, Transient(said)),
    )
    for known, found in by_reason:
        if plain & known:
            return found
    return _by_status(answer.status, said)


def _by_status(status: int, said: str) -> ExtractionError:
    kinds: dict[int, type[ExtractionError]] = {
        401: AuthError,
        403: PermissionDenied,
        429: RateLimited,
    }
    if status < 400:  # noqa: PLR2004 - an error body under a success
        return SchemaDrift(said)
    return Transient(said) if status >= 500 else kinds.get(status, RequestRefused)(said)  # noqa: PLR2004


def resolution(subscribers: int | None) -> int:
    """Return the step a subscriber count was rounded down to: three significant figures.

    A count with more figures than that was not rounded, whatever is documented.
    """
    step: int = 10 ** max(len(str(subscribers or 0)) - 3, 0)
    return 1 if subscribers is None or subscribers % step else step


def text_count(item: Mapping[str, object], key: str, *, most: int = LARGEST_COUNT) -> int | None:
    """Return a counter that YouTube sends as text; None where it shows none.

    Raises:
        SchemaDrift: when it is neither digits nor a whole number, or beyond `most`.
    """
    value = item.get(key)
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return count({key: int(value)}, key, most=most)
    return count(item, key, most=most)


def inner(item: Mapping[str, object], key: str) -> Mapping[str, object]:
    """Return the object under `key`.

    Raises:
        SchemaDrift: when there is none.
    """
    value = item.get(key)
    if not isinstance(value, Mapping):
        raise SchemaDrift(f"{key} is missing")
    return value


def take_listed(
    item: Mapping[str, object],
    oldest: datetime,
    found: dict[str, tuple[datetime, str | None]],
    problems: list[str],
) -> bool:
    """Add an item's video to `found` if it is new enough; return whether it is not."""
    try:
        details = inner(item, "contentDetails")
        if details.get("videoPublishedAt") is None:
            return False  # private or deleted: it is listed without a time
        at = moment(details, "videoPublishedAt")
        if at >= oldest:
            title = optional_text(inner(item, "snippet"), "title")
            found[required_text(details, "videoId")] = (at, title)
    except SchemaDrift as error:
        problems.append(f"one video left out, {error.what}")
        return False
    return at < oldest


def author(snippet: Mapping[str, object]) -> object:
    """Return the channel that wrote a comment, to compare and forget."""
    channel = snippet.get("authorChannelId")
    return channel.get("value") if isinstance(channel, Mapping) else None


def without_visitors(thread: Mapping[str, object], channel: str) -> dict[str, object]:
    """Return a thread that names nobody but the channel: who asked is nobody's business."""
    shown = dict(thread)
    snippet, replies = thread.get("snippet"), thread.get("replies")
    if isinstance(snippet, Mapping):
        top = _unless_visitor(snippet.get("topLevelComment"), channel)
        shown["snippet"] = {**snippet, "topLevelComment": top}
    comments = replies.get("comments") if isinstance(replies, Mapping) else None
    if isinstance(replies, Mapping) and isinstance(comments, list):
        shown["replies"] = {**replies, "comments": [_unless_visitor(c, channel) for c in comments]}
    return shown


def _unless_visitor(comment: object, channel: str) -> object:
    snippet = comment.get("snippet") if isinstance(comment, Mapping) else None
    if not isinstance(comment, Mapping) or not isinstance(snippet, Mapping):
        return comment
    if author(snippet) == channel:
        return comment
    return {**comment, "snippet": {k: v for k, v in snippet.items() if k != "authorChannelId"}}


def is_before(oldest: datetime, thread: Mapping[str, object]) -> bool:
    """Return whether a thread was begun before `oldest`; one that cannot be read was not."""
    try:
        top = inner(inner(thread, "snippet"), "topLevelComment")
        return moment(inner(top, "snippet"), "publishedAt") < oldest
    except SchemaDrift:
        return False


def by(channel: str, comment: Mapping[str, object]) -> bool:
    """Return whether the channel itself wrote a comment."""
    return author(inner(comment, "snippet")) == channel


def _reasons(error: Mapping[str, object]) -> Iterator[str]:
    for place in ("errors", "details"):
        found = error.get(place)
        for item in found if isinstance(found, list) else []:
            if isinstance(item, Mapping) and isinstance(item.get("reason"), str):
                yield item["reason"]
