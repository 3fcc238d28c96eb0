"""Two at once: each waits for the other, or is refused with the other's name; nothing is lost."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from pathlib import Path

import pytest

import extractors.platforms.run
from extractors import locks
from extractors.lake import Lake
from extractors.locks import WarehouseBusy
from extractors.platforms.reparse import reparse
from extractors.sandbox import serve
from orchestration import steps
from orchestration.settings import Settings
from publication.release import current_name
from tests.support.candidate import clean_copy
from tests.support.gates import LEAN, PlainJudge, judge, release
from tests.support.importing import INDUSTRY, NOW, csv_of
from tests.support.sandboxed import LAST_DAY, run, stored, think_tank_accounts

ROOT = Path(__file__).parents[2]
QUARTER = "2025-Q4"
# Another process that holds a lock as a run of Dagster would, until it is told to let go.
HOLD = """
import sys
from pathlib import Path
from extractors.locks import WarehouseLock
with WarehouseLock(Path(sys.argv[1]), who=sys.argv[2], run="run-7"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def held():
    """Start holders of locks: `held(path, who)` returns the process."""
    started = []

    def start(path, who):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(path), who],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        started.append(process)
        assert process.stdout.readline() == "held\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def impatient(monkeypatch):
    """Give up after a fifth of a second instead of 15 minutes."""
    monkeypatch.setattr(locks.WarehouseLock.__init__, "__kwdefaults__", {"run": "", "wait": 0.2})


@pytest.fixture
def lake(tmp_path):
    made = Lake(tmp_path / "lake", "Europe/Stockholm")
    made.initialise()
    return made


def test_case_28_dbt_on_the_command_line_is_refused_beside_a_run_and_starts_after_it(
    tmp_path, monkeypatch, held, impatient
):
    started = []
    settings = Settings(data_dir=tmp_path)
    monkeypatch.setattr(steps, "prepare_environment", lambda _: None)
    monkeypatch.setattr(
        steps.subprocess,
        "run",
        lambda *given, **_: started.append(given) or subprocess.CompletedProcess(given, 0),
    )
    builder = held(settings.warehouse_lock, "dbt build")
    with pytest.raises(WarehouseBusy) as busy:
        steps.run_dbt(settings, ["build"])
    assert "dbt on the command line gave up" in str(busy.value)
    assert f"dbt build (process {builder.pid}, run run-7)" in str(busy.value)
    assert started == []
    builder.communicate("go\n")
    assert steps.run_dbt(settings, ["build"]) == 0
    assert len(started) == 1


@pytest.mark.parametrize("quarter", [QUARTER, "2025-Q3"])
def test_case_28_a_run_of_the_same_or_another_quarter_waits_for_gate_and_release(
    tmp_path, held, impatient, quarter
):
    data = clean_copy(tmp_path)
    assert judge(data, QUARTER, make_judge=PlainJudge).passed
    before = (data / "gate" / QUARTER / "receipt.json").read_bytes()
    other = held(data / "warehouse.lock", "dbt build")
    for second in (
        partial(judge, data, quarter, make_judge=PlainJudge),
        partial(release, data, quarter, steps=LEAN),
    ):
        with pytest.raises(WarehouseBusy, match=f"held by dbt build .process {other.pid}, run"):
            second()
    assert (data / "gate" / QUARTER / "receipt.json").read_bytes() == before
    assert current_name(data / "releases") is None
    other.communicate("go\n")
    assert release(data, QUARTER, steps=LEAN).is_new


@pytest.mark.parametrize("day", [LAST_DAY, date(2026, 8, 16)])
def test_case_28_a_second_extraction_of_a_stream_names_the_first(lake, held, impatient, day):
    other = held(lake.root / "_raw/bluesky/profile_snapshots.lock", "the extraction of Bluesky")
    accounts = think_tank_accounts()[:2]
    with serve() as sandbox:
        with pytest.raises(WarehouseBusy) as busy:
            run(lake, sandbox.url, accounts, day=day)
        assert f"held by the extraction of Bluesky (process {other.pid}" in str(busy.value)
        assert sum(sandbox.calls.values()) == 0
        with pytest.raises(WarehouseBusy, match="the reparse of Bluesky profile snapshots of"):
            reparse("bluesky", day, day, accounts, lake=lake, load_id="again")
        # Another stream is nobody's business.
        assert run(lake, sandbox.url, accounts, day=day, stream="posts").ok == 2
        other.communicate("go\n")
        assert run(lake, sandbox.url, accounts, day=day).ok == 2


def test_case_28_two_extractions_of_one_day_lose_none_of_each_others_accounts(lake, monkeypatch):
    # Each knows other accounts, as two checkouts of the registry may; they write one part.
    accounts = think_tank_accounts()
    has_looked, has_ended = threading.Event(), threading.Event()
    look = extractors.platforms.run.stored_rows

    def look_and_linger(*given):
        rows = look(*given)
        if not has_looked.is_set():
            has_looked.set()
            has_ended.wait(1)  # long enough for the other to land, were it let in
        return rows

    monkeypatch.setattr("extractors.platforms.run.stored_rows", look_and_linger)
    with serve() as sandbox, ThreadPoolExecutor() as threads:
        first = threads.submit(run, lake, sandbox.url, accounts[:20])
        assert has_looked.wait(60)
        second = run(lake, sandbox.url, accounts[20:40], load_id="run-2")
        has_ended.set()
        assert (first.result().ok, second.ok) == (20, 20)
    assert len({row["account_id"] for row in stored(lake)}) == len(stored(lake)) == 40
    assert lake.verify() == []


IMPORT = """
import sys
from datetime import datetime
from pathlib import Path
from extractors.imports import import_file
from extractors.lake import Lake
from extractors.registry import load_registry
folder = Path(sys.argv[1])
for turn in range(5):
    report = import_file(
        folder / "counts.csv", lake=Lake(folder / "lake", "Europe/Stockholm"),
        registry=load_registry(folder / "registry"), now=datetime.fromisoformat(sys.argv[2]),
    )
    assert report.row_count == 28, report
"""


def test_case_28_an_import_beside_itself_and_beside_a_run_leaves_whole_parts(lake, tmp_path):
    (tmp_path / "registry" / "industries").mkdir(parents=True)
    (tmp_path / "registry" / "industries" / "regions.yaml").write_text(INDUSTRY)
    rows = [f"x,south,2025-05-{day:02},{1000 + day}" for day in range(1, 29)]
    (tmp_path / "counts.csv").write_text(csv_of(*rows))
    imports = [
        subprocess.Popen(
            [sys.executable, "-c", IMPORT, str(tmp_path), NOW.isoformat()],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    accounts = think_tank_accounts()[:5]
    with serve() as sandbox:
        assert run(lake, sandbox.url, accounts).ok == 5
    for process in imports:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    rows = stored(lake)
    counts = sorted(row["followers"] for row in rows if row["origin"] == "import")
    assert counts == [1000 + day for day in range(1, 29)]
    assert len(rows) == 28 + 5
    assert lake.verify() == []
    assert list(lake.root.rglob("*.writing")) == []
