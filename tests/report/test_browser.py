"""The report in a real browser: it asks for nothing, fits, answers a hand, and reads without its script."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.dummies import analysis as dummies

from heartsay.report import index_entry, write_index, write_report

ALL = [dummies.small, dummies.one, dummies.long, dummies.untimed, dummies.all_abstaining, dummies.hostile]
QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
A4_INSIDE = 703
"""CSS pixels between the margins of an A4 page."""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    for make in ALL:
        write_report(make(), dummies.card(), folder / f"{make.__name__}.html")
    write_index((index_entry(make(), f"{make.__name__}.html") for make in ALL), folder / "index.html")
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install playwright")
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    found = next((path for path in map(shutil.which, names) if path), None)
    if found is None:
        pytest.skip(f"needs a browser on the path: one of {', '.join(names)}")
    # A sandbox cannot be had by root, as in most containers.
    flags = [*QUIET, *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else [])]
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=flags)
        yield running
        running.close()


class Visit:
    """A page with what it asked for and complained of."""

    def __init__(self, browser: Any, path: Path, width: int = 1280, **options: Any) -> None:
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        self.page = context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.url = path.as_uri()
        self.page.goto(self.url)

    def overflow(self) -> int:
        return self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")

    def shown(self, selector: str) -> list[Any]:
        return [found for found in self.page.query_selector_all(selector) if found.is_visible()]

    def mark(self, number: int) -> Any:
        (found,) = self.shown(f'.m[data-i="{number}"]')
        return found


NAMES = [*(make.__name__ for make in ALL), "index"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_it_asks_for_nothing_logs_nothing_and_fits(browser: Any, pages: Path, name: str, scheme: str) -> None:
    for width in (360, 800, 1280):
        visit = Visit(browser, pages / f"{name}.html", width, color_scheme=scheme)
        assert visit.overflow() <= 0, width
        assert visit.requests == [visit.url]
        assert visit.complaints == []
        visit.page.context.close()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_cut_off_in_print(browser: Any, pages: Path, name: str) -> None:
    visit = Visit(browser, pages / f"{name}.html", A4_INSIDE)
    visit.page.emulate_media(media="print")
    assert visit.overflow() <= 0
    if name == "small":
        assert len(visit.shown(".arc .line")) >= 20
        assert not visit.shown(".readout")
        assert visit.page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


@pytest.mark.parametrize(("width", "size"), [(360, "narrow"), (800, "medium"), (1280, "wide")])
def test_one_timeline_is_shown_and_its_marks_can_be_hit(
    browser: Any, pages: Path, width: int, size: str
) -> None:
    visit = Visit(browser, pages / "small.html", width)
    assert [t.get_attribute("class").split()[1] for t in visit.shown(".timeline")] == [size]
    boxes = [mark.bounding_box() for mark in visit.shown(".m")]
    assert len(boxes) == 28
    assert min(box["width"] for box in boxes) >= 17
    assert min(box["height"] for box in boxes) >= 44
    letters = [code.bounding_box()["height"] for code in visit.shown(".code")]
    assert min(letters) >= 9


def test_a_chosen_mark_lights_its_causes_and_shows_its_words(browser: Any, pages: Path) -> None:
    visit = Visit(browser, pages / "small.html")
    assert "disgusting" in visit.page.inner_text("#readout")
    visit.mark(12).hover()
    assert "How dare you" in visit.page.inner_text("#readout")
    lit = {(a.get_attribute("data-c"), a.get_attribute("data-e")) for a in visit.shown(".arc.on")}
    assert lit == {("9", "12"), ("12", "12")}
    assert [m.get_attribute("data-i") for m in visit.shown(".m.joined")] == ["9"]
    visit.page.wait_for_timeout(200)
    faded, kept = (float(visit.mark(n).evaluate("e => getComputedStyle(e).opacity")) for n in (1, 9))
    assert faded < 0.5 < kept
    visit.page.mouse.move(2, 2)
    assert "disgusting" in visit.page.inner_text("#readout")


def test_a_tap_chooses_and_stays(browser: Any, pages: Path) -> None:
    visit = Visit(browser, pages / "small.html", 390, has_touch=True, is_mobile=True)
    visit.mark(9).tap()
    assert "I sold it on Tuesday" in visit.page.inner_text("#readout")
    assert visit.page.url == visit.url
    visit.page.tap("#readout .more")
    assert visit.page.url.endswith("#u9")


def test_the_keyboard_walks_along_the_conversation(browser: Any, pages: Path) -> None:
    visit = Visit(browser, pages / "small.html")
    visit.mark(21).focus()
    visit.page.keyboard.press("ArrowLeft")
    assert "dead rat" in visit.page.inner_text("#readout")
    assert len(visit.page.query_selector_all('.wide .m[tabindex="0"]')) == 1
    visit.page.keyboard.press("Enter")
    assert visit.page.url.endswith("#u20")


def test_it_reads_without_its_script(browser: Any, pages: Path) -> None:
    visit = Visit(browser, pages / "small.html", java_script_enabled=False)
    assert len(visit.shown(".arc .line")) >= 20
    assert not visit.shown("#readout")
    visit.mark(12).click()
    assert visit.page.url.endswith("#u12")
    assert len(visit.shown("article")) == 28


def test_words_stand_out_from_what_they_stand_on(browser: Any, pages: Path) -> None:
    measure = """() => {
      const rgb = (c) => c.match(/[\\d.]+/g).map(Number);
      const light = (c) => { const v = c.slice(0, 3).map((x) => x / 255)
        .map((x) => x <= .04045 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4);
        return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
      const ground = (e) => { for (; e; e = e.parentElement) {
        const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] === 1) return c; }
        return [255, 255, 255]; };
      const bad = [];
      for (const e of document.querySelectorAll("body *")) {
        if (!e.getClientRects().length) continue;
        if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
        if (e.closest("script, style, title")) continue;
        const style = getComputedStyle(e);
        const a = light(rgb(e instanceof SVGElement ? style.fill : style.color)), b = light(ground(e));
        const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
        if (ratio < 4.5) bad.push([e.tagName, e.getAttribute("class"), e.textContent.slice(0, 30), ratio]);
      }
      return bad;
    }"""
    for scheme in ("light", "dark"):
        visit = Visit(browser, pages / "small.html", color_scheme=scheme)
        assert visit.page.evaluate(measure) == [], scheme
