"""What goes red when something is late, and who is told when something failed."""

from __future__ import annotations

import json
import logging
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from extractors.lake import Lake
from extractors.records import SCHEMAS
from orchestration.automation.sensors import failure_sensor
from orchestration.definitions import build_defs
from orchestration.doctor import examine
from orchestration.notifications import tell
from orchestration.settings import get_settings
from orchestration.steps import unread_accounts

STOCKHOLM = ZoneInfo("Europe/Stockholm")
REGISTRY = """\
id: harbours
name: Harbours
organisations:
  - id: north
    name: North Harbour
    accounts:
      - {platform: bluesky, handle: north.example.org, platform_id: "did:plc:north"}
      - {platform: youtube, handle: north, platform_id: UCnorth}
  - id: south
    name: South Harbour
    accounts:
      - {platform: bluesky, handle: south.example.org, platform_id: "did:plc:south"}
"""


@pytest.fixture
def harbours(tmp_path, monkeypatch):
    """Settings of a registry of two organisations and an empty lake."""
    industries = tmp_path / "registry" / "industries"
    industries.mkdir(parents=True)
    (industries / "harbours.yaml").write_text(REGISTRY, encoding="utf-8")
    monkeypatch.setenv("EFFEKTANALYS_REGISTRY_DIR", str(tmp_path / "registry"))
    monkeypatch.setenv("EFFEKTANALYS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("EFFEKTANALYS_NOTIFY_URLS", "")
    monkeypatch.delenv("EFFEKTANALYS_SANDBOX_URL", raising=False)
    get_settings.cache_clear()
    yield get_settings()
    get_settings.cache_clear()


def read(settings, account, moment, **given):
    """Land one reading of an account."""
    import pyarrow as pa

    schema = SCHEMAS["profile_snapshots"]
    known = {
        "account_id": account,
        "platform": account.split(".")[1],
        "observed_at": moment,
        "extracted_at": moment,
        "visibility": "visible",
        "followers_count": 100,
        "followers_resolution": 1,
        "definition": "followers",
        "source": "bluesky_api",
        "origin": "live",
        "load_id": "test",
        **given,
    }
    row = {field.name: known.get(field.name) for field in schema}
    lake = Lake(settings.lake_dir, settings.timezone)
    lake.initialise()
    day = moment.astimezone(STOCKHOLM).date()
    table = pa.Table.from_pylist([row], schema=schema)
    lake.write_table("profile_snapshots", "bluesky", day, account, table)


def red(result):
    return {
        event.asset_check_evaluation_data.asset_key.path[1]: (
            event.asset_check_evaluation_data.description
        )
        for event in result.all_events
        if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION
        and not event.asset_check_evaluation_data.passed
    }


def test_an_account_that_nobody_read_today_is_red_the_same_day(harbours):
    now = datetime.now(tz=UTC)
    read(harbours, "north.bluesky", now)
    job = build_defs().resolve_job_def("snapshots_check")
    result = job.execute_in_process(raise_on_error=False)
    assert not result.success
    [(platform, words)] = red(result).items()
    assert platform == "bluesky"
    assert "1 account(s) have not been read today" in words
    assert "daily_snapshots" in words

    read(harbours, "south.bluesky", now)
    result = job.execute_in_process(raise_on_error=False)
    assert result.success
    assert not red(result)


def test_yesterdays_reading_and_another_days_account_do_not_count(harbours):
    evening = datetime(2026, 11, 22, 22, 59, tzinfo=UTC)  # 23:59 in Stockholm
    night = datetime(2026, 11, 22, 23, 1, tzinfo=UTC)  # 00:01 the day after
    read(harbours, "north.bluesky", evening)
    read(harbours, "south.bluesky", night)
    for day, missing in ((22, "south.bluesky"), (23, "north.bluesky")):
        asked = datetime(2026, 11, day, tzinfo=UTC).date()
        assert unread_accounts(harbours, "bluesky", "profile_snapshots", asked) == [missing]


def test_an_account_that_is_not_visible_was_asked(harbours):
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    read(harbours, "north.bluesky", now, visibility="not_visible", followers_count=None)
    assert unread_accounts(harbours, "bluesky", "profile_snapshots", now.date()) == [
        "south.bluesky"
    ]


def test_a_platform_without_keys_is_not_late(harbours):
    day = datetime(2026, 11, 23, tzinfo=UTC).date()
    assert unread_accounts(harbours, "youtube", "profile_snapshots", day) == []


def days_of(settings):
    [found] = [f for f in examine(settings).findings if f.subject == "bluesky days"]
    return found


def test_the_doctor_names_the_days_that_are_lost(harbours):
    now = datetime.now(tz=UTC)
    for days_ago in (3, 1):
        read(harbours, f"{['', 'north', '', 'south'][days_ago]}.bluesky", now - timedelta(days_ago))
    found = days_of(harbours)
    lost = (now.astimezone(STOCKHOLM) - timedelta(days=2)).date()
    assert found.state == "note"
    assert f"1 of 3 days are missing ({lost})" in found.message
    assert "effektanalys import FILE" in found.message


def test_the_doctor_says_who_is_still_to_be_read_today(harbours):
    now = datetime.now(tz=UTC)
    read(harbours, "north.bluesky", now - timedelta(days=1))
    read(harbours, "north.bluesky", now)
    assert "1 account(s) still to read today" in days_of(harbours).message
    read(harbours, "south.bluesky", now)
    assert "no gap" in days_of(harbours).message


class Receiver(BaseHTTPRequestHandler):
    """Takes what is posted."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.taken.append(json.loads(body))
        self.send_response(self.server.answer)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver():
    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        server.taken, server.answer = [], 200
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def address(server):
    return f"json://127.0.0.1:{server.server_port}/geheimnis"


def failed_run():
    """A context of the sensor for a run whose step fails of a cause below another."""

    @dg.op
    def read_accounts() -> None:
        raise RuntimeError("the step") from ValueError("Bluesky answered with 3 of 49 accounts")

    @dg.job(name="daily_snapshots")
    def job() -> None:
        read_accounts()

    instance = dg.DagsterInstance.ephemeral()
    result = job.execute_in_process(instance=instance, raise_on_error=False)
    event = result.get_run_failure_event()
    return result.run_id, dg.build_run_status_sensor_context(
        "failure_sensor", event, instance, result.dagster_run
    ).for_run_failure()


def test_whoever_is_to_be_told_is_told_once_which_run_failed_and_why(
    harbours, receiver, monkeypatch
):
    monkeypatch.setenv("EFFEKTANALYS_NOTIFY_URLS", address(receiver))
    get_settings.cache_clear()
    run_id, context = failed_run()
    failure_sensor(context)
    [told] = receiver.taken
    assert told["title"] == "Effektanalys: daily_snapshots failed"
    assert "read_accounts: ValueError: Bluesky answered with 3 of 49 accounts" in told["message"]
    assert run_id in told["message"]
    assert "make ui" in told["message"]


def test_nobody_is_told_where_nobody_is_named(harbours, receiver):
    _, context = failed_run()
    skipped = failure_sensor(context)
    assert "EFFEKTANALYS_NOTIFY_URLS" in skipped.skip_message
    assert receiver.taken == []


def test_a_message_that_is_not_taken_is_said_without_its_address(
    harbours, receiver, monkeypatch, caplog
):
    receiver.answer = 500
    monkeypatch.setenv("EFFEKTANALYS_NOTIFY_URLS", address(receiver))
    get_settings.cache_clear()
    _, context = failed_run()
    with caplog.at_level(logging.DEBUG), pytest.raises(RuntimeError) as caught:
        failure_sensor(context)
    assert "did not reach every address" in str(caught.value)
    assert "geheimnis" not in str(caught.value) + caplog.text
    assert "geheimnis" not in repr(get_settings())


def test_one_wrong_address_does_not_keep_the_others_from_being_told(receiver):
    assert not tell(f"nonsense://geheimnis {address(receiver)}", "title", "body")
    assert [told["message"] for told in receiver.taken] == ["body"]
