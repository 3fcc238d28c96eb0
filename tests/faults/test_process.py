"""Cases of the machine and of others on it: no room, no right to write, little memory, a holder."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from expectations import warehouse
from expectations.warehouse import WarehouseUnreadable, open_read_only
from extractors.lake import Lake, LakeRefused
from orchestration import cli, steps
from orchestration import settings as settings_module
from orchestration.settings import Settings
from publication import release as publication
from publication.errors import ReleaseRefused
from publication.release import current_name, verify_release
from tests.support.candidate import clean_copy
from tests.support.gates import LEAN, PlainJudge, alter, judge, release
from tests.support.importing import csv_of, registry_in

QUARTER = "2025-Q4"
HOLD = """
import sys, duckdb
with duckdb.connect(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


class Usage(NamedTuple):
    """What a disk says of itself, in bytes."""

    total: int
    used: int
    free: int


@pytest.fixture
def released(tmp_path):
    """Return a data folder with one release and a judged candidate that differs from it."""
    data = clean_copy(tmp_path)
    assert judge(data, QUARTER, make_judge=PlainJudge).passed
    release(data, QUARTER, steps=LEAN)
    alter(data, "update marts.dim_organisation set name = name || '!'")
    assert judge(data, QUARTER, make_judge=PlainJudge).passed
    return data


@pytest.fixture
def analyst(released):
    """Another process that has the candidate open for writing."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(released / "warehouse.duckdb")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_case_29_who_holds_the_candidate_is_named_and_sent_to_the_release(released, analyst):
    with pytest.raises(ReleaseRefused) as refused:
        release(released, QUARTER, steps=LEAN)
    with (
        pytest.raises(WarehouseUnreadable) as unreadable,
        open_read_only(released / "warehouse.duckdb"),
    ):
        pass
    for error in (refused, unreadable):
        assert f"PID {analyst.pid}" in str(error.value)
        assert "analysts open the published file" in str(error.value)
    assert str(current_name(released / "releases")) == f"{QUARTER}/r1"
    analyst.communicate()
    assert release(released, QUARTER, steps=LEAN).release_id == f"{QUARTER}/r2"


def test_case_30_a_release_is_not_begun_without_room_for_it(released, monkeypatch):
    size = (released / "warehouse.duckdb").stat().st_size
    with monkeypatch.context() as full:
        full.setattr(publication.shutil, "disk_usage", lambda _: Usage(10 * size, 0, 3 * size - 1))
        with pytest.raises(ReleaseRefused, match="too little room"):
            release(released, QUARTER, steps=LEAN)
    releases = released / "releases"
    assert list(releases.glob(".building-*")) == []
    assert str(verify_release(releases)).startswith(f"{QUARTER}/r1 verifies")
    assert release(released, QUARTER, steps=LEAN).release_id == f"{QUARTER}/r2"


def test_case_31_a_lake_that_cannot_be_written_is_said_before_anything_is_asked(
    tmp_path, monkeypatch
):
    asked = []
    monkeypatch.setattr("extractors.platforms.extract", lambda *a, **k: asked.append(a))
    monkeypatch.setattr(steps, "prepare_environment", lambda _: None)
    settings = Settings(data_dir=tmp_path)
    # A file where the folder belongs: a folder without the right to write does not stop root.
    settings.lake_dir.write_text("")
    with pytest.raises(LakeRefused, match=r"cannot be written .*; no platform was asked"):
        steps.extract_day(settings, "bluesky", "profile_snapshots", date(2026, 8, 17), load_id="x")
    assert asked == []
    settings.lake_dir.unlink()
    Lake(settings.lake_dir, "Europe/Stockholm").initialise()


def test_case_35_a_gate_with_little_memory_sorts_ten_million_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(warehouse, "READING_LIMIT", "100MB")
    with open_read_only(clean_copy(tmp_path) / "warehouse.duckdb") as connection:
        # 10,000,000 numbers of 8 bytes with their keys do not fit in 100 MB.
        query = (
            "select count(*), sum(n) from (select n, row_number() over (order by hash(n)) as place "
            "from range(10_000_000) as numbers(n)) where place > 0"
        )
        assert connection.execute(query).fetchall() == [(10_000_000, 49_999_995_000_000)]


def test_case_35_a_publication_keeps_to_its_memory(released):
    limits = []

    def look(draft):
        [(limit,)] = draft.connection.execute("select current_setting('memory_limit')").fetchall()
        limits.append(limit)

    release(released, QUARTER, steps=(look, *LEAN))
    # 1 GB = 10^9 bytes = 953.67 MiB.
    assert limits == ["953.6 MiB"]


@pytest.mark.parametrize("where", ["data folder", "lake", "stream"])
def test_case_31_an_import_into_what_cannot_be_written_ends_in_words(tmp_path, monkeypatch, where):
    registry_in(tmp_path)
    given = Settings(data_dir=tmp_path / "data", registry_dir=tmp_path)
    blocked = {
        "data folder": given.data_dir,
        "lake": given.lake_dir,
        "stream": given.lake_dir / "profile_snapshots/platform=x",
    }[where]
    monkeypatch.setattr(cli, "get_settings", lambda: given)
    for name in ("DAGSTER_HOME", "EFFEKTANALYS_DATA_DIR", "DBT_TARGET_PATH", "DBT_LOG_PATH"):
        monkeypatch.setenv(name, str(tmp_path))
    file = tmp_path / "counts.csv"
    file.write_text(csv_of("x,south,2025-05-01,1"))
    # A file where the folder belongs: a folder without the right to write does not stop root.
    blocked.parent.mkdir(parents=True, exist_ok=True)
    blocked.write_text("")
    refused = CliRunner().invoke(cli.app, ["import", str(file)])
    assert refused.exit_code == 1
    assert str(blocked) in refused.output
    assert "Run: effektanalys doctor" in refused.output
    assert isinstance(refused.exception, SystemExit), "a traceback"
    blocked.unlink()
    assert CliRunner().invoke(cli.app, ["import", str(file)]).exit_code == 0


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_case_71_keys_that_others_may_read_are_refused_until_they_may_not(
    tmp_path, monkeypatch, mode
):
    file = tmp_path / ".env"
    file.write_text("EFFEKTANALYS_YOUTUBE_API_KEY=secret-value\n")
    monkeypatch.setattr(settings_module, "ENV_FILE", file)
    settings_module.get_settings.cache_clear()
    file.chmod(mode)
    refused = CliRunner().invoke(cli.app, ["release", "list"])
    assert refused.exit_code == 1
    assert f"(mode {mode:04o})" in refused.output
    assert f"chmod 600 {file}" in refused.output
    assert "secret-value" not in refused.output
    # Dagster and dbt read their settings in the same place.
    with pytest.raises(settings_module.KeysExposed):
        settings_module.get_settings()
    file.chmod(0o600)
    assert CliRunner().invoke(cli.app, ["release", "list"]).exit_code == 0
    settings_module.get_settings.cache_clear()


def test_case_71_folders_may_be_read_by_anybody(tmp_path):
    file = tmp_path / ".env"
    file.write_text("EFFEKTANALYS_TIMEZONE=Europe/Paris\nEFFEKTANALYS_YOUTUBE_API_KEY=\n")
    file.chmod(0o644)
    settings_module.refuse_exposed_keys(file)
