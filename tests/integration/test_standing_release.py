"""A quarter whose release already says all there is to say need not be built once more."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from publication.release import standing_release
from tests.support.candidate import clean_copy
from tests.support.gates import (
    ACCOUNT,
    LEAN,
    NOW,
    PlainJudge,
    Waived,
    alter,
    judge,
    release,
)

QUARTER = "2025-Q4"
INPUTS = {"lake": "lake", "registry": "registry"}
MONTHS_LATER = NOW + timedelta(days=90)


@pytest.fixture
def data(tmp_path):
    return clean_copy(tmp_path)


@pytest.fixture
def released(data):
    assert judge(data, QUARTER, make_judge=PlainJudge, code_version="1").passed
    release(data, QUARTER, steps=LEAN, code_version="1")
    return data


def standing(data, **changes):
    settings = {
        "quarter": QUARTER,
        "warehouse": data / "warehouse.duckdb",
        "receipt": data / "gate" / QUARTER / "receipt.json",
        "releases": data / "releases",
        "now": MONTHS_LATER,
        "inputs": INPUTS,
        "code_version": "1",
    }
    return standing_release(**{**settings, **changes})


def test_an_unchanged_quarter_stands_however_old_it_is(released):
    assert standing(released) == "2025-Q4/r1"


@pytest.mark.parametrize(
    "change",
    [
        {"inputs": {**INPUTS, "lake": "a late snapshot"}},
        {"inputs": {**INPUTS, "registry": "one more account"}},
        {"code_version": "2"},
        {"quarter": "2026-Q1"},
    ],
)
def test_whatever_is_new_asks_for_a_build(released, change):
    assert standing(released, **change) is None


def test_a_candidate_that_was_built_anew_otherwise_asks_for_a_build(released):
    alter(
        released,
        "update marts.benchmark_account_quarter set followers_end_count = 5 "
        f"where account_id = '{ACCOUNT}' and quarter = '{QUARTER}'",
    )
    assert standing(released) is None


def test_a_candidate_that_is_gone_asks_for_a_build(released):
    (released / "warehouse.duckdb").unlink()
    assert standing(released) is None


def test_judged_is_not_yet_released(data):
    assert judge(data, QUARTER, make_judge=PlainJudge, code_version="1").passed
    assert standing(data) is None


def test_a_refused_quarter_does_not_stand(released):
    alter(released, f"delete from marts.follower_growth where account_id = '{ACCOUNT}'")
    assert not judge(released, QUARTER, make_judge=PlainJudge, code_version="1").passed
    assert standing(released) is None


def test_a_waiver_that_has_run_out_since_asks_for_a_build(data):
    alter(
        data,
        "update marts.follower_growth set growth_status = 'stale_end' "
        f"where account_id = '{ACCOUNT}' and period = '2025-10'",
    )
    waiver = Waived(
        "odd", "growth_has_reason", QUARTER, account=ACCOUNT, valid_until=date(2026, 10, 1)
    )
    rates = Waived("rates", "growth_rates_agree", QUARTER, account=ACCOUNT)
    result = judge(
        data,
        QUARTER,
        waivers=[waiver, rates],
        make_judge=PlainJudge,
        code_version="1",
    )
    assert result.passed, str(result)
    release(data, QUARTER, steps=LEAN, code_version="1")
    assert standing(data, now=NOW) == "2025-Q4/r1"
    assert standing(data) is None


def test_looking_moves_no_pointer(released):
    pointer = released / "releases" / "current"
    before = pointer.readlink()
    standing(released)
    assert pointer.readlink() == before
    assert not list((released / "releases").glob(".*tmp*"))
