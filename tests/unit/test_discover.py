"""What a person is proposed for an organisation, asked on a real loopback server."""

import asyncio
import json
from pathlib import Path

import pytest
import yaml

from extractors.discover import (
    DiscoveryError,
    discover,
    discover_accounts,
    identifiers_query,
    search_query,
    wikidata_client,
)
from extractors.errors import PlatformUnavailable
from extractors.registry import load_registry
from extractors.sandbox import Fault, FaultKind, serve
from tests.support.small_world import state, world

NAME = "Museum of Åre"
STATES = [
    state("wikidata", "Q101:x", "museum", 5, name=NAME),
    state("wikidata", "Q102", "archive", 5, name="Archive of Åre"),
    state("wikidata", "Q103", "archive", 5, name="Archive of Årsta"),
    state("bluesky", "did:plc:abc", "museum.example", 5, name=NAME),
    state("linkedin", "1337", "museum-of-are", 5, name=NAME),
    state("mastodon", "109", "museum@social.example", 5, name=NAME),
    state("x", "783214", "museum", 5, name=NAME),
    state("youtube", "UCabcdefghijklmnopqrstuv", "@museum", 5, name=NAME),
    state("tiktok", "7", "no", 5, name=NAME),
    state("tiktok", "8", "another", 5, name="Somebody else"),
]
RANK = "http://wikiba.se/ontology#NormalRank"


@pytest.fixture(scope="module")
def running():
    with serve(world=world(*STATES)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running):
    running.faults.clear()
    return running


@pytest.fixture
def asked(sandbox):
    """Ask for an organisation; the sandbox answers for the day its world knows."""

    def ask(reference):
        async def go():
            async with wikidata_client(sandbox.url) as client:
                return await discover(reference, client)

        return asyncio.run(go())

    return ask


def answer(*rows):
    cells = [{n: {"type": "literal", "value": v} for n, v in row.items()} for row in rows]
    body = json.dumps({"head": {"vars": []}, "results": {"bindings": cells}})
    return Fault(platform="wikidata", kind=FaultKind.BODY, body=body)


def row(name, value, rank=RANK, **given):
    return {"label_en": "Org", "property": name, "value": value, "rank": rank, **given}


def accounts(proposal):
    return {
        a.platform.value: (a.platform_id, a.handle, a.main) for a in proposal.organisation.accounts
    }


@pytest.mark.parametrize("reference", ["Q101", "q101 ", NAME, "museum of åre"])
def test_an_item_or_a_name_leads_to_the_accounts_on_all_platforms(asked, reference):
    proposal = asked(reference)
    assert proposal.item == "Q101"
    assert accounts(proposal) == {
        "bluesky": (None, "museum.example", True),
        "linkedin": ("1337", None, True),
        "mastodon": (None, "museum@social.example", True),
        "tiktok": (None, "no", True),
        "x": ("783214", "museum", True),
        "youtube": ("UCabcdefghijklmnopqrstuv", None, True),
    }
    assert "not on Wikidata: facebook, instagram, snapchat, threads" in proposal.notes


def test_the_proposal_is_yaml_that_the_registry_accepts_as_it_stands(asked, tmp_path):
    (tmp_path / "industries").mkdir()
    text = asked("Q101").yaml
    head = "id: museums\nname: Museums\norganisations:\n"
    (tmp_path / "industries/museums.yaml").write_text(head + text)
    (tmp_path / "waivers.yaml").write_text("waivers: []\n")
    registry = load_registry(tmp_path)
    found = {a.account_id: a.platform_account_id for a in registry.accounts()}
    assert found["museum_of_are.youtube"] == "UCabcdefghijklmnopqrstuv"
    assert len(found) == 6
    assert text.startswith("# Proposed from https://www.wikidata.org/wiki/Q101: check each account")


def test_what_yaml_would_turn_into_something_else_is_quoted(asked):
    text = asked("Q101").yaml
    [organisation] = yaml.safe_load(text)
    handles = {a["platform"]: a.get("handle") for a in organisation["accounts"]}
    assert handles["tiktok"] == "no"
    assert {a["platform"]: a.get("platform_id") for a in organisation["accounts"]}["x"] == "783214"


def test_nothing_is_written_anywhere(asked, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written = []
    monkeypatch.setattr(Path, "write_text", lambda *given: written.append(given))
    asked("Q101")
    assert (written, list(tmp_path.iterdir())) == ([], [])


def test_a_name_with_several_meanings_lists_them_with_the_next_command(asked):
    with pytest.raises(DiscoveryError) as caught:
        asked("archive")
    assert str(caught.value) == (
        "'archive' may mean several items: Q102 Archive of Åre (organisation of the sandbox); "
        "Q103 Archive of Årsta (organisation of the sandbox). "
        "Choose one: effektanalys registry discover Q102"
    )


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("Q999", "Wikidata has no item Q999"),
        ("Nobody", "Wikidata finds nothing under 'Nobody'"),
        ("  ", "Give the name of an organisation"),
    ],
)
def test_what_is_not_found_is_told(asked, reference, words):
    with pytest.raises(DiscoveryError, match=words):
        asked(reference)


def test_a_second_account_is_proposed_beside_the_main_one_and_told(sandbox, asked):
    sandbox.faults.add(answer(row("P2003", "org"), row("P2003", "org_jobs")))
    proposal = asked("Q5")
    assert [(a.id, a.handle, a.main) for a in proposal.organisation.accounts] == [
        (None, "org", True),
        ("org.instagram_2", "org_jobs", False),
    ]
    assert proposal.notes[0] == "instagram: 2 accounts, keep the organisation's main one"


def test_a_preferred_account_stands_alone(sandbox, asked):
    best = RANK.replace("Normal", "Preferred")
    sandbox.faults.add(answer(row("P2002", "old"), row("P2002", "new", best)))
    assert [a.handle for a in asked("Q5").organisation.accounts] == ["new"]


@pytest.mark.parametrize("bad", ['x" }, {platform: x', "two words", "../etc", "a'b"])
def test_what_is_no_handle_is_left_out_and_told(sandbox, asked, bad):
    sandbox.faults.add(answer(row("P2002", bad), row("P856", "https://org.example/ x")))
    proposal = asked("Q5")
    assert proposal.organisation.accounts == ()
    assert proposal.organisation.website is None
    assert "is no handle, left out" in proposal.notes[0]
    assert "is not valid, left out" in proposal.notes[1]
    [organisation] = yaml.safe_load(proposal.yaml)
    assert organisation == {"id": "org", "name": "Org", "accounts": []}


@pytest.mark.parametrize("name", ["O: #1", "- x", "{a}", "yes", "2026-01-01", 'a "b"', "Åre & co"])
def test_any_name_comes_back_from_the_yaml_as_it_was(sandbox, asked, name):
    sandbox.faults.add(answer({"label_en": name, "label_sv": "Svenskt " + name}))
    [organisation] = yaml.safe_load(asked("Q5").yaml)
    assert (organisation["name"], organisation["name_sv"]) == (name, "Svenskt " + name)


def test_a_name_cannot_leave_its_place_in_the_query():
    query = search_query('x" . } DROP ALL #\n')
    assert 'mwapi:search "x\\" . } DROP ALL #\\n" ;' in query
    assert "wd:Q7 }" in identifiers_query("Q7")


def test_a_ban_is_told(sandbox):
    sandbox.faults.add(Fault(platform="wikidata", kind=FaultKind.ERROR, status=403))
    with pytest.raises(PlatformUnavailable, match="refuses this client"):
        discover_accounts("Q101", sandbox_url=sandbox.url)
