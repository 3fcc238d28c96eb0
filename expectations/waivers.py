"""Known exceptions: which failing rows a person has answered for, and until when.

Belongs here: matching failing rows with waivers. The waivers themselves are read from
`registry/waivers.yaml` by the registry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from expectations.warehouse import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date


class Waiver(Protocol):
    """What the gate needs to know of a waiver; None names every value of that key."""

    @property
    def id(self) -> str:
        """Its name in the registry."""

    @property
    def check(self) -> str:
        """The check whose failing rows it lifts."""

    @property
    def quarter(self) -> str:
        """The quarter whose release it is for, e.g. `2025-Q3`."""

    @property
    def industry(self) -> str | None:
        """The industry it is limited to."""

    @property
    def platform(self) -> str | None:
        """The platform it is limited to."""

    @property
    def account(self) -> str | None:
        """The account it is limited to."""

    @property
    def reason(self) -> str:
        """Why the rows may go out."""

    @property
    def granted_by(self) -> str:
        """Who answers for it."""

    @property
    def valid_until(self) -> date | None:
        """Last day on which it counts; None for as long as it stands in the registry."""


@dataclass(frozen=True, slots=True)
class WaiverBook:
    """The waivers of one quarter, those that still count and those that have run out."""

    valid: tuple[Waiver, ...]
    expired: tuple[Waiver, ...]

    @classmethod
    def open(cls, waivers: Iterable[Waiver], *, quarter: str, today: date) -> WaiverBook:
        """Keep the waivers of `quarter` and tell the valid from the expired."""
        mine = [waiver for waiver in waivers if waiver.quarter == quarter]
        return cls(
            valid=tuple(w for w in mine if not _ran_out(w, today)),
            expired=tuple(w for w in mine if _ran_out(w, today)),
        )

    def lifting(self, check: str, row: Mapping[str, object]) -> Waiver | None:
        """Return the valid waiver that names the failing row of a check."""
        return next((w for w in self.valid if _names(w, check, row)), None)

    def lifting_sql(self, check: str, columns: Collection[str]) -> str:
        """Return SQL for the place in `valid` of the waiver that names a failing row.

        Args:
            check: The check that the row fails.
            columns: The columns that the rows have.
        """
        return _place(self.valid, check, columns)

    def expired_sql(self, check: str, columns: Collection[str]) -> str:
        """Return the same of `expired`: a waiver that would have named it had it not run out."""
        return _place(self.expired, check, columns)


def _place(waivers: Iterable[Waiver], check: str, columns: Collection[str]) -> str:
    whens = [
        f"when {_condition(waiver, columns)} then {place}"
        for place, waiver in enumerate(waivers)
        if waiver.check == check
    ]
    return f"case {' '.join(whens)} end" if whens else "null"


def _condition(waiver: Waiver, columns: Collection[str]) -> str:
    named = [(column, wanted) for column, wanted in _keys(waiver) if wanted is not None]
    if any(column not in columns for column, _ in named):
        return "false"
    return " and ".join(f"{column} = {quoted(wanted)}" for column, wanted in named) or "true"


def _ran_out(waiver: Waiver, today: date) -> bool:
    return waiver.valid_until is not None and waiver.valid_until < today


def _names(waiver: Waiver, check: str, row: Mapping[str, object]) -> bool:
    if waiver.check != check:
        return False
    return all(wanted is None or row.get(column) == wanted for column, wanted in _keys(waiver))


def _keys(waiver: Waiver) -> tuple[tuple[str, str | None], ...]:
    return (
        ("industry_id", waiver.industry),
        ("platform", waiver.platform),
        ("account_id", waiver.account),
    )
