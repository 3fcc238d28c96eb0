"""What platforms answered, stored before anything is read out of it.

Belongs here: appending allowed fields of answers, reading them back, and forgetting them in time.
Does not belong here: which fields are allowed (`shapes.py` and each module).

Layout: `<lake>/_raw/<platform>/<local date>/<load id>.ndjson.zst`, one line an answer, one zstd
frame a line, so that a killed run leaves every earlier line readable.
"""

from __future__ import annotations

import io
import json
import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import zstandard

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,119}")


def raw_folder(lake: Path, platform: str, day: date) -> Path:
    """Return the folder of a platform's answers of a day."""
    return lake / "_raw" / platform / day.isoformat()


class RawArchive:
    """The file a run appends its answers to.

    Args:
        folder: See `raw_folder`; made when the first answer is kept.
        load_id: Names the file; the same run may append to it again.

    Raises:
        ValueError: when `load_id` cannot name a file.
    """

    def __init__(self, folder: Path, load_id: str) -> None:
        if not _NAME.fullmatch(load_id):
            raise ValueError(f"The load id {load_id!r} cannot name a file")
        self._path = folder / f"{load_id}.ndjson.zst"
        self._packer = zstandard.ZstdCompressor(level=3)
        self._is_ours = not self._path.exists()

    def append(self, answer: Mapping[str, object]) -> None:
        """Keep one answer."""
        line = json.dumps(answer, ensure_ascii=False, separators=(",", ":")) + "\n"
        is_new = not self._path.exists()
        if is_new:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            if is_new:
                self._path.chmod(0o600)
            file.write(self._packer.compress(line.encode()))

    def discard(self) -> None:
        """Drop this run's answers: an earlier run of the day stored the same facts."""
        if self._is_ours:
            self._path.unlink(missing_ok=True)


def read_raw(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the answers of one file in the order they came; a torn last one is left out."""
    with path.open("rb") as file:
        reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
        try:
            for line in io.TextIOWrapper(reader, encoding="utf-8"):
                if line.endswith("\n"):
                    yield json.loads(line)
        except zstandard.ZstdError:
            return


def purge(lake: Path, platform: str, *, keep_days: int, today: date) -> int:
    """Delete a platform's answers that are older than its terms allow; return how many files."""
    limit = today - timedelta(days=keep_days)
    gone = 0
    for folder in sorted((lake / "_raw" / platform).glob("????-??-??")):
        if date.fromisoformat(folder.name) >= limit:
            continue
        for file in folder.iterdir():
            file.unlink()
            gone += 1
        folder.rmdir()
    return gone
