"""Budgets go on where the last run of their day or month left off."""

from __future__ import annotations

import stat
from datetime import UTC, datetime

import pytest

from extractors.budget import Budget, Ledger, next_midnight
from extractors.errors import QuotaExhausted


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "_raw" / "youtube" / "budget.json")


def a_run(ledger, period, limit=10):
    """Return the budget as a run of that day finds it."""
    return Budget(
        limit=limit,
        words="10 units a day",
        used=ledger.used("units", period),
        record=lambda used: ledger.record("units", period, used),
    )


def test_a_second_run_of_the_day_has_what_the_first_left(ledger):
    a_run(ledger, "2026-11-23").spend(7)
    second = a_run(ledger, "2026-11-23")
    assert second.left == 3
    with pytest.raises(QuotaExhausted, match="the 10 units a day are used up"):
        second.spend(4)
    second.spend(3)
    assert a_run(ledger, "2026-11-23").left == 0


def test_a_new_day_has_all_of_it(ledger):
    a_run(ledger, "2026-11-23").spend(10)
    assert a_run(ledger, "2026-11-24").left == 10


def test_what_is_spent_is_noted_before_the_call_is_made(ledger):
    a_run(ledger, "2026-11-23").spend(4)  # and the run dies before its call
    assert ledger.used("units", "2026-11-23") == 4


async def settled(budget):
    aside = await budget.set_aside(6)
    budget.settle(aside, 2)


def test_what_was_set_aside_and_not_used_is_given_back(ledger):
    import asyncio

    asyncio.run(settled(a_run(ledger, "2026-11")))
    assert ledger.used("units", "2026-11") == 2


def test_two_budgets_of_a_platform_do_not_mix(ledger):
    ledger.record("units", "2026-11-23", 5)
    ledger.record("stats", "2026-11-23", 9)
    assert ledger.used("units", "2026-11-23") == 5
    assert ledger.used("stats", "2026-11-23") == 9
    assert ledger.used("other", "2026-11-23") == 0


def test_a_damaged_ledger_counts_from_nought_and_is_private(ledger, tmp_path):
    ledger.record("units", "2026-11-23", 5)
    path = tmp_path / "_raw" / "youtube" / "budget.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("{ cut off")
    assert ledger.used("units", "2026-11-23") == 0


def test_the_pacific_day_ends_at_its_own_midnight():
    now = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)  # 22:30 on the 23rd in Los Angeles
    assert next_midnight(now, "America/Los_Angeles") == datetime(2026, 11, 24, 8, tzinfo=UTC)
