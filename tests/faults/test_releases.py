"""Cases of releases that no other test shows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from publication.clearing import clear_releases
from publication.pointer import rollback
from publication.release import current_name, list_releases, verify_release
from tests.support.candidate import clean_copy
from tests.support.gates import LEAN, NOW, PlainJudge, alter, judge, release

QUARTER = "2025-Q4"


@pytest.fixture
def releases(tmp_path):
    """Return a folder of releases: three revisions of one quarter, a day after each other."""
    data = clean_copy(tmp_path)
    for day in range(3):
        alter(data, "update marts.dim_organisation set name = name || '!'")
        now = NOW + timedelta(days=day)
        assert judge(data, QUARTER, make_judge=PlainJudge, now=now).passed
        release(data, QUARTER, now=now, steps=LEAN)
    return data / "releases"


def names(releases):
    return [str(listed.name) for listed in list_releases(releases)]


def test_case_24_clearing_takes_only_old_revisions_that_nothing_needs(releases):
    def clear(days_later, **options):
        return clear_releases(releases, now=NOW + timedelta(days=days_later), **options)

    assert str(clear(20)).startswith("Nothing to clear")
    # A reader may have been sent back to it.
    rollback(releases, f"{QUARTER}/r1")
    assert str(clear(400, is_rehearsal=True)).startswith("Would clear 1 release(s)")
    assert names(releases) == [f"{QUARTER}/r1", f"{QUARTER}/r2", f"{QUARTER}/r3"]
    assert [str(name) for name in clear(400).gone] == [f"{QUARTER}/r2"]
    assert names(releases) == [f"{QUARTER}/r1", f"{QUARTER}/r3"]
    rollback(releases, f"{QUARTER}/r3")
    assert [str(name) for name in clear(400).gone] == [f"{QUARTER}/r1"]
    assert str(current_name(releases)) == f"{QUARTER}/r3"
    verify_release(releases)
    log = (releases / "releases.jsonl").read_text()
    assert log.count('"cleared"') == 2
    assert list(releases.glob(".building-*")) == []
