"""A disk that is really full, and folders that are really closed: a small tmpfs, so root only.

What lay there before stays, the message says what to do, and the next run goes through.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from datetime import timedelta

import pytest

from extractors.errors import NotStored
from extractors.lake import Lake, LakeRefused
from extractors.sandbox import serve
from publication import release as publication
from publication.errors import ReleaseRefused
from publication.release import current_name, verify_release
from tests.support.candidate import clean_copy
from tests.support.gates import LEAN, PlainJudge, alter, judge, release
from tests.support.sandboxed import LAST_DAY, run, stored, think_tank_accounts

QUARTER = "2025-Q4"


class Disk:
    """A tmpfs below `folder`."""

    def __init__(self, folder):
        self.folder = folder
        self._filler = folder / "filler"

    @contextmanager
    def full(self, *, but=0):
        """Leave no room but so many bytes."""
        self._filler.write_bytes(b"\0" * (shutil.disk_usage(self.folder).free - but))
        try:
            yield
        finally:
            self._filler.unlink()

    @contextmanager
    def read_only(self):
        subprocess.run(["mount", "-o", "remount,ro", str(self.folder)], check=True)
        try:
            yield
        finally:
            subprocess.run(["mount", "-o", "remount,rw", str(self.folder)], check=True)


@pytest.fixture
def disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk")
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m,mode=700", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    yield Disk(folder)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def lake(disk):
    made = Lake(disk.folder / "lake", "Europe/Stockholm")
    made.initialise()
    return made


def parts(lake):
    return {p: p.read_bytes() for p in lake.root.rglob("*=*/*.parquet")}


# Bytes left: none for the first answer; some for the answers; and for a part, but not for its day.
@pytest.mark.parametrize("room", [0, 8_192, 16_384, 24_576, 32_768])
def test_case_30_a_lake_on_a_full_disk_keeps_what_it_has_and_goes_on_when_there_is_room(
    disk, lake, tmp_path, room
):
    accounts = think_tank_accounts()
    with serve() as sandbox:
        run(lake, sandbox.url, accounts, day=LAST_DAY - timedelta(days=1))
        before = parts(lake)
        with disk.full(but=room):
            try:
                report = run(lake, sandbox.url, accounts)
                said = report.stopped
            except NotStored as error:
                said = str(error)
            assert "No space left on device" in said
            assert "then run the day again" in said
            assert parts(lake) == before
            assert list(lake.root.rglob("*.writing")) == []
            assert lake.verify() == []
        assert run(lake, sandbox.url, accounts).ok == len(accounts)
        whole = Lake(tmp_path / "whole", "Europe/Stockholm")
        whole.initialise()
        for day in (LAST_DAY - timedelta(days=1), LAST_DAY):
            run(whole, sandbox.url, accounts, day=day)
    assert facts(lake) == facts(whole)
    assert lake.verify() == []


def facts(lake):
    return lake.fingerprint("profile_snapshots", LAST_DAY - timedelta(days=1), LAST_DAY)


def test_case_31_a_lake_on_a_disk_mounted_read_only_is_refused_before_anything_is_asked(disk, lake):
    accounts = think_tank_accounts()[:3]
    with serve() as sandbox:
        run(lake, sandbox.url, accounts)
        with disk.read_only():
            with pytest.raises(LakeRefused, match="Read-only file system.; no platform was asked"):
                lake.initialise()
            # The disk may turn read-only after that, as a failing one does.
            calls = sum(sandbox.calls.values())
            with pytest.raises(NotStored) as refused:
                run(lake, sandbox.url, accounts, day=LAST_DAY - timedelta(days=1))
            assert "Read-only file system" in str(refused.value)
            assert sum(sandbox.calls.values()) == calls
        assert run(lake, sandbox.url, accounts, day=LAST_DAY - timedelta(days=1)).ok == 3
    assert len(stored(lake)) == 6


def test_case_30_a_publication_on_a_full_disk_leaves_the_old_release_and_the_next_goes_through(
    disk, monkeypatch
):
    data = clean_copy(disk.folder)
    assert judge(data, QUARTER, make_judge=PlainJudge).passed
    release(data, QUARTER, steps=LEAN)
    alter(data, "update marts.dim_organisation set name = name || '!'")
    assert judge(data, QUARTER, make_judge=PlainJudge).passed
    releases = data / "releases"
    # It is looked for beforehand; somebody else may take it meanwhile.
    with disk.full(), pytest.raises(ReleaseRefused, match="too little room"):
        release(data, QUARTER, steps=LEAN)
    monkeypatch.setattr(publication, "SPACE_FACTOR", 0)
    size = sum(file.stat().st_size for file in (releases / QUARTER / "r1").rglob("*"))
    for room in (0, 4_096, size // 4, size // 2):
        with disk.full(but=room):
            with pytest.raises(ReleaseRefused, match="disk") as refused:
                release(data, QUARTER, steps=LEAN)
            assert "effektanalys" in str(refused.value)
            assert str(verify_release(releases)).startswith(f"{QUARTER}/r1 verifies")
    with disk.read_only(), pytest.raises(ReleaseRefused, match="Read-only file system"):
        release(data, QUARTER, steps=LEAN)
    assert release(data, QUARTER, steps=LEAN).release_id == f"{QUARTER}/r2"
    assert str(current_name(releases)) == f"{QUARTER}/r2"
    assert list(releases.glob(".building-*")) == []
    verify_release(releases)
