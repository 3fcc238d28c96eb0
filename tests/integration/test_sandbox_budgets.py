"""What several runs of a day or month may use together, read on the real loopback server."""

import json
from datetime import UTC, datetime

import pytest

from extractors.lake import Lake
from extractors.platforms import tiktok, youtube
from extractors.registry_models import HandleValidity
from extractors.sandbox import Fault, FaultKind, serve
from extractors.sandbox.generated import GeneratedWorld
from extractors.sandbox.windows import UtcDayWindow
from tests.support.sandboxed import LAST_DAY, FakeTime, registry_account, run
from tests.support.small_world import MIDDAY

NAMES = ("youtube", "tiktok", "x", "linkedin")
WORLD = GeneratedWorld(seed=5, industries={"museum": 20}, platforms=list(NAMES))
TOMORROW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
NEXT_MONTH = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)


def accounts(platform, count):
    plans = [plan for o in WORLD.organisations for plan in o.accounts if plan.platform == platform]
    shown = [plan for plan in plans if WORLD.account(platform, plan.id, MIDDAY)][:count]
    return [
        registry_account(
            number,
            plan.id,
            account_id=f"org_{number:02}",
            platform=platform,
            handles=(HandleValidity(handle=plan.handle_on(MIDDAY.date())),),
        )
        for number, plan in enumerate(shown)
    ]


@pytest.fixture(scope="module")
def running():
    with serve(world=WORLD) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running):
    running.faults.clear()
    running.state.windows.clear()
    running.calls.clear()
    return running


@pytest.fixture
def lake(tmp_path):
    made = Lake(tmp_path / "lake", "Europe/Stockholm")
    made.initialise()
    return made


def ledger(lake, platform, day=LAST_DAY):
    return json.loads((lake.root / f"_raw/{platform}/{day}/budget.sandbox.json").read_text())


def test_a_second_run_starts_from_what_the_first_used(sandbox, lake, monkeypatch):
    monkeypatch.setattr(tiktok, "DAILY_REQUESTS", 7)
    given = accounts("tiktok", 4)
    first = run(lake, sandbox.url, given, platform="tiktok")
    assert (first.ok, first.stopped) == (4, None)  # the token and four profiles
    second = run(lake, sandbox.url, given, platform="tiktok", load_id="run-2")
    assert second.requests == 2  # a token and one profile more
    assert (second.ok, second.skipped) == (1, 3)
    assert sum(sandbox.calls.values()) == 7
    assert ledger(lake, "tiktok")["used"] == {"requests": {"2026-11-23": {"used": 7}}}

    tomorrow = FakeTime(now=TOMORROW)
    third = run(lake, sandbox.url, given, platform="tiktok", load_id="run-3", time=tomorrow)
    assert (third.ok, third.stopped) == (4, None)


def test_the_report_names_who_is_left_and_when_it_resets_and_they_come_first(
    sandbox, lake, monkeypatch
):
    monkeypatch.setattr(tiktok, "DAILY_REQUESTS", 4)
    monkeypatch.setattr(
        tiktok.TikTok, "limits", tiktok.HttpLimits(concurrency=1)
    )  # one after the other, in order
    given = accounts("tiktok", 5)
    report = run(lake, sandbox.url, given, platform="tiktok")
    assert report.left == ("org_03", "org_04")
    assert report.resets_at == datetime(2026, 11, 24, tzinfo=UTC)
    assert report.message.endswith(
        "the 4 requests a day that TikTok grants are used up; it resets at 2026-11-24 00:00 UTC. "
        "2 accounts are left for then; that run asks them first."
    )
    assert ledger(lake, "tiktok")["left"] == {"profile_snapshots": ["org_03", "org_04"]}

    # A day later there is no checkpoint of today: without a memory the same two would be left.
    (lake.root / f"_raw/tiktok/{LAST_DAY}/profile_snapshots.checkpoint.ndjson").unlink()
    later = FakeTime(now=TOMORROW)
    report = run(lake, sandbox.url, given, platform="tiktok", load_id="run-2", time=later)
    assert report.left == ("org_01", "org_02")


def test_every_try_of_a_call_is_counted(sandbox, lake):
    sandbox.faults.add(Fault(platform="youtube", kind=FaultKind.ERROR, status=503, times=2))
    report = run(lake, sandbox.url, accounts("youtube", 3), platform="youtube")
    assert (report.ok, report.retries) == (3, 2)
    assert ledger(lake, "youtube")["used"]["units"] == {"2026-11-23": {"used": 3}}


def test_youtubes_units_and_its_counts_of_videos_are_counted_apart(sandbox, lake):
    run(lake, sandbox.url, accounts("youtube", 3), platform="youtube", stream="posts")
    noted = ledger(lake, "youtube")["used"]
    assert {name: periods["2026-11-23"]["used"] for name, periods in noted.items()} == {
        "units": sandbox.calls["youtube playlistItems"],
        "units_for_counts_of_videos": sandbox.calls["youtube videos:batchGetStats"],
    }


def test_streams_of_a_day_share_what_youtube_grants(sandbox, lake, monkeypatch):
    monkeypatch.setattr(youtube, "DAILY_UNITS", 2)
    given = accounts("youtube", 3)
    assert run(lake, sandbox.url, given, platform="youtube").ok == 3  # one unit
    posts = run(lake, sandbox.url, given, platform="youtube", stream="posts")
    assert sandbox.calls["youtube playlistItems"] == 1
    assert posts.resets_at == datetime(2026, 11, 24, 8, tzinfo=UTC)  # midnight in Los Angeles


def test_what_linkedin_refused_is_not_tried_again_until_midnight_utc(sandbox, lake):
    sandbox.state.windows["linkedin"] = UtcDayWindow(2)
    given = accounts("linkedin", 4)
    first = run(lake, sandbox.url, given, platform="linkedin")
    assert (first.ok, first.skipped) == (2, 2)
    sandbox.state.windows.clear()
    again = run(lake, sandbox.url, given, platform="linkedin", load_id="run-2")
    assert (again.requests, again.skipped) == (0, 2)
    assert "it resets at 2026-11-24 00:00 UTC" in again.message
    time = FakeTime(now=TOMORROW)
    last = run(lake, sandbox.url, given, platform="linkedin", load_id="run-3", time=time)
    assert (last.ok, last.skipped) == (4, 0)


def test_xs_dollars_are_those_of_a_month(sandbox, lake):
    given, spend = accounts("x", 5), {"EFFEKTANALYS_X_MAX_SPEND_USD": "0.08"}

    def read(load_id, **more):
        return run(
            lake, sandbox.url, given, platform="x", credentials=spend, load_id=load_id, **more
        )

    assert read("run-1").ok == 5  # 5 users at 0.010 USD
    second = read("run-2")
    assert (second.requests, second.skipped) == (0, 5)  # 0.03 USD do not pay for 5 users
    assert "the 0.08 USD that a month may cost on X are used up; it resets at 2026-12-01 00:00" in (
        second.message
    )
    assert read("run-3", time=FakeTime(now=TOMORROW)).requests == 0
    assert read("run-4", time=FakeTime(now=NEXT_MONTH)).ok == 5
    months = {"2026-11": {"used": 50}, "2026-12": {"used": 50}}
    assert ledger(lake, "x")["used"] == {"spend": months}


def test_days_played_in_the_sandbox_have_units_of_their_own_and_never_the_live_ones(
    sandbox, lake, monkeypatch
):
    monkeypatch.setattr(tiktok, "DAILY_REQUESTS", 5)
    given = accounts("tiktok", 4)
    for number in range(3):
        day = LAST_DAY.replace(day=15 + number)
        assert run(lake, sandbox.url, given, platform="tiktok", day=day).stopped is None
        assert ledger(lake, "tiktok", day)["used"]["requests"]["2026-11-23"] == {"used": 5}
    assert not (lake.root / "_raw/tiktok/budget.json").exists()


def test_benchmarks_count_nothing(sandbox, lake):
    run(lake, sandbox.url, accounts("youtube", 3), platform="youtube", use_limits=False)
    assert list((lake.root / "_raw/youtube").rglob("budget*")) == []
