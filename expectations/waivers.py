"""Known exceptions: which failing rows a person has answered for, and until when.

Belongs here: matching failing rows with waivers. The waivers themselves are read from
`registry/waivers.yaml` by the registry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
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

    def expired_for(self, check: str, row: Mapping[str, object]) -> Waiver | None:
        """Return a waiver that would have named the row had it not run out."""
        return next((w for w in self.expired if _names(w, check, row)), None)


def _ran_out(waiver: Waiver, today: date) -> bool:
    return waiver.valid_until is not None and waiver.valid_until < today


def _names(waiver: Waiver, check: str, row: Mapping[str, object]) -> bool:
    if waiver.check != check:
        return False
    keys = (
        ("industry_id", waiver.industry),
        ("platform", waiver.platform),
        ("account_id", waiver.account),
    )
    return all(wanted is None or row.get(column) == wanted for column, wanted in keys)
