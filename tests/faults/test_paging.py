"""Lists that do not end: a platform that pages by cursor is stopped, and no half is stored."""

from __future__ import annotations

import importlib

import pytest

from extractors.lake import Lake
from extractors.sandbox import exchange, serve
from tests.integration.test_page_checkpoint import PAGED, busiest
from tests.support.sandboxed import run, stored

# Where each writes the cursor to its next page. Graph's pages are followed by address: its module
# has a test of its own, as Mastodon's.
CURSORS = {
    "bluesky": ("cursor",),
    "x": ("meta", "next_token"),
    "youtube": ("nextPageToken",),
    "tiktok": ("data", "cursor"),
}


@pytest.mark.parametrize("platform", CURSORS)
def test_case_41_a_cursor_that_comes_back_stops_the_account_and_stores_nothing(
    tmp_path, monkeypatch, platform
):
    module = importlib.import_module(f"extractors.platforms.{platform}")
    for name, size in PAGED[platform].sizes.items():
        monkeypatch.setattr(module, name, size)
    world, account = busiest(platform)
    lake = Lake(tmp_path / "lake", "Europe/Stockholm")
    lake.initialise()
    answer, first = exchange._answer, []

    def going_round(*given):
        status, body = answer(*given)
        *path, last = CURSORS[platform]
        place = body
        for key in path:
            place = place.get(key, {})
        if last in place:
            first.append(place[last])
            place[last] = first[0]  # a valid one: the second page leads to the second page
        return status, body

    monkeypatch.setattr(exchange, "_answer", going_round)
    with serve(world=world) as sandbox:
        report = run(lake, sandbox.url, [account], platform=platform, stream="posts")
        calls = sum(sandbox.calls.values())
    assert len(first) > 1
    assert report.failed == 1
    assert "cursor" in report.problems[0]
    assert calls < 10
    assert stored(lake, "posts") == []
