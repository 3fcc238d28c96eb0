"""The gate on a whole candidate: clean it passes, and every poison is stopped and named."""

from __future__ import annotations

import re
import sys
from datetime import date, timedelta

import duckdb
import pandas as pd
import pytest

from expectations.evaluation import BatchTooLarge
from expectations.receipt import read_receipt
from expectations.required_checks import load_configuration, required_checks
from expectations.suites import coverage_quarter
from expectations.warehouse import WarehouseUnreadable, open_read_only
from tests.support.candidate import Candidate, bounds, clean_copy, last_reading_day
from tests.support.gates import (
    ACCOUNT,
    NOW,
    QUARTER,
    PlainJudge,
    Waived,
    alter,
    found,
    gate,
    refusing,
)


@pytest.fixture
def data(tmp_path):
    return clean_copy(tmp_path)


def test_a_sound_candidate_passes_every_required_check(data):
    result = gate(data)
    assert result.passed, str(result)
    assert [c.id for c in result.checks] == [c.id for c in required_checks()]
    assert {c.outcome for c in result.checks} == {"passed"}


def test_nothing_is_asked_of_the_tables_that_the_gate_only_reads(data):
    before = (data / "warehouse.duckdb").read_bytes()
    gate(data, make_judge=PlainJudge)
    assert (data / "warehouse.duckdb").read_bytes() == before


def tenfold(tmp_path, days, account=ACCOUNT):
    candidate = Candidate(tmp_path)
    for day in days:
        candidate.readings[account, day] = 10 * candidate.followers(account, day)
    return candidate.write()


def test_one_account_times_ten_at_the_close_is_named_with_its_counts(tmp_path):
    day = last_reading_day(QUARTER)
    candidate = tenfold(tmp_path, [day])
    followers = candidate.followers(ACCOUNT, day)
    result = gate(tmp_path)
    assert refusing(result) == {"growth_plausible", "jumps_are_logged"}
    for check in result.refusing:
        assert [row["account_id"] for row in check.failing_rows] == [ACCOUNT]
        assert f"account {ACCOUNT} (museums_3)" in check.message
        assert f"{followers:,}" in check.message
    report = result.report_path.read_text(encoding="utf-8")
    assert ACCOUNT in report
    assert f"{followers:,}" in report


def test_a_single_poisoned_reading_in_the_middle_of_the_quarter_is_named_too(tmp_path):
    day = last_reading_day(QUARTER) - timedelta(days=42)
    tenfold(tmp_path, [day])
    result = gate(tmp_path)
    assert refusing(result) == {"jumps_are_logged"}
    assert f"on {day}" in found(result, "jumps_are_logged").message


def test_a_poisoned_small_account_is_named_too(tmp_path):
    candidate = Candidate(tmp_path, industries={"museums": 8})
    for week in range(45):
        day = date(2025, 9, 24) + timedelta(days=7 * week)
        candidate.readings[ACCOUNT, day] = 60 + week
    day = last_reading_day(QUARTER)
    candidate.readings[ACCOUNT, day] = 990
    candidate.write()
    assert found(gate(tmp_path), "jumps_are_logged").failing_rows[0]["account_id"] == ACCOUNT


def test_a_jump_with_a_logged_break_passes(tmp_path):
    day = last_reading_day(QUARTER) - timedelta(days=42)
    candidate = Candidate(tmp_path)
    later = [date(2025, 9, 24) + timedelta(days=7 * week) for week in range(41)]
    for reading in later:
        if reading >= day:
            candidate.readings[ACCOUNT, reading] = 10 * candidate.followers(ACCOUNT, reading)
    logged = f"'museums', 'bluesky', '{QUARTER}', date '{day}', 'account_merged', true, 'Merged.'"
    withheld = (
        "update marts.benchmark_account_quarter set growth_status = 'account_break', "
        "follower_growth_pct = null, follower_change_count = null"
    )
    candidate.after = [
        f"insert into marts.break_log values ('{ACCOUNT}', 'museums_3', {logged})",
        f"{withheld} where account_id = '{ACCOUNT}' and quarter = '{QUARTER}'",
    ]
    candidate.write()
    result = gate(tmp_path, make_judge=PlainJudge)
    assert found(result, "jumps_are_logged").passed
    assert found(result, "growth_plausible").passed


def test_honest_growth_of_half_in_a_quarter_is_a_warning_and_goes_out(tmp_path):
    candidate = Candidate(tmp_path)
    first = bounds(QUARTER)[0]
    for week in range(45):
        day = date(2025, 9, 24) + timedelta(days=7 * week)
        steps = max(0, (day - first).days // 7)
        candidate.readings[ACCOUNT, day] = 2000 + 110 * steps
    candidate.write()
    result = gate(tmp_path)
    assert result.passed, str(result)
    assert [check.id for check in result.warnings] == ["growth_usual"]
    assert ACCOUNT in found(result, "growth_usual").message
    assert [c.id for c in result.receipt.warnings] == ["growth_usual"]
    assert "growth_usual" in result.report_path.read_text(encoding="utf-8")


def test_a_source_that_stands_still_is_named_and_the_other_industry_is_not(tmp_path):
    candidate = Candidate(tmp_path)
    stuck_from = last_reading_day(QUARTER) - timedelta(days=35)
    for account in candidate.accounts:
        if account.startswith("ports"):
            for week in range(6):
                day = stuck_from + timedelta(days=7 * week)
                candidate.readings[account, day] = candidate.followers(account, stuck_from)
    candidate.write()
    frozen = found(gate(tmp_path), "source_alive")
    assert [row["industry_id"] for row in frozen.failing_rows] == ["ports"]
    assert frozen.failing_rows[0]["still_account_count"] == 6
    assert "6 of 6 accounts of ports on bluesky" in frozen.message


def test_platforms_that_round_are_not_taken_for_frozen(data):
    alter(
        data,
        "update staging.stg_lake__profile_snapshots set followers_count = 12300, "
        "followers_resolution_count = 100",
    )
    result = gate(data, make_judge=PlainJudge)
    assert found(result, "source_alive").passed


def test_a_candidate_older_than_the_lake_is_refused(data):
    day = last_reading_day(QUARTER) + timedelta(days=1)
    alter(
        data,
        "insert into staging.stg_lake__profile_snapshots select * replace "
        f"(date '{day}' as observed_date, observed_at + interval 1 day as observed_at, "
        "followers_count + 5 as followers_count) from staging.stg_lake__profile_snapshots "
        f"where account_id = '{ACCOUNT}' and observed_date = date '{day - timedelta(days=1)}'",
    )
    result = gate(data)
    assert "build it again" in found(result, "accounts_reconciled").message


def test_a_waiver_lifts_its_rows_and_no_others_and_is_printed(data):
    lower = "update marts.benchmark_industry_quarter set growth_account_count = 0, "
    alter(
        data,
        f"{lower} growth_status = growth_status where quarter = '{QUARTER}'",
    )
    waiver = Waived("museums_start", "growth_coverage", QUARTER, industry="museums")
    result = gate(data, waiver)
    check = found(result, "growth_coverage")
    assert not check.passed
    assert [row["industry_id"] for row in check.failing_rows] == ["ports"]
    assert [row["industry_id"] for row in check.waived_rows] == ["museums"]
    both = gate(data, waiver, Waived("ports_start", "growth_coverage", QUARTER, industry="ports"))
    check = found(both, "growth_coverage")
    assert check.passed
    assert sorted(check.waived_by) == ["museums_start", "ports_start"]
    assert "Seen and explained." in check.message
    assert {w.id for w in both.receipt.waivers} == {"history", "museums_start", "ports_start"}
    assert "museums_start" in both.report_path.read_text(encoding="utf-8")


def test_a_waiver_that_ran_out_lifts_nothing_and_is_named(data):
    alter(data, f"delete from marts.dim_account where account_id = '{ACCOUNT}'")
    old = Waived(
        "gone", "accounts_present", QUARTER, account=ACCOUNT, valid_until=date(2026, 8, 19)
    )
    check = found(gate(data, old), "accounts_present")
    assert not check.passed
    assert "waiver gone ran out on 2026-08-19" in check.message


def test_a_check_that_raises_is_recorded_as_errored_and_the_receipt_before_is_gone(
    data, monkeypatch
):
    assert gate(data).passed
    broken = tuple(
        type(check)(
            **{**{f: getattr(check, f) for f in check.__slots__}, "batch": "select nothing"}
        )
        for check in coverage_quarter.CHECKS
    )
    monkeypatch.setattr(coverage_quarter, "CHECKS", broken)
    result = gate(data)
    assert not result.passed
    assert found(result, "coverage_rows_present").outcome == "errored"
    record = {c.id: c for c in read_receipt(result.receipt_path).checks}["coverage_rows_present"]
    assert record.outcome == "errored"
    assert "could not run" in record.message


def test_a_judge_that_does_not_start_fails_every_check(data):
    def no_judge():
        raise ImportError("no such library")

    result = gate(data, make_judge=no_judge)
    assert {check.outcome for check in result.checks} == {"errored"}


def test_sql_and_expectations_that_disagree_are_an_error(data):
    class Lenient(PlainJudge):
        def accepts(self, name, batch, expectations):
            return True

    alter(data, f"delete from marts.dim_account where account_id = '{ACCOUNT}'")
    check = found(gate(data, make_judge=Lenient), "accounts_present")
    assert check.outcome == "errored"
    assert "disagree" in check.message


def test_a_batch_over_the_cap_is_a_clear_error_and_never_loaded(data):
    seen = []

    class Watching(PlainJudge):
        def accepts(self, name, batch, expectations):
            seen.append(len(batch))
            return super().accepts(name, batch, expectations)

    capped = load_configuration().model_copy(update={"row_cap": 10})
    result = gate(data, configuration=capped, make_judge=Watching)
    check = found(result, "benchmark_accounts_present")
    assert check.outcome == "errored"
    assert BatchTooLarge.__name__ in check.message
    assert "more than 10 rows" in check.message
    assert max(seen) <= 10


def test_the_candidate_is_closed_before_the_judge_is_made(data):
    def make():
        # Only possible when nobody in this process has the file open read-only.
        alter(data, "create schema proof")
        return PlainJudge()

    assert gate(data, make_judge=make).passed


def test_no_check_opens_a_published_file(data, monkeypatch):
    opened = []
    connect = duckdb.connect

    def watched(database=":memory:", *arguments, **options):
        opened.append(str(database))
        return connect(database, *arguments, **options)

    monkeypatch.setattr(duckdb, "connect", watched)
    gate(data, make_judge=PlainJudge)
    assert opened == [str(data / "warehouse.duckdb")]


def test_the_gates_connection_can_neither_write_nor_look_around(data, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    with open_read_only(data / "warehouse.duckdb") as connection:
        for statement, words in (
            ("delete from marts.dim_account", "read-only"),
            (f"from '{secret}'", "disabled by configuration"),
            (f"copy marts.dim_account to '{tmp_path}/out.csv'", "disabled by configuration"),
            ("set enable_external_access = true", "locked|Cannot"),
        ):
            with pytest.raises(duckdb.Error, match=words):
                connection.execute(statement).fetchall()


def test_a_missing_or_damaged_candidate_is_said_in_words(tmp_path):
    with pytest.raises(WarehouseUnreadable, match=r"does not exist\. Build a quarter first"):
        gate(tmp_path)
    (tmp_path / "warehouse.duckdb").write_bytes(b"no database" * 1000)
    with pytest.raises(WarehouseUnreadable, match="cannot be opened"):
        gate(tmp_path)


def test_the_report_is_one_page_that_asks_nobody_else(data):
    alter(data, f"delete from marts.dim_account where account_id = '{ACCOUNT}'")
    page = gate(data).report_path.read_text(encoding="utf-8")
    assert not re.search(r"https?://|<script|<link|<img|@import|url\(", page)
    assert "What refuses the release" in page
    assert f"effektanalys gate {QUARTER}" in page
    assert page.count("<h1>") == 1
    assert 'lang="en"' in page


def test_the_receipt_says_what_it_rests_on(data):
    receipt = read_receipt(gate(data, code_version="abc123").receipt_path)
    assert receipt.quarter == QUARTER
    assert receipt.created_at == NOW
    assert receipt.inputs == {"lake": "lake", "registry": "registry"}
    assert receipt.versions["code"] == "abc123"
    assert receipt.versions["duckdb"] == duckdb.__version__
    assert receipt.versions["python"] == sys.version.split()[0]
    assert set(receipt.digests["follower_growth"]) == {"2025-Q4", "2026-Q1", "2026-Q2"}
    assert not receipt.is_preliminary


def test_a_batch_is_judged_by_its_own_rows_and_not_by_those_before_it():
    from expectations.check import always
    from expectations.judge import Judge

    judge = Judge()
    good, bad = pd.DataFrame({"agrees": [True, True]}), pd.DataFrame({"agrees": [True, False]})
    verdicts = [judge.accepts(name, batch, always("agrees")) for name, batch in
                (("a", good), ("b", bad), ("c", good), ("a", bad))]  # fmt: skip
    assert verdicts == [True, False, True, False]
