"""What a release has to say: its tables, asked only when they exist, and the order of names.

Belongs here: reading. A table that a release lacks, or that holds nothing for the quarter, is an
empty list, so that a section can say so. Does not belong here: arithmetic on what was read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from expectations.required_checks import load_configuration
from expectations.warehouse import identifier

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb

QUARTERS_SHOWN = 8


@lru_cache(maxsize=65_536, typed=True)
def _quoted(value: object) -> str:
    """Quote a key's cell once: a page names the same account and quarter hundreds of times."""
    return quote_plus(str(value))


def quarters_up_to(quarter: str, count: int = QUARTERS_SHOWN) -> list[str]:
    """Return the labels of `count` quarters in their order, the last of them `quarter`."""
    last = int(quarter[:4]) * 4 + int(quarter[-1]) - 1
    return [f"{n // 4}-Q{n % 4 + 1}" for n in range(last - count + 1, last + 1)]


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One row of a published table; a column that the release lacks reads as None.

    Attributes:
        table: The table.
        values: Its cells by column.
        key_columns: The columns that tell its rows apart.
    """

    table: str
    values: dict[str, Any]
    key_columns: Sequence[str]

    @property
    def key(self) -> str:
        """The row's key as a query string; made when it is shown, for most rows never are."""
        return self.key_without("")

    def key_without(self, column: str) -> str:
        """The row's key, one of its columns left out."""
        cells = ((name, self.values[name]) for name in self.key_columns if name != column)
        return "&".join(f"{name}={_quoted(value)}" for name, value in cells if value is not None)

    def __getitem__(self, column: str) -> Any:  # noqa: ANN401 - a table's cells are of many types
        return self.values.get(column)

    def word(self, column: str) -> str:
        """Return a text column; the empty string where there is none."""
        value = self.values.get(column)
        return "" if value is None else str(value)


@dataclass(slots=True)
class Source:
    """A release's tables for one quarter and the seven before it."""

    connection: duckdb.DuckDBPyConnection
    quarter: str
    _columns: dict[str, list[str]] = field(default_factory=dict)
    _read: dict[str, list[Row]] = field(default_factory=dict)
    _indexed: dict[tuple[str, tuple[str, ...]], dict[tuple[object, ...], list[Row]]] = field(
        default_factory=dict
    )
    _places: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    _meta: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        found = self.connection.execute(
            "select table_name, column_name from duckdb_columns() "
            "where schema_name = 'marts' and database_name = current_database() "
            "order by table_name, column_index"
        ).fetchall()
        for table, column in found:
            self._columns.setdefault(str(table), []).append(str(column))

    @property
    def tables(self) -> list[str]:
        """The published tables, by name."""
        return sorted(self._columns)

    def is_sample(self) -> bool:
        """Whether any figure of the report's quarter was read from the sandbox."""
        return any(
            row["origin"] == "sandbox"
            for table, columns in self._columns.items()
            if {"origin", "quarter"} <= set(columns)
            for row in self.now(table)
        )

    def rows(self, table: str, **where: object) -> list[Row]:
        """Return a table's rows of these quarters, those alone whose columns equal `where`."""
        wanted = tuple(sorted(where))
        index = self._indexed.get((table, wanted))
        if index is None:
            index = self._indexed[(table, wanted)] = {}
            for row in self._all(table):
                index.setdefault(tuple(row[column] for column in wanted), []).append(row)
        return index.get(tuple(where[column] for column in wanted), [])

    def now(self, table: str, **where: object) -> list[Row]:
        """Return a table's rows of the report's quarter."""
        return self.rows(table, quarter=self.quarter, **where)

    def one(self, table: str, **where: object) -> Row | None:
        """Return the first row of the report's quarter, or None."""
        found = self.now(table, **where)
        return found[0] if found else None

    def previous(self, row: Row) -> Row | None:
        """Return the same row of the quarter before, or None."""
        keys = [name for name in _key_of(row.table) if name != "quarter"]
        where = {name: row[name] for name in keys}
        found = self.rows(row.table, quarter=quarters_up_to(self.quarter, 2)[0], **where)
        return found[0] if found else None

    def by_name(self, rows: Iterable[Row], language: str) -> list[Row]:
        """Return rows in the order of their organisations' names in that language."""
        return sorted(rows, key=lambda row: self.place(row.word("organisation_id"), language))

    def ranked(self, rows: Iterable[Row], language: str, column: str = "rank") -> list[Row]:
        """Return rows by rank; equals by name."""
        return sorted(
            rows, key=lambda row: (row[column], self.place(row.word("organisation_id"), language))
        )

    def place(self, key: str, language: str, dimension: str = "organisation") -> int:
        """Return the place of an organisation or industry in the alphabet of a language."""
        order = self._places.get((dimension, language))
        if order is None:
            table = f"dim_{dimension}"
            has_swedish = "name_sv" in self._columns.get(table, [])
            name = "coalesce(name_sv, name)" if language == "sv" and has_swedish else "name"
            found = self.connection.execute(
                f"select {dimension}_id from {identifier('marts', table)} "  # noqa: S608 - our words
                f"order by {name} collate {language}, {dimension}_id"
            ).fetchall()
            order = {str(found_key): place for place, (found_key,) in enumerate(found)}
            self._places[(dimension, language)] = order
        return order.get(key, len(order))

    def meta(self) -> dict[str, Any]:
        """Return what the release says of itself."""
        if self._meta:
            return self._meta
        cursor = self.connection.execute("select * from meta.release")
        names = [str(column[0]) for column in cursor.description or ()]
        found = cursor.fetchone()
        self._meta = dict(zip(names, found, strict=True)) if found else {}
        return self._meta

    def _all(self, table: str) -> Sequence[Row]:
        if table not in self._read:
            self._read[table] = self._ask(table) if table in self._columns else []
        return self._read[table]

    def _ask(self, table: str) -> list[Row]:
        columns = self._columns[table]
        relation = identifier("marts", table)
        if "quarter" in columns:
            first, last = quarters_up_to(self.quarter)[0], self.quarter
            query = f"select * from {relation} where quarter between ? and ? order by all"  # noqa: S608
            found = self.connection.execute(query, [first, last]).fetchall()
        else:
            found = self.connection.execute(
                f"select * from {relation} order by all"  # noqa: S608 - a quoted name
            ).fetchall()
        keys = [name for name in _key_of(table) if name in columns]
        return [Row(table, dict(zip(columns, values, strict=True)), keys) for values in found]


def _key_of(table: str) -> Sequence[str]:
    return tuple(load_configuration().tables.get(table, ()))
