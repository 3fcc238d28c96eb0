"""The marts' own SQL over figures that somebody printed."""

from __future__ import annotations

import re

import duckdb
import pytest

from tests.support.lake_builder import LakeBuilder


@pytest.fixture(scope="session")
def compiled(tmp_path_factory):
    """Return a function: a model's name -> its compiled SQL, reading from schema main."""
    lake = LakeBuilder(tmp_path_factory.mktemp("compiled"))
    lake.write()
    window = "{from_quarter: 2021-Q1, to_quarter: 2021-Q3, as_of_date: '2022-01-01'}"
    done = lake.dbt("compile", "--vars", window)
    assert done.returncode == 0, done.stdout[-3000:]

    def sql(model):
        [path] = (lake.data_dir / "dbt/target/compiled").rglob(f"{model}.sql")
        text = path.read_text(encoding="utf-8")
        return re.sub(r'"warehouse"\."\w+"\."(\w+)"', r'main."\1"', text)

    return sql


@pytest.fixture
def database():
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection
