"""A release's database and report from a candidate, without the gate.

Belongs here: the laying out. What a release is made of is tested where it is published.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import duckdb

from publication.build import _META
from publication.report.site import write_site
from publication.verify import open_release

if TYPE_CHECKING:
    from pathlib import Path

    from publication.manifest import Difference

PUBLISHED = datetime(2026, 8, 20, 9, 0)  # noqa: DTZ001 - the column is UTC without saying so


def lay_out(
    warehouse: Path, folder: Path, quarter: str, *, waivers: str = "", is_preliminary: bool = False
) -> Path:
    """Copy a candidate's marts to `benchmark.duckdb` in a folder and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        run = connection.execute
        run(f"attach '{warehouse}' as candidate (read_only)")
        run(f"attach '{folder / 'benchmark.duckdb'}' as release")
        run("create schema release.marts")
        run(_META)
        tables = run(
            "select table_name, list(column_name) from duckdb_columns() "
            "where database_name = 'candidate' and schema_name = 'marts' group by 1"
        ).fetchall()
        for table, columns in tables:
            kept = f"where quarter <= '{quarter}'" if "quarter" in columns else ""
            run(f"create table release.marts.{table} as from candidate.marts.{table} {kept}")
        values = [f"{quarter}/r1", quarter, 1, PUBLISHED, is_preliminary, "Europe/Stockholm",
                  "0.1.0", waivers, "", "", "bluesky: bluesky_api (sandbox)"]  # fmt: skip
        run("insert into release.meta.release values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
    return folder


def report_of(folder: Path, quarter: str, difference: Difference | None = None) -> Path:
    """Write the report of a laid-out release and return its folder."""
    with open_release(folder / "benchmark.duckdb") as connection:
        write_site(connection, folder, quarter, difference)
    return folder / "report"
