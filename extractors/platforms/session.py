"""What a run and a platform module hand each other: targets, outcomes, and the session.

Belongs here: plain values and the run's surroundings. Does not belong here: how a platform is read
(`base.py` and the modules) or what becomes of outcomes (`run.py`).
"""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from extractors.budget import Budget
from extractors.http import HttpClient, Timing, Traffic
from extractors.ledger import Ledger
from extractors.platforms.exchange import Job, current_job
from extractors.records import Definition, Origin, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from extractors.platforms.paging import PageStore
    from extractors.platforms.replay import Replay

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One account to read.

    Attributes:
        account_id: Ours, stable.
        platform_id: The platform's own id, the key; None when the registry knows only the handle.
        handle: The name valid on the day, None when the registry knows none.
        definition: What the account's follower count counts.
    """

    account_id: str
    platform_id: str | None
    handle: str | None = None
    definition: Definition = Definition.FOLLOWERS

    @property
    def reference(self) -> str:
        """What to ask for: the id, or the handle where no id is known."""
        return self.platform_id or self.handle or ""


class Status(StrEnum):
    """How reading one account ended."""

    OK = "ok"
    NOT_VISIBLE = "not_visible"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What reading one account gave.

    Attributes:
        account_id: Ours.
        status: How it ended.
        records: What to store; a profile that is not visible is a record too.
        problem: In words, for a person; None when all went well.
    """

    account_id: str
    status: Status
    records: tuple[Record, ...] = ()
    problem: str | None = None


@dataclass(kw_only=True)
class Notes:
    """What a run found odd, each oddity once."""

    seen: dict[str, str] = field(default_factory=dict)

    def unknown_field(self, platform: str, where: str, value: object) -> None:
        """Note a field that nobody knows: its path and type, never its value."""
        kind = type(value).__name__
        self.add(f"{platform} {where}", f"{platform}: unknown field {where} ({kind}), left out")

    def add(self, key: str, text: str) -> None:
        """Note `text` unless `key` was noted before."""
        if key not in self.seen:
            self.seen[key] = text
            log.warning("%s", text)


@dataclass(kw_only=True)
class Session:
    """One run against one platform: its clients, its clock, where answers are kept.

    Args:
        platform: Name, for messages.
        sandbox_url: Base of a running sandbox; None for the platform itself.
        sandbox_now: The virtual moment the sandbox answers for.
        day: The local day asked for, for platforms that can answer for past days.
        credentials: Environment name -> value, those the module asked for.
        options: Environment name -> value of the module's optional settings that are set.
        clock: The present, aware.
        load_id: Written into every record.
        archive: Stores one answer's allowed fields.
        use_limits: Keep the published pace; benchmarks switch it off.
        timing: Clocks of the HTTP client.
        stream: What is read, of `records.STREAMS`; noted beside each archived answer.
        replay: Answers that stand in for the platform's; None when the platform is asked.
        ledger: Notes what is used of the platform's budgets; None to count this run only.
        pages: Keeps the finished pages of unfinished accounts for the next run.
    """

    platform: str
    load_id: str
    clock: Callable[[], datetime]
    archive: Callable[[Mapping[str, object]], None]
    sandbox_url: str | None = None
    sandbox_now: datetime | None = None
    day: date | None = None
    credentials: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    use_limits: bool = True
    timing: Timing = field(default_factory=Timing)
    notes: Notes = field(default_factory=Notes)
    traffic: Traffic = field(default_factory=Traffic)
    ledger: Ledger | None = None
    stream: str = ""
    replay: Replay | None = None
    pages: PageStore | None = None

    def __post_init__(self) -> None:
        self._clients: dict[str, HttpClient] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def origin(self) -> Origin:
        """Whether records come from the platform or from the sandbox."""
        if self.replay:
            return self.replay.origin
        return Origin.SANDBOX if self.sandbox_url else Origin.LIVE

    def observed_at(self) -> datetime:
        """Return the moment of the newest answer, in UTC; see `Job`.

        One answer has one moment: its records and its line in the archive say the same.
        """
        job = current_job()
        return job.moment if job else self.present()

    def present(self) -> datetime:
        """Return the present as records are stamped with it, in UTC: the sandbox's moment there."""
        return (self.sandbox_now or self.clock()).astimezone(UTC)

    def job(self, accounts: tuple[str, ...]) -> Job:
        """Return the job of reading these accounts, begun now, or as in the archive."""
        if self.replay:
            return self.replay.begin(accounts)
        now = self.present()
        return Job(accounts=accounts, started_at=now, moment=now)

    def budget(
        self,
        name: str,
        *,
        limit: int | None,
        words: str,
        period: Callable[[], str],
        resets_at: Callable[[], datetime | None] = lambda: None,
        next_step: str | None = None,
    ) -> Budget:
        """Return a budget that goes on from what earlier runs of its period have used.

        Args:
            name: Tells several budgets of a platform apart.
            limit: In the smallest unit; None for no limit.
            words: The limit as a person reads it.
            period: Returns the day or month that it is granted for now, in the platform's zone.
            resets_at: When the platform grants a new one.
            next_step: What a person can do about it.
        """
        is_noted = limit is not None or self.use_limits
        return Budget(
            limit=limit,
            words=words,
            resets_at=resets_at,
            next_step=next_step,
            name=name,
            period=period,
            ledger=self.ledger if self.ledger and is_noted else Ledger(),
        )

    async def client(self, build: Callable[[], HttpClient], base_url: str) -> HttpClient:
        """Return the client for a base address, built once a run."""
        if base_url not in self._clients:
            self._clients[base_url] = await self._stack.enter_async_context(build())
        return self._clients[base_url]
