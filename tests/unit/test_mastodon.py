"""What a person gets from Mastodon: read on a real loopback server, faults included."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from extractors.http import Answer
from extractors.lake import Lake
from extractors.platforms.mastodon import Mastodon, _plain_text
from extractors.platforms.session import Session, Status, Target
from extractors.registry_models import HandleValidity
from extractors.sandbox import Fault, FaultKind, serve
from extractors.sandbox.windows import FixedWindow
from tests.support.sandboxed import NOW, FakeTime, registry_account, run, stored
from tests.support.small_world import MIDDAY, post, state, world

STATES = [
    state("mastodon", "109", "region@social.example", 1_204),
    state("mastodon", "110", "museum@culture.example", 88),
    state("mastodon", "111", "archive@social.example", 0),
]
FEED = [
    post("9003", "109", timedelta(hours=1), text="Hej <b> & åäö", kind="image", reactions=12),
    post("9002", "109", timedelta(days=2), is_reply=True),
    post("9001", "55", timedelta(days=3), reposted_at=MIDDAY - timedelta(days=3)),
    post("9000", "109", timedelta(days=34, hours=23), reactions=5, comments=0),
    post("8999", "109", timedelta(days=35, hours=1)),
]
MANY = [post(f"{7000 - n}", "110", timedelta(hours=5 * n)) for n in range(130)]
WORLD = world(*STATES, feeds={("mastodon", "109"): FEED, ("mastodon", "110"): MANY})
NAMES = {s.id: s.handle for s in STATES}


def account(id_, handle=None, **given):
    handle = handle or NAMES[id_]
    return registry_account(
        int(id_),
        given.pop("platform_id", id_),
        account_id=f"org_{id_}",
        platform="mastodon",
        handles=(HandleValidity(handle=handle),),
        **given,
    )


ACCOUNTS = [account(s.id) for s in STATES]


@pytest.fixture(scope="module")
def running():
    with serve(world=WORLD) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running):
    running.faults.clear()
    return running


@pytest.fixture
def lake(tmp_path):
    made = Lake(tmp_path / "lake", "Europe/Stockholm")
    made.initialise()
    return made


def read(lake, sandbox, accounts=ACCOUNTS, **given):
    return run(lake, sandbox.url, accounts, platform="mastodon", **given)


def fault(kind, account_id=None, **given):
    return Fault(platform="mastodon", kind=kind, account=NAMES.get(account_id), **given)


def followers(lake):
    return {row["account_id"]: row["followers"] for row in stored(lake)}


def test_every_account_is_read_with_its_exact_counts(sandbox, lake):
    report = read(lake, sandbox)
    assert (report.ok, report.failed, report.not_visible) == (3, 0, 0)
    assert followers(lake) == {"org_109": 1204, "org_110": 88, "org_111": 0}
    first = stored(lake)[0]
    assert (first["following"], first["posts_total"]) == (7, 70)
    assert (first["handle"], first["source"]) == ("region@social.example", "mastodon_api")
    assert report.problems == ()


def test_an_address_as_the_platform_id_is_enough(sandbox, lake):
    plain = registry_account(1, "museum@culture.example", platform="mastodon")
    assert read(lake, sandbox, [plain]).ok == 1


def test_an_account_without_an_instance_is_told_how_to_be_written(sandbox, lake):
    report = read(lake, sandbox, [registry_account(1, "109", platform="mastodon")])
    assert report.not_visible == 1
    assert "'109' lives; write its handle as user@instance" in report.problems[0]


def test_own_posts_of_35_days_come_with_their_counters(sandbox, lake):
    report = read(lake, sandbox, ACCOUNTS[:1], stream="posts")
    rows = {row["post_id"]: row for row in stored(lake, "posts")}
    assert rows.keys() == {"9003", "9000"}
    newest = rows["9003"]
    counts = [newest[n] for n in ("reactions", "comments", "shares", "quotes", "views")]
    assert counts == [12, 2, 3, 4, None]
    assert (newest["kind"], newest["text"]) == ("image", "Hej <b> & åäö")
    assert newest["published_at"] == MIDDAY - timedelta(hours=1)
    assert rows["9000"]["comments"] == 0
    assert report.problems == ()


def test_pages_are_followed_by_their_links(sandbox, lake):
    report = read(lake, sandbox, ACCOUNTS[1:2], stream="posts")
    assert len(stored(lake, "posts")) == 130
    assert report.requests == 5  # the lookup and four pages of 40


def test_a_closed_instance_fails_its_account_only(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.LABEL, "110", value="closed"))
    report = read(lake, sandbox)
    assert (report.ok, report.failed) == (2, 1)
    assert "org_110: the instance shows accounts only to those who log in" in report.problems[0]


@pytest.mark.parametrize(
    ("status", "words"),
    [(404, "its home instance knows no such account"), (410, "has suspended or removed it")],
)
def test_a_gone_account_is_a_row_without_counts(sandbox, lake, status, words):
    sandbox.faults.add(fault(FaultKind.ERROR, "110", status=status))
    report = read(lake, sandbox)
    assert (report.ok, report.not_visible) == (2, 1)
    assert followers(lake)["org_110"] is None
    assert words in report.problems[0]


@pytest.mark.parametrize(
    ("label", "words"),
    [("noindex", "asks not to be listed"), ("suspended", "instance has suspended it")],
)
def test_who_asks_not_to_be_listed_is_neither_counted_nor_kept(sandbox, lake, label, words):
    sandbox.faults.add(fault(FaultKind.LABEL, "110", value=label))
    report = read(lake, sandbox)
    assert report.not_visible == 1
    assert words in report.problems[0]
    assert followers(lake)["org_110"] is None


def test_posts_that_may_not_be_searched_are_counted_without_their_text(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.LABEL, "109", value="not_indexable"))
    read(lake, sandbox, ACCOUNTS[:1], stream="posts")
    rows = {row["post_id"]: row for row in stored(lake, "posts")}
    assert (rows["9003"]["text"], rows["9003"]["reactions"]) == (None, 12)


def test_a_throttling_instance_is_waited_for_until_its_window_resets(sandbox, lake):
    time = FakeTime()
    window = FixedWindow(2, 300, clock=lambda: time.timing().now().timestamp())
    sandbox.state.windows["mastodon"] = window
    report = read(lake, sandbox, time=time)
    sandbox.state.windows.clear()
    assert report.ok == 3
    assert max(time.pauses) >= 120  # 300 s in steps of the longest pause we accept


def test_throttling_without_end_fails_that_account_and_asks_the_others_on(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.RATE_LIMIT, "110"))
    report = read(lake, sandbox)
    assert (report.ok, report.failed, report.stopped) == (2, 1, None)
    assert "culture.example: answered with HTTP 429 (tried 5 times" in report.problems[0]


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_failure_of_the_moment_is_tried_again(sandbox, lake, status):
    sandbox.faults.add(fault(FaultKind.ERROR, "110", status=status, times=2))
    report = read(lake, sandbox)
    assert (report.ok, report.retries) == (3, 2)


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        (FaultKind.HTML, {}, "answered with text/html instead of JSON"),
        (FaultKind.TRUNCATED, {}, "broke off in the middle of an answer"),
        (FaultKind.RESET, {}, "broke off in the middle of an answer"),
        (FaultKind.REDIRECT, {}, "answered with a redirect, which is not followed"),
        (FaultKind.GZIP_BOMB, {}, "answered with more than 10 MB"),
        (FaultKind.REMOVED_FIELD, {"field": "acct"}, "acct is missing, expected text"),
        (FaultKind.FIELD_VALUE, {"field": "followers_count", "value": "88"}, "str '88'"),
        (FaultKind.FIELD_VALUE, {"field": "acct", "value": "x@y.example"}, "lives elsewhere"),
        (FaultKind.FIELD_VALUE, {"field": "id", "value": "5"}, "another account than 110"),
        (FaultKind.ERROR, {"status": 404, "body": ["x"]}, "no Mastodon API at this address"),
    ],
)
def test_an_answer_not_to_be_trusted_fails_that_account_only(sandbox, lake, kind, given, words):
    sandbox.faults.add(fault(kind, "110", **given))
    report = read(lake, sandbox)
    assert (report.ok, report.failed) == (2, 1)
    assert words in report.problems[0]
    assert "org_110" not in followers(lake)


def test_an_unknown_field_is_told_once_and_the_account_read(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.UNKNOWN_FIELD, field="aura", value=3))
    report = read(lake, sandbox)
    assert report.ok == 3
    assert report.problems == ("mastodon: unknown field account.aura (int), left out",)


def test_a_missing_or_hidden_count_is_unknown_never_zero(sandbox, lake):
    sandbox.faults.add(
        fault(FaultKind.REMOVED_FIELD, "110", field="followers_count"),
        fault(FaultKind.FIELD_VALUE, "111", field="hide_collections", value=True),
    )
    report = read(lake, sandbox)
    assert followers(lake) == {"org_109": 1204, "org_110": None, "org_111": None}
    assert [p.split(": ")[1] for p in report.problems] == ["shown without a follower count"] * 2


def test_an_account_that_moved_is_read_and_told(sandbox, lake):
    moved = {"id": "7", "acct": "region@new.example"}
    sandbox.faults.add(fault(FaultKind.FIELD_VALUE, "109", field="moved", value=moved))
    report = read(lake, sandbox)
    assert report.ok == 3
    assert "org_109: the account has moved" in report.problems[0]


def test_pages_that_run_in_a_circle_fail_the_account(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.REPEATED_CURSOR, cursor="6990"))
    report = read(lake, sandbox, ACCOUNTS[1:2], stream="posts")
    assert report.failed == 1
    assert "gave the cursor '6990' twice: its pages run in a circle" in report.problems[0]


def test_an_empty_page_among_others_is_passed_over(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.EMPTY_PAGE, endpoint="statuses", first=2, times=1))
    report = read(lake, sandbox, ACCOUNTS[1:2], stream="posts")
    assert report.ok == 1
    assert len(stored(lake, "posts")) == 90


def test_a_post_with_a_count_that_is_no_count_is_left_out_alone(sandbox, lake):
    bad = fault(FaultKind.FIELD_VALUE, endpoint="statuses", field="reblogs_count", value="3")
    sandbox.faults.add(bad)
    report = read(lake, sandbox, ACCOUNTS[:1], stream="posts")
    assert (report.ok, stored(lake, "posts")) == (1, [])
    assert "one post left out, reblogs_count is str '3'" in report.problems[0]


class Recorded:
    """Stands for the clients of several instances."""

    def __init__(self, answer):
        self.answer, self.asked = answer, []

    async def get(self, path, params=None, *, account=None):
        self.asked.append((path, params))
        return self.answer


ANSWER = {"id": "1", "username": "Gargron", "acct": "Gargron", "followers_count": 547}


def live(answer):
    session = Session(platform="mastodon", load_id="r", clock=lambda: NOW, archive=lambda _: None)
    extractor, clients = Mastodon(session), {}

    async def client(base_url=None, *, sandbox_path=None):
        return clients.setdefault(base_url, Recorded(answer))

    extractor.client = client
    return extractor, clients


def test_each_home_instance_is_asked_about_its_own_accounts():
    extractor, clients = live(Answer(200, {}, ANSWER))
    targets = [
        Target(account_id="a", platform_id=None, handle="Gargron@Mastodon.Social"),
        Target(account_id="b", platform_id=None, handle="@gargron@fosstodon.org"),
    ]

    async def collect():
        return [outcome async for outcome in extractor.profiles(targets)]

    assert {o.status for o in asyncio.run(collect())} == {Status.OK}
    assert clients.keys() == {"https://mastodon.social/api/v1", "https://fosstodon.org/api/v1"}
    asked = clients["https://mastodon.social/api/v1"].asked
    assert asked == [("accounts/lookup", {"acct": "Gargron@mastodon.social"})]


def test_the_window_ends_at_an_iso_time():
    extractor, _ = live(None)
    extractor.session.timing = FakeTime().timing()
    used = {
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": (NOW + timedelta(seconds=40)).isoformat().replace("+00:00", "Z"),
    }
    assert extractor.pause_after(Answer(200, used, {})) == 40.0
    assert extractor.pause_after(Answer(200, used | {"x-ratelimit-remaining": "1"}, {})) is None
    assert (
        extractor.pause_after(Answer(200, used | {"x-ratelimit-reset": "1700000000"}, {})) is None
    )
    assert extractor.pause_after(Answer(200, {}, {})) is None


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two<br/>three</p>", "One\n\nTwo\nthree"),
        ('<p><a href="https://x.example"><span>x</span></a> &amp; &lt;y&gt;</p>', "x & <y>"),
        ("", None),
        (None, None),
    ],
)
def test_html_becomes_what_a_reader_sees(html, text):
    assert _plain_text(html) == text


def test_a_next_page_on_another_host_is_not_asked(sandbox, lake):
    def elsewhere(ask):
        page = original(ask)
        ask.headers["link"] = '<https://evil.example/api/v1/x?max_id=1>; rel="next"'
        return page

    from extractors.sandbox.platforms import mastodon as served

    endpoint = next(e for e in served.PLATFORM.endpoints if e.path.endswith("statuses"))
    original = endpoint.answer
    changed = tuple(
        replace(e, answer=elsewhere) if e is endpoint else e for e in served.PLATFORM.endpoints
    )
    platform = served.PLATFORM
    served.PLATFORM = replace(platform, endpoints=changed)
    try:
        with serve(world=WORLD) as other:
            report = read(lake, other, ACCOUNTS[:1], stream="posts")
    finally:
        served.PLATFORM = platform
    assert report.failed == 1
    assert "names an address outside http://127.0.0.1" in report.problems[0]
