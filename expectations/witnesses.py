"""The few rows of a batch that stand for all of it before Great Expectations.

Belongs here: choosing them inside the database, so that a batch of any length costs the same memory
and is still judged a second time, by code that knows nothing of the check's SQL. Does not belong
here: any check, or whether a row fails.

The expectations that suites may use look at one column each. A column whose lowest and highest
value lie within bounds lies within bounds; one that has no first missing value has none. Of a
column that must keep to n values, n + 1 different ones hold a stranger if it has any. The rows that
bear these values are the witnesses: they meet the expectations exactly when all rows do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from expectations.warehouse import identifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb
    import pandas as pd

    from expectations.check import Expectation

COUNTED = "ExpectTableRowCountToBeBetween"


class Unwitnessed(RuntimeError):
    """An expectation of a kind for which nobody has said which rows stand for all."""


def witnesses(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    judged: str,
    expectations: Sequence[Expectation],
) -> pd.DataFrame:
    """Return the rows of a batch that stand for all the judged ones, in the batch's order.

    Args:
        connection: Where the batch is a table, untouched since it was made.
        table: Its quoted name.
        judged: SQL condition: true for a row that is judged at all.
        expectations: What will be demanded of the rows.

    Raises:
        Unwitnessed: when a kind of expectation is none of those below.
    """
    described = connection.execute(f"describe {table}").fetchall()
    fractions = {str(name) for name, kind, *_ in described if kind in ("DOUBLE", "FLOAT")}
    ends: dict[str, None] = {}
    found: set[int] = set()
    for expectation in expectations:
        column = str(expectation.arguments.get("column"))
        # Great Expectations takes what is not a number for missing.
        name = identifier(column)
        value = f"nullif({name}, 'nan')" if column in fractions else name
        match expectation.kind:
            case "ExpectColumnValuesToNotBeNull":
                ends[f"min(rowid) filter (where {value} is null)"] = None
            case "ExpectColumnValuesToBeBetween":
                ends |= {f"arg_min(rowid, {value})": None, f"arg_max(rowid, {value})": None}
            case "ExpectColumnValuesToBeInSet":
                allowed: Any = expectation.arguments["value_set"]
                found |= _rowids(
                    connection,
                    f"select min(rowid) from {table} where ({judged}) and {value} is not null "  # noqa: S608
                    f"group by {value} limit {len(allowed) + 1}",
                )
            case kind if kind == COUNTED:
                wanted = max(1, int(str(expectation.arguments["min_value"])))
                found |= _rowids(
                    connection,
                    f"select rowid from {table} where {judged} limit {wanted}",  # noqa: S608
                )
            case kind:
                raise Unwitnessed(f"Say in {__name__} which rows stand for all under {kind}.")
    if ends:
        query = f"select {', '.join(ends)} from {table} where {judged}"  # noqa: S608
        [bearers] = connection.execute(query).fetchall()
        found |= {rowid for rowid in bearers if rowid is not None}
    chosen = ", ".join(map(str, sorted(found))) or "null"
    return connection.execute(
        f"select * exclude (gate_fails) from {table} where rowid in ({chosen}) order by rowid"  # noqa: S608
    ).df()


def _rowids(connection: duckdb.DuckDBPyConnection, query: str) -> set[int]:
    return {rowid for (rowid,) in connection.execute(query).fetchall()}
