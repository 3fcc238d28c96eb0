"""How Dagster tells dbt which quarters to build: in its environment, and nobody else's."""

import os

from orchestration.assets.transformation import build_environment


def test_dbt_is_told_the_window_only_while_it_is_started(monkeypatch):
    monkeypatch.delenv("EFFEKTANALYS_FROM_QUARTER", raising=False)
    monkeypatch.setenv("EFFEKTANALYS_TO_QUARTER", "2020-Q1")
    with build_environment("2025-07", "2026-04"):
        assert os.environ["EFFEKTANALYS_FROM_QUARTER"] == "2025-Q3"
        assert os.environ["EFFEKTANALYS_TO_QUARTER"] == "2026-Q2"
    assert "EFFEKTANALYS_FROM_QUARTER" not in os.environ
    assert os.environ["EFFEKTANALYS_TO_QUARTER"] == "2020-Q1"
