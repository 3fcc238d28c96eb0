"""Names and texts as people write them: what went in comes out, letter by letter."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest

from extractors.lake import Lake
from extractors.platforms.archive import RawArchive, read_raw
from extractors.platforms.checkpoint import Checkpoint
from extractors.platforms.session import Outcome, Status
from extractors.records import Origin, PostSnapshot
from tests.support.candidate import clean_copy
from tests.support.gates import LEAN, PlainJudge, judge, release

QUARTER = "2025-Q4"
NOON = datetime(2026, 6, 30, 10, tzinfo=UTC)
AWKWARD = (
    "Malmö konsthall",
    "Malmo\u0308 konsthall",  # the same letter in two parts
    "Museum 🏛️ 👩🏽‍🎨",
    'O\'Brien "The Hall"; drop table x; --',
    "first line\nsecond line\r\nthird\ttab",
    "متحف \u200fالفن\u200e 2026",  # noqa: RUF001 - read from right to left
    "=1+1, semi;colon | pipe \\ backslash",
)


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    made = Lake(tmp_path_factory.mktemp("names") / "lake", "Europe/Stockholm")
    made.initialise()
    return made


def post(number, text):
    return PostSnapshot(
        account_id="north.bluesky",
        post_id=f"p{number}",
        published_at=NOON - timedelta(days=1),
        observed_at=NOON,
        source="bluesky_api",
        origin=Origin.SANDBOX,
        extracted_at=NOON,
        load_id="run",
        text=text,
    )


def test_case_62_texts_come_out_of_lake_archive_and_checkpoint_as_they_went_in(lake):
    posts = [post(number, text) for number, text in enumerate(AWKWARD)]
    part = lake.write_part("posts", "bluesky", date(2026, 6, 30), "bluesky_api", posts)
    found = duckdb.sql(f"select text from read_parquet('{part.path}') order by post_id").fetchall()
    assert [text for (text,) in found] == list(AWKWARD)
    folder = lake.root / "_raw/bluesky/2026-06-30"
    RawArchive(folder, "run").append({"answer": list(AWKWARD)})
    assert next(read_raw(folder / "run.ndjson.zst"))["answer"] == list(AWKWARD)
    path = folder / "posts.checkpoint.ndjson"
    outcome = Outcome(account_id="north.bluesky", status=Status.OK, records=tuple(posts))
    with Checkpoint(path, stream="posts", identity="x") as checkpoint:
        checkpoint.add(outcome)
    with Checkpoint(path, stream="posts", identity="x") as checkpoint:
        assert checkpoint.load() == {"north.bluesky": outcome}


def test_case_62_names_come_out_of_a_release_as_they_went_in(tmp_path):
    data = clean_copy(tmp_path)
    with duckdb.connect(str(data / "warehouse.duckdb")) as candidate:
        ids = candidate.execute(
            "select organisation_id from marts.dim_organisation order by all limit ?",
            [len(AWKWARD)],
        ).fetchall()
        wanted = {id_: name for (id_,), name in zip(ids, AWKWARD, strict=True)}
        candidate.executemany(
            "update marts.dim_organisation set name = ? where organisation_id = ?",
            [(name, id_) for id_, name in wanted.items()],
        )
    assert judge(data, QUARTER, make_judge=PlainJudge).passed
    published = release(data, QUARTER, steps=LEAN)
    query = "select organisation_id, name from {} where organisation_id in (select unnest(?))"
    database, [parquet] = (
        published.path / "benchmark.duckdb",
        list(published.path.rglob("dim_organisation.parquet")),
    )
    with duckdb.connect(str(database), read_only=True) as connection:
        for table in ("marts.dim_organisation", f"read_parquet('{parquet}')"):
            assert (
                dict(connection.execute(query.format(table), [list(wanted)]).fetchall()) == wanted
            )
