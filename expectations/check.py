"""What a check is: a batch, the rows of it that fail, why, and what Great Expectations demands.

Belongs here: the shape that every suite uses. Does not belong here: any check, or Great
Expectations itself (only `judge.py` imports it, when it is needed: it costs seconds).

A check is written twice on purpose: as SQL that names the failing rows, and as expectations that
judge the same batch. Where the two disagree, the check itself is broken and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from expectations.required_checks import Parameter

Parameters = Mapping[str, Parameter]


@dataclass(frozen=True, slots=True)
class Expectation:
    """One expectation by its Great Expectations class name and its arguments."""

    kind: str
    arguments: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a published table.

    Attributes:
        id: Its id in `required_checks.yaml`.
        batch: SQL whose rows are judged: keys first, then few measures. It may use the parameters
            of the check and `$quarter`, `$previous`, `$year_ago`, `$first_day`, `$last_day`,
            `$timezone`.
            Columns named industry_id, platform and account_id are what a waiver can name.
        failing: SQL condition on the batch's columns: true for a row that fails.
        reason: SQL text about a failing row, in words.
        expectations: What Great Expectations demands of the batch, given the parameters.
        minimum_rows: Fewer rows than this is a failure of its own: nothing was there to judge.
        measure: Column whose lowest and highest value is worth keeping, if any.
    """

    id: str
    batch: str
    failing: str
    reason: str
    expectations: Callable[[Parameters], list[Expectation]]
    minimum_rows: int = 1
    measure: str | None = field(default=None)


def not_null(column: str) -> Expectation:
    """Demand a value in every row."""
    return Expectation("ExpectColumnValuesToNotBeNull", {"column": column})


def between(column: str, lowest: object = None, highest: object = None) -> Expectation:
    """Demand values within bounds, both included; missing values pass."""
    return Expectation(
        "ExpectColumnValuesToBeBetween",
        {"column": column, "min_value": lowest, "max_value": highest},
    )


def always(column: str) -> list[Expectation]:
    """Demand true in every row, and no missing value."""
    return [
        not_null(column),
        Expectation("ExpectColumnValuesToBeInSet", {"column": column, "value_set": [True]}),
    ]


def always_true(column: str) -> Callable[[Parameters], list[Expectation]]:
    """Return the expectations of a check whose batch holds one yes-or-no column."""
    return lambda _: always(column)
