"""From a check to its result: read the batch, name failing rows, lift the waived, judge the rest.

Belongs here: how one check is carried out. Reading needs the candidate, judging needs Great
Expectations; they are apart so that the candidate is closed before the second is imported.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from expectations.check import Expectation
from expectations.warehouse import identifier, rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb
    import pandas as pd

    from expectations.check import Check
    from expectations.judge import Judge
    from expectations.receipt import Outcome
    from expectations.required_checks import RequiredCheck
    from expectations.waivers import Waiver, WaiverBook

SHOWN_ROWS = 50
"""Failing rows that a result carries; the count is always whole."""
_SHOWN_REASONS = 3
_PARAMETER = re.compile(r"\$(\w+)")


class BatchTooLarge(RuntimeError):
    """A batch has more rows than Great Expectations may read into memory."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What was read of the candidate for one check; `problem` when it could not be read."""

    required: RequiredCheck
    check: Check
    frame: pd.DataFrame | None = None
    failing: list[dict[str, Any]] = field(default_factory=list)
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How one required check came out.

    Attributes:
        id: The check.
        table: The published table it hangs on.
        passed: True also when every failing row is waived.
        severity: `error` refuses the release, `warn` does not. A check that could not run counts as
            `error` whatever it was declared.
        waived_by: Ids of the waivers that lifted a row.
        message: What was found, in words.
        failing_rows: Rows that fail and are not waived, at most 50, each with its `reason`.
        failing_count: How many there are.
        waived_rows: Rows that fail but are waived, all of them: a person answers for each.
        waived_count: How many there are.
        observed: Rows judged, and the range of the check's measure.
        outcome: `passed`, `failed`, or `errored` when the check could not run.
        meaning: What the check demands, in one sentence.
    """

    id: str
    table: str
    passed: bool
    severity: str
    waived_by: list[str]
    message: str
    failing_rows: list[dict[str, object]]
    failing_count: int
    waived_rows: list[dict[str, object]]
    waived_count: int
    observed: dict[str, float | int | str | None]
    outcome: Outcome
    meaning: str
    waivers: tuple[Waiver, ...] = ()


def read_batch(
    connection: duckdb.DuckDBPyConnection,
    required: RequiredCheck,
    check: Check,
    context: Mapping[str, object],
    *,
    row_cap: int,
) -> Batch:
    """Read one check's batch and its failing rows; what goes wrong becomes its `problem`."""
    try:
        return _read(connection, required, check, context, row_cap)
    except Exception as error:  # noqa: BLE001 - a check that cannot run is a result, not a crash
        return Batch(required, check, problem=f"{type(error).__name__}: {error}".splitlines()[0])


def _read(
    connection: duckdb.DuckDBPyConnection,
    required: RequiredCheck,
    check: Check,
    context: Mapping[str, object],
    row_cap: int,
) -> Batch:
    table = identifier(f"gate_batch_{check.id}")
    parameters = {**context, **required.parameters}
    # The reason is computed in its own statement, for failing rows only.
    _run(
        connection,
        f"create temporary table {table} as select *, coalesce(({check.failing}), false) as "  # noqa: S608 - our own suites
        f"gate_fails from ({check.batch}) as batch limit {row_cap + 1}",
        parameters,
    )
    count = (connection.execute(f"select count(*) from {table}").fetchone() or (0,))[0]  # noqa: S608
    if count > row_cap:
        raise BatchTooLarge(
            f"the batch of {check.id} has more than {row_cap:,} rows; aggregate it in SQL"
        )
    frame = connection.execute(
        f"select * exclude (gate_fails) from {table} order by rowid"  # noqa: S608
    ).df()
    failing = rows(
        connection,
        f"select rowid as gate_row, * exclude (gate_fails), {check.reason} as reason "  # noqa: S608
        f"from {table} where gate_fails order by rowid",
    )
    connection.execute(f"drop table {table}")
    return Batch(required, check, frame, failing)


def _run(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, object]
) -> None:
    used = {name: parameters[name] for name in _PARAMETER.findall(query)}
    connection.execute(query, used)


def evaluate(batch: Batch, judge: Judge, book: WaiverBook) -> CheckResult:
    """Lift the waived rows, judge the rest twice, and say what was found."""
    if batch.problem is None:
        try:
            return _evaluate(batch, judge, book)
        except Exception as error:  # noqa: BLE001 - see read_batch
            return errored(batch.required, f"{type(error).__name__}: {error}".splitlines()[0])
    return errored(batch.required, batch.problem)


def _evaluate(batch: Batch, judge: Judge, book: WaiverBook) -> CheckResult:
    required, check, frame = batch.required, batch.check, batch.frame
    if frame is None:
        return errored(required, "the batch was not read")
    waived: list[tuple[dict[str, Any], Waiver]] = []
    refused: list[dict[str, Any]] = []
    for row in batch.failing:
        waiver = book.lifting(check.id, row)
        if waiver is None:
            refused.append(row)
        else:
            waived.append((row, waiver))
    judged = frame.drop(index=[row["gate_row"] for row, _ in waived])
    accepted = judge.accepts(
        f"{required.table}.{check.id}",
        judged,
        _expectations(check, required, minimum_rows=max(0, check.minimum_rows - len(waived))),
    )
    enough = len(frame) >= check.minimum_rows
    if accepted != (enough and not refused):
        return errored(
            required,
            "its SQL and its expectations disagree: the check itself must be mended "
            f"(SQL: {len(refused)} failing; Great Expectations: "
            f"{'passes' if accepted else 'fails'})",
        )
    if not enough:
        refused = [{"reason": f"{required.table} has nothing to judge for this quarter"}]
    waivers = tuple({waiver.id: waiver for _, waiver in waived}.values())
    return CheckResult(
        id=check.id,
        table=required.table,
        passed=not refused,
        severity=required.severity,
        waived_by=[waiver.id for waiver in waivers],
        message=_message(len(frame), refused, waived, book, check.id),
        failing_rows=[_plain(row) for row in refused[:SHOWN_ROWS]],
        failing_count=len(refused),
        waived_rows=[_plain(row) for row, _ in waived],
        waived_count=len(waived),
        observed=_observed(frame, check.measure),
        outcome="failed" if refused else "passed",
        meaning=required.meaning,
        waivers=waivers,
    )


def errored(required: RequiredCheck, problem: str) -> CheckResult:
    """Return the result of a check that could not run: as good as failed."""
    return CheckResult(
        id=required.id,
        table=required.table,
        passed=False,
        severity="error",
        waived_by=[],
        message=f"The check could not run: {problem}",
        failing_rows=[],
        failing_count=0,
        waived_rows=[],
        waived_count=0,
        observed={},
        outcome="errored",
        meaning=required.meaning,
    )


def _expectations(check: Check, required: RequiredCheck, *, minimum_rows: int) -> list[Expectation]:
    demanded = list(check.expectations(required.parameters))
    if not demanded:
        # The row count alone must not make an empty suite look like one.
        return []
    rows_wanted = {"min_value": minimum_rows, "max_value": None}
    return [*demanded, Expectation("ExpectTableRowCountToBeBetween", rows_wanted)]


def _message(
    judged: int,
    refused: list[dict[str, Any]],
    waived: list[tuple[dict[str, Any], Waiver]],
    book: WaiverBook,
    check: str,
) -> str:
    parts = []
    if refused:
        reasons = [str(row["reason"]) for row in refused[:_SHOWN_REASONS]]
        more = len(refused) - len(reasons)
        counted = f"{len(refused)} of {judged} fail. " if judged else ""
        parts.append(counted + "; ".join(reasons))
        parts.append(f"and {more} more" if more else "")
        expired = {w.id: w for row in refused if (w := book.expired_for(check, row))}
        parts += [f"(waiver {w.id} ran out on {w.valid_until})" for w in expired.values()]
    else:
        parts.append(
            f"{judged} judged, none fails." if judged else "Nothing to judge, as it may be."
        )
    for waiver in {w.id: w for _, w in waived}.values():
        lifted = sum(1 for _, w in waived if w.id == waiver.id)
        parts.append(f"{lifted} lifted by waiver {waiver.id}: {waiver.reason}")
    return " ".join(part for part in parts if part)


def _observed(frame: pd.DataFrame, measure: str | None) -> dict[str, float | int | str | None]:
    found: dict[str, float | int | str | None] = {"rows": len(frame)}
    if measure is not None:
        values = frame[measure].dropna()
        for name, value in (("lowest", values.min()), ("highest", values.max())):
            number = float(value) if len(values) else None
            found[f"{name} {measure}"] = (
                None if number is None or not math.isfinite(number) else number
            )
    return found


def _plain(row: Mapping[str, Any]) -> dict[str, object]:
    ordered = {"reason": row["reason"], **row}
    return {name: _scalar(value) for name, value in ordered.items() if name != "gate_row"}


def _scalar(value: object) -> object:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return value
