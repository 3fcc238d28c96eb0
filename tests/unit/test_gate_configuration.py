"""The list of required checks and the suites: they fit together, or say where they do not."""

import re
from dataclasses import replace

import pytest

from expectations import suites
from expectations.required_checks import (
    CONFIGURATION_FILE,
    ConfigurationError,
    load_configuration,
    required_checks,
)
from expectations.suites import benchmark_account_quarter, dim_account


def altered(tmp_path, old, new):
    text = CONFIGURATION_FILE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / f"{len(list(tmp_path.iterdir()))}.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return load_configuration(path)


def test_every_published_table_of_the_contract_is_checked():
    assert {check.table for check in required_checks()} >= {
        "dim_industry",
        "dim_organisation",
        "dim_account",
        "dim_quarter",
        "follower_growth",
        "benchmark_account_quarter",
        "benchmark_industry_quarter",
        "ranking_quarter",
        "coverage_quarter",
        "break_log",
        "metric_definitions",
        "data_dictionary",
    }


def test_every_required_check_has_code_with_expectations_and_knows_its_parameters():
    configuration = load_configuration()
    code = suites.load_suites(configuration)
    given = {"quarter", "previous", "year_ago", "first_day", "last_day", "timezone"}
    assert list(code) == [check.id for check in configuration.checks]
    for check in configuration.checks:
        assert code[check.id].expectations(check.parameters), check.id
        used = set(re.findall(r"\$(\w+)", code[check.id].batch + code[check.id].failing))
        assert used <= given | set(check.parameters), check.id


def test_a_renamed_check_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"coverge is required .* nowhere"):
        suites.load_suites(altered(tmp_path, "id: coverage\n", "id: coverge\n"))


def test_a_check_moved_to_another_table_is_named(tmp_path):
    configuration = altered(
        tmp_path,
        "id: coverage\n    table: benchmark_industry_quarter",
        "id: coverage\n    table: ranking_quarter",
    )
    with pytest.raises(ConfigurationError, match="coverage is required on ranking_quarter"):
        suites.load_suites(configuration)


def test_an_empty_suite_is_an_error(monkeypatch):
    monkeypatch.setattr(dim_account, "CHECKS", ())
    with pytest.raises(ConfigurationError, match=r"dim_account\.py has no checks"):
        suites.load_suites(load_configuration())


def test_a_released_table_without_a_check_is_an_error(tmp_path):
    with pytest.raises(ConfigurationError, match="without a check: posts"):
        altered(tmp_path, "  dim_industry: [industry_id]", "  dim_industry: [x]\n  posts: [id]")


def test_code_that_nobody_requires_is_an_error(monkeypatch):
    extra = replace(benchmark_account_quarter.CHECKS[0], id="unasked")
    monkeypatch.setattr(
        benchmark_account_quarter, "CHECKS", (*benchmark_account_quarter.CHECKS, extra)
    )
    with pytest.raises(ConfigurationError, match="unasked is in suites"):
        suites.load_suites(load_configuration())


def test_a_new_threshold_changes_the_fingerprint_and_new_words_do_not(tmp_path):
    before = load_configuration().fingerprint()
    assert altered(tmp_path, "minimum_pct: 90", "minimum_pct: 80").fingerprint() != before
    assert altered(tmp_path, "Every account of", "Each account of").fingerprint() == before
