"""What the sandbox's platforms know: accounts and posts as of a virtual moment.

Belongs here: worlds and the state of an account at a time. Does not belong here: how a platform
spells that state (`platforms/`) or how it goes wrong (`faults.py`).
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """One account as a platform sees it at a moment; None where the world does not know.

    `hides_followers` says that the account keeps its count to itself (then `followers` is None),
    `is_protected` that only its profile is public, not its posts.
    """

    platform: str
    id: str
    handle: str
    name: str
    created_at: datetime
    followers: int | None
    following: int | None = None
    posts_total: int | None = None
    labels: tuple[str, ...] = ()
    views_total: int | None = None
    hides_followers: bool = False
    is_protected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PostState:
    """One post as a platform sees it at a moment.

    `published_at` is what the author's client says, `indexed_at` when the platform saw it.
    `reposted_at` is set where the account only passed on what `author_id` wrote. `hidden` names
    the counters (`reactions`, `comments`) that exist but are not shown.
    """

    id: str
    author_id: str
    published_at: datetime
    indexed_at: datetime
    text: str = ""
    kind: str = "text"
    is_reply: bool = False
    reactions: int = 0
    comments: int = 0
    shares: int = 0
    quotes: int = 0
    views: int | None = None
    reposted_at: datetime | None = None
    hidden: frozenset[str] = frozenset()

    @property
    def listed_at(self) -> datetime:
        """Its place in the account's feed."""
        return self.reposted_at or min(self.published_at, self.indexed_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryState:
    """A visitor's public question under a post, and the page's reply once it has come.

    `replied_at` and `reply_id` are None as long as nobody answered.
    """

    id: str
    post_id: str
    author_id: str
    asked_at: datetime
    text: str = ""
    replied_at: datetime | None = None
    reply_id: str | None = None


class World(Protocol):
    """Answers for any moment; the same question always gets the same answer."""

    def __hash__(self) -> int: ...

    def days(self) -> list[date]:
        """Return the days the world changes on, in order."""

    def account(self, platform: str, reference: str, now: datetime) -> AccountState | None:
        """Return the account with this id, or with this handle at that time."""

    def accounts(self, now: datetime) -> Sequence[AccountState]:
        """Return every account known at that time."""

    def posts(self, platform: str, account_id: str, now: datetime) -> Sequence[PostState]:
        """Return the account's feed at that time, newest first."""

    def inquiries(self, platform: str, account_id: str, now: datetime) -> Sequence[InquiryState]:
        """Return the questions asked under the account's posts until then, oldest first."""


class ReplayedWorld:
    """Accounts that were recorded on certain days; between them they stand still.

    Args:
        snapshots: Day and state of an account, in any order. A day counts from 00:00 UTC.
        feeds: Platform and account id -> its posts; an account without a feed has none.
        questions: Platform and account id -> what visitors asked there.
        uncounted: Accounts of which only the posts were recorded. They stand from the day of
            `created_at` on; as nothing was counted, they add no recorded day.
    """

    def __init__(
        self,
        snapshots: Iterable[tuple[date, AccountState]],
        feeds: dict[tuple[str, str], list[PostState]] | None = None,
        questions: dict[tuple[str, str], list[InquiryState]] | None = None,
        uncounted: Iterable[AccountState] = (),
    ) -> None:
        self._history: dict[tuple[str, str], tuple[list[date], list[AccountState]]] = {}
        self._days: list[date] = []
        for day, state in sorted(snapshots, key=lambda s: (s[0], s[1].platform, s[1].id)):
            days, states = self._history.setdefault((state.platform, state.id), ([], []))
            days.append(day)
            states.append(state)
            if not self._days or self._days[-1] != day:
                self._days.append(day)
        for state in uncounted:
            self._history[state.platform, state.id] = ([state.created_at.date()], [state])
        self._feeds = feeds or {}
        self._questions = questions or {}

    def days(self) -> list[date]:
        """Return the recorded days, in order."""
        return list(self._days)

    def account(self, platform: str, reference: str, now: datetime) -> AccountState | None:
        """Return the latest state at or before `now`; None before the first."""
        if (platform, reference) in self._history:
            return self._latest((platform, reference), now)
        named = (
            state
            for key in self._history
            if key[0] == platform
            and (state := self._latest(key, now)) is not None
            and state.handle.lower() == reference.lower()
        )
        return next(named, None)

    def accounts(self, now: datetime) -> list[AccountState]:
        """Return the state of every account recorded at or before `now`."""
        states = (self._latest(key, now) for key in self._history)
        return [state for state in states if state is not None]

    def posts(self, platform: str, account_id: str, now: datetime) -> list[PostState]:
        """Return what the feed lists at `now`, newest first."""
        feed = self._feeds.get((platform, account_id), [])
        listed = (post for post in feed if post.listed_at <= now and post.indexed_at <= now)
        return sorted(listed, key=lambda post: (post.listed_at, post.id), reverse=True)

    def inquiries(self, platform: str, account_id: str, now: datetime) -> list[InquiryState]:
        """Return the questions asked by `now`, oldest first, with the replies given by then."""
        asked = self._questions.get((platform, account_id), [])
        known = (as_of(question, now) for question in asked if question.asked_at <= now)
        return sorted(known, key=lambda question: (question.asked_at, question.id))

    def _latest(self, key: tuple[str, str], now: datetime) -> AccountState | None:
        days, states = self._history[key]
        place = bisect_right(days, now.astimezone(UTC).date())
        return states[place - 1] if place else None


@lru_cache(maxsize=4)
def posts_by_id(
    world: World, platform: str, now: datetime
) -> dict[str, tuple[AccountState, PostState]]:
    """Return every post of a platform with its account, for APIs that are asked by post alone."""
    return {
        post.id: (account, post)
        for account in world.accounts(now)
        if account.platform == platform
        for post in world.posts(platform, account.id, now)
    }


@lru_cache(maxsize=64)
def questions_by_post(
    world: World, platform: str, account_id: str, now: datetime
) -> dict[str, list[InquiryState]]:
    """Return what was asked under each of an account's posts, for APIs asked by post alone."""
    found: dict[str, list[InquiryState]] = {}
    for question in world.inquiries(platform, account_id, now):
        found.setdefault(question.post_id, []).append(question)
    return found


def as_of(question: InquiryState, now: datetime) -> InquiryState:
    """Return the question without a reply that had not come by `now`."""
    if question.replied_at is None or question.replied_at <= now:
        return question
    return replace(question, replied_at=None, reply_id=None)
