"""Rebuild the lake's records from the archive, without asking the platform.

Belongs here: which archived answers are read again, what replaces what, and the report. Does not
belong here: how answers are read: the platform's own module does it, from `replay.py`.

An account's rows are replaced where the archive answers everything its module asks; where it does
not, the rows stay as they are. Equal facts leave the part untouched.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pyarrow as pa

from extractors.errors import DayRefused, ExtractionError
from extractors.http import Timing
from extractors.locks import stream_lock
from extractors.platforms.archive import raw_folder, read_raw
from extractors.platforms.discovery import extractor_for
from extractors.platforms.exchange import HIDDEN_VALUE
from extractors.platforms.replay import Replay, is_replayable
from extractors.platforms.rows import facts, stored_rows, subject
from extractors.platforms.run import utc_now
from extractors.platforms.session import Notes, Outcome, Session, Status
from extractors.platforms.targets import targets_of
from extractors.records import SCHEMAS, STREAMS, Origin, as_row, local_date

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
    from datetime import date, datetime

    from extractors.lake import Lake
    from extractors.platforms.base import PlatformExtractor
    from extractors.platforms.replay import Line
    from extractors.platforms.rows import Row
    from extractors.platforms.session import Target
    from extractors.registry import Registry, RegistryAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class ReparseReport:
    """What reading a platform's archive again gave.

    Attributes:
        platform: Name.
        first: Local date.
        last: Local date, included.
        rebuilt: Rows that the archive gave again.
        changed: Rows among them that say something else than the lake did, or were not in it.
        dropped: Rows of the lake that the same answers no longer give.
        left: Rows of the lake that could not be rebuilt and stay as they are.
        problems: One line for each thing a person may want to know.
        message: All of it in one line.
    """

    platform: str
    first: date
    last: date
    rebuilt: int
    changed: int
    dropped: int
    left: int
    problems: tuple[str, ...]
    message: str

    def __str__(self) -> str:
        return self.message


def reparse(
    platform: str,
    first: date,
    last: date,
    accounts: Registry | Iterable[RegistryAccount],
    *,
    lake: Lake,
    load_id: str,
    clock: Callable[[], datetime] = utc_now,
) -> ReparseReport:
    """Rebuild a platform's records of some local days from the archive.

    Args:
        platform: Name in `records.Platform`.
        first: First local day.
        last: Last local day, included.
        accounts: The registry, or some of its accounts; others keep their rows.
        lake: Where archive and records lie.
        load_id: Written into rows that change.
        clock: The present, aware.

    Raises:
        ValueError: for a platform that has no module.
        DayRefused: when `last` comes before `first`.
        WarehouseBusy: when a run has been at a stream for too long; it is named.
    """
    extractor = extractor_for(platform)
    if last < first:
        raise DayRefused(f"{last} comes before {first}", next_step="Swap --from and --to.")
    total, problems = Counter[str](), list[str]()
    known = list(accounts if not hasattr(accounts, "accounts") else accounts.accounts())
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        rebuilding = _Day(extractor, day, targets_of(known, platform, day), lake, load_id, clock)
        for stream in extractor.streams:
            who = f"the reparse of {extractor.title} {stream.replace('_', ' ')} of {day}"
            with stream_lock(lake.root, platform, stream, who=who, run=load_id):
                total += rebuilding.rebuild(stream)
        problems += rebuilding.problems
    days = f"of {first}" if first == last else f"from {first} to {last}"
    message = (
        f"{extractor.title} {days}: {total['rebuilt']:,} rows rebuilt from the archive, "
        f"{total['changed']:,} of them changed, {total['dropped']:,} dropped; "
        f"{total['left']:,} could not be rebuilt and stay as they are"
    )
    if total["purged"]:
        message += (
            f", {total['purged']:,} of these because their answers are no longer kept "
            f"({extractor.title}'s are kept for {extractor.raw_retention_days} days)"
        )
    return ReparseReport(
        platform=platform,
        first=first,
        last=last,
        rebuilt=total["rebuilt"],
        changed=total["changed"],
        dropped=total["dropped"],
        left=total["left"],
        problems=tuple(dict.fromkeys(problems)),
        message=f"{message}.",
    )


@dataclass
class _Day:
    extractor: type[PlatformExtractor]
    day: date
    targets: list[Target]
    lake: Lake
    load_id: str
    clock: Callable[[], datetime]
    problems: list[str] = field(default_factory=list)

    def rebuild(self, stream: str) -> Counter[str]:
        """Rebuild one stream's part; return what became of its rows."""
        name, source = self.extractor.name, self.extractor.source
        stored = stored_rows(self.lake, stream, name, self.day, source)
        runs = self._runs(stream)
        if not runs:
            is_purged = not raw_folder(self.lake.root, name, self.day).exists()
            return Counter(left=len(stored), purged=len(stored) if is_purged else 0)
        outcomes = [outcome for run in runs for outcome in self._replay(stream, run, runs)]
        failed = {o.account_id for o in outcomes if o.status is Status.FAILED}
        answered = {o.account_id for o in outcomes} - failed
        rebuilt: dict[tuple[object, ...], Row] = {}
        for outcome in outcomes:
            rows = (as_row(record) for record in outcome.records)
            rebuilt |= {subject(row): row for row in rows}
        # Arrow gives every value the type the lake reads it back with.
        table = pa.Table.from_pylist(list(rebuilt.values()), schema=SCHEMAS[stream])
        fresh = {subject(row): row for row in table.to_pylist()}
        by_facts = {facts(row): row for row in stored}
        gone = [row for row in stored if subject(row) not in fresh]
        left = [row for row in gone if row["account_id"] not in answered]
        part = [by_facts.get(facts(row), row) for row in fresh.values()] + left
        if part or stored:
            table = pa.Table.from_pylist(part, schema=SCHEMAS[stream])
            self.lake.write_table(stream, name, self.day, source, table)
        return Counter(
            rebuilt=len(fresh),
            changed=sum(facts(row) not in by_facts for row in fresh.values()),
            dropped=len(gone) - len(left),
            left=len(left),
        )

    def _runs(self, stream: str) -> list[list[Line]]:
        """Return the stream's archived lines run by run, the earliest run first."""
        folder = raw_folder(self.lake.root, self.extractor.name, self.day)
        runs = []
        # The sandbox's answers of a day all have one moment: then the file written last is newest.
        for file in sorted(folder.glob("*.ndjson.zst"), key=lambda file: file.stat().st_mtime_ns):
            lines = [x for x in read_raw(file) if is_replayable(x) and x["stream"] == stream]
            runs += [lines] if lines else []
        return sorted(runs, key=lambda lines: str(lines[0]["observed_at"]))

    def _replay(self, stream: str, lines: list[Line], runs: Sequence[list[Line]]) -> list[Outcome]:
        others = [line for run in runs if run is not lines for line in run]
        replay = Replay(lines=lines, others=others, origin=Origin(lines[0]["origin"]))
        notes = Notes()
        names = self.extractor.credentials
        session = Session(
            platform=self.extractor.name,
            load_id=self.load_id,
            clock=self.clock,
            archive=lambda _: None,
            day=self.day,
            credentials=dict.fromkeys(names, HIDDEN_VALUE),
            use_limits=False,
            timing=Timing(now=self.clock),
            notes=notes,
            stream=stream,
            replay=replay,
        )
        outcomes = asyncio.run(self._read(self.extractor(session), stream, replay))
        self.problems += [o.problem for o in outcomes if o.status is Status.FAILED and o.problem]
        self.problems += notes.seen.values()
        return [self._of_the_day(stream, outcome) for outcome in outcomes]

    async def _read(
        self, extractor: PlatformExtractor, stream: str, replay: Replay
    ) -> list[Outcome]:
        outcomes: list[Outcome] = []
        of_account = {target.account_id: target for target in self.targets}
        for job in replay.jobs:
            targets = [of_account[name] for name in job if name in of_account]
            if not targets:
                continue
            replay.select(job)
            try:
                async with aclosing(_streamed(extractor, stream, targets)) as found:
                    outcomes += [outcome async for outcome in found]
            except ExtractionError as error:
                outcomes += [extractor.failed(target, error) for target in targets]
        return outcomes

    def _of_the_day(self, stream: str, outcome: Outcome) -> Outcome:
        """Leave out what a run would: other streams' records and those after midnight."""
        kind = STREAMS[stream]
        records = [record for record in outcome.records if isinstance(record, kind)]
        days = {local_date(record.observed_at, self.lake.timezone) for record in records}
        status = outcome.status if days <= {self.day} else Status.FAILED
        kept = tuple(records) if status is not Status.FAILED else ()
        return Outcome(
            account_id=outcome.account_id, status=status, records=kept, problem=outcome.problem
        )


def _streamed(
    extractor: PlatformExtractor, stream: str, targets: list[Target]
) -> AsyncGenerator[Outcome]:
    read = {
        "profile_snapshots": extractor.profiles,
        "posts": extractor.posts,
        "inquiries": extractor.inquiries,
    }
    return read[stream](targets)
