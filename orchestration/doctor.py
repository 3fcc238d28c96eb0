"""`effektanalys doctor`: what a healthy installation looks like, checked one line at a time.

Each finding says what was looked at, what was found and, when it is not well, the next command.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from orchestration.settings import PROJECT_ROOT, Settings

UI_PORT = 3000
MINIMUM_FREE_BYTES = 2 * 1024**3
GAP_DAYS = 30
"""Days looked back for gaps."""
_SHOWN_GAPS = 5
_FAMILY = ("dagster", "dagster-webserver", "dagster-dg-cli")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: `ok`, `note` (worth knowing) or `fault` (mend it first)."""

    subject: str
    state: str
    message: str


@dataclass(frozen=True, slots=True)
class Examination:
    """All findings; healthy when none is a fault."""

    findings: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing must be mended."""
        return all(finding.state != "fault" for finding in self.findings)

    def to_json(self) -> str:
        """Return the findings as JSON for machines."""
        return json.dumps(
            {"healthy": self.healthy, "findings": [asdict(f) for f in self.findings]}, indent=2
        )

    def __str__(self) -> str:
        lines = [f"{f.state:<6} {f.subject:<12} {f.message}" for f in self.findings]
        return "\n".join(
            [
                *lines,
                "Healthy." if self.healthy else "Mend the faults, then run: effektanalys doctor",
            ]
        )


def examine(settings: Settings) -> Examination:
    """Look at the installation, one subject at a time; no subject can stop the others."""
    findings: list[Finding] = []
    for look in _LOOKS:
        try:
            findings.extend(look(settings))
        except Exception as error:  # noqa: BLE001 - a doctor that dies of the first ill is none
            subject = look.__name__.strip("_")
            findings.append(Finding(subject, "fault", f"could not be looked at: {error}"))
    return Examination(tuple(findings))


def _versions(_: Settings) -> Iterator[Finding]:
    python = sys.version.split()[0]
    state = "ok" if sys.version_info >= (3, 11) else "fault"
    yield Finding(
        "python", state, python if state == "ok" else f"{python}; 3.11 or newer is needed"
    )
    pinned = dict(_locked_versions())
    astray = [
        f"{name} {installed} (pinned {wanted})"
        for name, wanted in pinned.items()
        if (installed := _installed(name)) != wanted
    ]
    if astray:
        text = (
            f"differ from requirements.lock: {', '.join(astray[:5])}. "
            "Run: rm .venv/.runtime && make demo"
        )
        yield Finding("packages", "fault", text)
    else:
        family = {_installed(name) for name in _FAMILY}
        yield Finding(
            "packages", "ok", f"as in requirements.lock, Dagster {', '.join(map(str, family))}"
        )


def _locked_versions() -> Iterator[tuple[str, str]]:
    for line in (PROJECT_ROOT / "requirements.lock").read_text().splitlines():
        if line[:1].isalnum() and "==" in line and ";" not in line:
            name, _, rest = line.partition("==")
            yield name.split("[")[0], rest.split()[0]


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _folders(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir
    if not folder.exists():
        yield Finding("folders", "note", f"{folder} is made by the first run")
        return
    mode = stat.S_IMODE(folder.stat().st_mode)
    if not os.access(folder, os.W_OK):
        yield Finding("folders", "fault", f"{folder} is not writable. Run: chmod u+w {folder}")
    elif mode & 0o077:
        yield Finding(
            "folders", "fault", f"{folder} is open to others ({mode:o}). Run: chmod 700 {folder}"
        )
    else:
        yield Finding("folders", "ok", f"{folder}, private")


def _lock(settings: Settings) -> Iterator[Finding]:
    from extractors.locks import WarehouseLock

    holder = WarehouseLock(settings.warehouse_lock, who="doctor").holder()
    yield Finding(
        "warehouse",
        "ok" if holder is None else "note",
        "free" if holder is None else f"held by {holder}",
    )


def _port(_: Settings) -> Iterator[Finding]:
    with socket.socket() as probe:
        taken = probe.connect_ex(("127.0.0.1", UI_PORT)) == 0
    words = (
        "in use: is Dagster open already? Else run: effektanalys ui --port 3001"
        if taken
        else "free"
    )
    yield Finding("port", "note" if taken else "ok", f"{UI_PORT} {words}")


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = next(p for p in (settings.data_dir, *settings.data_dir.parents) if p.exists())
    free = shutil.disk_usage(folder).free
    state = "ok" if free >= MINIMUM_FREE_BYTES else "fault"
    yield Finding("disk", state, f"{free / 1024**3:.1f} GiB free for {settings.data_dir}")


def _zone(settings: Settings) -> Iterator[Finding]:
    try:
        now = datetime.now(tz=UTC).astimezone(ZoneInfo(settings.timezone))
    except ZoneInfoNotFoundError:
        yield Finding(
            "time zone", "fault", f"{settings.timezone} is unknown. Set EFFEKTANALYS_TIMEZONE"
        )
    else:
        yield Finding("time zone", "ok", f"{settings.timezone}, now {now:%Y-%m-%d %H:%M}")


def _registry(settings: Settings) -> Iterator[Finding]:
    from extractors.registry import RegistryError, load_registry

    try:
        registry = load_registry(settings.registry_dir)
    except RegistryError as error:
        text = f"{len(error.problems)} problem(s). Run: effektanalys registry check"
        yield Finding("registry", "fault", text)
    else:
        yield Finding(
            "registry", "ok", f"{len(registry.accounts())} accounts in {settings.registry_dir}"
        )


def _keys(settings: Settings) -> Iterator[Finding]:
    from extractors.platforms import platforms

    for platform in platforms():
        missing = [name for name in platform.credentials if name not in settings.credentials]
        state = "note" if missing else "ok"
        words = f"skipped until {', '.join(missing)} is set" if missing else "ready"
        yield Finding(platform.name, state, words)


def _gaps(settings: Settings) -> Iterator[Finding]:
    """Name the days of the last month of which a platform has nothing; they cannot be had again."""
    from extractors.lake import Lake
    from extractors.platforms import platforms
    from orchestration.steps import unread_accounts

    lake = Lake(settings.lake_dir, settings.timezone)
    today = datetime.now(tz=UTC).astimezone(ZoneInfo(settings.timezone)).date()
    month = [today - timedelta(days=n) for n in range(GAP_DAYS, 0, -1)]
    for platform in platforms():
        taken = {p.observed_date for p in lake.parts("profile_snapshots", platform=platform.name)}
        if not taken:
            continue
        asked = [day for day in month if day >= min(taken)]
        gaps = [day for day in asked if day not in taken]
        words = f"last taken {max(taken)}"
        if not asked or not gaps:
            late = unread_accounts(settings, platform.name, "profile_snapshots", today)
            words += f", {len(late)} account(s) still to read today" if late else ", no gap"
        else:
            named = ", ".join(map(str, gaps[:_SHOWN_GAPS])) + (
                " ..." if len(gaps) > _SHOWN_GAPS else ""
            )
            words += (
                f"; {len(gaps)} of {len(asked)} days are missing ({named}). If somebody noted the "
                "numbers then, run: effektanalys import FILE"
            )
        yield Finding(f"{platform.name} days", "note" if gaps else "ok", words)


_LOOKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    _versions,
    _folders,
    _lock,
    _port,
    _disk,
    _zone,
    _registry,
    _keys,
    _gaps,
)
