"""Files that are there whole or not at all, whatever ends the process that writes them.

Belongs here: the temporary name, the syncs and the rename, and clearing away what a killed process
left. Does not belong here: what is in a file.
"""

from __future__ import annotations

import os
import secrets
import time
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEMPORARY = ".writing"
_ABANDONED_SECONDS = 3600.0
"""No file takes this long to write, whatever process its temporary name names."""


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file to be written, readable by its owner only; it takes its name when all is on disk.

    Raises:
        OSError: when the disk does not take it. Then, and when the caller raises, `path` is what
            it was, and nothing lies beside it.
    """
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.{os.getpid()}{TEMPORARY}")
    try:
        with temporary.open("wb") as file:
            temporary.chmod(0o600)
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except Exception:
        temporary.unlink(missing_ok=True)  # on a full disk it is in the way of the next attempt
        raise
    sync_directory(path.parent)


def clear_abandoned(root: Path) -> None:
    """Remove what a killed run left half written; what a running process writes now stays."""
    for leftover in root.rglob(f"*{TEMPORARY}"):
        if _is_abandoned(leftover):
            leftover.unlink(missing_ok=True)


def sync_directory(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def private_folder(folder: Path, root: Path) -> None:
    """Make a folder and those missing between it and `root`, readable by their owner only."""
    missing = []
    current = folder
    while not current.exists():
        missing.append(current)
        if current == root:
            break
        current = current.parent
    for path in reversed(missing):
        with suppress(FileExistsError):
            path.mkdir(mode=0o700, parents=True)
            sync_directory(path.parent)


def _is_abandoned(temporary: Path) -> bool:
    writer = temporary.name.removesuffix(TEMPORARY).rpartition(".")[2]
    try:
        if time.time() - temporary.stat().st_mtime > _ABANDONED_SECONDS:
            return True
        os.kill(int(writer), 0)
    except PermissionError:
        return False
    except (ValueError, OSError, OverflowError):
        return True
    return False
