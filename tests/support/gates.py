"""What the tests of the gate and the release say again and again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import duckdb

from expectations.gate import GateResult, run_gate
from publication import build
from publication.release import Published, publish

if TYPE_CHECKING:
    from pathlib import Path

QUARTER = "2026-Q2"
ACCOUNT = "museums_3.bluesky"
NOW = datetime(2026, 8, 20, 9, 0, tzinfo=UTC)
ZONE = "Europe/Stockholm"
# Report and exports are no matter of the pointer, and take three quarters of a publication.
LEAN = tuple(s for s in build.STEPS if s.__name__ not in ("write_exports", "write_report"))


@dataclass(frozen=True)
class Waived:
    """A waiver as the registry hands it over."""

    id: str
    check: str
    quarter: str
    industry: str | None = None
    platform: str | None = None
    account: str | None = None
    reason: str = "Seen and explained."
    granted_by: str = "The data team"
    valid_until: date | None = date(2027, 1, 1)


def judge(data: Path, quarter: str, **options: Any) -> GateResult:
    """Run the gate on `<data>/warehouse.duckdb` as the pipeline does."""
    settings: dict[str, Any] = {
        "warehouse": data / "warehouse.duckdb",
        "quarter": quarter,
        "releases": data / "releases",
        "waivers": (),
        "registry_fingerprint": "registry",
        "lake_fingerprint": "lake",
        "output": data / "gate" / quarter,
        "timezone": ZONE,
        "now": NOW,
    }
    return run_gate(**{**settings, **options})


def release(data: Path, quarter: str, **options: Any) -> Published:
    """Publish from `<data>/warehouse.duckdb` as the pipeline does."""
    settings: dict[str, Any] = {
        "quarter": quarter,
        "warehouse": data / "warehouse.duckdb",
        "receipt": data / "gate" / quarter / "receipt.json",
        "releases": data / "releases",
        "now": NOW,
    }
    return publish(**{**settings, **options})


# The earlier quarters were never released here; test_release_history is about that.
HISTORY = Waived("history", "closed_quarters_unchanged", QUARTER, reason="Not the subject here.")


def gate(data: Path, *waivers: Waived, **options: Any) -> GateResult:
    """Judge the last quarter as if the ones before it had been released."""
    return judge(data, QUARTER, waivers=[HISTORY, *waivers], **options)


def refusing(result: GateResult) -> set[str]:
    """Return the checks that refuse the release."""
    return {check.id for check in result.refusing}


def alter(data: Path, *statements: str) -> None:
    """Change the candidate behind the pipeline's back."""
    with duckdb.connect(str(data / "warehouse.duckdb")) as connection:
        for statement in statements:
            connection.execute(statement)


def found(result: GateResult, check: str) -> Any:
    """Return one check's result."""
    return next(c for c in result.checks if c.id == check)


class PlainJudge:
    """Reads our expectations with pandas alone, so that the tests of a release stay fast.

    The tests of the gate use Great Expectations.
    """

    def accepts(self, name: str, batch: Any, expectations: Any) -> bool:
        return all(self._meets(batch, e.kind, e.arguments) for e in expectations)

    @staticmethod
    def _meets(batch: Any, kind: str, arguments: Any) -> bool:
        if kind == "ExpectTableRowCountToBeBetween":
            return len(batch) >= arguments["min_value"]
        column = batch[arguments["column"]]
        if kind == "ExpectColumnValuesToNotBeNull":
            return bool(column.notna().all())
        present = column.dropna()
        if kind == "ExpectColumnValuesToBeInSet":
            return bool(present.isin(arguments["value_set"]).all())
        low, high = arguments["min_value"], arguments["max_value"]
        return bool(
            (low is None or (present >= low).all()) and (high is None or (present <= high).all())
        )
