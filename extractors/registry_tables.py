"""The registry as Parquet tables, as dbt reads it: sorted, typed, equal for equal files."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from extractors.atomic import clear_abandoned, whole_file
from extractors.registry_models import AttributeValue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from extractors.registry import Registry

Row = dict[str, object]

_TEXT, _DATE, _COUNT, _FLAG = pa.string(), pa.date32(), pa.int64(), pa.bool_()
_VALIDITY = [("valid_from", _DATE), ("valid_to", _DATE)]


@dataclass(frozen=True, slots=True)
class _Table:
    columns: list[tuple[str, pa.DataType]]
    key: tuple[str, ...]

    @property
    def schema(self) -> pa.Schema:
        return pa.schema(self.columns)


TABLES: dict[str, _Table] = {
    "industries": _Table(
        [(n, _TEXT) for n in ("industry_id", "name", "name_sv", "description")], ("industry_id",)
    ),
    "organisations": _Table(
        [
            *[
                (n, _TEXT)
                for n in ("organisation_id", "name", "name_sv", "country", "county", "website")
            ],
            ("population_count", _COUNT),
            ("population_year", _COUNT),
            ("population_source", _TEXT),
            ("rollup", _TEXT),
        ],
        ("organisation_id",),
    ),
    "memberships": _Table(
        [("industry_id", _TEXT), ("organisation_id", _TEXT), *_VALIDITY],
        ("industry_id", "organisation_id", "valid_from"),
    ),
    "accounts": _Table(
        [
            *[
                (n, _TEXT)
                for n in ("account_id", "organisation_id", "platform", "platform_account_id")
            ],
            ("definition", _TEXT),
            ("scope", _TEXT),
            ("is_main", _FLAG),
            *_VALIDITY,
            ("successor_account_id", _TEXT),
        ],
        ("account_id",),
    ),
    "account_handles": _Table(
        [("account_id", _TEXT), ("handle", _TEXT), *_VALIDITY], ("account_id", "valid_from")
    ),
    "declared_breaks": _Table(
        [("account_id", _TEXT), ("break_date", _DATE), ("kind", _TEXT), ("note", _TEXT)],
        ("account_id", "break_date", "kind"),
    ),
    "organisation_attributes": _Table(
        [("organisation_id", _TEXT), ("attribute", _TEXT), ("value", _TEXT), *_VALIDITY],
        ("organisation_id", "attribute", "valid_from"),
    ),
    "peer_groups": _Table(
        [
            *[
                (n, _TEXT)
                for n in ("peer_group_id", "industry_id", "name", "name_sv", "organisation_id")
            ],
            *_VALIDITY,
        ],
        ("peer_group_id", "organisation_id"),
    ),
    "targets": _Table(
        [
            *[(n, _TEXT) for n in ("organisation_id", "platform", "metric")],
            ("target_value", pa.float64()),
            ("by_date", _DATE),
            ("valid_from", _DATE),
        ],
        ("organisation_id", "platform", "metric", "by_date"),
    ),
}
"""Table name -> its columns and the order of its rows."""


def compile_tables(registry: Registry, folder: Path) -> list[Path]:
    """Write every table below `folder`; one that says the same is left alone.

    Returns:
        The paths of the tables that changed.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    clear_abandoned(folder)
    rows = {
        "industries": _industries,
        "organisations": _organisations,
        "memberships": _memberships,
        "accounts": _accounts,
        "account_handles": _handles,
        "declared_breaks": _breaks,
        "organisation_attributes": _attributes,
        "peer_groups": _peer_groups,
        "targets": _targets,
    }
    changed = []
    for name, table in TABLES.items():
        # The rest of the row decides between two breaks of one day and kind.
        order = (*table.key, *table.schema.names)
        ordered = sorted(rows[name](registry), key=lambda r: [str(r[k] or "") for k in order])
        if _write(folder / f"{name}.parquet", pa.Table.from_pylist(ordered, schema=table.schema)):
            changed.append(folder / f"{name}.parquet")
    return changed


def _write(path: Path, table: pa.Table) -> bool:
    # A torn table is no reason to stop: it is written again from the registry.
    with suppress(pa.ArrowException, OSError):
        if pq.read_table(path).equals(table):
            return False
    with whole_file(path) as sink:
        pq.write_table(table, sink, compression="zstd")
    return True


def _industries(registry: Registry) -> Iterator[Row]:
    for industry in registry.industries:
        yield {
            "industry_id": industry.id,
            "name": industry.name,
            "name_sv": industry.name_sv,
            "description": industry.description,
        }


def _organisations(registry: Registry) -> Iterator[Row]:
    for organisation in registry.organisations.values():
        people = organisation.population
        yield {
            "organisation_id": organisation.id,
            "name": organisation.name,
            "name_sv": organisation.name_sv,
            "country": organisation.country,
            "county": organisation.county,
            "website": organisation.website,
            "population_count": people.count if people else None,
            "population_year": people.year if people else None,
            "population_source": people.source if people else None,
            "rollup": organisation.rollup,
        }


def _memberships(registry: Registry) -> Iterator[Row]:
    yield from (_picked("memberships", member) for member in registry.members)


def _accounts(registry: Registry) -> Iterator[Row]:
    yield from (_picked("accounts", account) for account in registry.accounts())


def _picked(table: str, item: object) -> Row:
    """Return a row of what is already named as the table's columns are."""
    return {name: getattr(item, name) for name, _ in TABLES[table].columns}


def _handles(registry: Registry) -> Iterator[Row]:
    for account in registry.accounts():
        for handle in account.handles:
            yield {
                "account_id": account.account_id,
                "handle": handle.handle,
                "valid_from": handle.valid_from,
                "valid_to": handle.valid_to,
            }


def _breaks(registry: Registry) -> Iterator[Row]:
    for account in registry.accounts():
        for declared in account.breaks:
            yield {
                "account_id": account.account_id,
                "break_date": declared.date,
                "kind": declared.kind,
                "note": declared.note,
            }


def _attributes(registry: Registry) -> Iterator[Row]:
    for organisation in registry.organisations.values():
        for attribute, given in organisation.attributes.items():
            values = (AttributeValue(value=given),) if isinstance(given, str) else given
            for value in values:
                yield {
                    "organisation_id": organisation.id,
                    "attribute": attribute,
                    "value": value.value,
                    "valid_from": value.valid_from,
                    "valid_to": value.valid_to,
                }


def _peer_groups(registry: Registry) -> Iterator[Row]:
    for industry in registry.industries:
        for group in industry.peer_groups:
            for organisation_id in group.organisations:
                yield {
                    "peer_group_id": group.id,
                    "industry_id": industry.id,
                    "name": group.name,
                    "name_sv": group.name_sv,
                    "organisation_id": organisation_id,
                    "valid_from": group.valid_from,
                    "valid_to": group.valid_to,
                }


def _targets(registry: Registry) -> Iterator[Row]:
    for industry in registry.industries:
        for organisation in industry.organisations:
            for target in organisation.targets:
                yield {
                    "organisation_id": organisation.id,
                    "platform": target.platform.value,
                    "metric": target.metric,
                    "target_value": target.value,
                    "by_date": target.by,
                    "valid_from": target.valid_from,
                }
