"""The words and tones of posts: what dbt counts and Python has to read.

Belongs here: which quarters a run reads and what its page shows. The reading itself lies in
`extractors/texts/`; shares and top lists are dbt's.
"""

from collections.abc import Iterator

import dagster as dg

from extractors.texts import SCHEMAS
from orchestration.assets.transformation import text_key, upstream_keys
from orchestration.partitions import quarter_label, quarterly_partitions
from orchestration.settings import get_settings
from orchestration.steps import read_texts

_DESCRIPTIONS = {
    "post_words": "Each post's words without stop words, as lemmas, with how often they occur.",
    "post_sentiments": "Each post's language and tone, with the model that judged it.",
}


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            text_key(table),
            deps=upstream_keys(dg.AssetKey(["lake", "posts"])),
            group_name="texts",
            kinds={"python", "parquet"},
            owners=["team:data"],
            description=_DESCRIPTIONS[table],
        )
        for table in SCHEMAS
    ],
    name="texts",
    partitions_def=quarterly_partitions,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def texts(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    """Read the texts of the run's quarters; one that has not changed is not read again."""
    report = read_texts(get_settings(), [quarter_label(key) for key in context.partition_keys])
    context.log.info(report.message)
    for table in SCHEMAS:
        yield dg.MaterializeResult(
            asset_key=text_key(table),
            metadata={
                "texts": report.texts,
                "texts_new": report.texts_new,
                "files_changed": report.files_changed,
                "message": report.message,
            },
        )
