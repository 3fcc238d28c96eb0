"""Wikidata's statements of followers (P8687): sparse, dated, and true of the day they name.

The only source here that answers for past days. It is asked only for accounts that the registry
puts on the platform `wikidata`, as `Q42:youtube` (the item, and which platform's followers) or
`Q42` where the item states one platform's alone. Its rows carry their own source and account, so
they never continue a series that an API began.

A statement counts on the day it names, and only if it names a day: `2024` is kept by Wikidata as
1 January 2024, with a precision that tells the difference. Deprecated statements are left out; of
several for one day a preferred one wins, and a contradiction is told, not resolved.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time

from extractors.errors import (
    ExtractionError,
    PlatformUnavailable,
    RateLimited,
    SchemaDrift,
    Transient,
)
from extractors.http import Answer, HttpLimits
from extractors.platforms.base import PlatformExtractor
from extractors.platforms.session import Outcome, Status, Target
from extractors.platforms.shapes import DROP, KEEP, MOST_FOLLOWERS, Shape, objects
from extractors.records import Platform, ProfileSnapshot

IDENTIFIERS = {
    "P12361": Platform.BLUESKY,
    "P2013": Platform.FACEBOOK,
    "P2003": Platform.INSTAGRAM,
    "P4264": Platform.LINKEDIN,
    "P4033": Platform.MASTODON,
    "P2984": Platform.SNAPCHAT,
    "P11892": Platform.THREADS,
    "P7085": Platform.TIKTOK,
    "P2002": Platform.X,
    "P6552": Platform.X,
    "P2397": Platform.YOUTUBE,
}
"""Property that names an account -> its platform; not all of them were seen in use on P8687."""
ENDPOINT = "sparql"
HEADERS = {
    # Wikimedia refuses clients that do not say who they are and where to learn more.
    "User-Agent": "effektanalys/0.1 (open benchmark of public follower counts; "
    "https://www.wikidata.org/wiki/Property:P8687) python-httpx",
    "Accept": "application/sparql-results+json",
}
# 60 s a query and 60 s of work a minute for each client: one query at a time.
LIMITS = HttpLimits(concurrency=1, request_deadline=65.0, total_deadline=400.0, first_wait=2.0)
DAY_PRECISION = "11"

_REFERENCE = re.compile(r"(Q[1-9][0-9]{0,11})(?::([a-z]+))?")
_WHOLE = re.compile(r"\+?([0-9]{1,12})(?:\.0+)?")
_CELL: dict[str, Shape] = {
    **dict.fromkeys(("type", "datatype", "value"), KEEP),
    "xml:lang": DROP,
}
_VARIABLES = ("item", "statement", "followers", "when", "precision", "rank", "qualifier")
_RESULTS: dict[str, Shape] = {
    "head": DROP,
    "results": {"bindings": [{**dict.fromkeys(_VARIABLES, _CELL), "known": DROP}]},
}


@dataclass(slots=True, kw_only=True)
class _Statement:
    followers: str
    rank: str
    precision: str
    platforms: set[Platform] = field(default_factory=set)


class Wikidata(PlatformExtractor):
    """Reads P8687 statements of a day by SPARQL, 50 items a query."""

    platform = Platform.WIKIDATA
    title = "Wikidata"
    streams = ("profile_snapshots",)
    base_url = "https://query.wikidata.org"
    sandbox_path = "/wikidata"
    batch_size = 50
    can_answer_past = True
    limits = LIMITS
    source = "wikidata"
    raw_retention_days = 3650

    async def read_profiles(self, batch: Sequence[Target]) -> list[Outcome]:
        """Return an outcome for every account; one without a statement that day has no record."""
        items = sorted({item for target in batch if (item := _parts(target)[0])})
        stated = await self._statements(items) if items else {}
        outcomes = []
        for target in batch:
            item, platform = _parts(target)
            if item is None:
                words = f"{target.reference!r} is no item such as Q42 or Q42:youtube"
                outcomes.append(self.not_visible(target, words))
            elif item not in stated:
                outcomes.append(self.not_visible(target, "Wikidata has no such item"))
            else:
                outcomes.append(self._read(target, platform, stated[item]))
        return outcomes

    def auth_headers(self) -> Mapping[str, str]:
        """Return who is asking; there are no credentials."""
        return HEADERS

    def classify(self, answer: Answer) -> ExtractionError | None:
        """Return the failure by status: the query service has no codes of its own."""
        return classify(answer)

    def not_visible(self, target: Target, reason: str) -> Outcome:
        """Return the outcome of an unknown item, on the day asked for."""
        outcome = super().not_visible(target, reason)
        seen = self._moment()
        records = (r for r in outcome.records if isinstance(r, ProfileSnapshot))
        return replace(outcome, records=tuple(replace(r, observed_at=seen) for r in records))

    async def _statements(self, items: Sequence[str]) -> dict[str, list[_Statement]]:
        """Return the statements of the day by item; items without any are there, empty."""
        client = await self.client()
        params = {"query": statements_query(items, self._day()), "format": "json"}
        answer = await client.get(ENDPOINT, params)
        self.keep(ENDPOINT, self.known(answer.payload, _RESULTS, "sparql"))
        found: dict[str, dict[str, _Statement]] = {}
        for row in bindings(answer):
            item = _name(row, "item")
            statements = found.setdefault(item, {})
            if "statement" not in row:
                continue
            statement = statements.setdefault(
                _value(row, "statement"),
                _Statement(
                    followers=_value(row, "followers"),
                    rank=_name(row, "rank"),
                    precision=_value(row, "precision"),
                ),
            )
            if platform := IDENTIFIERS.get(_name(row, "qualifier") if "qualifier" in row else ""):
                statement.platforms.add(platform)
        return {item: list(statements.values()) for item, statements in found.items()}

    def _read(
        self, target: Target, platform: str | None, statements: Sequence[_Statement]
    ) -> Outcome:
        of_the_day = [s for s in statements if s.precision == DAY_PRECISION]
        valid = [s for s in of_the_day if s.rank != "DeprecatedRank"]
        if platform:
            valid = [s for s in valid if {p.value for p in s.platforms} == {platform}]
        preferred = [s for s in valid if s.rank == "PreferredRank"] or valid
        kinds = {frozenset(s.platforms) for s in preferred}
        if not preferred:
            return self._outcome(target, (), None)
        if len(kinds) > 1:
            words = "the item states followers of several platforms; write Q42:youtube"
            return self._outcome(target, (), words)
        try:
            counts = {_count(s.followers) for s in preferred}
        except SchemaDrift as error:
            return self.failed(target, error)
        if len(counts) > 1:
            shown = " and ".join(f"{n:,}" for n in sorted(counts))
            return self._outcome(target, (), f"contradictory statements of the day: {shown}")
        record = self.snapshot(target, followers=counts.pop())
        return self._outcome(target, (replace(record, observed_at=self._moment()),), None)

    def _outcome(
        self, target: Target, records: tuple[ProfileSnapshot, ...], words: str | None
    ) -> Outcome:
        return Outcome(
            account_id=target.account_id,
            status=Status.OK,
            records=records,
            problem=f"{self.name} {target.account_id}: {words}" if words else None,
        )

    def _day(self) -> date:
        return self.session.day or self.session.observed_at().date()

    def _moment(self) -> datetime:
        """Noon UTC of the day, which is the same date nearly everywhere; never in the future."""
        return min(datetime.combine(self._day(), time(12), UTC), self.session.observed_at())


def statements_query(items: Sequence[str], day: date) -> str:
    """Return the SPARQL for what items state for a day; every item that exists gives a row.

    Args:
        items: `Q` and a number each, nothing else.
        day: The day named by the statements.
    """
    wanted = " ".join(f"wd:{item}" for item in items)
    qualifiers = " ".join(f"pq:{name}" for name in sorted(IDENTIFIERS))
    return f"""SELECT ?item ?statement ?followers ?when ?precision ?rank ?qualifier WHERE {{
  VALUES ?item {{ {wanted} }}
  ?item wikibase:statements ?known .
  OPTIONAL {{
    ?item p:P8687 ?statement .
    ?statement ps:P8687 ?followers ; wikibase:rank ?rank ; pqv:P585 ?point .
    ?point wikibase:timeValue ?when ; wikibase:timePrecision ?precision .
    FILTER(?when = "{day}T00:00:00Z"^^xsd:dateTime)
    OPTIONAL {{ VALUES ?qualifier {{ {qualifiers} }} ?statement ?qualifier ?account . }}
  }}
}}"""


def classify(answer: Answer) -> ExtractionError | None:
    """Return the failure a status of the query service stands for."""
    if answer.status == 429:  # noqa: PLR2004 - asking on in spite of it is punished with a day
        return RateLimited("asks for a pause")
    if answer.status == 403:  # noqa: PLR2004
        return PlatformUnavailable(
            "refuses this client: its User-Agent, or a ban after too many queries",
            next_step="Run the day again tomorrow.",
        )
    if answer.status >= 500:  # noqa: PLR2004 - a query that ran into its 60 s ends like this, too
        return Transient(f"answered with HTTP {answer.status}")
    return None


def bindings(answer: Answer) -> list[Mapping[str, object]]:
    """Return the rows of an answer.

    Raises:
        SchemaDrift: when it has none.
    """
    results = answer.payload.get("results") if isinstance(answer.payload, Mapping) else None
    return objects(results, "bindings")


def cell(row: Mapping[str, object], name: str) -> str | None:
    """Return the text of a cell, None where the row has none: every value is a string."""
    found = row.get(name)
    value = found.get("value") if isinstance(found, Mapping) else None
    return value if isinstance(value, str) and value else None


def _value(row: Mapping[str, object], name: str) -> str:
    value = cell(row, name)
    if value is None:
        raise SchemaDrift(f"{name} is missing in a row, expected text")
    return value


def _name(row: Mapping[str, object], name: str) -> str:
    """Return the last part of an address: Q42, P2397, PreferredRank."""
    return re.split(r"[/#]", _value(row, name))[-1]


def _count(text: str) -> int:
    found = _WHOLE.fullmatch(text)
    if found is None or int(found[1]) > MOST_FOLLOWERS:
        raise SchemaDrift(f"followers is {text[:40]!r}, expected a whole number")
    return int(found[1])


def _parts(target: Target) -> tuple[str | None, str | None]:
    """Return the item and the platform of a reference."""
    found = _REFERENCE.fullmatch(target.reference)
    return (found[1], found[2]) if found else (None, None)


EXTRACTOR = Wikidata
