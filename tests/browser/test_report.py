"""The page of a report, opened and used in Chromium: it asks for nothing, sorts, folds, and is searched."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.driver import PHONE, Browser
from tests.report import made

NAMES = "return [...document.querySelectorAll('#repositories > tbody:not([hidden]) .fold')].map(e => e.textContent)"
CELLS = """return [...document.querySelectorAll('#repositories > tbody')].map(b => {
    const cell = b.rows[0].cells[arguments[0]];
    return cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v) })"""
OPEN = "return document.querySelectorAll('#repositories > tbody.open').length"
SORTS = "return [...document.querySelectorAll('#repositories > thead th')].map(e => e.getAttribute('aria-sort'))"
LOW = """const c = document.createElement('canvas').getContext('2d', {willReadFrequently: true}), known = {};
const of = (color) => known[color] ??= (c.clearRect(0, 0, 1, 1), c.fillStyle = color, c.fillRect(0, 0, 1, 1),
    [...c.getImageData(0, 0, 1, 1).data]);
const light = (rgb) => { const [r, g, b] = rgb.slice(0, 3).map(v => v / 255).map(
    v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const back = (e) => { for (; e; e = e.parentElement) { const c = of(getComputedStyle(e).backgroundColor);
    if (c[3] === 255) return c; } return [255, 255, 255, 255]; };
const low = [];
for (const e of document.querySelectorAll('body *')) {
    if (e.closest('svg') || !e.checkVisibility()) continue;
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    const pair = [light(of(getComputedStyle(e).color)), light(back(e))];
    const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (contrast < 4.5) low.push([e.tagName, e.textContent.slice(0, 30), contrast]);
}
return low"""


FILLED = """const chart = document.querySelector('.chart');
return chart.getBoundingClientRect().width / chart.parentElement.querySelector('table').getBoundingClientRect().width"""


@pytest.fixture(scope="module")
def thousand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.report(1000).write(tmp_path_factory.mktemp("pages") / "thousand.html")


@pytest.fixture(scope="module")
def thirty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.report(30).write(tmp_path_factory.mktemp("pages") / "thirty.html")


def test_the_page_asks_for_nothing_and_the_browser_has_nothing_to_complain_about(
    browser: Browser, thirty: Path, pictures: Path
) -> None:
    browser.open(thirty)
    browser.screenshot(pictures / "report-light.png", whole=True)
    assert browser.requests() == {thirty.as_uri(): ""}
    assert browser.complaints() == []


def test_the_chart_is_as_wide_as_the_table_below_it(browser: Browser, thirty: Path) -> None:
    browser.open(thirty)
    assert browser.run(FILLED) > 0.98


def test_a_thousand_repositories_open_quickly_and_are_found_at_once(browser: Browser, thousand: Path) -> None:
    assert browser.open(thousand) < 5
    took = browser.run(
        """const search = document.getElementById('search'), start = performance.now();
        for (const value of ['s', 'service-0999', '']) {
            search.value = value; search.dispatchEvent(new Event('input')); document.body.offsetHeight; }
        return performance.now() - start"""
    )
    assert took < 3_000
    browser.type("#search", "SERVICE-0999 team-5")
    assert browser.run(NAMES) == ["team-5/service-0999"]
    assert browser.run("return document.getElementById('shown').textContent") == "1 of 1,000 repositories"


def test_each_column_sorts_both_ways_and_says_so(browser: Browser, thirty: Path) -> None:
    browser.open(thirty)
    columns = len(browser.run(SORTS))
    assert columns == 13
    assert browser.run(SORTS) == ["ascending", *["none"] * (columns - 1)]
    for column in range(columns):
        seen = {}
        for _ in range(2):
            browser.run("document.querySelectorAll('#repositories > thead button')[arguments[0]].click()", column)
            sorts = browser.run(SORTS)
            assert [place for place, sort in enumerate(sorts) if sort != "none"] == [column]
            cells = [cell for cell in browser.run(CELLS, column) if cell != ""]
            seen[sorts[column]] = cells
        assert seen["ascending"] == sorted(seen["ascending"])
        assert seen["descending"] == sorted(seen["descending"], reverse=True)
        assert len(browser.run(NAMES)) == 30


def test_details_stay_with_their_repository(browser: Browser, thirty: Path) -> None:
    browser.open(thirty)
    browser.run("document.querySelectorAll('#repositories > thead button')[6].click()")
    browser.run("document.querySelector('#unfold').click()")
    assert browser.run(
        """return [...document.querySelectorAll('#repositories > tbody')].every(b => b.rows.length === 2 &&
            b.rows[1].id === b.querySelector('.fold').getAttribute('aria-controls') &&
            b.rows[1].checkVisibility())"""
    )


def test_details_fold_and_unfold_by_mouse_and_by_keyboard(browser: Browser, thirty: Path, pictures: Path) -> None:
    browser.open(thirty)
    assert browser.run(OPEN) == 0
    browser.click("#r0 .fold")
    assert browser.run(OPEN) == 1
    assert browser.run("return document.querySelector('#r0 .fold').getAttribute('aria-expanded')") == "true"
    browser.run("document.querySelector('#r0').scrollIntoView()")
    browser.screenshot(pictures / "report-unfolded.png")
    browser.press("Enter")
    assert browser.run(OPEN) == 0
    browser.press("Tab", "Space")
    assert browser.run("return document.activeElement.textContent") == browser.run(NAMES)[1]
    assert browser.run(OPEN) == 1


def test_all_details_unfold_and_fold(browser: Browser, thirty: Path) -> None:
    browser.open(thirty)
    browser.type("#search", "team-1")
    browser.click("#unfold")
    assert browser.run(OPEN) == len(browser.run(NAMES))
    browser.click("#unfold")
    assert browser.run(OPEN) == 0


def test_the_filter_and_the_numbers_at_the_top_show_what_they_count(browser: Browser, thirty: Path) -> None:
    browser.open(thirty)
    browser.run(
        "const f = document.getElementById('filter'); f.value = 'differs'; f.dispatchEvent(new Event('change'))"
    )
    assert len(browser.run(NAMES)) == 15
    browser.click("[data-filter=expires]")
    assert len(browser.run(NAMES)) == 30
    browser.type("#search", "no such thing")
    assert browser.run(NAMES) == []


def test_a_link_to_a_repository_shows_and_unfolds_it(browser: Browser, thirty: Path) -> None:
    browser.open(thirty)
    browser.type("#search", "no such thing")
    browser.run("document.querySelector('#plan a[href=\"#r4\"]').click()")
    browser.run("return new Promise(done => requestAnimationFrame(done))")
    assert browser.run("return document.querySelector('#r4').checkVisibility()")
    assert browser.run("return document.querySelector('#r4').classList.contains('open')")
    browser.open(thirty, "#r2")
    assert browser.run("return document.querySelector('#r2').classList.contains('open')")


@pytest.mark.parametrize("dark", [False, True])
def test_the_colours_are_those_of_the_system_and_switch(
    browser: Browser, thirty: Path, pictures: Path, dark: bool
) -> None:
    background = "return getComputedStyle(document.body).backgroundColor"
    browser.open(thirty, dark=dark)
    browser.run("localStorage.clear()")
    browser.open(thirty, dark=dark)
    before, pressed = browser.run(background), "return document.getElementById('theme').getAttribute('aria-pressed')"
    assert before == ("rgb(16, 20, 24)" if dark else "rgb(246, 247, 249)")
    assert browser.run(pressed) == str(dark).lower()
    browser.run("document.querySelector('#r0 .fold').click()")
    browser.screenshot(pictures / f"report-{'dark' if dark else 'light'}-unfolded.png", whole=True)
    assert browser.run(LOW) == []
    browser.click("#theme")
    assert browser.run(background) != before
    assert browser.run(pressed) == str(not dark).lower()
    assert browser.run(LOW) == []
    browser.open(thirty, dark=dark)
    assert browser.run(background) != before, "the choice is remembered"
    browser.run("localStorage.clear()")


def test_a_phone_shows_the_page_without_moving_it_sideways(browser: Browser, thirty: Path, pictures: Path) -> None:
    browser.open(thirty, size=PHONE)
    browser.run("document.querySelector('#r0 .fold').click()")
    browser.screenshot(pictures / "report-phone.png", whole=True)
    assert browser.run("return document.documentElement.scrollWidth") <= PHONE.width
    table = "const e = document.querySelector('#repositories').parentElement; return e.scrollWidth - e.clientWidth"
    assert browser.run(table) == 0, "the columns that a phone shows have room"


def test_it_is_printed_with_all_columns_and_without_buttons(browser: Browser, thirty: Path, pictures: Path) -> None:
    browser.open(thirty)
    assert 2 <= browser.pdf(pictures / "report.pdf") <= 12
    browser.cdp("Emulation.setEmulatedMedia", media="print")
    try:
        assert not browser.run("return document.querySelector('.controls').checkVisibility()")
        cells = "return [...document.querySelectorAll('#r0 > tr:first-child > td')].every(e => e.checkVisibility())"
        assert browser.run(cells)
    finally:
        browser.cdp("Emulation.setEmulatedMedia", media="")


@pytest.mark.parametrize("hostile", made.HOSTILE)
def test_a_text_of_others_runs_nothing_and_asks_for_nothing(browser: Browser, tmp_path: Path, hostile: str) -> None:
    page = made.hostile(hostile).write(tmp_path / "hostile.html")
    browser.open(page)
    browser.run("document.querySelector('#unfold').click()")
    assert browser.requests() == {page.as_uri(): ""}
    assert browser.complaints() == []
    assert browser.run("return document.title").startswith("ECR registry ")
    assert browser.run("return document.scripts.length + document.images.length") == 1


def test_the_policy_of_the_page_stops_what_would_have_slipped_through(browser: Browser, tmp_path: Path) -> None:
    """Planted: an element that no escaping stopped."""
    page = tmp_path / "planted.html"
    planted = "<script>document.title='owned'</script><img src=https://example.com/x onerror=document.title='owned'>"
    page.write_text(made.report(1).html().replace("<main>", f"<main>{planted}"))
    browser.open(page)
    assert browser.run("return document.title").startswith("ECR registry ")
    assert browser.requests() == {page.as_uri(): "", "https://example.com/x": "csp"}
    assert len(browser.complaints()) >= 2
