"""What goes wrong in the sandbox, on demand: for one account, on the n-th call, on one day.

Belongs here: which fault strikes which call, and what it does to an item or a page.
Does not belong here: how bytes are sent wrongly (`wire.py`).
"""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime


class FaultKind(StrEnum):
    """Every fault the sandbox can act out.

    The first group replaces or damages the whole answer, the second changes the items of the
    account named, the third changes a page.
    """

    ERROR = "error"
    RATE_LIMIT = "rate_limit"
    BODY = "body"
    HTML = "html"
    TRUNCATED = "truncated"
    RESET = "reset"
    SLOW = "slow"
    DRIP = "drip"
    GZIP_BOMB = "gzip_bomb"
    REDIRECT = "redirect"

    UNKNOWN_ACCOUNT = "unknown_account"
    UNKNOWN_FIELD = "unknown_field"
    REMOVED_FIELD = "removed_field"
    FIELD_VALUE = "field_value"
    FACTOR = "factor"
    LABEL = "label"

    EMPTY_PAGE = "empty_page"
    REPEATED_CURSOR = "repeated_cursor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault and the calls it strikes.

    Attributes:
        platform: Name of the platform it strikes.
        kind: What happens.
        account: Platform id or handle; None strikes every call, or every item.
        endpoint: Last part of the path, e.g. `app.bsky.actor.getProfiles`; None for any.
        day: ISO date of the virtual clock; None for any.
        first: The first matching call it strikes, counted from 1.
        times: How many matching calls it strikes; None for all after `first`.
        status: HTTP status of an `error`.
        body: Answer of `error` (an object) or `body` (text); None for the platform's own words.
        content_type: Of `body`.
        retry_after: `Retry-After` of `rate_limit` and `error`, as sent; None to leave it out.
        location: Where `redirect` points.
        seconds: Pause of `slow`, and between the bytes of `drip`.
        megabytes: Unpacked size of `gzip_bomb`.
        field: Field of `unknown_field`, `removed_field`, `field_value` and `factor`.
        value: New value of `unknown_field` and `field_value`; the label of `label`.
        factor: Multiplies `field`.
        cursor: What `repeated_cursor` gives again and again.
    """

    platform: str
    kind: FaultKind
    account: str | None = None
    endpoint: str | None = None
    day: str | None = None
    first: int = 1
    times: int | None = None
    status: int = 500
    body: Any = None
    content_type: str = "application/json"
    retry_after: str | None = None
    location: str = "https://elsewhere.example/login"
    seconds: float = 1.0
    megabytes: int = 50
    field: str = ""
    value: Any = None
    factor: float = 1.0
    cursor: str = "again"

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Fault:
        """Return the fault somebody posted.

        Raises:
            ValueError: naming the keys or the kind that do not exist.
        """
        names = {f.name for f in fields(cls)}
        if unknown := sorted(given.keys() - names):
            raise ValueError(f"unknown keys {unknown}; known are {sorted(names)}")
        return cls(**{**given, "kind": FaultKind(given["kind"])})


@dataclass(slots=True)
class _Entry:
    fault: Fault
    calls: int = 0
    struck: int = 0


@dataclass
class FaultBook:
    """The faults in force; safe to change from another thread while the sandbox serves."""

    _entries: list[_Entry] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, *faults: Fault) -> None:
        """Put faults in force; their calls are counted from now."""
        with self._lock:
            self._entries.extend(_Entry(fault) for fault in faults)

    def clear(self) -> None:
        """Lift every fault."""
        with self._lock:
            self._entries.clear()

    def listed(self) -> list[dict[str, Any]]:
        """Return every fault with the calls it matched and the calls it struck."""
        with self._lock:
            return [asdict(e.fault) | {"calls": e.calls, "struck": e.struck} for e in self._entries]

    def strike(
        self, platform: str, endpoint: str, accounts: Iterable[str], now: datetime
    ) -> list[Fault]:
        """Count one call and return the faults that strike it.

        Args:
            platform: Whose call it is.
            endpoint: Last part of its path.
            accounts: Ids and handles the call names.
            now: The virtual moment.
        """
        named, day, struck = set(accounts), now.date(), []
        with self._lock:
            for entry in self._entries:
                if not _matches(entry.fault, platform, endpoint, named, day):
                    continue
                entry.calls += 1
                fault = entry.fault
                last = float("inf") if fault.times is None else fault.first + fault.times - 1
                if fault.first <= entry.calls <= last:
                    entry.struck += 1
                    struck.append(fault)
        return struck


def _matches(fault: Fault, platform: str, endpoint: str, accounts: set[str], day: date) -> bool:
    return (
        fault.platform == platform
        and fault.endpoint in (None, endpoint)
        and (fault.account is None or fault.account in accounts)
        and fault.day in (None, day.isoformat())
    )


def change_item(item: dict[str, Any], faults: Iterable[Fault]) -> dict[str, Any]:
    """Return an item (a profile, a post) as the faults in force would have it."""
    changed = dict(item)
    for fault in faults:
        if fault.kind in (FaultKind.UNKNOWN_FIELD, FaultKind.FIELD_VALUE):
            changed[fault.field] = fault.value
        elif fault.kind is FaultKind.REMOVED_FIELD:
            changed.pop(fault.field, None)
        elif fault.kind is FaultKind.FACTOR and fault.field in changed:
            changed[fault.field] = _times(changed[fault.field], fault.factor)
    return changed


def _times(value: Any, factor: float) -> Any:  # noqa: ANN401 - a count, or a count as text
    if isinstance(value, str):
        return str(round(int(value) * factor))
    return round(value * factor)
