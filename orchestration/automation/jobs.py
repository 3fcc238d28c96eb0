"""The jobs: what a data engineer starts, and what the schedules start."""

import dagster as dg
from dagster_dbt import build_dbt_asset_selection

from orchestration.assets.lateness import taken_today
from orchestration.assets.quality import gate
from orchestration.assets.release import release_key
from orchestration.assets.transformation import dbt_models

_extraction = dg.AssetSelection.groups("extraction")
_registry = dg.AssetSelection.groups("registry")
_texts = dg.AssetSelection.groups("texts")
_models = dg.AssetSelection.groups("staging", "intermediate", "marts")
# Each keeps its closed quarters; every other table is made anew from these.
_closes = build_dbt_asset_selection([dbt_models], "+config.materialized:incremental")
_gate = dg.AssetSelection.checks(*(spec.key for spec in gate.check_specs))
_lateness = dg.AssetSelection.checks(*(spec.key for spec in taken_today.check_specs))
_release = dg.AssetSelection.assets(release_key)

daily_snapshots = dg.define_asset_job(
    "daily_snapshots",
    selection=_extraction - _lateness,
    description="Take today's follower counts and posts of every account. A day not taken is gone.",
)

snapshots_check = dg.define_asset_job(
    "snapshots_check",
    selection=_lateness,
    description="Name every account that nobody has read today. Red while it can still be mended.",
)

preliminary_quarter = dg.define_asset_job(
    "preliminary_quarter",
    selection=_registry | _texts | _models - _gate,
    description="Rebuild the running quarter in the candidate, marked preliminary. Never released.",
)

build_benchmark = dg.define_asset_job(
    "build_benchmark",
    selection=_registry | _texts | _models - _gate,
    description="Build a quarter, or a range of quarters in one run, in the candidate.",
)

close_quarters = dg.define_asset_job(
    "close_quarters",
    selection=(_registry | _texts | _closes).without_checks(),
    description=(
        "Close a quarter, or a range of quarters, in the candidate: only the tables that keep what "
        "was built before. The marts of every closed quarter come with the next build, and so do "
        "the tests. For history that lies years before the quarters to build."
    ),
)

quarterly_benchmark = dg.define_asset_job(
    "quarterly_benchmark",
    selection=_registry | _texts | _models | _gate | _release,
    config={"ops": {"dbt_models": {"config": {"only_if_new": True}}}},
    description=(
        "Build one quarter, let the gate judge it, and publish it if it passes. Where nothing is "
        "new since its release, nothing is built."
    ),
)

publish_quarter = dg.define_asset_job(
    "publish_quarter",
    selection=_gate | _release,
    description="Judge and publish a quarter of the candidate as it stands, without rebuilding it.",
)
