"""Taking accounts out of what platforms answered, and out of what unfinished runs wrote down.

Belongs here: cutting an account out of an archived answer that it shares with others, and files
without the lines that are about it. Does not belong here: the lake's parts (`erasure.py`).

A line that is about the accounts alone goes. One that is about others too keeps what is theirs
where the accounts' part can be told apart: the request names each account in a list, and so does
the answer. Everything else goes whole: an answer less can be lived with, a trace cannot.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

import zstandard

from extractors.atomic import sync_directory, whole_file
from extractors.platforms.archive import read_raw

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

Line = dict[str, Any]

_BETWEEN = re.compile(r"[/,\s]")


class Names:
    """What accounts are called: our ids, and the ids, handles and post ids of their platforms."""

    def __init__(self, accounts: Iterable[str], aliases: Mapping[str, Iterable[str]]) -> None:
        self.accounts = frozenset(accounts)
        given = [alias for account in self.accounts for alias in aliases.get(account, ())]
        self._words = {_plain(alias) for alias in [*given, *self.accounts] if alias}

    def mark(self, value: object) -> bool:
        """Return whether a text or a number is one of the names, or holds one as a part."""
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            return False
        text = _plain(str(value))
        return text in self._words or any(_plain(p) in self._words for p in _BETWEEN.split(text))

    def occur_in(self, value: object) -> bool:
        """Return whether a name stands anywhere in what was read from JSON."""
        if isinstance(value, dict):
            return any(self.mark(key) or self.occur_in(v) for key, v in value.items())
        if isinstance(value, list):
            return any(self.occur_in(entry) for entry in value)
        return self.mark(value)


def cut_line(line: Line, names: Names) -> Line | None:
    """Return an archived answer without the accounts, itself when it is not about them.

    Returns:
        None where nothing may stay.
    """
    job = line.get("job")
    if job is None:  # the first archives did not say whom an answer is about
        return None if names.occur_in(line) else line
    others = [account for account in job["accounts"] if account not in names.accounts]
    if len(others) == len(job["accounts"]):
        return line
    request = line.get("request") or {}
    params = _cut_params(request.get("params") or [], names)
    if not others or params is None:
        return None
    left = {**line, "job": {**job, "accounts": others}, "request": {**request, "params": params}}
    if "answer" in line:
        left["answer"] = _cut(line["answer"], names)
    return None if names.occur_in(left) else left


def rewrite_answers(path: Path, names: Names, *, is_rehearsal: bool) -> int:
    """Take the accounts out of one file of answers; return how many of its lines lose something."""
    lines = list(read_raw(path))
    cut = [cut_line(line, names) for line in lines]
    changed = sum(new is not old for new, old in zip(cut, lines, strict=True))
    if not changed or is_rehearsal:
        return changed
    packer = zstandard.ZstdCompressor(level=3)
    kept = (json.dumps(x, ensure_ascii=False, separators=(",", ":")) for x in cut if x is not None)
    # A frame a line, as the archive writes them.
    replace_file(path, b"".join(packer.compress(f"{text}\n".encode()) for text in kept))
    return changed


def rewrite_checkpoint(path: Path, names: Names, *, is_rehearsal: bool) -> int:
    """Take the accounts' lines out of a checkpoint; return how many there are."""
    head, *lines = path.read_text(encoding="utf-8").split("\n")
    kept = [line for line in lines if not _is_about(line, names)]
    gone = len(lines) - len(kept)
    if gone and not is_rehearsal:
        text = "\n".join([head, *kept])
        replace_file(path, text.encode() if any(kept) else b"")
    return gone


def replace_file(path: Path, content: bytes) -> None:
    """Give a file other bytes in one step, or remove it when there are none. Its time stays."""
    if not content:
        path.unlink()
        sync_directory(path.parent)
        return
    times = path.stat()
    with whole_file(path) as file:
        file.write(content)
        file.flush()
        # Answers of one moment are read again in the order in which their files were written.
        os.utime(file.fileno(), ns=(times.st_atime_ns, times.st_mtime_ns))


def _cut_params(params: list[list[Any]], names: Names) -> list[list[Any]] | None:
    """Return a query without the accounts; None unless it names others beside them."""
    kept: list[list[Any]] = []
    has_named = False
    for name, value in params:
        parts = str(value).split(",")
        left = [part for part in parts if not names.mark(part)]
        has_named = has_named or len(left) < len(parts)
        if len(left) == len(parts):
            kept.append([name, value])
        elif left:
            kept.append([name, ",".join(left)])
    cut = {name for name, value in params if names.mark(value)}
    has_others = all(any(name == other for other, _ in kept) for name in cut)
    return kept if has_named and has_others else None


def _cut(value: object, names: Names) -> object:
    """Return a value without the outermost entries of lists in which a name stands."""
    if isinstance(value, list):
        return [entry for entry in value if not names.occur_in(entry)]
    if isinstance(value, dict):
        return {key: _cut(v, names) for key, v in value.items()}
    return value


def _is_about(line: str, names: Names) -> bool:
    if not line:
        return False
    try:
        return json.loads(line)["account_id"] in names.accounts
    except (ValueError, KeyError, TypeError):
        return True  # cut off by a kill: nobody can read whose it was


def _plain(text: str) -> str:
    return text.strip().removeprefix("@").casefold()
