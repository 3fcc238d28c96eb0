"""The registry names every mistake with file, line and the nearest right word."""

from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from extractors.registry import RegistryError, load_registry, schemas

ROOT = Path(__file__).parents[2]

INDUSTRY = """\
id: regions
name: Generated regions
organisations:
  - id: north
    name: Generated North
    accounts: [{platform: bluesky, platform_id: "did:plc:north", handle: north.example}]
  - id: söuth_placeholder
    name: Generated South
    accounts: [{platform: youtube, platform_id: UC1, handle: south}]
""".replace("söuth_placeholder", "south")


@pytest.fixture
def registry(tmp_path):
    (tmp_path / "industries").mkdir()

    def write(text, name="regions", waivers=None):
        (tmp_path / "industries" / f"{name}.yaml").write_text(text, encoding="utf-8")
        if waivers is not None:
            (tmp_path / "waivers.yaml").write_text(waivers, encoding="utf-8")
        return tmp_path

    return write


def problems(folder):
    with pytest.raises(RegistryError) as refused:
        load_registry(folder)
    return [(p.file.name, p.line, p.message) for p in refused.value.problems]


def test_the_bundled_registry_holds_49_think_tanks_and_their_eight_handle_changes():
    registry = load_registry(ROOT / "registry")
    accounts = registry.accounts("bluesky")
    assert len(accounts) == 49
    assert all(a.platform_account_id.startswith("did:plc:") for a in accounts)
    changed = [a for a in accounts if len({h.handle for h in a.handles}) > 1]
    assert len(changed) == 8


def test_the_party_leaders_of_2015_are_in_no_later_quarter():
    registry = load_registry(ROOT / "registry")
    assert len(registry.accounts("facebook")) == 3
    assert all(a.valid_on(date(2015, 12, 31)) for a in registry.accounts("facebook"))
    assert not any(a.valid_on(date(2016, 1, 1)) for a in registry.accounts("facebook"))
    [industry] = [i for i in registry.industries if i.id == "canadian_party_leaders_2015"]
    assert {m.member_to for m in industry.organisations} == {date(2015, 12, 31)}


def test_three_lines_are_enough_for_an_organisation(registry):
    found = load_registry(registry(INDUSTRY))
    assert [a.account_id for a in found.accounts()] == ["north.bluesky", "south.youtube"]


def test_an_account_is_found_by_our_id_the_platforms_id_or_the_handle_of_that_day():
    registry = load_registry(ROOT / "registry")
    ours = "institute_for_public_policy_research.bluesky"
    early, late = date(2025, 4, 1), date(2026, 4, 1)
    for reference in (ours, "did:plc:meoeiisz2ja66j35jx2rxjyc", "@ippr.bsky.social"):
        assert registry.account_by("bluesky", reference, early).account_id == ours
    assert registry.account_by("bluesky", "ippr.org", late).account_id == ours
    assert registry.account_by("bluesky", "ippr.bsky.social", late) is None


@pytest.mark.parametrize(
    ("wrong", "right", "line", "words"),
    [
        ("platform: youtub,", "platform: youtube,", 9, "did you mean 'youtube'?"),
        ("handel: south", "handle: south", 9, "did you mean 'handle'?"),
        ("name: no", "name: Generated South", 8, "no is no text here; put it in quotes"),
        ("name: 012", "name: Generated South", 8, "012 is no text here; put it in quotes"),
        ("id: South", "id: south", 7, "only small letters, digits and _"),
        ("handle: ../../etc", "handle: south", 9, "is no handle or id"),
        ('handle: "x\'; copy"', "handle: south", 9, "is no handle or id"),
    ],
)
def test_a_mistake_is_named_with_its_line(registry, wrong, right, line, words):
    [(file, found_line, message)] = problems(registry(INDUSTRY.replace(right, wrong)))
    assert (file, found_line) == ("regions.yaml", line)
    assert words in message


def test_every_mistake_is_reported_at_once(registry):
    text = INDUSTRY.replace("youtube", "youtub").replace("name: Generated North", "nam: x")
    assert {line for _, line, _ in problems(registry(text))} >= {5, 9}


def test_a_key_given_twice_is_refused_with_both_lines(registry):
    text = INDUSTRY.replace(
        "    name: Generated South", "    name: Generated South\n    name: Other"
    )
    [(_, line, message)] = problems(registry(text))
    assert line == 9
    assert "given twice; the first is on line 8" in message


def test_a_yaml_tag_is_refused(registry):
    text = INDUSTRY.replace("Generated South", "!!python/object/apply:os.system [id]")
    assert any("is not allowed" in message for _, _, message in problems(registry(text)))


def test_the_same_platform_id_in_two_files_is_one_account_too_many(registry):
    registry(INDUSTRY)
    other = INDUSTRY.replace("id: regions", "id: others").replace("id: north", "id: third")
    other = other.replace("id: south\n", "id: fourth\n").replace("UC1", "UC2")
    other = other.replace("handle: south", "handle: fourth")
    folder = registry(other, name="others")
    messages = [message for _, _, message in problems(folder)]
    assert any("'did:plc:north' is also the account on" in message for message in messages)


def test_handles_that_overlap_are_refused_and_those_that_follow_are_not(registry):
    changed = INDUSTRY.replace(
        "handle: north.example}]",
        "handles: [{handle: a.example, valid_to: 2025-06-30}, "
        "{handle: b.example, valid_from: 2025-06-30}]}]",
    )
    [(_, line, message)] = problems(registry(changed))
    assert (line, "hold on the same days" in message) == (6, True)
    load_registry(registry(changed.replace("from: 2025-06-30", "from: 2025-07-01")))


def test_an_organisation_may_move_between_industries_but_not_be_in_two_at_once(registry):
    moved = INDUSTRY.replace(
        "    name: Generated South", "    name: Generated South\n    member_to: 2025-06-30"
    )
    registry(moved)
    there = "id: others\nname: Generated others\norganisations:\n  - {id: south, member_from: %s}\n"
    load_registry(registry(there % "2025-07-01", name="others"))
    [(_, _, message)] = problems(registry(there % "2025-06-30", name="others"))
    assert "on the same days" in message


def test_a_byte_order_mark_and_windows_line_ends_are_read(registry):
    folder = registry("\ufeff" + INDUSTRY.replace("\n", "\r\n"))
    assert len(load_registry(folder).accounts()) == 2


def test_a_waiver_for_an_unknown_key_is_refused(registry):
    waivers = "waivers:\n  - {id: w, check: coverage, quarter: 2025-Q3, reson: x, granted_by: me}\n"
    messages = [message for _, _, message in problems(registry(INDUSTRY, waivers=waivers))]
    assert any("did you mean 'reason'?" in message for message in messages)


def test_the_committed_schemas_are_those_of_the_models():
    for name, text in schemas().items():
        committed = (ROOT / "registry" / name).read_text(encoding="utf-8")
        assert committed == text, f"{name} has drifted. Run: effektanalys registry schema"


def test_the_fingerprint_follows_what_is_said_not_how(registry):
    first = load_registry(registry(INDUSTRY)).fingerprint()
    assert load_registry(registry("# a comment\n" + INDUSTRY)).fingerprint() == first
    assert load_registry(registry(INDUSTRY.replace("North", "East"))).fingerprint() != first


YAML = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "name", "organisations", "x"]), inner, max_size=3)
    ),
)


@given(YAML)
def test_yaml_that_is_no_industry_is_refused_in_words(tmp_path_factory, value):
    folder = tmp_path_factory.mktemp("registry")
    (folder / "industries").mkdir()
    (folder / "industries" / "any.yaml").write_text(yaml.safe_dump(value), encoding="utf-8")
    with pytest.raises(RegistryError) as refused:
        load_registry(folder)
    assert all(p.line >= 1 and p.message for p in refused.value.problems)
