"""A lake of any size, made from a seed: what the benchmarks build, judge and release.

Belongs here: rows that look like what the platforms give, laid down as `extractors/lake.py` lays
them (columns, folders, file names) with the registry that goes with them. Does not belong here:
expected values, and the lake's own writer: DuckDB writes, which is fast but leaves no digests.

Skewed as real data is: a few accounts are large and post most, weekends are quiet, 1.5 % of the
days were missed, some a fortnight long, 2 % of the readings came twice and the second days later,
some counts are hidden or rounded, every twentieth account changed its handle. Every value is a hash
of the seed, the account and the day: a longer world says the same of the days that a shorter one
has too. No organisation exists.

Run: python -m benchmarks.generate FOLDER ROWS [QUARTERS]
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.generate_sql import INQUIRIES, MACROS, POSTS, SNAPSHOTS
from extractors.lake import Lake
from extractors.registry_tables import TABLES
from extractors.texts import lay_out

if TYPE_CHECKING:
    from collections.abc import Iterator

LAST_QUARTER = "2026-Q2"
SETTLING = timedelta(days=9)
"""Posts and questions of the last day are still read this long."""
SOURCES = {
    "bluesky": "bluesky_api",
    "facebook": "facebook_graph_api",
    "mastodon": "mastodon_api",
    "x": "x_api",
    "youtube": "youtube_api",
}
"""Platform -> the name of its parts."""
_SYLLABLES = ("ba", "dor", "el", "fin", "gra", "hul", "jo", "kva", "lem", "mir", "nu", "ost")


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is generated.

    Attributes:
        organisations: How many, each with one account on every platform.
        posts_per_day: Posts that one platform's accounts publish on an average day together.
        first_day: The first day on which followers are counted.
        last_day: The last one.
        seed: Another seed, another world.
    """

    organisations: int
    posts_per_day: float
    first_day: date
    last_day: date
    seed: int = 1

    @classmethod
    def of(cls, rows: int, quarters: int = 16, *, seed: int = 1) -> World:
        """Return a world of about `rows` account-days and `rows` readings of posts.

        A post is read three times. A hundredth as many readings of questions come with them.
        """
        first_day, last_day = window(quarters)
        days = (last_day - first_day).days + 1
        return cls(
            organisations=max(1, round(rows / days / len(SOURCES))),
            posts_per_day=rows / days / len(SOURCES) / 3,
            first_day=first_day,
            last_day=last_day,
            seed=seed,
        )

    @property
    def industries(self) -> int:
        """How many industries there are: of some 30 organisations, and twelve at most."""
        return max(1, min(12, self.organisations // 30))

    def quarters(self) -> Iterator[tuple[date, date]]:
        """Yield the first and the last day of each quarter."""
        first = self.first_day
        while first <= self.last_day:
            last = _add_months(first, 3) - timedelta(days=1)
            yield first, min(last, self.last_day)
            first = last + timedelta(days=1)


def window(quarters: int, last: str = LAST_QUARTER) -> tuple[date, date]:
    """Return the first and the last day of the quarters up to `last`."""
    after = _add_months(date(int(last[:4]), int(last[-1]) * 3 - 2, 1), 3)
    return _add_months(after, -3 * quarters), after - timedelta(days=1)


def label(day: date) -> str:
    """Return the quarter of a day, e.g. `2026-Q3`."""
    return f"{day.year}-Q{(day.month + 2) // 3}"


def generate(data_dir: Path, world: World) -> None:
    """Write the world's lake, registry and (empty) word tables below `data_dir`."""
    lake = Lake(data_dir / "lake", "Europe/Stockholm")
    lake.initialise()
    lay_out(data_dir / "derived")
    _write_registry(data_dir / "registry", world)
    # One thread: with two, a day's rows end up in two files.
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("load icu")
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(MACROS.format(seed=world.seed))
        for part in _parts(world):
            _write(connection, lake.root, world, part)
    for path in lake.root.glob("*/*/*/*_api0.parquet"):
        # DuckDB numbers the files; a second one of a day would stay beside the lake's own name.
        path.rename(path.with_name(path.name.replace("0.parquet", ".parquet")))


class _Part(NamedTuple):
    """What one statement writes: a stream of a platform, of one quarter's days at most."""

    stream: str
    platform: str
    first: date
    last: date


def _parts(world: World) -> Iterator[_Part]:
    read = replace(world, last_day=world.last_day + SETTLING)
    for stream, lasting in (("profile_snapshots", world), ("posts", read), ("inquiries", read)):
        for first, last in lasting.quarters():
            yield from (_Part(stream, platform, first, last) for platform in SOURCES)


def _write(connection: duckdb.DuckDBPyConnection, root: Path, world: World, part: _Part) -> None:
    # A quarter at a time: DuckDB keeps at most 100 of the days' files open.
    template, what, ages, daily = {
        "profile_snapshots": (SNAPSHOTS, "", "", 0.0),
        "posts": (POSTS, "post", "[1, 3, 7]", world.posts_per_day),
        # Two readings a question, and a hundredth as many as of posts, which are read three times.
        "inquiries": (INQUIRIES, "question", "[1, 8]", world.posts_per_day * 3 / 2 / 100),
    }[part.stream]
    folder = root / part.stream / f"platform={part.platform}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    query = template.format(
        platform=part.platform,
        source=SOURCES[part.platform],
        first=part.first,
        last=part.last,
        end=world.last_day,
        organisations=world.organisations,
        what=what,
        ages=ages,
        daily=daily,
        # The busiest days have a fifth more than the average one.
        most=math.ceil(daily * 1.2) + 1,
        definition="subscribers" if part.platform == "youtube" else "followers",
        is_rounded="true" if part.platform == "youtube" else "false",
    )
    place = str(folder).replace("'", "''")
    connection.execute(
        f"copy ({query}) to '{place}' (format parquet, compression zstd, overwrite_or_ignore true, "
        f"partition_by (observed_date), filename_pattern '{SOURCES[part.platform]}')"
    )


def _write_registry(folder: Path, world: World) -> None:
    rows: dict[str, list[dict[str, object]]] = {name: [] for name in TABLES}
    for number in range(world.industries):
        rows["industries"].append(
            {"industry_id": f"industry_{number:02}", "name": f"Generated industry {number}"}
        )
    for number in range(world.organisations):
        name = organisation_name(number)
        rows["organisations"].append(
            {"organisation_id": name, "name": name.replace("_", " ").title(), "country": "SE"}
        )
        rows["memberships"].append(
            {"industry_id": f"industry_{number % world.industries:02}", "organisation_id": name}
        )
        for platform in SOURCES:
            account = f"{name}.{platform}"
            rows["accounts"].append(
                {
                    "account_id": account,
                    "organisation_id": name,
                    "platform": platform,
                    "platform_account_id": f"{platform}-{number}",
                    "definition": "subscribers" if platform == "youtube" else "followers",
                    "scope": "national",
                    "is_main": True,
                }
            )
            rows["account_handles"] += _handles(account, name, number)
    folder.mkdir(parents=True, exist_ok=True)
    for table, shape in TABLES.items():
        found = sorted(rows[table], key=lambda r: [str(r.get(k) or "") for k in shape.key])
        pq.write_table(
            pa.Table.from_pylist(found, schema=shape.schema), folder / f"{table}.parquet"
        )


def organisation_name(number: int) -> str:
    """Return an id that no organisation bears, e.g. `generated_mirbadorost_17`."""
    digits = (number * 7919, number // 12, number // 144, number)
    return "generated_" + "".join(_SYLLABLES[d % 12] for d in digits) + f"_{number}"


def _handles(account: str, name: str, number: int) -> list[dict[str, object]]:
    if number % 20 != 3:
        return [{"account_id": account, "handle": name}]
    renamed = rename_day(number)
    return [
        {"account_id": account, "handle": name, "valid_to": renamed - timedelta(days=1)},
        {"account_id": account, "handle": f"{name}_new", "valid_from": renamed},
    ]


def rename_day(number: int) -> date:
    """Return the day from which a renamed organisation's accounts bear their new handle."""
    return date(2026, 1, 1) + timedelta(days=number % 250)


def _add_months(day: date, count: int) -> date:
    month = day.year * 12 + day.month - 1 + count
    return date(month // 12, month % 12 + 1, 1)


if __name__ == "__main__":
    target, wanted, *history = sys.argv[1:]
    generate(Path(target), World.of(int(wanted), *map(int, history)))
