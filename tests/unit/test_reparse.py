"""Records rebuilt from the archive: every platform's module reads its own answers again."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from extractors.errors import DayRefused
from extractors.lake import Lake
from extractors.platforms import bluesky, extractor_for, platforms
from extractors.platforms.archive import read_raw
from extractors.platforms.reparse import reparse
from extractors.records import STREAMS
from extractors.registry_models import HandleValidity
from extractors.sandbox import Fault, FaultKind, serve
from extractors.sandbox.generated import GeneratedWorld
from tests.support.sandboxed import LAST_DAY, NOW, FakeTime, registry_account, run, stored
from tests.support.small_world import MIDDAY

EVERY = [(extractor.name, stream) for extractor in platforms() for stream in extractor.streams]
WORLD = GeneratedWorld(seed=5, industries={"region": 7})


def known_accounts(platform):
    """Accounts of the generated world as a registry knows them, and one that does not exist."""
    plans = {(a.platform, a.id): a for a in WORLD.accounts(MIDDAY)}
    if platform == "wikidata":
        known = [(f"{o.wikidata_id}:x", "nobody") for o in WORLD.organisations]
    else:
        known = [(a.id, a.handle) for (name, _), a in plans.items() if name == platform]
    # The last is known by its name only.
    known[-1] = (None if platform != "wikidata" else known[-1][0], known[-1][1])
    ghost = "Q999999999:x" if platform == "wikidata" else "404404"
    name = "ghost@social.example" if platform == "mastodon" else "ghost"
    return [
        registry_account(
            n,
            platform_id,
            platform=platform,
            account_id=f"org_{n:02}",
            handles=(HandleValidity(handle=handle),),
        )
        for n, (platform_id, handle) in enumerate([*known, (ghost, name)])
    ]


@pytest.fixture(scope="module")
def running():
    with serve(world=WORLD) as sandbox:
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


def again(lake, platform, accounts, first=LAST_DAY, last=LAST_DAY):
    """The sandbox is not told: nothing but the archive can answer."""
    return reparse(platform, first, last, accounts, lake=lake, load_id="again", clock=lambda: NOW)


def parts(lake):
    return {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in lake.root.rglob("*.parquet")}


def facts(lake, stream):
    """Rows without when they were landed, in one order."""
    rows = [
        {k: v for k, v in row.items() if k not in ("extracted_at", "load_id")}
        for row in stored(lake, stream)
    ]
    return sorted(rows, key=str)


@pytest.mark.parametrize(("platform", "stream"), EVERY)
def test_the_archive_gives_what_the_platform_gave(platform, stream, sandbox, lake):
    accounts = known_accounts(platform)
    run(lake, sandbox.url, accounts, platform=platform, stream=stream)
    read, before = facts(lake, stream), parts(lake)
    assert read

    report = again(lake, platform, accounts)
    assert (report.rebuilt, report.changed, report.dropped, report.left) == (len(read), 0, 0, 0)
    assert parts(lake) == before  # not even written anew

    for part in lake.parts(stream, LAST_DAY, LAST_DAY, platform):
        part.path.unlink()
    report = again(lake, platform, accounts)
    assert (report.rebuilt, report.changed) == (len(read), len(read))
    assert facts(lake, stream) == read


@pytest.mark.parametrize("platform", ["bluesky", "facebook", "tiktok", "x", "youtube"])
def test_the_hours_that_a_run_takes_do_not_matter(platform, sandbox, lake, monkeypatch):
    minutes = iter(range(100_000))

    def later(self):
        return (MIDDAY + timedelta(seconds=next(minutes))).astimezone(UTC)

    accounts = known_accounts(platform)
    with monkeypatch.context() as patched:
        patched.setattr("extractors.platforms.session.Session.present", later)
        run(lake, sandbox.url, accounts, platform=platform, stream="posts")
    moments = {row["observed_at"] for row in stored(lake, "posts")}
    assert len(moments) > 3  # a page has a moment, a run has many

    report = again(lake, platform, accounts)
    assert (report.changed, report.dropped, report.left) == (0, 0, 0)
    assert {row["observed_at"] for row in stored(lake, "posts")} == moments


def test_what_the_program_misread_is_put_right(sandbox, lake, monkeypatch):
    accounts = known_accounts("bluesky")
    mistaken = bluesky.Bluesky._read

    def swapped(self, target, profile):
        outcome = mistaken(self, target, profile)
        wrong = [replace(r, followers=r.following, following=None) for r in outcome.records]
        return replace(outcome, records=tuple(wrong))

    with monkeypatch.context() as patched:
        patched.setattr(bluesky.Bluesky, "_read", swapped)
        run(lake, sandbox.url, accounts)
    before = {row["account_id"]: row for row in stored(lake)}

    report = again(lake, "bluesky", accounts)
    assert report.changed == sum(row["followers"] is not None for row in before.values())
    for row in stored(lake):
        was = before[row["account_id"]]
        if was["followers"] is None:
            assert row == was
        else:
            asked = accounts[int(row["account_id"].removeprefix("org_"))]
            name = asked.platform_account_id or asked.handles[0].handle
            truth = WORLD.account("bluesky", name, MIDDAY)
            assert (row["followers"], row["following"]) == (truth.followers, was["followers"])
            assert (row["observed_at"], row["load_id"]) == (was["observed_at"], "again")


def test_an_answer_that_could_not_be_read_is_read_once_it_can(sandbox, lake, monkeypatch):
    accounts = known_accounts("bluesky")

    def unreadable(*_):
        raise KeyError("followersCount")

    with monkeypatch.context() as patched:
        patched.setattr(bluesky.Bluesky, "_read", unreadable)
        first = run(lake, sandbox.url, accounts[:3])
    assert (first.failed, stored(lake)) == (3, [])
    report = again(lake, "bluesky", accounts)
    assert (report.rebuilt, report.changed, report.problems) == (3, 3, ())
    assert len(stored(lake)) == 3


def test_rows_stay_where_the_program_cannot_read_the_answers_any_more(sandbox, lake, monkeypatch):
    accounts = known_accounts("bluesky")[:3]
    run(lake, sandbox.url, accounts)
    before = parts(lake)

    def unreadable(*_):
        raise KeyError("followersCount")

    monkeypatch.setattr(bluesky.Bluesky, "_read", unreadable)
    report = again(lake, "bluesky", accounts)
    assert (report.rebuilt, report.changed, report.dropped, report.left) == (0, 0, 0, 3)
    assert len(report.problems) == 3
    assert parts(lake) == before


def test_a_purged_archive_leaves_the_rows_and_says_why(sandbox, lake):
    accounts = known_accounts("youtube")
    rows = run(lake, sandbox.url, accounts, platform="youtube").rows
    shutil.rmtree(lake.root / "_raw")
    before = parts(lake)
    report = again(lake, "youtube", accounts)
    assert (report.rebuilt, report.left) == (0, rows)
    assert "0 rows rebuilt" in str(report)
    assert f"{rows} of these because their answers are no longer kept" in str(report)
    assert "kept for 30 days" in str(report)
    assert parts(lake) == before


def test_an_account_that_left_the_registry_keeps_its_rows(sandbox, lake):
    accounts = known_accounts("x")
    rows = run(lake, sandbox.url, accounts, platform="x").rows
    before = facts(lake, "profile_snapshots")
    report = again(lake, "x", accounts[1:])
    assert (report.rebuilt, report.changed, report.left) == (rows - 1, 0, 1)
    assert facts(lake, "profile_snapshots") == before


def test_a_later_run_of_the_day_still_wins(sandbox, lake):
    accounts = known_accounts("bluesky")[:2]
    run(lake, sandbox.url, accounts, load_id="b-first")
    sandbox.faults.add(
        Fault(platform="bluesky", kind=FaultKind.FIELD_VALUE, field="followersCount", value=77)
    )
    run(lake, sandbox.url, accounts[:1], load_id="a-second", time=FakeTime(now=NOW))
    before = facts(lake, "profile_snapshots")
    assert 77 in {row["followers"] for row in before}
    lines = lake.root / "_raw/bluesky" / LAST_DAY.isoformat()
    assert len(list(lines.glob("*.zst"))) == 2
    report = again(lake, "bluesky", accounts)
    assert (report.rebuilt, report.changed, report.left) == (2, 0, 0)
    assert facts(lake, "profile_snapshots") == before


def test_the_day_after_the_last_is_not_touched(sandbox, lake):
    accounts = known_accounts("bluesky")[:2]
    for day in (LAST_DAY, LAST_DAY + timedelta(days=1)):
        run(lake, sandbox.url, accounts, day=day)
    assert again(lake, "bluesky", accounts).rebuilt == 2
    both = again(lake, "bluesky", accounts, LAST_DAY, LAST_DAY + timedelta(days=1))
    assert both.rebuilt == 4
    with pytest.raises(DayRefused, match=f"{LAST_DAY} comes before"):
        again(lake, "bluesky", accounts, LAST_DAY + timedelta(days=1), LAST_DAY)


def test_a_request_is_archived_without_its_credentials(sandbox, lake):
    for platform in ("facebook", "instagram", "tiktok", "x", "youtube"):
        run(lake, sandbox.url, known_accounts(platform), platform=platform)
    lines = [line for file in (lake.root / "_raw").rglob("*.zst") for line in read_raw(file)]
    assert {"GET", "POST"} == {line["request"]["method"] for line in lines}
    for line in lines:
        assert line["request"]["address"].startswith("https://")
        assert "sandbox" not in str(line["request"])
        assert "sandbox" not in str(line["answer"]).replace("sandbox.invalid", "")
        assert line["stream"] in STREAMS
        assert datetime.fromisoformat(line["observed_at"]).tzinfo


def test_every_platform_says_how_long_its_answers_are_kept():
    assert all(extractor_for(name).raw_retention_days >= 1 for name, _ in EVERY)
