"""The archive of platforms' answers, kept no longer than each platform's terms allow.

Belongs here: when answers are forgotten and what the page shows of it. How long each platform's
may be kept is a fact of its module in `extractors/platforms/`.
"""

import dagster as dg

from orchestration.partitions import daily_partitions
from orchestration.settings import get_settings
from orchestration.steps import purge_raw


@dg.asset(
    group_name="extraction",
    kinds={"python"},
    owners=["team:data"],
    partitions_def=daily_partitions,
    backfill_policy=dg.BackfillPolicy.single_run(),
    description=(
        "What the platforms answered, word by word but for what must not be stored. Each run "
        "deletes the answers that are older than the platform's terms allow, counted from today; "
        "records stay. While answers are kept, `effektanalys reparse` rebuilds records from them."
    ),
)
def raw_archive(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Forget what is due, whether or not anything could be fetched today."""
    purged = purge_raw(get_settings())
    for platform in purged:
        context.log.info(str(platform))
    rows = [f"| {p.title} | {p.files} | {p.keep_days} | {p.oldest_day or 'none'} |" for p in purged]
    head = ["| platform | files removed | days kept | oldest kept |", "|---|--:|--:|---|"]
    return dg.MaterializeResult(
        metadata={
            "files_removed": sum(p.files for p in purged),
            "by_platform": dg.MetadataValue.md("\n".join(head + rows)),
        }
    )
