"""The resources a run is given. Tests hand in others through `build_defs`."""

from __future__ import annotations

from dagster_dbt import DbtCliResource

from orchestration.assets.transformation import dbt_project
from orchestration.dbt_manifest import dbt_executable


def dbt_resource() -> DbtCliResource:
    """Return dbt's command line over our project and profile."""
    project = dbt_project()
    return DbtCliResource(project_dir=project, target="duckdb", dbt_executable=dbt_executable())
