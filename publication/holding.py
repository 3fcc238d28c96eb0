"""Which releases hold an account: what an erasure must name and may not alter.

Belongs here: looking accounts up in sealed releases. Does not belong here: taking a release away
(`clearing.py`) or erasing anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import duckdb

from publication.errors import ReleaseRefused
from publication.manifest import DATABASE_NAME, ReleaseName, release_names

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class ReleasedAccount(NamedTuple):
    """An account as a release names it."""

    release: ReleaseName
    account_id: str
    organisation_id: str
    platform: str
    platform_account_id: str | None
    handle: str | None


def released_accounts(releases: Path) -> Iterator[ReleasedAccount]:
    """Yield the accounts of every release, the earliest release first.

    Raises:
        ReleaseRefused: when a release cannot be read: nobody can say whom it holds.
    """
    for name in release_names(releases):
        path = name.folder(releases) / DATABASE_NAME
        try:
            with duckdb.connect(str(path), read_only=True) as connection:
                found = connection.execute("select * from marts.dim_account order by account_id")
                columns = [column[0] for column in found.description]
                rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
        except duckdb.Error as error:
            raise ReleaseRefused(
                f"{name} cannot be read: {str(error).splitlines()[0]}",
                where=str(path),
                next_command=f"effektanalys release verify {name}",
            ) from None
        for row in rows:
            # A release that was published by earlier code may know less of its accounts.
            yield ReleasedAccount(
                release=name,
                account_id=row["account_id"],
                organisation_id=row["organisation_id"],
                platform=row["platform"],
                platform_account_id=row.get("platform_account_id"),
                handle=row.get("handle"),
            )
