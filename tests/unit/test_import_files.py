"""Any file is imported or refused in words, whatever it holds; nothing of a refused one lands."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.imports import ImportRefused, import_file, layouts
from extractors.imports.regards_citoyens import propose_industry
from extractors.lake import Lake
from tests.support.importing import HEADER, NOW, Desk, csv_of, landed, registry_in


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    return registry_in(tmp_path_factory.mktemp("registry"))


@pytest.fixture
def desk(tmp_path, registry):
    return Desk(tmp_path, registry)


@pytest.fixture
def lake(desk):
    return desk.lake


@pytest.fixture
def bring(desk):
    return desk.bring


@pytest.fixture
def refused(desk):
    return desk.refused


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "was not recognised by its columns (none)"),
        (HEADER, "has a header and no rows"),
        (csv_of(" , ,", ""), "has a header and no rows"),
        ("platform,account,followers\nx,south,1\n", "has no column observed_at."),
        ("platform,acount,observed_at,followers\nx,a,b,1\n", "account; did you mean 'acount'?"),
        (
            f"{HEADER},followers\nx,south,2025-05-01,1,2\n",
            "has the column followers more than once",
        ),
        ("name;address\na;b\n", "was not recognised by its columns (address, name)"),
        (
            b"platform,account,observed_at,followers\nx,s\xf6dra,2025-05-01,1\n",
            "is not UTF-8 (byte 42)",
        ),
        (b"PK\x00\x00", "is no text file"),
        (f'{HEADER}\nx,south,2025-05-01,"1', "line 2"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(refused, content, words):
    message, rows = refused(content)
    assert words in message
    assert rows == []


def test_a_row_with_more_cells_than_the_header_is_refused(refused):
    _, rows = refused(csv_of("x,south,2025-05-01,12,345", "x,south,2025-05-02,12,"))
    assert rows == [(2, "has 5 cells, the header 4")]


@pytest.mark.parametrize("name", ["broken.xlsx", "broken.parquet"])
def test_a_broken_book_or_table_is_refused_in_words(refused, name):
    message, _ = refused(b"no such thing", name=name)
    assert "cannot be opened as" in message


def test_a_folder_and_an_unknown_layout_are_refused_in_words(refused, tmp_path, lake, registry):
    with pytest.raises(ImportRefused, match="cannot be read"):
        import_file(tmp_path, lake=lake, registry=registry, now=NOW)
    message, _ = refused(csv_of("x,south,2025-05-01,1"), layout="manual_captur")
    assert "did you mean 'manual_capture'?" in message


def test_a_table_that_only_looks_like_the_deputies_recording_is_refused_in_words(refused, tmp_path):
    columns = ["snapshot_ts_utc", "twitter_id", "handle", "followers", "following", "tweets"]
    file = tmp_path / "made.parquet"
    pq.write_table(pa.table({name: [1.5] for name in columns}), file)
    message, _ = refused(file.read_bytes(), name="made.parquet")
    assert "is not the recording as published" in message
    message, _ = refused(",".join(columns) + "\n1,2,3,4,5,6\n")
    assert "is not the recording as published" in message


def test_no_industry_is_proposed_from_another_file(tmp_path):
    file = tmp_path / "counts.parquet"
    pq.write_table(pa.table({"platform": ["x"]}), file)
    with pytest.raises(ImportRefused, match="is not the recording as published"):
        propose_industry(file, None, timezone="Europe/Stockholm")


def test_every_layout_has_a_name_of_its_own():
    assert {"manual_capture", "regards_citoyens"} <= layouts().keys()


CELL = st.one_of(
    st.sampled_from(
        ["x", "facebook", "south", "north.x", "2025-05-01", "1000", "03/04/2025", '"', ""]
    ),
    st.dates().map(str),
    st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat()),
    st.integers().map(str),
    st.text(max_size=8),
)
TABLE = st.tuples(
    st.sampled_from([HEADER, HEADER.replace(",", ";"), f"{HEADER},posts_total,definition", ""]),
    st.lists(st.lists(CELL, max_size=6).map(",".join), max_size=5),
).map(lambda parts: "\n".join([parts[0], *parts[1]]))


@settings(max_examples=200, deadline=None)
@given(
    text=st.one_of(TABLE, st.text()),
    date_format=st.sampled_from([None, "%d/%m/%Y", "%H:%M", "%Q", "%"]),
    layout=st.sampled_from([None, "manual_capture"]),
)
def test_any_text_is_imported_or_refused_in_words(registry, text, date_format, layout):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "any.csv"
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
        lake = Lake(Path(folder) / "lake", "Europe/Stockholm")
        lake.initialise()
        given = {"lake": lake, "registry": registry, "now": NOW, "layout": layout}
        words, row_count = "", 0
        try:
            row_count = import_file(file, date_format=date_format, **given).row_count
        except ImportRefused as error:
            words = str(error)
        assert bool(words) != bool(row_count)
        assert len(landed(lake)) == row_count
        assert lake.verify() == []
