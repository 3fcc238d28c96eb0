"""What the last quarter costs to build when there are 4 and when there are 40 quarters before it.

The same accounts in both; only the past differs. Run: python -m benchmarks.history [ORGANISATIONS]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.generate import World, generate, window
from benchmarks.marts import Build

HISTORIES = (4, 40)
TARGET = 1.15


def report(organisations: int) -> list[str]:
    """Build both pasts, then the last quarter anew; return the table's lines."""
    lines = [f"the last quarter of {organisations * 5} accounts, built anew"]
    lines.append(f"{'':<42}{'CPU s':>8}{'wall s':>8}{'MB':>7}")
    spent = []
    for quarters in HISTORIES:
        first_day, last_day = window(quarters)
        world = World(
            organisations=organisations,
            posts_per_day=organisations / 3,
            first_day=first_day,
            last_day=last_day,
        )
        with tempfile.TemporaryDirectory() as folder:
            generate(Path(folder), world)
            whole = Build(data_dir=Path(folder), quarters=quarters)
            whole.compact()
            whole.dbt("seed")
            whole.dbt("run")
            used = Build(data_dir=Path(folder), quarters=1).dbt("run")
        spent.append(used.cpu)
        name = f"with {quarters} quarters of history: dbt run"
        lines.append(f"{name:<42}{used.cpu:>8.2f}{used.wall:>8.2f}{used.memory:>7.0f}")
    lines.append(f"ratio {spent[1] / spent[0]:.2f}, wanted at most {TARGET}")
    return lines


if __name__ == "__main__":
    print("\n".join(report(int(sys.argv[1]) if sys.argv[1:] else 137)))
