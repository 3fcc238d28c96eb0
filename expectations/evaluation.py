"""From a check to its result: read the batch, name failing rows, lift the waived, judge the rest.

Belongs here: how one check is carried out. Reading needs the candidate, judging needs Great
Expectations; they are apart so that the candidate is closed before the second is imported. A batch
stays in the database, however long it is: what leaves it is counts, the rows that are shown, and
the witnesses that are judged (`witnesses.py`).
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
from expectations.witnesses import witnesses

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
WAIVED_ROWS = 10_000
"""Waived rows that a result carries: far more than a person can answer for one by one."""
_SHOWN_REASONS = 3
_PARAMETER = re.compile(r"\$(\w+)")


class BatchTooLarge(RuntimeError):
    """A batch has more rows than a sound check ever judges."""


@dataclass(frozen=True, slots=True)
class Lifted:
    """How many failing rows of a check one waiver lifts."""

    waiver: Waiver
    count: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What was read of the candidate for one check; `problem` when it could not be read.

    Attributes:
        required: The check as it is demanded.
        check: Its code.
        expectations: What is demanded of the witnesses.
        frame: The witnesses: they meet the expectations exactly when all rows not waived do.
        observed: Rows judged, and the range of the check's measure.
        refused: The first failing rows that no waiver lifts, at most `SHOWN_ROWS`.
        refused_count: How many there are.
        waived: The first failing rows that a waiver lifts, at most `WAIVED_ROWS`.
        lifted: The waivers that lift them all, in the order of the rows.
        expired: Waivers that would have lifted a refused row had they not run out.
        problem: Why there is nothing of all this.
    """

    required: RequiredCheck
    check: Check
    expectations: list[Expectation] = field(default_factory=list)
    frame: pd.DataFrame | None = None
    observed: dict[str, float | int | str | None] = field(default_factory=dict)
    row_count: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)
    refused_count: int = 0
    waived: list[dict[str, Any]] = field(default_factory=list)
    lifted: tuple[Lifted, ...] = ()
    expired: tuple[Waiver, ...] = ()
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
        waived_rows: Rows that fail but are waived, at most 10,000: a person answers for each.
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
    book: WaiverBook,
    row_cap: int,
) -> Batch:
    """Read what one check's batch comes to; what goes wrong becomes its `problem`."""
    try:
        return _read(connection, required, check, context, book=book, row_cap=row_cap)
    except Exception as error:  # noqa: BLE001 - a check that cannot run is a result, not a crash
        return Batch(required, check, problem=f"{type(error).__name__}: {error}".splitlines()[0])


def _read(
    connection: duckdb.DuckDBPyConnection,
    required: RequiredCheck,
    check: Check,
    context: Mapping[str, object],
    *,
    book: WaiverBook,
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
    try:
        return _summarised(connection, required, check, table, book=book, row_cap=row_cap)
    finally:
        connection.execute(f"drop table {table}")


def _summarised(
    connection: duckdb.DuckDBPyConnection,
    required: RequiredCheck,
    check: Check,
    table: str,
    *,
    book: WaiverBook,
    row_cap: int,
) -> Batch:
    observed, failing_count = _observed(connection, table, check.measure)
    count = int(observed["rows"] or 0)
    if count > row_cap:
        raise BatchTooLarge(
            f"the batch of {check.id} has more than {row_cap:,} rows; aggregate it in SQL"
        )
    columns = [str(name) for name, *_ in connection.execute(f"describe {table}").fetchall()]
    waiver = book.lifting_sql(check.id, columns) if failing_count else "null"
    lifted = (
        _named(connection, f"from {table} where gate_fails", waiver, book.valid)
        if waiver != "null"
        else ()
    )
    waived_count = sum(each.count for each in lifted)
    refused = f"from {table} where gate_fails and ({waiver}) is null"
    shown = f"select * exclude (gate_fails), {check.reason} as reason"
    demanded = _expectations(
        check, required, minimum_rows=max(0, check.minimum_rows - waived_count)
    )
    expired = book.expired_sql(check.id, columns)
    return Batch(
        required,
        check,
        expectations=demanded,
        frame=witnesses(
            connection,
            table,
            f"not gate_fails or ({waiver}) is null",
            demanded,
        ),
        observed=observed,
        row_count=count,
        refused=rows(connection, f"{shown} {refused} order by rowid limit {SHOWN_ROWS}")
        if failing_count
        else [],
        refused_count=failing_count - waived_count,
        waived=rows(
            connection,
            f"{shown} from {table} where gate_fails and ({waiver}) is not null "
            f"order by rowid limit {WAIVED_ROWS}",
        )
        if waived_count
        else [],
        lifted=lifted,
        expired=tuple(each.waiver for each in _named(connection, refused, expired, book.expired))
        if failing_count and expired != "null"
        else (),
    )


def _named(
    connection: duckdb.DuckDBPyConnection,
    failing: str,
    place: str,
    waivers: tuple[Waiver, ...],
) -> tuple[Lifted, ...]:
    """Return the waivers that name failing rows, in the order of the rows."""
    found = connection.execute(
        f"select {place} as place, count(*) {failing} group by 1 having place is not null "
        "order by min(rowid)"
    ).fetchall()
    return tuple(Lifted(waivers[place], count) for place, count in found)


def _observed(
    connection: duckdb.DuckDBPyConnection, table: str, measure: str | None
) -> tuple[dict[str, float | int | str | None], int]:
    """Return how many rows a batch has and the range of its measure, and how many rows fail."""
    number = f"nullif({identifier(measure)}::double, 'nan'::double)" if measure else "null"
    [(count, failing, *ends)] = connection.execute(
        f"select count(*), count(*) filter (where gate_fails), min({number}), max({number}) "  # noqa: S608
        f"from {table}"
    ).fetchall()
    observed: dict[str, float | int | str | None] = {"rows": count}
    if measure is not None:
        for name, value in zip(("lowest", "highest"), ends, strict=True):
            whole = value is not None and math.isfinite(value)
            observed[f"{name} {measure}"] = value if whole else None
    return observed, int(failing)


def _run(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, object]
) -> None:
    used = {name: parameters[name] for name in _PARAMETER.findall(query)}
    connection.execute(query, used)


def evaluate(batch: Batch, judge: Judge) -> CheckResult:
    """Judge once more what SQL has judged, and say what was found."""
    if batch.problem is None:
        try:
            return _evaluate(batch, judge)
        except Exception as error:  # noqa: BLE001 - see read_batch
            return errored(batch.required, f"{type(error).__name__}: {error}".splitlines()[0])
    return errored(batch.required, batch.problem)


def _evaluate(batch: Batch, judge: Judge) -> CheckResult:
    required, check = batch.required, batch.check
    if batch.frame is None:
        return errored(required, "the batch was not read")
    accepted = judge.accepts(f"{required.table}.{check.id}", batch.frame, batch.expectations)
    enough = batch.row_count >= check.minimum_rows
    if accepted != (enough and not batch.refused_count):
        return errored(
            required,
            "its SQL and its expectations disagree: the check itself must be mended "
            f"(SQL: {batch.refused_count} failing; Great Expectations: "
            f"{'passes' if accepted else 'fails'})",
        )
    refused, refused_count = batch.refused, batch.refused_count
    if not enough:
        refused = [{"reason": f"{required.table} has nothing to judge for this quarter"}]
        refused_count = 1
    return CheckResult(
        id=check.id,
        table=required.table,
        passed=not refused_count,
        severity=required.severity,
        waived_by=[each.waiver.id for each in batch.lifted],
        message=_message(batch, refused, refused_count),
        failing_rows=[_plain(row) for row in refused],
        failing_count=refused_count,
        waived_rows=[_plain(row) for row in batch.waived],
        waived_count=sum(each.count for each in batch.lifted),
        observed=batch.observed,
        outcome="failed" if refused_count else "passed",
        meaning=required.meaning,
        waivers=tuple(each.waiver for each in batch.lifted),
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


def _message(batch: Batch, refused: list[dict[str, Any]], refused_count: int) -> str:
    judged = batch.row_count
    parts = []
    if refused_count:
        reasons = [str(row["reason"]) for row in refused[:_SHOWN_REASONS]]
        more = refused_count - len(reasons)
        counted = f"{refused_count} of {judged} fail. " if judged else ""
        parts.append(counted + "; ".join(reasons))
        parts.append(f"and {more} more" if more else "")
        parts += [f"(waiver {w.id} ran out on {w.valid_until})" for w in batch.expired]
    else:
        parts.append(
            f"{judged} judged, none fails." if judged else "Nothing to judge, as it may be."
        )
    for each in batch.lifted:
        parts.append(f"{each.count} lifted by waiver {each.waiver.id}: {each.waiver.reason}")
    return " ".join(part for part in parts if part)


def _plain(row: Mapping[str, Any]) -> dict[str, object]:
    return {name: _scalar(value) for name, value in {"reason": row["reason"], **row}.items()}


def _scalar(value: object) -> object:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return value
