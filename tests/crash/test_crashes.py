"""SIGKILL at any moment: nothing landed is lost, the release stands, the next run ends the work.

A short, seeded set here; with SOAK=1 (`make soak`) 200 kills at random and one at every boundary.
What a kill does to dbt and the gate is shown by `tests/e2e`, which kills the whole job.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import signal
import time
from typing import TYPE_CHECKING

import duckdb
import pytest

from extractors.lake import Lake
from extractors.records import SCHEMAS
from extractors.sandbox import serve
from extractors.sandbox.windows import FixedWindow
from publication.release import current_name, list_releases, verify_release
from tests.crash import jobs
from tests.crash.jobs import DAYS, QUARTER
from tests.support.candidate import clean_copy
from tests.support.gates import LEAN, PlainJudge, alter, judge, release

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

IS_SOAK = os.environ.get("SOAK") == "1"
EXTRACTION_KILLS, PUBLICATION_KILLS = (200, 200) if IS_SOAK else (8, 3)
# How many fsyncs and renames lie between one kill and the next.
EXTRACTION_STRIDE, PUBLICATION_STRIDE = (1, 1) if IS_SOAK else (9, 29)
SEED = 20260701

# Children begin with everything imported: a kill at random meets our work, not the imports.
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tests.crash.jobs"])


class Killed:
    """Runs a job in a child, to its end or to its death."""

    def __init__(self, job: Callable[..., None], counted: Path) -> None:
        self._job, self._counted = job, counted

    def run(self, *arguments: object) -> tuple[float, int]:
        """Return seconds taken and boundaries met."""
        self._counted.unlink(missing_ok=True)
        began = time.monotonic()
        child = self._start(*arguments, None)
        child.join(120)
        assert child.exitcode == 0
        return time.monotonic() - began, int(self._counted.read_text())

    def run_to_boundary(self, boundary: int, *arguments: object) -> None:
        child = self._start(*arguments, boundary)
        child.join(120)
        assert child.exitcode == -signal.SIGKILL

    def run_for(self, seconds: float, *arguments: object) -> float | None:
        """Kill after so long; return the seconds taken where the end came first."""
        began = time.monotonic()
        child = self._start(*arguments, None)
        child.join(seconds)
        taken = time.monotonic() - began
        child.kill()
        child.join(120)
        return None if child.exitcode == -signal.SIGKILL else taken

    def _start(self, *arguments: object):
        child = processes.Process(target=self._job, args=(*arguments, str(self._counted)))
        child.start()
        return child


@pytest.fixture(scope="module")
def url():
    with serve(world=jobs.WORLD) as sandbox:
        # Hundreds of runs in a minute: not what a platform allows, and not the subject here.
        sandbox.state.windows["mastodon"] = FixedWindow(10**9, 60)
        yield sandbox.url


class Moment:
    """When to kill; told afterwards whether the job had already ended."""

    def __init__(self, number: int, seconds: float) -> None:
        self.number, self.seconds, self.taken = number, seconds, None

    def __str__(self) -> str:
        return str(self.number)

    def ended(self, taken: float | None) -> None:
        self.taken = taken


def moments(seconds, kills):
    """Yield random moments until so many have met a running job.

    The first, measured run is the slowest; where a job ended before its kill, the next ones come
    within the time it took.
    """
    dice, met = random.Random(SEED), 0
    for number in range(8 * kills):
        moment = Moment(number, dice.uniform(0, seconds))
        yield moment
        met += moment.taken is None
        seconds = min(seconds, moment.taken or seconds)
        if met == kills:
            return
    assert met > 0, "no kill met a running job"


def some(boundaries, stride):
    """Return every `stride`-th boundary, from a seeded first one on."""
    return range(random.Random(SEED).randrange(stride), boundaries, stride)


def facts(folder):
    lake = Lake(folder / "lake", "Europe/Stockholm")
    return {stream: lake.fingerprint(stream, DAYS[0], DAYS[-1]) for stream in SCHEMAS}


def landed(folder):
    return {p.relative_to(folder): p.read_bytes() for p in (folder / "lake").rglob("*=*/*.parquet")}


class TestExtraction:
    """Bluesky and Mastodon, profiles and posts, three days, killed."""

    @pytest.fixture(scope="class")
    @staticmethod
    def whole(url, tmp_path_factory):
        folder = tmp_path_factory.mktemp("whole")
        killed = Killed(jobs.extraction, folder / "counted")
        seconds, boundaries = killed.run(url, str(folder), "run-1")
        parts = [p for p in landed(folder) if "__none__" not in str(p)]
        assert len(parts) == len(DAYS) * len(jobs.STREAMS)
        return facts(folder), seconds, boundaries

    def mended(self, folder, url, whole, killed):
        """What stands after a kill is sound, and one more run ends the work."""
        before = landed(folder)
        assert not (folder / "lake").exists() or self.lake(folder).verify() == []
        killed.run(url, str(folder), "run-2")
        assert facts(folder) == whole
        after = landed(folder)
        assert {name: after[name] for name in before} == before
        assert list((folder / "lake").rglob("*.writing")) == []

    @staticmethod
    def lake(folder):
        return Lake(folder / "lake", "Europe/Stockholm")

    def test_at_every_fsync_and_rename(self, url, whole, tmp_path):
        facts_, _, boundaries = whole
        assert boundaries > 2 * len(DAYS) * len(jobs.STREAMS)
        for boundary in some(boundaries, EXTRACTION_STRIDE):
            folder = tmp_path / str(boundary)
            folder.mkdir()
            killed = Killed(jobs.extraction, folder / "counted")
            killed.run_to_boundary(boundary, url, str(folder), "run-1")
            self.mended(folder, url, facts_, killed)

    def test_at_random_moments(self, url, whole, tmp_path):
        facts_, seconds, _ = whole
        for moment in moments(seconds, EXTRACTION_KILLS):
            folder = tmp_path / str(moment)
            folder.mkdir()
            killed = Killed(jobs.extraction, folder / "counted")
            moment.ended(killed.run_for(moment.seconds, url, str(folder), "run-1"))
            self.mended(folder, url, facts_, killed)


class TestPublication:
    """A second release over a first one, killed."""

    @pytest.fixture(scope="class")
    @staticmethod
    def data(tmp_path_factory):
        """A first release, and a changed candidate that is judged and waits for publication."""
        folder = clean_copy(tmp_path_factory.mktemp("data"))
        assert judge(folder, QUARTER, make_judge=PlainJudge).passed
        release(folder, QUARTER, steps=LEAN)
        alter(folder, "update marts.dim_organisation set name = name || ' (renamed)'")
        assert judge(folder, QUARTER, make_judge=PlainJudge).passed
        return folder

    @pytest.fixture(scope="class")
    @staticmethod
    def whole(data, tmp_path_factory):
        folder = copied(data, tmp_path_factory.mktemp("whole"))
        seconds, boundaries = Killed(jobs.publication, folder / "counted").run(str(folder))
        return digests(folder), seconds, boundaries

    @staticmethod
    def mended(folder, expected, killed):
        releases = folder / "releases"
        name = str(current_name(releases))
        assert name in {f"{QUARTER}/r1", f"{QUARTER}/r2"}
        verify_release(releases)
        with duckdb.connect(str(releases / "current/benchmark.duckdb"), read_only=True) as reader:
            assert reader.execute("select release_id from meta.release").fetchall() == [(name,)]
        killed.run(str(folder))
        assert str(current_name(releases)) == f"{QUARTER}/r2"
        assert [str(r.name) for r in list_releases(releases)] == [f"{QUARTER}/r1", f"{QUARTER}/r2"]
        assert digests(folder) == expected
        assert list(releases.glob(".building-*")) == []

    def test_at_every_fsync_and_rename(self, data, whole, tmp_path):
        expected, _, boundaries = whole
        for boundary in some(boundaries, PUBLICATION_STRIDE):
            folder = copied(data, tmp_path / str(boundary))
            killed = Killed(jobs.publication, folder / "counted")
            killed.run_to_boundary(boundary, str(folder))
            self.mended(folder, expected, killed)

    def test_at_random_moments(self, data, whole, tmp_path):
        expected, seconds, _ = whole
        for moment in moments(seconds, PUBLICATION_KILLS):
            folder = copied(data, tmp_path / str(moment))
            killed = Killed(jobs.publication, folder / "counted")
            moment.ended(killed.run_for(moment.seconds, str(folder)))
            self.mended(folder, expected, killed)


def copied(data, folder):
    shutil.copytree(data, folder, symlinks=True, dirs_exist_ok=True)
    return folder


def digests(folder):
    manifest = json.loads((folder / "releases/current/manifest.json").read_text())
    return manifest["digests"]
