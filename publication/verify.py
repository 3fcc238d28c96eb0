"""Whether a release is still what it was: every checksum, every digest, both formats.

Belongs here: reading a release from the outside. Publication runs the same look over what it has
just built, so that nothing is pointed at that would not verify.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from expectations.digest import Digests, differing, digest_relation, digest_tables
from expectations.released import MANIFEST_NAME
from expectations.warehouse import SETTINGS, quoted
from publication.errors import ReleaseRefused
from publication.manifest import (
    DATABASE_NAME,
    Manifest,
    ReleaseName,
    file_record,
    find_release,
    read_manifest,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Verified:
    """A release that is what its manifest says."""

    name: ReleaseName
    file_count: int
    table_count: int
    row_count: int

    def __str__(self) -> str:
        return (
            f"{self.name} verifies: {self.file_count} files, {self.table_count} tables, "
            f"{self.row_count:,} rows in DuckDB and Parquet."
        )


def verify_release(releases: Path, release: str = "current") -> Verified:
    """Recompute every checksum and digest of a release.

    Args:
        releases: The folder of releases.
        release: `current`, or e.g. `2026-Q2/r1`.

    Raises:
        ReleaseRefused: when there is none, or it is not what its manifest says; all that is wrong
            is named.
    """
    name = find_release(releases, release)
    folder = name.folder(releases)
    manifest = read_manifest(folder)
    problems = file_problems(folder, manifest)
    if not problems:
        problems += _table_problems(folder, manifest)
    if manifest.release_id != str(name):
        problems.append(f"its manifest is that of {manifest.release_id}")
    if problems:
        raise ReleaseRefused(
            f"{name} is not what was published: {'; '.join(problems)}.",
            where=str(folder),
            next_command="effektanalys release rollback <another release>, and restore this one "
            "from a copy",
        )
    return Verified(
        name, len(manifest.files), len(manifest.row_counts), sum(manifest.row_counts.values())
    )


def file_problems(folder: Path, manifest: Manifest) -> list[str]:
    """Name the files of a release that are missing, added or not what they were."""
    found = {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    } - {MANIFEST_NAME}
    stated = manifest.files
    return [
        *(f"{name} is missing" for name in sorted(set(stated) - found)),
        *(f"{name} was added" for name in sorted(found - set(stated))),
        *(
            f"{name} was altered"
            for name in sorted(found & set(stated))
            if file_record(folder / name) != stated[name]
        ),
    ]


def _table_problems(folder: Path, manifest: Manifest) -> list[str]:
    try:
        with open_release(folder / DATABASE_NAME) as connection:
            stated = connection.execute("select release_id, quarter from meta.release").fetchall()
        tables = list(manifest.row_counts)
        problems = [
            f"{place} differs in {', '.join(astray)}"
            for place, astray in (
                ("DuckDB", differing(manifest.digests, database_digests(folder, tables))),
                ("Parquet", differing(manifest.digests, parquet_digests(folder, tables))),
            )
            if astray
        ]
    except duckdb.Error as error:
        return [f"it cannot be read: {str(error).splitlines()[0]}"]
    if stated != [(manifest.release_id, manifest.quarter)]:
        problems.append("meta.release does not name it")
    return problems


@contextmanager
def open_release(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a published file read-only, with the very settings an analyst has.

    DuckDB lets one process open a file twice only with equal settings, so any of our own would shut
    out whoever reads the release in the same process, or be shut out by them.
    """
    connection = duckdb.connect(str(database), read_only=True)
    try:
        connection.execute("set TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()


def database_digests(folder: Path, tables: Iterable[str]) -> Digests:
    """Return the digests of a release's DuckDB file, opened anew."""
    with open_release(folder / DATABASE_NAME) as connection:
        return digest_tables(connection, tables)


def parquet_digests(folder: Path, tables: Iterable[str]) -> Digests:
    """Return the digests of a release's Parquet files."""
    connection = duckdb.connect(config=dict(SETTINGS))
    try:
        connection.execute("set TimeZone = 'UTC'")
        return {
            table: digest_relation(
                connection, f"read_parquet({quoted(str(folder / 'parquet' / f'{table}.parquet'))})"
            )
            for table in sorted(tables)
        }
    finally:
        connection.close()
