"""What holds for every platform that has a module; a new one is picked up by itself."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

import extractors.platforms
from extractors.errors import DayRefused
from extractors.lake import Lake
from extractors.platforms import extractor_for, platforms
from extractors.records import STREAMS, Platform
from extractors.registry_models import HandleValidity
from extractors.sandbox import serve
from extractors.sandbox.app import sandbox_platforms
from extractors.sandbox.generated import GeneratedWorld
from tests.support.sandboxed import LAST_DAY, NOW, registry_account, run, stored
from tests.support.small_world import MIDDAY

EVERY = platforms()
TODAY = NOW.date()
SHARED = {"archive", "base", "checkpoint", "discovery", "exchange", "paging", "replay", "report"}
SHARED |= {
    "graph",
    "parallel",
    "reparse",
    "retention",
    "rows",
    "run",
    "session",
    "shapes",
    "targets",
}


@pytest.fixture
def lake(tmp_path):
    made = Lake(tmp_path / "lake", "Europe/Stockholm")
    made.initialise()
    return made


def account(extractor, **given):
    """An account that a registry could hold on any platform."""
    platform_id = "Q1" if extractor.name == "wikidata" else "id-1"
    values = {"handles": (HandleValidity(handle="org@social.example"),), **given}
    name = f"org.{extractor.name}"
    return registry_account(1, platform_id, account_id=name, platform=extractor.name, **values)


def in_the_registry(world, platform):
    """What a registry would hold of the generated world at the run's moment: id and truth."""
    truth = {(a.platform, a.id): a for a in world.accounts(MIDDAY)}
    if platform == "wikidata":  # it has items, and states the followers of other platforms
        return [
            (f"{organisation.wikidata_id}:x", truth["x", plan.id])
            for organisation in world.organisations
            for plan in organisation.accounts
            if plan.platform == "x" and ("x", plan.id) in truth
        ]
    return [(a.id, a) for a in truth.values() if a.platform == platform]


def shown(platform, followers):
    """What the platform shows of the truth: YouTube rounds down to three figures."""
    if platform != "youtube" or followers is None or followers < 1000:
        return followers
    step = 10 ** (len(str(followers)) - 3)
    return followers // step * step


def test_every_module_is_a_platform_of_the_enum():
    folder = Path(extractors.platforms.__file__).parent
    modules = {file.stem for file in folder.glob("[a-z]*.py")} - SHARED
    assert modules == {extractor.name for extractor in EVERY}
    assert modules <= {platform.value for platform in Platform}


@pytest.mark.parametrize("extractor", EVERY, ids=lambda e: e.name)
def test_a_module_states_the_platforms_facts(extractor):
    assert extractor.title
    assert set(extractor.streams) <= set(STREAMS)
    assert "profile_snapshots" in extractor.streams
    assert all(re.fullmatch(r"[A-Z][A-Z0-9_]+", name) for name in extractor.credentials)
    assert extractor.base_url.startswith("https://")
    assert 1 <= extractor.batch_size <= 100
    assert re.fullmatch(r"[a-z][a-z0-9_]*", extractor.source)
    assert extractor.raw_retention_days >= 1
    assert extractor.limits.request_deadline < extractor.limits.total_deadline


@pytest.mark.parametrize("extractor", EVERY, ids=lambda e: e.name)
def test_the_sandbox_serves_it(extractor):
    served = {platform.name: platform.prefix for platform in sandbox_platforms()}
    assert extractor.sandbox_path.startswith(f"/{served[extractor.name]}")


@pytest.mark.parametrize("extractor", EVERY, ids=lambda e: e.name)
def test_every_account_of_the_world_is_read_as_the_world_has_it(extractor, lake):
    world = GeneratedWorld(industries={"region": 12})
    known = in_the_registry(world, extractor.name)
    accounts = [
        registry_account(
            n,
            platform_id,
            platform=extractor.name,
            account_id=f"org_{n}",
            handles=(HandleValidity(handle=state.handle),),
        )
        for n, (platform_id, state) in enumerate(known)
    ]
    with serve(world=world) as sandbox:
        report = run(lake, sandbox.url, accounts, platform=extractor.name)
    assert (report.ok, report.failed, report.not_visible) == (len(known), 0, 0)
    assert {row["account_id"]: row["followers"] for row in stored(lake)} == {
        f"org_{n}": shown(extractor.name, state.followers) for n, (_, state) in enumerate(known)
    }
    assert {row["origin"] for row in stored(lake)} == {"sandbox"}


@pytest.mark.parametrize("extractor", EVERY, ids=lambda e: e.name)
def test_an_unknown_account_is_a_row_without_counts(extractor, lake):
    ghost = registry_account(7, "did:plc:ghost", platform=extractor.name)
    with serve() as sandbox:
        report = run(lake, sandbox.url, [ghost], platform=extractor.name)
    assert (report.ok, report.not_visible) == (0, 1)
    [row] = stored(lake)
    assert (row["followers"], row["visibility"]) == (None, "not_visible")


@pytest.mark.parametrize("extractor", EVERY, ids=lambda e: e.name)
def test_a_past_day_of_a_live_api_is_refused_with_the_import(extractor, lake):
    if extractor.can_answer_past:
        pytest.skip("knows past days")
    with pytest.raises(DayRefused) as caught:
        run(
            lake, None, [account(extractor)], day=TODAY - timedelta(days=1), platform=extractor.name
        )
    assert str(caught.value) == (
        f"{extractor.title} only knows today (2026-11-23); its profile snapshots "
        "of 2026-11-22 cannot be fetched any more. If somebody noted the numbers then, run: "
        "effektanalys import FILE"
    )
    assert stored(lake) == []


@pytest.mark.parametrize("extractor", EVERY, ids=lambda e: e.name)
def test_a_day_that_has_not_come_is_refused(extractor, lake):
    with pytest.raises(DayRefused, match="2026-11-24 has not come yet; today is 2026-11-23"):
        run(
            lake,
            "http://127.0.0.1:1",
            [account(extractor)],
            day=TODAY + timedelta(days=1),
            platform=extractor.name,
        )


@pytest.mark.parametrize("extractor", EVERY, ids=lambda e: e.name)
def test_without_accounts_nothing_is_asked(extractor, lake):
    former = account(extractor, valid_to=date(2020, 1, 1))
    report = run(lake, "http://127.0.0.1:1", [former], platform=extractor.name)
    assert report.message == (
        f"{extractor.title} skipped: the registry has no account on it on 2026-08-17."
    )
    assert report.requests == 0


@pytest.mark.parametrize("extractor", EVERY, ids=lambda e: e.name)
def test_without_credentials_it_is_skipped_in_one_line(extractor, lake, monkeypatch):
    monkeypatch.setattr(extractor, "credentials", ("SOME_TOKEN",))
    report = run(lake, None, [account(extractor)], day=TODAY, platform=extractor.name)
    assert report.message == f"{extractor.title} skipped: set SOME_TOKEN to read its 1 accounts."
    assert (report.skipped, report.requests, report.is_failure) == (1, 0, False)


@pytest.mark.parametrize("extractor", EVERY, ids=lambda e: e.name)
def test_real_credentials_never_go_to_the_sandbox(extractor, lake, monkeypatch):
    monkeypatch.setattr(extractor, "credentials", ("SOME_TOKEN",))
    monkeypatch.setattr(
        extractor,
        "auth_headers",
        lambda self: {"Authorization": self.session.credentials["SOME_TOKEN"]},
    )
    seen = []
    ask = extractors.http.HttpClient._exchange

    async def spy(self, *given):
        seen.append(self._client.headers["Authorization"])
        return await ask(self, *given)

    monkeypatch.setattr(extractors.http.HttpClient, "_exchange", spy)
    with serve() as sandbox:
        run(
            lake,
            sandbox.url,
            [account(extractor)],
            platform=extractor.name,
            credentials={"SOME_TOKEN": "canary-real"},
        )
    assert set(seen) == {"sandbox"}


def test_an_unknown_platform_names_the_nearest():
    with pytest.raises(ValueError, match=r"No extractor reads 'bluskey'. Did you mean bluesky\?"):
        extractor_for("bluskey")


def test_an_unknown_stream_names_those_there_are(lake):
    with pytest.raises(
        ValueError, match=r"Bluesky has no inquiries\. It has: profile_snapshots, posts"
    ):
        run(lake, None, [], stream="inquiries", day=LAST_DAY)
