"""What a person gets from Threads: read on a real loopback server, faults included."""

import json
from dataclasses import fields, replace

import httpx
import pytest
import zstandard

from extractors.lake import Lake
from extractors.platforms import extractor_for
from extractors.records import ProfileSnapshot
from extractors.registry_models import HandleValidity
from extractors.sandbox import Fault, FaultKind, serve
from extractors.sandbox.generated import GeneratedWorld
from extractors.sandbox.graph import error
from tests.support.sandboxed import registry_account, run, stored
from tests.support.small_world import MIDDAY, state, world

WORLD = GeneratedWorld(seed=7, industries={"museum": 8}, platforms=["threads"])
PLANS = [o.accounts[0] for o in WORLD.organisations]
FIRST, CALM = PLANS[0], PLANS[4]
TODAY = MIDDAY.date()


def account(plan, **given):
    handles = (HandleValidity(handle=plan.handle_on(TODAY)),)
    values = {"account_id": plan.name, "platform": "threads", "handles": handles}
    return registry_account(0, plan.id, **{**values, **given})


ACCOUNTS = [account(plan) for plan in PLANS]
THREE = [*ACCOUNTS[:2], account(CALM)]


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
    return run(lake, sandbox.url, accounts, platform="threads", **given)


def fault(kind, plan=None, **given):
    name = plan and plan.handle_on(TODAY)
    return Fault(platform="threads", kind=kind, account=name, **given)


def rows(lake):
    return {row["account_id"]: row for row in stored(lake)}


def test_every_profile_is_read_with_its_exact_followers(sandbox, lake):
    report = read(lake, sandbox, ACCOUNTS)
    assert (report.ok, report.failed, report.not_visible) == (8, 0, 0)
    assert report.problems == ()
    assert sandbox.calls == {"threads profile_lookup": 8}
    for plan in PLANS:
        row = rows(lake)[plan.name]
        assert row["followers"] == plan.followers_on(TODAY)
        assert (row["handle"], row["source"]) == (plan.handle_on(TODAY), "threads_api")


@pytest.mark.parametrize("wrap", [lambda p: p, lambda p: {"data": [p]}, lambda p: {"data": p}])
def test_flat_and_wrapped_answers_are_both_read(sandbox, lake, wrap):
    profile = {"username": CALM.handle, "follower_count": 4_321}
    sandbox.faults.add(fault(FaultKind.BODY, CALM, body=json.dumps(wrap(profile))))
    assert read(lake, sandbox).ok == 3
    assert rows(lake)[CALM.name]["followers"] == 4_321


@pytest.mark.parametrize("body", ['{"data": []}', '{"data": [{}, {}]}', "{}", "[]", '{"data": 1}'])
def test_an_answer_without_one_profile_fails_and_makes_nobody_invisible(sandbox, lake, body):
    sandbox.faults.add(fault(FaultKind.BODY, CALM, body=body))
    report = read(lake, sandbox)
    assert (report.ok, report.failed, report.not_visible) == (2, 1, 0)


def test_seven_days_of_engagement_are_no_lifetime_counts(sandbox, lake):
    answer = httpx.get(
        f"{sandbox.url}/threads/v1.0/profile_lookup",
        params={"username": FIRST.handle_on(TODAY), "access_token": "sandbox"},
        headers={"X-Sandbox-Now": MIDDAY.isoformat()},
    ).json()
    assert answer["likes_count"] > 0
    read(lake, sandbox)
    totals = [f.name for f in fields(ProfileSnapshot) if f.name.endswith("_total")]
    assert {rows(lake)[FIRST.name][name] for name in totals} == {None}
    [file] = (lake.root / "_raw").rglob("*.ndjson.zst")
    text = zstandard.ZstdDecompressor().stream_reader(file.open("rb")).read().decode()
    assert "follower_count" in text
    assert "likes_count" not in text
    assert extractor_for("threads").streams == ("profile_snapshots",)


def test_a_name_nobody_has_is_asked_for_twice_and_is_a_row_without_counts(sandbox, lake):
    ghost = account(CALM, account_id="ghost", handles=(HandleValidity(handle="nobody"),))
    report = read(lake, sandbox, [ghost, account(FIRST)])
    assert (report.ok, report.not_visible, report.requests) == (1, 1, 3)
    assert (rows(lake)["ghost"]["followers"], rows(lake)["ghost"]["visibility"]) == (
        None,
        "not_visible",
    )


def test_the_sandbox_shows_no_profile_below_100_followers(lake):
    small, large = (state("threads", str(n), f"org_{n}", n) for n in (99, 100))
    accounts = [
        registry_account(
            s.followers, s.id, platform="threads", handles=(HandleValidity(handle=s.handle),)
        )
        for s in (small, large)
    ]
    with serve(world=world(small, large)) as sandbox:
        report = read(lake, sandbox, accounts)
    assert (report.ok, report.not_visible) == (1, 1)


def test_another_account_under_the_name_is_not_counted(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.UNKNOWN_FIELD, CALM, field="id", value="1"))
    sandbox.faults.add(fault(FaultKind.FIELD_VALUE, FIRST, field="username", value="other"))
    report = read(lake, sandbox)
    assert (report.ok, report.failed) == (1, 2)
    assert f"answered {CALM.handle!r} with another account" in " ".join(report.problems)


@pytest.mark.parametrize(("code", "kind"), [(190, "stopped"), (10, "failed"), (4, "waited")])
def test_failures_are_told_by_their_code(sandbox, lake, code, kind):
    times = 1 if kind == "waited" else None
    body = error(code, "x")
    sandbox.faults.add(fault(FaultKind.ERROR, CALM, status=400, body=body, times=times))
    report = read(lake, sandbox)
    if kind == "stopped":
        assert "Check EFFEKTANALYS_THREADS_ACCESS_TOKEN" in report.stopped
    else:
        assert (report.failed, report.retries) == ((1, 0) if kind == "failed" else (0, 1))


def test_an_account_known_by_id_only_is_asked_for_by_it(sandbox, lake):
    by_id = account(replace(CALM, id="4711"), handles=())
    assert read(lake, sandbox, [by_id]).not_visible == 1


def test_the_sandbox_refuses_wrong_tokens_and_takes_trailing_slashes(sandbox):
    url = f"{sandbox.url}/threads/v1.0/profile_lookup/"
    asked = {"username": CALM.handle_on(TODAY), "fields": "x"}
    wrong = httpx.get(url, params={**asked, "access_token": "wrong"}).json()
    right = httpx.get(url, params={**asked, "access_token": "sandbox"}).json()
    wrapped = httpx.get(
        url, params={**asked, "access_token": "sandbox"}, headers={"X-Sandbox-Envelope": "data"}
    ).json()
    assert wrong["error"]["code"] == 190
    assert right["username"] == CALM.handle_on(TODAY)
    assert wrapped == {"data": [right]}


def test_a_second_run_changes_nothing(sandbox, lake):
    read(lake, sandbox)
    again = read(lake, sandbox, load_id="run-2")
    assert (again.rows_new, again.changed) == (0, False)
