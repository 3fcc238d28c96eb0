"""Cases of releases that no other test shows."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from extractors.records import Origin, PostSnapshot, ProfileSnapshot
from orchestration import steps
from orchestration.settings import Settings
from publication.clearing import clear_releases
from publication.errors import ReleaseRefused
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


STAMP = {
    "account_id": "ports_1.bluesky",
    "source": "bluesky_api",
    "origin": Origin.LIVE,
    "extracted_at": NOW,
    "load_id": "late",
}
LATE = {
    "profile_snapshots": lambda at: ProfileSnapshot(observed_at=at, followers=1000, **STAMP),
    "posts": lambda at: PostSnapshot(observed_at=at, published_at=at, post_id="1", **STAMP),
}


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


def test_case_6_what_was_landed_after_the_gate_is_not_left_out_in_silence(tmp_path):
    data = clean_copy(tmp_path)
    now = {"lake": "lake", "registry": "registry"}
    assert judge(data, QUARTER, make_judge=PlainJudge).passed
    for name in now:
        with pytest.raises(ReleaseRefused) as refused:
            release(data, QUARTER, steps=LEAN, inputs=lambda late=name: {**now, late: "another"})
        said = str(refused.value)
        assert f"The {name} changed after the gate had judged {QUARTER}" in said
        assert said.endswith(f'make dbt ARGS="build", then effektanalys gate {QUARTER}')
        assert current_name(data / "releases") is None
    assert release(data, QUARTER, steps=LEAN, inputs=lambda: now).is_new


@pytest.mark.parametrize(
    ("stream", "day", "is_seen"),
    [
        ("profile_snapshots", "2025-12-31T23:59+01:00", True),
        # A reading of the days after the quarter counts its posts.
        ("posts", "2026-01-07T12:00+01:00", True),
        ("profile_snapshots", "2026-01-08T00:01+01:00", False),
    ],
)
def test_case_6_gate_and_publication_look_at_the_same_days_of_the_lake(
    tmp_path, monkeypatch, stream, day, is_seen
):
    seen = {}
    monkeypatch.setattr(steps, "prepare_environment", lambda _: None)
    monkeypatch.setattr("orchestration.dbt_manifest.ensure_docs", lambda _: None)
    monkeypatch.setattr("expectations.gate.run_gate", lambda **given: seen.update(given))
    monkeypatch.setattr("publication.release.publish", lambda **given: seen.update(given))
    settings = Settings(data_dir=tmp_path)
    steps.judge_quarter(settings, QUARTER)
    steps.publish_quarter(settings, QUARTER)
    judged = {"lake": seen["lake_fingerprint"], "registry": seen["registry_fingerprint"]}
    assert seen["inputs"]() == judged
    at = datetime.fromisoformat(day)
    steps.open_lake(settings).write_part(stream, "bluesky", at.date(), "late", [LATE[stream](at)])
    assert (seen["inputs"]() != judged) is is_seen
