"""What is killed: the stages of the pipeline, run in a process of their own.

Belongs here: jobs, and the wrapper that ends a process at a chosen `fsync` or rename.
Does not belong here: what must hold afterwards (`test_crashes.py`).
"""

from __future__ import annotations

import os
import signal
from datetime import date, timedelta
from pathlib import Path

from extractors.lake import Lake
from extractors.registry_models import HandleValidity
from extractors.sandbox.generated import GeneratedWorld
from tests.support.gates import LEAN, release
from tests.support.sandboxed import registry_account, run
from tests.support.small_world import MIDDAY

WORLD = GeneratedWorld(industries={"harbour": 5}, platforms=("bluesky", "mastodon"))
DAYS = [date(2026, 8, 14) + timedelta(days=n) for n in range(3)]
STREAMS = (
    ("bluesky", "profile_snapshots"),
    ("mastodon", "profile_snapshots"),
    ("mastodon", "posts"),
)
QUARTER = "2025-Q4"


def die_at(boundary: int | None) -> list[int]:
    """End this process at its n-th `fsync` or rename, counted from 0; return the running count."""
    count = [0]

    def mortal(real):
        def call(*arguments, **options):
            if count[0] == boundary:
                os.kill(os.getpid(), signal.SIGKILL)
            count[0] += 1
            return real(*arguments, **options)

        return call

    for name in ("fsync", "replace", "rename"):
        setattr(os, name, mortal(getattr(os, name)))
    return count


def accounts(platform: str) -> list[object]:
    """Return the registry's accounts of the generated world."""
    return [
        registry_account(
            number,
            state.id,
            platform=platform,
            account_id=f"harbour_{number}.{platform}",
            handles=(HandleValidity(handle=state.handle),),
        )
        for number, state in enumerate(a for a in WORLD.accounts(MIDDAY) if a.platform == platform)
    ]


def extraction(url: str, folder: str, load_id: str, boundary: int | None, counted: str) -> None:
    """Read three days of two platforms into `<folder>/lake`."""
    count = die_at(boundary)
    lake = Lake(Path(folder) / "lake", "Europe/Stockholm")
    lake.initialise()
    for day in DAYS:
        for platform, stream in STREAMS:
            report = run(
                lake,
                url,
                accounts(platform),
                platform=platform,
                stream=stream,
                day=day,
                load_id=load_id,
            )
            assert report.ok == 5, report.message
    Path(counted).write_text(str(count[0]))


def publication(folder: str, boundary: int | None, counted: str) -> None:
    """Publish the judged candidate of `folder`."""
    count = die_at(boundary)
    release(Path(folder), QUARTER, steps=LEAN)
    Path(counted).write_text(str(count[0]))
