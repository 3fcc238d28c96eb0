"""The release: what analysts open. Published only with a receipt for exactly these bytes."""

import dagster as dg

from extractors.locks import WarehouseLock
from orchestration.assets.transformation import WAREHOUSE_POOL, dbt_models
from orchestration.partitions import quarter_label, quarterly_partitions
from orchestration.settings import get_settings
from orchestration.steps import publish_quarter
from orchestration.warehouse_metadata import growth_plot, top_list_markdown

release_key = dg.AssetKey(["releases", "benchmark"])


def _marts() -> list[dg.AssetKey]:
    return sorted((key for key in dbt_models.keys if key.path[0] == "marts"), key=str)


@dg.asset(
    key=release_key,
    deps=_marts(),
    group_name="release",
    kinds={"duckdb", "parquet"},
    owners=["team:data"],
    partitions_def=quarterly_partitions,
    backfill_policy=dg.BackfillPolicy.multi_run(1),
    pool=WAREHOUSE_POOL,
)
def benchmark_release(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Freeze the quarter's marts as an immutable release and point `current` at it.

    Refused without a fresh, complete, passing receipt for exactly these tables, also when this
    asset is materialised alone.
    """
    settings = get_settings()
    quarter = quarter_label(context.partition_key)
    with WarehouseLock(settings.warehouse_lock, who="release", run=context.run_id):
        published = publish_quarter(settings, quarter)
    context.log.info(str(published))
    database = published.path / "benchmark.duckdb"
    return dg.MaterializeResult(
        metadata={
            "release": published.release_id,
            "message": published.message,
            "path": dg.MetadataValue.path(str(database)),
            "top_list": dg.MetadataValue.md(top_list_markdown(database, quarter)),
            "growth": dg.MetadataValue.md(growth_plot(database)),
        }
    )
