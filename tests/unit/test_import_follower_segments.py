"""Gender and age of followers: what lands, and what is refused in words."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime

import duckdb
import pytest

from extractors.imports import ImportRefused, import_file
from extractors.lake import Lake
from extractors.registry import load_registry
from tests.support.importing import INDUSTRY, NOW

HEADER = "platform,account,observed_at,gender,age,followers,share_pct"


@pytest.fixture
def desk(tmp_path):
    """Return a function that imports a text, and one that lists what landed."""
    (tmp_path / "registry/industries").mkdir(parents=True)
    (tmp_path / "registry/industries/regions.yaml").write_text(INDUSTRY, encoding="utf-8")
    registry = load_registry(tmp_path / "registry")
    lake = Lake(tmp_path / "lake", "Europe/Stockholm")
    lake.initialise()

    def bring(text, account=None):
        file = tmp_path / "audience.csv"
        file.write_text(text, encoding="utf-8")
        noon = datetime(2025, 11, 3, 11, tzinfo=UTC).timestamp()
        os.utime(file, (noon, noon))
        return import_file(file, lake=lake, registry=registry, now=NOW, account=account)

    def landed():
        return duckdb.sql(
            "select platform, account_id, observed_date, gender, age, followers, "
            f"share_basis_points from read_parquet('{lake.root}/follower_segments/*/*/*.parquet', "
            "hive_partitioning = true) order by all"
        ).fetchall()

    bring.landed = landed
    return bring


def test_what_a_person_noted_lands_as_it_was_noted(desk):
    report = desk(
        f"{HEADER}\n"
        "facebook,north.page,2025-06-30,women,18-24,120,\n"
        "facebook,north.page,2025-06-30,Män,65+,80,\n"
        "x,77,2025-06-30,,25–34,,12.5\n"  # noqa: RUF001 - as exports write it
    )
    day = date(2025, 6, 30)
    assert desk.landed() == [
        ("facebook", "north.facebook", day, "men", "65+", 80, None),
        ("facebook", "north.facebook", day, "women", "18-24", 120, None),
        ("x", "south.x", day, None, "25-34", None, 1250),
    ]
    assert report.row_count == 3


@pytest.mark.parametrize(
    ("header", "first"),
    [("Age,Women,Men", '18-24,"12.3%",8%'), ("Ålder;Kvinnor;Män", "18-24;12,3 %;8")],
)
def test_metas_table_of_ages_and_genders_lands_under_the_account_that_is_told(desk, header, first):
    separator = ";" if ";" in header else ","
    desk(f"{header}\n{first}\n" + separator.join(("65+", "0.04", "79.66")) + "\n", "north.facebook")
    assert [row[3:] for row in desk.landed()] == [
        ("men", "18-24", None, 800),
        ("men", "65+", None, 7966),
        ("women", "18-24", None, 1230),
        ("women", "65+", None, 4),
    ]
    assert {row[:3] for row in desk.landed()} == {("facebook", "north.facebook", date(2025, 11, 3))}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("x,77,2025-06-30,women,,,", "give followers or share_pct, one of them"),
        ("x,77,2025-06-30,women,,5,5", "give followers or share_pct, one of them"),
        ("x,77,2025-06-30,,,5,", "gender and age are both empty"),
        ("x,77,2025-06-30,ladies,,5,", "gender 'ladies' is not women, men or other"),
        ("x,77,2025-06-30,,young,5,", "age 'young' is no range of years like 18-24 or 65+"),
        ("x,77,2025-06-30,women,,,101", "'101' is no share of 0 to 100 percent"),
        ("x,77,2025-06-30,women,,,-3", "'-3' is no share"),
        ("x,nobody,2025-06-30,women,,5,", "'nobody' is no x account in the registry"),
        ("myspace,77,2025-06-30,women,,5,", "'myspace' is no platform"),
        ("x,77,2025-06-30,women,,5,\nx,77,2025-06-30,women,,6,", "says something else about"),
    ],
)
def test_what_says_nothing_certain_is_refused_and_nothing_lands(desk, row, words):
    with pytest.raises(ImportRefused) as refused:
        desk(f"{HEADER}\n{row}\n")
    assert words in str(refused.value) + " ".join(map(str, refused.value.problems))
    assert desk.landed() == []


def test_metas_table_names_nobody_so_somebody_must_be_told(desk):
    with pytest.raises(ImportRefused, match="does not say whose followers these are"):
        desk("Age,Women,Men\n18-24,50,50\n")
