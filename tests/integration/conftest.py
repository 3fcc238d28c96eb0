"""Lakes that several integration tests look at: built once a session, and only read after."""

from __future__ import annotations

import duckdb
import pytest

from tests.support.lake_builder import think_tank_lake


@pytest.fixture(scope="session")
def think_tanks_built(tmp_path_factory):
    """Return the lake of the 49 think tanks with 2025-Q3 to 2026-Q2 built, its dbt tests passed."""
    lake = think_tank_lake(tmp_path_factory.mktemp("think_tanks"))
    lake.build("2025-Q3", "2026-Q2", as_of="2026-08-20")
    return lake


@pytest.fixture
def warehouse(think_tanks_built):
    """Return a read-only connection to that lake's candidate."""
    with duckdb.connect(str(think_tanks_built.warehouse), read_only=True) as connection:
        yield connection
