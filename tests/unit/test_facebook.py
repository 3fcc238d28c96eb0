"""What a person gets from Facebook: read on a real loopback server, faults included."""

import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
import zstandard

from extractors.lake import Lake
from extractors.records import Definition
from extractors.registry_models import HandleValidity
from extractors.sandbox import Fault, FaultKind, serve
from extractors.sandbox.generated import GeneratedWorld
from extractors.sandbox.graph import error
from tests.support.sandboxed import registry_account, run, stored
from tests.support.small_world import MIDDAY

WORLD = GeneratedWorld(seed=5, industries={"museum": 12}, platforms=["facebook"])
PLANS = [o.accounts[0] for o in WORLD.organisations]
BUSY, CALM, OTHER = PLANS[0], PLANS[1], PLANS[4]
PROOF = hmac.new(b"sandbox", b"sandbox", hashlib.sha256).hexdigest()
TOO_MUCH = error(1, "Please reduce the amount of data you're asking for, then retry your request")


def account(plan, **given):
    return registry_account(0, plan.id, account_id=plan.name, platform="facebook", **given)


ACCOUNTS = [account(plan) for plan in PLANS]
THREE = [account(plan) for plan in (BUSY, CALM, OTHER)]


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


def recent(plan):
    feed = WORLD.posts("facebook", plan.id, MIDDAY)
    return {p.id: p for p in feed if p.published_at >= MIDDAY - timedelta(days=35)}


def archived(lake):
    files = (lake.root / "_raw").rglob("*.ndjson.zst")
    unpacked = (zstandard.ZstdDecompressor().stream_reader(f.open("rb")).read() for f in files)
    return b"".join(unpacked).decode()


def test_every_page_is_read_with_its_exact_followers(sandbox, lake):
    report = read(lake, sandbox, ACCOUNTS)
    assert (report.ok, report.failed, report.not_visible) == (12, 0, 0)
    assert report.problems == ()
    assert sandbox.calls == {"facebook {node}": 12}
    for plan in PLANS:
        row = rows(lake)[plan.name]
        assert row["followers"] == plan.followers_on(MIDDAY.date())
        assert row["handle"] == plan.handle_on(MIDDAY.date())
        assert (row["definition"], row["source"]) == ("followers", "facebook_graph_api")


def test_page_likes_count_only_where_the_registry_says_so(sandbox, lake):
    likes = account(CALM, definition=Definition.PAGE_LIKES)
    read(lake, sandbox, [likes, account(OTHER)])
    row = rows(lake)[CALM.name]
    assert row["definition"] == "page_likes"
    assert row["followers"] == int(CALM.followers_on(MIDDAY.date()) * 97 / 100)
    assert rows(lake)[OTHER.name]["followers"] == OTHER.followers_on(MIDDAY.date())


def test_a_page_without_its_followers_is_unknown_and_its_likes_do_not_stand_in(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.REMOVED_FIELD, CALM, field="followers_count"))
    report = read(lake, sandbox)
    row = rows(lake)[CALM.name]
    assert (row["followers"], row["visibility"]) == (None, "count_hidden")
    assert report.problems == (f"facebook {CALM.name}: shown without followers_count",)


def test_an_account_known_by_name_only_is_found_by_it(sandbox, lake):
    named = account(replace(CALM, id=None), handles=(HandleValidity(handle=CALM.handle),))
    assert read(lake, sandbox, [named]).ok == 1
    assert read(lake, sandbox, [named], stream="inquiries").ok == 1
    assert any(row["first_reply_at"] for row in stored(lake, "inquiries"))


def test_posts_of_35_days_come_with_their_counts(sandbox, lake):
    report = read(lake, sandbox, [account(BUSY)], stream="posts")
    expected, found = recent(BUSY), rows(lake, "posts")
    assert report.problems == ()
    assert len(expected) > 200
    assert found.keys() == expected.keys()
    for name, post in expected.items():
        row = found[name]
        counts = (row["reactions"], row["comments"], row["shares"], row["views"])
        assert counts == (post.reactions, post.comments, post.shares, None)
        assert (row["kind"], row["text"]) == (post.kind, post.text)
        assert row["published_at"] == post.published_at
        assert row["permalink"].endswith(name.split("_")[1])
    assert any(post.shares == 0 for post in expected.values())
    assert sandbox.calls == {"facebook posts": 3}


def test_absent_shares_are_zero_but_absent_reactions_are_unknown(sandbox, lake):
    for name in ("shares", "reactions"):
        sandbox.faults.add(fault(FaultKind.REMOVED_FIELD, field=name))
    read(lake, sandbox, [account(CALM)], stream="posts")
    assert {(r["shares"], r["reactions"]) for r in stored(lake, "posts")} == {(0, None)}


@pytest.mark.parametrize("name", ["shares", "reactions"])
def test_a_field_that_is_gone_is_no_longer_asked_for_and_told_once(sandbox, lake, name):
    words = f"(#100) Tried accessing nonexisting field ({name}) on node type (Post)"
    body = error(100, words)
    sandbox.faults.add(fault(FaultKind.ERROR, status=400, body=body, times=1))
    report = read(lake, sandbox, [account(CALM)], stream="posts")
    assert report.ok == 1
    assert report.problems == (f"facebook: the field {name} is gone, it is no longer asked for",)
    assert {row[name] for row in stored(lake, "posts")} == {None}
    assert {row["comments"] for row in stored(lake, "posts")} != {None}


def test_questions_and_the_pages_first_reply_come_as_times(sandbox, lake):
    report = read(lake, sandbox, [account(CALM)], stream="inquiries")
    asked = WORLD.inquiries("facebook", CALM.id, MIDDAY)
    expected = {q.id: q for q in asked if q.post_id in recent(CALM)}
    found = {row["inquiry_id"]: row for row in stored(lake, "inquiries")}
    assert report.problems == ()
    assert expected
    assert {n: (r["asked_at"], r["first_reply_at"]) for n, r in found.items()} == {
        name: (question.asked_at, question.replied_at) for name, question in expected.items()
    }
    assert {row["first_reply_at"] is None for row in found.values()} == {True, False}


def test_a_comment_that_asks_nothing_is_no_inquiry(sandbox, lake):
    sandbox.faults.add(
        fault(FaultKind.FIELD_VALUE, CALM, field="message", value="Grattis!", endpoint="comments")
    )
    report = read(lake, sandbox, [account(CALM)], stream="inquiries")
    assert (report.ok, report.rows) == (1, 0)


def test_without_any_author_nobody_is_said_to_have_been_left_without_an_answer(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.REMOVED_FIELD, CALM, field="from", endpoint="comments"))
    report = read(lake, sandbox, [account(CALM)], stream="inquiries")
    answered = {
        q.post_id for q in WORLD.inquiries("facebook", CALM.id, MIDDAY) if q.replied_at
    } & recent(CALM).keys()
    assert "no comment under it shows who wrote it" in report.problems[0]
    assert {
        r["inquiry_id"].rsplit("_", 1)[0] for r in stored(lake, "inquiries")
    } & answered == set()


def test_the_archive_holds_no_visitor_and_no_token(sandbox, lake):
    for stream in ("posts", "inquiries"):
        read(lake, sandbox, [account(BUSY)], stream=stream, load_id=stream)
    text = archived(lake)
    assert '"message":"?"' in text
    for secret in ("visitor-", "Name of", "fråga", "access_token", PROOF):
        assert secret not in text


def test_neither_token_nor_secret_goes_into_an_address(sandbox, lake, monkeypatch):
    asked = []
    whole = httpx.AsyncClient.stream

    def spy(self, method, url, **given):
        asked.append((str(url), dict(given["params"])))
        return whole(self, method, url, **given)

    monkeypatch.setattr(httpx.AsyncClient, "stream", spy)
    read(lake, sandbox, [account(BUSY)], stream="posts")
    assert len(asked) == 3
    assert all("access_token" not in params and "?" not in url for url, params in asked)
    assert {params["appsecret_proof"] for _, params in asked} == {PROOF}


def test_a_next_page_on_another_host_is_not_asked(sandbox, lake):
    body = (
        '{"data": [], "paging": {"cursors": {"after": "x"}, '
        '"next": "https://evil.example/v26.0/1/posts?after=x&access_token=t"}}'
    )
    sandbox.faults.add(fault(FaultKind.BODY, BUSY, body=body))
    report = read(lake, sandbox, THREE[:2], stream="posts")
    assert (report.ok, report.failed) == (1, 1)
    assert f"{BUSY.name}: names an address outside http://127.0.0.1" in report.problems[0]
    assert sandbox.calls["facebook posts"] == 2


def test_the_older_paging_by_time_is_followed_too(sandbox, lake):
    body = (
        '{"data": [], "paging": {"next": '
        f'"{sandbox.url}/facebook/v26.0/1/posts?until=1786000000&__paging_token=e"}}}}'
    )
    sandbox.faults.add(fault(FaultKind.BODY, CALM, body=body, times=1))
    assert read(lake, sandbox, [account(CALM)], stream="posts").ok == 1
    until = 1_786_000_000
    names = {n for n, p in recent(CALM).items() if p.published_at.timestamp() <= until}
    assert rows(lake, "posts").keys() == names


def test_an_empty_page_is_not_the_end(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.EMPTY_PAGE, BUSY, first=2, times=1))
    read(lake, sandbox, [account(BUSY)], stream="posts")
    assert len(rows(lake, "posts")) == len(recent(BUSY)) - 100


def test_pages_that_run_in_a_circle_fail_that_page_only(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.REPEATED_CURSOR, BUSY, cursor="UVZGSTAwMDEwMA=="))
    report = read(lake, sandbox, stream="posts")
    assert (report.ok, report.failed) == (2, 1)
    assert "twice: its pages run in a circle" in report.problems[0]


@pytest.mark.parametrize("body", [TOO_MUCH, error(1, "Ett okänt fel har inträffat")])
def test_too_much_data_is_asked_for_in_smaller_pages(sandbox, lake, body):
    tries = 1 if body is TOO_MUCH else 3  # in another language only repeating tells
    sandbox.faults.add(fault(FaultKind.ERROR, BUSY, status=500, body=body, times=2 * tries))
    report = read(lake, sandbox, [account(BUSY)], stream="posts")
    assert rows(lake, "posts").keys() == recent(BUSY).keys()
    assert report.requests == 2 * tries + -(-len(recent(BUSY)) // 25)


def test_ten_posts_that_are_too_much_fail_that_page_only(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.ERROR, BUSY, status=500, body=TOO_MUCH))
    report = read(lake, sandbox, stream="posts")
    assert (report.ok, report.failed) == (2, 1)
    assert sandbox.calls["facebook posts"] == 4 + 2


def test_another_page_under_the_id_fails_it(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.FIELD_VALUE, BUSY, field="id", value="77"))
    report = read(lake, sandbox)
    assert (report.ok, report.failed) == (2, 1)
    assert f"{BUSY.name}: answered with another page" in report.problems[0]


@pytest.mark.parametrize("value", ["12345", "12K", -1, 1.5, True, [], 10**12])
def test_a_count_that_is_no_count_fails_that_page_only(sandbox, lake, value):
    sandbox.faults.add(fault(FaultKind.FIELD_VALUE, BUSY, field="followers_count", value=value))
    report = read(lake, sandbox)
    assert (report.ok, report.failed) == (2, 1)
    assert f"{BUSY.name}: followers_count is" in report.problems[0]


def test_an_unknown_field_is_told_once_without_its_value(sandbox, lake, monkeypatch):
    sandbox.faults.add(
        fault(
            FaultKind.BODY, BUSY, body=f'{{"id": "{BUSY.id}", "followers_count": 1, "mood": "s"}}'
        )
    )
    report = read(lake, sandbox)
    assert report.problems == ("facebook: unknown field page.mood (str), left out",)


@pytest.mark.parametrize("kind", [FaultKind.TRUNCATED, FaultKind.RESET])
def test_a_damaged_answer_is_asked_for_again(sandbox, lake, kind):
    sandbox.faults.add(fault(kind, times=1))
    assert (read(lake, sandbox).ok, sandbox.calls["facebook {node}"]) == (3, 4)


@pytest.mark.parametrize("kind", [FaultKind.HTML, FaultKind.REDIRECT])
def test_a_page_in_html_or_elsewhere_fails_that_page_only(sandbox, lake, kind):
    sandbox.faults.add(fault(kind, BUSY))
    report = read(lake, sandbox)
    assert (report.ok, report.failed) == (2, 1)


def test_the_sandbox_refuses_wrong_tokens_and_proofs(sandbox):
    url = f"{sandbox.url}/facebook/v26.0/{CALM.id}"

    def code(params, **headers):
        found = httpx.get(url, params=params, headers=headers).json()
        return found.get("error", {}).get("code"), found.get("id")

    assert code({}) == (104, None)
    assert code({"access_token": "wrong"}) == (190, None)
    assert code({"access_token": "sandbox"}) == (100, None)
    assert code({"access_token": "sandbox", "appsecret_proof": "0"}) == (100, None)
    assert code({"access_token": "sandbox", "appsecret_proof": PROOF}) == (None, CALM.id)
    assert code({"access_token": "sandbox|sandbox"}) == (None, CALM.id)
    assert code({}, Authorization="Bearer sandbox|sandbox") == (None, CALM.id)


def test_the_sandbox_takes_trailing_slashes_and_parameters_it_does_not_know(sandbox):
    params = {"access_token": "sandbox|sandbox", "summary": "true", "limit": "2"}
    found = httpx.get(f"{sandbox.url}/facebook/v25.0/{CALM.handle}/posts/", params=params)
    assert (found.status_code, found.headers["facebook-api-version"]) == (200, "v25.0")
    following = found.json()["paging"]["next"]
    assert following.startswith(f"{sandbox.url}/facebook/v25.0/")
    first, second = found.json()["data"], httpx.get(following).json()["data"]
    feed = WORLD.posts("facebook", CALM.id, MIDDAY)
    assert len({post["id"] for post in first + second}) == 4
    assert len(feed) > 4


def test_a_second_run_changes_nothing(sandbox, lake):
    read(lake, sandbox)
    again = read(lake, sandbox, load_id="run-2")
    assert (again.rows_new, again.changed) == (0, False)
