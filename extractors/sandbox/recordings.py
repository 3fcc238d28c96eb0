"""The bundled recordings, put together to the one world that the sandbox replays by default.

Belongs here: reading the files in `worlds/` as their authors published them. Does not belong here:
what a world is (`world.py`).
"""

from __future__ import annotations

import csv
import gzip
import io
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from extractors.sandbox.world import AccountState, PostState, ReplayedWorld

if TYPE_CHECKING:
    from collections.abc import Iterator

THINK_TANKS = "uk_thinktanks_bluesky_followers.csv.gz"
PARTY_LEADERS = "ca2015_facebook_posts.csv.gz"

FILE_BEHIND_UTC = timedelta(hours=1)
"""`created_time` has no zone and is an hour before the same author's raw `+0000` times."""

_PAGES = {
    "9106562109": ("RtHonStephenHarper", "Stephen Harper"),
    "149331805154700": ("TomMulcair", "Tom Mulcair"),
    "21751825648": ("JustinPJTrudeau", "Justin Trudeau"),
}
"""Page id -> handle and name, from the same author's raw scrapes."""

_KINDS = {"photo": "image", "video": "video", "link": "link", "status": "text", "event": "event"}


@lru_cache
def recorded_world() -> ReplayedWorld:
    """Return what was recorded: 49 think tanks' counts and three party leaders' posts."""
    feeds = _party_leader_feeds()
    return ReplayedWorld(
        _think_tank_rows(),
        feeds,
        uncounted=[_page(page, feed) for (_, page), feed in feeds.items()],
    )


def _rows(name: str) -> Iterator[dict[str, str]]:
    packed = files("extractors.sandbox").joinpath("worlds", name).read_bytes()
    text = gzip.decompress(packed).decode("utf-8-sig")
    # With newline="" the reader sees line breaks inside quoted fields as they are.
    return csv.DictReader(io.StringIO(text, newline=""))


def _think_tank_rows() -> Iterator[tuple[date, AccountState]]:
    for row in _rows(THINK_TANKS):
        yield (
            recorded_day(row["date"]),
            AccountState(
                platform="bluesky",
                id=row["did"],
                handle=row["handle"].lower(),
                name=row["display_name"],
                created_at=datetime.fromisoformat(row["created_at"]),
                followers=int(row["followers_count"]),
                posts_total=int(row["posts_count"]),
            ),
        )


def _party_leader_feeds() -> dict[tuple[str, str], list[PostState]]:
    feeds: dict[tuple[str, str], list[PostState]] = {
        ("facebook", page): [] for page in sorted(_PAGES)
    }
    for row in _rows(PARTY_LEADERS):
        page = row["id"].split("_")[0]
        published_at = published_moment(row["created_time"])
        feeds["facebook", page].append(
            PostState(
                id=row["id"],
                author_id=page,
                published_at=published_at,
                indexed_at=published_at,
                kind=_KINDS[row["type"]],
                reactions=int(row["likes_count"]),
                comments=int(row["comments_count"]),
                shares=int(row["shares_count"]),
            )
        )
    return feeds


def _page(page: str, feed: list[PostState]) -> AccountState:
    """Return a page of which only posts were recorded; nobody noted its followers.

    Its birthday was not noted either: it is known from its first recorded post on.
    """
    handle, name = _PAGES[page]
    return AccountState(
        platform="facebook",
        id=page,
        handle=handle,
        name=name,
        created_at=min(post.published_at for post in feed),
        followers=None,
        hides_followers=True,
    )


def published_moment(text: str) -> datetime:
    """Return the UTC moment of a `created_time` of the party leaders' recording.

    Raises:
        ValueError: when it is no time, or has a zone after all.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        raise ValueError(f"{text!r} has a zone; the recording's times have none")
    return moment.replace(tzinfo=UTC) + FILE_BEHIND_UTC


def recorded_day(text: str) -> date:
    """Return the day of a row of the think tank recording.

    The column holds ISO dates and, in its first four days, DD/MM/YYYY: 15/03/2025, 20/03/2025 and
    22/04/2025 can only be day first, and 07/04/2025 stands between them in the file. Nothing else
    is accepted.

    Raises:
        ValueError: for any other spelling.
    """
    if "/" in text:
        return datetime.strptime(text, "%d/%m/%Y").replace(tzinfo=UTC).date()
    return date.fromisoformat(text)
