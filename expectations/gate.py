"""The gate: judges one quarter of the candidate and writes the receipt that a release needs.

Belongs here: the order of things. What is checked is in `required_checks.yaml` and `suites/`, how a
check is carried out in `evaluation.py`. Nothing here knows Dagster.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from expectations.digest import digest_tables
from expectations.evaluation import Batch, CheckResult, errored, evaluate, read_batch
from expectations.preparation import (
    prepare,
    prepare_closed_quarters,
    prepare_tables,
    quarter_days,
    shift_quarter,
)
from expectations.receipt import CheckRecord, Receipt, WaiverRecord, versions_in_use
from expectations.released import ReleasedParts, released_tables
from expectations.report import write_report
from expectations.required_checks import Configuration, load_configuration
from expectations.suites import load_suites
from expectations.waivers import WaiverBook
from expectations.warehouse import open_read_only
from extractors.locks import WarehouseLock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date, datetime
    from pathlib import Path

    import duckdb

    from expectations.digest import Digests
    from expectations.judge import Judge
    from expectations.waivers import Waiver

__all__ = ["CheckResult", "GateResult", "run_gate"]

RECEIPT_NAME = "receipt.json"
REPORT_NAME = "report.html"
RESTATEMENT_CHECK = "closed_quarters_unchanged"


@dataclass(frozen=True, slots=True)
class GateResult:
    """What the gate found.

    Attributes:
        quarter: The quarter that was judged.
        checks: One result for each required check, in the order of the list.
        receipt: What was written to `receipt_path`.
        receipt_path: Where publication finds it.
        report_path: The same for people.
    """

    quarter: str
    checks: tuple[CheckResult, ...]
    receipt: Receipt
    receipt_path: Path
    report_path: Path

    @property
    def passed(self) -> bool:
        """Whether a release may go out on this."""
        return not self.refusing

    @property
    def refusing(self) -> tuple[CheckResult, ...]:
        """The checks that refuse the release."""
        return tuple(c for c in self.checks if not c.passed and c.severity == "error")

    @property
    def warnings(self) -> tuple[CheckResult, ...]:
        """The failing checks that let the release out all the same."""
        return tuple(c for c in self.checks if not c.passed and c.severity == "warn")

    def __str__(self) -> str:
        good = sum(check.passed for check in self.checks)
        lines = [f"{self.quarter}: {good} of {len(self.checks)} checks passed"]
        lines += [f"  refused  {c.table}.{c.id}: {c.message}" for c in self.refusing]
        lines += [f"  warning  {c.table}.{c.id}: {c.message}" for c in self.warnings]
        lines += [f"  waived   {c.table}.{c.id}: {c.message}" for c in self.checks if c.waived_by]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class _Restatement:
    """A restatement that whoever called the gate answers for: a waiver for this run only."""

    quarter: str
    reason: str
    valid_until: date
    id: str = "allow_restatement"
    check: str = RESTATEMENT_CHECK
    industry: str | None = None
    platform: str | None = None
    account: str | None = None
    granted_by: str = "whoever ran the gate"


@dataclass(frozen=True, slots=True)
class _Examined:
    batches: list[Batch]
    digests: Digests
    is_preliminary: bool


def run_gate(
    *,
    warehouse: Path,
    quarter: str,
    releases: Path,
    waivers: Iterable[Waiver],
    registry_fingerprint: str,
    lake_fingerprint: str,
    output: Path,
    timezone: str,
    now: datetime,
    code_version: str | None = None,
    allow_restatement: str | None = None,
    readable: Sequence[Path] | None = None,
    configuration: Configuration | None = None,
    make_judge: Callable[[], Judge] | None = None,
) -> GateResult:
    """Judge a quarter of the candidate; write its receipt and its report, passed or not.

    Args:
        warehouse: The candidate. Opened read-only, closed before Great Expectations is imported.
        quarter: The quarter to judge, e.g. `2026-Q2`.
        releases: The folder of releases; only their manifests are read.
        waivers: The registry's waivers, all of them.
        registry_fingerprint: Of the registry that the candidate was built with.
        lake_fingerprint: Of the quarter's part of the lake.
        output: Folder for `receipt.json` and `report.html`.
        timezone: IANA zone of the calendar days.
        now: The moment, aware; decides which waivers have run out.
        code_version: Revision of the code, if known.
        allow_restatement: Why earlier quarters may differ from what was released of them.
        readable: Folders that the candidate's staging views read; by default `lake`, `derived` and
            `registry` beside the candidate.
        configuration: The required checks; by default those in force.
        make_judge: Builds what judges the batches; by default Great Expectations.

    Raises:
        WarehouseUnreadable: when the candidate cannot be opened.
        WarehouseBusy: when somebody writes it for too long.
        ConfigurationError: when the suites and the list of required checks differ.
        ValueError: when `quarter` is not one.
    """
    quarter_days(quarter)
    configuration = configuration or load_configuration()
    receipt_path = output / RECEIPT_NAME
    today = now.astimezone(ZoneInfo(timezone)).date()
    known: list[Waiver] = list(waivers)
    if allow_restatement:
        known.append(_Restatement(quarter, allow_restatement, today + timedelta(days=1)))
    book = WaiverBook.open(known, quarter=quarter, today=today)
    beside = ("lake", "derived", "registry")
    folders = readable or tuple(warehouse.parent / name for name in beside)
    with WarehouseLock(warehouse.with_suffix(".lock"), who="gate", run=quarter):
        # A receipt from before must not outlive a gate that dies half-way; one that only waits
        # takes nothing from the release it waits for.
        receipt_path.unlink(missing_ok=True)
        examined = _examine(
            warehouse, quarter, releases, configuration, book, readable=folders, timezone=timezone
        )
    checks = _judge(examined.batches, make_judge)
    receipt = Receipt(
        quarter=quarter,
        created_at=now,
        timezone=timezone,
        is_preliminary=examined.is_preliminary,
        digests=examined.digests,
        checks=[_record(check) for check in checks],
        configuration=configuration.fingerprint(),
        inputs={"lake": lake_fingerprint, "registry": registry_fingerprint},
        waivers=_waiver_records(checks),
        restated=_restated(checks, book),
        versions=versions_in_use(code_version),
    )
    result = GateResult(quarter, checks, receipt, receipt_path, output / REPORT_NAME)
    write_report(result, result.report_path)
    receipt.write(receipt_path)
    return result


def _examine(
    warehouse: Path,
    quarter: str,
    releases: Path,
    configuration: Configuration,
    book: WaiverBook,
    *,
    readable: Sequence[Path],
    timezone: str,
) -> _Examined:
    """Read everything that is needed of the candidate, then close it."""
    suites = load_suites(configuration)
    first, last = quarter_days(quarter)
    context: dict[str, Any] = {
        "quarter": quarter,
        "previous": shift_quarter(quarter, -1),
        "year_ago": shift_quarter(quarter, -4),
        "first_day": first,
        "last_day": last,
        "timezone": timezone,
    }
    with open_read_only(warehouse, readable=readable) as connection:
        found = _marts(connection)
        digests = digest_tables(
            connection, [name for name in found if name in configuration.tables], up_to=quarter
        )
        problem = _prepare(
            connection,
            quarter,
            configuration=configuration,
            digests=digests,
            found=found,
            releases=releases,
            timezone=timezone,
        )
        batches = [
            read_batch(
                connection,
                required,
                suites[required.id],
                context,
                book=book,
                row_cap=configuration.row_cap,
            )
            for required in configuration.checks
        ]
        preliminary = _is_preliminary(connection, quarter, found)
    if problem:
        batches = [
            Batch(b.required, b.check, problem=f"{b.problem} (after: {problem})")
            if b.problem
            else b
            for b in batches
        ]
    return _Examined(batches, digests, preliminary)


def _marts(connection: duckdb.DuckDBPyConnection) -> list[str]:
    query = (
        "select table_name from duckdb_tables() where schema_name = 'marts' "
        "and database_name = current_database() order by table_name"
    )
    return [str(name) for (name,) in connection.execute(query).fetchall()]


def _prepare(
    connection: duckdb.DuckDBPyConnection,
    quarter: str,
    *,
    configuration: Configuration,
    digests: Digests,
    found: list[str],
    releases: Path,
    timezone: str,
) -> str | None:
    """Lay out what several checks share; what fails is told by the checks that miss it."""
    problem = None
    steps: tuple[Callable[[], None], ...] = (
        lambda: prepare_tables(connection, configuration.tables, found),
        lambda: prepare_closed_quarters(
            connection, quarter, digests, ReleasedParts.from_releases(released_tables(releases))
        ),
        lambda: prepare(connection, quarter, timezone),
    )
    for step in steps:
        try:
            step()
        except Exception as error:  # noqa: BLE001 - kept, and told by every check that needs it
            problem = problem or f"{type(error).__name__}: {error}".splitlines()[0]
    return problem


def _is_preliminary(connection: duckdb.DuckDBPyConnection, quarter: str, found: list[str]) -> bool:
    if "dim_quarter" not in found:
        return True
    query = "select bool_or(is_preliminary) from marts.dim_quarter where quarter = ?"
    row = connection.execute(query, [quarter]).fetchone()
    return row is None or row[0] is not False


def _judge(batches: list[Batch], make_judge: Callable[[], Judge] | None) -> tuple[CheckResult, ...]:
    try:
        judge = (make_judge or _great_expectations)()
    except Exception as error:  # noqa: BLE001 - without a judge every check is unanswered
        problem = f"Great Expectations does not start: {type(error).__name__}: {error}"
        return tuple(errored(batch.required, problem) for batch in batches)
    return tuple(evaluate(batch, judge) for batch in batches)


def _great_expectations() -> Judge:
    from expectations.judge import Judge

    return Judge()


def _record(check: CheckResult) -> CheckRecord:
    return CheckRecord(
        id=check.id,
        table=check.table,
        severity="error" if check.severity == "error" else "warn",
        outcome=check.outcome,
        message=check.message,
        failing_count=check.failing_count,
        waived_count=check.waived_count,
        waived_by=check.waived_by,
        observed=check.observed,
    )


def _waiver_records(checks: Iterable[CheckResult]) -> list[WaiverRecord]:
    applied = {waiver.id: waiver for check in checks for waiver in check.waivers}
    return [
        WaiverRecord(
            id=waiver.id,
            check=waiver.check,
            quarter=waiver.quarter,
            industry=waiver.industry,
            platform=waiver.platform,
            account=waiver.account,
            reason=waiver.reason,
            granted_by=waiver.granted_by,
            valid_until=waiver.valid_until,
        )
        for waiver in applied.values()
    ]


def _restated(checks: Iterable[CheckResult], book: WaiverBook) -> dict[str, str]:
    """Name the earlier quarters that go out changed, each with the reason that was given."""
    restated: dict[str, str] = {}
    for check in checks:
        if check.id == RESTATEMENT_CHECK and check.passed:
            for row in check.waived_rows:
                waiver = book.lifting(check.id, row)
                if waiver is not None:
                    restated[str(row["closed_quarter"])] = waiver.reason
    return restated
