"""The report's words and numbers, and that no text is missing in either language."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path

import pytest
import yaml

import publication.report
from publication.report.language import CODES, Language, translations
from publication.report.markup import safe_link, shortened, unit_of
from publication.report.source import quarters_up_to

SV, EN = Language("sv"), Language("en")
ROOM = Path(publication.report.__file__).parent
MODELS = ROOM.parents[1] / "dbt_project" / "models" / "marts"


@pytest.mark.parametrize(
    ("value", "decimals", "swedish", "english"),
    [
        (1234567, 0, "1\u202f234\u202f567", "1,234,567"),
        (-1234.5, 1, "\u22121\u202f234,5", "\u22121,234.5"),
        (0.25, 2, "0,25", "0.25"),
        (-0.001, 1, "0,0", "0.0"),
        (999, 0, "999", "999"),
    ],
)
def test_numbers_are_written_as_readers_expect(value, decimals, swedish, english):
    assert SV.number(value, decimals) == swedish
    assert EN.number(value, decimals) == english


def test_percentages_durations_and_signs():
    assert SV.percent(1.284, 2, signed=True) == "+1,28\u00a0%"
    assert EN.percent(-1.284, 2, signed=True) == "\u22121.28%"
    assert SV.minutes(45.4) == "45\u00a0min"
    assert EN.minutes(200) == "3\u00a0h 20\u00a0min"
    assert EN.minutes(119.6) == "2\u00a0h 0\u00a0min"


def test_quarters_days_and_instants():
    assert SV.quarter("2026-Q2") == "andra kvartalet 2026"
    assert EN.quarter("2026-Q4") == "fourth quarter of 2026"
    assert SV.quarter_short("2026-Q1") == "kv\u00a01\u00a02026"
    assert SV.day(date(2026, 6, 30)) == "30 juni 2026"
    summer = datetime(2026, 6, 30, 12, 5)  # noqa: DTZ001 - instants of a release are UTC
    assert SV.moment(summer, "Europe/Stockholm") == "30 juni 2026 14:05"
    assert EN.moment(summer, "Europe/Stockholm") == "30 June 2026 14:05"
    assert quarters_up_to("2026-Q1", 3) == ["2025-Q3", "2025-Q4", "2026-Q1"]


def test_lists_and_places_read_as_sentences():
    assert SV.listed(["a", "b", "c"]) == "a, b och c"
    assert EN.listed(["a"]) == "a"
    assert SV.text("place.of", place=1, count=49) == "1 av 49"
    assert SV.text("index.industries", n=1) == "1 bransch"
    assert SV.text("index.industries", n=2) == "2 branscher"


def test_every_text_is_there_in_both_languages_and_asks_for_the_same_values():
    def blanks(text):
        if isinstance(text, dict):
            assert set(text) == {"one", "other"}
            text = text["other"]
        assert text.strip()
        return set(re.findall(r"{(\w+)}", text))

    for key, forms in translations().items():
        assert set(forms) == set(CODES), key
        assert blanks(forms["sv"]) == blanks(forms["en"]), key


def test_every_text_that_code_and_templates_name_exists():
    named = re.compile(r"""(?:\bt|\btext|\bfilled)\(\s*["']([\w.]+)["']\s*[,)]""")
    found = {
        key
        for path in ROOM.rglob("*")
        if path.suffix in {".py", ".j2"}
        for key in named.findall(path.read_text(encoding="utf-8"))
    }
    assert len(found) > 60
    assert not found - set(translations())


def test_every_reason_and_kind_of_break_that_a_mart_may_hold_has_words():
    expected = set()
    for path in MODELS.rglob("*__models.yml"):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            for column in model["columns"]:
                for test in column.get("data_tests", []):
                    if isinstance(test, dict) and "accepted_values" in test:
                        accepted = test["accepted_values"]
                        values = accepted.get("arguments", accepted)["values"]
                        if column["name"].endswith("_status"):
                            expected |= {f"status.{value}" for value in values}
                        elif model["name"] == "break_log" and column["name"] == "kind":
                            expected |= {f"break.{value}" for value in values}
    assert len(expected) > 20
    assert not expected - set(translations())


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://bsky.app/profile/a/post/1", True),
        ("http://example.org", True),
        ("javascript:alert(1)", False),
        ("JavaScript:alert(1)", False),
        (" https://example.org", False),
        ("data:text/html,x", False),
        ("//example.org", False),
        ("https://[", False),
        (None, False),
    ],
)
def test_only_web_addresses_become_links(address, expected):
    assert safe_link(address) == (address if expected else None)


def test_units_follow_the_names_where_no_definition_says_more():
    assert unit_of("followers_end_count_previous", None).decimals == 0
    assert unit_of("follower_growth_pct", None).kind == "percent"
    assert unit_of("follower_growth_pct_previous", None).signed
    assert unit_of("response_median_minutes", None).kind == "minutes"


def test_a_long_text_is_cut_at_a_word():
    assert shortened("ett  två\ntre") == "ett två tre"
    assert shortened("aaaa bbbb cccc", 10) == "aaaa bbbb …"
