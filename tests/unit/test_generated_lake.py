"""The benchmarks' lake: the same for everybody, and laid out as the lake lays it itself."""

from datetime import date

import duckdb
import pyarrow.parquet as pq
import pytest

from benchmarks.generate import SOURCES, World, generate, label, rename_day, window
from extractors.lake import Lake
from extractors.records import SCHEMAS
from extractors.registry_tables import TABLES

WORLD = World(
    organisations=40,
    posts_per_day=30,
    first_day=date(2026, 8, 25),
    last_day=date(2026, 9, 7),
    seed=5,
)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("generated")
    generate(folder, WORLD)
    return folder


def files(folder):
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.rglob("*.parquet")
        if path.is_file()
    }


def rows_of(path):
    return sorted(pq.read_table(path, partitioning=None).to_pylist(), key=str)


def ask(data_dir, stream, query):
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(
            f"create view {stream} as select * from read_parquet('{data_dir}/lake/{stream}/*/*/*."
            "parquet', union_by_name = true, hive_partitioning = true)"
        )
        return connection.execute(query).fetchall()


def test_one_seed_gives_the_same_bytes_and_another_gives_others(data_dir, tmp_path):
    generate(tmp_path / "again", WORLD)
    assert files(tmp_path / "again") == files(data_dir)
    other = World(
        organisations=40,
        posts_per_day=30,
        first_day=WORLD.first_day,
        last_day=WORLD.last_day,
        seed=6,
    )
    generate(tmp_path / "other", other)
    assert files(tmp_path / "other") != files(data_dir)


def test_a_longer_history_says_the_same_of_the_days_that_both_have(data_dir, tmp_path):
    longer = World(
        organisations=40,
        posts_per_day=30,
        first_day=date(2026, 8, 20),
        last_day=WORLD.last_day,
        seed=5,
    )
    generate(tmp_path, longer)
    day = "lake/profile_snapshots/platform=x/observed_date=2026-09-01/x_api.parquet"
    assert rows_of(tmp_path / day) == rows_of(data_dir / day)


@pytest.mark.parametrize("stream", ["profile_snapshots", "posts", "inquiries"])
def test_the_lake_finds_its_parts_where_it_would_have_put_them(data_dir, stream):
    lake = Lake(data_dir / "lake", "Europe/Stockholm")
    parts = lake.parts(stream)
    assert {part.platform for part in parts} == set(SOURCES)
    assert {part.path.stem for part in parts} == set(SOURCES.values())
    assert len({(part.platform, part.observed_date) for part in parts}) == len(parts)
    for part in parts:
        table = pq.read_table(part.path, partitioning=None)
        assert table.column_names == SCHEMAS[stream].names
        assert table.cast(SCHEMAS[stream]).num_rows > 0
    # The only complaint is about the digests, which nothing but the lake's own writer leaves.
    assert {words.split(": ", 1)[1] for words in lake.verify()} == {
        "its rows differ from the digest in its footer"
    }


def test_every_account_of_the_lake_is_in_the_registry_under_the_handle_it_was_seen_with(data_dir):
    for name, shape in TABLES.items():
        assert pq.read_schema(data_dir / f"registry/{name}.parquet").equals(shape.schema)
    accounts = pq.read_table(data_dir / "registry/accounts.parquet").to_pylist()
    assert len(accounts) == 40 * 5
    handles = pq.read_table(data_dir / "registry/account_handles.parquet").to_pylist()
    valid = {
        (h["account_id"], h["handle"]): (h["valid_from"] or date.min, h["valid_to"] or date.max)
        for h in handles
    }
    seen = ask(
        data_dir,
        "profile_snapshots",
        "select distinct account_id, handle, observed_date from profile_snapshots",
    )
    assert {account for account, _, _ in seen} <= {a["account_id"] for a in accounts}
    assert all(
        valid[account, handle][0] <= day <= valid[account, handle][1]
        for account, handle, day in seen
    )
    assert rename_day(3) == date(2026, 1, 4)


def test_the_rows_are_as_many_as_were_asked_for_and_as_dirty_as_real_ones(data_dir):
    [(rows, days, late)] = ask(
        data_dir,
        "profile_snapshots",
        "select count(*), count(distinct (account_id, observed_date)), "
        "count(*) filter (where extracted_at > observed_at + interval 1 day) "
        "from profile_snapshots",
    )
    asked = 40 * 5 * 14
    assert 0.95 * asked < days < 0.995 * asked  # 1.5 % of the days were missed
    assert 0.01 * asked < late == rows - days < 0.03 * asked  # 2 % came twice
    [(posts, readings, busiest)] = ask(
        data_dir,
        "posts",
        "select count(distinct post_id), count(*), (select max(count) from (select count(*) as "
        "count from posts group by account_id)) from posts",
    )
    assert readings / posts > 2.5
    assert busiest > 3 * readings / (40 * 5)


def test_a_million_account_days_are_16_quarters_of_684_accounts():
    assert window(16) == (date(2022, 7, 1), date(2026, 6, 30))
    world = World.of(1_000_000)
    assert world.organisations * len(SOURCES) == 685
    assert [label(first) for first, _ in World.of(100_000, 2).quarters()] == ["2026-Q1", "2026-Q2"]
