"""What eight years of real readings need, from the file as published to the judged quarter.

The recording is Regards Citoyens' of the French deputies, twitter-parlementaires: 1.48 million
daily readings of 1,229 accounts, 2015-05-18 to 2023-04-06 (ODbL 1.0; `tests/data/NOTICE.md`). It is
too large to lie in this repository. FOLDER holds it as `fr_deputies_twitter_daily.parquet` with
`fr_deputies_groups.csv.gz`: every state of `data/deputes.*` in the history of
github.com/regardscitoyens/twitter-parlementaires, as rows. Without FOLDER the extract of the tests
is taken, eleven accounts, which shows that it runs and no more.

Every step is the command that a user types, in a process of its own. Only sums are printed: the
deputies are named office holders.

Run: python -m benchmarks.deputies [FOLDER]
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from benchmarks.marts import ROOT, environment
from benchmarks.measure import Used, child
from benchmarks.release import mart_rows

EXTRACT = ROOT / "tests/data/fr_deputies_extract.parquet"
RECORDING, GROUPS = "fr_deputies_twitter_daily.parquet", "fr_deputies_groups.csv.gz"
FIRST, LAST = "2015-Q2", "2023-Q1"
QUIET = "2019-Q2"
"""A quarter in which nothing happened that a person must answer for: the gate has to pass it."""
COMPACT = "from orchestration import settings, steps; steps.compact_lake(settings.Settings())"
"""What the pipeline does before each build; no command of its own."""


@dataclass(frozen=True, slots=True)
class House:
    """A folder with a registry and data of its own."""

    folder: Path

    @property
    def warehouse(self) -> Path:
        """The candidate."""
        return self.folder / "data/warehouse.duckdb"

    def run(self, *arguments: str, first: str = QUIET, last: str = QUIET) -> tuple[Used, str]:
        """Run one command of `effektanalys` for the quarters `first` to `last`."""
        command = str(Path(sys.executable).with_name("effektanalys"))
        return self.start([command, *arguments], first, last)

    def start(self, command: list[str], first: str, last: str) -> tuple[Used, str]:
        """Run a command to its end; what it needed and what it printed."""
        places = {
            "PYTHONPATH": str(ROOT),
            "EFFEKTANALYS_DATA_DIR": str(self.folder / "data"),
            "EFFEKTANALYS_REGISTRY_DIR": str(self.folder / "registry"),
            "EFFEKTANALYS_TIMEZONE": "Europe/Stockholm",
            "EFFEKTANALYS_FROM_QUARTER": first,
            "EFFEKTANALYS_TO_QUARTER": last,
        }
        return child(command, cwd=ROOT, environment={**environment(), **places})

    def build(self, first: str, last: str) -> Used:
        """Build and test everything in an empty candidate."""
        self.warehouse.unlink(missing_ok=True)
        options = ("build", "--quiet", "--exclude-resource-type", "unit_test")
        return self.run("dbt", "--", *options, first=first, last=last)[0]

    def readings(self) -> int:
        """Return how many readings the lake's compacted quarters hold."""
        copies = self.folder / "data/lake/_compacted/profile_snapshots/*.parquet"
        with duckdb.connect() as connection:
            counted = connection.execute("select count(*) from read_parquet($1)", [str(copies)])
            return int(counted.fetchall()[0][0])


def report(house: House, recording: Path, groups: Path | None) -> list[str]:
    """Bring the recording in, build one quarter and all, judge one; return the table's lines."""
    lines = [f"{'':<42}{'CPU s':>8}{'wall s':>8}{'MB':>7}{'rows':>12}"]
    industries = house.folder / "registry/industries"
    industries.mkdir(parents=True)
    options = ["--groups", str(groups)] if groups else []
    used, proposed = house.run("registry", "propose", str(recording), *options)
    (industries / "fr_deputies.yaml").write_text(proposed, encoding="utf-8")
    rows = pq.read_metadata(recording).num_rows
    lines.append(_line("registry propose", used, proposed.count("platform_id:")))
    lines.append(_line("import", house.run("import", str(recording))[0], rows))
    lines.append(_line("import once more, nothing new", house.run("import", str(recording))[0], 0))
    used, _ = house.start([sys.executable, "-c", COMPACT], FIRST, LAST)
    lines.append(_line("compaction", used, house.readings()))
    house.run("dbt", "--", "parse", "--quiet")
    used = house.build(QUIET, QUIET)
    lines.append(_line(f"dbt build and tests, {QUIET}", used, mart_rows(house.warehouse)))
    used = house.build(FIRST, LAST)
    lines.append(_line(f"the same, {FIRST} to {LAST}", used, mart_rows(house.warehouse)))
    # The quarters before it were never released here, so the check of what they were has no answer.
    used, said = house.run("gate", QUIET, "--allow-restatement", "Nothing was released.")
    lines.append(_line(f"gate, {QUIET}", used, house.readings()))
    return [*lines, f"  {said.strip().splitlines()[0]}"]


def _line(name: str, used: Used, rows: int) -> str:
    return f"{name:<42}{used.cpu:>8.2f}{used.wall:>8.2f}{used.memory:>7.0f}{rows:>12,}"


def main(given: Path | None) -> None:
    """Do it all in a folder that is forgotten, print the table."""
    recording, groups = (given / RECORDING, given / GROUPS) if given else (EXTRACT, None)
    with tempfile.TemporaryDirectory() as folder:
        print(f"the deputies' readings, {recording.name}")
        print("\n".join(report(House(Path(folder)), recording, groups)))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else None)
