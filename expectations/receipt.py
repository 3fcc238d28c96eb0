"""The receipt: the proof that exactly these tables passed exactly these checks.

Belongs here: its fields, and writing and reading it. The gate writes it; publication refuses a
candidate without one that is fresh, complete, passing and about the same bytes.
"""

from __future__ import annotations

import os
import platform
from datetime import date  # noqa: TC003 - pydantic reads it at run time
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from expectations.digest import Digests  # noqa: TC001 - pydantic reads it at run time
from expectations.required_checks import Severity  # noqa: TC001 - pydantic reads it at run time

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from expectations.required_checks import RequiredCheck

Outcome = Literal["passed", "failed", "errored"]
_PACKAGES = ("duckdb", "great-expectations", "pandas", "dbt-core", "dbt-duckdb")


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CheckRecord(_Record):
    """How one required check came out. `passed` includes rows that a waiver lifted."""

    id: str
    table: str
    severity: Severity
    outcome: Outcome
    message: str
    failing_count: int
    waived_count: int
    waived_by: list[str]
    observed: dict[str, float | int | str | None]


class WaiverRecord(_Record):
    """A waiver that was applied, as the registry gave it."""

    id: str
    check: str
    quarter: str
    industry: str | None
    platform: str | None
    account: str | None
    reason: str
    granted_by: str
    valid_until: date | None


class Receipt(_Record):
    """What the gate found in one quarter of one candidate.

    Attributes:
        quarter: The quarter that was judged; the receipt is for no other.
        created_at: When the checks had run.
        timezone: Zone whose calendar days the quarter has.
        is_preliminary: Whether anything of the quarter can still change.
        digests: The candidate's tables up to the quarter, part by part.
        checks: Every required check that ran.
        configuration: Fingerprint of the list of required checks in force.
        inputs: Fingerprints of the lake and of the registry.
        waivers: The waivers that lifted a failing row.
        restated: Earlier quarters that differ from what was released of them, with the reason.
        versions: Python, packages and code.
    """

    layout: Literal[1] = 1
    quarter: str
    created_at: AwareDatetime
    timezone: str
    is_preliminary: bool
    digests: Digests
    checks: list[CheckRecord]
    configuration: str
    inputs: dict[str, str]
    waivers: list[WaiverRecord] = Field(default_factory=list)
    restated: dict[str, str] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)

    def missing(self, required: Iterable[RequiredCheck]) -> list[str]:
        """Name the required checks, on their tables, that the receipt says nothing about."""
        ran = {(check.id, check.table) for check in self.checks}
        return [check.id for check in required if (check.id, check.table) not in ran]

    def refusing(self, required: Iterable[RequiredCheck]) -> list[CheckRecord]:
        """Return the required checks that stand in the way of a release.

        The severity in force counts, not the one the receipt states. A check that could not run is
        in the way whatever its severity: nobody knows what it would have found.
        """
        severity = {check.id: check.severity for check in required}
        return [
            check
            for check in self.checks
            if check.id in severity
            and (
                check.outcome == "errored"
                or (check.outcome == "failed" and severity[check.id] == "error")
            )
        ]

    @property
    def warnings(self) -> list[CheckRecord]:
        """Failing checks that do not refuse a release."""
        return [c for c in self.checks if c.outcome == "failed" and c.severity == "warn"]

    def write(self, path: Path) -> None:
        """Write the receipt, whole or not at all, readable by its owner only."""
        write_atomically(path, self.model_dump_json(indent=2) + "\n")


def read_receipt(path: Path) -> Receipt:
    """Read a receipt.

    Raises:
        FileNotFoundError: when there is none.
        ValueError: when it is not a receipt.
    """
    return Receipt.model_validate_json(path.read_bytes())


def write_atomically(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Write a file under a temporary name, flush it to the disk, and rename it into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def versions_in_use(code_version: str | None) -> dict[str, str]:
    """Return the versions that made a judgement: Python, packages and, if known, the code."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    try:
        found["effektanalys"] = version("effektanalys")
    except PackageNotFoundError:
        found["effektanalys"] = "not installed"
    if code_version:
        found["code"] = code_version
    return found
