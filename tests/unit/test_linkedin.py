"""What a person gets from LinkedIn: read on a real loopback server, faults included."""

from datetime import UTC, date, datetime

import httpx
import pytest

from extractors.lake import Lake
from extractors.platforms import extractor_for, linkedin
from extractors.registry_models import HandleValidity
from extractors.sandbox import Fault, FaultKind, serve
from extractors.sandbox.windows import UtcDayWindow
from tests.support.sandboxed import FakeTime, registry_account, run, stored
from tests.support.small_world import state, world

STATES = [
    state("linkedin", "1337", "region-nord", 219_145),
    state("linkedin", "2414183", "museet", 88),
    state("linkedin", "77", "arkivet", 0),
]
BEFORE = [state("linkedin", "2414183", "museet", 95)]
WORLD = world(*STATES, earlier=BEFORE)
HEADERS = {
    "Authorization": "Bearer sandbox",
    "LinkedIn-Version": linkedin.LINKEDIN_VERSION,
    "X-Sandbox-Now": "2026-08-17T10:00:00Z",
}


def account(id_, platform_id, **given):
    return registry_account(0, platform_id, account_id=f"org_{id_}", platform="linkedin", **given)


ACCOUNTS = [account(s.id, s.id) for s in STATES]


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


def read(lake, sandbox, accounts=ACCOUNTS, **given):
    return run(lake, sandbox.url, accounts, platform="linkedin", **given)


def fault(kind, account_id=None, **given):
    return Fault(platform="linkedin", kind=kind, account=account_id, **given)


def followers(lake):
    return {row["account_id"]: row["followers"] for row in stored(lake)}


def test_every_organisation_is_read_with_its_exact_count(sandbox, lake):
    report = read(lake, sandbox)
    assert (report.ok, report.failed, report.requests) == (3, 0, 3)
    assert followers(lake) == {"org_1337": 219_145, "org_2414183": 88, "org_77": 0}
    assert {row["source"] for row in stored(lake)} == {"linkedin_api"}
    assert report.problems == ()


def test_a_urn_or_a_vanity_name_does_as_well_as_the_id(sandbox, lake):
    named = (HandleValidity(handle="museet"),)
    accounts = [
        account("urn", "urn:li:organization:1337"),
        account("name", None, handles=named),
        account("ghost", None, handles=(HandleValidity(handle="nobody"),)),
    ]
    report = read(lake, sandbox, accounts)
    assert followers(lake) == {"org_urn": 219_145, "org_name": 88, "org_ghost": None}
    assert (
        "org_ghost: not visible, LinkedIn knows no organisation of this name" in report.problems[0]
    )


def test_posts_of_third_parties_are_not_offered():
    assert extractor_for("linkedin").streams == ("profile_snapshots",)


def test_a_count_that_went_down_is_stored_as_it_is(sandbox, lake):
    read(lake, sandbox, ACCOUNTS[1:2], day=date(2026, 7, 20))
    read(lake, sandbox, ACCOUNTS[1:2])
    assert sorted((str(r["observed_date"]), r["followers"]) for r in stored(lake)) == [
        ("2026-07-20", 95),
        ("2026-08-17", 88),
    ]


def test_the_sandbox_shows_net_gains_below_zero(sandbox):
    midnight = int(datetime(2026, 8, 16, tzinfo=UTC).timestamp() * 1000)
    days = f"(timeRange:(start:{midnight},end:{midnight + 2 * 86_400_000}),timeGranularityType:DAY)"
    params = {
        "q": "organizationalEntity",
        "organizationalEntity": "urn:li:organization:2414183",
        "timeIntervals": days,
    }
    url = f"{sandbox.url}/linkedin/rest/organizationalEntityFollowerStatistics"
    answer = httpx.get(url, params=params, headers=HEADERS).json()
    gains = [e["followerGains"]["organicFollowerGain"] for e in answer["elements"]]
    assert gains == [-7, 0]


def test_a_retired_version_stops_linkedin_after_one_call_and_names_the_constant(
    sandbox, lake, monkeypatch
):
    monkeypatch.setattr(linkedin, "LINKEDIN_VERSION", "202403")
    report = read(lake, sandbox)
    assert report.stopped == (
        "linkedin org_1337: no longer serves version 202403 of its API (NONEXISTENT_VERSION). "
        "Put a version of its documentation into LINKEDIN_VERSION in "
        "extractors/platforms/linkedin.py."
    )
    assert (report.is_failure, sandbox.state.calls["linkedin {urn}"]) == (True, 1)
    assert stored(lake) == []


def test_a_version_near_its_end_is_told_in_time(sandbox, lake, monkeypatch):
    monkeypatch.setattr(linkedin, "LINKEDIN_VERSION", "202601")
    report = read(lake, sandbox)
    assert report.ok == 3
    assert "version 202601 may end from 2027-01-01 on" in report.problems[0]


def test_a_version_that_is_none_is_refused():
    assert linkedin.version_ends("202607") == date(2027, 7, 1)
    with pytest.raises(ValueError, match="it looks like 202607"):
        linkedin.version_ends("2026-07")


def test_a_used_up_allowance_stops_until_midnight_utc_without_another_try(sandbox, lake):
    sandbox.state.windows["linkedin"] = UtcDayWindow(2)
    report = read(lake, sandbox)
    assert (report.ok, report.retries) == (2, 0)
    assert report.stopped.startswith("linkedin org_")
    assert (
        "the allowance of the day is used up; it resets at 2026-11-24 00:00 UTC" in report.stopped
    )
    assert len(stored(lake)) == 2


def test_the_allowance_is_counted_by_utc_days():
    clock = FakeTime(now=datetime(2026, 11, 23, 23, 59, 58, tzinfo=UTC))
    window = UtcDayWindow(1, clock=lambda: clock.timing().now().timestamp())
    assert [window.take().allowed, window.take().allowed] == [True, False]
    clock.seconds = 2.0
    assert window.take().allowed


@pytest.mark.parametrize(
    "body",
    [
        None,
        {"status": 401, "serviceErrorCode": 65601, "code": "REVOKED_ACCESS_TOKEN", "message": "x"},
        {"status": 401, "serviceErrorCode": 65602, "message": "expired"},
    ],
)
def test_a_refused_token_stops_linkedin_and_says_which_setting(sandbox, lake, body):
    sandbox.faults.add(fault(FaultKind.ERROR, status=401, body=body))
    report = read(lake, sandbox)
    assert report.ok == 0
    assert "set it as EFFEKTANALYS_LINKEDIN_ACCESS_TOKEN" in report.stopped


def test_a_call_without_token_or_version_is_refused_by_the_sandbox(sandbox):
    url = f"{sandbox.url}/linkedin/rest/networkSizes/urn%3Ali%3Aorganization%3A1337"
    edge = {"edgeType": "COMPANY_FOLLOWED_BY_MEMBER"}
    for missing, status in (("Authorization", 401), ("LinkedIn-Version", 400)):
        headers = {name: value for name, value in HEADERS.items() if name != missing}
        assert httpx.get(url, params=edge, headers=headers).status_code == status
    answer = httpx.get(url, params=edge, headers=HEADERS)
    assert (answer.status_code, answer.json()) == (200, {"firstDegreeSize": 219_145})
    assert not [name for name in answer.headers if "limit" in name]


def test_an_unknown_organisation_is_a_row_without_counts(sandbox, lake):
    report = read(lake, sandbox, [*ACCOUNTS, account("gone", "999")])
    assert (report.ok, report.not_visible) == (3, 1)
    assert followers(lake)["org_gone"] is None
    assert "LinkedIn knows no such organisation" in report.problems[0]


def test_a_missing_permission_fails_that_account_only(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.ERROR, "1337", status=403))
    report = read(lake, sandbox)
    assert (report.ok, report.failed, report.stopped) == (2, 1, None)
    assert "Not enough permissions to access: networkSizes.GET" in report.problems[0]


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_failure_of_the_moment_is_tried_again(sandbox, lake, status):
    sandbox.faults.add(fault(FaultKind.ERROR, "77", status=status, times=2))
    report = read(lake, sandbox)
    assert (report.ok, report.retries) == (3, 2)


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        (FaultKind.HTML, {}, "answered with text/html instead of JSON"),
        (FaultKind.TRUNCATED, {}, "broke off in the middle of an answer"),
        (FaultKind.RESET, {}, "broke off in the middle of an answer"),
        (FaultKind.REDIRECT, {}, "answered with a redirect, which is not followed"),
        (FaultKind.REMOVED_FIELD, {"field": "firstDegreeSize"}, "firstDegreeSize is missing"),
        (FaultKind.FIELD_VALUE, {"field": "firstDegreeSize", "value": "88"}, "str '88'"),
        (FaultKind.FIELD_VALUE, {"field": "firstDegreeSize", "value": -1}, "-1, expected"),
    ],
)
def test_an_answer_not_to_be_trusted_fails_that_account_only(sandbox, lake, kind, given, words):
    sandbox.faults.add(fault(kind, "2414183", **given))
    report = read(lake, sandbox)
    assert (report.ok, report.failed) == (2, 1)
    assert words in report.problems[0]
    assert "org_2414183" not in followers(lake)


def test_an_unknown_field_is_told_once(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.UNKNOWN_FIELD, field="secondDegreeSize", value=3))
    report = read(lake, sandbox)
    assert report.problems == (
        "linkedin: unknown field networkSizes.secondDegreeSize (int), left out",
    )
    assert report.ok == 3


def test_without_a_token_it_is_skipped_in_one_line(lake):
    report = run(lake, None, ACCOUNTS, platform="linkedin", day=date(2026, 11, 23))
    assert report.message == (
        "LinkedIn skipped: set EFFEKTANALYS_LINKEDIN_ACCESS_TOKEN to read its 3 accounts."
    )
