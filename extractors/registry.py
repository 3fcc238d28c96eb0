"""The registry: who is measured, read from `industries/*.yaml` and `waivers.yaml`.

Belongs here: rules that span files, and the questions the other rooms ask. Every mistake in every
file is collected, so that one reading names them all.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from extractors.registry_models import (
    Account,
    DeclaredBreak,
    HandleValidity,
    Industry,
    Organisation,
    Waiver,
    Waivers,
    overlap,
    schemas,
)
from extractors.registry_yaml import Document, Location, Problem, read_document, validate
from extractors.words import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extractors.records import Definition

__all__ = [
    "Member",
    "Problem",
    "Registry",
    "RegistryAccount",
    "RegistryError",
    "load_registry",
    "schemas",
]


class RegistryError(ValueError):
    """The registry has mistakes; `problems` names each with its file and line."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems, key=lambda p: (str(p.file), p.line, p.message))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryAccount:
    """One account, with the organisation it belongs to. Validity dates are included local days."""

    account_id: str
    organisation_id: str
    platform: str
    platform_account_id: str | None
    handles: tuple[HandleValidity, ...]
    definition: Definition
    scope: str
    is_main: bool
    valid_from: date | None
    valid_to: date | None
    successor_account_id: str | None
    breaks: tuple[DeclaredBreak, ...]

    def handle_on(self, day: date) -> str | None:
        """Return the handle that was the account's on a local day."""
        return next((h.handle for h in self.handles if h.valid_on(day)), None)

    def valid_on(self, day: date) -> bool:
        """Return whether the account is measured on a local day."""
        return (self.valid_from or date.min) <= day <= (self.valid_to or date.max)


@dataclass(frozen=True, slots=True)
class Member:
    """An organisation's membership of an industry."""

    industry_id: str
    organisation_id: str
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True)
class Registry:
    """The validated registry."""

    industries: tuple[Industry, ...]
    waivers: tuple[Waiver, ...] = ()

    @cached_property
    def organisations(self) -> dict[str, Organisation]:
        """Organisation id -> the entry that describes it."""
        return {
            organisation.id: organisation
            for industry in self.industries
            for organisation in industry.organisations
            if organisation.name
        }

    @property
    def organisation_count(self) -> int:
        """How many organisations are measured."""
        return len(self.organisations)

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """Every membership."""
        return tuple(
            Member(industry.id, organisation.id, organisation.member_from, organisation.member_to)
            for industry in self.industries
            for organisation in industry.organisations
        )

    @cached_property
    def _accounts(self) -> tuple[RegistryAccount, ...]:
        return tuple(
            _registry_account(organisation.id, account)
            for industry in self.industries
            for organisation in industry.organisations
            for account in organisation.accounts
        )

    @cached_property
    def _by_reference(self) -> dict[tuple[str, str], list[RegistryAccount]]:
        found: dict[tuple[str, str], list[RegistryAccount]] = defaultdict(list)
        for account in self._accounts:
            names = {account.account_id, account.platform_account_id or account.account_id}
            for name in names:
                found[(account.platform, name.casefold())].append(account)
        return found

    @cached_property
    def _by_handle(self) -> dict[tuple[str, str], list[RegistryAccount]]:
        found: dict[tuple[str, str], list[RegistryAccount]] = defaultdict(list)
        for account in self._accounts:
            for handle in {h.handle.casefold() for h in account.handles}:
                found[(account.platform, handle)].append(account)
        return found

    def accounts(
        self, platform: str | None = None, on: date | None = None
    ) -> tuple[RegistryAccount, ...]:
        """Return the accounts, of one platform and valid on one local day when these are given."""
        return tuple(
            account
            for account in self._accounts
            if (platform is None or account.platform == platform)
            and (on is None or account.valid_on(on))
        )

    def account_by(self, platform: str, reference: str, on: date) -> RegistryAccount | None:
        """Return the account that `reference` names: our id, the platform's id, or a handle.

        A handle counts only on the days it was the account's; one that has passed to another
        account names that one from then on.
        """
        key = (platform, reference.strip().removeprefix("@").casefold())
        known = self._by_reference.get(key)
        if known:
            return known[0]
        for account in self._by_handle.get(key, ()):
            if (account.handle_on(on) or "").casefold() == key[1]:
                return account
        return None

    def fingerprint(self) -> str:
        """Return a sha256 of what the files say, whatever their order and layout."""
        said = sorted(
            (industry.model_dump_json() for industry in self.industries), key=lambda text: text
        )
        said += sorted(waiver.model_dump_json() for waiver in self.waivers)
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


@dataclass
class _Reading:
    documents: list[tuple[Document, Industry]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def places(self) -> Iterator[tuple[Document, Location, Industry, Organisation]]:
        for document, industry in self.documents:
            for number, organisation in enumerate(industry.organisations):
                yield document, ("organisations", number), industry, organisation


def load_registry(directory: Path) -> Registry:
    """Return the registry in `directory`.

    Raises:
        RegistryError: with every mistake in every file.
    """
    folder = Path(directory) / "industries"
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise RegistryError([Problem(folder, 1, "holds no industry; add one as <industry>.yaml")])
    reading = _Reading()
    for file in files:
        document = read_document(file)
        industry = validate(document, Industry)
        if industry is not None:
            if industry.id != file.stem:
                message = f"id {industry.id!r} must be the file's name, {file.stem!r}"
                document.problem(("id",), message)
            reading.documents.append((document, industry))
        reading.problems += document.problems
    waivers = _read_waivers(Path(directory) / "waivers.yaml", reading)
    _check_organisations(reading)
    _check_accounts(reading)
    if reading.problems:
        raise RegistryError(reading.problems)
    return Registry(tuple(industry for _, industry in reading.documents), waivers)


def _read_waivers(file: Path, reading: _Reading) -> tuple[Waiver, ...]:
    if not file.exists():
        return ()
    document = read_document(file)
    read = validate(document, Waivers)
    if read is not None:
        seen: set[str] = set()
        for number, waiver in enumerate(read.waivers):
            if waiver.id in seen:
                document.problem(("waivers", number), f"waiver {waiver.id!r} is given twice")
            seen.add(waiver.id)
    reading.problems += document.problems
    return read.waivers if read else ()


def _check_organisations(reading: _Reading) -> None:
    seen: dict[str, list[tuple[Document, Location, Organisation]]] = defaultdict(list)
    for document, where, _, organisation in reading.places():
        for other_document, other_where, other in seen[organisation.id]:
            at = f"{other_document.file.name}:{other_document.line(other_where)}"
            if _same_days(organisation, other):
                message = (
                    f"organisation {organisation.id!r} is a member here and in {at} on the same "
                    "days; give member_from and member_to"
                )
                reading.problems.append(Problem(document.file, document.line(where), message))
            elif organisation.name and other.name:
                message = f"organisation {organisation.id!r} is described in {at}; keep its id only"
                reading.problems.append(Problem(document.file, document.line(where), message))
        seen[organisation.id].append((document, where, organisation))
    for places in seen.values():
        if not any(organisation.name for _, _, organisation in places):
            document, where, organisation = places[0]
            message = f"organisation {organisation.id!r}: 'name' is missing"
            reading.problems.append(Problem(document.file, document.line(where), message))


def _same_days(one: Organisation, other: Organisation) -> bool:
    return (one.member_from or date.min) <= (other.member_to or date.max) and (
        other.member_from or date.min
    ) <= (one.member_to or date.max)


def _check_accounts(reading: _Reading) -> None:
    ids: dict[str, str] = {}
    taken: dict[tuple[str, str], list[tuple[HandleValidity, str]]] = defaultdict(list)
    successors: list[tuple[Document, Location, str]] = []
    for document, place, _, organisation in reading.places():
        for number, account in enumerate(organisation.accounts):
            where = (*place, "accounts", number)
            at = f"{document.file.name}:{document.line(where)}"
            ours = _registry_account(organisation.id, account)
            if ours.account_id in ids:
                message = f"account {ours.account_id!r} is also on {ids[ours.account_id]}"
                hint = "" if account.id else "; give the second one an id of its own"
                reading.problems.append(
                    Problem(document.file, document.line(where), message + hint)
                )
            ids[ours.account_id] = at
            for name, days in _claims(ours):
                for other, other_at in taken[(ours.platform, name)]:
                    if overlap(days, other):
                        message = f"{ours.platform} {name} is also the account on {other_at}"
                        reading.problems.append(
                            Problem(document.file, document.line(where), message)
                        )
                taken[(ours.platform, name)].append((days, at))
            if account.successor:
                successors.append((document, where, account.successor))
    for document, where, successor in successors:
        if successor not in ids:
            message = f"successor {successor!r} is no account here{nearest(successor, ids)}"
            reading.problems.append(Problem(document.file, document.line(where), message))


def _claims(account: RegistryAccount) -> Iterator[tuple[str, HandleValidity]]:
    if account.platform_account_id:
        whole = HandleValidity(
            handle=account.platform_account_id,
            valid_from=account.valid_from,
            valid_to=account.valid_to,
        )
        yield f"id {account.platform_account_id.casefold()!r}", whole
    for handle in account.handles:
        yield f"handle {handle.handle.casefold()!r}", handle


def _registry_account(organisation_id: str, account: Account) -> RegistryAccount:
    return RegistryAccount(
        account_id=account.id or f"{organisation_id}.{account.platform.value}",
        organisation_id=organisation_id,
        platform=account.platform.value,
        platform_account_id=account.platform_id,
        handles=account.named,
        definition=account.definition,
        scope=account.scope,
        is_main=account.main,
        valid_from=account.valid_from,
        valid_to=account.valid_to,
        successor_account_id=account.successor,
        breaks=account.breaks,
    )
