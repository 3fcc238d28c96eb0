"""Read one registry file so that every mistake can be named with its line.

Belongs here: YAML to plain values, with a line for every path. Anything that YAML would quietly
turn into something else (`no`, `012`, a key given twice, a tag) is a problem, not a value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from extractors import registry_models as models
from extractors.words import nearest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydantic_core import ErrorDetails

Location = tuple[str | int, ...]
ModelT = TypeVar("ModelT", bound=BaseModel)

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN = "tag:yaml.org,2002:"
_KINDS = {"str", "null", "bool", "int", "float", "timestamp", "map", "seq"}


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: file, line (1-based) and what is wrong, with the nearest right word."""

    file: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(slots=True)
class Document:
    """A file's values, the line of every path in them, and what was wrong already."""

    file: Path
    value: object = None
    lines: dict[Location, int] = field(default_factory=dict)
    written: dict[Location, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, where: Location) -> int:
        """Return the line of a path, or of the nearest path above it."""
        while where not in self.lines and where:
            where = where[:-1]
        return self.lines.get(where, 1)

    def problem(self, where: Location, message: str) -> Problem:
        """Note a mistake at a path."""
        found = Problem(self.file, self.line(where), message)
        self.problems.append(found)
        return found


def read_document(file: Path) -> Document:
    """Return the file's values with their lines; unreadable YAML is a problem, not an error."""
    document = Document(file)
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        document.problem((), f"is not UTF-8 (byte {error.start}); save it as UTF-8")
        return document
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        document.problems.append(Problem(file, line, f"is not YAML: {error.problem}"))
        return document
    except (yaml.YAMLError, RecursionError) as error:
        document.problem((), f"is not YAML: {error}")
        return document
    if root is None:
        document.problem((), "is empty")
        return document
    try:
        document.value = _value(document, root, ())
    except RecursionError:
        document.problem((), "is nested too deep")
    return document


def validate(document: Document, model: type[ModelT]) -> ModelT | None:
    """Return the file as a model, or None after noting everything that is wrong with it."""
    if document.problems:
        return None
    try:
        return model.model_validate(document.value)
    except ValidationError as error:
        seen = set()
        for detail in error.errors(include_url=False):
            where, message = _worded(document, detail)
            if (where, message) not in seen:
                seen.add((where, message))
                document.problem(where, message)
        return None


def _value(document: Document, node: yaml.Node, where: Location) -> object:
    document.lines[where] = node.start_mark.line + 1
    if node.tag.removeprefix(_PLAIN) not in _KINDS:
        document.problem(where, f"the tag {node.tag} is not allowed here; write a plain value")
        return None
    if isinstance(node, yaml.MappingNode):
        return _mapping(document, node, where)
    if isinstance(node, yaml.SequenceNode):
        return [_value(document, item, (*where, i)) for i, item in enumerate(node.value)]
    return _scalar(document, str(node.value), node.tag.removeprefix(_PLAIN), where)


def _mapping(document: Document, node: yaml.MappingNode, where: Location) -> dict[str, object]:
    values: dict[str, object] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        if key in values:
            first = document.line((*where, key))
            document.lines[(*where, key)] = key_node.start_mark.line + 1
            document.problem((*where, key), f"{key!r} is given twice; the first is on line {first}")
            continue
        values[key] = None
        values[key] = _value(document, value_node, (*where, key))
        document.lines[(*where, key)] = key_node.start_mark.line + 1
    return values


def _scalar(document: Document, text: str, kind: str, where: Location) -> object:
    document.written[where] = text
    plain: dict[str, Callable[[str], object]] = {
        "str": str,
        "null": lambda _: None,
        "bool": lambda word: word.lower() in ("true", "yes", "on"),
        "int": int,
        "float": float,
        "timestamp": date.fromisoformat,
    }
    try:
        return plain.get(kind, str)(text)
    except ValueError:
        document.problem(where, f"{text} could mean several things; put it in quotes")
        return None


_WORDS = {
    "missing": "{name!r} is missing",
    "string_type": "{name}: {written} is no text here; put it in quotes",
    "bool_type": "{name}: {written} must be true or false",
}


def _worded(document: Document, detail: ErrorDetails) -> tuple[Location, str]:
    where = _known(document, tuple(detail["loc"]))
    name = str(detail["loc"][-1]) if detail["loc"] else "the file"
    kind = detail["type"]
    written = document.written.get(where, str(detail["input"]))
    if kind == "extra_forbidden":
        allowed = _allowed_keys(detail)
        return where, f"unknown key {name!r}{nearest(name, allowed)}"
    if kind in ("enum", "literal_error"):
        expected = str((detail.get("ctx") or {}).get("expected", ""))
        words = expected.replace("'", "").replace(" or ", ", ").split(", ")
        listed = f"{', '.join(words)}{nearest(written, words)}"
        return where, f"{name}: {written!r} is not one of {listed}"
    if kind == "string_pattern_mismatch":
        return where, f"{name}: {written!r} may have only small letters, digits and _"
    if kind == "value_error":
        return where, f"{name}: {(detail.get('ctx') or {}).get('error')}"
    if kind in _WORDS:
        return where, _WORDS[kind].format(name=name, written=written)
    return where, f"{name}: {written!r}: {detail['msg']}"


def _known(document: Document, where: Location) -> Location:
    # Branches of a union put their type's name into the location; it is no path of the file.
    return tuple(step for i, step in enumerate(where) if where[: i + 1] in document.lines) or where


def _allowed_keys(detail: ErrorDetails) -> list[str]:
    steps = [s for s in detail["loc"][:-1] if isinstance(s, str)]
    owner = _OWNERS.get(steps[-1] if steps else "", models.Industry)
    return list(owner.model_fields)


_OWNERS: dict[str, type[BaseModel]] = {
    "organisations": models.Organisation,
    "accounts": models.Account,
    "handles": models.HandleValidity,
    "breaks": models.DeclaredBreak,
    "population": models.Population,
    "waivers": models.Waiver,
    "attributes": models.AttributeValue,
}
