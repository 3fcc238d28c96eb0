"""Forgetting what platforms answered once their terms say so.

Belongs here: which answers are due, platform by platform. Does not belong here: deleting files
(`archive.py`) or the records: those stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from extractors.platforms.archive import purge
from extractors.platforms.discovery import platforms

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Purged:
    """What was forgotten of one platform.

    Attributes:
        platform: Name.
        title: As people write it.
        keep_days: For how many days its answers may be kept.
        files: Files removed.
        oldest_day: Local date of the oldest answers left, None where there are none.
    """

    platform: str
    title: str
    keep_days: int
    files: int
    oldest_day: str | None

    def __str__(self) -> str:
        removed = f"{self.files:,} file{'' if self.files == 1 else 's'} removed"
        oldest = f"oldest kept: {self.oldest_day}" if self.oldest_day else "none kept"
        return f"{self.title}: {removed}, {oldest} (answers are kept for {self.keep_days} days)"


def purge_archive(lake: Path, today: date) -> list[Purged]:
    """Delete every platform's answers that are older than its terms allow.

    Args:
        lake: The lake's folder.
        today: Local date; the terms' days are counted back from it.
    """
    purged = []
    for extractor in platforms():
        files = purge(lake, extractor.name, keep_days=extractor.raw_retention_days, today=today)
        left = sorted(f.name for f in (lake / "_raw" / extractor.name).glob("????-??-??"))
        oldest = left[0] if left else None
        purged.append(
            Purged(extractor.name, extractor.title, extractor.raw_retention_days, files, oldest)
        )
    return purged
