"""The gate on the real series, built by dbt: no false alarm, and four releases in a row."""

from __future__ import annotations

import shutil

import duckdb
import pytest

from publication.release import current_name, list_releases, verify_release
from tests.support.gates import Waived, judge, release

QUARTERS = ("2025-Q3", "2025-Q4", "2026-Q1", "2026-Q2")
OPENING = Waived(
    "opening",
    "growth_coverage",
    "2025-Q3",
    industry="think_tanks",
    platform="bluesky",
    reason="Nothing was read in the seven days before the quarter.",
    valid_until=None,
)


@pytest.fixture(scope="module")
def data(think_tanks_built, tmp_path_factory):
    """A data directory with the candidate of its own; its views read the shared lake."""
    folder = tmp_path_factory.mktemp("gate_think_tanks")
    shutil.copy(think_tanks_built.warehouse, folder / "warehouse.duckdb")
    return folder


@pytest.fixture(scope="module")
def readable(think_tanks_built):
    home = think_tanks_built.warehouse.parent
    return (home / "lake", home / "derived", home / "registry")


def test_the_first_quarter_is_held_back_for_its_missing_start_and_nothing_else(data, readable):
    result = judge(data, "2025-Q3", readable=readable)
    assert [check.id for check in result.refusing] == ["growth_coverage"]
    assert "growth can be stated for 0 of 49 accounts" in str(result)


def test_four_quarters_pass_and_go_out_in_order(data, readable):
    for quarter in QUARTERS:
        result = judge(data, quarter, readable=readable, waivers=[OPENING])
        assert result.passed, str(result)
        assert result.receipt.restated == {}
        assert [w.id for w in result.receipt.waivers] == (
            ["opening"] if quarter == "2025-Q3" else []
        )
        published = release(data, quarter)
        assert published.release_id == f"{quarter}/r1"
        assert published.is_current
        assert not release(data, quarter).is_new
    releases = data / "releases"
    assert [str(listed.name) for listed in list_releases(releases)] == [
        f"{quarter}/r1" for quarter in QUARTERS
    ]
    assert str(current_name(releases)) == "2026-Q2/r1"
    verify_release(releases)
    path = releases / "current" / "benchmark.duckdb"
    with duckdb.connect(str(path), read_only=True) as connection:
        ask = connection.execute
        sums = ask(
            "select quarter, followers_end_count from marts.benchmark_industry_quarter order by 1"
        ).fetchall()
        # The sums at the last two ends are also what the notes beside the source data say.
        assert sums[2:] == [("2026-Q1", 310_513), ("2026-Q2", 314_501)]
        described = ask(
            "select count(*), count(comment) from duckdb_columns() where schema_name = 'marts'"
        ).fetchone()
        assert described[0] == described[1] > 100
