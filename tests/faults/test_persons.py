"""Visitors in what platforms answer: nobody's name, picture, handle or words reach a file or a log.

Each platform's module is asked through a sandbox that plants visitors wherever a platform could
name one: replies, comments, mentions, likes, tags, authors of other people's posts.
"""

from __future__ import annotations

import copy
import logging

import pyarrow.parquet as pq
import pytest

from extractors.lake import Lake
from extractors.platforms import platforms
from extractors.platforms.archive import read_raw
from extractors.platforms.checkpoint import Checkpoint
from extractors.registry_models import HandleValidity
from extractors.sandbox import exchange, serve
from extractors.sandbox.generated import GeneratedWorld
from tests.support.sandboxed import registry_account, run
from tests.support.small_world import MIDDAY

WORLD = GeneratedWorld(seed=5, industries={"region": 3})
EVERY = [(extractor.name, stream) for extractor in platforms() for stream in extractor.streams]
MARK = "kanariefagel"
PERSON = {
    "id": f"{MARK}-4711",
    "did": f"did:plc:{MARK}",
    "name": f"Karin {MARK}",
    "displayName": f"Karin {MARK}",
    "display_name": f"Karin {MARK}",
    "username": f"karin_{MARK}",
    "handle": f"karin.{MARK}.example",
    "acct": f"karin@{MARK}.example",
    "avatar": f"https://cdn.example/{MARK}.jpg",
    "picture": {"data": {"url": f"https://cdn.example/{MARK}.jpg"}},
    "profile_image_url": f"https://cdn.example/{MARK}.jpg",
    "authorDisplayName": f"Karin {MARK}",
    "authorProfileImageUrl": f"https://cdn.example/{MARK}.jpg",
}
WORDS = f"Jag heter Karin {MARK} och bor på Storgatan"
SAID = {
    **PERSON,
    "from": PERSON,
    "author": PERSON,
    "account": PERSON,
    "user": PERSON,
    "message": WORDS,
    "text": WORDS,
    "textDisplay": WORDS,
    "textOriginal": WORDS,
    "content": WORDS,
    "record": {"text": WORDS},
}
PLANTED = {
    **{name: [SAID] for name in ("data", "replies", "mentions", "tags", "likers", "users")},
    **dict.fromkeys(("from", "author", "user", "owner", "viewer", "reblogged_by"), PERSON),
    "comments": {"data": [SAID], "summary": {"total_count": 1}},
    "likes": {"data": [PERSON]},
    "reactions": {"data": [PERSON]},
    "reply": {"parent": SAID, "root": SAID},
    "in_reply_to_user": PERSON,
    "includes": {"users": [PERSON], "tweets": [SAID]},
    "entities": {"mentions": [PERSON]},
    "message_tags": [PERSON],
    "with_tags": {"data": [PERSON]},
    "to": {"data": [PERSON]},
    "labels_by": PERSON,
    "embed": {"record": SAID},
    "latest_comment": SAID,
    "top_comment_text": WORDS,
}


def plant(value, platform):
    """Return an answer in which every object names visitors under every key that was free."""
    if isinstance(value, list):
        # In the first few of a page: in each, they would outgrow what an answer may weigh.
        return [plant(entry, platform) for entry in value[:3]] + value[3:]
    if not isinstance(value, dict):
        return value
    own = {key: plant(v, platform) for key, v in value.items()}
    # Threads' module takes `data` for another way to wrap the same profile.
    free = PLANTED.keys() - own.keys() - ({"data"} if platform == "threads" else set())
    return {**{key: copy.deepcopy(PLANTED[key]) for key in free}, **own}


def accounts_of(platform):
    known = {(a.platform, a.id): a.handle for a in WORLD.accounts(MIDDAY)}
    if platform == "wikidata":
        named = [(f"{o.wikidata_id}:x", "nobody") for o in WORLD.organisations]
    else:
        named = [(id_, handle) for (name, id_), handle in known.items() if name == platform]
    return [
        registry_account(
            number,
            id_,
            platform=platform,
            account_id=f"org_{number:02}.{platform}",
            handles=(HandleValidity(handle=handle),),
        )
        for number, (id_, handle) in enumerate(named)
    ]


def written(folder):
    """Yield the text of everything below a folder, unpacked, and of its names."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        yield str(path)
        if path.suffix == ".parquet":
            yield str(pq.read_table(path, partitioning=None).to_pylist())
        elif path.suffix == ".zst":
            yield str(list(read_raw(path)))
        else:
            yield path.read_bytes().decode("utf-8", "replace")


@pytest.fixture(scope="module")
def sandbox():
    with serve(world=WORLD) as running:
        yield running


@pytest.mark.parametrize("asked", EVERY, ids="-".join)
def test_case_69_no_visitor_of_any_platform_reaches_a_file_or_a_log(
    sandbox, tmp_path, monkeypatch, caplog, asked
):
    platform, stream = asked
    lake = Lake(tmp_path / "lake", "Europe/Stockholm")
    lake.initialise()
    answer, planted = exchange._answer, []

    def with_visitors(*given):
        status, body = answer(*given)
        planted.append(plant(body, platform))
        return status, planted[-1]

    monkeypatch.setattr(exchange, "_answer", with_visitors)
    # What a killed run would leave is looked at, too.
    monkeypatch.setattr(Checkpoint, "finish", Checkpoint._close)
    sandbox.state.windows.clear()
    caplog.set_level(logging.DEBUG)
    report = run(lake, sandbox.url, accounts_of(platform), platform=platform, stream=stream)
    assert MARK in str(planted)
    assert report.ok > 0, report.problems
    texts = [*written(tmp_path), str(report), *report.problems, caplog.text]
    assert any("_raw" in text for text in texts)
    assert any("checkpoint" in text for text in texts)
    for word in (MARK, "Storgatan", "visitor-", "påhittad fråga"):
        found = [text[max(0, text.index(word) - 200) :][:400] for text in texts if word in text]
        assert found == [], word
