"""Budgets go on where the last run of their day or month left off, whatever ended it."""

import asyncio
import json
import multiprocessing
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from extractors.budget import Budget, day_in, next_midnight, next_month
from extractors.errors import QuotaExhausted
from extractors.ledger import Ledger, LedgerUnusable

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "_raw" / "youtube" / "budget.json"


def a_run(path, *, day="2026-11-23", limit=10, name="units"):
    """Return the budget as a new run of that day finds it."""
    return Budget(
        limit=limit, words="10 units a day", name=name, period=lambda: day, ledger=Ledger(path)
    )


def test_a_second_run_of_the_day_has_what_the_first_left(path):
    a_run(path).spend(7)
    second = a_run(path)
    assert second.left == 3
    with pytest.raises(QuotaExhausted, match="the 10 units a day are used up"):
        second.spend(4)
    second.spend(3)
    assert a_run(path).left == 0


def test_a_new_day_has_all_of_it_and_the_old_one_is_not_forgotten(path):
    a_run(path).spend(10)
    assert a_run(path, day="2026-11-24").left == 10
    a_run(path, day="2026-11-24").spend(1)
    assert a_run(path).left == 0


def test_a_run_across_midnight_uses_each_days_own_units(path):
    days = ["2026-11-23"]
    budget = Budget(limit=10, words="", name="units", period=lambda: days[-1], ledger=Ledger(path))
    budget.spend(9)
    days.append("2026-11-24")
    budget.spend(9)
    assert budget.left == 1


def test_two_budgets_of_a_platform_do_not_mix(path):
    a_run(path).spend(5)
    a_run(path, name="stats").spend(9)
    assert (a_run(path).left, a_run(path, name="stats").left) == (5, 1)


def test_what_is_spent_lies_on_the_disk_before_the_call_even_if_the_run_is_killed(path):
    script = f"""
import os, signal
from pathlib import Path
from tests.unit.test_budget import a_run
a_run(Path({str(path)!r})).spend(4)
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == -9
    assert a_run(path).left == 6


def spend_often(path, times):
    for _ in range(times):
        a_run(path, limit=1000).spend()


def test_processes_that_spend_at_the_same_time_lose_nothing(path):
    fork = multiprocessing.get_context("spawn")
    workers = [fork.Process(target=spend_often, args=(path, 25)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert a_run(path, limit=1000).left == 1000 - 75


def test_what_was_set_aside_and_not_used_is_given_back_to_its_own_month(path):
    months = ["2026-11"]
    budget = Budget(limit=10, words="", period=lambda: months[-1], ledger=Ledger(path))
    budget.spend(1)

    async def over_the_turn_of_the_month():
        aside = await budget.set_aside(6)
        months.append("2026-12")
        budget.spend(2)
        budget.settle(aside, 4)

    asyncio.run(over_the_turn_of_the_month())
    assert budget.left == 8
    months.append("2026-11")
    assert budget.left == 10 - 1 - 4


def test_nothing_is_asked_once_the_platform_said_that_nothing_is_left(path):
    a_run(path, limit=None).close()
    later = a_run(path, limit=None)
    with pytest.raises(QuotaExhausted):
        later.spend()
    a_run(path, limit=None, day="2026-11-24").spend()


@pytest.mark.parametrize("content", ["{ cut off", "[]", '{"used": 3}', ""])
def test_a_damaged_ledger_stops_the_platform_rather_than_count_from_nought(path, content):
    a_run(path).spend()
    path.write_text(content)
    with pytest.raises(LedgerUnusable) as caught:
        a_run(path).spend()
    assert str(path) in str(caught.value)
    assert "Delete the file to count from nought." in str(caught.value)
    assert path.read_text() == content


def test_the_ledger_is_private_and_leaves_nothing_half_written(path):
    a_run(path).spend(3)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert {file.name for file in path.parent.iterdir()} == {"budget.json", "budget.json.lock"}
    assert json.loads(path.read_text())["used"] == {"units": {"2026-11-23": {"used": 3}}}


def test_looking_at_a_budget_writes_nothing(path):
    assert a_run(path).left == 10
    assert Ledger(path).left("posts") == []
    Ledger(path).leave("posts", [])
    assert not path.parent.exists()


def test_the_days_of_two_months_are_kept(path):
    for number in range(1, 91):
        a_run(path, day=f"day {number:03}").spend()
    kept = json.loads(path.read_text())["used"]["units"]
    assert (min(kept), max(kept), len(kept)) == ("day 029", "day 090", 62)


@pytest.mark.parametrize(
    ("now", "day", "reset"),
    [
        # 22:30 on the 23rd in Los Angeles: UTC-8 in November.
        ("2026-11-24T06:30+00:00", "2026-11-23", "2026-11-24T08:00+00:00"),
        ("2026-11-24T08:00+00:00", "2026-11-24", "2026-11-25T08:00+00:00"),
        # UTC-7 in July; and the day the clocks go back there, 1 November 2026, has 25 hours.
        ("2026-07-01T06:59+00:00", "2026-06-30", "2026-07-01T07:00+00:00"),
        ("2026-11-01T07:00+00:00", "2026-11-01", "2026-11-02T08:00+00:00"),
    ],
)
def test_the_pacific_day_ends_at_its_own_midnight(now, day, reset):
    moment = datetime.fromisoformat(now)
    assert day_in(moment, "America/Los_Angeles") == day
    assert next_midnight(moment, "America/Los_Angeles") == datetime.fromisoformat(reset)


@pytest.mark.parametrize(
    ("now", "reset"),
    [
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
        (datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)),
        (datetime(2028, 2, 29, 12, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC)),
        # Already December in Stockholm, still November where X counts.
        (datetime.fromisoformat("2026-12-01T00:30+01:00"), datetime(2026, 12, 1, tzinfo=UTC)),
    ],
)
def test_a_month_ends_at_midnight_utc(now, reset):
    assert next_month(now) == reset
