"""Answers of real Mastodon servers (4.7.3, 4.8.0 nightly), read by our extractor as recorded.

What is expected is worked out here from the recorded JSON alone. Without the package index that
has the recordings the tests say so and skip.
"""

from __future__ import annotations

import html
import json
import re
from datetime import date, datetime

import pytest

from extractors.lake import Lake
from extractors.platforms.archive import raw_folder, read_raw
from extractors.registry_models import HandleValidity
from tests.support.mastodon_recorded import (
    RECORDED_AT,
    RELEASE,
    Unavailable,
    calls_of,
    download,
    replayed,
    statuses_in,
)
from tests.support.sandboxed import registry_account, run, stored

DAY = date(2026, 10, 18)
"""The day after the last recording."""
ACCOUNT = "117440810532227399"
COUNTS = {
    "reactions": "favourites_count",
    "comments": "replies_count",
    "shares": "reblogs_count",
    "quotes": "quotes_count",
}


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    try:
        return calls_of(download(tmp_path_factory.mktemp("recordings")))
    except Unavailable as error:
        pytest.skip(f"the package index of this machine gave no source of {RELEASE}: {error}")


@pytest.fixture(scope="module")
def account(calls):
    """Return the recorded lookup of the account whose timelines were recorded."""
    found = [c for c in calls if c.is_lookup and c.status == 200 and c.payload["id"] == ACCOUNT]
    return answer_of(found[-1])


@pytest.fixture
def read(tmp_path):
    """Run the extractor over a replay: report, rows, and what the archive kept."""

    def go(lookup, pages=None, stream="posts"):
        lake = Lake(tmp_path / str(len(list(tmp_path.iterdir()))), "Europe/Stockholm")
        lake.initialise()
        named = registry_account(
            1,
            None,
            platform="mastodon",
            account_id="org.mastodon",
            handles=(HandleValidity(handle="mastodonpy_test@social.example"),),
        )
        with replayed(lookup, pages or {}) as url:
            report = run(lake, url, [named], day=DAY, stream=stream, platform="mastodon")
        files = raw_folder(lake.root, "mastodon", DAY).glob("*")
        kept = [line for file in files for line in read_raw(file)]
        return report, stored(lake, stream), json.dumps(kept)

    return go


def answer_of(call):
    return call.status, call.headers, call.payload


def plain(content):
    """Return what a reader sees, by patterns instead of by a parser."""
    text = re.sub(r"<br ?/?>", "\n", content.replace("</p>", "\n\n"))
    return html.unescape(re.sub(r"<[^>]+>", "", text)).strip() or None


def kind(status):
    """Return what a status is by its first attachment, else by what hangs on it."""
    if status["media_attachments"]:
        return {"gifv": "video"}.get(first := status["media_attachments"][0]["type"], first)
    names = {"poll": "poll", "quote": "quote", "card": "link"}
    return next((word for name, word in names.items() if status.get(name)), "text")


def expected(status, *, is_indexable):
    row = {name: status[counted] for name, counted in COUNTS.items()}
    return row | {
        "post_id": status["id"],
        "published_at": datetime.fromisoformat(status["created_at"]),
        "kind": kind(status),
        "text": plain(status["content"]) if is_indexable else None,
        "permalink": status["url"],
    }


def agrees(rows, wanted):
    """Whether the rows hold exactly what was wanted, in whatever order."""
    found = [{name: row[name] for name in wanted[0]} for row in rows]
    return sorted(found, key=str) == sorted(wanted, key=str)


def test_every_recorded_lookup_gives_the_profile_it_holds(calls, read):
    lookups = [call for call in calls if call.is_lookup and call.status == 200]
    assert len(lookups) == 4
    hidden = []
    for call in lookups:
        report, [row], _ = read(answer_of(call), stream="profile_snapshots")
        shown = call.payload
        # Where the owner hides who follows, the server writes 0: that is no count.
        hidden.append(shown["hide_collections"] is True and shown["followers_count"] == 0)
        followers = None if hidden[-1] else shown["followers_count"]
        assert (report.ok, row["followers"]) == (1, followers)
        assert row["visibility"] == ("count_hidden" if hidden[-1] else "visible")
        assert row["following"] == shown["following_count"]
        assert row["posts_total"] == shown["statuses_count"]
        assert row["handle"] == f"{shown['username']}@social.example"
        words = ("mastodon org.mastodon: shown without a follower count",)
        assert report.problems == (words if hidden[-1] else ())  # no field is unknown to us
    assert set(hidden) == {True, False}


def test_the_recorded_refusal_is_an_account_that_is_not_visible(calls, read):
    [call] = [call for call in calls if call.is_lookup and call.status == 404]
    assert call.payload == {"error": "Record not found"}
    report, [row], _ = read(answer_of(call), stream="profile_snapshots")
    assert (report.ok, report.failed, report.not_visible) == (0, 0, 1)
    assert (row["followers"], row["visibility"]) == (None, "not_visible")
    [problem] = report.problems
    assert "its home instance knows no such account" in problem


def test_every_recorded_timeline_gives_its_statuses_over_the_recorded_links(calls, account, read):
    sizes = {}
    for cassette in sorted({call.cassette for call in calls if call.is_timeline}):
        recorded = [call for call in calls if call.is_timeline and call.cassette == cassette]
        recorded = [call for call in recorded if "min_id" not in call.query]  # leads back
        assert {call.path.split("/")[4] for call in recorded} == {ACCOUNT}
        assert RECORDED_AT in recorded[0].headers["link"]
        pages = {call.query.get("max_id", [None])[0]: answer_of(call) for call in recorded}
        statuses = {s["id"]: s for call in recorded for s in call.payload}
        report, rows, kept = read(account, pages)
        assert agrees(rows, [expected(s, is_indexable=False) for s in statuses.values()])
        assert (report.ok, report.problems) == (1, ())
        # The account has not allowed its posts to be searched: their text is kept nowhere.
        assert not any(plain(status["content"]) in kept for status in statuses.values())
        sizes[cassette] = len(rows)
    assert sizes == {
        "test_account_pinned": 1,
        "test_account_statuses_exclude_direct": 1,
        "test_fetch_next_previous": 10,
        "test_fetch_next_previous_after_persist": 10,
        "test_fetch_next_previous_from_pagination_info": 10,
        "test_get_pagination_info": 5,
    }


def test_every_status_that_was_ever_recorded_is_read_on_its_authors_timeline(calls, read):
    """Media, polls, quotes, cards and boosts, which the recorded timelines do not have."""
    timelines, authors = {}, {}
    for call in calls:
        for status in statuses_in(call.payload):
            if status["visibility"] in ("public", "unlisted") and not status["in_reply_to_id"]:
                author = status["account"]
                authors[author["id"]] = author
                timelines.setdefault(author["id"], {})[status["id"]] = status
    kinds, boosts = set(), 0
    for name, statuses in timelines.items():
        author = authors[name]
        own = [status for status in statuses.values() if status["reblog"] is None]
        boosts += len(statuses) - len(own)
        report, rows, _ = read((200, {}, author), in_pages(name, list(statuses.values())))
        assert (report.ok, report.problems) == (1, ())
        assert agrees(rows, [expected(s, is_indexable=author["indexable"]) for s in own])
        kinds |= {row["kind"] for row in rows}
    assert sum(map(len, timelines.values())) > 150
    assert kinds == {"text", "image", "video", "poll", "quote", "link"}
    assert boosts > 0
    assert {author["indexable"] for author in authors.values()} == {True, False}


def in_pages(name, statuses):
    """Lay statuses out as a server would: newest first, 40 a page, linked."""
    listed = sorted(statuses, key=lambda status: int(status["id"]), reverse=True)
    pages, asked = {}, None
    for start in range(0, len(listed), 40):
        page = listed[start : start + 40]
        url = f"{RECORDED_AT}/api/v1/accounts/{name}/statuses?max_id={page[-1]['id']}"
        pages[asked] = (200, {"link": f'<{url}>; rel="next"'}, page)
        asked = page[-1]["id"]
    return pages
