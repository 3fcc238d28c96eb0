"""The report reads back as the release: numbers, languages, sizes, and nothing from outside."""

from __future__ import annotations

import re

import duckdb
import pytest

from tests.support.html_numbers import numbers_of, read_number
from tests.support.reports import lay_out, report_of

QUARTER = "2026-Q2"
HOSTILE = "<script>alert('å')</script> & \"Co\""


@pytest.fixture(scope="module")
def release(posts_built, tmp_path_factory):
    folder = lay_out(
        posts_built.warehouse,
        tmp_path_factory.mktemp("report"),
        QUARTER,
        waivers=f"w (c): {HOSTILE}",
        is_preliminary=True,
    )
    with duckdb.connect(str(folder / "benchmark.duckdb")) as connection:
        connection.execute(
            "update marts.dim_organisation set name = ?, website = 'javascript:alert(1)' "
            "where organisation_id = 'bakery_1'", [HOSTILE],
        )  # fmt: skip
        connection.execute(
            "update marts.best_posts_quarter set text = ?, permalink = 'javascript:alert(2)' "
            "where rank = 1", [HOSTILE],
        )  # fmt: skip
    report_of(folder, QUARTER)
    return folder


@pytest.fixture(scope="module")
def pages(release):
    return {
        path.relative_to(release / "report").as_posix(): path.read_text(encoding="utf-8")
        for path in (release / "report").rglob("*.html")
    }


def test_every_number_on_every_page_is_that_of_its_cell(release, pages):
    seen = set()
    with duckdb.connect(str(release / "benchmark.duckdb"), read_only=True) as connection:
        cells = {}
        for page, html in pages.items():
            for number in numbers_of(html):
                cell = (number.table, tuple(sorted(number.key.items())), number.column)
                if cell not in cells:
                    where = " and ".join(f"cast({name} as varchar) = ?" for name in number.key)
                    cells[cell] = connection.execute(
                        f"select {number.column} from marts.{number.table} where {where}",
                        list(number.key.values()),
                    ).fetchall()
                assert cells[cell] == [(number.value,)], (page, cell)
                shown, half = read_number(number.text, page[:2])
                assert shown == pytest.approx(number.value, abs=half * 1.000001), (page, number)
                seen.add(number.table)
    assert seen >= {
        "benchmark_industry_quarter", "ranking_quarter", "benchmark_account_quarter",
        "placement_quarter", "format_mix_quarter", "posting_times_quarter",
        "benchmark_service_quarter", "best_posts_quarter", "sentiment_quarter", "words_quarter",
        "coverage_quarter", "metric_industry_quarter"
    }  # fmt: skip


def test_a_figure_of_the_first_screen_is_the_sum_that_the_industry_has(release, pages):
    with duckdb.connect(str(release / "benchmark.duckdb"), read_only=True) as connection:
        platform, followers = connection.execute(
            "select platform, sum(followers_end_count) from marts.benchmark_account_quarter "
            "where industry_id = 'bakeries' and quarter = ? group by 1 order by 2 desc limit 1",
            [QUARTER],
        ).fetchone()
    first = pages["sv/industry/bakeries.html"].split('class="facts"')[1].split("</dl>")[0]
    printed = f"{int(followers):,}".replace(",", "\u202f")
    assert f">{printed}</data>" in first, platform


def test_both_languages_have_the_same_pages_and_their_own_words(pages):
    swedish = {path[3:] for path in pages if path.startswith("sv/")}
    assert swedish == {path[3:] for path in pages if path.startswith("en/")}
    for path, html in pages.items():
        assert html.startswith(f'<!doctype html>\n<html lang="{path[:2]}">')
        assert ("Källa: Effektanalys, andra kvartalet 2026" in html) == path.startswith("sv/")
        assert ("Source: Effektanalys, second quarter of 2026" in html) == path.startswith("en/")
        text = re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL)
        wrong = {"sv": ("Previous", "Followers", "Quarter"), "en": ("Följare", "Kvartal ")}[
            path[:2]
        ]
        if not path.endswith("method.html"):
            assert not [word for word in wrong if word in text], path


def test_sample_and_preliminary_are_said_on_every_page(pages):
    for path, html in pages.items():
        words = {"sv": ("Provdata", "Preliminärt"), "en": ("Sample data", "Preliminary")}[path[:2]]
        banner = html.split('class="banner"')[1].split("</aside>")[0]
        assert all(word in banner for word in words), path


def test_no_page_asks_anything_of_the_outside_or_runs_a_script(pages):
    for path, html in pages.items():
        assert "<script" not in html, path
        assert "javascript:" not in html, path
        assert not re.search(r"<(?:img|iframe|object|embed|link(?! rel=\"icon\"))\b", html), path
        assert not re.search(r"(?:src|xlink:href)=|@import|url\((?!#)", html), path
        for address in re.findall(r'href="([^"]*)"', html):
            outside = address.startswith(("http:", "https:"))
            assert not outside or address.startswith("https://example.org/"), (path, address)


def test_every_link_within_the_release_leads_somewhere(release, pages):
    for path, html in pages.items():
        for address in re.findall(r'href="([^"#]*)(?:#[^"]*)?"', html):
            if address and not address.startswith(("https:", "data:")):
                assert (release / "report" / path).parent.joinpath(address).exists(), address


def test_names_and_texts_are_escaped(pages):
    escaped = "&lt;script&gt;alert(&#39;å&#39;)&lt;/script&gt; &amp; &#34;Co&#34;"
    assert f"<h1>{escaped}</h1>" in pages["sv/organisation/bakery_1.html"]
    assert escaped in pages["en/method.html"]
    assert escaped in pages["sv/industry/bakeries.html"]


def test_no_page_weighs_more_than_can_be_mailed(pages):
    heaviest = max(pages, key=lambda path: len(pages[path].encode()))
    assert len(pages[heaviest].encode()) < 300_000, heaviest


def test_a_part_without_data_is_left_out_with_its_reason(pages):
    ports = pages["sv/industry/ports.html"] + pages.get("sv/industry/ports-linkedin.html", "")
    absent = ports.split('<section class="part absent">')[1].split("</section>")[0]
    assert "lästes inte från plattformen" in absent


def test_the_same_release_gives_the_same_bytes(release, pages):
    report_of(release, QUARTER)
    for path, html in pages.items():
        assert (release / "report" / path).read_text(encoding="utf-8") == html, path
