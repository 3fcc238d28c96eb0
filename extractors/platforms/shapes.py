"""Reading a platform's answer: which fields are kept, which are known, what a count may be.

Belongs here: rules that hold for every platform. Does not belong here: the fields of one platform.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum, auto

from extractors.errors import SchemaDrift, redact

LARGEST_COUNT = 2**53
"""No counter beyond this is believed: above it, half the world's JSON readers lose digits."""
MOST_FOLLOWERS = 10**10
"""More than there are people."""


class Field(Enum):
    """What happens to a field: kept in the archive, known and dropped, or kept as a yes or no."""

    KEEP = auto()
    DROP = auto()
    PRESENT = auto()


KEEP, DROP, PRESENT = Field.KEEP, Field.DROP, Field.PRESENT

Shape = Field | Mapping[str, "Shape"] | list["Shape"]
"""The known fields of an answer: an object by its keys, a list by the shape of its items."""

Unknown = Callable[[str, object], None]
"""Called with the path of a field nobody knows and its value."""


def keep_known(payload: object, shape: Shape, unknown: Unknown, path: str = "") -> object:
    """Return the part of an answer that may be stored.

    Args:
        payload: Parsed JSON.
        shape: What is known of it; anything else is left out.
        unknown: Told of fields left out because nobody knows them.
        path: Where in the answer this is.
    """
    if shape is KEEP:
        return _plain(payload, unknown, path)
    if shape is PRESENT:
        return None if payload is None else bool(payload)
    if isinstance(shape, list):
        if not isinstance(payload, list):
            return None
        return [keep_known(item, shape[0], unknown, f"{path}[]") for item in payload]
    if not isinstance(shape, Mapping) or not isinstance(payload, Mapping):
        return None
    kept = {}
    for name, value in payload.items():
        inner = shape.get(name)
        where = f"{path}.{name}" if path else str(name)
        if inner is None:
            unknown(where, value)
        elif inner is not DROP:
            kept[name] = keep_known(value, inner, unknown, where)
    return kept


def _plain(value: object, unknown: Unknown, path: str) -> object:
    """Keep a value, or a list of values; an object where none was expected may hold anything."""
    inner = value if isinstance(value, list) else [value]
    if any(isinstance(part, (Mapping, list)) for part in inner):
        unknown(path, value)
        return None
    return value


def objects(payload: object, key: str) -> list[Mapping[str, object]]:
    """Return the list of objects under `key`.

    Raises:
        SchemaDrift: when the answer has no such list, or it holds something else.
    """
    found = payload.get(key) if isinstance(payload, Mapping) else None
    if not isinstance(found, list) or not all(isinstance(item, Mapping) for item in found):
        raise SchemaDrift(f"gave an answer without the list {key!r}")
    return found


def required_text(item: Mapping[str, object], key: str) -> str:
    """Return a string that must be there.

    Raises:
        SchemaDrift: when it is missing, empty or of another type.
    """
    value = item.get(key)
    if not isinstance(value, str) or not value:
        raise SchemaDrift(f"{key} is {_seen(value)}, expected text")
    return value


def optional_text(item: Mapping[str, object], key: str) -> str | None:
    """Return a string, or None where it is absent or of another type."""
    value = item.get(key)
    return value if isinstance(value, str) and value else None


def part(item: object, key: str) -> Mapping[str, object]:
    """Return an object, an empty one where it is absent.

    Raises:
        SchemaDrift: when something else stands there.
    """
    value = item.get(key) if isinstance(item, Mapping) else None
    if value is not None and not isinstance(value, Mapping):
        raise SchemaDrift(f"{key} is {_seen(value)}, expected an object")
    return value or {}


def next_page(item: object, key: str) -> str | None:
    """Return what asks for a list's next page, None at its end.

    Raises:
        SchemaDrift: when it is no text: the list goes on, and must not end here in silence.
    """
    value = item.get(key) if isinstance(item, Mapping) else None
    if value is not None and not isinstance(value, str):
        raise SchemaDrift(f"{key} is {_seen(value)}, expected text")
    return value or None


def count(item: Mapping[str, object], key: str, *, most: int = LARGEST_COUNT) -> int | None:
    """Return a counter, None where the platform does not show it.

    Only a JSON integer is a count: `"12K"`, `12345.0`, `true` or `-1` are never turned into one.

    Raises:
        SchemaDrift: when it is anything but an integer from 0 to `most`.
    """
    value = item.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise SchemaDrift(f"{key} is {_seen(value)}, expected a whole number from 0 to {most}")
    return value


def moment(item: Mapping[str, object], key: str) -> datetime:
    """Return a time with zone, in UTC.

    Raises:
        SchemaDrift: when it is missing, unreadable or without a zone.
    """
    text = required_text(item, key)
    try:
        read = datetime.fromisoformat(text)
        utc = read.astimezone(UTC) if read.tzinfo else None
    except (ValueError, OverflowError):
        utc = None
    if utc is None:
        raise SchemaDrift(f"{key} is {_seen(text)}, expected an ISO time with zone")
    return utc


def _seen(value: object) -> str:
    """Say what stands there without printing more of it than a person needs."""
    if value is None:
        return "missing"
    if isinstance(value, (bool, int, float)):
        return str(value)[:40]
    return f"{type(value).__name__} {str(value)[:40]!r}"


LONGEST_REASON = 500
"""Signs of a text in a refusal that are archived."""
# fmt: off
REFUSAL_FIELDS = frozenset({
    "error", "errors", "error_code", "error_data", "error_description", "error_subcode",
    "error_user_msg", "error_user_title", "code", "subcode", "message", "type", "is_transient",
    "fbtrace_id", "status", "title", "detail", "details", "reason", "domain", "location",
    "locationType", "parameter", "parameters", "value", "resource_id", "resource_type",
    "serviceErrorCode", "log_id", "request_id", "request_status", "debug_message",
    "display_message", "public_profiles", "sub_request_status", "sub_request_error_reason",
    "@type", "id", "ids", "username", "usernames",
})
# fmt: on
"""What platforms' refusals say of themselves. An answer may hold more, and persons in it."""


def refusal(value: object, secrets: Sequence[str]) -> object:
    """Return the fields of a refused answer that may be kept, without secrets and not too long."""
    if isinstance(value, dict):
        kept = {name: inner for name, inner in value.items() if name in REFUSAL_FIELDS}
        return {name: refusal(inner, secrets) for name, inner in kept.items()}
    if isinstance(value, list):
        return [refusal(inner, secrets) for inner in value]
    return redact(value, secrets)[:LONGEST_REASON] if isinstance(value, str) else value
