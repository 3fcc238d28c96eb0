"""A registry file that is wrong is refused in words, at once, whatever is wrong with it."""

from __future__ import annotations

import os
import time
import tracemalloc
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from extractors.registry import RegistryError, load_registry

HEAD = "id: regions\nname: Generated regions\norganisations:\n"
NORTH = (
    '  - id: north\n    name: North\n    accounts: [{platform: x, platform_id: "1", handle: n}]\n'
)
SOUTH = (
    '  - id: south\n    name: South\n    accounts: [{platform: x, platform_id: "2", handle: s}]\n'
)
INDUSTRY = HEAD + NORTH + SOUTH


@pytest.fixture
def refused(tmp_path):
    def load(text, **others):
        write(tmp_path, text, **others)
        with pytest.raises(RegistryError) as error:
            load_registry(tmp_path)
        return [(p.file.name, p.line, p.message) for p in error.value.problems]

    return load


def write(folder, text, waivers=None, others=None):
    industries = folder / "industries"
    industries.mkdir(exist_ok=True)
    content = text if isinstance(text, bytes) else text.encode()
    (industries / "regions.yaml").write_bytes(content)
    for name, other in (others or {}).items():
        (industries / name).write_text(other, encoding="utf-8")
    if waivers is not None:
        (folder / "waivers.yaml").write_text(waivers, encoding="utf-8")
    return folder


def change(right, wrong):
    assert INDUSTRY.count(right) == 1, right
    return INDUSTRY.replace(right, wrong)


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_a_file_nested_without_end_is_refused_and_the_process_lives(refused, opening):
    [(_, line, message)] = refused(HEAD + "  - " + opening * 100_000)
    assert (line, message) == (4, "is nested too deep")


def test_a_file_that_multiplies_itself_is_refused_before_it_has(refused):
    levels = "abcdefghi"
    text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]\n" for a, b in pairwise(levels)
    )
    tracemalloc.start()
    [(_, line, message)] = refused(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (line, message) == (2, "the alias *a is not allowed here; write the value again")
    assert peak < 5_000_000


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (b"\xff\xfe" + INDUSTRY.encode("utf-16-le"), 1, "is not UTF-8 (byte 0)"),
        (change("name: South", "name: Sk\xe5ne").encode("latin-1"), 1, "is not UTF-8"),
        (change("name: South", "name: S\x07"), 8, "is not YAML: control characters"),
        (change("    name: South", "\tname: South"), 8, "is not YAML: found a tab"),
        (INDUSTRY + "---\nid: more\n", 10, "is not YAML"),
        ("", 1, "is empty"),
        ("# nobody yet\n", 1, "is empty"),
        ("null\n", 1, "the file must be keys with values"),
        ("- id: regions\n", 1, "the file must be keys with values"),
        (HEAD, 3, "organisations must be a list"),
        (HEAD.rstrip() + " {north: North}\n", 3, "organisations must be a list"),
        (HEAD + "  - north\n", 4, "an entry of organisations must be keys with values"),
        (INDUSTRY + "? [a, b]\n: c\n", 10, "a key must be one plain word"),
    ],
)
def test_what_is_no_registry_file_is_named_by_its_line(refused, text, line, message):
    [(file, found, said)] = refused(text)
    assert (file, found) == ("regions.yaml", line)
    assert said.startswith(message)


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("id: south", "id: no", "id: no is no text here; put it in quotes"),
        ('"2"', "012", "platform_id: 012 is no text here; put it in quotes"),
        ('"2"', "1_000", "platform_id: 1_000 is no text here"),
        ("name: South", "name: 12:30:45", "name: 12:30:45 is no text here"),
        ("name: South", "name: .nan", "name: .nan is no text here"),
        ("name: South", "name: 2025-01-01", "name: 2025-01-01 is no text here"),
        ("handle: s}", "handle: s, main: yes}", "main: yes must be true or false"),
        ("handle: s}", 'handle: s, main: "true"}', "main: true must be true or false"),
        ("handle: s}", "handle: s, valid_from: 2025}", "'2025' is no day; write it as 2025-06-30"),
        ("handle: s}", "handle: s, valid_to: 2025-02-30}", "'2025-02-30' is no day"),
        ("handle: s}", "handle: s, valid_to: 2025-02-01 10:00}", "'2025-02-01 10:00' is no day"),
        (
            "handle: s}",
            "handle: s, valid_from: 2025-02-01, valid_to: 2025-01-31}",
            "valid_to 2025-01-31 lies before valid_from 2025-02-01",
        ),
        ('platform: x, platform_id: "2"', 'platform: twitter, platform_id: "2"', "mean 'x'?"),
        ("handle: s}", "handle: s, definition: follower}", "did you mean 'followers'?"),
        ("handle: s}", "handle: s, sucessor: north.x}", "unknown key 'sucessor'; did you mean"),
        ("handle: s}", "handle: s, zzz: 1}", "unknown key 'zzz'; known: valid_from, valid_to"),
        ("handle: s}", "handle: s, successor: nort.x}", "no account here; did you mean 'north.x'?"),
        ("handle: s}", "handle: s, successor: south.x}", "is the account itself"),
        ("handle: s}", "handle: s, id: north.x}", "account 'north.x' is also on regions.yaml:6"),
        ('platform_id: "2"', 'platform_id: "1"', "x id '1' is also the account on regions.yaml"),
        ("handle: s}", "handle: N}", "x handle 'n' is also the account on regions.yaml:6"),
        ("handle: s}", 'handle: "@s"}', "leave out the @"),
    ],
)
def test_a_mistake_in_an_entry_is_said_in_words(refused, right, wrong, said):
    line = INDUSTRY[: INDUSTRY.index(right)].count("\n") + 1
    [(_, found, message)] = refused(change(right, wrong))
    assert said in message
    assert found == line


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ("{seats: 12}", "seats: 12 is no text here; put it in quotes"),
        ("{seats: [{value: a, valid_form: 2025-01-01}]}", "did you mean 'valid_from'?"),
        (
            "{seats: [{value: a, valid_to: 2025-01-01}, {value: b, valid_from: 2025-01-01}]}",
            "attribute seats: a and b hold on the same days",
        ),
    ],
)
def test_an_attribute_is_a_text_or_texts_with_days_that_do_not_overlap(refused, attributes, said):
    [(_, _, message)] = refused(change("name: South", f"name: South\n    attributes: {attributes}"))
    assert said in message


@pytest.mark.parametrize("name", ["id", "platform_id", "handle"])
@pytest.mark.parametrize(
    "unsafe",
    [
        *("../x", "/etc/passwd", "a/b", "a\\\\b", "..", "", "h" * 300),
        *("x'; copy", 'x\\"y', "a b", "a\\0b", "a\\nb", "a\\u202Eb", "a`b", "a%2fb"),
    ],
)
def test_names_that_could_leave_their_place_are_refused(refused, name, unsafe):
    text = change('platform_id: "2", handle: s}', f'platform_id: "2", {name}: "{unsafe}"}}')
    if name == "platform_id":
        text = text.replace('platform_id: "2", platform_id', "platform_id")
    assert any(line == 9 for _, line, _ in refused(text))


@pytest.mark.parametrize("handle", ["skåne.se", "a_b-c.d~e", "user@home.example", "東京都", "a·b"])
def test_names_as_platforms_give_them_are_taken(tmp_path, handle):
    text = change("handle: s}", f'handle: "{handle}"}}').replace('"2"', '"did:web:a.example%3A30"')
    registry = load_registry(write(tmp_path, text))
    assert registry.account_by("x", handle, date(2026, 1, 1)).account_id == "south.x"


def test_one_letter_written_in_two_ways_is_one_handle(tmp_path, refused):
    composed, decomposed = "sk\u00e5ne", "ska\u030ane"
    both = change("handle: s}", f"handle: {decomposed}}}").replace(
        "handle: n}", f"handle: {composed}}}"
    )
    [(_, line, message)] = refused(both)
    assert line == 9
    assert "is also the account on regions.yaml:6" in message
    registry = load_registry(write(tmp_path, both.replace(decomposed, "s")))
    assert registry.account_by("x", decomposed.upper(), date(2026, 1, 1)).account_id == "north.x"


def test_every_mistake_of_every_file_is_said_at_once(refused):
    text = change('"2"', '"1"').replace("name: Generated regions", "nam: Generated regions")
    text = text.replace("    name: South\n", "    name: South\n    name: Söder\n")
    problems = refused(
        text,
        others={
            "others.yaml": "id: other\nname: Others\norganisations: []\n",
            "more.yml": "id: more\n",
        },
        waivers="waivers:\n  - {id: w, check: c, quarter: 2025-07, reason: r, granted_by: g}\n",
    )
    assert problems == [
        ("more.yml", 1, "is not read; name it more.yaml"),
        ("others.yaml", 1, "id 'other' must be the file's name, 'others'"),
        ("regions.yaml", 1, "'name' is missing"),
        ("regions.yaml", 2, "unknown key 'nam'; did you mean 'name'?"),
        ("regions.yaml", 9, "'name' is given twice; the first is on line 8"),
        ("regions.yaml", 10, "x id '1' is also the account on regions.yaml:6"),
        ("waivers.yaml", 2, "quarter: '2025-07' is no quarter; write it as 2025-Q3"),
    ]


def test_nothing_is_called_missing_that_a_broken_entry_may_hold(refused):
    text = change("handle: s}", "handle: s, successor: north.x}").replace(
        "handle: n}", "handel: n}"
    )
    [(_, line, message)] = refused(text)
    assert (line, message.split(";")[0]) == (6, "unknown key 'handel'")


def test_a_waiver_for_what_is_not_there_is_refused(refused):
    waivers = (
        "waivers:\n  - id: w\n    check: c\n    quarter: 2025-Q3\n    industry: region\n"
        "    account: nort.x\n    reason: r\n    granted_by: g\n"
    )
    assert refused(INDUSTRY, waivers=waivers) == [
        ("waivers.yaml", 5, "industry 'region' is not in the registry; did you mean 'regions'?"),
        ("waivers.yaml", 6, "account 'nort.x' is not in the registry; did you mean 'north.x'?"),
    ]


def test_a_successor_lives_on_the_same_platform(refused):
    text = change("handle: s}", "handle: s}, {platform: youtube, handle: s, successor: north.x}")
    [(_, _, message)] = refused(text)
    assert message == "successor 'north.x' is an account on x"


def test_a_name_that_passes_to_another_account_names_whose_it_was_that_day(tmp_path):
    text = change("handle: s}", "handle: same, valid_from: 2025-07-01}").replace(
        "handle: n}", "handle: same, valid_to: 2025-06-30}"
    )
    registry = load_registry(write(tmp_path, text))
    found = [registry.account_by("x", "Same", date(2025, *day)) for day in ((6, 30), (7, 1))]
    assert [account.account_id for account in found] == ["north.x", "south.x"]


def test_a_handle_outside_its_accounts_days_is_refused(refused):
    wrong = "valid_from: 2025-01-01, handles: [{handle: s, valid_to: 2024-12-31}]}"
    [(_, line, message)] = refused(change("handle: s}", wrong))
    assert (line, message) == (9, "handle s holds on none of the account's days")


def test_a_file_that_may_not_be_read_is_named(tmp_path, refused):
    (tmp_path / "industries").mkdir()
    (tmp_path / "industries" / "others.yaml").mkdir()
    assert refused(INDUSTRY) == [("others.yaml", 1, f"cannot be read: {os.strerror(21)}")]


def test_an_empty_folder_says_what_to_add(tmp_path):
    with pytest.raises(RegistryError, match="holds no industry; add one as <industry>.yaml"):
        load_registry(tmp_path)


@pytest.mark.parametrize("host_zone", ["UTC", "Pacific/Kiritimati"])
def test_days_are_the_files_own_whatever_the_hosts_zone(tmp_path, monkeypatch, host_zone):
    monkeypatch.setenv("TZ", host_zone)
    time.tzset()
    try:
        text = change("handle: s}", "handle: s, valid_from: 2025-07-01}")
        [account] = load_registry(write(tmp_path, text)).accounts("x", on=date(2025, 7, 1))[1:]
        assert account.valid_from == date(2025, 7, 1)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_1229_accounts_load_in_about_a_second(tmp_path):
    entries = (
        NORTH.replace("north", f"o{n}")
        .replace('"1"', f'"{n}"')
        .replace("handle: n", f"handle: h{n}")
        for n in range(1229)
    )
    text = HEAD + "".join(entries)
    write(tmp_path, text)
    began = time.process_time()
    registry = load_registry(tmp_path)
    assert len(registry.accounts("x", on=date(2026, 1, 1))) == 1229
    assert time.process_time() - began < 3


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    place=st.integers(0, len(INDUSTRY) - 1),
    put=st.text("[]{}:,-#&*!|>'\"%@`?\t\n \0no0é", max_size=6),
)
@example(place=INDUSTRY.index("north"), put="{{{{")
@example(place=0, put="")
def test_a_slip_of_the_keyboard_loads_or_is_refused_with_a_line_of_the_file(tmp_path, place, put):
    text = INDUSTRY[:place] + put + INDUSTRY[place + 1 :]
    write(tmp_path, text)
    try:
        load_registry(tmp_path)
    except RegistryError as error:
        problems = error.problems
    else:
        return
    assert problems
    for problem in problems:
        assert 1 <= problem.line <= text.count("\n") + 1
        assert problem.message
        assert Path(problem.file).parent == tmp_path / "industries"
