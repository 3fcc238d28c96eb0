"""What has been released of each quarter, read from the manifests.

Belongs here: the few fields of a manifest that the gate compares with. Publication writes the
manifests and builds on these models. A check never opens a published database.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import AwareDatetime, BaseModel, ConfigDict

from expectations.digest import Digest, Digests  # noqa: TC001 - pydantic reads it at run time

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MANIFEST_NAME = "manifest.json"


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
        """Keep, for each table and quarter, what the latest publication said."""
        stated: dict[str, dict[str, Stated]] = {}
        order = sorted(releases, key=lambda r: (r.published_at, r.quarter, r.revision))
        for release in order:
            for table, parts in release.digests.items():
                for part, digest in parts.items():
                    stated.setdefault(table, {})[part] = Stated(release.release_id, digest)
        return cls(stated)


def released_tables(releases: Path) -> list[ReleasedTables]:
    """Read every release's manifest, in the order of quarter and revision.

    Raises:
        ValueError: when a manifest is damaged; the message names it.
    """
    found = []
    for path in releases.glob(f"[0-9]*-Q[1-4]/r[0-9]*/{MANIFEST_NAME}"):
        try:
            found.append(ReleasedTables.model_validate_json(path.read_bytes()))
        except ValueError as error:
            raise ValueError(f"{path} is not a manifest: {error}") from error
    return sorted(found, key=lambda release: (release.quarter, release.revision))
