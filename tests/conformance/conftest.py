"""A world that stands still, served: official clients cannot be told which day it is.

Belongs here: what every platform's official client reads. Does not belong here: anything one
platform alone needs.
"""

from __future__ import annotations

import httpx
import pytest

from extractors.sandbox import serve
from extractors.sandbox.generated import GeneratedWorld
from tests.support.small_world import MIDDAY


class StandingWorld:
    """A generated world as it is at `MIDDAY`, whatever moment somebody asks for."""

    def __init__(self, world):
        self.moving = world
        self._accounts = world.accounts(MIDDAY)
        self._inquiries = {}

    def days(self):
        return [MIDDAY.date()]

    def account(self, platform, reference, _):
        return self.moving.account(platform, reference, MIDDAY)

    def accounts(self, _=None):
        return self._accounts

    def posts(self, platform, account_id, _=None):
        return self.moving.posts(platform, account_id, MIDDAY)

    def inquiries(self, platform, account_id, _=None):
        key = (platform, account_id)
        if key not in self._inquiries:
            self._inquiries[key] = self.moving.inquiries(*key, MIDDAY)
        return list(self._inquiries[key])

    def on(self, platform):
        """Return the platform's accounts by id."""
        return {a.id: a for a in self.accounts() if a.platform == platform}


@pytest.fixture(scope="session")
def world():
    """Return 33 organisations on every platform: renamed, deleted, hidden and busy ones too."""
    return StandingWorld(GeneratedWorld())


@pytest.fixture(scope="session")
def running(world):
    with serve(world=world) as sandbox:
        # The sandbox indexes posts once a moment, and here every call asks at the same one.
        sandbox.state.standing_at = MIDDAY
        yield sandbox


@pytest.fixture
def sandbox(running):
    """Return the running sandbox without faults and with every limit full again."""
    running.faults.clear()
    running.state.windows.clear()
    running.state.calls.clear()
    return running


@pytest.fixture
def truth(running):
    """Return (platform, id) -> what `/__truth` says of the account."""
    accounts = httpx.get(f"{running.url}/__truth").json()["accounts"]
    return {(account["platform"], account["id"]): account for account in accounts}
