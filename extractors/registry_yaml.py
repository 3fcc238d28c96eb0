"""Read one registry file so that every mistake can be named with its line.

Belongs here: YAML to plain values, with a line for every path. Anything that YAML would quietly
turn into something else (`no`, `012`, a key given twice, a tag) is a problem, not a value.
"""

from __future__ import annotations

import re
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
_DECIMAL = re.compile(r"-?[0-9]+\.[0-9]+")
_KINDS = {"str", "null", "bool", "int", "float", "timestamp", "map", "seq"}
_DEEPEST = 20
"""Three times what a registry file needs; libyaml's composer overruns the stack on a deep one."""


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
    """A file's values, the line of every path in them, and what was wrong already.

    `judged` holds the paths that no model need complain of again.
    """

    file: Path
    value: object = None
    lines: dict[Location, int] = field(default_factory=dict)
    written: dict[Location, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    judged: set[Location] = field(default_factory=set)
    is_read: bool = False

    def line(self, where: Location) -> int:
        """Return the line of a path, or of the nearest path above it."""
        while where not in self.lines and where:
            where = where[:-1]
        return self.lines.get(where, 1)

    def problem(self, where: Location, message: str) -> Problem:
        """Note a mistake at a path."""
        found = Problem(self.file, self.line(where), message)
        if found not in self.problems:
            self.problems.append(found)
        return found


@dataclass(frozen=True, slots=True)
class Unclear:
    """A plain word that YAML takes for something else; the model says what it should have been."""

    written: str


def read_document(file: Path) -> Document:
    """Return the file's values with their lines; unreadable YAML is a problem, not an error."""
    document = Document(file)
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        document.problem((), f"is not UTF-8 (byte {error.start}); save it as UTF-8")
        return document
    except OSError as error:
        document.problem((), f"cannot be read: {error.strerror}")
        return document
    try:
        if _is_plain(document, text):
            root = yaml.compose(text, Loader=_Loader)
            if root is None:
                document.problem((), "is empty")
            else:
                document.value = _value(document, root, ())
                document.is_read = True
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        document.problems.append(Problem(file, line, f"is not YAML: {error.problem}"))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        document.problems.append(Problem(file, line, f"is not YAML: {error.reason}"))
    return document


def validate(document: Document, model: type[ModelT]) -> ModelT | None:
    """Return the file as a model, or None after noting everything that is wrong with it."""
    if not document.is_read:
        return None
    try:
        read = model.model_validate(document.value)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            note(document, (), detail)
        return None
    return None if document.problems else read


def note(document: Document, place: Location, detail: ErrorDetails) -> None:
    """Note what a model says is wrong with what lies at `place`."""
    where = _known(document, (*place, *detail["loc"]))
    if where not in document.judged and not _of_another_branch(document, where, detail):
        document.problem(where, _worded(document, where, detail))


def _is_plain(document: Document, text: str) -> bool:
    # Events come one by one, in constant memory; nodes would be built of whatever is there.
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            words = f"the alias *{event.anchor} is not allowed here; write the value again"
            document.problems.append(Problem(document.file, line, words))
            return False
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                document.problems.append(Problem(document.file, line, "is nested too deep"))
                return False
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return True


def _value(document: Document, node: yaml.Node, where: Location) -> object:
    document.lines[where] = node.start_mark.line + 1
    if node.tag.removeprefix(_PLAIN) not in _KINDS:
        document.problem(where, f"the tag {node.tag} is not allowed here; write a plain value")
        document.judged.add(where)
        return Unclear(str(node.tag))
    if isinstance(node, yaml.MappingNode):
        return _mapping(document, node, where)
    if isinstance(node, yaml.SequenceNode):
        return [_value(document, item, (*where, i)) for i, item in enumerate(node.value)]
    return _scalar(document, str(node.value), node.tag.removeprefix(_PLAIN), where)


def _mapping(document: Document, node: yaml.MappingNode, where: Location) -> dict[str, object]:
    values: dict[str, object] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            document.problems.append(Problem(document.file, line, "a key must be one plain word"))
            continue
        key = str(key_node.value)
        if key in values:
            words = f"{key!r} is given twice; the first is on line {document.line((*where, key))}"
            document.problems.append(Problem(document.file, line, words))
            continue
        values[key] = None
        values[key] = _value(document, value_node, (*where, key))
        document.lines[(*where, key)] = line
    return values


def _scalar(document: Document, text: str, kind: str, where: Location) -> object:
    document.written[where] = text
    plain: dict[str, Callable[[str], object]] = {
        "str": str,
        "null": lambda _: None,
        "bool": lambda word: {"true": True, "false": False}.get(word.lower(), Unclear(word)),
        "int": lambda digits: int(digits) if str(int(digits)) == digits else Unclear(digits),
        "float": lambda digits: float(digits) if _DECIMAL.fullmatch(digits) else Unclear(digits),
        "timestamp": date.fromisoformat,
    }
    try:
        return plain[kind](text)
    except ValueError:
        return Unclear(text)


_WORDS = {
    "missing": "{name!r} is missing",
    "string_type": "{name}: {written} is no text here; put it in quotes",
    "bool_type": "{name}: {written} must be true or false",
    "int_type": "{name}: {written} must be a whole number: digits only, no quotes",
    "float_type": "{name}: {written} must be a number: digits and a point, no quotes",
    "tuple_type": "{name} must be a list, each entry after a dash",
    "dict_type": "{name} must be keys with values",
    "model_type": "{name} must be keys with values",
    "model_attributes_type": "{name} must be keys with values",
    "too_long": "{name} is too long",
    "too_short": "{name} needs at least {limit} entries",
    "string_too_long": "{name}: {written!r} is too long",
    "greater_than": "{name}: {written} must be more than {limit}",
    "greater_than_equal": "{name}: {written} must be at least {limit}",
    "less_than_equal": "{name}: {written} must be at most {limit}",
}
_FORMER_NAMES = {"twitter": "x", "youtube_channel": "youtube", "facebook_page": "facebook"}
_LONGEST_ID = 100


def _worded(document: Document, where: Location, detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx") or {}
    of_a_key = kind in ("missing", "extra_forbidden")
    steps = [s for s in (detail["loc"] if of_a_key else where) if isinstance(s, str)]
    name = steps[-1] if steps else "the file"
    written = document.written.get(where, str(detail["input"]))
    if kind == "extra_forbidden":
        allowed = list(_owner(where).model_fields)
        return f"unknown key {name!r}{nearest(name, allowed) or '; known: ' + ', '.join(allowed)}"
    if kind in ("enum", "literal_error"):
        words = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ").split(", ")
        close = nearest(_FORMER_NAMES.get(written.lower(), written), words)
        return f"{name}: {written!r} is not one of {', '.join(words)}{close}"
    if kind == "string_pattern_mismatch":
        return f"{name}: {written!r} {_pattern_words(name, written)}"
    if kind == "value_error":
        whole = not where or isinstance(where[-1], int)
        said = str(context.get("error"))
        return said if whole or where not in document.written else f"{name}: {written!r} {said}"
    limit = next(
        (context[k] for k in ("gt", "ge", "le", "max_length", "min_length") if k in context), ""
    )
    if where and isinstance(where[-1], int) and not of_a_key:
        name = f"an entry of {name}"
    if kind in _WORDS:
        return _WORDS[kind].format(name=name, written=written, limit=limit)
    return f"{name}: {written!r}: {detail['msg']}"


def _pattern_words(name: str, written: str) -> str:
    if name == "quarter":
        return "is no quarter; write it as 2025-Q3"
    if len(written) > _LONGEST_ID:
        return f"is longer than {_LONGEST_ID} characters"
    return "may have only small letters, digits and _, and begins with a letter or digit"


def _known(document: Document, where: Location) -> Location:
    # Branches of a union put their type's name into the location; it is no path of the file.
    known: Location = ()
    for step in where:
        if (*known, step) in document.lines:
            known = (*known, step)
    return known


def _of_another_branch(document: Document, where: Location, detail: ErrorDetails) -> bool:
    # An attribute is a text or a list of texts with days; what each of them misses is said once.
    branches = [s for s in detail["loc"] if isinstance(s, str) and "[" in s]
    is_text = where in document.written
    if any(branch.startswith("tuple[") for branch in branches):
        return is_text and detail["type"] == "tuple_type"
    return bool(branches) and not is_text


def _owner(where: Location) -> type[BaseModel]:
    steps = [step for step in where[:-1] if isinstance(step, str)]
    return next((_OWNERS[s] for s in reversed(steps) if s in _OWNERS), models.Industry)


_OWNERS: dict[str, type[BaseModel]] = {
    "organisations": models.Organisation,
    "accounts": models.Account,
    "handles": models.HandleValidity,
    "breaks": models.DeclaredBreak,
    "population": models.Population,
    "waivers": models.Waiver,
    "attributes": models.AttributeValue,
    "targets": models.Target,
    "peer_groups": models.PeerGroup,
}
