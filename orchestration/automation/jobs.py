"""The jobs: what a data engineer starts, and what the schedules start."""

import dagster as dg

from orchestration.assets.quality import gate
from orchestration.assets.release import release_key

_extraction = dg.AssetSelection.groups("extraction")
_registry = dg.AssetSelection.groups("registry")
_texts = dg.AssetSelection.groups("texts")
_models = dg.AssetSelection.groups("staging", "intermediate", "marts")
_gate = dg.AssetSelection.checks(*(spec.key for spec in gate.check_specs))
_release = dg.AssetSelection.assets(release_key)

daily_snapshots = dg.define_asset_job(
    "daily_snapshots",
    selection=_extraction,
    description="Take today's follower counts and posts of every account. A day not taken is gone.",
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

quarterly_benchmark = dg.define_asset_job(
    "quarterly_benchmark",
    selection=_registry | _texts | _models | _gate | _release,
    description="Build one quarter, let the gate judge it, and publish it if it passes.",
)

publish_quarter = dg.define_asset_job(
    "publish_quarter",
    selection=_gate | _release,
    description="Judge and publish a quarter of the candidate as it stands, without rebuilding it.",
)
