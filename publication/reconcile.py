"""What a killed publication may have left, put right before the next one.

Belongs here: removing unfinished folders and links, and a pointer that leads nowhere or to a
release that does not verify. No sealed release is ever altered or deleted.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from expectations.released import read_log
from publication.errors import ReleaseRefused
from publication.manifest import (
    CURRENT,
    ReleaseName,
    current_name,
    read_manifest,
    release_names,
)
from publication.pointer import TEMPORARY_LINK, append_log, point_at, releases_lock
from publication.verify import file_problems

if TYPE_CHECKING:
    from pathlib import Path

BUILDING_PREFIX = ".building-"
SPILL_FOLDER = ".spill"


def reconcile(releases: Path) -> list[str]:
    """Put the folder of releases in order; return what was done, in words.

    Raises:
        WarehouseBusy: when a publication is under way for too long.
    """
    releases.mkdir(parents=True, exist_ok=True)
    with releases_lock(releases):
        return [*_remove_unfinished(releases), *_mend_pointer(releases)]


def _remove_unfinished(releases: Path) -> list[str]:
    done = []
    for folder in [*releases.glob(f"{BUILDING_PREFIX}*"), releases / SPILL_FOLDER]:
        if folder.is_dir():
            shutil.rmtree(folder)
            done.append(f"Removed {folder.name}, left by a publication that did not end.")
    link = releases / TEMPORARY_LINK
    if link.is_symlink():
        link.unlink()
        done.append("Removed a pointer that was not yet in place.")
    return done


def _mend_pointer(releases: Path) -> list[str]:
    pointer = releases / CURRENT
    if not pointer.is_symlink():
        return []
    current = current_name(releases)
    problem = _problem(releases, current)
    if problem is None:
        return []
    for name in _candidates(releases, current):
        if _problem(releases, name) is None:
            point_at(releases, name)
            append_log(releases, "reconciled", name, before=current)
            return [f"current pointed at {current}, which cannot be read ({problem}); now {name}."]
    if current not in release_names(releases):
        pointer.unlink()
        return [f"Removed current: it pointed at {current}, and there is no sound release."]
    return [
        f"current points at {current}, which is damaged ({problem}); no other release is sound."
    ]


def _problem(releases: Path, name: ReleaseName | None) -> str | None:
    if name is None:
        return "it names no release"
    try:
        folder = name.folder(releases)
        # Unaltered files hold unaltered tables: the checksums are enough, at a third of the time.
        return "; ".join(file_problems(folder, read_manifest(folder))) or None
    except ReleaseRefused as error:
        return error.what


def _candidates(releases: Path, current: ReleaseName | None) -> list[ReleaseName]:
    """Return the releases to fall back on: those that were current last, then the latest."""
    known = release_names(releases)
    was_current = [ReleaseName.parse(str(entry.get("release"))) for entry in read_log(releases)]
    order = [*reversed(was_current), *reversed(known)]
    return [name for name in dict.fromkeys(order) if name in known and name != current]
