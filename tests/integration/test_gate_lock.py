"""One writer at a time, and whoever waits knows for whom."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading

import pytest

from extractors.locks import WarehouseBusy, WarehouseLock

HOLD = """
import sys
from pathlib import Path
from extractors.locks import WarehouseLock
with WarehouseLock(Path(sys.argv[1]), who="dbt build", run="run-7"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "warehouse.lock"


@pytest.fixture
def other(path):
    """Another process that holds the lock until it is told to let go."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_the_holder_is_written_down_for_its_owner_only(path):
    with WarehouseLock(path, who="gate", run="2026-Q2"):
        told = json.loads(path.read_text())
        assert (told["who"], told["pid"], told["run"]) == ("gate", os.getpid(), "2026-Q2")
        assert told["since"].endswith("+00:00")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == ""


def test_waiting_in_vain_names_who_has_it(path, other):
    with (
        pytest.raises(WarehouseBusy) as caught,
        WarehouseLock(path, who="release", wait=0.2),
    ):
        pass
    assert f"dbt build (process {other.pid}, run run-7) since " in str(caught.value)
    assert "release gave up" in str(caught.value)


def test_anybody_can_ask_who_holds_it(path, other):
    holder = WarehouseLock(path, who="doctor").holder()
    assert (holder.who, holder.pid) == ("dbt build", other.pid)
    other.communicate("go\n")
    assert WarehouseLock(path, who="doctor").holder() is None


def test_asking_about_a_lock_that_was_never_taken_creates_nothing(path):
    assert WarehouseLock(path, who="doctor").holder() is None
    assert not path.exists()


def test_a_killed_holder_frees_it(path, other):
    other.kill()
    other.wait()
    with WarehouseLock(path, who="gate", wait=5):
        assert json.loads(path.read_text())["who"] == "gate"


def test_whoever_waits_gets_it_when_it_is_free(path, other):
    order = []

    def wait():
        with WarehouseLock(path, who="gate", wait=30):
            order.append("taken")

    waiting = threading.Thread(target=wait)
    waiting.start()
    order.append("freed")
    other.communicate("go\n")
    waiting.join(timeout=30)
    assert order == ["freed", "taken"]


def test_a_step_may_take_it_again_and_keeps_it_until_the_outermost_end(path):
    with WarehouseLock(path, who="release"):
        with WarehouseLock(path, who="gate"):
            pass
        assert WarehouseLock(path, who="doctor").holder().who == "release"
    assert WarehouseLock(path, who="doctor").holder() is None


def test_another_thread_does_not_slip_in(path):
    caught = []

    def try_it():
        try:
            with WarehouseLock(path, who="other", wait=0):
                pass
        except WarehouseBusy as error:
            caught.append(str(error))

    with WarehouseLock(path, who="gate"):
        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
    assert "held by gate" in caught[0]
