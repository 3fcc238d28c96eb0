"""From an admitted candidate to a sealed release, one small step after the other.

Belongs here: `STEPS`, in their order. Whatever step a run dies at, `current` leads to a whole
release: everything before `take_place` happens under a temporary name, and the pointer moves after.
"""

from __future__ import annotations

import os
import shutil
import uuid
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from expectations.digest import differing
from expectations.receipt import write_atomically
from expectations.released import MANIFEST_NAME
from expectations.warehouse import identifier, quoted
from extractors.atomic import sync_directory
from publication.diff import compare
from publication.errors import ReleaseRefused
from publication.exports import write_csv, write_datapackage, write_workbook
from publication.manifest import (
    DATABASE_NAME,
    STORAGE_VERSION,
    Difference,
    Manifest,
    ReleaseName,
    current_name,
    file_record,
)
from publication.parts import PARTS_NAME, list_of_parts
from publication.pointer import append_log, may_follow, point_at
from publication.reconcile import BUILDING_PREFIX
from publication.verify import database_digests, open_release, parquet_digests

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    import duckdb

    from expectations.digest import Digests
    from expectations.receipt import Receipt

CANDIDATE, RELEASE = "candidate", "release"
_META = """
create schema release.meta;
create table release.meta.release (
    release_id varchar not null,
    quarter varchar not null,
    revision integer not null,
    published_at timestamp not null,
    is_preliminary boolean not null,
    timezone varchar not null,
    code_version varchar,
    waivers varchar not null,
    warnings varchar not null,
    restatements varchar not null,
    sources varchar not null
);
comment on table release.meta.release is 'One row: which release this is and what it rests on.';
comment on column release.meta.release.release_id is 'Quarter and revision, e.g. 2026-Q2/r1.';
comment on column release.meta.release.quarter is 'Last quarter that the file holds.';
comment on column release.meta.release.revision is '1, and one more with each restatement.';
comment on column release.meta.release.published_at is 'When it was published, UTC.';
comment on column release.meta.release.is_preliminary is 'Whether the quarter can still change.';
comment on column release.meta.release.timezone is 'Zone of the calendar days and quarters.';
comment on column release.meta.release.code_version is 'Version of the code that built it.';
comment on column release.meta.release.waivers is 'Known exceptions let through, and why.';
comment on column release.meta.release.warnings is 'Checks that failed without refusing it.';
comment on column release.meta.release.restatements is 'Earlier quarters stated anew, and why.';
comment on column release.meta.release.sources is 'Where the quarter''s figures came from.';
"""


@dataclass(slots=True)
class Draft:
    """A release in the making.

    Attributes:
        name: What it will be called.
        releases: The folder of releases.
        connection: Where the candidate is attached as `candidate`.
        receipt: The receipt that let it out.
        receipt_path: Where it lies; the gate's report lies beside it.
        digests: The candidate's digests, which the receipt and the release share.
        now: The moment of publication.
        previous: The quarter's latest revision with its digests, if there is one.
        docs: dbt's documentation as one page, if there is one.
    """

    name: ReleaseName
    releases: Path
    connection: duckdb.DuckDBPyConnection
    receipt: Receipt
    receipt_path: Path
    digests: Digests
    now: datetime
    previous: tuple[ReleaseName, Digests] | None
    folder: Path
    docs: Path | None = None
    difference: Difference | None = None
    is_current: bool = False

    @property
    def database(self) -> Path:
        """The published file, under its temporary folder."""
        return self.folder / DATABASE_NAME


def temporary_folder(releases: Path, name: ReleaseName) -> Path:
    """Return a folder name that no other publication uses."""
    return releases / f"{BUILDING_PREFIX}{name.quarter}-r{name.revision}-{uuid.uuid4().hex[:8]}"


def make_folder(draft: Draft) -> None:
    """Make the temporary folder, beside the place that the release will take."""
    for folder in (draft.folder, draft.folder / "parquet", draft.folder / "gate"):
        folder.mkdir(mode=0o755, parents=True)
        folder.chmod(0o755)


def copy_tables(draft: Draft) -> None:
    """Write the published file: each table by its own definition, in order, with its comments.

    `create table as` would lose the constraints, and the default storage version cannot be opened
    by the clients that analysts have.
    """
    run = draft.connection.execute
    target = quoted(str(draft.database))
    run(f"attach {target} as {RELEASE} (storage_version '{STORAGE_VERSION}')")
    run(f"create schema {RELEASE}.marts")
    run(_META)
    for table, definition, comment in _definitions(draft):
        run(f"use {RELEASE}")
        run(definition)
        run("use memory")
        _fill(draft, table)
        _comment(draft, table, comment)
    run("insert into release.meta.release values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _meta(draft))
    run(f"checkpoint {RELEASE}")
    run(f"detach {RELEASE}")
    if draft.database.with_name(f"{DATABASE_NAME}.wal").exists():
        raise ReleaseRefused(
            "The published file was not closed completely.",
            where=str(draft.database),
            next_command="look at the disk, then publish again",
        )


def _definitions(draft: Draft) -> list[tuple[str, str, str | None]]:
    query = (
        "select table_name, sql, comment from duckdb_tables() "
        "where schema_name = 'marts' and database_name = ? order by table_name"
    )
    found = draft.connection.execute(query, [CANDIDATE]).fetchall()
    return [(str(n), str(sql), c) for n, sql, c in found if n in draft.digests]


def _fill(draft: Draft, table: str) -> None:
    source = identifier(CANDIDATE, "marts", table)
    columns = {name for name, _ in _column_comments(draft, table)}
    kept = f"where quarter <= {quoted(draft.name.quarter)}" if "quarter" in columns else ""
    draft.connection.execute(
        f"insert into {identifier(RELEASE, 'marts', table)} "  # noqa: S608 - quoted names
        f"select * from {source} {kept} order by all"
    )


def _column_comments(draft: Draft, table: str) -> list[tuple[str, str | None]]:
    query = (
        "select column_name, comment from duckdb_columns() where schema_name = 'marts' "
        "and database_name = ? and table_name = ? order by column_index"
    )
    found = draft.connection.execute(query, [CANDIDATE, table]).fetchall()
    return [(str(name), comment) for name, comment in found]


def _comment(draft: Draft, table: str, comment: str | None) -> None:
    target = (RELEASE, "marts", table)
    if comment:
        draft.connection.execute(f"comment on table {identifier(*target)} is {quoted(comment)}")
    for column, text in _column_comments(draft, table):
        if text:
            draft.connection.execute(
                f"comment on column {identifier(*target, column)} is {quoted(text)}"
            )


def _meta(draft: Draft) -> list[object]:
    receipt = draft.receipt
    waivers = [
        f"{w.id} ({w.check}): {w.reason} Granted by {w.granted_by}." for w in receipt.waivers
    ]
    warnings = [f"{c.table}.{c.id}: {c.message}" for c in receipt.warnings]
    restated = [f"{quarter}: {reason}" for quarter, reason in receipt.restated.items()]
    return [
        str(draft.name),
        draft.name.quarter,
        draft.name.revision,
        draft.now.astimezone(UTC).replace(tzinfo=None),
        receipt.is_preliminary,
        receipt.timezone,
        _code_version(draft),
        "\n".join(waivers),
        "\n".join(warnings),
        "\n".join(restated),
        _sources(draft),
    ]


def _code_version(draft: Draft) -> str | None:
    versions = draft.receipt.versions
    return versions.get("code") or versions.get("effektanalys")


def _sources(draft: Draft) -> str:
    """Name what the quarter's figures were read from, whichever table states them."""
    ask = draft.connection.execute
    tables = ask(
        "select table_name from duckdb_columns() "
        "where database_name = ? and schema_name = 'marts' "
        "and column_name in ('quarter', 'platform', 'source', 'origin') "
        "group by table_name having count(*) = 4 order by table_name",
        [CANDIDATE],
    ).fetchall()
    told: set[str] = set()
    for (table,) in tables:
        found = ask(
            f"select distinct platform || ': ' || source || ' (' || origin || ')' "  # noqa: S608
            f"from {identifier(CANDIDATE, 'marts', str(table))} "
            "where quarter = ? and source is not null and origin is not null",
            [draft.name.quarter],
        ).fetchall()
        told.update(str(words) for (words,) in found)
    return "\n".join(sorted(told))


def compare_database(draft: Draft) -> None:
    """Open the published file anew and compare it with what the gate saw."""
    _demand_same(draft, database_digests(draft.folder, draft.digests), "the published file")


def write_parquet(draft: Draft) -> None:
    """Write the same tables as Parquet, the same bytes for the same rows, and compare them."""
    run = draft.connection.execute
    run(f"attach {quoted(str(draft.database))} as {RELEASE} (read_only)")
    run("set threads = 1")  # the row groups' borders must not depend on the machine
    for table in sorted(draft.digests):
        target = quoted(str(draft.folder / "parquet" / f"{table}.parquet"))
        source = identifier(RELEASE, "marts", table)
        rows = f"select * from {source} order by all"  # noqa: S608 - quoted names
        run(f"copy ({rows}) to {target} (format parquet, compression zstd)")
    run("reset threads")
    run(f"detach {RELEASE}")
    _demand_same(draft, parquet_digests(draft.folder, draft.digests), "the Parquet files")


def write_exports(draft: Draft) -> None:
    """Write the tables as CSV, as a workbook and as a data package, from the published file."""
    tables = sorted(draft.digests)
    with open_release(draft.database) as connection:
        write_csv(connection, draft.folder, tables)
        write_datapackage(connection, draft.folder, tables, draft.name)
        write_workbook(connection, draft.folder, tables, draft.name)


def _demand_same(draft: Draft, found: Digests, where: str) -> None:
    astray = differing(draft.digests, found)
    if astray:
        raise ReleaseRefused(
            f"What was written is not what was judged: {', '.join(astray)}.",
            where=where,
            next_command="look at the disk and its free space, then publish again",
        )


def copy_proof(draft: Draft) -> None:
    """Lay the receipt, the gate's report and the models' documentation beside the tables."""
    draft.receipt.write(draft.folder / "gate" / "receipt.json")
    report = draft.receipt_path.with_name("report.html")
    if report.exists():
        shutil.copyfile(report, draft.folder / "gate" / "report.html")
    if draft.docs is not None:
        (draft.folder / "docs").mkdir(mode=0o755)
        shutil.copyfile(draft.docs, draft.folder / "docs" / "dbt.html")


def write_parts(draft: Draft) -> None:
    """Lay the list of packages that made the release beside it."""
    text = list_of_parts(_code_version(draft) or "unknown")
    write_atomically(draft.folder / PARTS_NAME, text)


def describe_difference(draft: Draft) -> None:
    """Compare a revision with the one before it."""
    if draft.previous is not None:
        name, digests = draft.previous
        before = (str(name), name.folder(draft.releases) / DATABASE_NAME, digests)
        draft.difference = compare(before, (str(draft.name), draft.database, draft.digests))


def write_report(draft: Draft) -> None:
    """Write the quarterly report in both languages from the published file."""
    from publication.report.site import write_site  # noqa: PLC0415 - templates and Babel load late

    with open_release(draft.database) as connection:
        write_site(connection, draft.folder, draft.name.quarter, draft.difference)


def write_manifest(draft: Draft) -> None:
    """Write the manifest, with the checksum of every file."""
    files = {
        path.relative_to(draft.folder).as_posix(): file_record(path)
        for path in sorted(draft.folder.rglob("*"))
        if path.is_file()
    }
    manifest = Manifest(
        release_id=str(draft.name),
        quarter=draft.name.quarter,
        revision=draft.name.revision,
        published_at=draft.now,
        is_preliminary=draft.receipt.is_preliminary,
        storage_version=STORAGE_VERSION,
        digests=draft.digests,
        row_counts={
            table: sum(part.row_count for part in parts.values())
            for table, parts in draft.digests.items()
        },
        files=files,
        receipt=draft.receipt,
        difference=draft.difference,
    )
    write_atomically(draft.folder / MANIFEST_NAME, manifest.model_dump_json(indent=2) + "\n")


def seal(draft: Draft) -> None:
    """Make every file read-only and flush files and folders to the disk."""
    for path in sorted(draft.folder.rglob("*")):
        if path.is_dir():
            sync_directory(path)
            continue
        with path.open("rb") as file:
            os.fsync(file.fileno())
        path.chmod(0o444)
    sync_directory(draft.folder)


def take_place(draft: Draft) -> None:
    """Rename the whole folder to its final name."""
    place = draft.name.folder(draft.releases)
    place.parent.mkdir(mode=0o755, exist_ok=True)
    draft.folder.rename(place)
    sync_directory(place.parent)
    sync_directory(draft.releases)


def make_current(draft: Draft) -> None:
    """Point `current` at the release, unless a later quarter is current."""
    before = current_name(draft.releases)
    draft.is_current = may_follow(before, draft.name)
    if draft.is_current:
        point_at(draft.releases, draft.name)


def log_publication(draft: Draft) -> None:
    """Record the publication; from here on it has come to its end."""
    append_log(draft.releases, "published", draft.name, now=draft.now)


STEPS: tuple[Callable[[Draft], None], ...] = (
    make_folder,
    copy_tables,
    compare_database,
    write_parquet,
    write_exports,
    copy_proof,
    write_parts,
    describe_difference,
    write_report,
    write_manifest,
    seal,
    take_place,
    make_current,
    log_publication,
)
