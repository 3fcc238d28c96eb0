"""One platform's stream of one local day, from the registry's accounts to the lake.

Belongs here: which days can be asked for, going on after a crash, what is written, the report.
Does not belong here: anything a single platform does (its module) or HTTP.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pyarrow as pa

from extractors.errors import DayRefused, ExtractionError, QuotaExhausted, not_stored
from extractors.http import Timing, Traffic
from extractors.ledger import Ledger, LedgerUnusable
from extractors.locks import stream_lock
from extractors.platforms.archive import RawArchive, raw_folder
from extractors.platforms.checkpoint import Checkpoint
from extractors.platforms.discovery import extractor_for
from extractors.platforms.report import ExtractionReport, describe, problems_of
from extractors.platforms.rows import facts, stored_rows, subject
from extractors.platforms.session import Notes, Outcome, Session, Status, Target
from extractors.platforms.targets import targets_of
from extractors.records import SCHEMAS, STREAMS, as_row, local_date

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence

    from extractors.lake import Lake, PartResult
    from extractors.platforms.base import PlatformExtractor
    from extractors.registry import Registry, RegistryAccount

log = logging.getLogger(__name__)

SANDBOX_TOKEN = "sandbox"  # noqa: S105 - what the sandbox accepts; real tokens never go there
MIDDAY = time(12)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractionSettings:
    """What a deployment decides.

    Attributes:
        timezone: IANA zone whose calendar days are meant.
        sandbox_url: Base address of a running sandbox; when set, every platform is read from it.
        credentials: Environment name -> value; platforms pick theirs.
        use_limits: Keep the published pace of a platform; benchmarks switch it off.
    """

    timezone: str = "Europe/Stockholm"
    sandbox_url: str | None = None
    credentials: Mapping[str, str] = field(default_factory=dict)
    use_limits: bool = True


def utc_now() -> datetime:
    """Return the present."""
    return datetime.now(tz=UTC)


def extract(
    platform: str,
    stream: str,
    day: date,
    accounts: Registry | Iterable[RegistryAccount],
    *,
    lake: Lake,
    settings: ExtractionSettings,
    load_id: str,
    clock: Callable[[], datetime] = utc_now,
    timing: Timing | None = None,
) -> ExtractionReport:
    """Read one platform's stream of one local day into the lake.

    One account's failure never stops another. What was read before is kept: accounts that cannot
    be read now keep the rows of an earlier run of the same day. Running again changes nothing when
    the platform answers the same.

    Args:
        platform: Name in `records.Platform`.
        stream: Of `records.STREAMS`.
        day: Local date in `settings.timezone`.
        accounts: The registry, or some of its accounts; others than this platform's and those not
            valid on the day are left out.
        lake: Where records and raw answers go.
        settings: What the deployment decides.
        load_id: Written into every new record, and the raw archive's file name.
        clock: The present, aware.
        timing: Clocks and pauses of the HTTP client; replaced in tests.

    Raises:
        ValueError: for a platform or stream that cannot be read.
        DayRefused: for a day in the future, or a past one the platform cannot answer for; the
            message names the import.
        NotStored: when the disk is full or closed to us; what lay in the lake stays.
        WarehouseBusy: when another run has been at the stream for too long; it is named.
    """
    extractor = extractor_for(platform)
    if stream not in extractor.streams:
        has = ", ".join(extractor.streams)
        raise ValueError(f"{extractor.title} has no {stream}. It has: {has}.")
    _refuse_day(extractor, stream, day, local_date(clock(), settings.timezone), settings)
    targets = targets_of(accounts, platform, day)
    missing = [] if settings.sandbox_url else _missing(extractor, settings)
    if missing or not targets:
        return _nothing_to_do(extractor, stream, day, targets, missing)
    run = _Run(extractor, stream, day, targets, lake, settings, load_id, clock, timing or Timing())
    who = f"the extraction of {extractor.title} {stream.replace('_', ' ')} of {day}"
    try:
        with stream_lock(lake.root, platform, stream, who=who, run=load_id):
            return run.report()
    except OSError as error:
        if stop := not_stored(error):
            raise stop from None
        raise


def _refuse_day(
    extractor: type[PlatformExtractor],
    stream: str,
    day: date,
    today: date,
    settings: ExtractionSettings,
) -> None:
    if day > today:
        raise DayRefused(f"{day} has not come yet; today is {today}", platform=extractor.name)
    if day < today and not (extractor.can_answer_past or settings.sandbox_url):
        raise DayRefused(
            f"{extractor.title} only knows today ({today}); its {stream.replace('_', ' ')} of "
            f"{day} cannot be fetched any more",
            next_step="If somebody noted the numbers then, run: effektanalys import FILE",
        )


def _missing(extractor: type[PlatformExtractor], settings: ExtractionSettings) -> list[str]:
    return [name for name in extractor.credentials if not settings.credentials.get(name)]


def _nothing_to_do(
    extractor: type[PlatformExtractor],
    stream: str,
    day: date,
    targets: Sequence[Target],
    missing: Sequence[str],
) -> ExtractionReport:
    words = f"{extractor.title} skipped: "
    if not targets:
        words += f"the registry has no account on it on {day}."
    else:
        words += f"set {' and '.join(missing)} to read its {len(targets)} accounts."
    log.info("%s", words)
    return ExtractionReport(
        platform=extractor.name, stream=stream, day=day, message=words, skipped=len(targets)
    )


@dataclass
class _Run:
    extractor: type[PlatformExtractor]
    stream: str
    day: date
    targets: list[Target]
    lake: Lake
    settings: ExtractionSettings
    load_id: str
    clock: Callable[[], datetime]
    timing: Timing
    notes: Notes = field(default_factory=Notes)
    traffic: Traffic = field(default_factory=Traffic)

    def report(self) -> ExtractionReport:
        """Read what is left to read, write the part, and say what came of it."""
        folder = raw_folder(self.lake.root, self.extractor.name, self.day)
        origin = "sandbox" if self.settings.sandbox_url else "live"
        checkpoint = Checkpoint(
            folder / f"{self.stream}.checkpoint.ndjson",
            stream=self.stream,
            identity=f"{self.extractor.source} {origin}",
        )
        outcomes = {
            account: outcome
            for account, outcome in checkpoint.load().items()
            if account in {target.account_id for target in self.targets}
        }
        left = [target for target in self.targets if target.account_id not in outcomes]
        archive = RawArchive(folder, self.load_id)
        with checkpoint:
            stopped = asyncio.run(self._read(left, archive, checkpoint, outcomes)) if left else None
        written = self._write(list(outcomes.values()))
        if written[0] is not None and not written[0].changed:
            archive.discard()
        if stopped is None:
            checkpoint.finish()
        return self._describe(outcomes, written, stopped)

    async def _read(
        self,
        left: list[Target],
        archive: RawArchive,
        checkpoint: Checkpoint,
        outcomes: dict[str, Outcome],
    ) -> ExtractionError | None:
        session = self._session(archive, checkpoint)
        async with session:
            extractor = self.extractor(session)
            try:
                waiting = set(self._ledger().left(self.stream))  # the sort keeps their order
                left.sort(key=lambda target: target.account_id not in waiting)
                async with aclosing(self._outcomes(extractor, left)) as stream:
                    async for outcome in stream:
                        outcomes[outcome.account_id] = self._within_the_day(extractor, outcome)
                        checkpoint.add(outcomes[outcome.account_id])
            except ExtractionError as error:
                return error
        return None

    def _session(self, archive: RawArchive, checkpoint: Checkpoint) -> Session:
        url = self.settings.sandbox_url
        real = self.settings.credentials
        optional = self.extractor.optional_credentials
        names = (*self.extractor.credentials, *(n for n in optional if url or real.get(n)))
        return Session(
            platform=self.extractor.name,
            load_id=self.load_id,
            clock=self.clock,
            archive=archive.append,
            sandbox_url=url,
            sandbox_now=self._sandbox_now() if url else None,
            day=self.day,
            credentials={n: SANDBOX_TOKEN if url else real[n] for n in names},
            options={n: real[n] for n in self.extractor.options if real.get(n)},
            use_limits=self.settings.use_limits,
            timing=self.timing,
            notes=self.notes,
            traffic=self.traffic,
            stream=self.stream,
            pages=checkpoint,
            ledger=self._ledger(),
        )

    def _ledger(self) -> Ledger:
        """Return where use is noted: of the sandbox, whose days are played, apart and by day."""
        folder = raw_folder(self.lake.root, self.extractor.name, self.day)
        is_played = self.settings.sandbox_url is not None
        return Ledger(
            folder / "budget.sandbox.json" if is_played else folder.parent / "budget.json"
        )

    def _sandbox_now(self) -> datetime:
        """Midday of the day: the same for every run, so that a second run changes nothing."""
        midday = datetime.combine(self.day, MIDDAY, ZoneInfo(self.settings.timezone))
        return min(midday, self.clock()).astimezone(UTC)

    def _outcomes(
        self, extractor: PlatformExtractor, left: list[Target]
    ) -> AsyncGenerator[Outcome]:
        streams = {
            "profile_snapshots": extractor.profiles,
            "posts": extractor.posts,
            "inquiries": extractor.inquiries,
        }
        return streams[self.stream](left)

    def _within_the_day(self, extractor: PlatformExtractor, outcome: Outcome) -> Outcome:
        """Refuse what was read after midnight: it belongs to the next day's run.

        That an account is not visible is told by a profile snapshot, in its own stream only.
        """
        kind = STREAMS[self.stream]
        outcome = replace(outcome, records=tuple(r for r in outcome.records if isinstance(r, kind)))
        days = {local_date(r.observed_at, self.settings.timezone) for r in outcome.records}
        if days <= {self.day}:
            return outcome
        late = ExtractionError("was read after midnight, so it is not stored under this day")
        return extractor.failed(Target(account_id=outcome.account_id, platform_id=None), late)

    def _write(self, outcomes: list[Outcome]) -> tuple[PartResult | None, int]:
        """Write the day's part; return it with the number of rows that are new in it.

        What an earlier run of the day saw stays: a reading is replaced by a newer one, never by a
        failure, nor by the account being out of sight later on.
        """
        if all(outcome.status is Status.FAILED for outcome in outcomes):
            return None, 0
        fresh = [as_row(record) for outcome in outcomes for record in outcome.records]
        read_again = {subject(row) for row in fresh}
        name = self.extractor.name
        earlier = stored_rows(self.lake, self.stream, name, self.day, self.extractor.source)
        kept = [row for row in earlier if subject(row) not in read_again]
        table = pa.Table.from_pylist(fresh + kept, schema=SCHEMAS[self.stream])
        part = self.lake.write_table(
            self.stream, self.extractor.name, self.day, self.extractor.source, table
        )
        if not earlier:
            return part, table.num_rows
        known = {facts(row) for row in earlier}
        return part, sum(facts(row) not in known for row in table.to_pylist())

    def _describe(
        self,
        outcomes: dict[str, Outcome],
        written: tuple[PartResult | None, int],
        stopped: ExtractionError | None,
    ) -> ExtractionReport:
        statuses = [outcome.status for outcome in outcomes.values()]
        counts = {status.value: statuses.count(status) for status in Status}
        counts["skipped"] = len(self.targets) - len(outcomes)
        part, rows_new = written
        rows = part.row_count if part else 0
        left = tuple(t.account_id for t in self.targets if t.account_id not in outcomes)
        used_up = stopped if isinstance(stopped, QuotaExhausted) else None
        with suppress(LedgerUnusable):  # then that is what stopped the run
            self._ledger().leave(self.stream, left if used_up else ())
        resets_at = used_up.resets_at if used_up else None
        reason = str(stopped) if stopped else None
        message = describe(
            self.extractor.title,
            self.stream,
            self.day,
            counts,
            rows=rows,
            stopped=reason,
            resets_at=resets_at,
        )
        log.info("%s", message)
        return ExtractionReport(
            platform=self.extractor.name,
            stream=self.stream,
            day=self.day,
            message=message,
            rows=rows,
            rows_new=rows_new,
            changed=part is not None and part.changed,
            problems=problems_of(list(outcomes.values()), self.notes.seen),
            stopped=reason,
            left=left,
            resets_at=resets_at,
            requests=self.traffic.requests,
            retries=self.traffic.retries,
            waited_seconds=self.traffic.waited_seconds,
            **counts,
        )
