"""How all of the Graph API refuses, throttles and recovers, on a loopback Facebook."""

from dataclasses import replace

import pytest

from extractors.lake import Lake
from extractors.platforms._graph import usage
from extractors.sandbox import Fault, FaultKind, serve
from extractors.sandbox.generated import GeneratedWorld
from extractors.sandbox.graph import error
from extractors.sandbox.windows import SlidingWindow
from tests.support.sandboxed import FakeTime, registry_account, run, stored
from tests.support.small_world import MIDDAY

WORLD = GeneratedWorld(seed=5, industries={"museum": 12}, platforms=["facebook"])
PLANS = [o.accounts[0] for o in WORLD.organisations]
BUSY, CALM, OTHER = PLANS[0], PLANS[1], PLANS[4]


def account(plan, **given):
    return registry_account(0, plan.id, account_id=plan.name, platform="facebook", **given)


THREE = [account(plan) for plan in (BUSY, CALM, OTHER)]
GHOST = account(replace(CALM, id="10009", name="ghost"))


@pytest.fixture(scope="module")
def running():
    with serve(world=WORLD) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running):
    running.faults.clear()
    running.state.windows.clear()
    running.state.calls.clear()
    return running


@pytest.fixture
def lake(tmp_path):
    made = Lake(tmp_path / "lake", "Europe/Stockholm")
    made.initialise()
    return made


def read(lake, sandbox, accounts=THREE, **given):
    return run(lake, sandbox.url, accounts, platform="facebook", **given)


def fault(kind, plan=None, **given):
    return Fault(platform="facebook", kind=kind, account=plan and plan.id, **given)


def rows(lake, stream="profile_snapshots"):
    return {row.get("post_id") or row["account_id"]: row for row in stored(lake, stream)}


def test_a_page_that_seems_gone_is_asked_for_once_more_at_the_end(sandbox, lake):
    gone = error(100, "Unsupported get request.", 33)
    sandbox.faults.add(fault(FaultKind.ERROR, BUSY, status=400, body=gone, times=1))
    report = read(lake, sandbox)
    assert (report.ok, report.not_visible, report.requests) == (3, 0, 4)
    assert rows(lake)[BUSY.name]["followers"] == BUSY.followers_on(MIDDAY.date())


def test_gone_twice_is_a_row_without_counts_and_keeps_the_posts(sandbox, lake):
    report = read(lake, sandbox, [GHOST, account(CALM)])
    assert (report.ok, report.not_visible, report.requests) == (1, 1, 3)
    row = rows(lake)["ghost"]
    assert (row["followers"], row["visibility"]) == (None, "not_visible")
    assert "ghost: not visible, the account does not exist or is not shown" in report.problems[0]
    assert read(lake, sandbox, [GHOST], stream="posts").rows == 0


def test_the_second_look_waits_while_the_platform_tells_of_load(sandbox, lake):
    calm, busy = FakeTime(), FakeTime()
    read(lake, sandbox, [GHOST], time=calm)
    sandbox.state.windows["facebook"] = SlidingWindow(3, 3600)  # 33 % used after one call
    read(lake, sandbox, [GHOST], time=busy)
    assert (sum(calm.pauses), sum(busy.pauses)) == (0, 60)


@pytest.mark.parametrize("code", [803])
def test_an_alias_nobody_has_needs_no_second_look(sandbox, lake, code):
    body = error(code, "(#803) Some of the aliases you requested do not exist: x")
    sandbox.faults.add(fault(FaultKind.ERROR, BUSY, status=404, body=body))
    report = read(lake, sandbox)
    assert (report.ok, report.not_visible, report.requests) == (2, 1, 3)


@pytest.mark.parametrize("code", [4, 17, 32, 341, 613, *range(80_000, 80_009)])
def test_a_rate_limit_is_waited_out_by_its_code_whatever_the_status(sandbox, lake, code):
    body = error(code, "Gränsen för antalet anrop är nådd")
    sandbox.faults.add(fault(FaultKind.ERROR, status=400, body=body, times=1))
    time = FakeTime()
    report = read(lake, sandbox, THREE[:1], time=time)
    assert (report.ok, report.retries) == (1, 1)
    assert sum(time.pauses) == report.waited_seconds == 300


def test_a_limit_that_lasts_stops_facebook_and_keeps_what_was_read(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.RATE_LIMIT, first=3))
    report = read(lake, sandbox)
    assert "answered 4: (#4) Application request limit reached (tried" in report.stopped
    assert (report.ok, report.skipped) == (2, 1)


def test_a_used_up_hour_stops_facebook_until_it_will_answer_again(sandbox, lake):
    sandbox.state.windows["facebook"] = SlidingWindow(2, 3600)
    report = read(lake, sandbox, THREE)
    assert report.stopped is not None
    # The sandbox counts its hour from now, which the header tells in minutes.
    assert "Application request limit reached; it resets at 2026-11-23 10:3" in report.stopped
    assert (report.ok, report.skipped, report.retries) == (2, 1, 0)


def test_from_75_percent_on_the_pace_is_slow_and_at_95_it_ends(sandbox, lake):
    sandbox.state.windows["facebook"] = SlidingWindow(100, 3600)
    many = [account(replace(CALM, name=f"copy {n:03}")) for n in range(120)]
    time = FakeTime()
    report = read(lake, sandbox, many, time=time)
    assert "% of the calls of an hour are used up; it resets at 2026-11-23 " in report.stopped
    assert 95 <= report.requests < 99  # what was under way is read to its end
    assert report.ok == report.requests
    assert 10 <= sum(time.pauses) / 18 <= 25


def test_the_business_limit_counts_where_both_are_told():
    app = '{"call_count": 99, "total_time": 1, "total_cputime": 1}'
    case = '{"call_count": 40, "total_cputime": 81, "estimated_time_to_regain_access": 19}'
    both = {"x-app-usage": app, "x-business-use-case-usage": f'{{"1": [{case}]}}'}
    assert (usage(both).percent, usage(both).regain_seconds) == (81, 19 * 60)
    assert (usage({"x-app-usage": app}).percent, usage({}).percent) == (99, None)
    assert usage({"x-app-usage": "{}"}).percent is None
    assert usage({"x-app-usage": '{"call_count": 0}'}).percent == 0
    assert usage({"x-app-usage": "<html>", "x-business-use-case-usage": "[1]"}).percent is None


@pytest.mark.parametrize("subcode", [458, 459, 460, 463, 467, None])
def test_a_refused_token_stops_facebook_and_names_the_setting(sandbox, lake, subcode):
    body = error(190, "Sessionen har gått ut", subcode)
    sandbox.faults.add(fault(FaultKind.ERROR, status=400, body=body))
    report = read(lake, sandbox)
    assert "Sessionen har gått ut" in report.stopped
    assert "Check EFFEKTANALYS_FACEBOOK_ACCESS_TOKEN: tokens expire." in report.stopped
    assert (report.retries, stored(lake)) == (0, [])


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (10, "x"),
        (200, "x"),
        (299, "x"),
        (
            100,
            "requires the 'pages_read_engagement' permission or the 'Page Public Content Access'",
        ),
    ],
)
def test_a_missing_permission_fails_that_page_only(sandbox, lake, code, words):
    sandbox.faults.add(fault(FaultKind.ERROR, BUSY, status=403, body=error(code, words)))
    report = read(lake, sandbox)
    assert (report.ok, report.failed, report.not_visible) == (2, 1, 0)
    assert f"{BUSY.name}: answered {code}: {words}" in report.problems[0]


def test_a_missing_proof_stops_facebook_and_names_the_setting(sandbox, lake):
    words = "(#100) Pages Public Content Access requires either app secret proof or an app token"
    sandbox.faults.add(fault(FaultKind.ERROR, status=400, body=error(100, words)))
    report = read(lake, sandbox)
    assert "Set EFFEKTANALYS_FACEBOOK_APP_SECRET, or use an app token" in report.stopped


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, error(2, "x")),
        (400, error(2, "x", is_transient=True)),
        (400, error(9999, "x", is_transient=True)),
        (503, error(9999, "x")),
    ],
)
def test_a_failure_of_the_moment_is_tried_again(sandbox, lake, status, body):
    sandbox.faults.add(fault(FaultKind.ERROR, BUSY, status=status, body=body, times=2))
    report = read(lake, sandbox)
    assert (report.ok, report.retries) == (3, 2)


def test_the_version_that_answered_is_told_when_it_is_another(sandbox, lake, monkeypatch):
    monkeypatch.setattr("extractors.platforms.facebook.Facebook.version", "v19.0")
    report = read(lake, sandbox)
    assert report.ok == 3
    assert report.problems == ("facebook: asked for version v19.0, answered by v22.0",)
