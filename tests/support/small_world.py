"""A world of a few accounts and posts whose every number a test can write down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from extractors.sandbox.world import AccountState, PostState, ReplayedWorld
from tests.support.sandboxed import LAST_DAY

MIDDAY = datetime(2026, 8, 17, 10, tzinfo=UTC)
"""12:00 in Stockholm on LAST_DAY, the moment a sandbox run of that day reads."""
STARTED = datetime(2019, 3, 1, tzinfo=UTC)


def state(platform, id_, handle, followers, **given):
    """Return an account's state."""
    values = {"name": f"Org {id_}", "created_at": STARTED, "following": 7, "posts_total": 70}
    return AccountState(
        platform=platform, id=id_, handle=handle, followers=followers, **{**values, **given}
    )


def post(id_, author, age, **given):
    """Return a post published `age` before the run's moment."""
    at = MIDDAY - age
    values = {"text": f"Post {id_}", "reactions": 1, "comments": 2, "shares": 3, "quotes": 4}
    return PostState(
        id=id_, author_id=author, published_at=at, indexed_at=at, **{**values, **given}
    )


def world(*states, feeds=None, earlier=()):
    """Return a world in which `earlier` held 30 days before LAST_DAY and `states` hold since."""
    before = LAST_DAY - timedelta(days=30)
    snapshots = [(before, s) for s in earlier or states] + [(LAST_DAY, s) for s in states]
    return ReplayedWorld(snapshots, feeds)
