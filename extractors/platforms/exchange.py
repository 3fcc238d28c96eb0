"""What was asked, for whom and when: noted beside every answer, so that it can be read again.

Belongs here: the job an answer belongs to, the words a request is found again by, and the client
that notes both. Does not belong here: storing them (`archive.py`) or answering from them
(`replay.py`).
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from extractors.errors import ExtractionError, Reach
from extractors.http import Answer, Form, HttpClient, Params

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

HIDDEN_VALUE = "credential"
"""Stands in a noted request where a credential stood; a replay is given it as credential."""
PAGING_HEADERS = ("link",)
"""Headers of an answer that say where the next page is (RFC 8288)."""
_SIGNATURES = ("appsecret_proof", "access_token", "key")
_LONG_ENOUGH = 4


@dataclass(slots=True)
class Job:
    """What is read for some accounts in one go; a worker has one at a time.

    Attributes:
        accounts: Our ids, in the order they were asked for.
        started_at: When it began, as records are stamped.
        moment: When its newest answer came; `started_at` before the first.
        request: The newest request, see `describe`.
        answer: The newest answer of the platform, whatever it says; None before it came.
    """

    accounts: tuple[str, ...]
    started_at: datetime
    moment: datetime
    request: dict[str, object] | None = None
    answer: Answer | None = None


_current: ContextVar[Job | None] = ContextVar("job", default=None)


def current_job() -> Job | None:
    """Return the job this code runs for, None outside of any."""
    return _current.get()


def begin(job: Job) -> None:
    """Make `job` the one that this worker's requests and answers belong to."""
    _current.set(job)


class Client(Protocol):
    """What a platform module asks: the platform, or the archive of what it said."""

    async def get(
        self, path: str, params: Params | None = None, *, account: str | None = None
    ) -> Answer:
        """Return the answer to a GET; see `HttpClient.request`."""

    async def request(
        self,
        method: str,
        path: str,
        params: Params | None = None,
        *,
        body: object = None,
        account: str | None = None,
    ) -> Answer:
        """Return an answer; see `HttpClient.request`."""


def describe(
    method: str, address: str, params: Params | None, body: object, secrets: Iterable[str]
) -> dict[str, object]:
    """Return a request in the words it is archived and found again by, without any credential.

    Args:
        method: `GET` or `POST`.
        address: Of the platform itself, also when the sandbox is asked.
        params: Query.
        body: JSON is kept; a form is not, it holds credentials.
        secrets: Values to hide in address and query.
    """
    hidden = sorted((s for s in secrets if len(s) >= _LONG_ENOUGH), key=len, reverse=True)

    def plain(text: str) -> str:
        for secret in hidden:
            for form in (secret, quote(secret, safe="")):
                text = text.replace(form, HIDDEN_VALUE)
        return text

    given = params.items() if isinstance(params, dict) else params or ()
    query = [[name, plain(value)] for name, value in given if name not in _SIGNATURES]
    described: dict[str, object] = {"method": method, "address": plain(address), "params": query}
    if body is not None and not isinstance(body, Form):
        described["body"] = body
    return described


@dataclass(frozen=True, slots=True)
class NotingClient:
    """Asks the platform, and notes in the current job what was asked and when it answered.

    Attributes:
        client: Sends the requests.
        base_url: The platform's own base address.
        secrets: Values that are never noted.
        now: The moment an answer is stamped with.
        refused: Told of an answer that means a lasting failure of one account.
    """

    client: HttpClient
    base_url: str
    secrets: tuple[str, ...]
    now: Callable[[], datetime]
    refused: Callable[[Job], None]

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
        """Return an answer; see `HttpClient.request`."""
        job = current_job()
        if job is None:
            return await self.client.request(method, path, params, body=body, account=account)
        address = f"{self.base_url}/{path}"
        job.request = describe(method, address, params, body, self.secrets)
        job.answer = None
        try:
            answer = await self.client.request(method, path, params, body=body, account=account)
        except ExtractionError as error:
            if job.answer is not None and not error.is_retried and error.reach is Reach.ACCOUNT:
                job.moment = self.now()
                self.refused(job)
            raise
        job.answer, job.moment = answer, self.now()
        return answer
