"""The resources a run is given. Tests hand in others through `build_defs`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version

from dagster_dbt import DbtCliResource
from packaging.version import Version

from orchestration.assets.transformation import dbt_project
from orchestration.dbt_manifest import TARGET, dbt_executable
from orchestration.settings import get_settings


class QuietDbtCliResource(DbtCliResource):
    """dbt's command line, which asks nobody on the internet and loads dbt once.

    Before every command dagster-dbt runs `dbt --version`, and that asks pypi.org whether there is a
    newer one. The version that is installed is all it wants. It also loads dbt and its adapter a
    second time, in our own process (2 s, 20 MB), for row counts that `warehouse_metadata` reads.
    """

    @cached_property
    def _cli_version(self) -> Version:
        return Version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> None:  # type: ignore[override]
        """Leave it out: without one, dagster-dbt streams the same events and counts no rows."""


def dbt_resource() -> DbtCliResource:
    """Return dbt's command line over our project and profile, for the engine that is configured."""
    settings = get_settings()
    return QuietDbtCliResource(
        project_dir=dbt_project(),  # type: ignore[arg-type]  # as its parent takes it
        target=settings.target,
        dbt_executable=(dbt_executable() if settings.target == TARGET else str(settings.spark_dbt)),
    )
