"""The registry's rules that span entries and files: nobody is measured twice on one day.

Belongs here: what two entries may not both say. Does not belong here: what one entry may say
(`registry_models.py`) or reading files (`registry_yaml.py`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from extractors.registry_models import (
    HandleValidity,
    canonical,
    overlap,
    registry_account,
)
from extractors.registry_yaml import Problem
from extractors.words import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extractors.registry_models import (
        Industry,
        Organisation,
        PeerGroup,
        RegistryAccount,
        Waiver,
    )
    from extractors.registry_yaml import Document, Location


@dataclass(frozen=True, slots=True)
class Place:
    """An organisation and where it stands."""

    document: Document
    where: Location
    organisation: Organisation

    def at(self, *inside: str | int) -> str:
        """Return `file:line` of the organisation, or of what lies inside its entry."""
        return f"{self.document.file.name}:{self.document.line((*self.where, *inside))}"

    def problem(self, message: str, *inside: str | int) -> Problem:
        """Return a mistake at the organisation, or at what lies inside its entry."""
        line = self.document.line((*self.where, *inside))
        return Problem(self.document.file, line, message)


@dataclass(frozen=True, slots=True)
class GroupPlace:
    """A peer group, where it stands, and which organisations its industry has."""

    document: Document
    number: int
    group: PeerGroup
    organisations: tuple[str, ...]

    def problem(self, message: str, *inside: str | int) -> Problem:
        """Return a mistake at the group, or at what lies inside its entry."""
        line = self.document.line(("peer_groups", self.number, *inside))
        return Problem(self.document.file, line, message)


@dataclass
class Reading:
    """What could be read: rules that span files are judged over files that have mistakes too."""

    industries: list[Industry] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    groups: list[GroupPlace] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def check_organisations(reading: Reading) -> None:
    """Note who is a member of two industries on one day, or described twice."""
    seen: dict[str, list[Place]] = defaultdict(list)
    for place in reading.places:
        organisation = place.organisation
        for other in seen[organisation.id]:
            if _same_days(organisation, other.organisation):
                message = (
                    f"organisation {organisation.id!r} is a member here and in {other.at()} on the "
                    "same days; give member_from and member_to"
                )
                reading.problems.append(place.problem(message))
            elif organisation.name and other.organisation.name:
                message = f"organisation {organisation.id!r} is described in {other.at()}; "
                reading.problems.append(place.problem(message + "keep its id only"))
        seen[organisation.id].append(place)


def check_names(reading: Reading) -> None:
    """Note organisations that no file names."""
    named = {p.organisation.id for p in reading.places if p.organisation.name}
    for place in reading.places:
        if place.organisation.id not in named:
            message = f"organisation {place.organisation.id!r}: 'name' is missing"
            reading.problems.append(place.problem(message))
            named.add(place.organisation.id)


def _same_days(one: Organisation, other: Organisation) -> bool:
    return (one.member_from or date.min) <= (other.member_to or date.max) and (
        other.member_from or date.min
    ) <= (one.member_to or date.max)


def check_accounts(reading: Reading) -> dict[str, RegistryAccount]:
    """Note ids and handles that two accounts claim on one day; return the accounts by our id."""
    known: dict[str, RegistryAccount] = {}
    at: dict[str, str] = {}
    taken: dict[tuple[str, str], list[tuple[HandleValidity, str]]] = defaultdict(list)
    for place in reading.places:
        for number, account in enumerate(place.organisation.accounts):
            inside = ("accounts", number)
            ours = registry_account(place.organisation.id, account)
            if ours.account_id in known:
                message = f"account {ours.account_id!r} is also on {at[ours.account_id]}"
                hint = "" if account.id else "; give the second one an id of its own"
                reading.problems.append(place.problem(message + hint, *inside))
            known[ours.account_id] = ours
            at[ours.account_id] = place.at(*inside)
            for name, days in _claims(ours):
                for other, other_at in taken[(ours.platform, name)]:
                    if overlap(days, other):
                        message = f"{ours.platform} {name} is also the account on {other_at}"
                        reading.problems.append(place.problem(message, *inside))
                taken[(ours.platform, name)].append((days, at[ours.account_id]))
    return known


def check_successors(reading: Reading, accounts: dict[str, RegistryAccount]) -> None:
    """Note successors that are no other account on the same platform."""
    for place in reading.places:
        for number, account in enumerate(place.organisation.accounts):
            name = account.successor
            if name is None:
                continue
            if name not in accounts:
                message = f"successor {name!r} is no account here{nearest(name, accounts)}"
            elif name == registry_account(place.organisation.id, account).account_id:
                message = f"successor {name!r} is the account itself"
            elif accounts[name].platform != account.platform.value:
                message = f"successor {name!r} is an account on {accounts[name].platform}"
            else:
                continue
            reading.problems.append(place.problem(message, "accounts", number))


def check_peer_groups(reading: Reading) -> None:
    """Note groups that are given twice, and members that their industry does not have."""
    seen: dict[str, GroupPlace] = {}
    for place in reading.groups:
        group = place.group
        if group.id in seen:
            other = seen[group.id]
            at = f"{other.document.file.name}:{other.document.line(('peer_groups', other.number))}"
            message = f"peer group {group.id!r} is also on {at}; give it another id"
            reading.problems.append(place.problem(message))
        seen[group.id] = place
        for number, member in enumerate(group.organisations):
            inside = ("organisations", number)
            if member in group.organisations[:number]:
                message = f"peer group {group.id!r} has {member!r} twice"
            elif member not in place.organisations:
                close = nearest(member, place.organisations)
                message = f"peer group {group.id!r}: {member!r} is not in this industry{close}"
            else:
                continue
            reading.problems.append(place.problem(message, *inside))


def check_targets(reading: Reading) -> None:
    """Note targets on platforms without an account, and two of one metric for one day."""
    platforms: dict[str, set[str]] = defaultdict(set)
    for place in reading.places:
        accounts = place.organisation.accounts
        platforms[place.organisation.id] |= {account.platform.value for account in accounts}
    at: dict[tuple[str, str, str, date], str] = {}
    for place in reading.places:
        for number, target in enumerate(place.organisation.targets):
            inside = ("targets", number)
            owner, platform = place.organisation.id, target.platform.value
            key = (owner, platform, target.metric, target.by)
            if platform not in platforms[owner]:
                message = f"target: {owner!r} has no account on {platform}"
                reading.problems.append(place.problem(message, *inside, "platform"))
            if key in at:
                message = f"target: {target.metric} by {target.by} is also set on {at[key]}"
                reading.problems.append(place.problem(message, *inside))
            at.setdefault(key, place.at(*inside))


def check_waivers(
    reading: Reading,
    waivers: tuple[Waiver, ...],
    document: Document,
    accounts: dict[str, RegistryAccount],
) -> None:
    """Note waivers for what the registry does not hold."""
    # A waiver that names nothing lifts nothing, and nobody would see why the gate still fails.
    industries = {industry.id for industry in reading.industries}
    for number, waiver in enumerate(waivers):
        for key, named, known in (
            ("industry", waiver.industry, industries),
            ("account", waiver.account, accounts.keys()),
        ):
            if named is not None and named not in known:
                message = f"{key} {named!r} is not in the registry{nearest(named, known)}"
                line = document.line(("waivers", number, key))
                reading.problems.append(Problem(document.file, line, message))


def _claims(account: RegistryAccount) -> Iterator[tuple[str, HandleValidity]]:
    if account.platform_account_id:
        whole = HandleValidity(
            handle=account.platform_account_id,
            valid_from=account.valid_from,
            valid_to=account.valid_to,
        )
        yield f"id {canonical(account.platform_account_id)!r}", whole
    for handle in account.handles:
        first = max(handle.valid_from or date.min, account.valid_from or date.min)
        last = min(handle.valid_to or date.max, account.valid_to or date.max)
        held = HandleValidity(handle=handle.handle, valid_from=first, valid_to=last)
        yield f"handle {canonical(handle.handle)!r}", held
