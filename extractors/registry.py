"""The registry: who is measured, read from `industries/*.yaml` and `waivers.yaml`.

Belongs here: reading every file, and the questions the other rooms ask. Every mistake in every file
is collected, so that one reading names them all.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from extractors.registry_models import (
    Industry,
    Organisation,
    RegistryAccount,
    Waiver,
    Waivers,
    canonical,
    registry_account,
    schemas,
)
from extractors.registry_rules import (
    GroupPlace,
    Place,
    Reading,
    check_accounts,
    check_names,
    check_organisations,
    check_peer_groups,
    check_successors,
    check_targets,
    check_waivers,
)
from extractors.registry_yaml import Document, Problem, read_document, validate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

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
            registry_account(organisation.id, account)
            for industry in self.industries
            for organisation in industry.organisations
            for account in organisation.accounts
        )

    @cached_property
    def _by_reference(self) -> dict[tuple[str, str], list[RegistryAccount]]:
        found: dict[tuple[str, str], list[RegistryAccount]] = defaultdict(list)
        for account in self._accounts:
            names = {account.account_id, account.platform_account_id or account.account_id}
            for name in {canonical(name) for name in names}:
                found[(account.platform, name)].append(account)
        return found

    @cached_property
    def _by_handle(self) -> dict[tuple[str, str], list[RegistryAccount]]:
        found: dict[tuple[str, str], list[RegistryAccount]] = defaultdict(list)
        for account in self._accounts:
            for handle in {canonical(h.handle) for h in account.handles}:
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
        account names that one from then on. Where two accounts could be meant, the one that is
        measured on the day is.
        """
        key = (platform, canonical(reference.strip().removeprefix("@")))
        meant = self._by_reference.get(key) or [
            account
            for account in self._by_handle.get(key, ())
            if canonical(account.handle_on(on) or "") == key[1]
        ]
        return min(meant, key=lambda account: not account.valid_on(on), default=None)

    def fingerprint(self) -> str:
        """Return a sha256 of what the files say, whatever the files' order and their layout."""
        said = sorted(
            (industry.model_dump_json() for industry in self.industries), key=lambda text: text
        )
        said += sorted(waiver.model_dump_json() for waiver in self.waivers)
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def load_registry(directory: Path) -> Registry:
    """Return the registry in `directory`.

    Raises:
        RegistryError: with every mistake in every file.
    """
    folder = Path(directory) / "industries"
    files = sorted(folder.glob("*.yaml"))
    reading = Reading()
    for file in sorted(folder.glob("*.yml")):
        message = f"is not read; name it {file.stem}.yaml"
        reading.problems.append(Problem(file, 1, message))
    if not files:
        message = "holds no industry; add one as <industry>.yaml"
        raise RegistryError([*reading.problems, Problem(folder, 1, message)])
    for file in files:
        _read_industry(file, reading)
    waivers, waivers_document = _read_waivers(Path(directory) / "waivers.yaml", reading)
    are_whole = not reading.problems
    check_organisations(reading)
    accounts = check_accounts(reading)
    if are_whole:
        # What a file with mistakes holds is not known, so nothing can be missing from it.
        check_names(reading)
        check_successors(reading, accounts)
        check_peer_groups(reading)
        check_targets(reading)
        check_waivers(reading, waivers, waivers_document, accounts)
    if reading.problems:
        raise RegistryError(reading.problems)
    return Registry(tuple(reading.industries), waivers)


def _read_industry(file: Path, reading: Reading) -> None:
    document = read_document(file)
    industry = validate(document, Industry)
    if industry is not None:
        reading.industries.append(industry)
        reading.groups += [
            GroupPlace(document, number, group, tuple(o.id for o in industry.organisations))
            for number, group in enumerate(industry.peer_groups)
        ]
        organisations = dict(enumerate(industry.organisations))
        if industry.id != file.stem:
            message = f"id {industry.id!r} must be the file's name, {file.stem!r}"
            document.problem(("id",), message)
    else:
        organisations = dict(_sound_organisations(document))
    reading.places += [
        Place(document, ("organisations", number), organisation)
        for number, organisation in organisations.items()
    ]
    reading.problems += document.problems


def _sound_organisations(document: Document) -> Iterator[tuple[int, Organisation]]:
    listed = document.value.get("organisations") if isinstance(document.value, dict) else None
    for number, entry in enumerate(listed if isinstance(listed, list) else ()):
        with suppress(ValidationError):
            yield number, Organisation.model_validate(entry)


def _read_waivers(file: Path, reading: Reading) -> tuple[tuple[Waiver, ...], Document]:
    if not file.exists():
        return (), Document(file)
    document = read_document(file)
    read = validate(document, Waivers)
    if read is not None:
        seen: set[str] = set()
        for number, waiver in enumerate(read.waivers):
            if waiver.id in seen:
                document.problem(("waivers", number), f"waiver {waiver.id!r} is given twice")
            seen.add(waiver.id)
    reading.problems += document.problems
    return (read.waivers if read else ()), document
