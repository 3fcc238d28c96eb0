"""The one Definitions of the code location: a table of contents of the house."""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

from orchestration.assets.extraction import backfill_snapshots, extraction_assets
from orchestration.assets.lateness import taken_today
from orchestration.assets.quality import gate
from orchestration.assets.registry import registry_tables
from orchestration.assets.release import benchmark_release
from orchestration.assets.retention import raw_archive
from orchestration.assets.texts import texts
from orchestration.assets.transformation import dbt_models
from orchestration.automation.jobs import (
    build_benchmark,
    close_quarters,
    daily_snapshots,
    preliminary_quarter,
    publish_quarter,
    quarterly_benchmark,
    snapshots_check,
)
from orchestration.automation.schedules import (
    daily_snapshots_schedule,
    quarterly_benchmark_schedule,
    snapshots_check_schedule,
)
from orchestration.automation.sensors import failure_sensor, refresh_preliminary_sensor
from orchestration.resources import dbt_resource


def build_defs(resources: Mapping[str, object] | None = None) -> dg.Definitions:
    """Return the definitions; `resources` replaces ours by name, for tests."""
    return dg.Definitions(
        assets=[
            registry_tables,
            *extraction_assets(),
            raw_archive,
            texts,
            dbt_models,
            benchmark_release,
        ],
        asset_checks=[gate, taken_today],
        jobs=[
            daily_snapshots,
            backfill_snapshots,
            build_benchmark,
            close_quarters,
            preliminary_quarter,
            quarterly_benchmark,
            publish_quarter,
            snapshots_check,
        ],
        schedules=[
            daily_snapshots_schedule,
            quarterly_benchmark_schedule,
            snapshots_check_schedule,
        ],
        sensors=[refresh_preliminary_sensor, failure_sensor],
        resources={"dbt": dbt_resource(), **(resources or {})},
        # One process a run: starting one a step costs 10 s each, and DuckDB has a single writer.
        executor=dg.in_process_executor,
    )


defs = build_defs()
