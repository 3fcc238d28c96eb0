"""The pipeline's steps as plain functions: assets and the command line call the same ones.

Belongs here: handing each room the settings it needs. Does not belong here: Dagster, or any rule
that a room could hold itself.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import uuid
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING, TypedDict

from extractors.lake import Lake
from extractors.locks import WarehouseLock
from extractors.records import STREAMS
from extractors.registry import Registry, load_registry
from extractors.registry_tables import compile_tables
from extractors.texts import Quarter, derive_texts, lay_out
from orchestration.partitions import quarter_bounds
from orchestration.settings import PROJECT_ROOT, Settings, prepare_environment

if TYPE_CHECKING:
    from pathlib import Path

    from expectations.gate import GateResult
    from extractors.compaction import Compacted
    from extractors.imports import ImportReport
    from extractors.platforms import ExtractionReport
    from extractors.platforms.reparse import ReparseReport
    from extractors.platforms.retention import Purged
    from extractors.texts import TextReport
    from publication.release import Published

SETTLING = timedelta(days=7)
"""Posts and inquiries of a quarter are read until this long after its end."""


class _AskedOfRelease(TypedDict):
    quarter: str
    warehouse: Path
    receipt: Path
    releases: Path
    now: datetime
    code_version: str


def load(settings: Settings) -> Registry:
    """Return the validated registry."""
    return load_registry(settings.registry_dir)


def open_lake(settings: Settings) -> Lake:
    """Return the lake, laid out and cleaned of what a killed run left."""
    prepare_environment(settings)
    lake = Lake(settings.lake_dir, settings.timezone)
    lake.initialise()
    lay_out(settings.derived_dir)
    return lake


def compile_registry(settings: Settings) -> Registry:
    """Validate the registry and lay it out as tables for dbt."""
    registry = load(settings)
    open_lake(settings)
    compile_tables(registry, settings.registry_tables_dir)
    return registry


def compact_lake(settings: Settings) -> Compacted:
    """Bring the files of the lake's closed quarters up to date, so that dbt opens few."""
    from extractors.compaction import compact
    from extractors.records import local_date

    return compact(open_lake(settings), local_date(datetime.now(tz=UTC), settings.timezone))


def read_texts(settings: Settings, quarters: list[str]) -> TextReport:
    """Bring the words and tones of the quarters' posts up to date, e.g. of `["2026-Q2"]`."""
    bounds = {quarter: quarter_bounds(quarter) for quarter in quarters}
    return derive_texts(
        open_lake(settings),
        settings.derived_dir,
        [Quarter(q, first, last, last + SETTLING) for q, (first, last) in bounds.items()],
    )


def extract_day(
    settings: Settings, platform: str, stream: str, day: date, *, load_id: str
) -> ExtractionReport:
    """Take one local day of one platform's stream into the lake."""
    from extractors.platforms import ExtractionSettings, extract

    return extract(
        platform,
        stream,
        day,
        load(settings),
        lake=open_lake(settings),
        settings=ExtractionSettings(
            timezone=settings.timezone,
            sandbox_url=settings.sandbox_url,
            credentials=settings.credentials,
        ),
        load_id=load_id,
    )


def unread_accounts(settings: Settings, platform: str, stream: str, day: date) -> list[str]:
    """Return the accounts of the registry that were not asked on a local day, by name.

    An account that was asked and is not visible was asked. A platform whose keys are not set is
    asked nothing, so nobody of it is missing.
    """
    from extractors.platforms import extractor_for

    keys = extractor_for(platform).credentials
    if not settings.sandbox_url and not all(settings.credentials.get(key) for key in keys):
        return []
    expected = {account.account_id for account in load(settings).accounts(platform, day)}
    return sorted(expected - open_lake(settings).accounts(stream, platform, day))


def reparse_days(settings: Settings, platform: str, first: date, last: date) -> ReparseReport:
    """Rebuild a platform's records of some local days from the archive of its answers.

    Raises:
        ValueError: for a platform that has no module.
        DayRefused: when `last` comes before `first`.
    """
    from extractors.platforms.reparse import reparse

    return reparse(
        platform,
        first,
        last,
        load(settings),
        lake=open_lake(settings),
        load_id=f"reparse-{uuid.uuid4().hex}",
    )


def purge_raw(settings: Settings) -> list[Purged]:
    """Delete the platforms' answers that are older than their terms allow, counted from today."""
    from extractors.platforms.retention import purge_archive
    from extractors.records import local_date

    return purge_archive(settings.lake_dir, local_date(datetime.now(tz=UTC), settings.timezone))


def import_into_lake(
    settings: Settings,
    file: Path,
    *,
    date_format: str | None,
    layout: str | None,
    account: str | None = None,
) -> ImportReport:
    """Bring a file that somebody already has into the lake.

    Raises:
        ImportRefused: with every bad row; nothing was imported.
    """
    from extractors.imports import import_file

    return import_file(
        file,
        lake=open_lake(settings),
        registry=load(settings),
        date_format=date_format,
        layout=layout,
        account=account,
        now=datetime.now(tz=UTC),
    )


def run_dbt(settings: Settings, arguments: list[str]) -> int:
    """Run dbt on the candidate under the warehouse lock; return its exit code."""
    from orchestration.dbt_manifest import DBT_PROJECT_DIR, dbt_arguments, dbt_executable

    prepare_environment(settings)
    compile_registry(settings)
    with WarehouseLock(
        settings.warehouse_lock, who="dbt on the command line", run=uuid.uuid4().hex
    ):
        compact_lake(settings)
        completed = subprocess.run(  # noqa: S603 - our own interpreter; the person typed the rest
            [
                dbt_executable(),
                *dbt_arguments(arguments[0], *arguments[1:]),
            ],
            cwd=DBT_PROJECT_DIR,
            env=os.environ.copy(),
            check=False,
        )
    return completed.returncode


def code_version() -> str:
    """Return the package's version, with the commit where the checkout is a repository."""
    installed = version("effektanalys")
    git = shutil.which("git")
    if git is None or not (PROJECT_ROOT / ".git").exists():
        return installed
    done = subprocess.run(  # noqa: S603 - fixed arguments
        [git, "-C", str(PROJECT_ROOT), "rev-parse", "--short=12", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    )
    return f"{installed}+{done.stdout.strip()}" if done.returncode == 0 else installed


def fingerprints(settings: Settings, quarter: str) -> dict[str, str]:
    """Return what a quarter's tables rest on, `lake` and `registry`, each as a sha256.

    The days around the quarter count too: its posts are read until they have settled.
    """
    first, last = quarter_bounds(quarter)
    lake = open_lake(settings)
    streams = (lake.fingerprint(name, first - SETTLING, last + SETTLING) for name in STREAMS)
    return {
        "lake": hashlib.sha256(" ".join(streams).encode()).hexdigest(),
        "registry": load(settings).fingerprint(),
    }


def judge_quarter(
    settings: Settings, quarter: str, *, allow_restatement: str | None = None
) -> GateResult:
    """Run the gate on a quarter of the candidate; write its receipt and its report.

    Args:
        settings: Where things lie.
        quarter: The quarter to judge, e.g. `2026-Q2`.
        allow_restatement: Why earlier quarters may differ from what was released of them.
    """
    from expectations.gate import run_gate

    registry = load(settings)
    inputs = fingerprints(settings, quarter)
    return run_gate(
        warehouse=settings.warehouse,
        quarter=quarter,
        releases=settings.releases_dir,
        waivers=registry.waivers,
        registry_fingerprint=inputs["registry"],
        lake_fingerprint=inputs["lake"],
        output=settings.gate_dir / quarter,
        timezone=settings.timezone,
        now=datetime.now(tz=UTC),
        code_version=code_version(),
        allow_restatement=allow_restatement,
    )


def publish_quarter(settings: Settings, quarter: str) -> Published:
    """Publish a quarter of the candidate.

    Raises:
        ReleaseRefused: without a fresh, complete, passing receipt for exactly these tables.
    """
    from orchestration.dbt_manifest import ensure_docs
    from publication.release import publish

    return publish(
        **_asked_of_release(settings, quarter),
        docs=ensure_docs(settings),
        inputs=lambda: fingerprints(settings, quarter),
    )


def standing_release(settings: Settings, quarter: str) -> str | None:
    """Return the release that building the quarter once more would only repeat, if there is one."""
    from publication.release import standing_release as standing

    return standing(**_asked_of_release(settings, quarter), inputs=fingerprints(settings, quarter))


def _asked_of_release(settings: Settings, quarter: str) -> _AskedOfRelease:
    return {
        "quarter": quarter,
        "warehouse": settings.warehouse,
        "receipt": settings.gate_dir / quarter / "receipt.json",
        "releases": settings.releases_dir,
        "now": datetime.now(tz=UTC),
        "code_version": code_version(),
    }
