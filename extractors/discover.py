"""From an organisation to its accounts on all platforms, as a proposal for the registry.

Wikidata names accounts by identifiers; what it names is proposed, not written: a person reads the
proposal, checks it against the organisation's own website and pastes it into `registry/`.

Belongs here: asking Wikidata who an organisation is and spelling the answer as registry YAML.
Does not belong here: files of the registry, or reading followers (`platforms/wikidata.py`).
"""

from __future__ import annotations

import asyncio
import json
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml
from pydantic import ValidationError

from extractors.http import HttpClient
from extractors.platforms.wikidata import (
    ENDPOINT,
    HEADERS,
    IDENTIFIERS,
    LIMITS,
    Wikidata,
    bindings,
    cell,
    classify,
)
from extractors.records import Platform
from extractors.registry_models import Account, Organisation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

WEBSITE = "P856"
MOST_CANDIDATES = 8
LONGEST_NAME = 200
_ID_IS_KEY = {Platform.YOUTUBE}
"""Platforms whose identifier on Wikidata is the account's own, stable id."""
_LABELS = ("en", "sv")
_PLAIN_IN_FLOW = re.compile(r"[A-Za-z0-9@][A-Za-z0-9._@-]*")
_PLAIN = re.compile(r"[^\W_][\w .&()'/-]*")


class DiscoveryError(Exception):
    """No organisation, or more than one, answers to what was asked for; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An item that a name may mean."""

    item: str
    label: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An organisation as the registry would have it.

    Attributes:
        item: On Wikidata, e.g. `Q42`.
        organisation: Valid for the registry as it stands.
        notes: What a person has to look at before using it.
    """

    item: str
    organisation: Organisation
    notes: tuple[str, ...] = ()

    @property
    def yaml(self) -> str:
        """The entry to paste below `organisations:` of an industry's file, after review."""
        organisation = self.organisation
        lines = [f"# Proposed from https://www.wikidata.org/wiki/{self.item}: check each account"]
        lines += [f"# - {note}" for note in self.notes]
        lines.append(f"- id: {organisation.id}")
        for name in ("name", "name_sv", "website"):
            if value := getattr(organisation, name):
                lines.append(f"  {name}: {_scalar(value, _PLAIN)}")
        lines.append("  accounts:" if organisation.accounts else "  accounts: []")
        lines += [f"    - {_flow(account)}" for account in organisation.accounts]
        return "\n".join(lines) + "\n"


def discover_accounts(reference: str, *, sandbox_url: str | None = None) -> Proposal:
    """Return what Wikidata knows of an organisation's accounts; see `discover`.

    Args:
        reference: An item (`Q42`) or a name.
        sandbox_url: Base of a running sandbox; None for Wikidata itself.
    """

    async def ask() -> Proposal:
        async with wikidata_client(sandbox_url) as client:
            return await discover(reference, client)

    return asyncio.run(ask())


def wikidata_client(sandbox_url: str | None = None) -> HttpClient:
    """Return a client of the query service, or of the sandbox's."""
    base = f"{sandbox_url.rstrip('/')}{Wikidata.sandbox_path}" if sandbox_url else None
    return HttpClient(
        platform=Wikidata.name,
        base_url=base or Wikidata.base_url,
        limits=LIMITS,
        headers=HEADERS,
        classify=classify,
        allow_local=sandbox_url is not None,
    )


async def discover(reference: str, client: HttpClient) -> Proposal:
    """Resolve an organisation and its accounts; nothing is written anywhere.

    Args:
        reference: An item (`Q42`), or a name that one item bears.
        client: See `wikidata_client`.

    Raises:
        DiscoveryError: when no item, or more than one, is meant; it lists the candidates.
        ExtractionError: when Wikidata could not be asked.
    """
    wanted = reference.strip()
    item = wanted.upper() if re.fullmatch(r"[Qq][1-9][0-9]{0,11}", wanted) else None
    item = item or await _item_named(wanted, client)
    answer = await client.get(ENDPOINT, {"query": identifiers_query(item), "format": "json"})
    rows = bindings(answer)
    if not rows:
        raise DiscoveryError(f"Wikidata has no item {item}")
    return _proposal(item, rows)


def search_query(name: str) -> str:
    """Return the SPARQL that finds items by name, best first."""
    quoted = json.dumps(name, ensure_ascii=False)  # SPARQL shares these escapes
    return f"""SELECT ?item ?label ?description WHERE {{
  SERVICE wikibase:mwapi {{
    bd:serviceParam wikibase:api "EntitySearch" ; wikibase:endpoint "www.wikidata.org" ;
      mwapi:search {quoted} ; mwapi:language "en" .
    ?item wikibase:apiOutputItem mwapi:item . ?place wikibase:apiOrdinal true .
  }}
  OPTIONAL {{ ?item rdfs:label ?label . FILTER(LANG(?label) = "en") }}
  OPTIONAL {{ ?item schema:description ?description . FILTER(LANG(?description) = "en") }}
}} ORDER BY ?place LIMIT {MOST_CANDIDATES}"""


def identifiers_query(item: str) -> str:
    """Return the SPARQL for an item's names and its accounts that have not ended."""
    names = [*sorted(IDENTIFIERS.keys() - {"P6552"}), WEBSITE]
    claims = " ".join(f'("{name}" p:{name} ps:{name})' for name in names)
    labels = "\n".join(
        f'  OPTIONAL {{ ?item rdfs:label ?label_{code} . FILTER(LANG(?label_{code}) = "{code}") }}'
        for code in _LABELS
    )
    return f"""SELECT ?label_en ?label_sv ?property ?value ?number ?rank WHERE {{
  VALUES ?item {{ wd:{item} }}
  ?item wikibase:statements ?known .
{labels}
  OPTIONAL {{
    VALUES (?property ?claim ?states) {{ {claims} }}
    ?item ?claim ?statement .
    ?statement ?states ?value ; wikibase:rank ?rank .
    FILTER(?rank != wikibase:DeprecatedRank)
    FILTER NOT EXISTS {{ ?statement pq:P582 ?ended }}
    OPTIONAL {{ ?statement pq:P6552 ?number }}
  }}
}}"""


async def _item_named(name: str, client: HttpClient) -> str:
    if not name or len(name) > LONGEST_NAME:
        raise DiscoveryError("Give the name of an organisation, or its item such as Q42")
    answer = await client.get(ENDPOINT, {"query": search_query(name), "format": "json"})
    found: dict[str, Candidate] = {}
    for row in bindings(answer):
        item = (cell(row, "item") or "").rsplit("/", 1)[-1]
        label, words = cell(row, "label") or "", cell(row, "description") or ""
        found.setdefault(item, Candidate(item=item, label=label, description=words))
    exact = [c for c in found.values() if c.label.casefold() == name.casefold()]
    chosen = exact or list(found.values())
    if not chosen:
        raise DiscoveryError(
            f"Wikidata finds nothing under {name!r}. Try its full name, or its item: "
            "effektanalys registry discover Q42"
        )
    if len(chosen) > 1:
        listed = "; ".join(f"{c.item} {c.label} ({c.description})" for c in chosen)
        raise DiscoveryError(
            f"{name!r} may mean several items: {listed}. "
            f"Choose one: effektanalys registry discover {chosen[0].item}"
        )
    return chosen[0].item


def _proposal(item: str, rows: Sequence[Mapping[str, object]]) -> Proposal:
    labels = {code: _first(rows, f"label_{code}") for code in _LABELS}
    name = labels["en"] or labels["sv"] or item
    slug = _slug(name) or item.lower()
    notes: list[str] = []
    accounts = list(_accounts(slug, rows, notes))
    websites = _values(rows, WEBSITE)
    organisation = Organisation(id=slug, name=name)
    if labels["sv"] and labels["sv"] != name:
        organisation = organisation.model_copy(update={"name_sv": labels["sv"]})
    if websites:
        checked = _checked(notes, "website", id=slug, website=websites[0][0])
        organisation = organisation.model_copy(update=checked)
    missing = [p.value for p in dict.fromkeys(IDENTIFIERS.values())]
    missing = [p for p in missing if p not in {a.platform.value for a in accounts}]
    if missing:
        notes.append(f"not on Wikidata: {', '.join(sorted(missing))}")
    notes.append(
        "past followers that Wikidata states: "
        f'{{platform: wikidata, id: {slug}.wikidata, platform_id: "{item}:x"}}'
    )
    organisation = organisation.model_copy(update={"accounts": tuple(accounts)})
    return Proposal(item=item, organisation=organisation, notes=tuple(notes))


def _accounts(
    slug: str, rows: Sequence[Mapping[str, object]], notes: list[str]
) -> Iterable[Account]:
    for name, platform in sorted(IDENTIFIERS.items(), key=lambda pair: pair[1]):
        found = _values(rows, name)
        if len(found) > 1:
            notes.append(f"{platform}: {len(found)} accounts, keep the organisation's main one")
        for place, (value, number) in enumerate(found, start=1):
            given: dict[str, object] = {"platform": platform}
            is_number = platform is Platform.LINKEDIN and value.isascii() and value.isdecimal()
            if platform in _ID_IS_KEY or is_number:
                given["platform_id"] = value
            else:
                given["handle"] = value.removeprefix("@")
            if number:
                given["platform_id"] = number
            if place > 1:
                given |= {"id": f"{slug}.{platform}_{place}", "main": False}
            try:
                yield Account.model_validate(given)
            except ValidationError:
                notes.append(f"{platform}: {json.dumps(value)[:80]} is no handle, left out")


def _values(rows: Sequence[Mapping[str, object]], name: str) -> list[tuple[str, str | None]]:
    """Return an identifier's values with their numeric ids: the preferred ones, else all."""
    found: dict[str, tuple[str | None, bool]] = {}
    for row in rows:
        value = cell(row, "value")
        if cell(row, "property") == name and value:
            is_preferred = (cell(row, "rank") or "").endswith("PreferredRank")
            found.setdefault(value, (cell(row, "number"), is_preferred))
    preferred = [(value, number) for value, (number, is_best) in found.items() if is_best]
    return preferred or [(value, number) for value, (number, _) in found.items()]


def _first(rows: Sequence[Mapping[str, object]], name: str) -> str | None:
    text = next((value for row in rows if (value := cell(row, name))), None)
    return " ".join(text.split()) if text else None


def _checked(notes: list[str], name: str, **given: str) -> dict[str, object]:
    """Return the field if the registry would take it, else nothing and a note."""
    try:
        return {name: getattr(Organisation.model_validate(given), name)}
    except ValidationError:
        notes.append(f"{name}: {json.dumps(given[name])[:80]} is not valid, left out")
        return {}


def _slug(name: str) -> str:
    """Return an id of the registry: `Västra Götaland` becomes `vastra_gotaland`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:80].strip("_")


def _flow(account: Account) -> str:
    given = account.model_dump(mode="json", exclude_defaults=True)
    order = ("platform", "id", "platform_id", "handle", "main")
    cells = (f"{name}: {_cell(given[name])}" for name in order if name in given)
    return "{" + ", ".join(cells) + "}"


def _cell(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool) else _scalar(str(value), _PLAIN_IN_FLOW)


def _scalar(text: str, plain: re.Pattern[str]) -> str:
    """Return YAML that reads back as exactly this text: `no` and `123` need quotes."""
    if plain.fullmatch(text):
        try:
            if yaml.safe_load(text) == text:
                return text
        except yaml.YAMLError:
            pass
    return json.dumps(text, ensure_ascii=False)
