"""A Google discovery document as a validator of answers.

Belongs here: what Google's own type names mean in JSON Schema. Does not belong here: what any
answer should hold (`tests/conformance/`).
"""

from __future__ import annotations

import json
from typing import Any

from googleapiclient import discovery_cache
from jsonschema import Draft202012Validator

_PLAIN = {"type", "enum"}
_TIME = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$"
_FORMATS: dict[str | None, dict[str, Any]] = {
    "int64": {"pattern": r"^-?[0-9]+$"},
    "uint64": {"pattern": r"^[0-9]+$"},
    "int32": {"minimum": -(2**31), "maximum": 2**31 - 1},
    "uint32": {"minimum": 0, "maximum": 2**32 - 1},
    "date-time": {"pattern": _TIME},
    "google-datetime": {"pattern": _TIME},
    "google-duration": {"pattern": r"^-?[0-9]+(\.[0-9]+)?s$"},
    "byte": {"pattern": r"^[A-Za-z0-9+/_-]*=*$"},
}


def document(name: str, version: str) -> dict[str, Any]:
    """Return a document that is bundled with google-api-python-client."""
    text = discovery_cache.get_static_doc(name, version)
    found: dict[str, Any] = json.loads(text)
    return found


def validator(doc: dict[str, Any], schema: str) -> Draft202012Validator:
    """Return what holds an answer to one schema of the document.

    A 64-bit number is a string of digits, a property the document does not name is an error, and
    a resource's `kind` is the one the document gives it.
    """
    definitions = {name: _converted(given) for name, given in doc["schemas"].items()}
    return Draft202012Validator({"$ref": f"#/$defs/{schema}", "$defs": definitions})


def _converted(given: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in given:
        return {"$ref": f"#/$defs/{given['$ref']}"}
    made = {key: value for key, value in given.items() if key in _PLAIN and value != "any"}
    made |= _FORMATS.get(given.get("format"), {})
    if "items" in given:
        made["items"] = _converted(given["items"])
    if given.get("type") == "object":
        properties = given.get("properties", {})
        made["properties"] = {name: _converted(value) for name, value in properties.items()}
        if "default" in properties.get("kind", {}):
            made["properties"]["kind"]["const"] = properties["kind"]["default"]
        more = given.get("additionalProperties")
        made["additionalProperties"] = _converted(more) if isinstance(more, dict) else False
    return made
