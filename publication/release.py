"""Releases: publish, list, verify, compare, roll back.

Belongs here: the one way from a candidate to a release, whoever starts it: the Dagster asset, a
job, the command line. What a release needs to be let out is in `admission.py`, how it is built in
`build.py`; what can be asked of releases is gathered here for its callers.
"""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import duckdb

from expectations.released import read_log, released_tables
from expectations.required_checks import Configuration, load_configuration
from expectations.warehouse import MEMORY_LIMIT, SETTINGS, quoted
from extractors.errors import not_stored
from extractors.locks import WarehouseLock
from publication import build
from publication.admission import MAX_AGE, admit_inputs, admit_receipt, admit_tables
from publication.diff import diff_releases
from publication.errors import ReleaseRefused
from publication.manifest import (
    DATABASE_NAME,
    Difference,
    Listed,
    Manifest,
    ReleaseName,
    current_name,
    read_manifest,
    release_names,
)
from publication.pointer import (
    Moved,
    append_log,
    last_revision,
    may_follow,
    point_at,
    releases_lock,
    rollback,
    was_logged,
)
from publication.reconcile import SPILL_FOLDER, reconcile
from publication.verify import Verified, verify_release

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from expectations.digest import Digests
    from expectations.receipt import Receipt


__all__ = [
    "DATABASE_NAME",
    "Difference",
    "Listed",
    "Moved",
    "Published",
    "ReleaseName",
    "ReleaseRefused",
    "Verified",
    "current_name",
    "diff_releases",
    "list_releases",
    "publish",
    "read_log",
    "read_manifest",
    "reconcile",
    "rollback",
    "standing_release",
    "verify_release",
]


SPACE_FACTOR = 3
"""Room that a publication needs, in sizes of its candidate: the copy, its exports, what spills."""


@dataclass(frozen=True, slots=True)
class Published:
    """What came of a publication.

    Attributes:
        release_id: The release that holds the candidate's tables, e.g. `2026-Q2/r1`.
        path: Its folder.
        is_new: False when an earlier release already held exactly these tables.
        is_current: Whether `current` points at it.
        message: What happened, in words.
        difference: What changed from the quarter's revision before, if there is one.
    """

    release_id: str
    path: Path
    is_new: bool
    is_current: bool
    message: str
    difference: Difference | None = None

    def __str__(self) -> str:
        return self.message


def publish(
    *,
    quarter: str,
    warehouse: Path,
    receipt: Path,
    releases: Path,
    now: datetime,
    max_age: timedelta = MAX_AGE,
    code_version: str | None = None,
    configuration: Configuration | None = None,
    docs: Path | None = None,
    inputs: Callable[[], Mapping[str, str]] = dict,
    steps: Sequence[Callable[[build.Draft], None]] | None = None,
) -> Published:
    """Freeze a quarter of the candidate as an immutable release and point `current` at it.

    The same tables as the quarter's latest revision make no new one.

    Args:
        quarter: The quarter, e.g. `2026-Q2`; the release holds it and every quarter before it.
        warehouse: The candidate.
        receipt: The gate's receipt for it.
        releases: The folder of releases.
        now: The moment of publication, aware.
        max_age: How old the receipt may be.
        code_version: Revision of the code; a receipt by another is refused.
        configuration: The required checks; by default those in force.
        docs: dbt's documentation as one page, to lie beside the tables.
        inputs: Returns the fingerprints of lake and registry as they are now; a receipt for others
            is refused. None are compared by default.
        steps: What to do, in order; by default `build.STEPS`.

    Raises:
        ReleaseRefused: without a fresh, complete, passing receipt for exactly these tables, or
            without room for the release.
        WarehouseBusy: when somebody writes the candidate for too long.
    """
    if ReleaseName.parse(f"{quarter}/r1") is None:
        raise ReleaseRefused(
            f"{quarter!r} is not a quarter.",
            where="the quarter that was asked for",
            next_command="write it like 2026-Q2",
        )
    configuration = configuration or load_configuration()
    with (
        _full_disk_in_words(releases),
        WarehouseLock(warehouse.with_suffix(".lock"), who="release", run=quarter),
    ):
        releases.mkdir(parents=True, exist_ok=True)
        with releases_lock(releases):
            reconcile(releases)
            admitted = admit_receipt(
                receipt,
                quarter=quarter,
                now=now,
                max_age=max_age,
                configuration=configuration,
                code_version=code_version,
            )
            admit_inputs(admitted, inputs())
            with _admitted(warehouse, releases, admitted, configuration) as (connection, digests):
                latest = _latest(releases, quarter)
                if latest is not None and latest.digests == digests:
                    return _already_there(releases, latest.name, now)
                name = ReleaseName(quarter, last_revision(releases, quarter) + 1)
                _require_space(warehouse, releases)
                draft = build.Draft(
                    name=name,
                    releases=releases,
                    connection=connection,
                    receipt=admitted,
                    receipt_path=receipt,
                    digests=digests,
                    now=now,
                    previous=(latest.name, latest.digests) if latest else None,
                    folder=build.temporary_folder(releases, name),
                    docs=docs,
                )
                for step in build.STEPS if steps is None else steps:
                    step(draft)
    return _published(draft)


def standing_release(
    *,
    quarter: str,
    warehouse: Path,
    receipt: Path,
    releases: Path,
    now: datetime,
    inputs: Mapping[str, str],
    code_version: str | None = None,
    configuration: Configuration | None = None,
) -> str | None:
    """Return the release that building the quarter once more would only repeat, if there is one.

    It holds exactly the candidate's tables; they passed the checks in force, and neither the code,
    the lake nor the registry has changed since. How long ago that was does not matter.

    Args:
        quarter: The quarter, e.g. `2026-Q2`.
        warehouse: The candidate.
        receipt: The gate's last receipt for the quarter.
        releases: The folder of releases.
        now: The moment, aware: a waiver that has run out since counts as a change.
        inputs: Fingerprints of lake and registry as they are now.
        code_version: Revision of the code.
        configuration: The required checks; by default those in force.
    """
    configuration = configuration or load_configuration()
    latest = _latest(releases, quarter)
    if latest is None:
        return None
    try:
        admitted = admit_receipt(
            receipt,
            quarter=quarter,
            now=now,
            max_age=timedelta.max,
            configuration=configuration,
            code_version=code_version,
        )
        admit_inputs(admitted, inputs)
        with _admitted(warehouse, releases, admitted, configuration) as (_, digests):
            return str(latest.name) if latest.digests == digests else None
    except ReleaseRefused:
        return None


@contextmanager
def _admitted(
    warehouse: Path, releases: Path, receipt: Receipt, configuration: Configuration
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Digests]]:
    """Open the candidate and hold its tables against the receipt; refuse what does not fit."""
    with _open(warehouse, releases) as connection:
        yield (
            connection,
            admit_tables(
                connection,
                receipt,
                catalog=build.CANDIDATE,
                configuration=configuration,
                released=released_tables(releases),
            ),
        )


@contextmanager
def _full_disk_in_words(releases: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, duckdb.Error) as error:
        words = str(error).splitlines()[0]
        is_full = isinstance(error, duckdb.Error) and os.strerror(errno.ENOSPC) in str(error)
        if not_stored(error) is None and not is_full:
            raise
        raise ReleaseRefused(
            f"The disk does not take the release, current is what it was: {words}.",
            where=str(releases),
            next_command="effektanalys doctor; make room, e.g. with effektanalys release clear, "
            "and publish again",
        ) from None


def _require_space(warehouse: Path, releases: Path) -> None:
    """Refuse before anything is written, so that a full disk never meets half a release."""
    needed = SPACE_FACTOR * warehouse.stat().st_size
    free = shutil.disk_usage(releases).free
    if free < needed:
        raise ReleaseRefused(
            f"There is too little room for a release: {free / 1e6:,.0f} MB are free, "
            f"{needed / 1e6:,.0f} MB are needed.",
            where=str(releases),
            next_command="free some space, e.g. with effektanalys release clear, and publish again",
        )


@contextmanager
def _open(warehouse: Path, releases: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Attach the candidate read-only to a fresh connection that can write beside it."""
    connection = duckdb.connect(config=dict(SETTINGS))
    try:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        connection.execute(f"set temp_directory = {quoted(str(releases / SPILL_FOLDER))}")
        if not warehouse.is_file():
            raise ReleaseRefused(
                "There is no candidate.", where=str(warehouse), next_command='make dbt ARGS="build"'
            )
        try:
            connection.execute(f"attach {quoted(str(warehouse))} as {build.CANDIDATE} (read_only)")
        except duckdb.Error as error:
            raise ReleaseRefused(
                f"The candidate cannot be opened: {str(error).splitlines()[0]}",
                where=str(warehouse),
                next_command="close the program that holds it (analysts open the published file), "
                "or build the candidate again",
            ) from None
        yield connection
    finally:
        connection.close()


def _latest(releases: Path, quarter: str) -> Manifest | None:
    revisions = [name for name in release_names(releases) if name.quarter == quarter]
    return read_manifest(revisions[-1].folder(releases)) if revisions else None


def _already_there(releases: Path, name: ReleaseName, now: datetime) -> Published:
    """Say that nothing is new, and finish what a killed publication of it had left to do."""
    words = f"{name} already holds exactly these tables; nothing was published."
    current = current_name(releases)
    if not was_logged(releases, name):
        if may_follow(current, name):
            point_at(releases, name)
        append_log(releases, "published", name, now=now)
        words += " Its publication had been cut off and is now complete."
    current = current_name(releases)
    if current != name:
        words += f" Current is {current}; to change that: effektanalys release rollback {name}"
    return Published(str(name), name.folder(releases), False, current == name, words)


def _published(draft: build.Draft) -> Published:
    counts = [part.row_count for parts in draft.digests.values() for part in parts.values()]
    words = f"{draft.name}: {len(draft.digests)} tables, {sum(counts):,} rows"
    words += ", now current" if draft.is_current else ", not made current: a later quarter is"
    if draft.receipt.waivers:
        words += f", waived: {', '.join(waiver.id for waiver in draft.receipt.waivers)}"
    if draft.receipt.warnings:
        words += f", warnings: {', '.join(check.id for check in draft.receipt.warnings)}"
    if draft.difference is not None:
        words += f"\n{draft.difference}"
    return Published(
        str(draft.name),
        draft.name.folder(draft.releases),
        is_new=True,
        is_current=draft.is_current,
        message=words,
        difference=draft.difference,
    )


def list_releases(releases: Path) -> list[Listed]:
    """Return every release, oldest quarter first, the current one marked."""
    current = current_name(releases)
    listed = []
    for name in release_names(releases):
        manifest = read_manifest(name.folder(releases))
        listed.append(
            Listed(
                name=name,
                published_at=manifest.published_at,
                is_current=name == current,
                row_count=sum(manifest.row_counts.values()),
                waivers=tuple(waiver.id for waiver in manifest.receipt.waivers),
                path=name.folder(releases),
            )
        )
    return listed
