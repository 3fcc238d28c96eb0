"""What a person gets from X: read on a real loopback server, faults included."""

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from extractors.lake import Lake
from extractors.registry_models import HandleValidity
from extractors.sandbox import Fault, FaultKind, serve
from extractors.sandbox.generated import GeneratedWorld
from extractors.sandbox.platforms.x import PROBLEMS, invalid
from extractors.sandbox.windows import FixedWindow, WindowByName
from tests.support.sandboxed import NOW, FakeTime, registry_account, run, stored
from tests.support.small_world import MIDDAY

WORLD = GeneratedWorld(seed=5, industries={"agency": 120}, platforms=["x"])
EVERY = [o.accounts[0] for o in WORLD.organisations]
PLANS = [plan for plan in EVERY if WORLD.account("x", plan.id, MIDDAY)]
BUSY, CALM, PROTECTED = EVERY[0], EVERY[1], EVERY[8]
MAX_SPEND = "EFFEKTANALYS_X_MAX_SPEND_USD"


def account(plan, **given):
    return registry_account(0, plan.id, account_id=plan.name, platform="x", **given)


ACCOUNTS = [account(plan) for plan in PLANS]


def by_name(plan):
    handle = plan.handle_on(MIDDAY.date())
    return account(replace(plan, id=None), handles=(HandleValidity(handle=handle),))


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


def read(lake, sandbox, accounts=ACCOUNTS[:3], **given):
    return run(lake, sandbox.url, accounts, platform="x", **given)


def fault(kind, plan=None, **given):
    return Fault(platform="x", kind=kind, account=plan and plan.id, **given)


def rows(lake, stream="profile_snapshots"):
    return {row.get("post_id") or row["account_id"]: row for row in stored(lake, stream)}


def recent(plan):
    feed = WORLD.posts("x", plan.id, MIDDAY)
    own = (p for p in feed if not p.is_reply and not p.reposted_at)
    return {p.id: p for p in own if p.published_at >= MIDDAY - timedelta(days=35)}


def assert_truth(lake, plans):
    found = rows(lake)
    for plan in plans:
        row = found[plan.name]
        assert row["followers"] == plan.followers_on(MIDDAY.date())
        assert row["posts_total"] == len(WORLD.posts("x", plan.id, MIDDAY))
        assert row["handle"] == plan.handle_on(MIDDAY.date())
        assert (row["followers_resolution"], row["source"]) == (1, "x_api")


def test_every_account_is_read_exactly_100_a_call(sandbox, lake):
    report = read(lake, sandbox, ACCOUNTS)
    assert (report.ok, report.failed, report.not_visible) == (len(PLANS), 0, 0)
    assert sandbox.calls == {"x users": 2}
    assert report.problems == ()
    assert_truth(lake, PLANS)


def test_accounts_known_by_name_only_are_asked_for_by_name(sandbox, lake):
    report = read(lake, sandbox, [*ACCOUNTS[:2], *map(by_name, PLANS[2:5])])
    assert report.ok == 5
    assert sandbox.calls == {"x users": 1, "x by": 1}
    assert_truth(lake, PLANS[:5])


def test_posts_of_35_days_come_with_their_counters(sandbox, lake):
    report = read(lake, sandbox, [account(BUSY), by_name(CALM)], stream="posts")
    expected, found = recent(BUSY) | recent(CALM), rows(lake, "posts")
    assert report.problems == ()
    assert len(expected) > 150
    assert found.keys() == expected.keys()
    for name, post in expected.items():
        row = found[name]
        counts = [row[n] for n in ("reactions", "comments", "shares", "quotes", "views")]
        assert counts == [post.reactions, post.comments, post.shares, post.quotes, post.views]
        assert (row["published_at"], row["text"]) == (post.published_at, post.text)
        assert row["kind"] == ("text" if post.kind == "link" else post.kind)


@pytest.mark.parametrize("dialect", ["legacy", "both"])
def test_both_names_of_a_counter_are_read(sandbox, lake, dialect):
    sandbox.faults.add(fault(FaultKind.LABEL, value=dialect))
    assert read(lake, sandbox).ok == 3
    assert_truth(lake, PLANS[:3])
    read(lake, sandbox, [account(CALM)], stream="posts")
    shares = {name: row["shares"] for name, row in rows(lake, "posts").items()}
    assert shares == {name: post.shares for name, post in recent(CALM).items()}
    assert any(shares.values())


def test_where_the_new_parameter_is_refused_the_old_one_is_sent(sandbox, lake):
    words = "The query parameter [post.fields] is not one of [id,max_results,tweet.fields]"
    body = invalid("post.fields", ["created_at"], words)
    sandbox.faults.add(fault(FaultKind.ERROR, endpoint="tweets", status=400, body=body, times=1))
    accounts = [account(CALM), account(BUSY)]
    report = read(lake, sandbox, accounts, stream="posts")
    assert (report.ok, report.failed) == (2, 0)
    assert rows(lake, "posts").keys() == recent(BUSY).keys() | recent(CALM).keys()


def test_another_refused_parameter_is_told(sandbox, lake):
    body = invalid("start_time", ["x"], "start_time is too old")
    sandbox.faults.add(fault(FaultKind.ERROR, endpoint="tweets", status=400, body=body))
    report = read(lake, sandbox, [account(CALM)], stream="posts")
    assert report.failed == 1
    assert "start_time is too old" in report.problems[0]


def test_the_sandbox_answers_in_the_dialect_of_the_parameter(sandbox):
    ask = httpx.Client(
        headers={"Authorization": "Bearer sandbox", "X-Sandbox-Now": MIDDAY.isoformat()}
    )
    url = f"{sandbox.url}/x/2/users/{CALM.id}/tweets"
    seen = [
        ask.get(url, params={f"{word}.fields": "public_metrics"}).json()["data"][0]
        for word in ("tweet", "post")
    ]
    assert [("retweet_count" in p["public_metrics"]) for p in seen] == [True, False]
    assert [("edit_history_post_ids" in p) for p in seen] == [False, True]


def test_unknown_and_suspended_accounts_are_rows_without_counts(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.LABEL, CALM, value="suspended"))
    ghost = account(replace(CALM, id="77", name="ghost"))
    unnamed = account(
        replace(CALM, id=None, name="unnamed"), handles=(HandleValidity(handle="nobody"),)
    )
    report = read(lake, sandbox, [*ACCOUNTS[:2], ghost, unnamed])
    assert (report.ok, report.not_visible, report.failed) == (1, 3, 0)
    assert rows(lake)["ghost"]["followers"] is None
    assert report.problems == (
        f"x {CALM.name}: not visible, X suspended the account",
        "x ghost: not visible, X knows no such account",
        "x unnamed: not visible, X knows no such account",
    )


def test_an_id_that_is_none_costs_no_other_account_its_reading(sandbox, lake):
    wrong = account(replace(CALM, id="no-id", name="wrong"))
    report = read(lake, sandbox, [*ACCOUNTS[:9], wrong])
    assert (report.ok, report.not_visible) == (9, 1)
    assert report.problems == ("x wrong: not visible, X takes its name or id for none",)


def test_an_account_neither_delivered_nor_refused_failed(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.BODY, body='{"data": []}'))
    report = read(lake, sandbox)
    assert (report.failed, stored(lake)) == (3, [])
    assert "was asked for but never answered" in report.problems[0]


def test_an_error_of_another_kind_is_a_failure_and_makes_nobody_invisible(sandbox, lake):
    error = f'{{"value": "{CALM.id}", "title": "Oops", "type": "{PROBLEMS}upset"}}'
    sandbox.faults.add(fault(FaultKind.BODY, body=f'{{"errors": [{error}]}}'))
    report = read(lake, sandbox, [account(CALM)])
    assert (report.failed, report.not_visible) == (1, 0)
    assert f"x {CALM.name}: answered upset for this account" in report.problems[0]


def test_a_protected_account_shows_its_profile_and_not_its_posts(sandbox, lake):
    assert read(lake, sandbox, [account(PROTECTED)]).ok == 1
    assert_truth(lake, [PROTECTED])
    report = read(lake, sandbox, [account(PROTECTED)], stream="posts")
    assert (report.not_visible, report.rows) == (1, 0)
    assert report.problems == (f"x {PROTECTED.name}: not visible, its posts are protected",)


def test_users_beyond_the_budget_are_not_asked_for(sandbox, lake):
    spend = {MAX_SPEND: "1.10"}  # 110 users at 0.010 USD: the first 100, not the next batch
    report = read(lake, sandbox, ACCOUNTS, credentials=spend)
    assert len(PLANS) > 110
    assert (report.ok, report.skipped) == (100, len(PLANS) - 100)
    assert "the 1.10 USD that a month may cost on X are used up" in report.stopped
    assert f"Set {MAX_SPEND} to allow more" in report.stopped
    assert sandbox.calls == {"x users": 1}


def test_users_that_were_not_delivered_cost_nothing(sandbox, lake):
    ghosts = [account(replace(CALM, id=str(n), name=f"a{n}")) for n in range(100)]
    report = read(lake, sandbox, [*ghosts, *ACCOUNTS[:3]], credentials={MAX_SPEND: "1.00"})
    assert (report.ok, report.not_visible, report.stopped) == (3, 100, None)


def test_posts_stop_before_the_budget_and_what_was_read_is_kept(sandbox, lake):
    bill = len(recent(CALM)) * 0.005
    spend = {MAX_SPEND: f"{bill + 0.02:.3f}"}  # less than the smallest page is left
    first = account(replace(CALM, name="A_calm"))
    report = read(lake, sandbox, [first, account(BUSY)], stream="posts", credentials=spend)
    assert (report.ok, report.skipped) == (1, 1)
    assert rows(lake, "posts").keys() == recent(CALM).keys()
    assert "USD that a month may cost on X are used up" in report.stopped


def test_a_budget_that_is_no_amount_is_told_before_anything_is_asked(sandbox, lake):
    report = read(lake, sandbox, credentials={MAX_SPEND: "ten"})
    assert f"{MAX_SPEND} is 'ten', which is no amount in dollars" in report.stopped
    assert report.requests == 0


@pytest.mark.parametrize("value", ["-1", "nan", "inf"])
def test_amounts_that_are_none_are_refused(sandbox, lake, value):
    assert "is no amount" in read(lake, sandbox, credentials={MAX_SPEND: value}).stopped


def test_an_empty_window_is_waited_for_to_its_end(sandbox, lake):
    windows = {name: FixedWindow(1, 900, clock=NOW.timestamp) for name in ("users", "timeline")}
    sandbox.state.windows["x"] = WindowByName(windows)
    time = FakeTime()
    sleep = time.sleep

    async def sleeping(seconds):
        await sleep(seconds)
        windows["users"].clock = lambda: NOW.timestamp() + time.seconds

    time.sleep = sleeping
    report = read(lake, sandbox, ACCOUNTS, time=time)
    assert report.ok == len(PLANS)
    assert 895 <= max(time.pauses) <= 901


def test_a_refusal_for_pace_is_waited_out_by_its_header(sandbox, lake):
    window = FixedWindow(300, 240, clock=NOW.timestamp)
    sandbox.state.windows["x"] = WindowByName({"users": window})
    sandbox.faults.add(fault(FaultKind.RATE_LIMIT, times=1))
    time = FakeTime()
    report = read(lake, sandbox, time=time)
    assert (report.ok, report.retries) == (3, 1)
    assert 239 <= max(time.pauses) <= 241


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, {"title": "UsageCapExceeded", "detail": "x", "type": PROBLEMS + "usage-capped"}),
        (402, None),
        (
            403,
            {"title": "CreditsDepleted", "detail": "Your credits are used", "type": "about:blank"},
        ),
    ],
)
def test_a_cap_of_the_month_stops_x_at_once(sandbox, lake, status, body):
    sandbox.faults.add(fault(FaultKind.ERROR, status=status, body=body))
    time = FakeTime()
    report = read(lake, sandbox, time=time)
    assert "X sells no more reads to this app now" in report.stopped
    assert (report.requests, time.pauses, stored(lake)) == (1, [], [])


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, None),
        (403, None),
        (403, {"errors": [{"code": 89, "message": "Invalid or expired token"}]}),
    ],
)
def test_a_refused_token_stops_x_and_names_the_setting(sandbox, lake, status, body):
    sandbox.faults.add(fault(FaultKind.ERROR, status=status, body=body))
    report = read(lake, sandbox)
    assert "Check EFFEKTANALYS_X_BEARER_TOKEN" in report.stopped
    assert (report.requests, stored(lake)) == (1, [])


def test_a_forgotten_token_is_refused_by_the_sandbox(sandbox):
    answer = httpx.get(f"{sandbox.url}/x/2/users?ids={CALM.id}")
    assert (answer.status_code, answer.json()["title"]) == (401, "Unauthorized")


@pytest.mark.parametrize("value", ["12K", 12.5, True, -1, [], 10**11])
def test_a_count_that_is_none_fails_that_account_only(sandbox, lake, value):
    sandbox.faults.add(fault(FaultKind.FIELD_VALUE, CALM, field="followers_count", value=value))
    report = read(lake, sandbox)
    assert (report.ok, report.failed) == (2, 1)
    assert CALM.name not in rows(lake)
    assert f"x {CALM.name}: followers_count is" in report.problems[0]


def test_a_removed_count_is_unknown_and_never_zero(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.REMOVED_FIELD, CALM, field="followers_count"))
    report = read(lake, sandbox)
    row = rows(lake)[CALM.name]
    assert (row["followers"], row["visibility"]) == (None, "count_hidden")
    assert report.problems == (f"x {CALM.name}: shown without a follower count",)


def test_an_unknown_field_is_told_once_without_its_value(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.UNKNOWN_FIELD, field="vibe_count", value=12_345))
    report = read(lake, sandbox)
    assert report.problems == (
        "x: unknown field users.data[].public_metrics.vibe_count (int), left out",
    )


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (FaultKind.TRUNCATED, {}),
        (FaultKind.RESET, {}),
        (FaultKind.ERROR, {"status": 500}),
        (FaultKind.ERROR, {"status": 503}),
    ],
)
def test_a_failure_of_the_moment_is_asked_for_again(sandbox, lake, kind, given):
    sandbox.faults.add(fault(kind, times=1, **given))
    report = read(lake, sandbox)
    assert (report.ok, report.retries) == (3, 1)
    assert_truth(lake, PLANS[:3])


def test_a_server_that_stays_down_fails_one_account_and_not_the_others(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.ERROR, CALM, status=503))
    report = read(lake, sandbox)
    assert (report.ok, report.failed) == (2, 1)
    assert f"x {CALM.name}: answered 503: Service Unavailable (tried 5 times" in report.problems[0]


def test_pages_that_run_in_a_circle_fail_that_account(sandbox, lake):
    again = fault(FaultKind.REPEATED_CURSOR, BUSY, endpoint="tweets", cursor="mf2dambqgaydamby")
    sandbox.faults.add(again)
    report = read(lake, sandbox, [account(BUSY), account(CALM)], stream="posts")
    assert (report.ok, report.failed) == (1, 1)
    assert "twice: its pages run in a circle" in report.problems[0]


def test_an_empty_page_is_not_the_end(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.EMPTY_PAGE, BUSY, first=1, times=1, endpoint="tweets"))
    read(lake, sandbox, [account(BUSY)], stream="posts")
    assert len(rows(lake, "posts")) == len(recent(BUSY)) - 100


def test_a_second_run_changes_nothing(sandbox, lake):
    read(lake, sandbox)
    again = read(lake, sandbox, load_id="run-2")
    assert (again.rows_new, again.changed) == (0, False)


def test_a_list_that_x_cuts_off_is_told_and_what_was_read_is_kept(sandbox, lake, monkeypatch):
    monkeypatch.setattr("extractors.sandbox.platforms.x.DEEPEST_WITHOUT_REPLIES", 20)
    report = read(lake, sandbox, [account(BUSY)], stream="posts")
    shown = [p.id for p in WORLD.posts("x", BUSY.id, MIDDAY)[:20]]
    expected = {name: post for name, post in recent(BUSY).items() if name in shown}
    assert len(expected) < len(recent(BUSY))
    assert rows(lake, "posts").keys() == expected.keys()
    ends = min(post.published_at for post in expected.values())
    assert (report.ok, report.failed) == (1, 0)
    assert report.problems == (
        f"x {BUSY.name}: X lists 800 posts at most, replies counted, and its list ends at "
        f"{ends:%Y-%m-%dT%H:%M:%SZ}: posts before may be missing",
    )


def test_an_account_that_falls_silent_is_not_called_cut_off(sandbox, lake):
    report = read(lake, sandbox, [account(BUSY), account(CALM)], stream="posts")
    assert (report.ok, report.problems) == (2, ())


def test_looking_for_a_cut_does_not_cost_the_posts_that_were_paid_for(sandbox, lake, monkeypatch):
    monkeypatch.setattr("extractors.sandbox.platforms.x.DEEPEST_WITHOUT_REPLIES", 20)
    posts = [p for p in WORLD.posts("x", BUSY.id, MIDDAY)[:20] if p.id in recent(BUSY)]
    # Enough for these posts, and not for five more.
    spend = f"{(len(posts) * 5 + 20) / 1000:.3f}"
    report = read(lake, sandbox, [account(BUSY)], stream="posts", credentials={MAX_SPEND: spend})
    assert (report.ok, report.rows) == (1, len(posts))
