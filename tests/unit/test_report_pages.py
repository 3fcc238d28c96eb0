"""What the smallest pieces of a page do with awkward values."""

from __future__ import annotations

import re

import pytest

from publication.report.charts import Bar, Series, ranked_chart, small_multiples


def texts(svg):
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_a_ranked_chart_keeps_the_order_and_marks_what_lies_beyond_its_scale():
    bars = [Bar("Öckerö", 5, "5", 40), Bar("Ale", 4, "4", None), Bar("<b>", 3, "3", 2)]
    chart = ranked_chart(bars, 4, "median 4", 'A "chart"')
    wide, narrow = chart.split('<div class="chart narrow"')
    assert [t for t in texts(wide) if t in {"Öckerö", "Ale", "&lt;b&gt;"}] == [
        "Öckerö", "Ale", "&lt;b&gt;",
    ]  # fmt: skip
    assert texts(wide).count("▸") == 1
    assert "median 4" in texts(wide)
    assert "median 4" in texts(narrow)
    assert 'role="img" aria-label="A &#34;chart&#34;"' in chart
    assert "http" not in chart


def test_a_chart_of_falls_alone_can_be_drawn():
    chart = ranked_chart([Bar("a", -2, "-2", None), Bar("b", -5, "-5", -1)], None, "", "falls")
    assert {"a", "b"} <= set(texts(chart))


def test_small_multiples_leave_a_gap_where_a_quarter_has_no_value():
    series = [Series("a", (1000, 1100, None, 1300, 1400)), Series("<b>", (None, 700, None, 2, 0))]
    chart = small_multiples(series, ("q0", "q4"), "gap", "{:,.0f}".format)
    wide, _ = chart.split('<div class="chart narrow"')
    lines = [path for path in re.findall(r'<path d="(M[^"]*)"', wide) if "L" in path]
    assert [path.count("M") for path in lines] == [2, 1]
    assert wide.count("<circle") == 4 + 3
    assert texts(wide) == ["a", "0", "500", "1,000", "q0", "q4", "&lt;b&gt;", "q0", "q4"]


def test_small_multiples_of_few_posts_count_in_whole_posts():
    chart = small_multiples([Series("a", (0, 1))], ("q0", "q1"), "few", "{:,.0f}".format)
    wide, _ = chart.split('<div class="chart narrow"')
    assert texts(wide)[1:3] == ["0", "1"]


def test_a_name_too_long_for_its_column_ends_in_an_ellipsis():
    name = "Myndigheten för samhällsskydd och beredskap i hela landet"
    bars = [Bar(name, 5, "5", None), Bar("Ale", 4, "4", None)]
    wide, narrow = ranked_chart(bars, None, "", "long").split('<div class="chart narrow"')
    [cut] = [text for text in texts(wide) if text.endswith("…")]
    assert name.startswith(cut.removesuffix("…"))
    assert 25 < len(cut) < 40
    assert "Ale" in texts(narrow)


def test_bars_and_marks_stand_where_their_values_are():
    bars = [Bar("a", 10, "10", 5), Bar("b", -2, "-2", None)]
    wide, _ = ranked_chart(bars, 4, "m", "scale").split('<div class="chart narrow"')
    [rise, fall, tick] = [
        (float(x), float(width))
        for x, width in re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', wide)
    ]
    [median] = re.findall(r'<path d="M([\d.]+),', wide)
    unit = rise[1] / 10
    assert fall[1] == pytest.approx(2 * unit, abs=0.2)
    assert fall[0] + fall[1] == pytest.approx(rise[0], abs=0.2)
    assert tick[0] + 1.5 == pytest.approx(rise[0] + 5 * unit, abs=0.2)
    assert float(median) == pytest.approx(rise[0] + 4 * unit, abs=0.2)
