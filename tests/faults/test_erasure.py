"""Somebody asks to be forgotten: what is left of an account, and what is left of the others."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from typer.testing import CliRunner

from extractors.compaction import compact
from extractors.lake import Lake
from extractors.ledger import Ledger
from extractors.platforms import platforms
from extractors.platforms.archive import read_raw
from extractors.platforms.checkpoint import Checkpoint
from extractors.platforms.reparse import reparse
from extractors.platforms.session import Outcome, Status
from extractors.records import SCHEMAS, FollowerSegment, Inquiry, Origin
from extractors.registry import load_registry
from extractors.registry_tables import compile_tables
from extractors.sandbox import serve
from extractors.sandbox.generated import GeneratedWorld
from extractors.texts import Quarter, derive_texts
from orchestration import cli, cli_purge
from orchestration.erasure import Wanted, erase_accounts
from orchestration.settings import Settings
from publication.release import current_name, list_releases, verify_release
from tests.support.candidate import clean_copy
from tests.support.gates import LEAN, PlainJudge, judge, release
from tests.support.sandboxed import LAST_DAY, run
from tests.support.small_world import MIDDAY

ROOT = Path(__file__).resolve().parents[2]
ZONE = "Europe/Stockholm"
GONE, STAYS = "museums_3", "museums_4"
WORLD = GeneratedWorld(seed=5, industries={"region": 7})
EVERY = [(extractor.name, stream) for extractor in platforms() for stream in extractor.streams]
RELEASED = ("2025-Q4", "2026-Q1")


def plans():
    """Return (organisation, platform) -> (platform's id, handle) of two organisations' accounts."""
    known = {(a.platform, a.id): a.handle for a in WORLD.accounts(MIDDAY)}
    found = {}
    for organisation, plan in zip((GONE, STAYS), WORLD.organisations, strict=False):
        for account in plan.accounts:
            handle = known.get((account.platform, account.id))
            found[organisation, account.platform] = (account.id, handle)
        found[organisation, "wikidata"] = (f"{plan.wikidata_id}:x", None)
    return found


PLANS = plans()


def write_registry(folder, *organisations):
    """Write a registry of these organisations with every account they have."""
    entries = []
    for organisation in organisations:
        accounts = [
            {"platform": p, "platform_id": id_} | ({"handle": handle} if handle else {})
            for (o, p), (id_, handle) in PLANS.items()
            if o == organisation
        ]
        entries.append({"id": organisation, "name": f"The {organisation}", "accounts": accounts})
    industry = {"id": "museums", "name": "Museums", "organisations": entries}
    (folder / "industries").mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(industry, allow_unicode=True)
    (folder / "industries/museums.yaml").write_text(text, encoding="utf-8")


def lay_by_hand(lake, account):
    """Lay what no sandbox gives: an owner's export, an unfinished run, a place in the queue."""
    landed = {
        "account_id": account,
        "observed_at": MIDDAY,
        "source": "by_hand",
        "origin": Origin.IMPORT,
        "extracted_at": datetime(2026, 8, 18, tzinfo=UTC),
        "load_id": "by-hand",
    }
    segment = FollowerSegment(gender="women", followers=120, **landed)
    question = Inquiry(inquiry_id=f"question-to-{account}", channel="c", asked_at=MIDDAY, **landed)
    part = f"by-hand-{account}" if account.startswith(GONE) else "by-hand"
    lake.write_part("follower_segments", "facebook", LAST_DAY, part, [segment])
    lake.write_part("inquiries", "facebook", LAST_DAY, part, [question])
    folder = lake.root / "_raw/x" / LAST_DAY.isoformat()
    with Checkpoint(folder / "posts.checkpoint.ndjson", stream="posts", identity="x") as point:
        point.load()
        point.add(Outcome(account_id=account, status=Status.OK, problem=f"{account} had one"))
    ledger = Ledger(folder.parent / "budget.json")
    ledger.leave("posts", [*ledger.left("posts"), account])


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A data folder of two organisations, released twice; the registry has let go of one."""
    root = tmp_path_factory.mktemp("erasure")
    data, registry_dir = root / "data", root / "registry"
    data.mkdir()
    clean_copy(data)
    for quarter in RELEASED:
        assert judge(data, quarter, make_judge=PlainJudge).passed
        release(data, quarter, steps=LEAN)
    write_registry(registry_dir, GONE, STAYS)
    registry = load_registry(registry_dir)
    compile_tables(registry, data / "registry")
    lake = Lake(data / "lake", ZONE)
    lake.initialise()
    with serve(world=WORLD) as sandbox:
        for platform, stream in EVERY:
            accounts = list(registry.accounts(platform))
            load_id = f"{platform}-{stream}"
            run(lake, sandbox.url, accounts, platform=platform, stream=stream, load_id=load_id)
    for organisation in (STAYS, GONE):
        lay_by_hand(lake, f"{organisation}.facebook")
    quarter = Quarter("2026-Q3", LAST_DAY.replace(month=7, day=1), LAST_DAY, LAST_DAY)
    derive_texts(lake, data / "derived", [quarter])
    assert compact(lake, date(2026, 11, 1)).written
    for name in ("dagster/history", "dbt/logs", "gate/2026-Q2"):
        (data / name).mkdir(parents=True)
    (data / "gate/2026-Q2/report.html").write_text(f"<td>{GONE}.bluesky</td>")
    with sqlite3.connect(data / "dagster/history/index.db") as events:
        events.execute("create table event_logs (event text)")
        events.execute("insert into event_logs values (?)", [f"left out: {GONE}.bluesky"])
    (data / "dbt/logs/dbt.log").write_text(f"Failure in {GONE}.bluesky\n")
    write_registry(registry_dir, STAYS)
    return root


@pytest.fixture
def place(prepared, tmp_path, monkeypatch):
    """A copy of it, with the command line set to it."""
    root = tmp_path / "place"
    shutil.copytree(prepared, root, symlinks=True)
    settings = Settings(data_dir=root / "data", registry_dir=root / "registry")
    monkeypatch.setattr(cli_purge, "get_settings", lambda: settings)
    for name in ("DAGSTER_HOME", "EFFEKTANALYS_DATA_DIR", "DBT_TARGET_PATH", "DBT_LOG_PATH"):
        monkeypatch.setenv(name, str(root / "data" / name.lower()))
    return settings


def command(*arguments):
    return CliRunner().invoke(cli.app, list(arguments))


def plain(path):
    """Return everything a file says, unpacked, as text."""
    if path.suffix == ".parquet":
        table = pq.read_table(path, partitioning=None)
        return json.dumps(table.to_pylist(), default=str, ensure_ascii=False)
    if path.suffix == ".zst":
        return json.dumps(list(read_raw(path)), ensure_ascii=False)
    return path.read_bytes().decode("utf-8", "replace")


def everything(data):
    """Return path -> text of every file that is no sealed release."""
    files = (p for p in sorted(data.rglob("*")) if p.is_file() and not p.is_symlink())
    return {
        str(p.relative_to(data)): plain(p)
        for p in files
        if p.relative_to(data).parts[0] != "releases" and p.name != "warehouse.lock"
    }


def rows(data, stream, organisation):
    """Return an organisation's rows of a stream, every column, in one order."""
    found = []
    for path in sorted((data / "lake" / stream).glob("platform=*/observed_date=*/*.parquet")):
        found += pq.read_table(path, schema=SCHEMAS[stream], partitioning=None).to_pylist()
    own = [row for row in found if row["account_id"].startswith(f"{organisation}.")]
    return sorted(own, key=str)


def traces(data):
    """Return what must not be found: ids, handles, post ids and texts of who is gone."""
    own, others = (
        {
            str(value)
            for stream in ("posts", "inquiries")
            for row in rows(data, stream, organisation)
            for name, value in row.items()
            if name in ("post_id", "text", "permalink", "inquiry_id") and value
        }
        for organisation in (GONE, STAYS)
    )
    called = {name for (o, _), names in PLANS.items() if o == GONE for name in names if name}
    return {GONE, *called, *(own - others)}


def test_case_72_nothing_is_left_of_an_organisation_and_all_of_the_other(place):
    data = place.data_dir
    before, wanted = everything(data), traces(data)
    assert len(wanted) > 100
    found = {path.split("/")[0] for path, text in before.items() if GONE in text}
    assert found == {"dagster", "dbt", "derived", "gate", "lake", "registry", "warehouse.duckdb"}
    kept = {stream: rows(data, stream, STAYS) for stream in SCHEMAS}
    assert all(kept.values())

    done = command("purge", "--organisation", GONE)
    assert done.exit_code == 0, done.output
    left = {path: [w for w in wanted if w in text] for path, text in everything(data).items()}
    assert {path: words for path, words in left.items() if words} == {}
    assert {stream: rows(data, stream, STAYS) for stream in SCHEMAS} == kept
    lake = Lake(place.lake_dir, ZONE)
    assert lake.verify() == []
    assert not (data / "warehouse.duckdb").exists()
    assert list(data.rglob(f"*by-hand-{GONE}*")) == []


def test_case_72_what_platforms_answered_about_the_other_can_still_be_read_again(place):
    lake, registry = Lake(place.lake_dir, ZONE), load_registry(place.registry_dir)

    def read_again():
        names = ("bluesky", "x", "facebook", "youtube", "mastodon")
        reports = (reparse(n, LAST_DAY, LAST_DAY, registry, lake=lake, load_id="a") for n in names)
        return [(r.platform, r.rebuilt, r.changed, r.dropped) for r in reports]

    before = read_again()
    assert all(rebuilt and not changed + dropped for _, rebuilt, changed, dropped in before)
    assert command("purge", "--organisation", GONE).exit_code == 0
    # Bluesky and X answer for both accounts at once: the other's part of the answer stays.
    assert read_again() == before


def test_case_72_releases_stay_and_are_named_and_one_that_must_go_can(place):
    data = place.data_dir
    done = command("purge", "--account", f"{GONE}.bluesky")
    assert "these hold it: 2025-Q4/r1, 2026-Q1/r1." in done.output
    assert "effektanalys release remove 2025-Q4/r1" in done.output
    assert "2026-Q1/r1 is current: it can go once another one is." in done.output
    for name in RELEASED:
        assert "verifies" in str(verify_release(data / "releases", f"{name}/r1"))
    refused = command("release", "remove", "2026-Q1/r1")
    assert refused.exit_code == 1
    assert "is the current release and stays" in refused.output
    assert "effektanalys release rollback" in refused.output
    assert command("release", "remove", "2025-Q4/r1").exit_code == 0
    assert [str(r.name) for r in list_releases(data / "releases")] == ["2026-Q1/r1"]
    assert str(current_name(data / "releases")) == "2026-Q1/r1"
    assert command("release", "remove", "2025-Q4/r1").exit_code == 1

    # A number that was taken away is not given to other tables.
    clean_copy(data)
    assert judge(data, "2025-Q4", make_judge=PlainJudge).passed
    assert release(data, "2025-Q4", steps=LEAN).release_id == "2025-Q4/r2"


def test_case_72_one_account_on_one_platform_leaves_the_others(place):
    data = place.data_dir
    before = {stream: rows(data, stream, GONE) for stream in SCHEMAS}
    done = command("purge", "--organisation", GONE, "--platform", "facebook")
    assert done.exit_code == 0, done.output
    for stream in SCHEMAS:
        kept = [r for r in before[stream] if r["account_id"] != f"{GONE}.facebook"]
        assert rows(data, stream, GONE) == kept


def test_case_72_a_rehearsal_says_what_would_go_and_changes_nothing(place):
    before = everything(place.data_dir)
    said = command("purge", "--organisation", GONE, "--dry-run")
    assert everything(place.data_dir) == before
    in_lake = sum(len(rows(place.data_dir, stream, GONE)) for stream in SCHEMAS)
    assert f"Would erase {GONE}" in said.output
    assert f"{in_lake:,} rows of the lake" in said.output
    assert "1 lines of unfinished runs" in said.output
    assert "warehouse.duckdb" in said.output
    done = command("purge", "--organisation", GONE)
    assert done.output.startswith(said.output.splitlines()[0].replace("Would erase", "Erased"))
    again = command("purge", "--organisation", GONE)
    assert f"Nothing is stored about {GONE} outside of releases." in again.output


def test_case_72_nobody_is_erased_whom_the_next_run_would_fetch_again(place):
    before = everything(place.data_dir)
    for who in (("--account", f"{STAYS}.x"), ("--organisation", STAYS)):
        refused = command("purge", *who)
        assert refused.exit_code == 1
        assert f"the registry still names {STAYS}.x" in refused.output or who[0] != "--account"
        assert "Take it out of registry/industries" in refused.output
        assert "effektanalys registry check" in refused.output
    assert everything(place.data_dir) == before


def test_case_72_nobody_is_erased_while_a_run_writes(place, monkeypatch):
    before = everything(place.data_dir)
    script = (
        "import sys; from pathlib import Path; from extractors.locks import WarehouseLock\n"
        "with WarehouseLock(Path(sys.argv[1]), who='dbt', run='run-7'):\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    command_line = [sys.executable, "-c", script, str(place.warehouse_lock)]
    with subprocess.Popen(
        command_line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as other:
        assert other.stdout.readline() == "held\n"
        refused = command("purge", "--organisation", GONE)
        other.communicate()
    assert refused.exit_code == 1
    assert f"is held by dbt (process {other.pid}, run run-7)" in refused.output
    assert everything(place.data_dir) == before
    assert command("purge", "--organisation", GONE).exit_code == 0


class Killed(BaseException):
    """The process ends here; nothing may catch it."""


def test_case_72_killed_anywhere_and_run_again_it_ends_the_same(place, tmp_path, monkeypatch):
    data, untouched = place.data_dir, tmp_path / "untouched"
    shutil.copytree(data, untouched, symlinks=True)
    left, steps = 10**6, 0

    def gone(pid, signal):
        raise ProcessLookupError

    # Here the process that "died" lives on, and its half-written files would be taken for work.
    monkeypatch.setattr("extractors.atomic.os.kill", gone)

    def dying(step):
        def wrapped(*given, **options):
            nonlocal left, steps
            if left == 0:
                raise Killed
            left, steps = left - 1, steps + 1
            return step(*given, **options)

        return wrapped

    for owner, name in ((Path, "replace"), (Path, "unlink"), (shutil, "rmtree")):
        monkeypatch.setattr(owner, name, dying(getattr(owner, name)))

    def purge():
        return erase_accounts(place, Wanted(organisation=GONE), is_rehearsal=False)

    purge()
    wanted, all_steps = everything(data), steps
    assert all_steps > 30
    for survived in sorted({0, 1, 2, 3, *range(4, all_steps, 5), all_steps - 1}):
        left = 10**6
        shutil.rmtree(data)
        shutil.copytree(untouched, data, symlinks=True)
        left = survived
        with pytest.raises(Killed):
            purge()
        left = 10**6
        purge()
        assert everything(data) == wanted, f"killed after {survived} steps"
