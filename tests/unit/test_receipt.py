"""The receipt: written whole and privately, complete or not, and what stands in the way."""

import stat
from datetime import UTC, datetime

import pytest

from expectations.receipt import CheckRecord, Receipt, read_receipt, write_atomically
from expectations.required_checks import RequiredCheck

REQUIRED = (
    RequiredCheck(id="coverage", table="t", severity="error", meaning="Enough is covered."),
    RequiredCheck(id="usual", table="t", severity="warn", meaning="Nothing is unusual."),
)


def record(check, outcome="passed", severity="error", table="t"):
    return CheckRecord(
        id=check,
        table=table,
        severity=severity,
        outcome=outcome,
        message="",
        failing_count=0,
        waived_count=0,
        waived_by=[],
        observed={},
    )


def receipt(*checks):
    return Receipt(
        quarter="2026-Q2",
        created_at=datetime(2026, 7, 9, tzinfo=UTC),
        timezone="Europe/Stockholm",
        is_preliminary=False,
        digests={},
        checks=list(checks),
        configuration="c",
        inputs={"lake": "l", "registry": "r"},
    )


def test_it_reads_back_as_written_and_only_its_owner_can_read_it(tmp_path):
    written = receipt(record("coverage"))
    path = tmp_path / "gate" / "receipt.json"
    written.write(path)
    assert read_receipt(path) == written
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["receipt.json"]


def test_a_write_that_fails_leaves_the_old_one(tmp_path):
    path = tmp_path / "receipt.json"
    receipt(record("coverage")).write(path)
    before = path.read_bytes()
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "new \ud800")
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_an_altered_receipt_is_not_read(tmp_path):
    path = tmp_path / "receipt.json"
    receipt(record("coverage")).write(path)
    path.write_text(path.read_text().replace('"passed"', '"fine"'))
    with pytest.raises(ValueError, match="outcome"):
        read_receipt(path)


def test_a_required_check_that_did_not_run_is_missing():
    assert receipt(record("coverage")).missing(REQUIRED) == ["usual"]
    assert receipt(record("coverage"), record("usual")).missing(REQUIRED) == []


def test_a_check_on_another_table_is_not_the_required_one():
    assert receipt(record("coverage", table="audit"), record("usual")).missing(REQUIRED) == [
        "coverage"
    ]


@pytest.mark.parametrize(
    ("check", "outcome", "refuses"),
    [
        ("coverage", "passed", False),
        ("coverage", "failed", True),
        ("coverage", "errored", True),
        ("usual", "failed", False),
        ("usual", "errored", True),
    ],
)
def test_failing_errors_and_whatever_could_not_run_are_in_the_way(check, outcome, refuses):
    # The receipt calls everything a warning; the list in force is what counts.
    found = receipt(record(check, outcome, severity="warn")).refusing(REQUIRED)
    assert [c.id for c in found] == ([check] if refuses else [])
