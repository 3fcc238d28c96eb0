"""Lakes that several integration tests look at: built once a session, and only read after."""

from __future__ import annotations

import duckdb
import pytest

from tests.support.lake_builder import think_tank_lake
from tests.support.posts_world import AS_OF, FIRST_QUARTER, LAST_QUARTER, posts_lake


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


@pytest.fixture(scope="session")
def posts_built(tmp_path_factory):
    """Return the generated lake of posts and questions with its three quarters built."""
    lake = posts_lake(tmp_path_factory.mktemp("posts"))
    lake.build(FIRST_QUARTER, LAST_QUARTER, as_of=AS_OF)
    return lake


@pytest.fixture
def posts_warehouse(posts_built):
    """Return a read-only connection to that lake's candidate."""
    with duckdb.connect(str(posts_built.warehouse), read_only=True) as connection:
        yield connection
