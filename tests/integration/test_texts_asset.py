"""The asset of words and tones, as a run of several quarters starts it."""

from __future__ import annotations

from datetime import datetime, timedelta

import dagster as dg
import pyarrow.parquet as pq
import pytest

from orchestration.assets import texts as module
from orchestration.settings import Settings
from tests.support.lake_builder import STOCKHOLM, LakeBuilder


@pytest.fixture
def settings(tmp_path, monkeypatch):
    lake = LakeBuilder(tmp_path)
    lake.industry("bakeries")
    lake.organisation("bakery_0", "bakeries", "Generated bakery_0")
    account = lake.account("bakery_0")
    for number, day in enumerate([(2025, 12, 31), (2026, 1, 1), (2026, 6, 30), (2026, 7, 1)]):
        # Half past midnight: each of these days begins in a quarter that UTC says has not begun.
        moment = datetime(*day, 0, 30, tzinfo=STOCKHOLM)
        lake.post(account, f"p{number}", moment, text="Nya öppettider", reactions=1)
        lake.post(account, f"p{number}", moment, text="Nya bullar", reactions=1,
                  observed_at=moment + timedelta(days=2))  # fmt: skip
    lake.write()
    settings = Settings(data_dir=tmp_path)
    monkeypatch.setattr(module, "get_settings", lambda: settings)
    return settings


def run(first, last):
    result = dg.materialize(
        [module.texts],
        tags={
            "dagster/asset_partition_range_start": first,
            "dagster/asset_partition_range_end": last,
        },
    )
    assert result.success
    *_, tones = result.asset_materializations_for_node("texts")
    return {name: tones.metadata[name].value for name in ("texts", "texts_new", "files_changed")}


def test_a_run_of_two_quarters_reads_their_texts_and_no_others(settings):
    assert run("2026-01", "2026-04") == {"texts": 2, "texts_new": 2, "files_changed": 4}
    folder = settings.derived_dir / "post_words/platform=bluesky"
    assert sorted(p.name for p in folder.iterdir()) == ["quarter=2026-Q1", "quarter=2026-Q2"]
    words = pq.read_table(folder / "quarter=2026-Q2", partitioning=None).to_pylist()
    # The later reading counts: a week after it was published, not two days.
    assert [(w["post_id"], w["lemma"]) for w in words] == [("p2", "ny"), ("p2", "öppettid")]


def test_a_second_run_changes_nothing(settings):
    run("2026-01", "2026-04")
    assert run("2026-01", "2026-04") == {"texts": 2, "texts_new": 0, "files_changed": 0}
