"""The gate as blocking asset checks on the published tables.

Dagster's blocking is what people see. What protects the release is the receipt that the gate
writes and that publication demands, wherever it is started from.
"""

import warnings
from collections.abc import Iterator

import dagster as dg

from expectations.required_checks import required_checks
from extractors.locks import WarehouseLock
from orchestration.assets.transformation import WAREHOUSE_POOL
from orchestration.partitions import quarter_label, quarterly_partitions
from orchestration.settings import get_settings
from orchestration.steps import judge_quarter

with warnings.catch_warnings():
    # Partitioned checks are a preview in Dagster 1.13. They only show; the receipt decides.
    warnings.simplefilter("ignore", dg.PreviewWarning)
    _SPECS = [
        dg.AssetCheckSpec(
            name=check.id,
            asset=dg.AssetKey(["marts", check.table]),
            blocking=check.severity == "error",
            description=check.meaning,
            partitions_def=quarterly_partitions,
        )
        for check in required_checks()
    ]


@dg.multi_asset_check(specs=_SPECS, name="gate", pool=WAREHOUSE_POOL)
def gate(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
    """Judge the quarter's candidate and write the receipt that publication demands."""
    settings = get_settings()
    quarter = quarter_label(context.op_execution_context.partition_key)
    with WarehouseLock(
        settings.warehouse_lock, who="gate", run=context.op_execution_context.run_id
    ):
        result = judge_quarter(settings, quarter)
    for check in result.refusing:
        # On the run's page the failure names the checks only; this names the rows.
        context.log.error("%s refuses %s: %s", check.id, quarter, check.message)
    for check in result.checks:
        yield dg.AssetCheckResult(
            asset_key=dg.AssetKey(["marts", check.table]),
            check_name=check.id,
            passed=check.passed,
            severity=_severity(check.severity),
            description=check.message,
            metadata={
                "quarter": quarter,
                "failing_count": check.failing_count,
                "failing_rows": dg.MetadataValue.md(_markdown(check.failing_rows)),
                "waived_by": ", ".join(check.waived_by) or "none",
                "gate_report": dg.MetadataValue.path(
                    str(settings.gate_dir / quarter / "report.html")
                ),
            },
        )


def _severity(severity: str) -> dg.AssetCheckSeverity:
    return dg.AssetCheckSeverity.ERROR if severity == "error" else dg.AssetCheckSeverity.WARN


def _markdown(rows: list[dict[str, object]]) -> str:
    if not rows:
        return "none"
    header = list(rows[0])
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(str(row.get(name, "")) for name in header) + " |" for row in rows]
    return "\n".join(lines)
