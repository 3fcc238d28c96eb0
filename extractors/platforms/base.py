"""What a platform module is: it turns accounts into outcomes, one module a platform.

Belongs here: the contract of a module, and what all of them share - batches halved around a bad
account, work in parallel, records stamped alike. Does not belong here: days, the lake, reports
(`run.py`).
"""

from __future__ import annotations

import logging
import traceback
from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Any, ClassVar

from extractors.errors import (
    AccountNotVisible,
    ExtractionError,
    QuotaExhausted,
    Reach,
    not_stored,
    redact,
)
from extractors.http import Answer, HttpClient, HttpLimits
from extractors.metric_changes import views_definition
from extractors.platforms.exchange import (
    PAGING_HEADERS,
    Client,
    Job,
    NotingClient,
    begin,
    current_job,
)
from extractors.platforms.paging import Page, R, in_turn
from extractors.platforms.parallel import batched, in_parallel
from extractors.platforms.replay import ReplayClient
from extractors.platforms.session import Outcome, Session, Status, Target
from extractors.platforms.shapes import Shape, keep_known, refusal
from extractors.records import (
    Platform,
    ProfileSnapshot,
    Visibility,
)

if TYPE_CHECKING:
    from collections.abc import (
        AsyncGenerator,
        Awaitable,
        Callable,
        Iterable,
        Mapping,
        Sequence,
    )

    from extractors.budget import Budget

log = logging.getLogger(__name__)


class PlatformExtractor(ABC):
    """Reads one platform. A subclass states the platform's facts and spells its fields.

    Attributes:
        platform: Which one; `name` is its value.
        title: As people write it.
        streams: What it can read, of `records.STREAMS`.
        credentials: Environment names it needs, none for keyless APIs.
        optional_credentials: Environment names of secrets it can do without.
        options: Environment names it heeds when they are set; never secrets.
        base_url: Address of the API.
        sandbox_path: The same API's path in the sandbox.
        batch_size: Accounts in one profile call.
        can_answer_past: Whether the API itself knows past days.
        limits: Its published pace and what we accept.
        source: Written into every record.
        raw_retention_days: How long stored answers may be kept under its terms.
    """

    platform: ClassVar[Platform]
    title: ClassVar[str]
    streams: ClassVar[tuple[str, ...]] = ("profile_snapshots",)
    credentials: ClassVar[tuple[str, ...]] = ()
    optional_credentials: ClassVar[tuple[str, ...]] = ()
    options: ClassVar[tuple[str, ...]] = ()
    base_url: ClassVar[str]
    sandbox_path: ClassVar[str]
    batch_size: ClassVar[int] = 1
    can_answer_past: ClassVar[bool] = False
    limits: ClassVar[HttpLimits] = HttpLimits()
    source: ClassVar[str]
    raw_retention_days: ClassVar[int] = 30

    name: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if platform := getattr(cls, "platform", None):  # none where platforms share a base
            cls.name = platform.value

    def __init__(self, session: Session) -> None:
        self.session = session

    @abstractmethod
    async def read_profiles(self, batch: Sequence[Target]) -> list[Outcome]:
        """Return an outcome for every account of a batch of at most `batch_size`.

        Raises:
            ExtractionError: when the batch as a whole could not be read.
        """

    async def read_posts(self, target: Target) -> Outcome:
        """Return the account's own posts of the re-read window.

        Raises:
            ExtractionError: when they could not be read.
        """
        raise NotImplementedError(f"{self.title} has no posts")

    async def read_inquiries(self, target: Target) -> Outcome:
        """Return the public questions to the account and its first replies.

        Raises:
            ExtractionError: when they could not be read.
        """
        raise NotImplementedError(f"{self.title} has no inquiries")

    def profiles(self, targets: Iterable[Target]) -> AsyncGenerator[Outcome]:
        """Yield one outcome an account; see `read_profiles`.

        Raises:
            ExtractionError: one that reaches the whole platform; accounts not yielded until then
                were not read.
        """
        return self._all(targets, self.batch_size, self.read_profiles)

    def posts(self, targets: Iterable[Target]) -> AsyncGenerator[Outcome]:
        """Yield one outcome an account, with its posts; see `profiles`."""
        return self._all(targets, 1, lambda batch: _one(self.read_posts, batch))

    def inquiries(self, targets: Iterable[Target]) -> AsyncGenerator[Outcome]:
        """Yield one outcome an account, with its inquiries; see `profiles`."""
        return self._all(targets, 1, lambda batch: _one(self.read_inquiries, batch))

    async def client(
        self,
        base_url: str | None = None,
        *,
        sandbox_path: str | None = None,
        limits: HttpLimits | None = None,
    ) -> Client:
        """Return the HTTP client for the API, or for another base of the same platform.

        Args:
            base_url: Another base than `base_url` of the class.
            sandbox_path: Its path in the sandbox; `sandbox_path` of the class when absent.
            limits: Its pace, where it differs; `limits` of the class when absent.
        """
        pace = limits or self.limits
        session = self.session
        base = own = base_url or self.base_url
        secrets = tuple(session.credentials.values())
        if session.replay:
            return ReplayClient(session.replay, self.name, own, secrets, self.classify)
        if session.sandbox_url:
            base = f"{session.sandbox_url.rstrip('/')}{sandbox_path or self.sandbox_path}"
        headers = dict(self.auth_headers())
        if session.sandbox_now:
            headers["X-Sandbox-Now"] = session.sandbox_now.isoformat()

        def build() -> HttpClient:
            return HttpClient(
                platform=self.name,
                base_url=base,
                limits=pace if session.use_limits else _without_pace(pace),
                headers=headers,
                secrets=secrets,
                classify=self._classify_noting,
                pause_after=self.pause_after,
                charge=self._charge,
                allow_local=session.sandbox_url is not None,
                timing=session.timing,
                traffic=session.traffic,
            )

        client = await session.client(build, base)
        return NotingClient(client, own, secrets, session.present, self._keep_refusal)

    def pages(
        self,
        target: Target,
        name: str,
        ask: Callable[[Any], Awaitable[Page[R]]],
        *,
        most: int,
        goes_on: bool = False,
    ) -> AsyncGenerator[Page[R]]:
        """Yield the pages of one of the account's lists, `most` of them; see `paging.in_turn`."""
        return in_turn(
            ask,
            most_pages=most,
            store=self.session.pages,
            account=target.account_id,
            name=name,
            goes_on=goes_on,
        )

    def auth_headers(self) -> Mapping[str, str]:
        """Return the headers that carry the credentials."""
        return {}

    def classify(self, answer: Answer) -> ExtractionError | None:  # noqa: ARG002
        """Return the failure an answer stands for by the platform's own codes, or None."""
        return None

    def budget_for(self, address: str) -> Budget | None:  # noqa: ARG002
        """Return the budget that every attempt at an address takes one from, if any."""
        return None

    def pause_after(self, answer: Answer) -> float | None:  # noqa: ARG002
        """Return the seconds to leave the platform alone, from its rate headers."""
        return None

    def known(self, payload: object, shape: Shape, path: str = "") -> object:
        """Return the part of an answer that may be stored; unknown fields are noted, once."""
        return keep_known(payload, shape, self._note_unknown, path)

    def keep(self, endpoint: str, allowed: object) -> None:
        """Archive what `known` allowed of an answer, before anything is read out of it.

        Args:
            endpoint: For people who look into the archive.
            allowed: In the shape the platform sent it, so that `reparse` can read it again; what
                must not be stored but decides something is put as a stand-in that decides alike.
        """
        job = current_job()
        sent = job.answer.headers if job and job.answer else {}
        headers = {name: sent[name] for name in PAGING_HEADERS if name in sent}
        self._archive(endpoint, {"answer": allowed} | ({"headers": headers} if headers else {}))

    def snapshot(
        self,
        target: Target,
        *,
        followers: int | None,
        visibility: Visibility | None = None,
        **counters: object,
    ) -> ProfileSnapshot:
        """Return a profile record, stamped; without a count it says so in `visibility`."""
        shown = Visibility.COUNT_HIDDEN if followers is None else Visibility.VISIBLE
        return ProfileSnapshot(
            account_id=target.account_id,
            followers=followers,
            visibility=visibility or shown,
            definition=target.definition,
            **self.stamp(),  # type: ignore[arg-type]
            **counters,  # type: ignore[arg-type]
        )

    def stamp(self) -> dict[str, object]:
        """Return the fields that say when, where from and in which run a record was read."""
        session = self.session
        return {
            "observed_at": session.observed_at(),
            "source": self.source,
            "origin": session.origin,
            "extracted_at": session.clock().astimezone(UTC),
            "load_id": session.load_id,
        }

    def views_definition(self) -> str | None:
        """Return the definition of views in force at the newest answer."""
        return views_definition(self.name, self.session.observed_at())

    def not_visible(self, target: Target, reason: str) -> Outcome:
        """Return the outcome of an account the platform does not show: a row without counts."""
        record = self.snapshot(target, followers=None, visibility=Visibility.NOT_VISIBLE)
        return Outcome(
            account_id=target.account_id,
            status=Status.NOT_VISIBLE,
            records=(record,),
            problem=f"{self.name} {target.account_id}: not visible, {reason}",
        )

    def failed(self, target: Target, error: ExtractionError) -> Outcome:
        """Return the outcome of an account that could not be read."""
        error.platform, error.account = self.name, target.account_id
        return Outcome(account_id=target.account_id, status=Status.FAILED, problem=str(error))

    def _keep_refusal(self, job: Job) -> None:
        """Archive that one account was refused: that is an answer, too."""
        if job.answer is None:
            return
        body = refusal(job.answer.payload, tuple(self.session.credentials.values()))
        self._archive("refused", {"status": job.answer.status, "answer": body})

    def _archive(self, endpoint: str, answer: dict[str, object]) -> None:
        session, job = self.session, current_job()
        line: dict[str, object] = {
            "endpoint": endpoint,
            "observed_at": session.observed_at().isoformat(),
            **answer,
        }
        if job:
            line |= {
                "origin": session.origin,
                "stream": session.stream,
                "job": {"accounts": job.accounts, "started_at": job.started_at.isoformat()},
                "request": job.request,
            }
        session.archive(line)

    def _classify_noting(self, answer: Answer) -> ExtractionError | None:
        error = self.classify(answer)
        if job := current_job():
            job.answer = answer
            budget = self.budget_for(str((job.request or {}).get("address", "")))
            if budget and isinstance(error, QuotaExhausted):
                budget.close()
        return error

    def _charge(self, address: str) -> None:
        if budget := self.budget_for(address):
            budget.spend()

    def _note_unknown(self, where: str, value: object) -> None:
        self.session.notes.unknown_field(self.name, where, value)

    async def _all(
        self,
        targets: Iterable[Target],
        size: int,
        read: Callable[[Sequence[Target]], Awaitable[list[Outcome]]],
    ) -> AsyncGenerator[Outcome]:
        batches = batched(targets, size)
        jobs = (lambda batch=batch: self._as_job(batch, read) for batch in batches)
        async for outcomes in in_parallel(jobs, self.limits.concurrency):
            for outcome in outcomes:
                yield outcome

    async def _as_job(
        self,
        batch: Sequence[Target],
        read: Callable[[Sequence[Target]], Awaitable[list[Outcome]]],
    ) -> list[Outcome]:
        begin(self.session.job(tuple(target.account_id for target in batch)))
        return await self._halving(batch, read)

    async def _halving(
        self,
        batch: Sequence[Target],
        read: Callable[[Sequence[Target]], Awaitable[list[Outcome]]],
    ) -> list[Outcome]:
        """Read a batch; halve it around a failure until only the account at fault fails."""
        try:
            outcomes = await read(batch)
        except Exception as caught:  # noqa: BLE001 - one account's surprise stops no other
            error = self._as_failure(caught)
            if error.reach is Reach.PLATFORM:
                raise error from None
            if len(batch) == 1:
                if isinstance(error, AccountNotVisible):
                    return [self.not_visible(batch[0], error.what)]
                return [self.failed(batch[0], error)]
            middle = (len(batch) + 1) // 2
            first = await self._halving(batch[:middle], read)
            return first + await self._halving(batch[middle:], read)
        answered = {outcome.account_id for outcome in outcomes}
        forgotten = ExtractionError("was asked for but never answered")
        missing = (t for t in batch if t.account_id not in answered)
        return outcomes + [self.failed(target, forgotten) for target in missing]

    def _as_failure(self, caught: Exception) -> ExtractionError:
        if isinstance(caught, ExtractionError):
            return caught
        if stop := not_stored(caught):
            return stop
        trace = "".join(traceback.format_exception(caught))
        log.error("%s", redact(trace, self.session.credentials.values()))
        return ExtractionError(
            f"could not be read because of a mistake in this program ({type(caught).__name__})",
            next_step="Please report it with the log.",
        )


async def _one(
    read: Callable[[Target], Awaitable[Outcome]], batch: Sequence[Target]
) -> list[Outcome]:
    return [await read(batch[0])]


def _without_pace(limits: HttpLimits) -> HttpLimits:
    return replace(limits, rate=None)
