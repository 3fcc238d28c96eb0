"""A platform's own export lands what it says, in Swedish and English, or is refused in words."""

from __future__ import annotations

import codecs
import os
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import openpyxl
import pytest

from extractors.imports import import_file
from extractors.registry import load_registry
from tests.support.importing import NOW, Desk, files, landed
from tests.support.vendor_exports import (
    CT_EN,
    CT_ROW,
    FB_EN,
    FB_ROW,
    INDUSTRY,
    LAYOUTS,
    LI_EN,
    LI_LINK,
    LIKED,
    MAY_1,
    WRITTEN,
    X_LINK,
    X_NEW,
    YT_EN,
    at,
    posts,
)

every_layout = pytest.mark.parametrize(("header", "row", "post", "account"), LAYOUTS)


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    folder = tmp_path_factory.mktemp("registry")
    (folder / "industries").mkdir()
    (folder / "industries" / "regions.yaml").write_text(INDUSTRY, encoding="utf-8")
    return load_registry(folder)


@pytest.fixture
def desk(tmp_path, registry):
    return Desk(tmp_path, registry)


def notes(report):
    return " ".join(report.notes)


@every_layout
def test_a_post_lands_with_its_counters_and_without_what_the_cell_does_not_say(
    desk, header, row, post, account
):
    desk.bring(f"{header}\n{row}\n", account=account)
    assert posts(desk.lake) == [post]
    assert posts(desk.lake, "observed_at, origin") == [(NOW, "import")]
    assert desk.lake.verify() == []


@every_layout
def test_a_byte_order_mark_and_semicolons_change_nothing(desk, header, row, post, account):
    written = f"{header}\n{row}".replace(", ", "\x00").replace('"', "")
    written = written.replace(",", ";").replace("\x00", ", ")
    desk.bring(f"{written}\r\n", account=account, encoding="utf-8-sig")
    assert posts(desk.lake) == [post]


@every_layout
def test_the_same_file_later_and_copied_changes_nothing(desk, header, row, post, account):
    desk.bring(f"{header}\n{row}\n", account=account)
    before, later = files(desk.lake), NOW + timedelta(days=40)
    copy = desk.folder / "copy.csv"
    copy.write_text(f"{header}\n{row}\n", encoding="utf-8")
    os.utime(copy, (later.timestamp(), later.timestamp()))
    report = import_file(copy, lake=desk.lake, registry=desk.registry, now=later, account=account)
    assert (report.changed_part_count, files(desk.lake)) == (0, before)


@every_layout
def test_a_column_that_is_not_known_is_named(desk, header, row, post, account):
    rows = [f"{line},9" for line in row.splitlines()]
    report = desk.bring("\n".join([f"{header},Moonphase", *rows]), account=account)
    assert "Columns not understood and left out: moonphase." in notes(report)
    assert posts(desk.lake) == [post]


@every_layout
def test_a_bad_row_is_named_by_its_line_and_nothing_is_imported(desk, header, row, post, account):
    good = row.splitlines()
    # The same row again, with a number that is a guess.
    column = next(i for i, name in enumerate(header.split(",")) if name.lower() in LIKED)
    cells = good[-1].replace(", ", "\x00").split(",")
    cells[column] = "1.2K"
    bad = ",".join(cells).replace("\x00", ", ")
    _, rows = desk.refused("\n".join([header, *good, bad]), account=account)
    assert [line for line, _ in rows] == [len(good) + 2]
    assert "'1.2K' is no exact count" in rows[0][1]


@every_layout
def test_a_date_with_two_meanings_is_refused_until_its_order_is_said(
    desk, header, row, post, account
):
    for written in WRITTEN:
        row = row.replace(written, "03/04/2025", 1)
    _, rows = desk.refused(f"{header}\n{row}\n", account=account)
    assert len(rows) == 1
    assert "could mean several days" in rows[0][1]
    desk.bring(f"{header}\n{row}\n", account=account, date_format="%m/%d/%Y")
    assert posts(desk.lake, "published_at") == [(datetime(2025, 3, 4, 11, tzinfo=UTC),)]


@every_layout
def test_a_post_younger_than_its_file_is_refused(desk, header, row, post, account):
    file, day = desk.folder / "old.csv", datetime(2025, 4, 30, tzinfo=UTC).timestamp()
    file.write_text(f"{header}\n{row}\n", encoding="utf-8")
    os.utime(file, (day, day))
    with pytest.raises(ValueError, match="nothing was imported") as error:
        import_file(file, lake=desk.lake, registry=desk.registry, now=NOW, account=account)
    assert "after the file was saved" in error.value.problems[0].message


@pytest.mark.parametrize(
    ("header", "row"), [(p.values[0], p.values[1]) for p in LAYOUTS if p.values[3]]
)
def test_a_file_without_an_account_is_refused_until_it_is_said(desk, header, row):
    message, rows = desk.refused(f"{header}\n{row}\n")
    assert "--account ID" in message
    assert rows == []
    message, _ = desk.refused(f"{header}\n{row}\n", account="nort")
    assert "--account 'nort' is no" in message


class TestX:
    ROW = "{},2025-05-01,Generated,{},1,1,1,1,1,1"

    def test_an_id_that_a_spreadsheet_rounded_is_refused(self, desk):
        for name in ("1.918E+18", '"1,918E+18"'):
            _, rows = desk.refused(f"{X_NEW}\n{self.ROW.format(name, X_LINK)}\n")
            assert "a spreadsheet rounds long numbers" in rows[0][1]
        book = [X_NEW.split(","), [1918000000000000000, "2025-05-01", "G", X_LINK, *[1] * 6]]
        _, rows = desk.refused(book, name="posts.xlsx")
        assert "a spreadsheet rounds long numbers" in rows[0][1]

    def test_a_handle_nobody_knows_needs_an_account_and_stands_for_one_only(self, desk):
        links = [f"https://x.com/{name}/status/1" for name in ("Gen1", "Gen1", "Gen2")]
        lines = [self.ROW.format(1 + i, link) for i, link in enumerate(links)]
        _, rows = desk.refused("\n".join([X_NEW, *lines]))
        assert [line for line, _ in rows] == [2, 3, 4]
        assert "say whose numbers these are: --account ID" in rows[0][1]
        _, rows = desk.refused("\n".join([X_NEW, *lines]), account="north.x")
        assert rows == [(4, "is of 'Gen2'; --account stands for 'Gen1'")]
        desk.bring("\n".join([X_NEW, *lines[:2]]), account="north.x")
        assert posts(desk.lake, "account_id, post_id") == [("north.x", "1"), ("north.x", "2")]

    def test_one_post_twice_is_kept_once_and_refused_when_it_says_two_things(self, desk):
        line = self.ROW.format(1, X_LINK)
        _, rows = desk.refused("\n".join([X_NEW, line, f"{line}0"]))
        assert rows == [(3, "says something else about that post than line 2")]
        desk.bring(f"{X_NEW}\n{line}\n{line}")
        assert len(posts(desk.lake)) == 1


class TestMeta:
    def test_counts_of_one_day_are_not_taken_for_a_posts_own(self, desk):
        _, rows = desk.refused(f"{FB_EN}\n{FB_ROW.format('Photo', '2025-05-02', 11)}\n")
        assert "holds the counts of 2025-05-02 only" in rows[0][1]

    def test_row_and_account_that_disagree_are_refused(self, desk):
        row = FB_ROW.format("Photo", "Lifetime", 11)
        _, rows = desk.refused(f"{FB_EN}\n{row}\n", account="south.facebook")
        assert rows == [(2, "is of north.facebook, not of --account south.facebook")]

    @pytest.mark.parametrize("header", ["Date,Primary", "Datum,Primär", "Datum;Nya följare"])
    def test_new_follows_are_never_taken_for_followers(self, desk, header):
        text = f"sep=,\nFacebook follows\n{header}\n2025-05-01T00:00:00,12\n"
        text = text.replace(",", ";") if ";" in header else text
        content = codecs.BOM_UTF16_LE + text.encode("utf-16-le")
        message, _ = desk.refused(content, account="north.facebook")
        assert "no sum of them is a number of followers" in message
        assert "Add a column Followers" in message

    @pytest.mark.parametrize("header", ["Date,Primary,Followers", "Datum,Primär,Följare"])
    def test_a_total_beside_the_new_follows_becomes_readings(self, desk, header):
        text = f"{header}\n2025-05-01T00:00:00,12,600\n2025-05-02,3,\n"
        assert "--account ID" in desk.refused(text)[0]
        report = desk.bring(text, account="north.facebook")
        assert landed(desk.lake) == [("facebook", "north.facebook", MAY_1, 600)]
        assert "left out" in notes(report)
        again = desk.bring(text, account="north.facebook")
        assert again.changed_part_count == 0

    def test_followers_never_enter_an_account_measured_by_page_likes(self, desk):
        text = "Date,Followers\n2025-05-01,600\n"
        message, _ = desk.refused(text, account="south.facebook")
        assert "measured by page_likes" in message
        desk.bring("Date,Followers,Page likes\n2025-05-01,600,500\n", account="south.facebook")
        assert landed(desk.lake, "followers", "definition") == [(500, "page_likes")]


class TestYouTube:
    def test_subscribers_and_shares_of_a_video_are_named_and_left_out(self, desk):
        row = 'abcdefghij-,Generated,"May 1, 2025",70,11,2,5,1'
        report = desk.bring(f"{YT_EN}\n{row}\n", account="north.youtube")
        assert "Columns understood and left out: shares, subscribers." in notes(report)
        assert "period Lifetime" in notes(report)
        assert landed(desk.lake) == []


class TestLinkedIn:
    def workbook(self, desk, **sheets):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, rows in sheets.items():
            sheet = book.create_sheet(title.replace("_", " "))
            for row in rows:
                sheet.append(row)
        file = desk.folder / "made.xlsx"
        book.save(file)
        return file.read_bytes()

    def test_the_sheet_of_posts_is_found_behind_the_days_and_below_its_title(self, desk):
        days = [["Days of the Page"], ["Date", "Impressions (organic)"], ["05/01/2025", 7]]
        row = [
            "Generated",
            LI_LINK,
            "Organic",
            "Someone",
            "05/01/2025",
            "Video",
            70,
            9,
            11,
            None,
            0,
        ]
        made = [["Each post"], LI_EN.split(","), row]
        content = self.workbook(desk, Metrics=days, All_posts=made)
        assert "could mean" in desk.refused(content, name="c.xlsx", account="501")[1][0][1]
        desk.bring(content, name="c.xlsx", account="501", date_format="%m/%d/%Y")
        columns = "published_at, reactions, comments, shares, views, clicks, is_boosted"
        assert posts(desk.lake, columns) == [(MAY_1, 11, None, 0, 70, 9, False)]

    def test_days_alone_are_refused(self, desk):
        days = [["Date", "Impressions (organic)"], ["05/01/2025", 7]]
        content = self.workbook(desk, Metrics=days)
        assert "holds no post" in desk.refused(content, name="c.xlsx", account="501")[0]

    @pytest.mark.parametrize(
        ("header", "total"),
        [
            (["Date", "Sponsored followers", "Organic followers", "Total followers"], "Followers"),
            (
                ["Datum", "Sponsrade följare", "Organiska följare", "Totalt antal följare"],
                "Följare",
            ),
        ],
    )
    def test_new_followers_are_refused_and_a_total_of_the_day_is_read(self, desk, header, total):
        new = [header, [datetime(2025, 5, 1), 1, 2, 3]]  # noqa: DTZ001 - as Excel holds a day
        content = self.workbook(desk, New_followers=new)
        message, _ = desk.refused(content, name="f.xlsx", account="501")
        assert "no sum of them is a number of followers" in message
        content = self.workbook(desk, New_followers=[[*new[0], total], [*new[1], 900]])
        desk.bring(content, name="f.xlsx", account="501")
        assert landed(desk.lake) == [("linkedin", "north.linkedin", MAY_1, 900)]


class TestCrowdTangle:
    def test_the_size_at_posting_is_kept_by_the_accounts_definition(self, desk):
        north = CT_ROW.format("Photo")
        south = north.replace("1001", "1002").replace("generated.north", "gen.south")
        desk.bring(f"{CT_EN}\n{north}\n{south}")
        columns = ("account_id", "observed_at", "followers", "definition", "source", "handle")
        assert landed(desk.lake, *columns) == [
            ("north.facebook", at(8, 30), 600, "followers", "crowdtangle", "generated.north"),
            ("south.facebook", at(8, 30), 500, "page_likes", "crowdtangle", "gen.south"),
        ]

    def test_an_empty_size_and_an_empty_reaction_are_not_zero(self, desk):
        row = CT_ROW.format("Video").replace(",500,600,", ",,,").replace(",5,6,0,", ",5,,40,")
        desk.bring(f"{CT_EN}\n{row}\n")
        assert posts(desk.lake, "reactions, views") == [(None, 40)]
        assert landed(desk.lake) == []

    def test_a_zone_with_several_meanings_is_refused(self, desk):
        row = CT_ROW.format("Photo").replace("EDT", "CST")
        _, rows = desk.refused(f"{CT_EN}\n{row}\n")
        assert "the zone CST" in rows[0][1]

    def test_a_page_nobody_measures_is_refused(self, desk):
        row = CT_ROW.format("Photo").replace("1001", "9").replace("generated.north", "gen.west")
        _, rows = desk.refused(f"{CT_EN}\n{row}\n")
        assert "'9' is no facebook account in the registry on 2025-05-01" in rows[0][1]


def test_the_command_line_hands_the_account_on(monkeypatch, tmp_path):
    from typer.testing import CliRunner

    from orchestration import cli, steps

    seen = {}
    monkeypatch.setattr(cli, "get_settings", SimpleNamespace)
    monkeypatch.setattr(steps, "import_into_lake", lambda _s, _f, **given: seen.update(given))
    (tmp_path / "f.csv").write_text("a,b\n")
    result = CliRunner().invoke(
        cli.app, ["import", str(tmp_path / "f.csv"), "--account", "north.x"]
    )
    assert (result.exit_code, seen["account"]) == (0, "north.x")
