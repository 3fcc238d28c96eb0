"""Erasing accounts from everything this installation keeps, on request.

Belongs here: who is meant, when it is refused, and the order of the rooms. Does not belong here:
how rows leave the lake (`extractors/erasure.py`) or words of the command line (`cli_purge.py`).

What the accounts are called is read from the compiled registry and from the releases, so the
compiled registry is renewed last: an erasure that was killed finds everything again.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from extractors.erasure import KnownAccount, compiled_accounts, erase, lake_accounts, names_of
from extractors.locks import WarehouseLock
from extractors.records import Platform
from extractors.registry_tables import compile_tables
from orchestration.steps import load, open_lake
from publication.holding import released_accounts
from publication.manifest import current_name
from publication.reconcile import reconcile

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from extractors.registry import Registry
    from orchestration.settings import Settings

_SHORTEST = 4
"""Shorter handles are words of other things, too, and are not looked for in logs."""


class ErasureRefused(RuntimeError):
    """Nothing was erased; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom to forget: one account, or an organisation's accounts, of all platforms or of one."""

    account: str | None = None
    organisation: str | None = None
    platform: str | None = None

    def __str__(self) -> str:
        where = f" on {self.platform}" if self.platform else ""
        return f"{self.account or self.organisation}{where}"

    def means(self, account_id: str, organisation_id: str | None, platform: str) -> bool:
        """Return whether an account is meant; `organisation_id` is None where nobody knows it."""
        if self.platform and platform != self.platform:
            return False
        if self.account:
            return account_id == self.account
        # An account that was given no id of its own is called after its organisation.
        return (
            self.organisation == organisation_id or account_id == f"{self.organisation}.{platform}"
        )


@dataclass
class ErasureReport:
    """What was erased, or would be, in words with `str()`.

    Attributes:
        wanted: Who.
        accounts: The accounts that were found.
        counts: What -> how many.
        files: Files and folders that went whole, below the data folder.
        flagged: Releases that hold the accounts and stay, e.g. `2026-Q2/r1`.
        current: The current release, if it is among them.
        unread: Files that may still hold something, with the cause.
        is_rehearsal: Whether nothing was changed.
    """

    wanted: Wanted
    accounts: tuple[str, ...]
    counts: dict[str, int]
    is_rehearsal: bool
    files: list[str] = field(default_factory=list)
    flagged: tuple[str, ...] = ()
    current: str | None = None
    unread: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        done = "Would erase" if self.is_rehearsal else "Erased"
        lines = [f"{count:>9,} {what}" for what, count in self.counts.items() if count]
        lines += [f"          {name}" for name in self.files]
        if lines:
            lines = [f"{done} {self.wanted} ({', '.join(self.accounts)}):", *lines]
        else:
            lines = [f"Nothing is stored about {self.wanted} outside of releases."]
        if self.flagged:
            held = ", ".join(self.flagged)
            lines.append(f"Published releases cannot be altered; these hold it: {held}.")
            lines.append(
                "To let one go, publish its quarter again without the account (effektanalys gate "
                'QUARTER --allow-restatement "asked to forget"), then: '
                f"effektanalys release remove {self.flagged[0]}"
            )
            if self.current:
                lines.append(f"{self.current} is current: it can go once another one is.")
        if lines[0].startswith("Erased"):
            lines.append("Build again: the job quarterly_benchmark in effektanalys ui.")
        return "\n".join(lines)


def erase_accounts(settings: Settings, wanted: Wanted, *, is_rehearsal: bool) -> ErasureReport:
    """Erase accounts from lake, archive, derived tables, candidate, gate reports and histories.

    Args:
        settings: Where things lie.
        wanted: Whom to forget.
        is_rehearsal: Only say what would go.

    Raises:
        ErasureRefused: while the registry names one of them.
        RegistryError: when the registry has a mistake.
        ReleaseRefused: when a release cannot be read.
        WarehouseBusy: while a run writes; nothing was erased.
    """
    registry = load(settings)
    _refuse_registered(registry, wanted)
    if is_rehearsal:
        return _erase(settings, wanted, registry, is_rehearsal=True)
    with WarehouseLock(settings.warehouse_lock, who="erasure", run=str(wanted), wait=0):
        open_lake(settings)
        reconcile(settings.releases_dir)
        return _erase(settings, wanted, registry, is_rehearsal=False)


def _refuse_registered(registry: Registry, wanted: Wanted) -> None:
    named = [
        account.account_id
        for account in registry.accounts()
        if wanted.means(account.account_id, account.organisation_id, account.platform)
    ]
    if not named and not wanted.platform and wanted.organisation in registry.organisations:
        named = [f"the organisation {wanted.organisation}"]
    if named:
        raise ErasureRefused(
            f"Nothing was erased: the registry still names {', '.join(named)}, and the next run "
            "would fetch it again. Take it out of registry/industries, then run: "
            "effektanalys registry check"
        )


def _erase(
    settings: Settings, wanted: Wanted, registry: Registry, *, is_rehearsal: bool
) -> ErasureReport:
    released = list(released_accounts(settings.releases_dir))
    compiled = compiled_accounts(settings.registry_tables_dir)
    known = [
        *compiled,
        *(
            KnownAccount(
                row.account_id,
                row.organisation_id,
                row.platform,
                tuple(filter(None, (row.platform_account_id, row.handle))),
            )
            for row in released
        ),
    ]
    known = [k for k in known if wanted.means(k.account_id, k.organisation_id, k.platform)]
    accounts = {k.account_id for k in known}
    accounts |= {a for a, p in lake_accounts(settings.lake_dir) if wanted.means(a, None, p)}
    # An account may be in the archive, or in line, and nowhere else.
    accounts |= _by_default(wanted)
    names = names_of(settings.lake_dir, accounts, known)
    done = erase(settings.lake_dir, settings.derived_dir, names, is_rehearsal=True)
    words = {*accounts, *(alias for k in known for alias in k.aliases)}
    files = _naming_files(settings, words)
    if done.total or files or any(k in known for k in compiled):
        files += _built(settings)
    if not is_rehearsal:
        for path in files:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        done = erase(settings.lake_dir, settings.derived_dir, names, is_rehearsal=False)
        compile_tables(registry, settings.registry_tables_dir)
    holding = {row.release for row in released if row.account_id in accounts}
    current = current_name(settings.releases_dir)
    return ErasureReport(
        wanted,
        tuple(sorted({k.account_id for k in known} or accounts)),
        done.counts,
        is_rehearsal,
        files=[str(path.relative_to(settings.data_dir)) for path in files],
        flagged=tuple(map(str, sorted(holding))),
        current=str(current) if current in holding else None,
        unread=done.unread,
    )


def _by_default(wanted: Wanted) -> set[str]:
    if wanted.account:
        return {wanted.account}
    platforms = [wanted.platform] if wanted.platform else [p.value for p in Platform]
    return {f"{wanted.organisation}.{platform}" for platform in platforms}


def _naming_files(settings: Settings, words: Iterable[str]) -> list[Path]:
    """Return logs and reports that name an account; each is made again when it is needed.

    Dagster's memory goes whole: nothing in it is needed to go on.
    """
    long = sorted({re.escape(w.encode()) for w in words if len(w) >= _SHORTEST})
    pattern = re.compile(rb"(?<![\w-])(?:" + b"|".join(long) + rb")(?![\w-])", re.IGNORECASE)

    def named(path: Path) -> bool:
        return path.is_file() and pattern.search(path.read_bytes()) is not None

    files = [*sorted(settings.dbt_dir.rglob("*")), settings.data_dir / "demo.log"]
    found = [path for path in files if named(path)]
    found += [f for f in sorted(settings.gate_dir.glob("*")) if any(map(named, f.rglob("*")))]
    memory = [settings.dagster_home / name for name in ("history", "storage")]
    if any(named(path) for folder in memory for path in folder.rglob("*")):
        found += [folder for folder in memory if folder.exists()]
    return found


def _built(settings: Settings) -> list[Path]:
    candidate = settings.warehouse
    beside = [candidate.with_name(f"{candidate.name}{end}") for end in ("", ".wal", ".tmp")]
    return [path for path in beside if path.exists()]
