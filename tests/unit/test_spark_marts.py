"""Spark's Parquet becomes the candidate's tables, or a sentence that says what is wrong."""

from __future__ import annotations

from datetime import datetime

import duckdb
import pytest

from orchestration.resources import dbt_resource
from orchestration.settings import Settings
from orchestration.spark import SparkFailed, _earlier_kept, _insert


@pytest.fixture
def warehouse(tmp_path):
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.growth (account_id varchar not null, rank bigint, closed_at "
            "timestamp, share_pct double)"
        )
        connection.execute("insert into marts.growth (account_id) values ('from an earlier build')")
    return path


def write(marts, select):
    folder = marts / "growth"
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'Europe/Stockholm'")
        connection.execute(f"copy (select {select}) to '{folder}/part-0.zstd.parquet'")


def test_rows_take_the_candidates_types_and_moments_stay_in_utc(warehouse, tmp_path):
    # Spark's rank is an int, its moments are instants, and its columns come in any order.
    moment = "timestamptz '2026-07-01 00:30:00+02:00' as closed_at"
    write(tmp_path / "marts.db", f"{moment}, 'ö.x' as account_id, 1::int as rank, 0.5 as share_pct")
    assert _insert(warehouse, tmp_path / "marts.db") == {"growth": 1}
    with duckdb.connect(str(warehouse)) as connection:
        [row] = connection.execute("from marts.growth").fetchall()
    assert row == ("ö.x", 1, datetime(2026, 6, 30, 22, 30), 0.5)  # noqa: DTZ001 - stored without


def test_a_table_that_spark_has_not_written_is_named_and_nothing_is_half_filled(
    warehouse, tmp_path
):
    with pytest.raises(SparkFailed, match=r"not written growth.*EFFEKTANALYS_SPARK_WAREHOUSE"):
        _insert(warehouse, tmp_path / "marts.db")
    with duckdb.connect(str(warehouse)) as connection:
        assert connection.execute("select count(*) from marts.growth").fetchone() == (1,)


def test_a_table_of_another_code_is_named_with_its_columns(warehouse, tmp_path):
    write(tmp_path / "marts.db", "'ö.x' as account_id, 1 as rank, null as closed_at, 2 as share")
    with pytest.raises(SparkFailed, match=r"growth has other columns.*: share, share_pct"):
        _insert(warehouse, tmp_path / "marts.db")


def test_the_earlier_candidate_stays_where_bringing_home_fails(tmp_path):
    candidate = tmp_path / "warehouse.duckdb"
    candidate.write_text("earlier")

    def fail_half_way():
        with _earlier_kept(candidate):
            candidate.write_text("half")
            raise SparkFailed("a table is missing")

    with pytest.raises(SparkFailed):
        fail_half_way()
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [(candidate.name, "earlier")]
    with _earlier_kept(candidate):
        candidate.write_text("new")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [(candidate.name, "new")]


def test_dagster_starts_the_dbt_of_the_engine_that_is_configured(tmp_path, monkeypatch):
    spark_dbt = tmp_path / "spark/bin/dbt"
    spark_dbt.parent.mkdir(parents=True)
    spark_dbt.touch(mode=0o755)
    configured = Settings(target="spark", spark_dbt=spark_dbt)
    monkeypatch.setattr("orchestration.resources.get_settings", lambda: configured)
    dbt = dbt_resource()
    assert (dbt.target, dbt.dbt_executable) == ("spark", str(spark_dbt))
    assert configured.spark_warehouse == configured.data_dir / "spark"
