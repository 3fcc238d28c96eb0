"""How fast we read, beside a plain httpx loop and beside dlt's REST source, in one run.

Three questions, answered on the sandbox over a generated world:

- With a platform's published pace kept: how near do we come to it, never beyond? On a virtual
  clock that only our own pauses move, since some paces are 3,000 requests in 5 minutes.
- With the pace off: how many CPU seconds do we need, beside the least that httpx needs for the
  same calls and one Parquet file, without archive, checks, checkpoints or a second run's peace?
- The same beside dlt's REST source (Bluesky), installed into a folder of its own for the run.

Sandbox and readers are processes of their own, so that none is counted with or warmed by another.
Run: make bench-extraction
"""

from __future__ import annotations

import asyncio
import json
import math
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Measured, own_cpu
from benchmarks.rivals import DltStopped, dlt_rest, plain_httpx
from extractors.http import Timing
from extractors.lake import Lake
from extractors.platforms import ExtractionSettings, extract
from extractors.platforms.discovery import extractor_for
from extractors.records import Definition
from extractors.registry import RegistryAccount
from extractors.registry_models import HandleValidity
from extractors.sandbox import serve
from extractors.sandbox.generated import GeneratedWorld
from extractors.sandbox.windows import FixedWindow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extractors.sandbox.world import AccountState

ROOT = Path(__file__).resolve().parents[1]
DAY = datetime(2026, 8, 17, 10, tzinfo=UTC)
SIZES = {"bluesky": 10_000, "youtube": 10_000, "x": 10_000, "mastodon": 1_000, "facebook": 1_000}


def world(platform: str) -> GeneratedWorld:
    """Return a world of one account an organisation."""
    # An industry holds 9,999 at most.
    half = SIZES[platform] // 2
    return GeneratedWorld(industries={"first": half, "second": half}, platforms=(platform,))


def states_of(platform: str) -> Sequence[AccountState]:
    """Return the world's accounts on the measured day."""
    return world(platform).accounts(DAY)


def ours(url: str, platform: str, *, use_limits: bool) -> Measured:
    """Extract the profiles with the real module, into a lake of its own."""
    accounts = list(_accounts(platform))
    limits = extractor_for(platform).limits
    waited = [0.0]

    async def sleep(seconds: float) -> None:
        waited[0] += seconds
        await asyncio.sleep(0)

    virtual = Timing(
        monotonic=lambda: waited[0],
        now=lambda: DAY + timedelta(seconds=waited[0]),
        sleep=sleep,
        jitter=lambda: 0.5,
    )
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder) / "lake", "Europe/Stockholm")
        lake.initialise()
        began, cpu = time.monotonic(), own_cpu()
        report = extract(
            platform,
            "profile_snapshots",
            DAY.date(),
            accounts,
            lake=lake,
            settings=ExtractionSettings(sandbox_url=url, use_limits=use_limits),
            load_id="bench",
            clock=lambda: DAY,
            timing=virtual if use_limits else None,
        )
        wall, cpu = time.monotonic() - began, own_cpu() - cpu
    pace = None
    if limits.rate and waited[0]:
        # A full window may begin at once; each further one needs the period of the one before.
        least = (math.ceil(report.requests / limits.rate) - 1) * limits.period
        pace = least / waited[0]
    return Measured(wall=wall, cpu=cpu, accounts=report.ok, pace=pace)


def _accounts(platform: str) -> Iterator[RegistryAccount]:
    for number, state in enumerate(states_of(platform)):
        yield RegistryAccount(
            account_id=f"o{number}.{platform}",
            organisation_id=f"o{number}",
            platform=platform,
            platform_account_id=None if platform == "mastodon" else state.id,
            handles=(HandleValidity(handle=state.handle),),
            definition=Definition.FOLLOWERS,
            scope="national",
            is_main=True,
            valid_from=None,
            valid_to=None,
            successor_account_id=None,
            breaks=(),
        )


def _serve(platform: str) -> None:
    """Serve until the parent closes our input."""
    with serve(world=world(platform)) as sandbox:
        sandbox.state.standing_at = DAY
        sandbox.state.windows[platform] = FixedWindow(10**9, 60)
        print(sandbox.url, flush=True)
        sys.stdin.read()


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.extraction", *arguments]


def _measured(kind: str, url: str, platform: str) -> Measured:
    command = _command(kind, platform, url)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
    return Measured(**json.loads(done.stdout.strip().splitlines()[-1]))


def _line(platform: str) -> str:
    with subprocess.Popen(
        _command("serve", platform),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as server:
        assert server.stdin
        assert server.stdout
        try:
            url = server.stdout.readline().strip()
            paced, free, plain = (_measured(kind, url, platform) for kind in READERS)
            line = f"{platform:<10}{free.accounts:>9,}"
            line += f"{'-' if paced.pace is None else f'{paced.pace:.0%}':>8}"
            line += f"{free.speed:>10,.0f}{plain.speed:>10,.0f}{free.speed / plain.speed:>13.2f}"
            if platform == "bluesky":
                other = dlt_rest(url, states_of(platform))
                line += f"{other.speed:>10,.0f}{free.speed / other.speed:>10.2f}"
        except DltStopped as stopped:
            line += f"  {stopped}"
        finally:
            server.stdin.close()
    return line


READERS = ("paced", "free", "httpx")


def main() -> None:
    """Print one table; speeds are accounts a CPU second."""
    print(
        f"{'platform':<10}{'accounts':>9}{'pace':>8}{'ours':>10}{'httpx':>10}"
        f"{'ours/httpx':>13}{'dlt':>10}{'ours/dlt':>10}"
    )
    for platform in SIZES:
        print(_line(platform), flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            main()
        case ["serve", platform]:
            _serve(platform)
        case ["httpx", platform, url]:
            print(json.dumps(asdict(plain_httpx(url, platform, states_of(platform)))))
        case [kind, platform, url]:
            print(json.dumps(asdict(ours(url, platform, use_limits=kind == "paced"))))
