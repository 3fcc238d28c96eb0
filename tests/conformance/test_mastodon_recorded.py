"""Answers of a real Mastodon server, read by our extractor as they were recorded.

The recordings are those of Mastodon.py's own tests (MIT), taken from its source distribution while
the tests run. Nothing of them is kept here; without the package index the tests say so and skip.
"""

import asyncio
import json
import subprocess
import sys
import tarfile
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import yaml

from extractors.http import HttpClient
from extractors.platforms.mastodon import Mastodon
from extractors.platforms.session import Session, Status, Target
from extractors.records import Visibility
from tests.support.sandboxed import FakeTime

RELEASE = "mastodon.py==2.3.3"
CASSETTES = ("test_account_lookup.yaml", "test_fetch_next_previous.yaml")
SERVER = "http://localhost:3000"
RECORDED_ON = datetime(2026, 10, 14, 19, 7, tzinfo=UTC)
KNOWN = Target(account_id="known", platform_id=None, handle="mastodonpy_test@social.example")
UNKNOWN = Target(account_id="gone", platform_id=None, handle="kljadklajsdkljlkjlkjlkjasdasd@a.bc")


def meant(url):
    """What of a request decides the answer: the path, the account's user name, the page."""
    parts = urlsplit(str(url))
    query = parse_qs(parts.query)
    user = query.get("acct", [""])[0].split("@")[0]
    return parts.path, user, str(query.get("max_id")), str(query.get("min_id"))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Return what the server answered: what decides an answer -> status, headers, JSON text."""
    folder = tmp_path_factory.mktemp("mastodon")
    options = ["--quiet", "--no-deps", "--no-binary", ":all:", "--no-build-isolation"]
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(folder), RELEASE]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    archives = list(folder.glob("*.tar.gz"))
    if not archives:
        pytest.skip(f"the package index gave no {RELEASE}: {done.stderr.strip()[-200:]}")
    answers = {}
    with tarfile.open(archives[0]) as archive:
        for name in archive.getnames():
            if name.endswith(tuple(f"tests/cassettes/{cassette}" for cassette in CASSETTES)):
                calls = yaml.load(archive.extractfile(name), Loader=yaml.CSafeLoader)
                for call in calls["interactions"]:
                    if call["request"]["method"] == "GET":
                        keep(answers, call["request"]["uri"], call["response"])
    return answers


def keep(answers, uri, response):
    shown = ("content-type", "link", "x-ratelimit")
    headers = {
        name: values[0]
        for name, values in response["headers"].items()
        if name.lower().startswith(shown)
    }
    code, text = response["status"]["code"], response["body"]["string"]
    answers.setdefault(meant(uri), (code, headers, text))


@pytest.fixture
def read(recorded):
    """Run the extractor's coroutine over the recording; return it with what was archived."""
    kept, notes = [], {}

    def replay(request):
        # The page after the last one was not recorded; a server gives it empty.
        last = (200, {"content-type": "application/json"}, "[]")
        status, headers, text = recorded.get(meant(request.url), last)
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(text.encode()))

    def run(what):
        async def go():
            session = Session(
                platform="mastodon", load_id="r", clock=lambda: RECORDED_ON, archive=kept.append
            )
            extractor = Mastodon(session)
            client = HttpClient(
                platform="mastodon",
                base_url=f"{SERVER}/api/v1",
                classify=extractor.classify,
                pause_after=extractor.pause_after,
                allow_local=True,
                timing=FakeTime().timing(),
            )
            client._client = httpx.AsyncClient(transport=httpx.MockTransport(replay))

            async def of_every_instance(base_url=None, *, sandbox_path=None):
                return client

            extractor.client = of_every_instance
            async with client:
                found = await what(extractor)
            notes.update(session.notes.seen)
            return found

        return asyncio.run(go()), kept, notes

    return run


async def collect(stream):
    return [outcome async for outcome in stream]


def test_a_recorded_profile_is_read_and_every_field_of_it_is_known(read):
    [outcome], kept, notes = read(lambda e: collect(e.profiles([KNOWN])))
    [record] = outcome.records
    assert outcome.status is Status.OK
    assert (record.following, record.posts_total) == (0, 0)
    assert record.handle == "mastodonpy_test@social.example"
    # The owner hides who follows and the server says 0: that is not known to be a count.
    assert (record.followers, record.visibility) == (None, Visibility.COUNT_HIDDEN)
    assert notes == {}
    assert "funny walk" not in json.dumps(kept)


def test_a_recorded_unknown_account_is_not_visible(read):
    [outcome], _, _ = read(lambda e: collect(e.profiles([UNKNOWN])))
    assert outcome.status is Status.NOT_VISIBLE
    assert "its home instance knows no such account" in outcome.problem


def test_recorded_pages_give_ten_posts_in_order_and_every_field_of_them_is_known(read):
    [outcome], kept, notes = read(lambda e: collect(e.posts([KNOWN])))
    assert outcome.status is Status.OK
    first, last = outcome.records[0], outcome.records[-1]
    assert [r.post_id for r in (first, last)] == ["117440824971992305", "117440825015062295"]
    assert len(outcome.records) == 10
    assert first.published_at == datetime(2026, 10, 14, 19, 6, 15, 574000, tzinfo=UTC)
    counts = {(r.reactions, r.comments, r.shares, r.quotes) for r in outcome.records}
    assert counts == {(0, 0, 0, 0)}
    assert {r.kind for r in outcome.records} == {"text"}
    assert notes == {}
    # The account has not allowed its posts to be searched, so their text is kept nowhere.
    assert {r.text for r in outcome.records} == {None}
    assert "Toot number" not in json.dumps(kept)
