"""A desk on which tests import files: a small registry, an empty lake, and what landed in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb
import openpyxl
import pytest

from extractors.imports import ImportRefused, import_file
from extractors.lake import Lake
from extractors.registry import Registry, load_registry

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2025, 12, 1, 12, tzinfo=UTC)
INDUSTRY = """\
id: regions
name: Generated regions
organisations:
  - id: north
    name: Generated North
    accounts:
      - platform: x
        platform_id: "9007199254740993"
        handles:
          - {handle: OldNorth, valid_to: 2025-03-31}
          - {handle: NorthRegion, valid_from: 2025-04-01}
      - {platform: facebook, handle: north.page, definition: page_likes}
  - id: south
    name: Generated South
    accounts:
      - {platform: x, platform_id: "77", handle: south}
      - {platform: x, id: south.x2, handle: OldNorth2, valid_to: 2025-06-30, main: false}
  - id: east
    name: Generated East
    accounts:
      - {platform: x, handles: [{handle: OldNorth, valid_from: 2025-04-01}]}
"""
HEADER = "platform,account,observed_at,followers"


def registry_in(folder):
    """Return the registry of INDUSTRY, written below `folder`."""
    (folder / "industries").mkdir(parents=True)
    (folder / "industries" / "regions.yaml").write_text(INDUSTRY, encoding="utf-8")
    return load_registry(folder)


def csv_of(*rows, header=HEADER):
    return "\n".join([header, *rows]) + "\n"


def landed(lake, *columns):
    names = columns or ("platform", "account_id", "observed_at", "followers")
    return duckdb.sql(
        f"""
        set timezone = 'UTC';
        select {", ".join(names)} from read_parquet(
            '{lake.root}/profile_snapshots/*/*/*.parquet', union_by_name = true,
            hive_partitioning = true,
            hive_types = {{'platform': varchar, 'observed_date': date}}
        ) order by all
        """
    ).fetchall()


def files(lake):
    return {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in lake.root.rglob("*.parquet")}


@dataclass
class Desk:
    """Brings files into one lake; `folder` is the test's own."""

    folder: Path
    registry: Registry

    def __post_init__(self):
        self.lake = Lake(self.folder / "lake", "Europe/Stockholm")
        self.lake.initialise()

    def bring(self, content, *, name="counts.csv", encoding="utf-8", **given):
        """Import text, bytes, or rows of an Excel sheet as a file called `name`."""
        file = self.folder / name
        if isinstance(content, str):
            file.write_bytes(content.encode(encoding))
        elif isinstance(content, bytes):
            file.write_bytes(content)
        else:
            book = openpyxl.Workbook()
            for row in content:
                book.active.append(row)
            book.save(file)
        return import_file(file, lake=self.lake, registry=self.registry, now=NOW, **given)

    def refused(self, content, **given):
        """Return why it was refused and the bad rows; fail where anything changed."""
        before = files(self.lake)
        with pytest.raises(ImportRefused) as error:
            self.bring(content, **given)
        assert files(self.lake) == before
        return str(error.value), [(row.line, row.message) for row in error.value.problems]
