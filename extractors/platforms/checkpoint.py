"""What a run had finished when it died, so that the next one goes on from there.

Belongs here: a small file a stream and day, beside the raw archive, one line an account or a page
of an account that is not finished.
Does not belong here: the lake's parts; a checkpoint is gone once its part is written.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, TextIO

from extractors.platforms.paging import Page
from extractors.platforms.session import Outcome, Status
from extractors.records import STREAMS, Record, as_row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_encode = json.JSONEncoder(ensure_ascii=False).encode
_STREAM_OF = {record: stream for stream, record in STREAMS.items()}
_TIMES = {
    stream: {f.name for f in fields(record) if "datetime" in str(f.type)}
    for stream, record in STREAMS.items()
}


class Checkpoint:
    """Outcomes of accounts, and pages, that need not be asked again for this stream and day.

    Lines are flushed to the operating system, not to the disk: they outlive a killed process, and
    after a power failure the accounts concerned are merely asked again.

    Args:
        path: The file; its folder is made when the first line is written.
        stream: Of `records.STREAMS`.
        identity: What a run must have in common to go on here (origin, source); a file written
            under another identity is started over.
    """

    def __init__(self, path: Path, *, stream: str, identity: str) -> None:
        self._path = path
        self._stream = stream
        self._pages: defaultdict[str, dict[str, list[Page[Any]]]] = defaultdict(dict)
        self._head = json.dumps({"checkpoint": stream, "identity": identity})
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def load(self) -> dict[str, Outcome]:
        """Return the finished accounts by id; a line cut off by a kill is left out."""
        if not self._path.exists():
            return {}
        head, *lines = self._path.read_text(encoding="utf-8").split("\n")
        if head != self._head:
            self.remove()
            return {}
        found: dict[str, Outcome] = {}
        for line in lines:
            try:
                found |= self._take(json.loads(line))
            except (ValueError, KeyError, TypeError):
                continue
        return found

    def add(self, outcome: Outcome) -> None:
        """Remember a finished account; a failed one is not: it is to be asked again."""
        if outcome.status is Status.FAILED:
            return
        self._pages.pop(outcome.account_id, None)
        self._append(
            {
                "account_id": outcome.account_id,
                "status": outcome.status,
                "problem": outcome.problem,
                "records": [_plain(record) for record in outcome.records],
            }
        )

    def pages(self, account: str, name: str) -> Sequence[Page[Any]]:
        """Return the finished pages of an account's list, in their order."""
        return self._pages[account].get(name, ())

    def add_page(self, account: str, name: str, page: Page[Any]) -> None:
        """Keep the next page of a list."""
        self._pages[account].setdefault(name, []).append(page)
        self._append(_line_of(account, name, page))

    def drop_pages(self, account: str, name: str) -> None:
        """Forget a list: it is to be read from its start."""
        if self._pages[account].pop(name, None):
            self._append({"account_id": account, "list": name, "page": None})

    def finish(self) -> None:
        """Forget everything but the pages of accounts that failed: the part is written."""
        unfinished = [
            _line_of(account, name, page)
            for account, lists in self._pages.items()
            for name, pages in lists.items()
            for page in pages
        ]
        if not unfinished:
            self.remove()
            return
        self._close()
        draft = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        text = (_encode(line) for line in unfinished)
        draft.write_text("\n".join((self._head, *text)), encoding="utf-8")
        draft.replace(self._path)

    def remove(self) -> None:
        """Forget everything."""
        self._close()
        self._path.unlink(missing_ok=True)

    def _append(self, line: dict[str, Any]) -> None:
        if self._file is None:
            self._file = self._open()
        # A line cut off by a kill must not swallow this one.
        self._file.write("\n" + _encode(line))
        self._file.flush()

    def _open(self) -> TextIO:
        is_new = not self._path.exists()
        if is_new:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self._path.open("a", encoding="utf-8")
        if is_new:
            self._path.chmod(0o600)
            file.write(self._head + "\n")
        return file

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _take(self, line: dict[str, Any]) -> dict[str, Outcome]:
        """Take in one line; return the finished account it tells of, if it does."""
        account = line["account_id"]
        if "list" in line:
            self._take_page(self._pages[account], line["list"], line["page"])
            return {}
        outcome = Outcome(
            account_id=account,
            status=Status(line["status"]),
            records=tuple(_record(self._stream, values) for values in line["records"]),
            problem=line["problem"],
        )
        self._pages.pop(account, None)
        return {account: outcome}

    def _take_page(
        self, lists: dict[str, list[Page[Any]]], name: str, page: dict[str, Any] | None
    ) -> None:
        if page is None:
            lists.pop(name, None)
            return
        records = tuple(_record(stream, values) for stream, values in page["records"])
        read: Page[Any] = Page(**{**page, "records": records, "problems": tuple(page["problems"])})
        lists.setdefault(name, []).append(read)


def _line_of(account: str, name: str, page: Page[Any]) -> dict[str, Any]:
    plain = asdict(replace(page, records=()))
    records = [(_STREAM_OF[type(record)], _plain(record)) for record in page.records]
    return {"account_id": account, "list": name, "page": {**plain, "records": records}}


def _plain(record: Record) -> dict[str, Any]:
    values = as_row(record)
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in values.items()}


def _record(stream: str, values: dict[str, Any]) -> Record:
    times = {name: values[name] for name in _TIMES[stream] & values.keys()}
    read = {name: datetime.fromisoformat(text) if text else None for name, text in times.items()}
    return STREAMS[stream](**(values | read))
