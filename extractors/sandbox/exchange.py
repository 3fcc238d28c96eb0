"""One call to one platform of the sandbox, from the request to the answer.

Belongs here: what all platforms share - the virtual clock, limits, faults, sending. A platform
module describes itself as a `SandboxPlatform` and answers through an `Ask`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from extractors.sandbox.faults import Fault, FaultBook, FaultKind, change_item
from extractors.sandbox.windows import FixedWindow, Window, WindowState
from extractors.sandbox.wire import answer_broken, answer_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from extractors.sandbox.world import AccountState, World

NOW_HEADER = "X-Sandbox-Now"
"""ISO 8601 moment, with zone, that the sandbox answers for; without it, the present."""


class Refusal(Exception):
    """An error answer in the platform's own words."""

    def __init__(self, status: int, body: object) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One request as a platform module sees it.

    Attributes:
        request: The HTTP request; `body` holds its JSON, or its form, for POST.
        base: Scheme, host and platform prefix it came by, for absolute links.
        now: The virtual moment.
        faults: Those that strike this call.
        headers: Sent with the answer; an endpoint may add some (`Link`).
    """

    request: Request
    platform: str
    world: World
    base: str
    now: datetime
    faults: Sequence[Fault]
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def param(self, name: str, default: str = "") -> str:
        """Return one query parameter."""
        return self.request.query_params.get(name, default)

    def params(self, name: str) -> list[str]:
        """Return every value of a repeated query parameter."""
        return self.request.query_params.getlist(name)

    def account(self, reference: str) -> AccountState | None:
        """Return the account as the platform shows it now, faults included."""
        state = self.world.account(self.platform, reference, self.now)
        if state is None:
            return None
        for fault in self._faults_of(state):
            if fault.kind is FaultKind.UNKNOWN_ACCOUNT:
                return None
            if fault.kind is FaultKind.LABEL:
                state = replace(state, labels=(*state.labels, str(fault.value)))
        return state

    def item(self, account: AccountState, item: dict[str, Any]) -> dict[str, Any]:
        """Return an item of the account's (its profile, a post), faults included."""
        return change_item(item, self._faults_of(account))

    def page(self, items: list[Any], cursor: str | None) -> tuple[list[Any], str | None]:
        """Return a page and the cursor to the next one, faults included."""
        for fault in self.faults:
            if fault.kind is FaultKind.EMPTY_PAGE:
                return [], cursor or fault.cursor
            if fault.kind is FaultKind.REPEATED_CURSOR:
                return items, fault.cursor
        return items, cursor

    def _faults_of(self, account: AccountState) -> list[Fault]:
        return [f for f in self.faults if f.account in (None, account.id, account.handle)]


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One path of a platform.

    Attributes:
        path: Below the platform's prefix, Starlette syntax.
        answer: Returns the body of a 200, or raises `Refusal`.
        accounts: The ids and handles a request names, so that faults can be aimed.
        method: `GET` or `POST`.
    """

    path: str
    answer: Callable[[Ask], object]
    accounts: Callable[[Request, Any], list[str]]
    method: str = "GET"


@dataclass(frozen=True, kw_only=True)
class SandboxPlatform:
    """One platform of the sandbox.

    Attributes:
        name: As in the registry.
        prefix: First part of its paths.
        endpoints: What it serves.
        limit: Calls in a window, and the window's seconds.
        rate_headers: Headers of every answer, in the platform's spelling.
        error_body: Body of an error status, in the platform's spelling.
        check: Raises `Refusal` for a request without valid credentials.
        window: Builds the rate limit where it is no fixed window of `limit`.
        refused: Body of a 429, where the platform tells its limits apart.
        refused_status: Status of a call beyond the limit.
        limit_key: Of a request and its endpoint's name: whose limit the call counts against.
    """

    name: str
    prefix: str
    endpoints: Sequence[Endpoint]
    limit: tuple[int, float]
    rate_headers: Callable[[WindowState], dict[str, str]]
    error_body: Callable[[int], object]
    check: Callable[[Request], None] = lambda _: None
    window: Callable[[], Window] | None = None
    refused: Callable[[WindowState], object] | None = None
    refused_status: int = 429
    limit_key: Callable[[Request, str], str] = lambda request, _: (
        request.client.host if request.client else ""
    )


@dataclass
class SandboxState:
    """What the sandbox's platforms share: the world, the faults, the windows, who called.

    `standing_at` is the moment of a request that names none: clients that cannot send the header
    then see a world that stands still; None is the present.
    """

    world: World
    standing_at: datetime | None = None
    faults: FaultBook = field(default_factory=FaultBook)
    calls: Counter[str] = field(default_factory=Counter)
    windows: dict[str, Window] = field(default_factory=dict)

    def window(self, platform: SandboxPlatform) -> Window:
        """Return the platform's rate limit; tests may put another one in its place."""
        if platform.name not in self.windows:
            built = platform.window() if platform.window else FixedWindow(*platform.limit)
            self.windows[platform.name] = built
        return self.windows[platform.name]


async def exchange(
    state: SandboxState, platform: SandboxPlatform, endpoint: Endpoint, request: Request
) -> Response:
    """Return the answer to one call, with whatever goes wrong with it."""
    name = endpoint.path.rstrip("/").rsplit("/", 1)[-1]
    state.calls[f"{platform.name} {name}"] += 1
    left = state.window(platform).take(platform.limit_key(request, name))
    headers = platform.rate_headers(left)
    if not left.allowed:
        words = platform.refused(left) if platform.refused else platform.error_body(429)
        return answer_json(request, platform.refused_status, words, headers)
    try:
        now = virtual_now(request, state.standing_at)
    except ValueError:
        return answer_json(request, 400, {"error": f"{NOW_HEADER} is no ISO time with zone"}, {})
    body = await _body(request)
    faults = state.faults.strike(platform.name, name, endpoint.accounts(request, body), now)
    ask = Ask(
        request=request,
        platform=platform.name,
        world=state.world,
        base=f"{request.url.scheme}://{request.url.netloc}/{platform.prefix}",
        now=now,
        faults=faults,
        body=body,
        headers=headers,
    )
    status, answered = _answer(ask, platform, endpoint, headers)
    for fault in faults:
        broken = await answer_broken(fault, status, answered, headers)
        if broken is not None:
            return broken
    return answer_json(request, status, answered, headers)


def _answer(
    ask: Ask, platform: SandboxPlatform, endpoint: Endpoint, headers: dict[str, str]
) -> tuple[int, object]:
    for fault in ask.faults:
        if fault.kind in (FaultKind.ERROR, FaultKind.RATE_LIMIT):
            status = 429 if fault.kind is FaultKind.RATE_LIMIT else fault.status
            if fault.retry_after is not None:
                headers["retry-after"] = fault.retry_after
            return status, fault.body or platform.error_body(status)
    try:
        platform.check(ask.request)
        return 200, endpoint.answer(ask)
    except Refusal as refusal:
        return refusal.status, refusal.body


def virtual_now(request: Request, standing_at: datetime | None) -> datetime:
    """Return the moment a request asks about, in UTC: its own, the standing one, or the present.

    Raises:
        ValueError: when the header is no ISO time with a zone.
    """
    given = request.headers.get(NOW_HEADER)
    if not given:
        return standing_at or datetime.now(tz=UTC)
    moment = datetime.fromisoformat(given)
    if moment.tzinfo is None:
        raise ValueError(given)
    return moment.astimezone(UTC)


async def _body(request: Request) -> Any:  # noqa: ANN401 - whatever JSON was sent
    if request.method != "POST":
        return None
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl((await request.body()).decode(errors="replace")))
    try:
        return await request.json()
    except ValueError:
        return None
