"""The whole world as Mastodon.py reads it from the sandbox.

Belongs here: calling the client. Does not belong here: what it should have read
(`tests/conformance/test_mastodon.py`).

Mastodon.py casts every field of every status, which takes it three milliseconds each: so accounts
are read in two processes, and a long timeline can be read down to a day.
"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mastodon import Mastodon

if TYPE_CHECKING:
    from datetime import date, datetime


@dataclass(frozen=True)
class Profile:
    """What the client made of an account."""

    id: str
    username: str
    display_name: str
    followers: int
    following: int
    posts_total: int
    created_on: date


@dataclass(frozen=True)
class Status:
    """What the client made of a status; counts and text of a boost are those of what it passes on.

    `media` holds the kinds of what is attached.
    """

    id: str
    author: str
    published_at: datetime
    is_boost: bool
    is_reply: bool
    reactions: int
    comments: int
    shares: int
    quotes: int
    content: str
    url: str
    media: tuple[str, ...]
    has_card: bool


def client(url):
    return Mastodon(
        api_base_url=f"{url}/mastodon", ratelimit_method="throw", version_check_mode="none"
    )


def timeline(api, name, oldest=None, **given):
    """Return an account's statuses, newest first, following the server's own links.

    They go to the end, or to the page that is older than `oldest`.
    """
    found, page = [], api.account_statuses(name, **given)
    while page:
        found += [status_of(shown) for shown in page]
        if oldest and found[-1].published_at < oldest:
            break
        page = api.fetch_next(page)
    return found


def status_of(shown):
    counted = shown.reblog or shown
    return Status(
        id=shown.id,
        author=counted.account.id,
        published_at=shown.created_at,
        is_boost=shown.reblog is not None,
        is_reply=shown.in_reply_to_id is not None,
        reactions=counted.favourites_count,
        comments=counted.replies_count,
        shares=counted.reblogs_count,
        quotes=counted.quotes_count,
        content=counted.content,
        url=shown.url,
        media=tuple(attached.type for attached in shown.media_attachments),
        has_card=shown.card is not None,
    )


def read_account(url, handle, oldest):
    """Return an account and its timeline."""
    api = client(url)
    shown = api.account_lookup(handle)
    profile = Profile(
        id=shown.id,
        username=shown.username,
        display_name=shown.display_name,
        followers=shown.followers_count,
        following=shown.following_count,
        posts_total=shown.statuses_count,
        created_on=shown.created_at.date(),
    )
    return profile, timeline(api, shown.id, oldest, limit=40)


def read_world(url, wanted):
    """Return profile and timeline by id.

    Args:
        url: Of the sandbox.
        wanted: Handle -> how far back to read its timeline, None for all of it.
    """
    apart = multiprocessing.get_context("spawn")  # a fork would copy the sandbox's thread
    with ProcessPoolExecutor(max_workers=2, mp_context=apart) as pool:
        read = partial(read_account, url)
        found = list(pool.map(read, wanted.keys(), wanted.values()))
    return {profile.id: (profile, statuses) for profile, statuses in found}
