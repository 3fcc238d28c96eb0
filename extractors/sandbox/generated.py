"""A world made from a seed: organisations by industry, with accounts on every platform.

Names say that they are generated. Everything is a function of the seed, the account and the time
(`plans.py`), so that two worlds of one seed agree, and a test can work out any number by itself.
Organisations differ by their number n within the industry, counted from 1:

- n % 10 == 3: renamed on every platform 200 days after the first day;
- n % 20 == 19: every account deleted 300 days after the first day;
- n % 10 == 7: YouTube subscribers hidden; n % 5 == 2: Instagram likes hidden;
- n % 10 == 9: protected on X;
- n % 6 == 4: loses followers; n % 8 == 1: posts every 4 hours, which fills several pages.

On YouTube every video 7k + 3 hides its likes and 11k + 5 has its comments switched off. Every
fourth post was never shared, every fiftieth is deleted after 20 days, and some are edited.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from extractors.records import Platform
from extractors.sandbox.plans import AccountPlan, between, handle, platform_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from extractors.sandbox.world import AccountState, InquiryState, PostState

FIRST_DAY = date(2025, 1, 1)
LAST_DAY = date(2026, 12, 31)
PLATFORMS = tuple(p.value for p in Platform if p is not Platform.WIKIDATA)
"""Wikidata has items, not accounts: see `GeneratedOrganisation.wikidata_id`."""
_SWEDISH = {"agency": "myndighet", "municipality": "kommun", "party": "parti"}
_SUBSCRIBERS = {"youtube", "snapchat"}
_SIZES = {"linkedin": 3, "facebook": 4, "bluesky": 1, "mastodon": 1, "snapchat": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedOrganisation:
    """One organisation and its accounts, one a platform."""

    id: str
    industry_id: str
    name: str
    name_sv: str
    wikidata_id: str
    accounts: tuple[AccountPlan, ...]


class GeneratedWorld:
    """Organisations that do not exist, with accounts that grow, are renamed and disappear.

    Args:
        seed: Another seed, another world.
        industries: Singular English noun -> number of organisations (at most 9,999).
        platforms: Where every organisation has an account.
        first_day: Followers are counted from here; posts begin 60 days before.
        last_day: Last of `days()`; the world goes on after it.
    """

    def __init__(
        self,
        seed: int = 1,
        *,
        industries: Mapping[str, int] | None = None,
        platforms: Iterable[str] = PLATFORMS,
        first_day: date = FIRST_DAY,
        last_day: date = LAST_DAY,
    ) -> None:
        self.seed = seed
        self._first_day, self._last_day = first_day, last_day
        wanted = industries or {"region": 21, "museum": 12}
        names = tuple(platforms)
        self.organisations = tuple(
            self._organisation(noun, place, names)
            for noun, size in wanted.items()
            for place in range(1, size + 1)
        )
        plans = [plan for organisation in self.organisations for plan in organisation.accounts]
        self._plans = {(plan.platform, plan.id): plan for plan in plans}
        self._named: dict[tuple[str, str], list[AccountPlan]] = {}
        for plan in plans:
            for name in {plan.handle, plan.renamed[1] if plan.renamed else plan.handle}:
                self._named.setdefault((plan.platform, name), []).append(plan)
        self._feed = lru_cache(maxsize=256)(self._posts)

    def days(self) -> list[date]:
        """Return every day from the first to the last."""
        length = (self._last_day - self._first_day).days + 1
        return [self._first_day + timedelta(days=n) for n in range(length)]

    def account(self, platform: str, reference: str, now: datetime) -> AccountState | None:
        """Return the account with this id, or with this handle at that time."""
        plan = self._plans.get((platform, reference))
        if plan is not None:
            return plan.state(now)
        day = now.astimezone(UTC).date()
        named = self._named.get((platform, reference.lower()), [])
        return next((p.state(now) for p in named if p.handle_on(day) == reference.lower()), None)

    def accounts(self, now: datetime) -> list[AccountState]:
        """Return every account that exists at that time."""
        states = (plan.state(now) for plan in self._plans.values())
        return [state for state in states if state is not None]

    def posts(self, platform: str, account_id: str, now: datetime) -> list[PostState]:
        """Return the account's feed at that time, newest first; none of a deleted account."""
        return list(self._feed(platform, account_id, now))

    def inquiries(self, platform: str, account_id: str, now: datetime) -> list[InquiryState]:
        """Return the questions asked there by `now`, oldest first."""
        plan = self._plans.get((platform, account_id))
        return plan.inquiries(now) if plan and plan.state(now) else []

    def plan(self, platform: str, account_id: str) -> AccountPlan:
        """Return what is fixed about an account.

        Raises:
            KeyError: when the world has no such account.
        """
        return self._plans[platform, account_id]

    def industries(self) -> list[str]:
        """Return the industries' ids, in order."""
        return list(dict.fromkeys(o.industry_id for o in self.organisations))

    def _posts(self, platform: str, account_id: str, now: datetime) -> tuple[PostState, ...]:
        plan = self._plans.get((platform, account_id))
        return tuple(plan.posts(now)) if plan and plan.state(now) else ()

    def _organisation(
        self, noun: str, place: int, platforms: tuple[str, ...]
    ) -> GeneratedOrganisation:
        organisation_id = f"generated_{noun}_{place:02}"
        name = f"Generated {noun} {place:02}"
        return GeneratedOrganisation(
            id=organisation_id,
            industry_id=f"generated_{_plural(noun)}",
            name=name,
            name_sv=f"Genererad {_SWEDISH.get(noun, noun)} {place:02}",
            wikidata_id=f"Q{between(900_000_000, 999_999_999, self.seed, organisation_id)}",
            accounts=tuple(
                self._account(platform, noun, place, organisation_id, name)
                for platform in platforms
            ),
        )

    def _account(
        self, platform: str, noun: str, place: int, organisation_id: str, name: str
    ) -> AccountPlan:
        key = (self.seed, platform, organisation_id)
        first = self._first_day
        start = between(150, 30_000, *key, "start") * _SIZES.get(platform, 2)
        gain = start * between(300, 1_500, *key, "daily") // 1000  # 3 to 15 % in 100 days
        renamed = (first + timedelta(days=200), handle(platform, noun, place, "renamed"))
        return AccountPlan(
            seed=self.seed,
            platform=platform,
            id=platform_id(self.seed, platform, organisation_id),
            handle=handle(platform, noun, place),
            renamed=renamed if place % 10 == 3 else None,  # noqa: PLR2004
            deleted_on=first + timedelta(days=300) if place % 20 == 19 else None,  # noqa: PLR2004
            name=name,
            created_at=datetime(2012 + place % 8, 1 + place % 12, 1, 9, tzinfo=UTC),
            first_day=first,
            start=start,
            daily=-gain // 2 if place % 6 == 4 else gain,  # noqa: PLR2004
            jump_day=first + timedelta(days=between(30, 600, *key, "jump day")),
            jump=start * between(0, 8, *key, "jump") // 100,
            wobble=start // 500,
            every=4 if place % 8 == 1 else between(16, 90, *key, "every"),
            hides_followers=platform == "youtube" and place % 10 == 7,  # noqa: PLR2004
            hides_likes=platform == "instagram" and place % 5 == 2,  # noqa: PLR2004
            is_protected=platform == "x" and place % 10 == 9,  # noqa: PLR2004
        )


def registry_yaml(world: GeneratedWorld, industry_id: str) -> str:
    """Return the text of the industry's file for `registry/industries/`.

    Handles that changed carry the days they held; accounts that disappear stay in the file, since
    nobody tells a registry.
    """
    members = [o for o in world.organisations if o.industry_id == industry_id]
    title = industry_id.replace("_", " ").capitalize()
    lines = [
        "# yaml-language-server: $schema=../industry.schema.json",
        "# Generated for the sandbox: none of these organisations exists.",
        f"id: {industry_id}",
        f"name: {title}",
        "organisations:",
    ]
    for organisation in members:
        lines += [
            f"  - id: {organisation.id}",
            f"    name: {organisation.name}",
            f"    name_sv: {organisation.name_sv}",
            "    accounts:",
            *(f"      - {_account_yaml(plan)}" for plan in organisation.accounts),
        ]
    return "\n".join(lines) + "\n"


def write_registry(world: GeneratedWorld, directory: Path) -> Path:
    """Write one file an industry below `directory`/industries and return `directory`."""
    folder = directory / "industries"
    folder.mkdir(parents=True, exist_ok=True)
    for industry_id in world.industries():
        text = registry_yaml(world, industry_id)
        (folder / f"{industry_id}.yaml").write_text(text, encoding="utf-8")
    return directory


def _account_yaml(plan: AccountPlan) -> str:
    parts = [f"platform: {plan.platform}", f"platform_id: {json.dumps(plan.id)}"]
    if plan.renamed is None:
        parts.append(f"handle: {json.dumps(plan.handle)}")
    else:
        day, name = plan.renamed
        before = f"{{handle: {json.dumps(plan.handle)}, valid_to: {day - timedelta(days=1)}}}"
        parts.append(f"handles: [{before}, {{handle: {json.dumps(name)}, valid_from: {day}}}]")
    if plan.platform in _SUBSCRIBERS:
        parts.append("definition: subscribers")
    return f"{{{', '.join(parts)}}}"


def _plural(noun: str) -> str:
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
