"""One asset for each platform and stream: `lake/<platform>/<stream>`, a partition a local day.

Belongs here: which days a run asks for and what its page shows. The fetching itself, and the rule
that a past day cannot be asked of an API that only knows today, lie in `extractors/platforms/`.
"""

from datetime import date
from typing import Any

import dagster as dg

from extractors.platforms import ExtractionReport, platforms
from extractors.records import SCHEMAS
from orchestration.assets.transformation import lake_key
from orchestration.partitions import daily_partitions
from orchestration.settings import get_settings
from orchestration.steps import extract_day


def _columns(stream: str) -> dg.TableSchema:
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                field.name,
                str(field.type),
                constraints=dg.TableColumnConstraints(nullable=field.nullable),
            )
            for field in SCHEMAS[stream]
        ]
    )


def _metadata(reports: list[ExtractionReport]) -> dict[str, Any]:
    problems = [problem for report in reports for problem in report.problems]
    return {
        "dagster/row_count": sum(report.rows for report in reports),
        "rows_new": sum(report.rows_new for report in reports),
        "accounts_ok": sum(report.ok for report in reports),
        "accounts_failed": sum(report.failed for report in reports),
        "accounts_not_visible": sum(report.not_visible for report in reports),
        "accounts_left": dg.MetadataValue.md(
            "\n".join(f"- {account}" for r in reports for account in r.left[:100]) or "none"
        ),
        "message": reports[-1].message,
        "problems": dg.MetadataValue.md("\n".join(f"- {p}" for p in problems[:100]) or "none"),
    }


def _refuse_failures(reports: list[ExtractionReport]) -> None:
    """Turn the step red where nobody could be read; single accounts are the gate's business."""
    failed = [report for report in reports if report.is_failure]
    if failed:
        raise dg.Failure(failed[-1].message, metadata=_metadata(failed))


def extraction_asset(platform: str, stream: str) -> dg.AssetsDefinition:
    """Return the daily asset of one platform's stream."""

    @dg.asset(
        key=lake_key(platform, stream),
        group_name="extraction",
        kinds={"python", "parquet"},
        owners=["team:data"],
        tags={"platform": platform},
        partitions_def=daily_partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        metadata={"dagster/column_schema": _columns(stream)},
        description=(
            f"{stream.replace('_', ' ').capitalize()} of every {platform} account in the registry, "
            "one part of the lake a local day. A past day cannot be fetched from an API that only "
            "knows today: use `effektanalys import`."
        ),
    )
    def _asset(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        reports = []
        for day in context.partition_keys:
            report = extract_day(
                get_settings(), platform, stream, date.fromisoformat(day), load_id=context.run_id
            )
            context.log.info(report.message)
            reports.append(report)
        _refuse_failures(reports)
        return dg.MaterializeResult(metadata=_metadata(reports))

    return _asset


def extraction_assets() -> list[dg.AssetsDefinition]:
    """Return the assets of every platform that has a module."""
    return [extraction_asset(p.name, stream) for p in platforms() for stream in p.streams]


class BackfillConfig(dg.Config):
    """Which days to take from a source that can answer for the past."""

    platform: str
    stream: str = "profile_snapshots"
    days: list[str]


@dg.op(description="Take several past days, not necessarily in a row, from a source that has them.")
def backfill_days(context: dg.OpExecutionContext, config: BackfillConfig) -> None:
    """Extract each day and report it as a materialisation of that day's partition."""
    for day in config.days:
        report = extract_day(
            get_settings(),
            config.platform,
            config.stream,
            date.fromisoformat(day),
            load_id=context.run_id,
        )
        context.log.info(report.message)
        _refuse_failures([report])
        context.log_event(
            dg.AssetMaterialization(
                asset_key=lake_key(config.platform, config.stream),
                partition=day,
                metadata=_metadata([report]),
            )
        )


@dg.job(
    description=(
        "Take a list of past days in one run, from a source that can answer for them: owners' "
        "daily insights, Wikidata, the replayed sandbox. Every other source refuses."
    )
)
def backfill_snapshots() -> None:
    """One run, many days with gaps between them; a partition range would fill the gaps."""
    backfill_days()
