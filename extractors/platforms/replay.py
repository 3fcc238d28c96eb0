"""Answers from the archive instead of the platform: the same module reads them again.

Belongs here: finding the answer that a request got. Does not belong here: what the answers mean
(the modules) or what becomes of the records (`reparse.py`).
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from extractors.errors import ExtractionError
from extractors.http import Answer, Params, classify_status
from extractors.platforms.exchange import Job, current_job, describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from extractors.records import Origin

Line = dict[str, Any]
"""One archived answer, as `PlatformExtractor.keep` writes it."""

_MOMENT = re.compile(r"[0-9]{10}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2})")


class NotArchived(ExtractionError):
    """The archive holds no answer to a request: what follows from it cannot be rebuilt."""

    kind = "not_archived"


@dataclass(kw_only=True)
class Replay:
    """The answers of one run's stream, handed out job by job.

    Args:
        lines: Those of the run and stream, in the order they came.
        others: Further ones of the same platform and day: a run that was killed half-way through
            an account was gone on with by another.
        origin: Where the answers came from.
    """

    lines: Sequence[Line]
    others: Iterable[Line]
    origin: Origin
    _started: dict[tuple[str, ...], list[str]] = field(default_factory=dict)
    _served: set[int] = field(default_factory=set)
    _selected: tuple[str, ...] = ()
    _job: tuple[tuple[str, ...], str] = ((), "")

    def __post_init__(self) -> None:
        self._of_job: dict[tuple[tuple[str, ...], str], list[Line]] = defaultdict(list)
        for line in self.lines:
            accounts, started_at = _job_of(line)
            moments = self._started.setdefault(accounts, [])
            if started_at not in moments:
                moments.append(started_at)
            self._of_job[accounts, started_at].append(line)
        self._elsewhere: dict[str, Line] = {}
        for line in (*self.lines, *self.others):
            self._elsewhere.setdefault(_key(line["request"], timeless=True), line)

    @property
    def jobs(self) -> list[tuple[str, ...]]:
        """The accounts of each job, in the order the jobs were first answered."""
        return list(self._started)

    def select(self, job: tuple[str, ...]) -> None:
        """Make one of `jobs` the one that is read next."""
        self._selected = job

    def begin(self, accounts: tuple[str, ...]) -> Job:
        """Return the selected job, begun when it was in the archive; a second look is the next.

        Args:
            accounts: Those that are read now; others of the job may have left the registry since.
        """
        moments = self._started[self._selected]
        text = moments.pop(0) if len(moments) > 1 else moments[0]
        began = datetime.fromisoformat(text)
        self._job = (self._selected, text)
        return Job(accounts=accounts, started_at=began, moment=began)

    def answer(self, request: dict[str, object]) -> Line | None:
        """Return what a request was answered, or else the next answer the job had there.

        The second is for requests that differ from the archived one in a moment, a page's size or
        a field that was added since.
        """
        mine = self._of_job[self._job]
        left = [line for line in mine if id(line) not in self._served]
        wanted = _key(request)
        for lines in (left, mine):
            for line in lines:
                if _key(line["request"]) == wanted:
                    return self._serve(line)
        if found := self._elsewhere.get(_key(request, timeless=True)):
            return self._serve(found)
        for line in left:
            if line["request"]["address"] == request["address"]:
                return self._serve(line)
        return None

    def _serve(self, line: Line) -> Line:
        self._served.add(id(line))
        return line


@dataclass(frozen=True, slots=True)
class ReplayClient:
    """Answers as the archive says the platform did.

    Attributes:
        replay: The answers.
        platform: Name for messages.
        base_url: The platform's own base address.
        secrets: Values that stand for credentials.
        classify: The platform's reading of its own error codes.
    """

    replay: Replay
    platform: str
    base_url: str
    secrets: tuple[str, ...]
    classify: Callable[[Answer], ExtractionError | None]

    async def get(
        self, path: str, params: Params | None = None, *, account: str | None = None
    ) -> Answer:
        """Return the answer to a GET; see `HttpClient.request`."""
        return await self.request("GET", path, params, account=account)

    async def request(
        self,
        method: str,
        path: str,
        params: Params | None = None,
        *,
        body: object = None,
        account: str | None = None,
    ) -> Answer:
        """Return what the archive holds.

        Raises:
            NotArchived: when it holds no answer to this.
            ExtractionError: when the answer was a failure.
        """
        request = describe(method, f"{self.base_url}/{path}", params, body, self.secrets)
        line = self.replay.answer(request)
        if line is None:
            raise NotArchived(
                f"has no archived answer to {method} {request['address']}",
                platform=self.platform,
                account=account,
            )
        if job := current_job():
            job.request, job.moment = request, datetime.fromisoformat(line["observed_at"])
        answer = Answer(line.get("status", 200), line.get("headers", {}), line["answer"])
        error = self.classify(answer) or classify_status(answer)
        if error is not None:
            error.platform, error.account = self.platform, account
            raise error
        return answer


def is_replayable(line: Line) -> bool:
    """Return whether a line says what was asked, which the first archives did not."""
    return isinstance(line.get("request"), Mapping) and isinstance(line.get("job"), Mapping)


def _job_of(line: Line) -> tuple[tuple[str, ...], str]:
    return tuple(line["job"]["accounts"]), line["job"]["started_at"]


def _key(request: Mapping[str, Any], *, timeless: bool = False) -> str:
    if timeless:
        params = [[n, "*" if _MOMENT.fullmatch(str(v)) else v] for n, v in request["params"]]
        request = {**request, "params": params}
    return json.dumps(request, sort_keys=True)
