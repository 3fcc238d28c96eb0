"""What a run had finished when it died, so that the next one goes on from there.

Belongs here: a small file a stream and day, beside the raw archive, one line an account.
Does not belong here: the lake's parts; a checkpoint is gone once its part is written.
"""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from extractors.platforms.session import Outcome, Status
from extractors.records import STREAMS, Record

if TYPE_CHECKING:
    from pathlib import Path


class Checkpoint:
    """Outcomes of accounts that need not be asked again for this stream and day.

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
        self._record = STREAMS[stream]
        self._times = {f.name for f in fields(self._record) if "datetime" in str(f.type)}
        self._head = json.dumps({"checkpoint": stream, "identity": identity})

    def load(self) -> dict[str, Outcome]:
        """Return the finished accounts by id; a line cut off by a kill is left out."""
        if not self._path.exists():
            return {}
        head, *lines = self._path.read_text(encoding="utf-8").split("\n")
        if head != self._head:
            self.remove()
            return {}
        found = {}
        for line in lines:
            try:
                outcome = self._read(json.loads(line))
            except (ValueError, KeyError, TypeError):
                continue
            found[outcome.account_id] = outcome
        return found

    def add(self, outcome: Outcome) -> None:
        """Remember a finished account; a failed one is not: it is to be asked again."""
        if outcome.status is Status.FAILED:
            return
        line = {
            "account_id": outcome.account_id,
            "status": outcome.status,
            "problem": outcome.problem,
            "records": [self._plain(record) for record in outcome.records],
        }
        is_new = not self._path.exists()
        if is_new:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            if is_new:
                self._path.chmod(0o600)
                file.write(self._head + "\n")
            # A line cut off by a kill must not swallow this one.
            file.write("\n" + json.dumps(line, ensure_ascii=False))

    def remove(self) -> None:
        """Forget everything: the part is written."""
        self._path.unlink(missing_ok=True)

    def _plain(self, record: Record) -> dict[str, Any]:
        values = asdict(record)
        return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in values.items()}

    def _read(self, line: dict[str, Any]) -> Outcome:
        records = tuple(self._record(**self._timed(values)) for values in line["records"])
        return Outcome(
            account_id=line["account_id"],
            status=Status(line["status"]),
            records=records,
            problem=line["problem"],
        )

    def _timed(self, values: dict[str, Any]) -> dict[str, Any]:
        times = {name: values[name] for name in self._times & values.keys()}
        return values | {k: datetime.fromisoformat(v) if v else None for k, v in times.items()}
