"""Platforms' answers are forgotten in time, and a person can see what was."""

from datetime import date, timedelta
from types import SimpleNamespace

import dagster as dg
import pytest
from typer.testing import CliRunner

from extractors.platforms import platforms
from extractors.platforms.archive import RawArchive, raw_folder
from extractors.platforms.retention import purge_archive
from orchestration import cli, cli_purge, steps
from orchestration.assets import retention

TODAY = date(2026, 11, 23)
DAYS = {p.name: p.raw_retention_days for p in platforms()}


def archived(lake, platform, day, load_id="run"):
    archive = RawArchive(raw_folder(lake, platform, day), load_id)
    archive.append({"endpoint": "example", "answer": {}})


@pytest.fixture
def lake(tmp_path):
    """Of every platform: answers of the last day its terms allow, and of the day before."""
    root = tmp_path / "lake"
    for platform, days in DAYS.items():
        archived(root, platform, TODAY - timedelta(days=days))
        archived(root, platform, TODAY - timedelta(days=days + 1))
        archived(root, platform, TODAY - timedelta(days=days + 1), "run-2")
    return root


def left(lake):
    return {
        platform: [folder.name for folder in (lake / "_raw" / platform).iterdir()]
        for platform in DAYS
    }


def kept():
    return {name: [(TODAY - timedelta(days=days)).isoformat()] for name, days in DAYS.items()}


@pytest.fixture
def settings(lake, monkeypatch):
    given = SimpleNamespace(lake_dir=lake, timezone="Europe/Stockholm")
    monkeypatch.setattr(cli_purge, "get_settings", lambda: given)
    monkeypatch.setattr(retention, "get_settings", lambda: given)

    class Clock:
        @staticmethod
        def now(tz):
            # 23:30 in London is the 23rd in Stockholm already.
            return steps_datetime(2026, 11, 22, 23, 30, tzinfo=tz)

    steps_datetime = steps.datetime
    monkeypatch.setattr(steps, "datetime", Clock)
    return given


def test_each_platforms_own_terms_decide(lake):
    purged = {p.platform: p for p in purge_archive(lake, TODAY)}
    assert left(lake) == kept()
    assert {name: p.files for name, p in purged.items()} == dict.fromkeys(DAYS, 2)
    assert str(purged["youtube"]) == (
        "YouTube: 2 files removed, oldest kept: 2026-10-24 (answers are kept for 30 days)"
    )
    assert {p.files for p in purge_archive(lake, TODAY)} == {0}


def test_nothing_archived_is_nothing_to_remove(tmp_path):
    assert {(p.files, p.oldest_day) for p in purge_archive(tmp_path, TODAY)} == {(0, None)}


def test_the_command_line_removes_what_is_due_and_says_so(lake, settings):
    refused = CliRunner().invoke(cli.app, ["purge"])
    assert refused.exit_code == 1
    assert "effektanalys purge --raw" in refused.output
    assert len(list((lake / "_raw").rglob("*.zst"))) == 3 * len(DAYS)

    done = CliRunner().invoke(cli.app, ["purge", "--raw"])
    assert done.exit_code == 0
    assert done.output.count("2 files removed") == len(DAYS)
    assert left(lake) == kept()


def test_dagster_shows_what_was_removed(lake, settings):
    result = dg.materialize([retention.raw_archive], partition_key="2026-08-17")
    [event] = result.asset_materializations_for_node("raw_archive")
    assert event.metadata["files_removed"].value == 2 * len(DAYS)
    assert "| YouTube | 2 | 30 | 2026-10-24 |" in event.metadata["by_platform"].value
    assert left(lake) == kept()  # counted from today, whichever day is taken


def test_every_day_forgets():
    from orchestration.definitions import defs

    nodes = {node.name for node in defs.resolve_job_def("daily_snapshots").nodes}
    assert "raw_archive" in nodes


def test_the_command_line_hands_the_days_on(monkeypatch):
    seen = []
    report = SimpleNamespace(problems=("bluesky: one thing",), __str__=lambda: "")
    monkeypatch.setattr(cli, "get_settings", SimpleNamespace)
    monkeypatch.setattr(steps, "reparse_days", lambda _, *given: seen.append(given) or report)
    words = ["reparse", "--platform", "bluesky", "--from", "2026-08-16", "--to", "2026-08-17"]
    result = CliRunner().invoke(cli.app, words)
    assert result.exit_code == 0
    assert "bluesky: one thing" in result.output
    assert seen == [("bluesky", date(2026, 8, 16), date(2026, 8, 17))]
