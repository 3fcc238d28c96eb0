"""Readers while releases come and go, and what a publication leaves when it dies."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from expectations.digest import digest_tables
from expectations.receipt import read_receipt
from publication import build
from publication.errors import ReleaseRefused
from publication.release import (
    current_name,
    list_releases,
    reconcile,
    rollback,
    verify_release,
)
from tests.support.candidate import Candidate, clean_copy
from tests.support.gates import LEAN, NOW, PlainJudge, alter, judge, release

QUARTER = "2025-Q4"
COUNT = "select count(*) from marts.dim_organisation where name like '%!'"


class Died(BaseException):
    """Stands for the end of the process: nothing may catch it on the way."""


@pytest.fixture
def data(tmp_path):
    return clean_copy(tmp_path)


def change(data, marks=1):
    """Alter the candidate and bring its receipt up to date, without judging anew."""
    alter(data, f"update marts.dim_organisation set name = name || repeat('!', {marks})")
    path = data / "gate" / QUARTER / "receipt.json"
    receipt = read_receipt(path)
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as connection:
        digests = digest_tables(connection, receipt.digests, up_to=QUARTER)
    receipt.model_copy(update={"digests": digests}).write(path)


def first_release(data):
    assert judge(data, QUARTER, make_judge=PlainJudge).passed
    release(data, QUARTER)
    return data / "releases"


def dying_at(position):
    def die(draft):
        raise Died

    return (*build.STEPS[:position], die, *build.STEPS[position:])


@pytest.mark.parametrize(
    "position", range(len(build.STEPS) + 1), ids=[*(s.__name__ for s in build.STEPS), "end"]
)
def test_dying_before_any_step_leaves_the_old_or_the_new_release_and_the_next_run_mends(
    data, position
):
    releases = first_release(data)
    change(data)
    with pytest.raises(Died):
        release(data, QUARTER, steps=dying_at(position))
    pointed = str(current_name(releases))
    pointer_moved = position > build.STEPS.index(build.make_current)
    assert pointed == f"{QUARTER}/r{2 if pointer_moved else 1}"
    with duckdb.connect(str(releases / "current/benchmark.duckdb"), read_only=True) as connection:
        assert connection.execute("select release_id from meta.release").fetchone() == (pointed,)
    verify_release(releases)

    release(data, QUARTER)
    assert str(current_name(releases)) == f"{QUARTER}/r2"
    assert [str(listed.name) for listed in list_releases(releases)] == [
        f"{QUARTER}/r1",
        f"{QUARTER}/r2",
    ]
    assert {p.name for p in releases.iterdir()} == {QUARTER, "current", "releases.jsonl", ".lock"}
    log = (releases / "releases.jsonl").read_text().splitlines()
    assert sum(f'"{QUARTER}/r2"' in line for line in log) == 1


def test_dying_in_the_very_first_publication_leaves_no_pointer_or_a_good_one(data):
    assert judge(data, QUARTER, make_judge=PlainJudge).passed
    for position, step in enumerate(build.STEPS):
        if step not in LEAN:
            continue
        with pytest.raises(Died):
            release(data, QUARTER, steps=dying_at(position)[: position + 1])
        if position <= build.STEPS.index(build.take_place):
            assert current_name(data / "releases") is None
        else:
            break
    release(data, QUARTER)
    assert str(current_name(data / "releases")) == f"{QUARTER}/r1"


def test_a_publication_that_is_killed_outright_leaves_the_old_release(data):
    releases = first_release(data)
    change(data)
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from publication import build\n"
        "from tests.support.gates import release\n"
        "def kill(draft): os.kill(os.getpid(), signal.SIGKILL)\n"
        "release(Path(sys.argv[1]), sys.argv[2], steps=(*build.STEPS[:8], kill))\n"
    )
    root = Path(__file__).resolve().parents[2]
    killed = subprocess.run(
        [sys.executable, "-c", script, str(data), QUARTER], cwd=root, check=False
    )
    assert killed.returncode == -9
    assert list(releases.glob(".building-*"))
    assert str(verify_release(releases)).startswith(f"{QUARTER}/r1 verifies")
    assert "did not end" in " ".join(reconcile(releases))
    assert not list(releases.glob(".building-*"))
    assert release(data, QUARTER).release_id == f"{QUARTER}/r2"


def test_a_disk_that_fills_up_leaves_the_old_release(data):
    releases = first_release(data)
    change(data)

    def full(draft):
        raise OSError(28, "No space left on device")

    steps = (*build.STEPS[:2], full, *build.STEPS[2:])
    with pytest.raises(ReleaseRefused, match="No space left"):
        release(data, QUARTER, steps=steps)
    assert str(current_name(releases)) == f"{QUARTER}/r1"
    assert release(data, QUARTER).release_id == f"{QUARTER}/r2"


def falls_of(revisions):
    return sum(later < earlier for earlier, later in pairwise(revisions))


MARKS = "length(name) - length(replace(name, '!', ''))"
READER = f"""
import select, sys, duckdb
seen = []
print("ready", flush=True)
while True:
    with duckdb.connect(sys.argv[1], read_only=True) as connection:
        [(revision,)] = connection.execute("select revision from meta.release").fetchall()
        [marks] = connection.execute(
            "select min({MARKS}), max({MARKS}) from marts.dim_organisation"
        ).fetchall()
    assert marks == (revision - 1, revision - 1), (revision, marks)
    seen.append(revision)
    if select.select([sys.stdin], [], [], 0.02)[0]:
        break
falls = sum(later < earlier for earlier, later in zip(seen, seen[1:]))
print(len(seen), seen[-1], falls, flush=True)
"""


IS_SOAK = os.environ.get("SOAK") == "1"
PUBLICATIONS, ROLLBACKS, READERS = (500, 50, 8) if IS_SOAK else (12, 2, 2)


def test_readers_meet_whole_releases_in_order_during_publications(tmp_path):
    """One reader more is a thread of the publishing process; a rollback is the only way back."""
    candidate = Candidate(tmp_path, industries={"ports": 5}, quarters=(QUARTER,)).write()
    releases = first_release(candidate.folder)
    path = releases / "current" / "benchmark.duckdb"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(READERS)
    ]
    done, read, faults = threading.Event(), [], []

    def read_on():
        while not done.wait(0.02):
            try:
                with duckdb.connect(str(path), read_only=True) as connection:
                    [row] = connection.execute(
                        f"select revision, max({MARKS}) from meta.release, marts.dim_organisation "
                        "group by revision"
                    ).fetchall()
                read.append(row)
            except duckdb.Error as error:
                faults.append(error)

    reader = threading.Thread(target=read_on)
    reader.start()
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for minute in range(PUBLICATIONS):
        change(candidate.folder)
        now = NOW + timedelta(minutes=minute)
        release(candidate.folder, QUARTER, now=now, steps=LEAN)
        if minute % (PUBLICATIONS // ROLLBACKS) == 1:
            rollback(releases, f"{QUARTER}/r{minute + 1}", now=now)
    done.set()
    reader.join()
    assert faults == []
    revisions = [revision for revision, _ in read]
    assert falls_of(revisions) <= ROLLBACKS
    assert {revision - marks for revision, marks in read} == {1}
    for process in processes:
        out, err = process.communicate("stop\n", timeout=60)
        assert process.returncode == 0, err
        times, last, falls = out.split()
        assert int(times) > 5
        assert int(falls) <= ROLLBACKS
        assert int(last) >= PUBLICATIONS
    assert str(current_name(releases)) == f"{QUARTER}/r{PUBLICATIONS + 1}"


def test_a_reader_keeps_its_release_and_the_next_one_to_connect_gets_the_new(data):
    releases = first_release(data)
    path = str(releases / "current" / "benchmark.duckdb")
    with duckdb.connect(path, read_only=True) as old:
        change(data)
        release(data, QUARTER)
        assert old.execute(COUNT).fetchone() == (0,)
        # The same process, while the old file is still open in it.
        with duckdb.connect(path, read_only=True) as new:
            assert new.execute(COUNT).fetchone() == (14,)
        assert old.execute(COUNT).fetchone() == (0,)
