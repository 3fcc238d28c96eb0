"""What Meta's Graph API has in common, whichever platform is read through it.

Belongs here: version, credentials, pace by usage headers, fields that disappear, pages, and a
second look at accounts that seem to be gone. Does not belong here: the fields and paths of one
platform, or the codes of failures (`_graph.py`).
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

from extractors.addresses import PinnedBase
from extractors.errors import ExtractionError, QuotaExhausted, SchemaDrift
from extractors.http import Answer, HttpLimits
from extractors.platforms._graph import (
    LONGEST_PAUSE,
    Doubtful,
    FieldGone,
    Overloaded,
    Usage,
    failure,
    proof,
    usage,
)
from extractors.platforms.base import PlatformExtractor
from extractors.platforms.session import Outcome, Session, Status, Target
from extractors.platforms.shapes import DROP, KEEP, Shape, next_page, part

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence

    from extractors.records import Record

RE_READ = timedelta(days=35)
"""Engagement settles slowly: posts are read again until they are this old."""
SLOW_FROM, STOP_FROM = 75.0, 95.0
"""Percent of what the platform grants in a rolling hour."""
SLOW_PAUSE = 18.0
"""Seconds between calls that 200 calls an hour leave for one user."""
LATER = 60.0
"""Seconds before a second look, unless the platform's headers tell of no load."""
CALM_BELOW = 25.0
PAGE_SIZES = (100, 50, 25, 10)
"""Items in a page; the next smaller one when the platform finds it too much."""

_CURSORS = ("after", "until", "since", "__paging_token")

PAGING: dict[str, Shape] = {
    "cursors": {"before": DROP, "after": KEEP},
    **dict.fromkeys(("next", "previous"), DROP),  # whole addresses, token included
}


class GraphExtractor(PlatformExtractor):
    """A platform that is read through the Graph API.

    Attributes:
        version: First part of every path; old versions are answered by the oldest living one.
        token: Name of the setting with the access token.
        secret: Name of the setting with the app's secret, "" where none is used.
    """

    version: ClassVar[str]
    token: ClassVar[str]
    secret: ClassVar[str] = ""
    # The grant is 200 calls an hour for each of the app's users, and only headers tell the number.
    limits = HttpLimits(
        concurrency=4, attempts=3, longest_wait=LONGEST_PAUSE, total_deadline=2 * LONGEST_PAUSE + 60
    )

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._usage = Usage()
        self._gone: set[str] = set()

    def profiles(self, targets: Iterable[Target]) -> AsyncGenerator[Outcome]:
        """Yield one outcome an account; those that seem to be gone are asked again at the end."""
        return self._twice(targets, self._alone(self.read_profiles))

    def posts(self, targets: Iterable[Target]) -> AsyncGenerator[Outcome]:
        """Yield one outcome an account, with its posts; see `profiles`."""
        return self._twice(targets, self.read_posts)

    def inquiries(self, targets: Iterable[Target]) -> AsyncGenerator[Outcome]:
        """Yield one outcome an account, with its inquiries; see `profiles`."""
        return self._twice(targets, self.read_inquiries)

    def auth_headers(self) -> Mapping[str, str]:
        """Return the token; it never goes into an address."""
        return {"Authorization": f"Bearer {self.session.credentials.get(self.token, '')}"}

    def classify(self, answer: Answer) -> ExtractionError | None:
        """Return the failure by code and subcode; see `failure`."""
        settings = (self.token, self.secret or self.token)
        return failure(answer, settings=settings, now=self.session.timing.now())

    def pause_after(self, answer: Answer) -> float | None:
        """Return a pause from 75 % of the hour's calls on; note usage and version."""
        found = usage(answer.headers)
        if found.percent is not None:
            self._usage = found
        served = answer.headers.get("facebook-api-version", self.version)[:10]
        if served != self.version:
            words = f"{self.name}: asked for version {self.version}, answered by {served}"
            self.session.notes.add(f"{self.name} version {served}", words)
        is_slow = found.percent is not None and found.percent >= SLOW_FROM
        return SLOW_PAUSE if is_slow and self.session.use_limits else None

    async def ask(self, node: str, params: Mapping[str, str], target: Target) -> Answer:
        """Return the answer of a path below the version.

        Raises:
            QuotaExhausted: when the platform's headers say that the hour is nearly used up.
            ExtractionError: as `HttpClient.request`.
        """
        used = self._usage
        if self.session.use_limits and (used.percent or 0.0) >= STOP_FROM:
            wait = used.regain_seconds or 3600.0
            raise QuotaExhausted(
                f"{used.percent:.0f} % of the calls of an hour are used up",
                resets_at=self.session.timing.now() + timedelta(seconds=wait),
            )
        client = await self.client()
        given = self.session.credentials
        signed = dict(params)
        if self.secret and given.get(self.secret):
            signed["appsecret_proof"] = proof(given.get(self.token, ""), given[self.secret])
        path = f"{self.version}/{node}"
        return await client.get(path, signed, account=target.account_id)

    async def with_fields(
        self, fields: Sequence[str], ask: Callable[[list[str]], Awaitable[Answer]]
    ) -> Answer:
        """Return an answer for fields, without those the platform says do not exist any more.

        Args:
            fields: Field expressions; the name comes first in each.
            ask: Sends the request for the fields that are left.
        """
        while True:
            wanted = [field for field in fields if name_of(field) not in self._gone]
            try:
                return await ask(wanted)
            except FieldGone as error:
                if error.field not in {name_of(field) for field in wanted}:
                    raise
                self._gone.add(error.field)
                words = f"{self.name}: the field {error.field} is gone, it is no longer asked for"
                self.session.notes.add(f"{self.name} gone {error.field}", words)

    def is_gone(self, field: str) -> bool:
        """Return whether the platform has said that a field does not exist any more."""
        return field in self._gone

    async def in_pages(self, ask: Callable[[int], Awaitable[Answer]], sizes: list[int]) -> Answer:
        """Return a page, in smaller pages where the platform finds it too much.

        Args:
            ask: Sends the request for a number of items.
            sizes: Left to try, largest first; shortened for the pages that follow.
        """
        while True:
            try:
                return await ask(sizes[0])
            except Overloaded:
                if len(sizes) == 1:
                    raise
                del sizes[0]

    def following(self, payload: object) -> dict[str, str]:
        """Return the parameters that ask for the next page, none at the end.

        The platform's `next` is a whole address with the token in it: it is read, never asked.

        Raises:
            UnsafeResponse: when it leads to another host.
            SchemaDrift: when it leads nowhere.
        """
        following = next_page(part(payload, "paging"), "next")
        if following is None:
            return {}
        local = self.session.sandbox_url
        base = f"{local.rstrip('/')}{self.sandbox_path}" if local else self.base_url
        url = PinnedBase(base, platform=self.name, allow_local=bool(local)).url(following)
        query = parse_qs(urlsplit(url).query)
        turn = {name: query[name][0] for name in _CURSORS if name in query}
        if not turn:
            raise SchemaDrift("says there is a next page but gives no cursor")
        return turn

    def known_page(self, payload: object, shape: Shape, path: str) -> object:
        """Return what may be stored of a page of an edge; its `next` without the token in it."""
        kept = self.known(payload, shape, path)
        following = self.following(payload)
        if following and isinstance(kept, dict):
            kept["paging"] = {"next": f"{self.base_url}/?{urlencode(following)}"}
        return kept

    def ok(self, target: Target, records: Sequence[Record], problems: Sequence[str]) -> Outcome:
        """Return the outcome of an account that was read, with what was odd about it."""
        words = f"{self.name} {target.account_id}: {'; '.join(problems)}"
        return Outcome(
            account_id=target.account_id,
            status=Status.OK,
            records=tuple(records),
            problem=words if problems else None,
        )

    def _alone(
        self, read: Callable[[Sequence[Target]], Awaitable[list[Outcome]]]
    ) -> Callable[[Target], Awaitable[Outcome]]:
        async def alone(target: Target) -> Outcome:
            return (await read([target]))[0]

        return alone

    async def _twice(
        self, targets: Iterable[Target], read: Callable[[Target], Awaitable[Outcome]]
    ) -> AsyncGenerator[Outcome]:
        """Read every account; those called 100/33 once more at the end: load looks the same."""
        doubted: dict[str, Target] = {}

        async def first(batch: Sequence[Target]) -> list[Outcome]:
            try:
                return [await read(batch[0])]
            except Doubtful:
                doubted[batch[0].account_id] = batch[0]
                raise

        async def second(batch: Sequence[Target]) -> list[Outcome]:
            return [await read(batch[0])]

        async for outcome in self._all(targets, 1, first):
            if outcome.account_id not in doubted:
                yield outcome
        used = self._usage.percent
        is_calm = used is not None and used < CALM_BELOW
        if doubted and not is_calm and self.session.use_limits:
            await self.session.timing.sleep(LATER)
        async for outcome in self._all(list(doubted.values()), 1, second):
            yield outcome


def name_of(field: str) -> str:
    """Return the name at the beginning of a field expression."""
    return re.split(r"[.{(]", field, maxsplit=1)[0]
