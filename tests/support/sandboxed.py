"""What the extraction tests share: time that never waits, accounts, a one-line extraction."""

from __future__ import annotations

import asyncio
import csv
import gzip
import io
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.dataset as ds

import extractors.sandbox
from extractors.http import Timing
from extractors.platforms import ExtractionReport, ExtractionSettings, extract
from extractors.records import Definition
from extractors.registry import RegistryAccount

if TYPE_CHECKING:
    from extractors.lake import Lake

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
LAST_DAY = date(2026, 8, 17)
SOURCE = Path(extractors.sandbox.__file__).parent / "worlds/uk_thinktanks_bluesky_followers.csv.gz"


@dataclass
class FakeTime:
    """Time that passes only while somebody sleeps; `pauses` tells for how long."""

    now: datetime = NOW
    seconds: float = 0.0
    pauses: list[float] = field(default_factory=list)

    def timing(self) -> Timing:
        return Timing(
            monotonic=lambda: self.seconds,
            now=lambda: self.now + timedelta(seconds=self.seconds),
            sleep=self.sleep,
            jitter=lambda: 0.5,
        )

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)


def source_rows() -> list[dict[str, str]]:
    """The bundled recording, read without any of the project's code."""
    return list(csv.DictReader(io.StringIO(gzip.decompress(SOURCE.read_bytes()).decode())))


def iso(day: str) -> str:
    """15/03/2025 or 2025-03-15 -> 2025-03-15."""
    return "-".join(reversed(day.split("/"))) if "/" in day else day


def registry_account(number: int, platform_id: str | None, **given: object) -> RegistryAccount:
    values = {
        "account_id": f"org_{number:02}.bluesky",
        "organisation_id": f"org_{number:02}",
        "platform": "bluesky",
        "platform_account_id": platform_id,
        "handles": (),
        "definition": Definition.FOLLOWERS,
        "scope": "national",
        "is_main": True,
        "valid_from": None,
        "valid_to": None,
        "successor_account_id": None,
        "breaks": (),
    }
    return RegistryAccount(**{**values, **given})


def think_tank_accounts() -> list[RegistryAccount]:
    dids = sorted({row["did"] for row in source_rows()})
    return [registry_account(number, did) for number, did in enumerate(dids)]


def run(
    lake: Lake,
    sandbox_url: str | None,
    accounts: list[RegistryAccount],
    *,
    day: date = LAST_DAY,
    stream: str = "profile_snapshots",
    load_id: str = "run-1",
    time: FakeTime | None = None,
    platform: str = "bluesky",
    **settings: object,
) -> ExtractionReport:
    """Extract one day with a clock that never waits."""
    fake = time or FakeTime()
    return extract(
        platform,
        stream,
        day,
        accounts,
        lake=lake,
        settings=ExtractionSettings(sandbox_url=sandbox_url, **settings),
        load_id=load_id,
        clock=lambda: fake.now,
        timing=fake.timing(),
    )


def stored(lake: Lake, stream: str = "profile_snapshots") -> list[dict[str, object]]:
    """Every row of a stream, with the hive keys as text."""
    data = ds.dataset(lake.root / stream, format="parquet", partitioning="hive")
    rows = data.to_table().to_pylist()
    return [row for row in rows if row["platform"] != "__none__"]
