"""Records say which definition of views they were counted by."""

import csv
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from extractors.lake import Lake
from extractors.metric_changes import VIEWS_CHANGED, views_definition
from extractors.records import SCHEMAS, Origin, PostSnapshot

SEED = Path(__file__).parents[2] / "dbt_project/seeds/metric_definition_changes.csv"
DAY = date(2026, 8, 17)
NOON = datetime(2026, 8, 17, 10, tzinfo=UTC)


def test_the_days_are_those_of_the_seed():
    with SEED.open(encoding="utf-8", newline="") as file:
        changes = [row for row in csv.DictReader(file) if row["metric"] == "views_count"]
    platforms = {row["platform"] for row in changes}
    assert {
        platform: tuple(
            date.fromisoformat(row["effective_date"])
            for row in sorted(changes, key=lambda row: row["effective_date"])
            if row["platform"] == platform
        )
        for platform in platforms
    } == VIEWS_CHANGED


@pytest.mark.parametrize(
    ("moment", "name"),
    [
        ("2025-03-30T23:59:59+00:00", "views_before_2025-03-31"),
        ("2025-03-31T00:00:00+00:00", "views_since_2025-03-31"),
        ("2026-08-23T23:59:59+00:00", "views_since_2025-03-31"),
        ("2026-08-24T01:00:00+02:00", "views_since_2025-03-31"),  # the 23rd in UTC
        ("2026-08-24T00:00:00+00:00", "views_since_2026-08-24"),
        ("2030-01-01T00:00:00+00:00", "views_since_2026-08-24"),
    ],
)
def test_a_view_on_youtube_is_counted_by_the_definition_of_its_day(moment, name):
    assert views_definition("youtube", datetime.fromisoformat(moment)) == name


def test_a_platform_without_a_known_change_names_no_definition():
    assert views_definition("x", NOON) is None


def post(**given):
    return PostSnapshot(
        account_id="a.youtube",
        post_id="p1",
        published_at=NOON,
        observed_at=NOON,
        source="youtube_api",
        origin=Origin.LIVE,
        extracted_at=NOON,
        load_id="run",
        views=5,
        **given,
    )


@pytest.fixture
def lake(tmp_path):
    made = Lake(tmp_path / "lake", "Europe/Stockholm")
    made.initialise()
    return made


def write_as_before(lake, monkeypatch):
    """Write a part as it was written before records had the field."""
    old = SCHEMAS["posts"].remove(SCHEMAS["posts"].get_field_index("definition_version"))
    rows = [{k: v for k, v in _plain(post()).items() if k in old.names}]
    with monkeypatch.context() as patched:
        patched.setitem(SCHEMAS, "posts", old)
        table = pa.Table.from_pylist(rows, schema=old)
        return lake.write_table("posts", "youtube", DAY, "youtube_api", table).path


def _plain(record):
    return {name: getattr(record, name) for name in record.__slots__}


def test_parts_from_before_the_field_are_whole_and_unchanged(lake, monkeypatch):
    import duckdb

    path = write_as_before(lake, monkeypatch)
    assert "definition_version" not in pq.read_schema(path).names
    before = path.read_bytes()
    assert lake.verify() == []
    again = lake.write_part("posts", "youtube", DAY, "youtube_api", [post()])
    assert (again.changed, path.read_bytes()) == (False, before)

    lake.write_part("posts", "x", DAY, "x_api", [post(definition_version="views_since_2030-01-01")])
    read = duckdb.sql(
        f"select platform, definition_version from read_parquet('{lake.root}/posts/*/*/*.parquet', "
        "union_by_name = true, hive_partitioning = true) order by 1"
    ).fetchall()
    assert read == [("x", "views_since_2030-01-01"), ("youtube", None)]
    assert lake.verify() == []


def test_a_definition_is_a_fact_of_the_part(lake):
    first = lake.write_part("posts", "youtube", DAY, "youtube_api", [post()])
    named = post(definition_version="views_since_2025-03-31")
    second = lake.write_part("posts", "youtube", DAY, "youtube_api", [named])
    assert (first.changed, second.changed) == (True, True)
    assert lake.verify() == []
