"""The report in a real browser: it asks for nothing, fits, answers a hand, and reads without its script."""

from __future__ import annotations

import os
import re
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


def listed(visit: Visit) -> list[str]:
    return [article.get_attribute("id") for article in visit.shown("article")]


def test_filters_search_and_order_change_what_is_listed(browser: Any, pages: Path) -> None:
    visit = Visit(browser, pages / "small.html")
    page = visit.page
    turns = [u.speaker for u in dummies.small().utterances].count("Mara")
    page.select_option("#by-speaker", label=f"Mara ({turns})")
    assert len(listed(visit)) == turns
    assert page.inner_text("#found").startswith(f"{turns} of 28 utterances")
    page.select_option("#by-feeling", label="anger")
    assert "u12" in listed(visit)
    page.click("#clear")
    page.select_option("#by-open", "open")
    assert listed(visit) == ["u7", "u9", "u14", "u20"]
    page.click("#clear")
    page.fill("#by-words", "VAN")
    assert 0 < len(listed(visit)) < 10
    page.fill("#by-words", "no such words")
    assert listed(visit) == []
    page.click("#clear")
    page.select_option("#by-order", "felt")
    felt = [1 - u.emotion.distribution["neutral"] for u in dummies.small().utterances]
    by_feeling = sorted(range(28), key=lambda i: -felt[i])
    assert listed(visit)[0] == f"u{by_feeling[0] + 1}"
    page.select_option("#by-order", "time")
    assert listed(visit) == [f"u{i}" for i in range(1, 29)]


def test_a_link_to_an_utterance_that_is_filtered_out_brings_it_back(browser: Any, pages: Path) -> None:
    visit = Visit(browser, pages / "small.html")
    visit.page.fill("#by-words", "no such words")
    visit.page.click(".passages a >> nth=0")
    visit.page.wait_for_function("document.querySelector('article:target').checkVisibility()")
    assert len(listed(visit)) == 28


def test_the_keyboard_reaches_controls_before_utterances_and_walks_by_arrows(
    browser: Any, pages: Path
) -> None:
    visit = Visit(browser, pages / "long.html")
    page = visit.page
    page.focus("#clear")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    at = "document.activeElement.id"
    assert page.evaluate(at) == "u1"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert page.evaluate(at) == "u2"
    name = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert name.startswith("2, Theo: neutral, 90%")
    assert len(page.query_selector_all("article[tabindex='0']")) == 1


def test_dragging_along_the_strip_goes_there_and_frames_what_is_seen(browser: Any, pages: Path) -> None:
    visit = Visit(browser, pages / "long.html")
    page = visit.page
    box = page.query_selector("#strip .lanes").bounding_box()
    assert box["height"] <= 100
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 20, steps=3)
    page.mouse.up()
    page.wait_for_function("!document.querySelector('.frame').hidden")
    left = float(page.evaluate("parseFloat(document.querySelector('.frame').style.left)"))
    assert 70 < left < 90
    assert page.get_attribute("#strip", "role") == "slider"
    now = int(page.get_attribute("#strip", "aria-valuenow"))
    assert 200 < now < 280
    page.keyboard.press("ArrowRight")
    assert int(page.get_attribute("#strip", "aria-valuenow")) == now + 1
    assert page.get_attribute("#strip", "aria-valuetext").startswith(f"{now + 1}, ")


def test_a_quote_is_copied_with_time_and_speaker(browser: Any, pages: Path) -> None:
    visit = Visit(browser, pages / "small.html", permissions=["clipboard-read", "clipboard-write"])
    visit.page.focus("#u12")
    visit.page.click("#u12 .copy")
    visit.page.wait_for_function("document.querySelector('.copy').textContent === 'Copied'")
    copied = visit.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("“Without asking us? A third of that van was mine, Theo!")
    assert copied.endswith("” (Mara, 0:51, utterance 12)")


def test_a_long_talk_prints_short_unless_all_is_asked_for(browser: Any, pages: Path) -> None:
    visit = Visit(browser, pages / "long.html")
    count = re.compile(rb"/Type\s*/Page[^s]")
    short = len(count.findall(visit.page.pdf(prefer_css_page_size=True)))
    visit.page.check("#print-all")
    whole = len(count.findall(visit.page.pdf(prefer_css_page_size=True)))
    assert short <= 10 < whole


@pytest.mark.parametrize("name", ["small", pytest.param("long", marks=pytest.mark.slow), "hostile"])
def test_axe_finds_nothing_serious(browser: Any, pages: Path, name: str) -> None:
    package = pytest.importorskip("axe_playwright_python", reason="needs axe-playwright-python")
    (script,) = Path(package.__file__).parent.rglob("axe.min.js")
    # The page forbids foreign scripts, the checker's too.
    visit = Visit(browser, pages / f"{name}.html", bypass_csp=True)
    visit.page.evaluate(script.read_text(encoding="utf-8"))
    found = visit.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert found["passes"]
    grave = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
    assert [(v["id"], v["nodes"][0]["html"]) for v in grave] == []


def test_the_lanes_move_with_the_recording(browser: Any, tmp_path: Path) -> None:
    pytest.importorskip("av", reason="the extra media is not installed")
    from tests.dummies.recordings import record, tone

    plain = dummies.small()
    turn = plain.utterances[3]
    read = {"by_modality": {"voice": turn.emotion.distribution}}
    turns = [u.model_copy(update=read if u is turn else {}) for u in plain.utterances]
    last = max(u.end or 0.0 for u in turns)
    path = record(tmp_path / "talk.ogg", tone(last + 1))
    analysis = plain.model_copy(update={"recording": str(path), "utterances": turns})
    write_report(analysis, None, tmp_path / "talk.html")
    visit = Visit(browser, tmp_path / "talk.html")
    visit.page.wait_for_function("document.getElementById('player').readyState > 0")
    visit.page.evaluate(f"document.getElementById('player').currentTime = {turn.start + 0.1}")
    visit.page.wait_for_selector("#u4.heard")
    assert visit.page.inner_text("#heard .said") == turn.text
    assert "voice" in visit.page.inner_text("#heard .modalities")
    line, pane = (visit.page.locator(f"#lanes .{name}").bounding_box() for name in ("now", "pane"))
    first = plain.utterances[0].start
    share = (turn.start + 0.1 - first) / (last - first)
    assert line["x"] + 1 - pane["x"] == pytest.approx(share * pane["width"], abs=3)
    visit.page.mouse.click(pane["x"] + pane["width"] / 2, pane["y"] + 20)
    visit.page.wait_for_function(f"document.getElementById('player').currentTime > {0.45 * (first + last)}")
    assert visit.complaints == []

    path.unlink()
    gone = Visit(browser, tmp_path / "talk.html")
    gone.page.wait_for_selector("#gone")
    assert not gone.shown("#player")
    assert gone.shown("#lanes")
