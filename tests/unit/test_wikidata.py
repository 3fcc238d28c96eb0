"""What a person gets from Wikidata: read on a real loopback server, faults included."""

import asyncio
import json
from datetime import UTC, date, datetime

import httpx
import pytest

from extractors.http import Answer
from extractors.lake import Lake
from extractors.platforms import extractor_for
from extractors.platforms.session import Session, Target
from extractors.platforms.wikidata import Wikidata, statements_query
from extractors.sandbox import Fault, FaultKind, serve
from tests.support.sandboxed import LAST_DAY, NOW, registry_account, run, stored
from tests.support.small_world import state, world

STATES = [
    state("wikidata", "Q101", "region_nord", 27_155),
    state("wikidata", "Q102:youtube", "museet", 900),
    state("wikidata", "Q102:x", "museet", 88),
]
BEFORE = [state("wikidata", "Q101", "region_nord", 26_000)]
WORLD = world(*STATES, earlier=BEFORE)
FIRST = date(2026, 8, 1)
ENTITY = "http://www.wikidata.org/entity/"
ONTOLOGY = "http://wikiba.se/ontology#"


def account(platform_id, name=None):
    name = name or "org_" + platform_id.replace(":", "_").lower()
    return registry_account(0, platform_id, account_id=name, platform="wikidata")


ACCOUNTS = [account(s.id) for s in STATES]


@pytest.fixture(scope="module")
def running():
    with serve(world=WORLD) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running):
    running.faults.clear()
    running.state.windows.clear()
    return running


@pytest.fixture
def lake(tmp_path):
    made = Lake(tmp_path / "lake", "Europe/Stockholm")
    made.initialise()
    return made


def read(lake, sandbox, accounts=ACCOUNTS, **given):
    return run(lake, sandbox.url, accounts, platform="wikidata", **given)


def fault(kind, **given):
    return Fault(platform="wikidata", kind=kind, **given)


def followers(lake):
    return {row["account_id"]: row["followers"] for row in stored(lake)}


def row(item="Q101", followers="5", *, statement="s1", rank="NormalRank", **given):
    cells = {
        "item": ENTITY + item,
        "statement": statement,
        "followers": followers,
        "when": f"{LAST_DAY}T00:00:00Z",
        "precision": "11",
        "rank": ONTOLOGY + rank,
        **given,
    }
    return {name: {"type": "literal", "value": v} for name, v in cells.items() if v is not None}


def answer(*rows):
    body = {"head": {"vars": []}, "results": {"bindings": list(rows)}}
    return fault(FaultKind.BODY, body=json.dumps(body))


def test_what_is_stated_for_a_day_is_a_row_of_that_day(sandbox, lake):
    report = read(lake, sandbox)
    assert (report.ok, report.failed, report.requests) == (3, 0, 1)
    assert followers(lake) == {"org_q101": 27_155, "org_q102_youtube": 900, "org_q102_x": 88}
    assert {r["source"] for r in stored(lake)} == {"wikidata"}
    assert {str(r["observed_date"]) for r in stored(lake)} == {"2026-08-17"}
    assert report.problems == ()


def test_a_past_day_is_answered_and_dated_as_stated(sandbox, lake):
    report = read(lake, sandbox, ACCOUNTS[:1], day=FIRST)
    [found] = stored(lake)
    assert (report.ok, found["followers"]) == (1, 26_000)
    assert found["observed_at"].date() == FIRST


def test_a_past_day_of_the_live_service_is_not_refused_as_such():
    assert extractor_for("wikidata").can_answer_past is True


def test_a_day_nobody_stated_has_no_row_and_is_no_failure(sandbox, lake):
    sandbox.faults.add(answer({"item": {"type": "uri", "value": ENTITY + "Q101"}}))
    report = read(lake, sandbox, ACCOUNTS[:1])
    assert (report.ok, report.failed, report.rows) == (1, 0, 0)
    assert (stored(lake), report.problems) == ([], ())


def test_an_item_that_does_not_exist_or_is_none_is_a_row_without_counts(sandbox, lake):
    report = read(lake, sandbox, [ACCOUNTS[0], account("Q999"), account("did:plc:x", "other")])
    assert (report.ok, report.not_visible) == (1, 2)
    assert followers(lake) == {"org_q101": 27_155, "org_q999": None, "other": None}
    assert "'did:plc:x' is no item such as Q42 or Q42:youtube" in report.problems[1]


def test_an_item_with_several_platforms_must_be_told_apart(sandbox, lake):
    report = read(lake, sandbox, [account("Q102", "plain")])
    assert (report.ok, stored(lake)) == (1, [])
    assert "states followers of several platforms; write Q42:youtube" in report.problems[0]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([row(followers="26000", rank="DeprecatedRank"), row(statement="s2")], 5),
        ([row(followers="7"), row(followers="8", statement="s2", rank="PreferredRank")], 8),
        ([row(followers="7"), row(followers="7", statement="s2")], 7),
        ([row(followers="+12")], 12),
        ([row(followers="12.0")], 12),
        ([row(followers="0")], 0),
    ],
)
def test_of_several_statements_the_valid_one_counts(sandbox, lake, rows, expected):
    sandbox.faults.add(answer(*rows))
    read(lake, sandbox, ACCOUNTS[:1])
    assert followers(lake) == {"org_q101": expected}


@pytest.mark.parametrize("precision", ["9", "10", "14"])
def test_a_year_or_a_month_is_not_a_day(sandbox, lake, precision):
    sandbox.faults.add(answer(row(precision=precision)))
    report = read(lake, sandbox, ACCOUNTS[:1])
    assert (report.ok, stored(lake)) == (1, [])


def test_a_contradiction_is_told_and_not_resolved(sandbox, lake):
    sandbox.faults.add(answer(row(followers="7000"), row(followers="8000", statement="s2")))
    report = read(lake, sandbox, ACCOUNTS[:1])
    assert stored(lake) == []
    assert "contradictory statements of the day: 7,000 and 8,000" in report.problems[0]


@pytest.mark.parametrize("value", ["12K", "-1", "12.5", "1e5", "99999999999", "٣"])
def test_a_count_that_is_no_count_is_quarantined(sandbox, lake, value):
    sandbox.faults.add(answer(row(followers=value)))
    report = read(lake, sandbox, ACCOUNTS[:1])
    assert (report.failed, stored(lake)) == (1, [])
    assert "org_q101: followers is" in report.problems[0]


def test_a_statement_with_two_names_of_one_platform_is_one_platforms(sandbox, lake):
    names = [f"http://www.wikidata.org/prop/qualifier/{p}" for p in ("P2002", "P6552")]
    sandbox.faults.add(answer(*(row("Q102", qualifier=name) for name in names)))
    read(lake, sandbox, [account("Q102:x")])
    assert followers(lake) == {"org_q102_x": 5}


def test_the_query_names_items_and_the_day_and_nothing_else():
    query = statements_query(["Q1", "Q22"], date(2026, 8, 17))
    assert "VALUES ?item { wd:Q1 wd:Q22 }" in query
    assert 'FILTER(?when = "2026-08-17T00:00:00Z"^^xsd:dateTime)' in query


def test_what_is_no_item_never_reaches_the_query(sandbox, lake, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "extractors.platforms.wikidata.statements_query",
        lambda items, day: asked.append(items) or statements_query(items, day),
    )
    read(lake, sandbox, [ACCOUNTS[0], account("Q1}DROP", "bad")])
    assert asked == [["Q101"]]


def test_a_batch_is_50_items_a_query(sandbox, lake):
    many = [account(f"Q{n}") for n in range(1, 121)]
    assert read(lake, sandbox, many).requests == 3


def test_the_sandbox_wants_to_know_who_asks(sandbox):
    query = {"query": statements_query(["Q101"], LAST_DAY), "format": "json"}
    now = {"X-Sandbox-Now": datetime(2026, 8, 17, 10, tzinfo=UTC).isoformat()}
    assert httpx.get(f"{sandbox.url}/wikidata/sparql", params=query).status_code == 403
    named = {"User-Agent": "test/1 (me@org.example)", **now}
    answered = httpx.get(f"{sandbox.url}/wikidata/sparql", params=query, headers=named).json()
    assert answered["results"]["bindings"][1]["followers"]["value"] == "27155"


def test_a_pause_asked_for_is_kept(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.RATE_LIMIT, times=2, retry_after="30"))
    report = read(lake, sandbox)
    assert (report.ok, report.retries, report.waited_seconds) == (3, 2, 60.0)


def test_a_ban_stops_at_once(sandbox, lake):
    sandbox.faults.add(fault(FaultKind.ERROR, status=403))
    report = read(lake, sandbox)
    assert (report.ok, report.requests) == (0, 1)
    assert "refuses this client: its User-Agent, or a ban" in report.stopped


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_failure_of_the_moment_is_tried_again(sandbox, lake, status):
    sandbox.faults.add(fault(FaultKind.ERROR, status=status, times=2))
    report = read(lake, sandbox)
    assert (report.ok, report.retries) == (3, 2)


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        (FaultKind.HTML, {}, "answered with text/html instead of JSON"),
        (FaultKind.TRUNCATED, {}, "broke off in the middle of an answer"),
        (FaultKind.RESET, {}, "broke off in the middle of an answer"),
        (FaultKind.REDIRECT, {}, "answered with a redirect, which is not followed"),
        (FaultKind.BODY, {"body": "{}"}, "without the list 'bindings'"),
        (FaultKind.REMOVED_FIELD, {"field": "followers"}, "followers is missing in a row"),
    ],
)
def test_an_answer_not_to_be_trusted_fails_the_account(sandbox, lake, kind, given, words):
    sandbox.faults.add(fault(kind, **given))
    report = read(lake, sandbox, ACCOUNTS[:1])
    assert (report.failed, stored(lake)) == (1, [])
    assert words in report.problems[0]


def test_an_unknown_column_is_told_once(sandbox, lake):
    sandbox.faults.add(
        fault(FaultKind.UNKNOWN_FIELD, field="aura", value={"type": "literal", "value": "1"})
    )
    [problem] = read(lake, sandbox).problems
    assert problem == "wikidata: unknown field sparql.results.bindings[].aura (dict), left out"


def test_a_live_run_dates_a_past_day_by_the_statement():
    class Answers:
        async def get(self, path, params=None, *, account=None):
            return Answer(200, {}, {"results": {"bindings": [row()]}})

    async def client(base_url=None, *, sandbox_path=None):
        return Answers()

    session = Session(
        platform="wikidata",
        load_id="r",
        clock=lambda: NOW,
        archive=lambda _: None,
        day=date(2020, 1, 1),
    )
    extractor = Wikidata(session)
    extractor.client = client
    target = Target(account_id="a", platform_id="Q101")
    [outcome] = asyncio.run(extractor.read_profiles([target]))
    assert outcome.records[0].observed_at == datetime(2020, 1, 1, 12, tzinfo=UTC)
    assert outcome.records[0].extracted_at == NOW
    hidden = extractor.not_visible(target, "x").records[0]
    assert hidden.observed_at == datetime(2020, 1, 1, 12, tzinfo=UTC)
