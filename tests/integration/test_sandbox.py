"""The sandbox itself, asked over real loopback HTTP by a plain client."""

import gzip
import socket
import threading

import httpx
import pytest

from extractors.sandbox import Fault, FaultKind, serve
from extractors.sandbox.recordings import recorded_day
from extractors.sandbox.windows import FixedWindow
from tests.support.sandboxed import iso, source_rows

PROFILES = "/bluesky/xrpc/app.bsky.actor.getProfiles"
PROFILE = "/bluesky/xrpc/app.bsky.actor.getProfile"
FEED = "/bluesky/xrpc/app.bsky.feed.getAuthorFeed"
ROWS = source_rows()
DID = ROWS[0]["did"]


@pytest.fixture(scope="module")
def running():
    with serve() as sandbox, httpx.Client(base_url=sandbox.url) as client:
        yield sandbox, client


@pytest.fixture
def sandbox(running):
    running[0].faults.clear()
    running[0].state.windows.clear()
    return running[0]


@pytest.fixture
def client(running, sandbox):
    return running[1]


def at(day):
    return {"X-Sandbox-Now": f"{day}T12:00:00+00:00"}


def test_the_recording_has_61_days(sandbox):
    assert [day.isoformat() for day in sandbox.days] == sorted({iso(r["date"]) for r in ROWS})
    assert len(sandbox.days) == 61


@pytest.mark.parametrize("row", ROWS[:: len(ROWS) // 12], ids=lambda row: row["date"])
def test_an_account_stands_as_it_was_recorded_that_day(client, row):
    shown = client.get(PROFILES, params={"actors": row["did"]}, headers=at(iso(row["date"]))).json()
    [profile] = shown["profiles"]
    assert profile["followersCount"] == int(row["followers_count"])
    assert profile["postsCount"] == int(row["posts_count"])
    assert (profile["did"], profile["handle"]) == (row["did"], row["handle"])
    assert profile["displayName"] == row["display_name"]


def test_between_two_days_the_earlier_one_stands(client):
    first = next(r for r in ROWS if r["did"] == DID and iso(r["date"]) == "2025-04-22")
    for day in ("2025-04-22", "2025-05-30", "2025-07-13"):
        shown = client.get(PROFILE, params={"actor": DID}, headers=at(day)).json()
        assert shown["followersCount"] == int(first["followers_count"])


def test_before_the_first_day_an_account_is_unknown(client):
    answer = client.get(PROFILE, params={"actor": DID}, headers=at("2025-03-14"))
    assert answer.status_code == 400
    assert answer.json() == {"error": "InvalidRequest", "message": "Profile not found"}
    batch = client.get(PROFILES, params={"actors": DID}, headers=at("2025-03-14"))
    assert batch.json() == {"profiles": []}


def test_a_handle_leads_to_its_account_on_its_days_only(client):
    by_did = {}
    for row in ROWS:
        by_did.setdefault(row["did"], {})[iso(row["date"])] = row["handle"]
    did, history = next((d, h) for d, h in by_did.items() if len(set(h.values())) > 1)
    first, last = min(history), max(history)
    old, new = history[first], history[last]
    assert client.get(PROFILE, params={"actor": old}, headers=at(first)).json()["did"] == did
    assert client.get(PROFILE, params={"actor": new}, headers=at(last)).json()["did"] == did
    assert client.get(PROFILE, params={"actor": old}, headers=at(last)).status_code == 400


def test_a_profile_has_the_shape_of_the_lexicon(client):
    shown = client.get(PROFILE, params={"actor": DID}, headers=at("2026-08-17")).json()
    assert set(shown) == {
        "did",
        "handle",
        "displayName",
        "associated",
        "labels",
        "createdAt",
        "indexedAt",
        "followersCount",
        "postsCount",
    }
    assert type(shown["followersCount"]) is int
    assert shown["createdAt"] == "2024-11-06T12:47:31.285Z"
    assert shown["labels"] == []


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ([], 'Params must have the property "actors"'),
        ([("actors", DID)] * 26, "actors must not have more than 25 elements"),
        ([("actors", DID), ("actors", "not a handle")], "actors/1 must be a valid did or a handle"),
    ],
)
def test_a_request_outside_the_lexicon_is_refused(client, params, words):
    answer = client.get(PROFILES, params=params)
    assert answer.status_code == 400
    assert answer.json() == {"error": "InvalidRequest", "message": words}


def test_25_actors_are_answered_and_unknown_ones_left_out(client):
    dids = sorted({row["did"] for row in ROWS})[:24]
    params = [("actors", did) for did in [*dids, "did:plc:nobody"]]
    shown = client.get(PROFILES, params=params, headers=at("2026-08-17")).json()["profiles"]
    assert sorted(p["did"] for p in shown) == dids


def test_unknown_parameters_are_ignored(client):
    assert client.get(PROFILE, params={"actor": DID, "pretty": "1"}).status_code == 200


def test_a_feed_of_an_account_without_posts_is_empty(client):
    assert client.get(FEED, params={"actor": DID}).json() == {"feed": []}
    assert client.get(FEED, params={"actor": DID, "limit": "101"}).status_code == 400


def test_gzip_comes_only_when_it_was_asked_for(client):
    dids = [("actors", did) for did in sorted({row["did"] for row in ROWS})[:25]]
    plain = client.get(PROFILES, params=dids, headers={"Accept-Encoding": "identity"})
    packed = client.get(PROFILES, params=dids, headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json() == plain.json()


def test_the_rate_limit_counts_down_and_refuses_in_the_platforms_words(sandbox, client):
    now = [1_000_000.0]
    sandbox.state.windows["bluesky"] = FixedWindow(2, 300.0, clock=lambda: now[0])
    left = [client.get(PROFILE, params={"actor": DID}).headers for _ in range(2)]
    assert [h["ratelimit-remaining"] for h in left] == ["1", "0"]
    assert left[0]["ratelimit-policy"] == "2;w=300"
    refused = client.get(PROFILE, params={"actor": DID})
    assert refused.status_code == 429
    assert refused.json() == {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}
    assert int(refused.headers["ratelimit-reset"]) >= 1_000_300
    now[0] += 301
    assert client.get(PROFILE, params={"actor": DID}).status_code == 200


def test_the_truth_is_the_recording(client):
    truth = client.get("/__truth", headers=at("2026-06-29")).json()
    counted = [a["followers"] for a in truth["accounts"] if a["platform"] == "bluesky"]
    assert sum(counted) == 314_501
    assert len(counted) == 49


def test_faults_are_set_listed_and_lifted_over_http(client):
    fault = {"platform": "bluesky", "kind": "error", "status": 503, "account": DID, "times": 1}
    assert client.post("/__faults", json=fault).status_code == 200
    other = min({row["did"] for row in ROWS} - {DID})
    assert client.get(PROFILE, params={"actor": other}).status_code == 200
    assert client.get(PROFILE, params={"actor": DID}).status_code == 503
    assert client.get(PROFILE, params={"actor": DID}).status_code == 200
    [listed] = client.get("/__faults").json()
    assert (listed["calls"], listed["struck"]) == (2, 1)
    assert client.delete("/__faults").json() == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"platform": "bluesky", "kind": "earthquake"}, "earthquake"),
        ({"platform": "bluesky", "kind": "html", "acount": "x"}, "acount"),
        ({"kind": "html"}, "platform"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_in_words(client, fault, words):
    answer = client.post("/__faults", json=fault)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_a_fault_can_wait_for_the_nth_call_and_for_a_day(sandbox, client):
    sandbox.faults.add(
        Fault(platform="bluesky", kind=FaultKind.ERROR, day="2026-06-29", first=2, times=2)
    )
    asked = [client.get(PROFILE, params={"actor": DID}, headers=at("2026-06-29")) for _ in range(4)]
    assert [answer.status_code for answer in asked] == [200, 500, 500, 200]
    assert client.get(PROFILE, params={"actor": DID}, headers=at("2026-06-30")).status_code == 200


@pytest.mark.parametrize("text", ["yesterday", "2026-06-29T12:00:00"])
def test_a_virtual_time_without_zone_is_refused(client, text):
    answer = client.get(PROFILE, params={"actor": DID}, headers={"X-Sandbox-Now": text})
    assert answer.status_code == 400


def test_a_gzip_bomb_is_as_large_as_promised(sandbox, client):
    sandbox.faults.add(Fault(platform="bluesky", kind=FaultKind.GZIP_BOMB, megabytes=3))
    with client.stream("GET", PROFILE, params={"actor": DID}) as answer:
        packed = b"".join(answer.iter_raw())
    assert len(gzip.decompress(packed)) == 3_000_000
    assert len(packed) < 30_000


def test_it_listens_on_loopback_and_stops_cleanly():
    with serve() as sandbox:
        host, port = sandbox.url.removeprefix("http://").split(":")
        assert host == "127.0.0.1"
        assert httpx.get(f"{sandbox.url}/__health").json()["platforms"].count("bluesky") == 1
    assert f"sandbox {host}:{port}" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=1)


def test_a_taken_port_is_an_error_at_once():
    with serve() as sandbox:
        port = int(sandbox.url.rsplit(":", 1)[1])
        with pytest.raises(OSError, match="in use"):
            serve(port=port).__enter__()


def test_both_spellings_of_a_day_are_read_and_no_third():
    assert recorded_day("07/04/2025").isoformat() == "2025-04-07"
    assert recorded_day("2025-07-14").isoformat() == "2025-07-14"
    with pytest.raises(ValueError, match="does not match"):
        recorded_day("04/22/2025")
    with pytest.raises(ValueError, match="Invalid isoformat"):
        recorded_day("14 July 2025")
