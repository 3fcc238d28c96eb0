"""The resources a run is given. Tests hand in others through `build_defs`."""

from __future__ import annotations

import sys
from pathlib import Path

from dagster_dbt import DbtCliResource

from orchestration.assets.transformation import dbt_project


def dbt_resource() -> DbtCliResource:
    """Return dbt's command line over our project and profile.

    The dbt beside our own interpreter, so that it is the pinned one also where the environment was
    not activated.
    """
    beside = Path(sys.executable).with_name("dbt")
    return DbtCliResource(project_dir=dbt_project(), target="duckdb", dbt_executable=str(beside))
