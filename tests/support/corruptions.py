"""Seeded corruptions of a good candidate: what a wrong join, a lost batch or a bad edit would do.

Belongs here: the statements. Does not belong here: what the gate says to them
(`tests/integration/test_gate_mutations.py`).

Each corruption draws its table, column, accounts and rows from a seed, so that nobody chose what
the gate is asked to notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

# What the release explains itself with: no numbers of a quarter are in there.
EXPLANATIONS = {
    "break_log",
    "data_dictionary",
    "interaction_definitions",
    "metric_definition_changes",
    "metric_definitions",
    "size_classes",
}
NUMBERS = ("BIGINT", "DOUBLE", "INTEGER", "HUGEINT")


@dataclass(frozen=True)
class Corruption:
    """What was done, in words and in SQL."""

    words: str
    statements: tuple[str, ...]


class Corrupter:
    """Draws corruptions of one candidate.

    Args:
        connection: The candidate, only read.
        quarter: The quarter at the gate.
        seed: Another seed, other rows.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, quarter: str, seed: int) -> None:
        self._ask = connection.execute
        self._quarter = quarter
        self._dice = Random(seed)
        rows = self._ask(
            "select table_name, column_name, data_type, is_nullable from duckdb_columns() "
            "where schema_name = 'marts' order by all"
        ).fetchall()
        columns: dict[str, dict[str, str]] = {}
        self._nullable = {(table, column) for table, column, _, nullable in rows if nullable}
        for table, column, kind, _ in rows:
            columns.setdefault(table, {})[column] = kind
        self._columns = {
            table: found
            for table, found in columns.items()
            if {"quarter", "account_id"} <= found.keys()
            and table not in EXPLANATIONS
            and len(self._accounts_of(table)) > 1
        }

    def draw(self, count: int) -> list[Corruption]:
        """Return as many corruptions, every kind in turn."""
        kinds: list[Callable[[], Corruption]] = [
            self._rows_dropped,
            self._account_dropped,
            self._platform_missing,
            self._rows_doubled,
            self._accounts_swapped,
            self._measures_swapped,
            self._scaled,
            self._nulled,
            self._zeroed,
            self._negated,
            self._frozen,
            self._shifted,
            self._ranks_permuted,
        ]
        return [kinds[number % len(kinds)]() for number in range(count)]

    def _table(self, *needs: str) -> str:
        return self._dice.choice([t for t, c in self._columns.items() if set(needs) <= c.keys()])

    def _measures(self, table: str) -> list[str]:
        """Return the numbers of the table that most rows have and that are not 0 throughout."""
        names = [
            name
            for name, kind in self._columns[table].items()
            if kind in NUMBERS and not name.endswith(("_previous", "_year_ago", "_position"))
        ]
        filled = ", ".join(f"count(nullif({name}, 0)) > count(*) / 2" for name in names)
        if not names:
            return []
        [flags] = self._ask(
            f"select {filled} from marts.{table} where quarter = '{self._quarter}'"
        ).fetchall()
        return [name for name, flag in zip(names, flags, strict=True) if flag]

    def _measure(self, *, nullable: bool = False) -> tuple[str, str]:
        """Return a table and a number of it; one that the contract lets be missing, if asked."""
        return self._dice.choice(
            [
                (table, measure)
                for table in self._columns
                for measure in self._measures(table)
                if not nullable or (table, measure) in self._nullable
            ]
        )

    def _accounts_of(self, table: str, where: str = "true") -> list[str]:
        found = self._ask(
            f"select distinct account_id from marts.{table} "
            f"where quarter = '{self._quarter}' and account_id is not null and {where} order by 1"
        ).fetchall()
        return [account for (account,) in found]

    def _accounts(self, table: str, measure: str | None = None, count: int = 1) -> list[str]:
        where = f"coalesce({measure}, 0) <> 0" if measure else "true"
        return self._dice.sample(self._accounts_of(table, where), count)

    def _now(self, account: str) -> str:
        return f"quarter = '{self._quarter}' and account_id = '{account}'"

    def _rows_dropped(self) -> Corruption:
        """Rows are counted in the order of their contents: threads leave another one each time."""
        table = self._table()
        rest = self._dice.randrange(7)
        now = f"quarter = '{self._quarter}'"
        return Corruption(
            f"every seventh row of {table} dropped",
            (
                f"create table marts.kept as select * from marts.{table} as drawn where {now} "
                f"qualify row_number() over (order by cast(drawn as varchar)) % 7 <> {rest}",
                f"delete from marts.{table} where {now}",
                f"insert into marts.{table} select * from marts.kept",
                "drop table marts.kept",
            ),
        )

    def _account_dropped(self) -> Corruption:
        table = self._table()
        [account] = self._accounts(table)
        return Corruption(
            f"{account} dropped from {table}",
            (f"delete from marts.{table} where {self._now(account)}",),
        )

    def _platform_missing(self) -> Corruption:
        table = self._table("platform")
        [account] = self._accounts(table)
        platform = account.split(".")[1]
        return Corruption(
            f"{platform} silently missing from {table}",
            (
                f"delete from marts.{table} where quarter = '{self._quarter}' "
                f"and platform = '{platform}'",
            ),
        )

    def _rows_doubled(self) -> Corruption:
        table = self._table()
        [account] = self._accounts(table)
        return Corruption(
            f"{account} doubled in {table}",
            (
                f"create table marts.twice as select * from marts.{table}",
                f"insert into marts.twice select * from marts.{table} where {self._now(account)}",
                f"drop table marts.{table}",
                f"alter table marts.twice rename to {table}",
            ),
        )

    def _accounts_swapped(self) -> Corruption:
        table = self._table()
        one, other = self._accounts(table, count=2)
        return Corruption(
            f"{one} and {other} swapped in {table}",
            (
                f"create table marts.swapped as select * replace (case "
                f"when {self._now(one)} then '{other}' when {self._now(other)} then '{one}' "
                f"else account_id end as account_id) from marts.{table}",
                f"drop table marts.{table}",
                f"alter table marts.swapped rename to {table}",
            ),
        )

    def _measures_swapped(self) -> Corruption:
        """Two accounts of one industry and platform show each other's number."""
        table, measure = self._measure()
        found = self._ask(
            f"select distinct one.account_id, other.account_id from marts.{table} as one "
            f"inner join marts.{table} as other on one.industry_id = other.industry_id "
            f"and one.platform = other.platform and one.account_id < other.account_id "
            f"and one.quarter = other.quarter and one.{measure} <> other.{measure} "
            f"where one.quarter = '{self._quarter}' order by 1, 2"
        ).fetchall()
        if not found:
            return self._measures_swapped()
        one, other = self._dice.choice(found)
        value = f"(select max({measure}) from marts.{table} where {{}})"
        return Corruption(
            f"{measure} of {one} and {other} swapped in {table}",
            (
                f"create temp table swapped as select {value.format(self._now(one))} as one, "
                f"{value.format(self._now(other))} as other",
                f"update marts.{table} set {measure} = case when account_id = '{one}' "
                f"then (select other from swapped) else (select one from swapped) end "
                f"where quarter = '{self._quarter}' and account_id in ('{one}', '{other}')",
            ),
        )

    def _changed(self, words: str, value: str, *, nullable: bool = False) -> Corruption:
        table, measure = self._measure(nullable=nullable)
        [account] = self._accounts(table, measure)
        return Corruption(
            f"{measure} of {account} {words} in {table}",
            (
                f"update marts.{table} set {measure} = {value.format(measure)} "
                f"where {self._now(account)}",
            ),
        )

    def _scaled(self) -> Corruption:
        factor = self._dice.choice((2, 10, 1000))
        return self._changed(f"times {factor}", f"{{}} * {factor}")

    def _nulled(self) -> Corruption:
        # Where no value may be missing the database itself refuses, so that is no corruption.
        return self._changed("unknown", "null", nullable=True)

    def _zeroed(self) -> Corruption:
        return self._changed("0", "0")

    def _negated(self) -> Corruption:
        return self._changed("negative", "-{}")

    def _frozen(self) -> Corruption:
        """The quarter before, shown once more."""
        table = self._table()
        before = self._ask(
            f"select max(quarter) from marts.{table} where quarter < '{self._quarter}'"
        ).fetchall()[0][0]
        return Corruption(
            f"{table} frozen since {before}",
            (
                f"create table marts.frozen as select * from marts.{table} "
                f"where quarter <> '{self._quarter}'",
                f"insert into marts.frozen select * replace ('{self._quarter}' as quarter) "
                f"from marts.{table} where quarter = '{before}'",
                f"drop table marts.{table}",
                f"alter table marts.frozen rename to {table}",
            ),
        )

    def _shifted(self) -> Corruption:
        """Every account gets the next one's number."""
        table, measure = self._measure()
        return Corruption(
            f"{measure} shifted by one account in {table}",
            (
                f"create table marts.shifted as select * replace (case "
                f"when quarter = '{self._quarter}' then lead({measure}, 1, 0) over ("
                f"partition by quarter order by account_id, cast(drawn as varchar)) "
                f"else {measure} end as {measure}) from marts.{table} as drawn",
                f"drop table marts.{table}",
                f"alter table marts.shifted rename to {table}",
            ),
        )

    def _ranks_permuted(self) -> Corruption:
        table = self._dice.choice([t for t, c in self._columns.items() if "rank" in c])
        one, other = self._accounts(table, "rank", 2)
        return Corruption(
            f"the places of {one} and {other} permuted in {table}",
            (
                f"create temp table places as select account_id, max(rank) as rank "
                f"from marts.{table} where quarter = '{self._quarter}' group by all",
                f"update marts.{table} set rank = (select rank from places "
                f"where account_id = '{other}') + 1 where {self._now(one)}",
            ),
        )
