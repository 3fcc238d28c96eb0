"""The derived tables: which reading counts, what is computed again, and what is left alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pyarrow.parquet as pq
import pytest

from extractors.lake import Lake
from extractors.records import Origin, PostSnapshot
from extractors.texts import Quarter, derive_texts, lay_out, tables

Q2 = Quarter("2026-Q2", date(2026, 4, 1), date(2026, 6, 30), date(2026, 7, 7))


@pytest.fixture
def lake(tmp_path):
    lake = Lake(tmp_path / "lake", "Europe/Stockholm")
    lake.initialise()
    return lake


def land(lake, *posts, platform="bluesky"):
    """Land (post_id, text, published_at, observed_at) as one part a day."""
    days = {}
    for post_id, text, published, observed in posts:
        record = PostSnapshot(
            account_id="a.bluesky", post_id=post_id, published_at=published, observed_at=observed,
            source="bluesky_api", origin=Origin.SANDBOX, text=text,
            extracted_at=observed + timedelta(minutes=1), load_id="test",
        )  # fmt: skip
        days.setdefault(observed.date(), []).append(record)
    for day, records in days.items():
        lake.write_part("posts", platform, day, "bluesky_api", records)


def rows(root, table, quarter="2026-Q2", platform="bluesky"):
    path = root / table / f"platform={platform}" / f"quarter={quarter}" / "texts.parquet"
    return pq.read_table(path, partitioning=None).to_pylist()


def noon(month, day):
    return datetime(2026, month, day, 12, tzinfo=UTC)


def test_a_text_becomes_words_and_a_tone(lake, tmp_path):
    land(lake, ("p1", "Nya öppettider, bättre öppettider!", noon(4, 2), noon(4, 9)))
    report = derive_texts(lake, tmp_path / "derived", [Q2])
    assert (report.texts, report.texts_new, report.files_changed) == (1, 1, 2)
    words = {r["lemma"]: r["word_count"] for r in rows(tmp_path / "derived", "post_words")}
    assert words == {"ny": 1, "öppettid": 2}
    [tone] = rows(tmp_path / "derived", "post_sentiments")
    assert (tone["post_id"], tone["language"], tone["label"]) == ("p1", "sv", "positive")
    assert tone["model_id"] == "vader"
    assert "simplemma 2.0.0" in tone["model_version"]


def test_the_last_text_read_before_the_post_settled_counts(lake, tmp_path):
    land(
        lake,
        ("edited", "Konsert i parken", noon(6, 1), noon(6, 2)),
        ("edited", "Konsert i kyrkan", noon(6, 1), noon(7, 7)),
        ("edited", "Konsert i ladan", noon(6, 1), noon(7, 8)),
        ("cleared", "Marknad på torget", noon(6, 1), noon(6, 2)),
        ("cleared", None, noon(6, 1), noon(6, 9)),
        ("empty", "  ", noon(6, 1), noon(6, 9)),
    )
    derive_texts(lake, tmp_path / "derived", [Q2])
    words = {(r["post_id"], r["lemma"]) for r in rows(tmp_path / "derived", "post_words")}
    assert words == {
        ("edited", "konsert"), ("edited", "kyrka"), ("cleared", "marknad"), ("cleared", "torg"),
    }  # fmt: skip


def test_a_post_belongs_to_its_local_quarter(lake, tmp_path):
    # Half past eleven in the evening UTC on the last day of March is April in Stockholm.
    late = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
    later = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
    land(
        lake,
        ("april", "Vår i parken", late, noon(4, 9)),
        ("july", "Sommar i parken", later, noon(7, 6)),
    )
    derive_texts(lake, tmp_path / "derived", [Q2])
    assert [r["post_id"] for r in rows(tmp_path / "derived", "post_sentiments")] == ["april"]


def test_a_second_run_reads_and_writes_nothing(lake, tmp_path, monkeypatch):
    land(lake, ("p1", "Nya öppettider", noon(4, 2), noon(4, 9)))
    root = tmp_path / "derived"
    derive_texts(lake, root, [Q2])
    before = {p: p.stat().st_mtime_ns for p in root.rglob("*.parquet")}
    monkeypatch.setattr(tables, "language_of", None)  # calling it would be an error
    report = derive_texts(lake, root, [Q2])
    assert (report.texts, report.texts_new, report.files_changed) == (1, 0, 0)
    assert {p: p.stat().st_mtime_ns for p in root.rglob("*.parquet")} == before


def test_only_a_changed_text_is_read_again(lake, tmp_path):
    root = tmp_path / "derived"
    land(
        lake,
        ("same", "Nya öppettider", noon(4, 2), noon(4, 9)),
        ("edited", "Konsert i parken", noon(4, 2), noon(4, 9)),
    )
    derive_texts(lake, root, [Q2])
    land(
        lake,
        ("same", "Nya öppettider", noon(4, 2), noon(4, 10)),
        ("edited", "Konsert i kyrkan", noon(4, 2), noon(4, 10)),
        ("new", "Marknad på torget", noon(4, 10), noon(4, 10)),
    )
    report = derive_texts(lake, root, [Q2])
    assert (report.texts, report.texts_new) == (3, 2)
    words = {(r["post_id"], r["lemma"]) for r in rows(root, "post_words")}
    assert words == {
        ("same", "ny"), ("same", "öppettid"), ("edited", "konsert"), ("edited", "kyrka"),
        ("new", "marknad"), ("new", "torg"),
    }  # fmt: skip


def test_another_version_reads_everything_again(lake, tmp_path, monkeypatch):
    root = tmp_path / "derived"
    land(lake, ("p1", "Nya öppettider", noon(4, 2), noon(4, 9)))
    derive_texts(lake, root, [Q2])
    monkeypatch.setattr(tables, "RULES_VERSION", "next")
    assert derive_texts(lake, root, [Q2]).texts_new == 1
    assert rows(root, "post_sentiments")[0]["model_version"].startswith("next;")


def test_a_torn_table_is_computed_again(lake, tmp_path):
    root = tmp_path / "derived"
    land(lake, ("p1", "Nya öppettider", noon(4, 2), noon(4, 9)))
    derive_texts(lake, root, [Q2])
    before = rows(root, "post_words")
    torn = root / "post_words/platform=bluesky/quarter=2026-Q2/texts.parquet"
    torn.write_bytes(torn.read_bytes()[:40])
    assert derive_texts(lake, root, [Q2]).files_changed == 1
    assert rows(root, "post_words") == before


def test_the_words_of_posts_that_left_the_lake_leave_too(lake, tmp_path):
    root = tmp_path / "derived"
    land(lake, ("p1", "Nya öppettider", noon(4, 2), noon(4, 9)))
    derive_texts(lake, root, [Q2])
    [part] = lake.parts("posts")
    part.path.unlink()
    derive_texts(lake, root, [Q2])
    assert rows(root, "post_words") == []
    assert rows(root, "post_sentiments") == []


def test_the_tables_can_be_read_before_there_is_a_text(tmp_path):
    lay_out(tmp_path)
    for name, schema in tables.SCHEMAS.items():
        [empty] = (tmp_path / name).rglob("*.parquet")
        assert pq.read_schema(empty).names == schema.names
        assert empty.stat().st_mode & 0o777 == 0o600
