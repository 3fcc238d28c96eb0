"""Whether a candidate may be published: the receipt is read, not believed.

Belongs here: every reason to refuse. The list of required checks is the one in force, the digests
are computed anew, and earlier quarters are compared with what was released of them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from expectations.digest import WHOLE, Digests, differing, digest_tables
from expectations.receipt import Receipt, read_receipt
from expectations.released import ReleasedParts
from publication.errors import ReleaseRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    import duckdb

    from expectations.released import ReleasedTables
    from expectations.required_checks import Configuration

MAX_AGE = timedelta(hours=24)
"""A receipt older than this says little about the lake that the candidate was built from."""
_CLOCK_SLACK = timedelta(minutes=5)
_NAMED = 5


def admit_receipt(
    path: Path,
    *,
    quarter: str,
    now: datetime,
    max_age: timedelta,
    configuration: Configuration,
    code_version: str | None,
) -> Receipt:
    """Return the receipt if it lets this quarter out today.

    Raises:
        ReleaseRefused: when it is missing, stale, incomplete, failing or about something else.
    """
    gate = f"effektanalys gate {quarter}"
    try:
        receipt = read_receipt(path)
    except FileNotFoundError:
        raise ReleaseRefused(
            f"There is no passing receipt for {quarter}: the gate has not judged this candidate.",
            where=str(path),
            next_command=gate,
        ) from None
    except ValueError as error:
        raise ReleaseRefused(
            f"The receipt cannot be read: {str(error).splitlines()[0]}.",
            where=str(path),
            next_command=gate,
        ) from None
    problem = (
        _about_something_else(receipt, quarter, code_version)
        or _not_of_today(receipt, now, max_age)
        or _not_passing(receipt, configuration)
    )
    if problem:
        raise ReleaseRefused(problem, where=str(path), next_command=gate)
    return receipt


def _about_something_else(receipt: Receipt, quarter: str, code_version: str | None) -> str | None:
    if receipt.quarter != quarter:
        return f"The receipt is for {receipt.quarter}, not for {quarter}."
    judged_by = receipt.versions.get("code")
    if code_version and judged_by and judged_by != code_version:
        return f"The receipt was written by code {judged_by}; this is {code_version}."
    if receipt.is_preliminary:
        return (
            f"{quarter} is preliminary: it can still change, and is released once it has settled."
        )
    return None


def _not_of_today(receipt: Receipt, now: datetime, max_age: timedelta) -> str | None:
    age = now - receipt.created_at
    if age > max_age:
        hours = age.total_seconds() / 3600
        limit = max_age.total_seconds() / 3600
        return f"The receipt is {hours:.0f} hours old; it counts for {limit:.0f}."
    if age < -_CLOCK_SLACK:
        return f"The receipt is from the future ({receipt.created_at:%Y-%m-%d %H:%M} UTC)."
    today = now.astimezone(ZoneInfo(receipt.timezone)).date()
    expired = [w.id for w in receipt.waivers if w.valid_until and w.valid_until < today]
    if expired:
        return f"The receipt rests on waivers that have run out: {', '.join(expired)}."
    return None


def _not_passing(receipt: Receipt, configuration: Configuration) -> str | None:
    missing = receipt.missing(configuration.checks)
    if missing:
        return f"The receipt says nothing about required checks: {', '.join(missing)}."
    if receipt.configuration != configuration.fingerprint():
        return "The list of required checks has changed since the receipt was written."
    refusing = receipt.refusing(configuration.checks)
    if refusing:
        told = "; ".join(
            f"{check.table}.{check.id}: {check.message}" for check in refusing[:_NAMED]
        )
        return f"{len(refusing)} required check(s) refuse {receipt.quarter}. {told}"
    return None


def admit_inputs(receipt: Receipt, found: Mapping[str, str]) -> None:
    """Refuse where something landed after the gate that the candidate does not know.

    Args:
        receipt: The gate's.
        found: Fingerprints of the same inputs now, by name.

    Raises:
        ReleaseRefused: naming the inputs that are others.
    """
    altered = [name for name in found if receipt.inputs.get(name) != found[name]]
    if altered:
        raise ReleaseRefused(
            f"The {' and the '.join(altered)} changed after the gate had judged "
            f"{receipt.quarter}: the candidate may lack what came since.",
            where=f"the receipt of {receipt.created_at:%Y-%m-%d %H:%M} UTC",
            next_command=f'make dbt ARGS="build", then effektanalys gate {receipt.quarter}',
        )


def admit_tables(
    connection: duckdb.DuckDBPyConnection,
    receipt: Receipt,
    *,
    catalog: str,
    configuration: Configuration,
    released: Iterable[ReleasedTables],
) -> Digests:
    """Return the candidate's digests if they are the receipt's and rewrite nothing unsaid.

    Raises:
        ReleaseRefused: when the candidate is not what the gate saw, or an earlier quarter differs
            from what was released of it without being named in the receipt.
    """
    quarter = receipt.quarter
    gate = f"effektanalys gate {quarter}"
    digests = digest_tables(
        connection, _existing(connection, catalog, configuration), up_to=quarter, catalog=catalog
    )
    missing = sorted(set(configuration.tables) - set(digests))
    if missing:
        raise ReleaseRefused(
            f"The candidate lacks {', '.join(missing)}.",
            where="schema marts",
            next_command='make dbt ARGS="build", then ' + gate,
        )
    altered = differing(receipt.digests, digests)
    if altered:
        raise ReleaseRefused(
            f"The candidate was changed after the gate had judged it: {_some(altered)}.",
            where="schema marts",
            next_command=gate,
        )
    unsaid = _restated_unsaid(digests, ReleasedParts.from_releases(released), receipt)
    if unsaid:
        raise ReleaseRefused(
            "Earlier quarters differ from what was released of them, and the receipt does not "
            f"name the restatement: {_some(unsaid)}.",
            where="schema marts",
            next_command="gate and publish the earlier quarters first, oldest first",
        )
    return digests


def _existing(
    connection: duckdb.DuckDBPyConnection, catalog: str, configuration: Configuration
) -> list[str]:
    query = (
        "select table_name from duckdb_tables() where schema_name = 'marts' and database_name = ?"
    )
    found = {str(name) for (name,) in connection.execute(query, [catalog]).fetchall()}
    return sorted(found & set(configuration.tables))


def _restated_unsaid(digests: Digests, released: ReleasedParts, receipt: Receipt) -> list[str]:
    unsaid = []
    for table, parts in digests.items():
        stated = released.of(table)
        for part in sorted({*parts, *stated}):
            if part == WHOLE or part >= receipt.quarter or part in receipt.restated:
                continue
            before = stated.get(part)
            if before is None or before.digest != parts.get(part):
                unsaid.append(f"{table} {part}")
    return unsaid


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
