"""A file of noted counts is imported whole and once, or refused with every bad row named."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tests.support.importing import HEADER, NOW, Desk, csv_of, files, landed, registry_in


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


def noon(day):
    """Noon in Stockholm, in UTC: two hours back in summer, one in winter."""
    summer = date(2025, 3, 30) <= day < date(2025, 10, 26)
    return datetime(day.year, day.month, day.day, 10 if summer else 11, tzinfo=UTC)


def test_a_file_with_every_column_lands_what_it_says(bring, lake):
    report = bring(
        csv_of(
            "x,north.x,2025-05-01T08:30:00Z,12345,10,300,7000,90000,followers,counted twice",
            "facebook,north.facebook,2025-05-01 08:30,500,,,,,,",
            header=f"{HEADER},following,posts_total,likes_total,views_total,definition,note",
        )
    )
    columns = ("account_id", "observed_at", "followers", "following", "posts_total")
    more = ("likes_total", "views_total", "definition", "source", "origin", "handle")
    assert landed(lake, *columns, *more, "extracted_at") == [
        (
            "north.facebook",
            datetime(2025, 5, 1, 6, 30, tzinfo=UTC),
            *(500, None, None, None, None),
            *("page_likes", "manual_capture", "import", "north.page"),
            NOW,
        ),
        (
            "north.x",
            datetime(2025, 5, 1, 8, 30, tzinfo=UTC),
            *(12345, 10, 300, 7000, 90000),
            *("followers", "manual_capture", "import", "NorthRegion"),
            NOW,
        ),
    ]
    assert (report.row_count, report.account_count, report.day_count) == (2, 2, 1)
    assert report.notes == ()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_whatever_program_wrote_the_csv_it_reads_the_same(
    bring, lake, delimiter, encoding, newline
):
    text = csv_of(
        " X ,South.X, 2025-05-01 ,1000", "", ",,,", header="Platform,ACCOUNT,observed_at, Followers"
    )
    text = text.replace(",", delimiter).replace("\n", newline)
    report = bring(text, encoding=encoding)
    assert landed(lake) == [("x", "south.x", noon(date(2025, 5, 1)), 1000)]
    assert "1 row(s) name a day only; they count as noon, Europe/Stockholm." in report.notes


def test_excel_reads_like_csv(bring, lake):
    report = bring(
        [
            ["platform", "account", "observed_at", "followers", "seen by"],
            ["x", "south", datetime(2025, 5, 1, 14, 30), 1000, "A"],  # noqa: DTZ001 - as Excel has it
            ["x", 77, datetime(2025, 1, 2), 12345.0, None],  # noqa: DTZ001
            ["x", "9007199254740993", "2025-01-02T11:00:00+00:00", "17", None],
            [None, None, None, None, None],
            ["facebook", "north.page", date(2025, 1, 3), 5, None],
        ],
        name="Counts.XLSX",
    )
    assert landed(lake) == [
        ("facebook", "north.facebook", noon(date(2025, 1, 3)), 5),
        ("x", "north.x", noon(date(2025, 1, 2)), 17),
        ("x", "south.x", noon(date(2025, 1, 2)), 12345),
        ("x", "south.x", datetime(2025, 5, 1, 12, 30, tzinfo=UTC), 1000),
    ]
    assert report.row_count == 4
    assert report.notes[0] == "Columns not understood and left out: seen by."


def test_bad_rows_of_excel_are_named_by_their_row(refused):
    message, rows = refused(
        [
            ["platform", "account", "observed_at", "followers"],
            ["x", "south", "2025-05-01", 1000],
            ["x", "south", "2025-05-02", 12345.6],
            ["x", "south", "2025-05-03", True],
            ["x", "south", None, 7],
            ["x", "south", "2025-05-05", "#N/A"],
        ],
        name="counts.xlsx",
    )
    assert rows == [
        (3, "followers: '12345.6' is no exact count; write digits only, e.g. 12345"),
        (4, "followers: True is no count"),
        (5, "observed_at is empty"),
        (6, "followers: '#N/A' is no exact count; write digits only, e.g. 12345"),
    ]
    assert "4 bad row(s), so nothing was imported" in message


@pytest.mark.parametrize(
    ("reference", "day", "account"),
    [
        ("north.x", date(2025, 3, 31), "north.x"),
        ("NORTH.X", date(2025, 5, 1), "north.x"),
        ("9007199254740993", date(2025, 5, 1), "north.x"),
        ("OldNorth", date(2025, 3, 31), "north.x"),
        ("@oldnorth", date(2025, 4, 1), "east.x"),
        ("NorthRegion", date(2025, 4, 1), "north.x"),
        ("south.x2", date(2025, 5, 1), "south.x2"),
    ],
)
def test_an_account_is_our_id_the_platforms_or_the_handle_of_that_day(
    bring, lake, reference, day, account
):
    bring(csv_of(f"x,{reference},{day},1000"))
    assert landed(lake) == [("x", account, noon(day), 1000)]


def test_the_day_of_a_handle_is_the_day_in_stockholm(bring, lake):
    bring(csv_of("x,OldNorth,2025-03-31T21:59:00Z,1", "x,OldNorth,2025-03-31T22:00:00Z,2"))
    assert [row[1:4:2] for row in landed(lake)] == [("east.x", 2), ("north.x", 1)]


def test_accounts_and_platforms_that_are_not_there_get_the_nearest_word(refused):
    _, rows = refused(
        csv_of(
            "x,NorthRegion,2025-03-31,1",
            "x,suoth,2025-05-01,1",
            "x,,2025-05-01,1",
            "facebok,north.page,2025-05-01,1",
            ",north.page,2025-05-01,1",
            "facebook,south,2025-05-01,1",
        )
    )
    assert [line for line, _ in rows] == [2, 3, 4, 5, 6, 7]
    messages = [message for _, message in rows]
    assert messages[0].startswith("'NorthRegion' is no x account in the registry on 2025-03-31")
    assert messages[1].endswith("; did you mean 'south'?")
    assert messages[2] == "account is empty"
    assert messages[3] == "'facebok' is no platform; did you mean 'facebook'?"
    assert messages[4] == "'' is no platform"
    assert messages[5].startswith("'south' is no facebook account")


def test_a_date_that_may_be_two_days_is_refused_until_its_format_is_said(bring, lake, refused):
    mixed = csv_of(
        "x,south,2025-04-02,10",
        "x,south,03/04/2025,11",
        "x,south,04/04/2025,12",
        "x,south,5.4.25,13",
    )
    _, rows = refused(mixed)
    assert [line for line, _ in rows] == [3, 4, 5]
    assert rows[0][1] == (
        "the date 03/04/2025 could mean several days; write 2025-04-03, "
        'or say how it is written: --date-format "%d/%m/%Y"'
    )
    _, rows = refused(mixed, date_format="%d/%m/%Y")
    assert rows == [(5, "the date 5.4.25 is not written as %d/%m/%Y")]
    bring(mixed.replace("5.4.25", "05/04/2025"), date_format="%d/%m/%Y")
    assert landed(lake) == [
        ("x", "south.x", noon(date(2025, 4, day)), followers)
        for day, followers in ((2, 10), (3, 11), (4, 12), (5, 13))
    ]


def test_the_given_format_decides_which_day_it_is(bring, lake):
    bring(csv_of("x,south,03/04/2025 14:00,11"), date_format="%m/%d/%Y %H:%M")
    assert landed(lake) == [("x", "south.x", datetime(2025, 3, 4, 13, tzinfo=UTC), 11)]


def test_a_given_format_that_looks_like_iso_decides_too(bring, lake, refused):
    bring(csv_of("x,south,2025-03-04,11"), date_format="%Y-%d-%m")
    assert landed(lake) == [("x", "south.x", noon(date(2025, 4, 3)), 11)]
    _, rows = refused(csv_of("x,south,2025-04-30,11"), date_format="%Y-%d-%m")
    assert rows == [(2, "the date 2025-04-30 is not written as %Y-%d-%m")]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("2025-12-01T13:00:01+01:00", "has not come yet"),
        ("2025-12-02", "has not come yet"),
        ("9999-12-31T23:59:59-14:00", "has not come yet"),
        ("0001-01-01T00:00:00+23:00", "before there was anything to follow"),
        ("1900-01-01", "before there was anything to follow"),
        ("2025-02-30", "is no day or time there is"),
        ("2025-05-01T25:00", "is no day or time there is"),
        ("2025-05-01 noon", "is no day or time there is"),
        ("yesterday", "could mean several days"),
        ("1743600000", "could mean several days"),
        ("", "observed_at is empty"),
    ],
)
def test_moments_that_cannot_be_are_refused(refused, written, words):
    _, rows = refused(csv_of("x,south,2025-05-01,1", f"x,south,{written},1"))
    assert [line for line, _ in rows] == [3]
    assert words in rows[0][1]


@pytest.mark.parametrize(
    "written",
    [
        '"12,345"',
        "12K",
        "12345.6",
        "12345.0",
        "NaN",
        "-1",
        "1e5",
        "12 345",
        "٣",
        "inf",
        "0x10",
        "≈5",
    ],
)
@pytest.mark.parametrize("column", [3, 4])
def test_a_count_is_digits_or_refused(refused, written, column):
    cells = ["x", "south", "2025-05-01", "10", "20"]
    cells[column] = written
    _, rows = refused(csv_of(",".join(cells), header=f"{HEADER},posts_total"))
    name = ("followers", "posts_total")[column - 3]
    bare = written.strip('"')
    assert rows == [(2, f"{name}: {bare!r} is no exact count; write digits only, e.g. 12345")]


def test_the_largest_count_is_what_the_lake_can_hold(bring, lake, refused):
    _, rows = refused(csv_of(f"x,south,2025-05-01,{2**63}"))
    assert rows == [(2, f"followers: {2**63} is larger than any count can be")]
    bring(csv_of(f"x,south,2025-05-01,{2**63 - 1}", "x,south,2025-05-02,0"))
    assert [row[3] for row in landed(lake)] == [2**63 - 1, 0]


def test_an_empty_count_of_followers_is_refused_and_any_other_is_unknown(bring, lake, refused):
    header = f"{HEADER},posts_total"
    _, rows = refused(csv_of("x,south,2025-05-01,,5", header=header))
    assert rows == [(2, "followers is empty; leave the row out where nothing was seen")]
    bring(csv_of("x,south,2025-05-01,5,", header=header))
    assert landed(lake, "followers", "posts_total") == [(5, None)]


def test_one_bad_row_among_good_ones_imports_nothing_and_all_bad_ones_are_listed(refused):
    good = [f"x,south,2025-05-{day:02d},{day}" for day in range(1, 20)]
    rows = [*good[:4], "x,nobody,2025-05-01,1", *good[4:9], "x,south,2025-05-30,many", *good[9:]]
    message, bad = refused(csv_of(*rows))
    assert [line for line, _ in bad] == [6, 12]
    assert "2 bad row(s), so nothing was imported. Mend them and import it again." in message


def test_lines_are_the_files_own_where_a_quoted_cell_breaks_them(bring, lake, refused):
    header = f"{HEADER},note"
    text = csv_of(
        'x,south,2025-05-01,1,"first\nsecond\nthird"',
        'x,south,2025-05-02,many,"over\ntwo lines"',
        "",
        "x,south,2025-05-03,more,",
        header=header,
    )
    _, rows = refused(text)
    assert [line for line, _ in rows] == [5, 8]
    bring(text.replace("many", "2").replace("more", "3"))
    assert [row[3] for row in landed(lake)] == [1, 2, 3]


def test_two_rows_of_one_moment_may_not_disagree(bring, lake, refused):
    twice = csv_of(
        "x,north.x,2025-05-01T10:00Z,1000",
        "x,NorthRegion,2025-05-01T12:00+02:00,1000",
        "x,9007199254740993,2025-05-01 12:00,1001",
    )
    _, rows = refused(twice)
    assert rows == [(4, "says something else about north.x at the moment of line 2")]
    report = bring(twice.replace("1001", "1000"))
    assert report.row_count == 1
    assert len(landed(lake)) == 1


def test_the_same_file_twice_changes_nothing_and_a_mended_one_is_kept_beside_it(bring, lake):
    text = csv_of(
        "x,south,2025-05-01,1", "x,south,2025-06-01,2", "facebook,north.page,2025-06-01,3"
    )
    first = bring(text)
    assert first.changed_part_count == 3
    before = files(lake)
    again = bring(text, name="another_name.csv")
    assert again.changed_part_count == 0
    assert "nothing changed" in str(again)
    assert files(lake) == before
    bring(text.replace(",2\n", ",4\n"))
    assert before.items() <= files(lake).items()
    assert sorted({row[3] for row in landed(lake)}) == [1, 2, 3, 4]


def test_columns_that_are_not_understood_are_listed_and_left_out(bring):
    report = bring(csv_of("x,south,2025-05-01,1,b,a", header=f"{HEADER},verified,Colour"))
    assert report.notes[0] == "Columns not understood and left out: colour, verified."
    assert report.notes[0] in str(report)


def test_rows_outside_an_accounts_days_are_kept_and_said(bring, lake):
    report = bring(csv_of("x,south.x2,2025-06-30,1", "x,south.x2,2025-07-01,2"))
    assert len(landed(lake)) == 2
    assert any(note.startswith("1 row(s) lie outside") for note in report.notes)
