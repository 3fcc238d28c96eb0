"""The records that extractors and imports yield: the contract with everything downstream.

Belongs here: the fields of a record and their Arrow types in the lake.
Does not belong here: how a platform spells them (`platforms/`) or where they lie (`lake.py`).

A count that a platform does not show is `None`, never 0. Times are aware and in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime  # noqa: TC003 - the schemas are made from the annotations
from enum import StrEnum
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa


class Platform(StrEnum):
    """Every platform an account can live on; adding one is one value here and one module."""

    BLUESKY = "bluesky"
    FACEBOOK = "facebook"
    INSTAGRAM = "instagram"
    LINKEDIN = "linkedin"
    MASTODON = "mastodon"
    SNAPCHAT = "snapchat"
    THREADS = "threads"
    TIKTOK = "tiktok"
    WIKIDATA = "wikidata"
    X = "x"
    YOUTUBE = "youtube"


class Definition(StrEnum):
    """What a follower count counts. Growth never spans a change of it."""

    FOLLOWERS = "followers"
    PAGE_LIKES = "page_likes"
    SUBSCRIBERS = "subscribers"


class Visibility(StrEnum):
    """Whether the platform showed the account, and its count, when it was asked."""

    VISIBLE = "visible"
    COUNT_HIDDEN = "count_hidden"
    NOT_VISIBLE = "not_visible"


class Origin(StrEnum):
    """Where a record came from: the platform itself, the local sandbox, or a file."""

    LIVE = "live"
    SANDBOX = "sandbox"
    IMPORT = "import"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileSnapshot:
    """One account's public counters at one moment.

    `followers_resolution` is the step the platform rounds to (1 = exact, YouTube: three
    significant figures): no rank may rest on a difference below it. `handle` is the name seen
    with the counters, an attribute, never the key. `source` names the API or file layout that
    was read, e.g. `bluesky_api` or `manual_capture`.
    """

    account_id: str
    observed_at: datetime
    followers: int | None
    source: str
    origin: Origin
    extracted_at: datetime
    load_id: str
    following: int | None = None
    posts_total: int | None = None
    likes_total: int | None = None
    views_total: int | None = None
    followers_resolution: int = 1
    definition: Definition = Definition.FOLLOWERS
    visibility: Visibility = Visibility.VISIBLE
    handle: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostSnapshot:
    """One of the account's own posts with its lifetime counters as seen at `observed_at`.

    `reactions`, `comments` and `shares` are the public counters of the platform; `saves` and
    `clicks` are shown to owners only and are never mixed with them. `definition_version` names the
    platform's definition of `views` in force (see `metric_definition_changes`), None where no
    change of it is known; parts written before the field existed have none either.
    """

    account_id: str
    post_id: str
    published_at: datetime
    observed_at: datetime
    source: str
    origin: Origin
    extracted_at: datetime
    load_id: str
    kind: str = "other"
    text: str | None = None
    permalink: str | None = None
    reactions: int | None = None
    comments: int | None = None
    shares: int | None = None
    quotes: int | None = None
    views: int | None = None
    saves: int | None = None
    clicks: int | None = None
    is_boosted: bool | None = None
    is_repost: bool = False
    is_deleted: bool = False
    definition_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """A public question to the account and its first reply: times only, never who or what."""

    account_id: str
    inquiry_id: str
    channel: str
    asked_at: datetime
    observed_at: datetime
    source: str
    origin: Origin
    extracted_at: datetime
    load_id: str
    first_reply_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowerSegment:
    """The followers of one gender, one age, or both, as an account's owner saw them at one moment.

    Only an owner's export has them. `gender` is women, men or other, `age` a range such as 18-24 or
    65+; one of them may be missing, never both. A file gives people (`followers`) or shares of all
    followers (`share_basis_points`, hundredths of a percent): the other is None.
    """

    account_id: str
    observed_at: datetime
    source: str
    origin: Origin
    extracted_at: datetime
    load_id: str
    gender: str | None = None
    age: str | None = None
    followers: int | None = None
    share_basis_points: int | None = None


Record = ProfileSnapshot | PostSnapshot | Inquiry | FollowerSegment

_UTC = pa.timestamp("us", tz="UTC")
_ARROW_TYPES: dict[str, pa.DataType] = {
    "datetime": _UTC,
    "datetime | None": _UTC,
    "int": pa.int64(),
    "int | None": pa.int64(),
    "bool": pa.bool_(),
    "bool | None": pa.bool_(),
}


def _schema(record: type[Record]) -> pa.Schema:
    return pa.schema(
        [
            pa.field(f.name, _ARROW_TYPES.get(str(f.type), pa.string()), "None" in str(f.type))
            for f in fields(record)
        ]
    )


STREAMS: dict[str, type[Record]] = {
    "profile_snapshots": ProfileSnapshot,
    "posts": PostSnapshot,
    "inquiries": Inquiry,
    "follower_segments": FollowerSegment,
}
"""Stream name in the lake -> the record it holds."""

SCHEMAS: dict[str, pa.Schema] = {name: _schema(record) for name, record in STREAMS.items()}
"""Stream name -> Arrow schema of its Parquet parts, without the hive keys."""

BOOKKEEPING = ("extracted_at", "load_id")
"""When and by which run a record was landed; records equal but for these are one fact."""

LATER_COLUMNS = ("definition_version",)
"""Added since parts were first written; where they say nothing, a part's facts are the same."""


def as_row(record: Record) -> dict[str, Any]:
    """Return a record's values by name; `dataclasses.asdict` would copy every one of them."""
    names = _NAMES[type(record)]
    return dict(zip(names, attrgetter(*names)(record), strict=True))


_NAMES = {record: tuple(f.name for f in fields(record)) for record in STREAMS.values()}


def local_date(moment: datetime, timezone: str) -> date:
    """Return the calendar date of an aware moment in `timezone` (an IANA name)."""
    if moment.tzinfo is None:
        raise ValueError("a record's time must carry a zone, got a naive datetime")
    return moment.astimezone(ZoneInfo(timezone)).date()


def quarter_of(day: date) -> str:
    """Return the label of the quarter that holds a day, e.g. `2026-Q2`."""
    return f"{day.year}-Q{(day.month + 2) // 3}"
