"""Sixty seeded corruptions of a good candidate that dbt built: the gate stops them."""

from __future__ import annotations

import shutil

import duckdb
import pytest

from publication import build
from tests.support.corruptions import Corrupter
from tests.support.gates import PlainJudge, alter, judge, release
from tests.support.posts_world import LAST_QUARTER

# Fixed before anybody looked at what it draws.
SEED, COUNT, LEAST_STOPPED = 20260630, 60, 58
EARLIER_QUARTERS = ("2025-Q4", "2026-Q1")
STEPS = tuple(
    step for step in build.STEPS if step.__name__ not in ("write_exports", "write_report")
)
EXPLAINED: dict[str, str] = {}
"""What may go through: the corruption's words, and why the gate cannot know."""


@pytest.fixture(scope="module")
def good(posts_built, tmp_path_factory):
    """A data directory whose earlier quarters are released; what was staged is laid in as tables.

    The staged rows are the same for every corruption, so the files are read once.
    """
    folder = tmp_path_factory.mktemp("mutations")
    warehouse = folder / "warehouse.duckdb"
    shutil.copy(posts_built.warehouse, warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        views = connection.execute(
            "select view_name from duckdb_views() where schema_name = 'staging'"
        ).fetchall()
        for (view,) in views:
            connection.execute(f"create table staging.laid as select * from staging.{view}")
            connection.execute(f"drop view staging.{view}")
            connection.execute(f"alter table staging.laid rename to {view}")
    for quarter in EARLIER_QUARTERS:
        result = judge(folder, quarter, make_judge=PlainJudge)
        assert result.passed, str(result)
        release(folder, quarter, steps=STEPS)
    shutil.copy(warehouse, folder / "good.duckdb")
    return folder


def test_the_gate_raises_no_alarm_about_the_good_candidate(good):
    shutil.copy(good / "good.duckdb", good / "warehouse.duckdb")
    result = judge(good, LAST_QUARTER, make_judge=PlainJudge)
    assert result.passed, str(result)
    assert not result.warnings, str(result)


def test_corruptions_are_stopped(good):
    with duckdb.connect(str(good / "good.duckdb"), read_only=True) as connection:
        corruptions = Corrupter(connection, LAST_QUARTER, SEED).draw(COUNT)
    missed = []
    for corruption in corruptions:
        shutil.copy(good / "good.duckdb", good / "warehouse.duckdb")
        alter(good, *corruption.statements)
        result = judge(good, LAST_QUARTER, make_judge=PlainJudge)
        unable = [check.id for check in result.checks if check.outcome == "errored"]
        assert not unable, f"{corruption.words}: {', '.join(unable)} could not run"
        if result.passed:
            missed.append(corruption.words)
    assert len(corruptions) - len(missed) >= LEAST_STOPPED, "\n".join(missed)
    assert set(missed) <= EXPLAINED.keys(), "\n".join(missed)
