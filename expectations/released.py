"""What has been released of each quarter, read from the manifests.

Belongs here: the few fields of a manifest that the gate compares with. Publication writes the
manifests and builds on these models. A check never opens a published database.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from expectations.digest import Digest, Digests  # noqa: TC001 - pydantic reads it at run time

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MANIFEST_NAME = "manifest.json"
LOG_NAME = "releases.jsonl"


class ReleasedTables(BaseModel):
    """Which tables a release states, and when it did."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    release_id: str
    quarter: str
    revision: int
    published_at: AwareDatetime
    digests: Digests


@dataclass(frozen=True, slots=True)
class Stated:
    """One quarter of one table, as the release that stated it last had it."""

    release_id: str
    digest: Digest


@dataclass(frozen=True, slots=True)
class ReleasedParts:
    """What was stated last of every table and quarter."""

    stated: dict[str, dict[str, Stated]]

    def of(self, table: str) -> dict[str, Stated]:
        """Return the table's quarters."""
        return self.stated.get(table, {})

    @classmethod
    def from_releases(cls, releases: Iterable[ReleasedTables]) -> ReleasedParts:
        """Keep, for each table and quarter, what the last of `releases` said of it."""
        stated: dict[str, dict[str, Stated]] = {}
        for release in releases:
            for table, parts in release.digests.items():
                for part, digest in parts.items():
                    stated.setdefault(table, {})[part] = Stated(release.release_id, digest)
        return cls(stated)


def released_tables(releases: Path) -> list[ReleasedTables]:
    """Read every release's manifest, in the order in which they were published.

    The log's order counts, not the clock's: a clock may be set back between two publications.

    Raises:
        ValueError: when a manifest is damaged; the message names it.
    """
    found = []
    for path in releases.glob(f"[0-9]*-Q[1-4]/r[0-9]*/{MANIFEST_NAME}"):
        try:
            found.append(ReleasedTables.model_validate_json(path.read_bytes()))
        except ValueError as error:
            raise ValueError(f"{path} is not a manifest: {error}") from error
    logged = [entry["release"] for entry in read_log(releases) if entry.get("event") == "published"]
    place = {release_id: position for position, release_id in enumerate(logged)}
    return sorted(
        found,
        key=lambda r: (place.get(r.release_id, len(place)), r.published_at, r.quarter, r.revision),
    )


def read_log(releases: Path) -> list[dict[str, Any]]:
    """Return the log's entries, oldest first; a line that a crash cut off is left out."""
    path = releases / LOG_NAME
    if not path.exists():
        return []
    entries = []
    for line in path.read_text(encoding="utf-8").splitlines():
        with contextlib.suppress(ValueError):
            entries.append(json.loads(line))
    return entries
