"""A headless Chromium of the system and a report to look at."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.lake_builder import think_tank_lake
from tests.support.posts_world import AS_OF, FIRST_QUARTER, LAST_QUARTER, posts_lake
from tests.support.reports import lay_out, report_of

QUARTER = "2026-Q2"
SCREENSHOTS = Path(__file__).resolve().parents[2] / "screenshots"


def _chromium():
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    executable = _chromium()
    assert executable, "There is no Chromium. Install it: apt-get install chromium, or run .ci/run"
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def reports(tmp_path_factory):
    """Return the reports of the real think tanks and of a generated world with posts."""
    tanks = think_tank_lake(tmp_path_factory.mktemp("tanks"))
    tanks.build("2025-Q3", QUARTER, as_of="2026-08-20")
    posts = posts_lake(tmp_path_factory.mktemp("posts"))
    posts.build(FIRST_QUARTER, LAST_QUARTER, as_of=AS_OF)
    found = {}
    for name, lake in (("tanks", tanks), ("posts", posts)):
        folder = lay_out(lake.warehouse, tmp_path_factory.mktemp(f"release_{name}"), QUARTER)
        found[name] = report_of(folder, QUARTER)
    return found


@pytest.fixture(scope="session")
def screenshots():
    SCREENSHOTS.mkdir(exist_ok=True)
    return SCREENSHOTS
