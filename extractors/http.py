"""The one module that touches httpx: a careful client for one platform.

Belongs here: which addresses may be asked, how long, how much, how often and how fast; hiding
secrets. Does not belong here: what a platform's codes mean (`platforms/` hands in `classify`).

Retries are one loop of our own rather than a library: a pause the platform asks for must be
clamped, must hold back every other request too, and must not be begun when it would outlast the
call's deadline; and tests hand in the clock.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

import httpx

from extractors import strict_json
from extractors.addresses import PinnedBase
from extractors.errors import (
    AccountNotVisible,
    AuthError,
    ExtractionError,
    PermissionDenied,
    PlatformUnavailable,
    RateLimited,
    RequestRefused,
    SchemaDrift,
    Transient,
    UnsafeResponse,
    redact,
)
from extractors.limiter import Limiter

if TYPE_CHECKING:
    import ssl
    from types import TracebackType

# At INFO both log the full address of every request, tokens included.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

log = logging.getLogger(__name__)

USER_AGENT = "effektanalys/0.1 (open benchmark of public follower counts)"
FAILURES_IN_A_ROW = 12
"""Calls given up one after the other before the platform is left alone.

Finding one bad account in a batch of 100 by halving gives up eight calls in a row.
"""

Params = list[tuple[str, str]] | dict[str, str]


class Form(dict[str, str]):
    """A body sent as a form, as token endpoints demand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLimits:
    """What a platform allows and what we accept from it. Times in seconds.

    Attributes:
        concurrency: Requests in flight at once.
        rate: Requests begun in any `period`; None for no limit.
        period: Length of the window `rate` counts in.
        attempts: Tries of one call, the first included.
        request_deadline: Wall-clock time for one request, body included.
        total_deadline: Time for one call with all its tries and pauses.
        longest_wait: Pauses asked for are cut to this.
        first_wait: Pause after the first failure; doubles, with jitter.
        max_bytes: Largest body, after decompression.
    """

    concurrency: int = 4
    rate: int | None = None
    period: float = 1.0
    attempts: int = 5
    request_deadline: float = 30.0
    total_deadline: float = 300.0
    longest_wait: float = 120.0
    first_wait: float = 0.5
    max_bytes: int = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Clocks and pauses, handed in so that tests neither wait nor depend on the day."""

    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(tz=UTC)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[], float] = random.random


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: `payload` is strict JSON, or None where an error body was something else."""

    status: int
    headers: Mapping[str, str]
    payload: object


@dataclass(slots=True)
class Traffic:
    """What a client did: requests sent, tries repeated, seconds spent in pauses."""

    requests: int = 0
    retries: int = 0
    waited_seconds: float = 0.0


@dataclass(slots=True)
class _Call:
    """One call: its tries so far and when the first of them was let through."""

    attempt: int = 0
    started: float | None = None


Classify = Callable[[Answer], ExtractionError | None]


def classify_status(answer: Answer) -> ExtractionError | None:
    """Return the failure an HTTP status stands for where the platform's own codes say nothing."""
    status = answer.status
    if status < 300:  # noqa: PLR2004 - the line between success and the rest
        return None
    words = f"answered with HTTP {status}"
    if status in (408, 425) or status >= 500:  # noqa: PLR2004
        return Transient(words)
    kinds: dict[int, type[ExtractionError]] = {
        401: AuthError,
        403: PermissionDenied,
        404: AccountNotVisible,
        410: AccountNotVisible,
        429: RateLimited,
    }
    return kinds.get(status, RequestRefused)(words)


def retry_after_seconds(value: str | None, *, now: datetime, longest: float) -> float | None:
    """Return the pause a `Retry-After` header asks for, cut to 0..`longest` seconds.

    Args:
        value: Seconds or an HTTP date; None or nonsense gives None.
        now: Aware time to count a date from.
        longest: A server once asked to wait until the year 2099.
    """
    if not value:
        return None
    text = value.strip()
    try:
        if text.replace(".", "", 1).isdigit() and text.isascii():
            seconds = float(text[:12])
        else:
            when = parsedate_to_datetime(text)
            seconds = (when.replace(tzinfo=when.tzinfo or UTC) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), longest)


@lru_cache
def _tls() -> ssl.SSLContext:
    """Loading the authorities takes longer than a request on loopback: do it once a process."""
    return httpx.create_ssl_context()


@dataclass(kw_only=True)
class HttpClient:
    """Asks one platform, at one pinned base address, and nothing else.

    Args:
        platform: Name for messages.
        base_url: Scheme, host, port and path prefix every request must keep.
        limits: Pace and caps.
        headers: Sent with every request; tokens belong here, not into an address.
        secrets: Values hidden in every message.
        classify: The platform's reading of its own error codes; asked before HTTP status.
        pause_after: Seconds to hold everybody back after an answer, from its rate headers.
        charge: Told the address before every attempt; what it raises ends the call unsent.
        allow_local: The base is the sandbox: plain http and private addresses are accepted.
        timing: Clocks; replaced in tests.

    Raises:
        UnsafeResponse: when the base itself is not https or names a private address.
    """

    platform: str
    base_url: str
    limits: HttpLimits = field(default_factory=HttpLimits)
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: Sequence[str] = ()
    classify: Classify = lambda _: None
    pause_after: Callable[[Answer], float | None] = lambda _: None
    charge: Callable[[str], None] = lambda _: None
    allow_local: bool = False
    timing: Timing = field(default_factory=Timing)
    traffic: Traffic = field(default_factory=Traffic)

    def __post_init__(self) -> None:
        self._base = PinnedBase(self.base_url, platform=self.platform, allow_local=self.allow_local)
        limits = self.limits
        self._limiter = Limiter(
            concurrency=limits.concurrency,
            rate=limits.rate,
            period=limits.period,
            monotonic=self.timing.monotonic,
            sleep=self.timing.sleep,
        )
        self._client = httpx.AsyncClient(
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip", **self.headers},
            follow_redirects=False,
            timeout=limits.request_deadline,
            limits=httpx.Limits(max_connections=limits.concurrency),
            verify=_tls(),
            trust_env=not self.allow_local,
        )
        self._given_up = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def get(
        self, path: str, params: Params | None = None, *, account: str | None = None
    ) -> Answer:
        """Return the answer to a GET below the base address; see `request`."""
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
        """Ask once, and again where that can help.

        Args:
            method: `GET` or `POST`.
            path: Below the base address; or a whole address the platform gave as the next page,
                which must lie below the base too.
            params: Query, repeated keys allowed. Never a secret where the API has a header.
            body: Sent as JSON, a `Form` as a form.
            account: Our account id, for messages.

        Raises:
            ExtractionError: of the kind `classify`, the status or the connection calls for.
        """
        url = self._base.url(path)
        call = _Call()
        while True:
            call.attempt += 1
            try:
                answer = await self._attempt(call, method, url, params, body)
            except ExtractionError as error:
                error.platform = error.platform or self.platform
                error.account = error.account or account
                error.what = redact(error.what, self.secrets)
                await self._wait_or_give_up(error, call)
            else:
                self._given_up = 0
                return answer

    async def _attempt(
        self, call: _Call, method: str, url: str, params: Params | None, body: object
    ) -> Answer:
        async with self._limiter:
            if call.started is None:  # time spent queueing for the first turn is nobody's fault
                call.started = self.timing.monotonic()
            await self._base.check_resolution()
            self.charge(url)
            self.traffic.requests += 1
            answer = await self._exchange(method, url, params, body)
        if pause := self.pause_after(answer):
            self._limiter.pause(min(pause, self.limits.longest_wait))
        error = self.classify(answer) or classify_status(answer)
        if error is None:
            return answer
        if isinstance(error, (RateLimited, Transient)) and error.retry_after is None:
            error.retry_after = retry_after_seconds(
                answer.headers.get("retry-after"),
                now=self.timing.now(),
                longest=self.limits.longest_wait,
            )
        raise error

    async def _wait_or_give_up(self, error: ExtractionError, call: _Call) -> None:
        """Pause before the next attempt, or raise `error` where another one cannot help."""
        if not error.is_retried:
            raise error from None
        limits = self.limits
        asked = getattr(error, "retry_after", None)
        backoff = limits.first_wait * 2 ** (call.attempt - 1) * (0.5 + self.timing.jitter())
        wait = min(backoff if asked is None else asked, limits.longest_wait)
        elapsed = self.timing.monotonic() - (call.started or 0.0)
        if call.attempt >= limits.attempts or elapsed + wait > limits.total_deadline:
            times = "once" if call.attempt == 1 else f"{call.attempt} times"
            error.what += f" (tried {times} in {elapsed:.0f} s)"
            self._given_up += 1
            if self._given_up >= FAILURES_IN_A_ROW:
                raise PlatformUnavailable(
                    f"{self._given_up} calls in a row failed, the last: {error.what}",
                    platform=self.platform,
                    next_step="Run the day again later.",
                ) from None
            raise error from None
        log.info("%s: %s; next try in %.1f s", self.platform, error.what, wait)
        self.traffic.retries += 1
        self.traffic.waited_seconds += wait
        if isinstance(error, RateLimited):
            self._limiter.pause(wait)  # everybody waits: asking on while throttled extends it
        else:
            await self.timing.sleep(wait)

    async def _exchange(self, method: str, url: str, params: Params | None, body: object) -> Answer:
        query = httpx.QueryParams(
            tuple(params.items() if isinstance(params, dict) else params or ())
        )
        sent: dict[str, Any] = {"data": body} if isinstance(body, Form) else {"json": body}
        deadline = self.limits.request_deadline
        try:
            async with (
                asyncio.timeout(deadline),
                self._client.stream(method, url, params=query or None, **sent) as response,
            ):
                if 300 <= response.status_code < 400:  # noqa: PLR2004 - redirects
                    raise UnsafeResponse("answered with a redirect, which is not followed")
                content = await self._read(response)
        except (TimeoutError, httpx.TimeoutException):
            raise Transient(f"gave no whole answer within {deadline:g} s") from None
        except httpx.ConnectError:
            raise Transient(f"cannot be reached at {self._base.host}") from None
        except (httpx.ReadError, httpx.RemoteProtocolError):
            raise Transient("broke off in the middle of an answer") from None
        except httpx.HTTPError as error:
            raise Transient(f"connection failed ({type(error).__name__})") from None
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, _payload(response, content))

    async def _read(self, response: httpx.Response) -> bytes:
        """Return the body, unpacked here so that a small bomb never grows beyond the cap."""
        encoding = response.headers.get("content-encoding", "identity").lower()
        if encoding not in ("identity", "gzip"):
            raise UnsafeResponse(f"answered in the encoding {encoding[:20]!r}, which was not asked")
        unpacker = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
        cap, size, parts = self.limits.max_bytes, 0, []
        try:
            async for raw in response.aiter_raw():
                part = unpacker.decompress(raw, cap - size + 1) if unpacker else raw
                size += len(part)
                if size > cap:
                    raise UnsafeResponse(f"answered with more than {cap // 1_000_000} MB")
                parts.append(part)
        except zlib.error:
            raise Transient("answered with a damaged gzip body") from None
        if unpacker and not unpacker.eof and size:
            raise Transient("broke off in the middle of an answer")
        return b"".join(parts)


def _payload(response: httpx.Response, content: bytes) -> object:
    """Return the JSON of an answer; of an error's body only if it happens to be JSON."""
    kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
    is_json = kind == "application/json" or (kind.startswith("application/") and "+json" in kind)
    is_error = response.status_code >= 400  # noqa: PLR2004
    if not is_json and not is_error:
        raise UnsafeResponse(f"answered with {kind[:60] or 'no content type'} instead of JSON")
    try:
        return strict_json.loads(content) if is_json else None
    except strict_json.NotJson:
        if is_error:
            return None
        words = "broke off in the middle of an answer" if content else "gave an empty answer"
        raise Transient(words) from None
    except strict_json.BadJson as error:
        if is_error:
            return None
        raise SchemaDrift(f"gave an answer that cannot be trusted: {error}") from None
