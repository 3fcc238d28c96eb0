"""The dbt models as assets: staging, closes and marts of one quarter or a range of quarters.

Belongs here: how dbt's graph becomes Dagster's, and how a partition becomes dbt's window.
Does not belong here: any SQL, any metric.
"""

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import dagster as dg
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtCliInvocation,
    DbtCliResource,
    DbtProject,
    dbt_assets,
)
from dagster_dbt.errors import DagsterDbtCliRuntimeError
from pydantic import Field

from extractors.locks import WarehouseLock
from extractors.platforms import platforms
from orchestration import spark
from orchestration.dbt_manifest import DBT_PROJECT_DIR, TARGET, ensure_manifest
from orchestration.partitions import quarter_label, quarterly_partitions, today
from orchestration.settings import Settings, get_settings
from orchestration.steps import compact_lake, standing_release
from orchestration.warehouse_metadata import relation_metadata

WAREHOUSE_POOL = "warehouse"
"""Everything that opens the candidate is in this pool of one: DuckDB has a single writer."""

REGISTRY_TABLES = dg.AssetKey(["registry", "tables"])


def lake_key(platform: str, stream: str) -> dg.AssetKey:
    """Return the asset key of one platform's stream in the lake."""
    return dg.AssetKey(["lake", platform, stream])


def text_key(table: str) -> dg.AssetKey:
    """Return the asset key of a table that is read out of the lake's texts."""
    return dg.AssetKey(["texts", table])


class Translator(DagsterDbtTranslator):
    """Name assets after schema and table, and wire dbt's sources to the extraction assets.

    A dbt source is one table per stream; in Dagster each platform's stream is an asset of its own,
    so that one platform can fail, be late or be backfilled alone. A model that reads the stream
    depends on all of them.
    """

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_asset_checks=True))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Return `[schema, name]`, e.g. `marts/follower_growth`."""
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey([dbt_resource_props["source_name"], dbt_resource_props["name"]])
        schema = dbt_resource_props["config"].get("schema") or dbt_resource_props["schema"]
        return dg.AssetKey([schema, dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Return the layer, so that the collapsed graph reads as the flow."""
        schema: str = dbt_resource_props["config"].get("schema") or dbt_resource_props["schema"]
        return schema

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """Return the prose only: the SQL is one click away and would hide it."""
        return str(dbt_resource_props.get("description") or "")

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """Return the team that answers for the models."""
        return list(super().get_owners(dbt_resource_props) or ["team:data"])

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        """Return the default spec with each dependency on a source replaced by its assets."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        if not unique_id.startswith(("model.", "seed.")):
            return spec
        keys: list[dg.AssetKey] = []
        for dep in spec.deps:
            keys.extend(upstream_keys(dep.asset_key))
        return spec.replace_attributes(deps=list(dict.fromkeys(keys)))


def upstream_keys(key: dg.AssetKey) -> list[dg.AssetKey]:
    """Return the assets that stand behind one dbt dependency."""
    source, name = key.path[0], key.path[-1]
    if source == "lake":
        return [lake_key(p.name, name) for p in platforms() if name in p.streams]
    if source == "registry":
        return [REGISTRY_TABLES]
    if source == "derived":
        return [text_key(name)]
    return [key]


def dbt_project() -> DbtProject:
    """Return the dbt project with its absolute folders."""
    settings = get_settings()
    return DbtProject(
        project_dir=DBT_PROJECT_DIR,
        profiles_dir=DBT_PROJECT_DIR,
        target_path=settings.dbt_dir / "target",
        target=TARGET,
    )


BUILD = ("build", "--exclude-resource-type", "unit_test")
"""Unit tests of models belong to `make test`."""


@contextmanager
def build_environment(first_key: str, last_key: str) -> Iterator[dict[str, str]]:
    """Tell dbt the window of a range of quarterly partition keys, for as long as it is started.

    In its environment and not as `--vars`: other vars than last time make dbt parse the whole
    project anew (5 s). `as_of_date` is today's local date: a quarter is final once the 9th of the
    month after it has run, and preliminary until then.
    """
    window = {
        "EFFEKTANALYS_FROM_QUARTER": quarter_label(first_key),
        "EFFEKTANALYS_TO_QUARTER": quarter_label(last_key),
        "EFFEKTANALYS_AS_OF_DATE": today().isoformat(),
        # Every statement in the log costs a tenth of the build; the SQL is in target/, too.
        "DBT_LOG_LEVEL_FILE": "info",
    }
    before = dict(os.environ)
    os.environ |= window
    try:
        yield window
    finally:
        for name in window:
            os.environ.pop(name)
            if name in before:
                os.environ[name] = before[name]


class Building(dg.Config):
    """How the models are built; to be changed in the launchpad."""

    only_if_new: bool = Field(
        default=False,
        description="Build nothing where the quarters' releases already hold all that the lake, "
        "the registry and the code would give. The gate and the release are skipped, too.",
    )


@dbt_assets(
    manifest=ensure_manifest(get_settings()),
    project=dbt_project(),
    name="dbt_models",
    partitions_def=quarterly_partitions,
    backfill_policy=dg.BackfillPolicy.single_run(),
    dagster_dbt_translator=Translator(),
    exclude="resource_type:unit_test",
    pool=WAREHOUSE_POOL,
)
def dbt_models(
    context: dg.AssetExecutionContext, dbt: DbtCliResource, config: Building
) -> Iterator[Any]:
    """Build the candidate's staging, closes and marts for the run's quarters."""
    window = context.partition_key_range
    settings = get_settings()
    with WarehouseLock(settings.warehouse_lock, who="dbt build", run=context.run_id):
        if config.only_if_new:
            quarters = [quarter_label(key) for key in context.partition_keys]
            standing = [standing_release(settings, quarter) for quarter in quarters]
            if all(standing):
                context.log.info(
                    "Nothing is new since %s: not built again. To build all the same, set "
                    "only_if_new to false in the launchpad.",
                    ", ".join(map(str, standing)),
                )
                return
        _compact(context, settings)
        with build_environment(window.start, window.end) as told:
            context.log.info("dbt builds %s", ", ".join(f"{k}={v}" for k, v in told.items()))
            command = BUILD if settings.target == TARGET else spark.BUILD
            events, failure = _events(dbt.cli(command, context=context))
            if failure is None and settings.target != TARGET:
                failure = _bring_home(context, settings)
    metadata = relation_metadata(settings.warehouse) if settings.warehouse.exists() else {}
    for event in events:
        key = getattr(event, "asset_key", None) or _output_key(event)
        facts = metadata.get(tuple(key.path)) if key else None
        if isinstance(event, dg.Output) and facts:
            yield event.with_metadata({**event.metadata, **facts})
        else:
            yield event
    if failure is not None:
        raise failure


def _compact(context: dg.AssetExecutionContext, settings: Settings) -> None:
    done = compact_lake(settings)
    if done.written:
        context.log.info("Compacted in the lake: %s.", "; ".join(done.written))
    for quarter in done.left:
        context.log.warning("Not compacted, its parts are read instead: %s.", quarter)


def has_every_mart(selected: Collection[dg.AssetKey]) -> bool:
    """Whether a run builds all that a release consists of."""
    return all(key in selected for key in dbt_models.keys if key.path[0] == "marts")


def _bring_home(context: dg.AssetExecutionContext, settings: Settings) -> spark.SparkFailed | None:
    """Return what went wrong, so that what Spark has built is shown before it is raised."""
    if not has_every_mart(context.selected_asset_keys):
        context.log.info("Not every mart was built on Spark, so the candidate stays as it is.")
        return None
    try:
        counted = spark.bring_home(settings)
    except spark.SparkFailed as error:
        return error
    context.log.info("Spark's marts are the candidate: %s rows.", sum(counted.values()))
    return None


def _events(
    invocation: DbtCliInvocation,
) -> tuple[list[object], Exception | None]:
    """Return what dbt did, and its failure: what was built and tested before it is shown, too.

    All of it is held back until dbt has let go of the file: rows are counted once, at the end.
    """
    events: list[object] = []
    try:
        for event in invocation.stream():
            events.append(event)  # noqa: PERF402 - what came before a failure is kept
    except DagsterDbtCliRuntimeError as error:
        return events, error
    return events, None


def _output_key(event: object) -> dg.AssetKey | None:
    name = getattr(event, "output_name", None)
    return dg.AssetKey(name.split("__", 1)) if name and "__" in name else None
