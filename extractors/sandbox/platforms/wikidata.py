"""Wikidata's query service, for the three questions that Effektanalys asks.

It is no SPARQL engine: it recognises the question by its text. Followers are stated for the first
day of every month and, as if somebody had just been there, for today; the first of January is
also stated with the precision of a year, deprecated. An account of the world belongs to the item
that bears its organisation's name.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from extractors.sandbox.exchange import Ask, Endpoint, Refusal, SandboxPlatform

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

    from extractors.sandbox.windows import WindowState
    from extractors.sandbox.world import AccountState

ENTITY = "http://www.wikidata.org/entity/"
ONTOLOGY = "http://wikiba.se/ontology#"
QUALIFIER = "http://www.wikidata.org/prop/qualifier/"
_ITEM = re.compile(r"\bwd:(Q\d+)\b")
_DAY = re.compile(r'"(\d{4}-\d\d-\d\d)T[0-9:]+Z"\^\^xsd:dateTime')
_SEARCH = re.compile(r'mwapi:search ("(?:[^"\\]|\\.)*")')
STATED = ("x", "youtube", "instagram")
"""Platforms of a generated organisation whose followers are stated."""
_PROPERTIES = {
    "bluesky": ("P12361", "handle"),
    "facebook": ("P2013", "handle"),
    "instagram": ("P2003", "handle"),
    "linkedin": ("P4264", "id"),
    "mastodon": ("P4033", "handle"),
    "snapchat": ("P2984", "handle"),
    "threads": ("P11892", "handle"),
    "tiktok": ("P7085", "handle"),
    "x": ("P2002", "handle"),
    "youtube": ("P2397", "id"),
}


def _sparql(ask: Ask) -> dict[str, Any]:
    query = ask.param("query") or (ask.body or {}).get("query", "")
    if search := _SEARCH.search(query):
        rows = list(_found(ask, json.loads(search[1])))
    elif "p:P8687" in query:
        rows = list(_followers(ask, query))
    elif "wikibase:statements" in query:
        rows = list(_identifiers(ask, query))
    else:
        raise Refusal(400, {"error": "SPARQL-QUERY: queryStr=" + query[:200]})
    names = dict.fromkeys(name for row in rows for name in row)
    return {"head": {"vars": list(names)}, "results": {"bindings": rows}}


@dataclass(slots=True, kw_only=True)
class _Item:
    """An organisation; `stated` are the accounts whose followers somebody enters."""

    name: str
    name_sv: str | None = None
    stated: list[tuple[str, AccountState]] = field(default_factory=list)


def _items(ask: Ask) -> dict[str, _Item]:
    """Return every item: accounts of the world on Wikidata, and generated organisations."""
    items: dict[str, _Item] = {}
    for account in ask.world.accounts(ask.now):
        if account.platform == ask.platform and (state := ask.account(account.id)):
            item, _, platform = state.id.partition(":")
            items.setdefault(item, _Item(name=state.name)).stated.append((platform, state))
    for organisation in getattr(ask.world, "organisations", ()):
        plans = [plan for plan in organisation.accounts if plan.platform in STATED]
        states = [(plan.platform, plan.state(ask.now)) for plan in plans]
        items[organisation.wikidata_id] = _Item(
            name=organisation.name,
            name_sv=organisation.name_sv,
            stated=[(platform, state) for platform, state in states if state],
        )
    return items


def _followers(ask: Ask, query: str) -> Iterator[dict[str, Any]]:
    stated_on = {date.fromisoformat(text) for text in _DAY.findall(query)}
    items = _items(ask)
    for name in dict.fromkeys(_ITEM.findall(query)):
        if name not in items:
            continue
        yield {"item": _uri(ENTITY + name)}
        for platform, account in items[name].stated:
            for day in _days(ask, account):
                if stated_on and day not in stated_on:
                    continue
                moment = min(datetime.combine(day, time(12), UTC), ask.now)
                state = ask.world.account(account.platform, account.id, moment)
                if state is None or state.followers is None:
                    continue
                row = _statement(name, platform, day, state.followers)
                yield ask.item(account, row)
                if (day.month, day.day) == (1, 1):
                    yield _statement(name, platform, day, state.followers + 1, precision="9")


def _statement(
    item: str, platform: str, day: date, followers: int, precision: str = "11"
) -> dict[str, Any]:
    rank = "NormalRank" if precision == "11" else "DeprecatedRank"
    row = {
        "item": _uri(ENTITY + item),
        "statement": _uri(f"{ENTITY}statement/{item}-{platform}-{day}-{precision}"),
        "followers": _literal(str(followers), "decimal"),
        "when": _literal(f"{day}T00:00:00Z", "dateTime"),
        "precision": _literal(precision, "integer"),
        "rank": _uri(ONTOLOGY + rank),
    }
    if platform in _PROPERTIES:
        row["qualifier"] = _uri(QUALIFIER + _PROPERTIES[platform][0])
    return row


def _days(ask: Ask, account: AccountState) -> list[date]:
    today = ask.now.date()
    known = [*ask.world.days()[:1], today]
    day, days = max(min(known), account.created_at.date()).replace(day=1), []
    while day <= today:
        days.append(day)
        day = (day + timedelta(days=32)).replace(day=1)
    return days if today in days else [*days, today]


def _identifiers(ask: Ask, query: str) -> Iterator[dict[str, Any]]:
    items = _items(ask)
    for item in (items[name] for name in dict.fromkeys(_ITEM.findall(query)) if name in items):
        labels = {"label_en": _literal(item.name)}
        if item.name_sv:
            labels["label_sv"] = _literal(item.name_sv)
        yield labels
        for account in ask.world.accounts(ask.now):
            if account.name != item.name or account.platform not in _PROPERTIES:
                continue
            name, attribute = _PROPERTIES[account.platform]
            row = {
                **labels,
                "property": _literal(name),
                "value": _literal(getattr(account, attribute)),
                "rank": _uri(ONTOLOGY + "NormalRank"),
            }
            if account.platform == "x":
                row["number"] = _literal(account.id)
            yield row


def _found(ask: Ask, text: str) -> Iterator[dict[str, Any]]:
    named = ((n, i) for n, i in _items(ask).items() if text.casefold() in i.name.casefold())
    for name, item in named:
        yield {
            "item": _uri(ENTITY + name),
            "label": _literal(item.name),
            "description": _literal("organisation of the sandbox"),
        }


def _uri(value: str) -> dict[str, str]:
    return {"type": "uri", "value": value}


def _literal(value: str, kind: str | None = None) -> dict[str, str]:
    given = {"datatype": f"http://www.w3.org/2001/XMLSchema#{kind}"} if kind else {}
    return {"type": "literal", **given, "value": value}


def _check(request: Request) -> None:
    agent = request.headers.get("user-agent", "")
    if not agent or re.match(r"(?i)(python|curl|wget|java|go-http)", agent):
        raise Refusal(403, {"error": "Requests must have a user agent, see the policy"})


def _error_body(status: int) -> dict[str, str]:
    named = {403: "You have been banned until 2027-01-01", 429: "Rate limit exceeded"}
    return {"error": named.get(status, "java.util.concurrent.TimeoutException")}


def _rate_headers(state: WindowState) -> dict[str, str]:
    return {} if state.allowed else {"retry-after": "30"}


def _named(request: Request, _: object) -> list[str]:
    return _ITEM.findall(request.query_params.get("query", ""))


PLATFORM = SandboxPlatform(
    name="wikidata",
    prefix="wikidata",
    limit=(60, 60),
    rate_headers=_rate_headers,
    error_body=_error_body,
    check=_check,
    endpoints=(Endpoint(path="/sparql", answer=_sparql, accounts=_named),),
)
