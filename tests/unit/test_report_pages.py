"""What the smallest pieces of a page do with awkward values."""

from __future__ import annotations

import re

from markupsafe import Markup

from publication.report.charts import Bar, Point, ranked_chart, small_multiples
from publication.report.tables import ranked_table


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
    values = (1000, 1100, None, 1300, 1400)
    points = [Point("a", f"2026-{n}", f"q{n}", value) for n, value in enumerate(values)]
    chart = small_multiples(points, "gap", decimal=",", thousands="\u202f")
    lines = [path for path in re.findall(r'<path[^>]* d="(M[^"]*)"', chart) if path.count("L") >= 1]
    assert any(path.count("M") == 2 for path in lines)
    assert "1\u202f000" in texts(chart)


def test_a_ranked_table_escapes_what_is_not_markup():
    cells = ["<1>", Markup("<em>{}</em>").format("&")]
    table = ranked_table("id", "A <list>", [("A", "right"), ("B", "left")],
                         [(Markup('data-row="x"'), cells)], "n < 2")  # fmt: skip
    assert '<tr data-row="x">' in table
    assert "&lt;1&gt;" in table
    assert "<em>&amp;</em>" in table
    assert "<caption>A &lt;list&gt;</caption>" in table
    assert "n &lt; 2" in table
