"""A generated world, read by the real extractors and built once, equals its truth to the integer.

Expected values are worked out here in plain Python from the sandbox's `/__truth` alone. What the
platforms hide or round is hidden and rounded here, by their documented rules, before comparing.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

import duckdb
import httpx
import pytest

from extractors.lake import Lake
from extractors.platforms import ExtractionSettings, extract
from extractors.registry import load_registry
from extractors.registry_tables import compile_tables
from extractors.sandbox import serve
from extractors.sandbox.exchange import NOW_HEADER
from extractors.sandbox.generated import GeneratedWorld, write_registry
from extractors.texts import lay_out
from tests.support.lake_builder import LakeBuilder
from tests.support.sandboxed import FakeTime

STOCKHOLM = ZoneInfo("Europe/Stockholm")
QUARTER, FIRST, LAST = "2025-Q3", date(2025, 7, 1), date(2025, 9, 30)
WITH_QUESTIONS = ("facebook", "youtube")
PLATFORMS = ("bluesky", "facebook", "instagram", "x", "youtube")
# The region's seventh hides its subscribers, the second its likes, the ninth its posts on X; the
# fourth loses followers. It begins shortly before the quarter, or its feeds would be long.
WORLD = GeneratedWorld(
    seed=11,
    industries={"region": 9, "museum": 2},
    platforms=PLATFORMS,
    first_day=date(2025, 6, 15),
)
COUNTED_ON = (date(2025, 6, 30), date(2025, 7, 31), date(2025, 8, 31), LAST)
# A run sees 35 days back: these see every post of the quarter, and every question once its week is
# over.
READ_ON = (date(2025, 8, 1), date(2025, 9, 3), date(2025, 10, 7))
ASKED_ON = (date(2025, 8, 1), date(2025, 8, 27), date(2025, 9, 22), date(2025, 10, 8))
WINDOW, WEEK, DAY = timedelta(days=35), timedelta(days=7), timedelta(days=1)

MARTS = (
    "benchmark_industry_quarter",
    "activity_industry_quarter",
    "engagement_industry_quarter",
    "ranking_quarter",
)

INTERACTIONS = {
    "bluesky": ("reactions", "comments", "shares", "quotes"),
    "facebook": ("reactions", "comments", "shares"),
    "instagram": ("reactions", "comments"),
    "x": ("reactions", "comments", "shares", "quotes"),
    "youtube": ("reactions", "comments"),
}
"""What everybody sees of a post, by platform; saves and clicks are the owner's."""


def moment(day):
    """When a run of the day reads: 12:00 in Stockholm."""
    return datetime.combine(day, time(12), STOCKHOLM).astimezone(UTC)


def shown_subscribers(number):
    """YouTube's three significant figures, rounded down, and the step they are rounded to."""
    step = 10 ** max(len(str(number)) - 3, 0)
    return number // step * step, step


class Truth:
    """What `/__truth` said of a platform on each day that matters."""

    def __init__(self, url):
        self._url, self._told = url, {}
        self.names = {
            (account.platform, account.id): f"{o.id}.{account.platform}"
            for o in WORLD.organisations
            for account in o.accounts
        }

    def ask(self, day, platform=None):
        """Ask for every account of a day, or for a platform's with their posts and questions."""
        answer = httpx.get(
            f"{self._url}/__truth",
            params={"platform": platform} if platform else {},
            headers={NOW_HEADER: moment(day).isoformat()},
            timeout=60,
        )
        for account in answer.json()["accounts"]:
            told = self._told.setdefault((account["platform"], day), {})
            told[self.names[account["platform"], account["id"]]] = account

    def accounts(self, platform, day):
        """Return account -> what was told of it."""
        return self._told[platform, day]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Return the candidate and the world's truth, after the real extractors and one dbt build."""
    folder = tmp_path_factory.mktemp("generated")
    registry = load_registry(write_registry(WORLD, folder / "config"))
    compile_tables(registry, folder / "registry")
    lake = Lake(folder / "lake", "Europe/Stockholm")
    lake.initialise()
    builder = LakeBuilder(folder)
    with serve(world=WORLD) as sandbox:
        truth, fake = Truth(sandbox.url), FakeTime()
        for day in COUNTED_ON:
            truth.ask(day)
        for day in READ_ON:
            for platform in PLATFORMS:
                truth.ask(day, platform)
        for day in ASKED_ON:
            for platform in WITH_QUESTIONS:
                truth.ask(day, platform)
        runs = [("profile_snapshots", p, d) for d in COUNTED_ON for p in PLATFORMS]
        runs += [("posts", p, d) for d in READ_ON for p in PLATFORMS]
        runs += [("inquiries", p, d) for d in ASKED_ON for p in WITH_QUESTIONS]
        for stream, platform, day in runs:
            sandbox.state.windows.clear()  # the days lie weeks apart, the runs do not
            report = extract(
                platform, stream, day, registry, lake=lake,
                settings=ExtractionSettings(sandbox_url=sandbox.url),
                load_id="truth", clock=lambda: fake.now, timing=fake.timing(),
            )  # fmt: skip
            assert report.failed == 0, report.problems
    window = f"{{from_quarter: {QUARTER}, to_quarter: {QUARTER}, as_of_date: '2025-11-20'}}"
    lay_out(folder / "derived")
    no_tests = ("--exclude-resource-types", "unit_test", "test")
    done = builder.dbt(
        "build", "--select", *(f"+{mart}" for mart in MARTS), *no_tests, "--vars", window
    )
    assert done.returncode == 0, done.stdout[-6000:]
    with duckdb.connect(str(builder.warehouse), read_only=True) as connection:
        yield connection, truth


@pytest.fixture(scope="module")
def truth(built):
    return built[1]


def rows(built, table, *columns):
    """Return account -> the columns' values in the quarter."""
    found = (
        built[0]
        .execute(
            f"select account_id, {', '.join(columns)} from marts.{table} where quarter = ?",
            [QUARTER],
        )
        .fetchall()
    )
    return {row[0]: row[1:] for row in found}


def followers(truth, day):
    """Account -> what its platform shows of its followers on a day, and the step between counts."""
    shown = {}
    for platform in PLATFORMS:
        for name, account in truth.accounts(platform, day).items():
            number = account["followers"]
            if number is not None:
                is_rounded = platform == "youtube"
                shown[name] = shown_subscribers(number) if is_rounded else (number, 1)
    return shown


def in_quarter(spelled):
    return FIRST <= datetime.fromisoformat(spelled).astimezone(STOCKHOLM).date() <= LAST


def last_seen(truth, platform, days, of):
    """Account -> id -> the last state in which one of the days' runs could see a post or question.

    A run sees what lies 35 days back, and no question under an older post.
    """
    found = defaultdict(dict)
    for day in days:
        since = moment(day) - WINDOW
        for name, account in truth.accounts(platform, day).items():
            recent = {
                post["id"]: post
                for post in account["posts"]
                if datetime.fromisoformat(post["published_at"]) >= since
            }
            if of == "posts":
                found[name] |= recent
            else:
                found[name] |= {
                    q["id"]: {**q, "seen_at": moment(day)}
                    for q in account["inquiries"]
                    if q["post_id"] in recent
                }
    return found


def own_posts(truth, platform):
    """Account -> its own original posts of the quarter as they were last seen."""
    seen = last_seen(truth, platform, READ_ON, "posts")
    protected = {n for n, a in truth.accounts(platform, READ_ON[0]).items() if a["is_protected"]}
    return {
        name: [
            post
            for post in posts.values()
            if in_quarter(post["published_at"])
            and not post["is_reply"]
            and post["reposted_at"] is None
        ]
        for name, posts in seen.items()
        if name not in protected
    }


def interactions(platform, post):
    """The sum of a post's public counters; unknown where one of them is hidden."""
    counted = INTERACTIONS[platform]
    return None if set(counted) & set(post["hidden"]) else sum(post[name] for name in counted)


def summed(values):
    """The sum of the known ones; 0 of nothing at all, unknown where none is known."""
    values = list(values)
    known = [value for value in values if value is not None]
    return sum(known) if known or not values else None


@pytest.fixture(scope="module")
def account_sums(truth):
    """Account -> posts, reactions, comments, shares and interactions of the quarter."""
    found = {}
    for platform in PLATFORMS:
        for name, posts in own_posts(truth, platform).items():
            counters = {
                counter: summed(None if counter in p["hidden"] else p[counter] for p in posts)
                for counter in ("reactions", "comments", "shares")
            }
            found[name] = {
                "post_count": len(posts),
                **counters,
                "interactions": summed(interactions(platform, post) for post in posts),
            }
    return found


@pytest.fixture(scope="module")
def asked(truth):
    """Account -> minutes to the reply (None without one) of each question, and the open ones.

    A question is open whose post was deleted before it could be looked at after its week.
    """
    found = {}
    for platform in WITH_QUESTIONS:
        for name, questions in last_seen(truth, platform, ASKED_ON, "inquiries").items():
            waits, is_open = [], 0
            for question in questions.values():
                at = datetime.fromisoformat(question["asked_at"])
                replied = question["replied_at"]
                waited = datetime.fromisoformat(replied) - at if replied else None
                if not in_quarter(question["asked_at"]):
                    continue
                if question["seen_at"] - at < WEEK:
                    is_open += 1
                else:
                    waits.append(waited if waited is not None and waited <= WEEK else None)
            found[name] = (waits, is_open)
    return found


@pytest.fixture(scope="module")
def service(asked):
    """Account -> how long each of its settled questions waited."""
    return {name: waits for name, (waits, _) in asked.items()}


def test_followers_at_both_ends_and_their_change(built, truth):
    starts, ends = followers(truth, COUNTED_ON[0]), followers(truth, LAST)
    assert len(starts) == 11 * 5 - 1  # one hides its subscribers
    expected = {
        name: (starts[name][0], ends[name][0], ends[name][0] - starts[name][0]) for name in ends
    }
    expected |= {"generated_region_07.youtube": (None, None, None)}
    columns = ("followers_start_count", "followers_end_count", "follower_change_count")
    assert rows(built, "benchmark_account_quarter", *columns) == expected


def test_growth_in_percent_follows_from_the_same_integers(built, truth):
    starts, ends = followers(truth, COUNTED_ON[0]), followers(truth, LAST)
    shown = rows(built, "benchmark_account_quarter", "follower_growth_pct", "growth_status")
    assert {status for _, status in shown.values()} == {"ok", "stale_end"}
    for name, (end, _) in ends.items():
        start = starts[name][0]
        assert shown[name][0] == pytest.approx(100 * (end - start) / start, rel=1e-12)


def test_posts_of_the_quarter(built, account_sums):
    shown = rows(built, "benchmark_activity_quarter", "post_count")
    expected = {name: (sums["post_count"],) for name, sums in account_sums.items()}
    assert {name: shown[name] for name in expected} == expected
    assert sum(count for (count,) in expected.values()) > 5_000


def test_posts_that_nobody_may_read_are_not_none(built):
    shown = rows(built, "benchmark_activity_quarter", "post_count", "activity_status")
    assert shown["generated_region_09.x"] == (None, "not_measured")


def test_public_interactions(built, account_sums):
    columns = ("reactions_count", "comments_count", "interactions_count")
    shown = rows(built, "benchmark_engagement_quarter", *columns)
    expected = {
        name: (sums["reactions"], sums["comments"], sums["interactions"])
        for name, sums in account_sums.items()
    }
    assert {name: shown[name] for name in expected} == expected
    hidden = [name for name, sums in expected.items() if sums[2] is None]
    assert hidden == [f"generated_{n}_{k:02}.instagram" for n, k in HIDES_LIKES]


HIDES_LIKES = (("region", 2), ("region", 7), ("museum", 2))


def test_shares_where_the_platform_shows_them(built, account_sums):
    shown = rows(built, "benchmark_engagement_quarter", "shares_count")
    for name, sums in account_sums.items():
        is_shown = name.split(".")[1] not in ("instagram", "youtube")
        assert shown[name] == (sums["shares"] if is_shown else None,)


def test_questions_and_their_answers(built, asked):
    columns = ("inquiry_count", "answered_inquiry_count", "open_inquiry_count")
    shown = rows(built, "benchmark_service_quarter", *columns)
    expected = {
        name: (len(waits), sum(w is not None for w in waits), is_open)
        for name, (waits, is_open) in asked.items()
    }
    assert {name: shown[name] for name in expected} == expected
    assert sum(count for count, _, _ in expected.values()) > 1_000


def test_answers_within_a_day_and_the_median_wait(built, service):
    columns = ("answered_24h_pct", "response_median_minutes")
    shown = rows(built, "benchmark_service_quarter", *columns)
    asked_enough = {name: waits for name, waits in service.items() if len(waits) >= 10}
    assert len(asked_enough) > 20
    for name, waits in asked_enough.items():
        within, wait = shown[name]
        assert round(within * len(waits) / 100, 9) == sum(w is not None and w <= DAY for w in waits)
        assert wait == median(w.total_seconds() / 60 for w in waits if w is not None)


def industry_of(name):
    return f"{name.rsplit('_', 1)[0]}s", name.split(".")[1]


def test_sums_of_the_industries(built, truth, account_sums):
    starts, ends = followers(truth, COUNTED_ON[0]), followers(truth, LAST)
    expected = defaultdict(lambda: [0, 0, 0, 0, 0, 0, 0])
    for name in ends:
        sums = account_sums.get(name, {"post_count": 0, "interactions": None, "reactions": None})
        counted = (1, starts[name][0], ends[name][0], ends[name][0] < starts[name][0])
        added = (sums["post_count"], sums["interactions"] or 0, sums["reactions"] or 0)
        row = expected[industry_of(name)]
        expected[industry_of(name)] = [a + b for a, b in zip(row, counted + added, strict=True)]
    hidden = account_sums["generated_region_07.youtube"]
    expected["generated_regions", "youtube"][4] += hidden["post_count"]
    expected["generated_regions", "youtube"][5] += hidden["interactions"]
    expected["generated_regions", "youtube"][6] += hidden["reactions"]
    shown = built[0].execute(
        "select followers.industry_id, followers.platform, covered_account_count, "
        "followers_start_count, followers_end_count, lost_followers_account_count, "
        "activity.post_count, engagement.interactions_count, engagement.influence_count "
        "from marts.benchmark_industry_quarter as followers "
        "join marts.activity_industry_quarter as activity using (industry_id, platform, quarter) "
        "join marts.engagement_industry_quarter as engagement "
        "using (industry_id, platform, quarter) where quarter = ?",
        [QUARTER],
    )
    assert {row[:2]: list(row[2:]) for row in shown.fetchall()} == dict(expected)


def places(values, steps=None):
    """Dense places, highest first; a difference that rounding could have made is none."""
    steps = steps or dict.fromkeys(values, 1)
    ordered = sorted(values, key=lambda name: (-values[name], steps[name]))
    found, place, above = {}, 0, None
    for name in ordered:
        step = max(steps[name], steps[above]) if above else 0
        if above is None or (
            values[above] != values[name] and values[above] - values[name] >= step
        ):
            place += 1
        found[name], above = place, name
    return found


def by_industry(values):
    groups = defaultdict(dict)
    for name, value in values.items():
        if value is not None:
            groups[industry_of(name)][name] = value
    return groups


def ranked(built, metric):
    shown = built[0].execute(
        "select account_id, rank from marts.ranking_quarter where quarter = ? and metric = ?",
        [QUARTER, metric],
    )
    return dict(shown.fetchall())


def test_places_by_size_and_by_change(built, truth):
    starts, ends = followers(truth, COUNTED_ON[0]), followers(truth, LAST)
    steps = {name: step for name, (_, step) in ends.items()}
    for metric, values in (
        ("followers_end_count", {name: ends[name][0] for name in ends}),
        ("follower_change_count", {name: ends[name][0] - starts[name][0] for name in ends}),
    ):
        expected = {}
        for group in by_industry(values).values():
            expected |= places(group, steps)
        assert ranked(built, metric) == expected


@pytest.mark.parametrize(
    ("metric", "column"),
    [
        ("post_count", "post_count"),
        ("interactions_count", "interactions"),
        ("influence_count", "reactions"),
    ],
)
def test_places_by_posts_and_by_their_interactions(metric, column, built, account_sums):
    expected = {}
    for group in by_industry({n: sums[column] for n, sums in account_sums.items()}).values():
        expected |= places(group)
    assert ranked(built, metric) == expected


def test_places_by_response_time_begin_with_the_shortest(built, service):
    waits = {
        name: -median(w.total_seconds() for w in waits if w is not None)
        for name, waits in service.items()
        if len(waits) >= 10
    }
    expected = {}
    for group in by_industry(waits).values():
        expected |= places(group)
    assert ranked(built, "response_median_minutes") == expected
