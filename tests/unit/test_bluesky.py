"""How Bluesky's profiles are read, without any server: answers are handed in."""

import pytest

from extractors.errors import (
    AccountNotVisible,
    AuthError,
    PermissionDenied,
    RateLimited,
    RequestRefused,
    SchemaDrift,
    Transient,
)
from extractors.http import Answer
from extractors.platforms.session import Status, Target
from extractors.records import Visibility
from tests.support.bluesky import DID, TARGET, bluesky, profile, read
from tests.support.sandboxed import NOW, FakeTime


def test_a_profile_becomes_a_record():
    extractor, scripted, _ = bluesky({"profiles": [profile(followsCount=6)]})
    [outcome] = read(extractor)
    [record] = outcome.records
    assert (record.followers, record.following, record.posts_total) == (250, 6, 112)
    assert (record.handle, record.visibility) == ("adamsmith.org", Visibility.VISIBLE)
    assert (record.source, record.origin, record.observed_at) == ("bluesky_api", "live", NOW)
    assert scripted.asked == [("app.bsky.actor.getProfiles", [("actors", DID)])]


def test_accounts_are_asked_for_25_at_a_time():
    targets = [Target(account_id=f"a{n}", platform_id=f"did:plc:{n}") for n in range(60)]
    everyone = {"profiles": [profile(did=t.platform_id) for t in targets]}
    extractor, scripted, _ = bluesky(everyone)
    assert len(read(extractor, *targets)) == 60
    assert sorted(len(params) for _, params in scripted.asked) == [10, 25, 25]


@pytest.mark.parametrize(
    "value", ["12345", "12,345", "12K", 12345.0, True, False, -1, 2**63, 10**10 + 1, [], {"n": 1}]
)
def test_a_follower_count_that_is_no_count_is_quarantined(value):
    extractor, _, _ = bluesky({"profiles": [profile(followersCount=value)]})
    [outcome] = read(extractor)
    assert outcome.status is Status.FAILED
    assert outcome.records == ()
    assert "adam_smith_institute.bluesky: followersCount is" in outcome.problem
    assert "expected a whole number from 0 to" in outcome.problem


def test_a_bad_profile_stops_no_other():
    other = Target(account_id="b", platform_id="did:plc:b")
    answer = {"profiles": [profile(followersCount="12K"), profile(did="did:plc:b")]}
    extractor, _, _ = bluesky(answer)
    assert [o.status for o in read(extractor, TARGET, other)] == [Status.FAILED, Status.OK]


def test_an_absent_count_is_unknown_and_never_zero():
    shown = profile()
    del shown["followersCount"]
    extractor, _, _ = bluesky({"profiles": [shown]})
    [outcome] = read(extractor)
    [record] = outcome.records
    assert (record.followers, record.following) == (None, None)
    assert record.visibility is Visibility.COUNT_HIDDEN
    assert outcome.problem.endswith("shown without a follower count")


def test_zero_followers_are_zero():
    extractor, _, _ = bluesky({"profiles": [profile(followersCount=0)]})
    [outcome] = read(extractor)
    assert outcome.records[0].followers == 0
    assert outcome.records[0].visibility is Visibility.VISIBLE


def test_an_account_left_out_of_a_batch_is_asked_for_alone():
    extractor, scripted, _ = bluesky({"profiles": []}, profile(followersCount=251))
    [outcome] = read(extractor)
    assert outcome.records[0].followers == 251
    assert scripted.asked[1] == ("app.bsky.actor.getProfile", {"actor": DID})


def test_an_account_nobody_knows_is_a_row_without_counts():
    extractor, _, _ = bluesky({"profiles": []}, AccountNotVisible("Bluesky knows no such account"))
    [outcome] = read(extractor)
    [record] = outcome.records
    assert outcome.status is Status.NOT_VISIBLE
    assert (record.followers, record.posts_total) == (None, None)
    assert record.visibility is Visibility.NOT_VISIBLE
    assert outcome.problem == (
        "bluesky adam_smith_institute.bluesky: not visible, Bluesky knows no such account"
    )


def test_another_account_in_the_answer_is_not_taken_for_the_one_asked():
    stranger = profile(did="did:plc:stranger", handle="stranger.example")
    extractor, _, _ = bluesky({"profiles": [stranger]}, stranger)
    [outcome] = read(extractor)
    assert outcome.status is Status.FAILED
    assert "another account" in outcome.problem


def test_an_account_known_by_handle_only_is_found_by_it():
    target = Target(account_id="a", platform_id=None, handle="AdamSmith.org")
    extractor, scripted, _ = bluesky({"profiles": [profile()]})
    [outcome] = read(extractor, target)
    assert outcome.records[0].followers == 250
    assert scripted.asked[0][1] == [("actors", "AdamSmith.org")]


def test_a_handle_whose_domain_lapsed_is_no_handle():
    extractor, _, _ = bluesky({"profiles": [profile(handle="handle.invalid")]})
    [outcome] = read(extractor)
    assert (outcome.records[0].handle, outcome.records[0].followers) == (None, 250)


@pytest.mark.parametrize("negated", [None, False])
def test_an_account_that_hides_from_the_logged_out_is_hidden_even_in_the_archive(negated):
    label = {"src": DID, "uri": f"at://{DID}", "val": "!no-unauthenticated", "cts": "2026-01-01"}
    shown = profile(labels=[label | ({} if negated is None else {"neg": negated})])
    extractor, _, kept = bluesky({"profiles": [shown]})
    [outcome] = read(extractor)
    assert outcome.status is Status.NOT_VISIBLE
    assert outcome.records[0].followers is None
    assert "without a login" in outcome.problem
    assert "250" not in str(kept)
    assert "112" not in str(kept)


@pytest.mark.parametrize(
    "labels", [[], [{"val": "porn"}], [{"val": "!no-unauthenticated", "neg": True}], None, "x"]
)
def test_other_labels_hide_nothing(labels):
    extractor, _, _ = bluesky({"profiles": [profile(labels=labels)]})
    assert read(extractor)[0].records[0].followers == 250


def test_the_archive_holds_only_fields_that_are_allowed():
    shown = profile(
        displayName="Adam Smith Institute",
        avatar="https://cdn.example/face.jpg",
        description="call me on 070-123",
        viewer={"knownFollowers": {"followers": [{"handle": "jane.example"}]}},
        labels=[{"val": "x", "src": DID, "uri": "u", "cts": "c"}],
    )
    extractor, _, kept = bluesky({"profiles": [shown]})
    read(extractor)
    [line] = kept
    assert line["answer"]["profiles"] == [
        {
            "did": DID,
            "handle": "adamsmith.org",
            "followersCount": 250,
            "postsCount": 112,
            "displayName": "Adam Smith Institute",
            "labels": [{"val": "x", "src": DID}],
        }
    ]


def test_an_unknown_field_is_noted_once_with_its_type_and_without_its_value():
    targets = [Target(account_id=f"a{n}", platform_id=f"did:plc:{n}") for n in range(3)]
    shown = [profile(did=t.platform_id, trustScore={"secret": 1}) for t in targets]
    extractor, _, kept = bluesky({"profiles": shown})
    assert [o.status for o in read(extractor, *targets)] == [Status.OK] * 3
    assert list(extractor.session.notes.seen.values()) == [
        "bluesky: unknown field profiles[].trustScore (dict), left out"
    ]
    assert "trustScore" not in str(kept)


def test_an_object_where_a_value_was_allowed_is_not_kept():
    extractor, _, kept = bluesky({"profiles": [profile(displayName={"jane": "doe"})]})
    read(extractor)
    assert "jane" not in str(kept)


@pytest.mark.parametrize("answer", [{}, {"profiles": None}, {"profiles": ["x"]}, [], None])
def test_an_answer_without_profiles_is_drift_and_writes_nothing(answer):
    extractor, _, _ = bluesky(answer)
    [outcome] = read(extractor)
    assert outcome.status is Status.FAILED
    assert outcome.records == ()
    assert "without the list 'profiles'" in outcome.problem


def test_a_mistake_of_ours_fails_one_account_and_is_told(caplog):
    other = Target(account_id="b", platform_id="did:plc:b")
    extractor, _, _ = bluesky({"profiles": [profile(), profile(did="did:plc:b")]})
    whole = extractor._read

    def slip(target, shown):
        if target.account_id == "b":
            raise KeyError("oops")
        return whole(target, shown)

    extractor._read = slip
    outcomes = {o.account_id: o for o in read(extractor, TARGET, other)}
    assert outcomes[TARGET.account_id].status is Status.OK
    assert "mistake in this program (KeyError). Please report" in outcomes["b"].problem
    assert "Traceback" in caplog.text


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": "InvalidRequest", "message": "Profile not found"}, AccountNotVisible),
        (400, {"error": "AccountTakedown", "message": "suspended"}, AccountNotVisible),
        (400, {"error": "AccountDeactivated", "message": "x"}, AccountNotVisible),
        (400, {"error": "BlockedActor"}, AccountNotVisible),
        (400, {"error": "InvalidRequest", "message": "actors is too long"}, RequestRefused),
        (429, {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}, RateLimited),
        (502, {"error": "UpstreamFailure", "message": "Upstream Failure"}, Transient),
        (401, {"error": "AuthMissing", "message": "x"}, AuthError),
        (403, {"error": "Forbidden", "message": "x"}, PermissionDenied),
        (200, {"error": "SomethingNew", "message": "x"}, SchemaDrift),
    ],
)
def test_errors_are_told_apart_by_their_name(status, body, kind):
    extractor, _, _ = bluesky({})
    assert type(extractor.classify(Answer(status, {}, body))) is kind


@pytest.mark.parametrize(("status", "body"), [(200, {"profiles": []}), (500, None), (418, {})])
def test_an_answer_without_an_error_name_is_left_to_its_status(status, body):
    extractor, _, _ = bluesky({})
    assert extractor.classify(Answer(status, {}, body)) is None


def test_the_rate_headers_ask_for_a_pause_only_when_nothing_is_left():
    extractor, _, _ = bluesky({})
    extractor.session.timing = FakeTime().timing()
    reset = str(int(NOW.timestamp()) + 40)
    used_up = {"ratelimit-remaining": "0", "ratelimit-reset": reset}
    assert extractor.pause_after(Answer(200, used_up, {})) == 40.0
    assert extractor.pause_after(Answer(200, used_up | {"ratelimit-remaining": "1"}, {})) is None
    assert extractor.pause_after(Answer(200, used_up | {"ratelimit-reset": "soon"}, {})) is None
    assert extractor.pause_after(Answer(200, {}, {})) is None
