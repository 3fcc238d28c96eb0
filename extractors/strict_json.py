"""JSON read strictly: what Python's reader lets pass in silence is an error here.

Belongs here: NaN and infinities, duplicate keys, runaway nesting, numbers too long to be counts.
Does not belong here: what the fields mean.
"""

from __future__ import annotations

import json
from typing import NoReturn

MAX_DEPTH = 64
"""Deepest nesting accepted; the deepest real answer seen (threaded replies) has about 25."""

_MAX_DIGITS = 40
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


class NotJson(ValueError):
    """The bytes are not one whole JSON value: cut short, empty, or something else altogether."""


class BadJson(ValueError):
    """Whole JSON that must not be trusted; the message says why."""


def loads(body: bytes) -> object:
    """Return the value of a JSON document in UTF-8.

    Half a character, which is what a platform leaves of an emoji that it cuts in two, is read as
    U+FFFD: no file could hold it.

    Raises:
        NotJson: when the bytes end too early or are no JSON.
        BadJson: on NaN, Infinity, 1e400, a key given twice, numbers of over 40 digits, or nesting
            deeper than 64.
    """
    _check_depth(body)
    try:
        value = json.loads(
            body,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_short_integer,
            object_pairs_hook=_unique_keys,
        )
    except BadJson:
        raise
    except (ValueError, RecursionError):
        raise NotJson("the answer is not whole JSON") from None
    may_hold_halves = b"\xed" in body or b"\\ud" in body or b"\\uD" in body
    return _with_whole_characters(value) if may_hold_halves else value


def _with_whole_characters(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_with_whole_characters(part) for part in value]
    if isinstance(value, dict):
        return {
            _with_whole_characters(name): _with_whole_characters(part)
            for name, part in value.items()
        }
    return value


def _check_depth(body: bytes) -> None:
    """Refuse deep nesting before the recursive reader meets it; brackets in strings don't count."""
    if _is_shallow(body):
        return
    depth = deepest = 0
    for number, part in enumerate(_without_escapes(body).split(b'"')):
        if number % 2:
            continue  # inside a string
        if not part.strip(b"[]{},: \t\r\n"):
            depth, deepest = _walk(part, depth, deepest)
        else:
            depth, deepest = _walk(bytes(c for c in part if c in b"[]{}"), depth, deepest)
        if deepest > MAX_DEPTH:
            raise BadJson(f"it is nested deeper than {MAX_DEPTH} levels")


def _is_shallow(body: bytes) -> bool:
    """Return True where taking away innermost pairs leaves no bracket, which is fast to see.

    Brackets in strings may spoil the pairs: then nothing is said, and the slow way decides.
    """
    brackets = body.translate(None, _NO_BRACKETS)
    for _ in range(MAX_DEPTH):
        if not brackets:
            return True
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    return not brackets


def _walk(brackets: bytes, depth: int, deepest: int) -> tuple[int, int]:
    for character in brackets:
        if character in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in b"]}":
            depth -= 1
    return depth, deepest


def _without_escapes(body: bytes) -> bytes:
    return body.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in body else body


def _no_constant(name: str) -> NoReturn:
    raise BadJson(f"it holds {name}, which is no JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise BadJson("it holds a number too large to be true")
    return value


def _short_integer(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise BadJson(f"it holds an integer of {len(text)} digits")
    return int(text)


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise BadJson(f"it gives the key {twice[:60]!r} twice")
    return found
