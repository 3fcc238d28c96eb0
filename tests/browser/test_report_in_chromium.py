"""The report in a real browser: accessible, self-contained, and nothing wider than the screen."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

PAGES = [
    ("tanks", "sv/index.html"),
    ("tanks", "sv/industry/think_tanks.html"),
    ("tanks", "en/industry/think_tanks.html"),
    ("tanks", "en/organisation/5de7vfuikgx4jvrf6uypj7nv.html"),
    ("tanks", "en/method.html"),
    ("posts", "en/index.html"),
    ("posts", "sv/industry/bakeries.html"),
    ("posts", "en/industry/ports.html"),
    ("posts", "sv/organisation/bakery_3.html"),
    ("posts", "sv/method.html"),
]
WIDTHS = (390, 768, 1280)


@pytest.mark.parametrize(("report", "path"), PAGES, ids=[f"{r}-{p}" for r, p in PAGES])
def test_a_page_is_accessible_self_contained_and_fits(browser, reports, screenshots, report, path):
    for width in WIDTHS:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=True
        )
        page = context.new_page()
        asked = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto((reports[report] / path).as_uri())
        assert len(asked) == 1, f"asks for more than itself: {asked[1:]}"
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, f"{over} px wider than {width}"
        name = f"{report}-{path.replace('/', '-').removesuffix('.html')}-{width}.png"
        page.screenshot(path=screenshots / name, full_page=True)
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        opened = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert opened <= 0, f"{opened} px wider than {width} with its tables open"
        result = Axe().run(page)
        assert not result.response["violations"], result.generate_report()
        context.close()


def test_a_chart_is_drawn_once_a_width_with_letters_of_a_legible_size(browser, reports):
    for width in WIDTHS:
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.goto((reports["tanks"] / "sv/industry/think_tanks.html").as_uri())
        shown = page.locator(".chart:visible")
        assert shown.count() == 2
        smallest = page.evaluate(
            "Math.min(...[...document.querySelectorAll('.chart text')]"
            ".filter(t => t.getClientRects().length && t.textContent)"
            ".map(t => parseFloat(getComputedStyle(t).fontSize) * t.getScreenCTM().a))"
        )
        assert smallest >= 11, f"letters of {smallest} px at {width}"
        page.close()


def test_the_first_key_press_leads_to_the_content(browser, reports):
    page = browser.new_page()
    page.goto((reports["tanks"] / "sv/index.html").as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#content"
    page.close()


def test_paper_shows_the_wide_charts_and_no_navigation(browser, reports):
    page = browser.new_page(viewport={"width": 1000, "height": 1400})
    page.goto((reports["tanks"] / "sv/industry/think_tanks.html").as_uri())
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    assert page.locator(".chart.wide").first.is_visible()
    page.close()
