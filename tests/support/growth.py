"""Build only the follower growth of a lake: what tests that rebuild several times can afford."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.lake_builder import LakeBuilder

MODELS = ("+follower_growth", "+dim_account", "+dim_quarter", "int_account_quarters")


def run_growth(lake: LakeBuilder, first: str, last: str, *, as_of: str) -> None:
    """Run the growth models for the quarters `first` to `last`, without dbt's own tests."""
    window = f"{{from_quarter: {first}, to_quarter: {last}, as_of_date: '{as_of}'}}"
    done = lake.dbt("run", "--select", *MODELS, "--vars", window)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
