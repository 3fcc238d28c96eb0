"""One field of a platform's answer goes bad: nothing wrong is landed, and somebody is told.

Every stream of every platform, new ones by themselves: the sandbox's answers are kept once, then
served again with one field missing, null, of another type, too large, negative, no number, nested
without end or no UTF-8. A seeded choice here; with SOAK=1 every field in every way.
"""

from __future__ import annotations

import os
import random
import zlib

import pytest

from extractors.lake import Lake
from extractors.platforms import platforms
from extractors.records import SCHEMAS
from extractors.registry_models import HandleValidity
from extractors.sandbox import serve
from extractors.sandbox.generated import GeneratedWorld
from tests.support.answers import WAYS, Answers, spoilt
from tests.support.sandboxed import registry_account, run, stored
from tests.support.small_world import MIDDAY

IS_SOAK = os.environ.get("SOAK") == "1"
SOME = {"profile_snapshots": 24}  # streams of many pages take longer
SEED = 20260714
FOUND = [
    ("tiktok", "posts", ("data", "videos", 0, "id"), "yes"),
    ("tiktok", "posts", ("data", "has_more"), "half"),
    ("tiktok", "profile_snapshots", ("access_token",), "half a character"),
    ("facebook", "posts", ("paging", "next"), "yes"),
    ("facebook", "inquiries", ("data", 0, "from", "id"), "an empty list"),
    ("facebook", "inquiries", ("data", 0, "message"), "yes"),
    ("instagram", "posts", ("business_discovery", "media", "paging"), "a number in words"),
    ("bluesky", "posts", ("cursor",), "yes"),
    ("x", "posts", ("meta", "next_token"), "yes"),
    ("snapchat", "profile_snapshots", ("request_status",), "half a character"),
]
"""Each was once wrong: asked every time."""
WORLD = GeneratedWorld(industries={"region": 3})
READ = [(e.name, stream) for e in platforms() for stream in e.streams]
COUNTS = {
    stream: [f.name for f in schema if str(f.type) == "int64" and f.name != "followers_resolution"]
    for stream, schema in SCHEMAS.items()
}
KEYS = ("account_id", "post_id", "inquiry_id", "published_at", "asked_at")
EMPTY = {"missing", "null", "an empty object", "an empty list"}
TEXTS = {"a number in words", "half a character", "a page in HTML"}
A_MISTAKE_OF_OURS = "mistake in this program"


def accounts(platform, stream):
    truth = {(a.platform, a.id): a for a in WORLD.accounts(MIDDAY)}
    if platform == "wikidata":  # it has items, and states the followers of other platforms
        known = [
            (f"{organisation.wikidata_id}:x", truth["x", plan.id])
            for organisation in WORLD.organisations
            for plan in organisation.accounts
            if plan.platform == "x" and ("x", plan.id) in truth
        ]
    else:
        known = [(a.id, a) for a in truth.values() if a.platform == platform]
    return [
        registry_account(
            number,
            platform_id,
            platform=platform,
            account_id=f"org_{number}",
            handles=(HandleValidity(handle=state.handle),),
        )
        for number, (platform_id, state) in enumerate(known)
    ][: 3 if stream == "profile_snapshots" else 1]


class Desk:
    """Reads one stream of one platform, each time into an empty lake."""

    def __init__(self, folder, platform, stream, patch):
        self.folder, self.platform, self.stream, self.patch = folder, platform, stream, patch
        self.accounts = accounts(platform, stream)
        self.answers = Answers()
        with serve(world=WORLD) as sandbox, self.answers.noted(patch):
            self.url = sandbox.url
            report, self.truth = self._read()
        assert report.ok == len(self.accounts)
        assert len(self.truth) == report.rows > 0

    def read(self, changed):
        self.answers.changed = changed
        with self.answers.served(self.patch):
            return self._read()

    def _read(self):
        lake = Lake(self.folder / f"lake-{len(list(self.folder.iterdir()))}", "Europe/Stockholm")
        lake.initialise()
        report = run(lake, self.url, self.accounts, platform=self.platform, stream=self.stream)
        assert lake.verify() == []
        return report, {tuple(r.get(k) for k in KEYS[:3]): r for r in stored(lake, self.stream)}


@pytest.mark.parametrize(("platform", "stream"), READ)
def test_case_50_a_field_that_goes_bad_is_unknown_or_refused_with_a_reason(
    platform, stream, tmp_path, monkeypatch
):
    desk = Desk(tmp_path, platform, stream, monkeypatch)
    _, untouched = desk.read({})
    assert untouched == desk.truth
    assert desk.answers.unexpected == 0
    places = [(place, way) for place in desk.answers.fields() for way in WAYS]
    dice = random.Random(zlib.crc32(f"{SEED} {platform} {stream}".encode()))
    chosen = dice.sample(places, len(places) if IS_SOAK else SOME.get(stream, 8))
    found_once = [p for p in places if (platform, stream, p[0][1], p[1]) in FOUND]
    wrong = []
    for (request, path, value), way in chosen + found_once:
        _, _, body = desk.answers.kept[request]
        report, rows = desk.read({request: spoilt(body, path, WAYS[way])})
        is_other_text = way in TEXTS and isinstance(value, str)
        found = list(faults(desk.truth, report, rows, stream, is_other_text))
        # What is left out looks like what is not there, and another text is another text.
        may_be_silent = way in EMPTY or is_other_text
        if len(rows) < len(desk.truth) and not may_be_silent and not told(report):
            found.append(f"{len(desk.truth) - len(rows)} of {len(desk.truth)} rows gone unsaid")
        wrong += [f"{'.'.join(map(str, path))}, {value!r:.60}, was {way}: {f}" for f in found]
    assert not wrong, "\n".join(wrong)


def told(report):
    return bool(report.problems or report.stopped)


def faults(truth, report, rows, stream, is_other_text):
    """Say what may never be, whatever a platform answers."""
    said = (report.message, *report.problems)
    if any(A_MISTAKE_OF_OURS in words for words in said):
        yield "our mistake"
    for key, row in rows.items():
        if row.get("visibility") == "not_visible":
            continue
        if key not in truth:
            if not is_other_text:
                yield f"a row of nobody, {key}"
            continue
        for name in (*COUNTS[stream], "published_at", "asked_at"):
            known = truth[key].get(name)
            if row.get(name) is not None and row[name] != known:
                yield f"{name} {row[name]} instead of {known}"
