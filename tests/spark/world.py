"""What both engines build: generated posts, the think tanks, and every kind of break.

Belongs here: rows. Does not belong here: what comes out of them; DuckDB's own tests hold that.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from extractors.compaction import compact, forget_compacted
from extractors.lake import Lake
from extractors.records import SCHEMAS
from tests.support.lake_builder import add_think_tanks
from tests.support.posts_world import posts_lake

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.lake_builder import LakeBuilder

_START, _END = date(2025, 9, 24), date(2026, 6, 30)


def spark_lake(data_dir: Path) -> LakeBuilder:
    """Return the written lake."""
    lake = posts_lake(data_dir)
    add_think_tanks(lake)
    _break(lake)
    lake.write()
    return lake


def compact_some(lake: LakeBuilder) -> None:
    """Compact the lake's closed quarters but one, which lies among them."""
    opened = Lake(lake.data_dir / "lake", "Europe/Stockholm")
    done = compact(opened, _END + timedelta(days=30))
    assert {"posts of 2025-Q4", "posts of 2026-Q2"} <= set(done.written), done
    for stream in SCHEMAS:
        forget_compacted(opened.root, stream, date(2026, 2, 1))


def _break(lake: LakeBuilder) -> None:
    lake.industry("mills")
    for number in range(8):
        lake.organisation(f"mill_{number}", "mills", f"Generated mill_{number}")
    steady, declared, redefined, absent, empty, fallen = (
        lake.account(f"mill_{number}", "facebook") for number in range(6)
    )
    replaced = lake.account(
        "mill_6", "facebook", valid_to=date(2026, 2, 10), successor_account_id="mill_6.threads"
    )
    successor = lake.account("mill_6", "threads", valid_from=date(2026, 2, 11))
    lake.tables["declared_breaks"].append(
        {
            "account_id": declared,
            "break_date": date(2026, 2, 2),
            "kind": "other",
            "note": "Meta's own notice",
        }
    )
    day = _START
    while day <= _END:
        followers = 2000 + (day - _START).days
        for account in (steady, declared, replaced, successor):
            lake.snapshot(account, day, followers)
        definition = "followers" if day < date(2026, 3, 10) else "page_likes"
        lake.snapshot(redefined, day, followers, definition=definition)
        if not date(2026, 1, 5) < day < date(2026, 3, 20):
            lake.snapshot(absent, day, followers)
        is_empty = date(2026, 5, 4) <= day <= date(2026, 5, 9)
        lake.snapshot(empty, day, 0 if is_empty else followers)
        posts = followers if day < date(2026, 4, 20) else followers // 3
        lake.snapshot(fallen, day, followers, posts_total=posts)
        # two imports of one moment: the higher count wins, whatever order the files are read in
        lake.snapshot(steady, day, followers - 7, source="import", origin="import")
        day += timedelta(days=1)
