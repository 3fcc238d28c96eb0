"""A run that ends in the middle of an account: the next one asks for the remaining pages only."""

import importlib
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from extractors.lake import Lake
from extractors.platforms import bluesky, youtube
from extractors.registry_models import HandleValidity
from extractors.sandbox import Fault, FaultKind, serve
from extractors.sandbox.generated import GeneratedWorld
from extractors.sandbox.platforms.youtube import error
from tests.support.sandboxed import LAST_DAY, registry_account, run, stored
from tests.support.small_world import MIDDAY

ROOT = Path(__file__).resolve().parents[2]
FAILS = {"kind": FaultKind.ERROR, "status": 503}


class Paged(NamedTuple):
    """Where a platform pages: the sandbox's name of the call, and pages small enough for many.

    `refusal` is how it says that a cursor is wrong, None for its plain words for a 400.
    """

    endpoint: str
    sizes: dict[str, object]
    refusal: object = None


PAGED = {
    "bluesky": Paged("app.bsky.feed.getAuthorFeed", {"PAGE_SIZE": 20}),
    "mastodon": Paged("statuses", {"PAGE_SIZE": 20}),
    "x": Paged("tweets", {"PAGE_SIZE": 20}),
    "youtube": Paged(
        "playlistItems",
        {"PAGE_SIZE": 20},
        error(400, "invalidPageToken", "The request specifies an invalid page token."),
    ),
    "tiktok": Paged("query", {"PAGE_SIZE": 20}),
    "facebook": Paged("posts", {"PAGE_SIZES": (20,)}),
    "instagram": Paged("{node}", {"PAGE_SIZES": (20,)}),
}


@pytest.fixture(params=PAGED)
def platform(request, monkeypatch):
    module = importlib.import_module(f"extractors.platforms.{request.param}")
    for name, size in PAGED[request.param].sizes.items():
        monkeypatch.setattr(module, name, size)
    return request.param


def busiest(platform):
    """Return a world, and its account with the most posts as a registry holds it."""
    world = GeneratedWorld(seed=5, industries={"museum": 12}, platforms=[platform])
    plans = [organisation.accounts[0] for organisation in world.organisations]
    oldest = MIDDAY - timedelta(days=35)

    def posts(plan):
        if not world.account(platform, plan.id, MIDDAY):
            return 0
        return sum(p.published_at >= oldest for p in world.posts(platform, plan.id, MIDDAY))

    plan = max(plans, key=posts)
    handles = (HandleValidity(handle=plan.handle_on(MIDDAY.date())),)
    return world, registry_account(
        0, plan.id, account_id="busiest", platform=platform, handles=handles
    )


def new_lake(path):
    made = Lake(path, "Europe/Stockholm")
    made.initialise()
    return made


def read(lake, sandbox, account, **given):
    sandbox.calls.clear()
    report = run(lake, sandbox.url, [account], platform=account.platform, stream="posts", **given)
    return report, sum(sandbox.calls.values())


def checkpoint_of(lake, platform):
    return lake.root / f"_raw/{platform}/{LAST_DAY}/posts.checkpoint.ndjson"


def without_moments(lake):
    landed = ("load_id", "extracted_at")
    rows = ({k: v for k, v in row.items() if k not in landed} for row in stored(lake, "posts"))
    return sorted(rows, key=lambda row: row["post_id"])


def test_what_breaks_off_at_a_page_goes_on_there(platform, tmp_path):
    paged, (world, account) = PAGED[platform], busiest(platform)
    broken, whole = new_lake(tmp_path / "broken"), new_lake(tmp_path / "whole")
    with serve(world=world) as sandbox:
        report, all_calls = read(whole, sandbox, account)
        assert (report.ok, report.problems) == (1, ())
        assert sandbox.calls[f"{platform} {paged.endpoint}"] >= 4
        sandbox.faults.add(Fault(platform=platform, endpoint=endpoint(paged), first=4, **FAILS))
        report, _ = read(broken, sandbox, account)
        assert (report.failed, report.rows) == (1, 0)
        sandbox.faults.clear()
        report, calls = read(broken, sandbox, account, load_id="run-2")
    assert (report.ok, report.problems) == (1, ())
    assert calls == all_calls - 3
    assert without_moments(broken) == without_moments(whole)
    assert not checkpoint_of(broken, platform).exists()


def endpoint(paged):
    return None if paged.endpoint == "{node}" else paged.endpoint


def test_a_cursor_that_is_no_longer_taken_is_begun_anew(platform, tmp_path):
    paged, (world, account) = PAGED[platform], busiest(platform)
    lake = new_lake(tmp_path / "lake")
    with serve(world=world) as sandbox:
        sandbox.faults.add(Fault(platform=platform, endpoint=endpoint(paged), first=4, **FAILS))
        read(lake, sandbox, account)
        sandbox.faults.clear()
        # The first call of the list is the one with the old cursor.
        refused = {**FAILS, "status": 400, "times": 1, "body": paged.refusal}
        sandbox.faults.add(Fault(platform=platform, endpoint=endpoint(paged), **refused))
        again, calls = read(lake, sandbox, account, load_id="run-2")
        sandbox.faults.clear()
        other = new_lake(tmp_path / "whole")
        _, all_calls = read(other, sandbox, account)
    assert (again.ok, again.problems) == (1, ())
    assert calls == 1 + all_calls
    assert without_moments(lake) == without_moments(other)


def test_a_run_killed_between_two_pages_goes_on_at_the_second(tmp_path):
    world, account = busiest("bluesky")
    lake = new_lake(tmp_path / "lake")
    script = f"""
import os, signal
from extractors.lake import Lake
from extractors.platforms import bluesky, youtube
from extractors.platforms.checkpoint import Checkpoint
from tests.integration.test_page_checkpoint import busiest, run
bluesky.PAGE_SIZE = 20
added, add = [], Checkpoint.add_page
def killed(self, *page):
    add(self, *page)
    added.append(page)
    if len(added) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
Checkpoint.add_page = killed
lake = Lake({str(lake.root)!r}, "Europe/Stockholm")
run(lake, "URL", [busiest("bluesky")[1]], stream="posts")
"""
    with serve(world=world) as sandbox:
        command = [sys.executable, "-c", script.replace("URL", sandbox.url)]
        assert subprocess.run(command, cwd=ROOT, check=False).returncode == -9
        assert sandbox.calls == {"bluesky app.bsky.feed.getAuthorFeed": 3}
        with checkpoint_of(lake, "bluesky").open("a") as file:
            file.write('\n{"account_id": "busiest", "list": "fe')  # as a kill leaves its last line
        killed = checkpoint_of(lake, "bluesky").stat()
        assert killed.st_mode & 0o777 == 0o600
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(bluesky, "PAGE_SIZE", 20)
            report, calls = read(lake, sandbox, account, load_id="run-2")
            other = new_lake(tmp_path / "whole")
            _, all_calls = read(other, sandbox, account)
    assert report.ok == 1
    assert calls == all_calls - 3
    assert without_moments(lake) == without_moments(other)
    assert {row["load_id"] for row in stored(lake, "posts")} == {"run-1", "run-2"}


def test_videos_listed_and_counted_before_a_break_are_not_asked_for_again(tmp_path, monkeypatch):
    monkeypatch.setattr(youtube, "PAGE_SIZE", 20)
    world, account = busiest("youtube")
    broken, whole = new_lake(tmp_path / "broken"), new_lake(tmp_path / "whole")
    with serve(world=world) as sandbox:
        read(whole, sandbox, account)
        counted = sandbox.calls["youtube videos:batchGetStats"]
        stats = {"endpoint": "videos:batchGetStats", "first": 3}
        sandbox.faults.add(Fault(platform="youtube", **stats, **FAILS))
        assert read(broken, sandbox, account)[0].failed == 1
        sandbox.faults.clear()
        report, _ = read(broken, sandbox, account, load_id="run-2")
        assert sandbox.calls == {"youtube videos:batchGetStats": counted - 2}
    assert report.ok == 1
    assert without_moments(broken) == without_moments(whole)
