"""What a person gets from Snapchat: read on a real loopback server, faults included."""

import json

import httpx
import pytest

from extractors.lake import Lake
from extractors.sandbox import Fault, FaultKind, serve
from tests.support.sandboxed import NOW, registry_account, run, stored
from tests.support.small_world import state, world

STATES = [
    state("snapchat", "a1b2-c3", "regionnord", 27_155),
    state("snapchat", "p-902", "museet", 88),
    state("snapchat", "p-903", "arkivet", 0),
]
PROFILE = {"id": "p-902", "snap_user_name": "museet", "subscriber_count": 88}


def account(platform_id):
    name = f"org_{platform_id}".replace("-", "_")
    return registry_account(0, platform_id, account_id=name, platform="snapchat")


ACCOUNTS = [account(s.id) for s in STATES]


@pytest.fixture(scope="module")
def running():
    with serve(world=world(*STATES)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running):
    running.faults.clear()
    running.state.windows.clear()
    return running


@pytest.fixture
def lake(tmp_path):
    made = Lake(tmp_path / "lake", "Europe/Stockholm")
    made.initialise()
    return made


def read(lake, sandbox, accounts=ACCOUNTS, **given):
    return run(lake, sandbox.url, accounts, platform="snapchat", **given)


def fault(kind, account_id=None, **given):
    return Fault(platform="snapchat", kind=kind, account=account_id, **given)


def body(payload):
    return fault(FaultKind.BODY, "p-902", body=json.dumps(payload))


def followers(lake):
    return {row["account_id"]: row["followers"] for row in stored(lake)}


def test_every_profile_is_read_with_the_count_it_shows(sandbox, lake):
    report = read(lake, sandbox)
    assert (report.ok, report.failed, report.requests) == (3, 0, 3)
    assert followers(lake) == {"org_a1b2_c3": 27_155, "org_p_902": 88, "org_p_903": 0}
    assert {row["handle"] for row in stored(lake)} == {"regionnord", "museet", "arkivet"}
    assert {row["source"] for row in stored(lake)} == {"snapchat_api"}
    assert report.problems == ()


def test_a_hidden_count_is_unknown_never_zero(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.LABEL, "p-902", value="hides_subscribers"))
    report = read(lake, sandbox)
    assert report.ok == 3
    [row] = [row for row in stored(lake) if row["account_id"] == "org_p_902"]
    assert (row["followers"], row["visibility"]) == (None, "count_hidden")
    assert "org_p_902: shown without a subscriber count" in report.problems[0]


@pytest.mark.parametrize(
    "payload",
    [
        {"request_status": "success", "public_profiles": [{"public_profile": PROFILE}]},
        {"request_status": "SUCCESS", "public_profile": PROFILE},
        {"public_profile": PROFILE},
        PROFILE,
    ],
)
def test_a_profile_is_found_in_whichever_wrapping(sandbox, lake, payload):
    sandbox.faults.add(body(payload))
    report = read(lake, sandbox, ACCOUNTS[1:2])
    assert followers(lake) == {"org_p_902": 88}
    assert report.problems == ()


def test_an_unknown_profile_is_a_row_without_counts(sandbox, lake):
    report = read(lake, sandbox, [*ACCOUNTS, account("gone")])
    assert (report.ok, report.not_visible) == (3, 1)
    assert followers(lake)["org_gone"] is None
    assert "Snapchat knows no such public profile" in report.problems[0]


def test_a_failed_profile_in_a_request_that_succeeded_is_a_failure(sandbox, lake):
    item = {"sub_request_status": "ERROR", "sub_request_error_reason": "Profile is archived"}
    sandbox.faults.add(body({"request_status": "PARTIAL", "public_profiles": [item]}))
    report = read(lake, sandbox)
    assert (report.ok, report.failed) == (2, 1)
    assert "answered ERROR: Profile is archived" in report.problems[0]


def test_a_refused_token_stops_snapchat_and_says_which_setting(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.ERROR, status=401))
    report = read(lake, sandbox)
    assert "Unauthorized request. Get a new token and set it as EFFEKTANALYS_SNAPCHAT" in (
        report.stopped
    )


def test_an_app_that_is_not_admitted_is_told_of_the_allow_list(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.ERROR, "p-902", status=403))
    report = read(lake, sandbox)
    assert (report.ok, report.failed) == (2, 1)
    assert "Is the app on Snapchat's allow-list?" in report.problems[0]


def test_the_sandbox_refuses_a_call_without_a_token(sandbox):
    answer = httpx.get(f"{sandbox.url}/snapchat/public/v1/public_profiles/p-902")
    assert (answer.status_code, answer.json()["request_status"]) == (401, "ERROR")


def test_throttling_is_waited_out(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.RATE_LIMIT, "p-902", times=2, retry_after="7"))
    report = read(lake, sandbox)
    assert (report.ok, report.retries, report.waited_seconds) == (3, 2, 14.0)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_failure_of_the_moment_is_tried_again(sandbox, lake, status):
    sandbox.faults.add(fault(FaultKind.ERROR, "p-903", status=status, times=2))
    report = read(lake, sandbox)
    assert (report.ok, report.retries) == (3, 2)


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        (FaultKind.HTML, {}, "answered with text/html instead of JSON"),
        (FaultKind.TRUNCATED, {}, "broke off in the middle of an answer"),
        (FaultKind.RESET, {}, "broke off in the middle of an answer"),
        (FaultKind.REDIRECT, {}, "answered with a redirect, which is not followed"),
        (FaultKind.BODY, {"body": "[]"}, "an answer that is no public profile"),
        (FaultKind.BODY, {"body": "{}"}, "an answer that is no public profile"),
        (FaultKind.BODY, {"body": '{"public_profiles": []}'}, "is no public profile"),
        (FaultKind.FIELD_VALUE, {"field": "subscriber_count", "value": "88"}, "str '88'"),
        (FaultKind.FIELD_VALUE, {"field": "id", "value": "p-1"}, "another profile than p-902"),
    ],
)
def test_an_answer_not_to_be_trusted_fails_that_account_only(sandbox, lake, kind, given, words):
    sandbox.faults.add(fault(kind, "p-902", **given))
    report = read(lake, sandbox)
    assert (report.ok, report.failed) == (2, 1)
    assert words in report.problems[0]
    assert "org_p_902" not in followers(lake)


def test_an_unknown_field_is_told_once(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.UNKNOWN_FIELD, field="aura", value=3))
    [problem] = read(lake, sandbox).problems
    assert problem == (
        "snapchat: unknown field answer.public_profiles[].public_profile.aura (int), left out"
    )


def test_without_a_token_it_is_skipped_in_one_line(lake):
    report = run(lake, None, ACCOUNTS, platform="snapchat", day=NOW.date())
    assert report.message == (
        "Snapchat skipped: set EFFEKTANALYS_SNAPCHAT_ACCESS_TOKEN to read its 3 accounts."
    )
