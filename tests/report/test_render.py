from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.dummies import analysis as dummies
from tests.formats.samples import controlled

from heartsay.analysis import Analysis, MovedBy
from heartsay.card import Card, Reliability
from heartsay.errors import HeartsayError
from heartsay.report import render_report, write_report
from heartsay.report.page import script
from heartsay.report.render import SCRIPTS

ALL = [dummies.small, dummies.one, dummies.long, dummies.untimed, dummies.all_abstaining, dummies.hostile]
VOID = {"meta", "br", "img", "link", "input", "hr"}


class Page(HTMLParser):
    """Every element with its attributes, the text inside each, and whether all that opened was closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: Counter[str] = Counter()
        self.inside: list[str] = []
        self.by_class: dict[str, list[str]] = {}
        self.open: list[tuple[str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        if tag in VOID:
            return
        self.open.append((tag, attributes.get("class", "")))
        for name in attributes.get("class", "").split():
            self.by_class.setdefault(name, []).append("")

    def handle_endtag(self, tag: str) -> None:
        # SVG shapes are written with "/>": the parser reports those as opened and closed.
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1][0] == tag, f"</{tag}> closes <{self.open[-1][0]}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for _, classes in self.open:
            for name in classes.split():
                self.by_class[name][-1] += data

    def having(self, **wanted: str) -> list[dict[str, str]]:
        return [a for _, a in self.elements if all(a.get(k) == v for k, v in wanted.items())]

    def named(self, tag: str) -> list[dict[str, str]]:
        return [a for t, a in self.elements if t == tag]


@pytest.fixture(params=ALL, ids=[make.__name__ for make in ALL])
def analysis(request: pytest.FixtureRequest) -> Analysis:
    return request.param()


def test_the_page_is_well_formed_and_its_links_lead_somewhere(analysis: Analysis) -> None:
    page = Page(render_report(analysis, dummies.card()))
    assert page.open == []
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    links = [a["href"] for a in page.named("a")]
    assert links
    assert {link.removeprefix("#") for link in links} <= set(ids)
    labels = {a["aria-labelledby"] for _, a in page.elements if "aria-labelledby" in a}
    assert labels <= set(ids)


def test_the_page_needs_nothing_from_outside(analysis: Analysis) -> None:
    html = render_report(analysis, dummies.card())
    page = Page(html)
    assert not {"img", "link", "iframe", "object", "embed", "form", "base"} & {t for t, _ in page.elements}
    assert all("src" not in a and "srcset" not in a for _, a in page.elements)
    style = html[html.index("<style>") : html.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    (policy,) = [a["content"] for a in page.having(**{"http-equiv": "Content-Security-Policy"})]
    assert policy.startswith("default-src 'none'")
    assert f"script-src '{script(*SCRIPTS)[1]}'" in policy
    assert html.count(str(script(*SCRIPTS)[0])) == 1


def test_every_utterance_is_there_with_all_that_was_said_of_it(analysis: Analysis) -> None:
    page = Page(render_report(analysis, None))
    assert len(page.named("article")) == len(analysis.utterances)
    for u, said, why in zip(analysis.utterances, page.by_class["said"], page.by_class["why"], strict=True):
        # A parser reads a carriage return as a line feed; nothing else may change.
        assert said == u.text
        assert why == u.explanation.text
    opened = [a for a in page.named("article") if "open" in a["class"].split()]
    assert len(opened) == sum(u.emotion.abstain for u in analysis.utterances)


def test_what_people_said_is_never_markup() -> None:
    html = render_report(dummies.hostile(), dummies.card())
    page = Page(html)
    assert len(page.named("script")) == 1
    assert not page.named("img")
    assert not [name for _, a in page.elements for name in a if name.startswith("on")]
    assert "{{" in html
    assert "49" not in re.sub(r"[^{}]*", "", html)
    assert 'alert("x")' not in html
    assert page.by_class["said"][0] == dummies.HOSTILE


@pytest.mark.parametrize("field", ["conversation", "source"])
def test_names_and_sources_are_never_markup(field: str) -> None:
    changed = dummies.one().model_copy(update={field: dummies.HOSTILE})
    page = Page(render_report(changed, None))
    assert len(page.named("script")) == 1


def test_a_hostile_card_is_never_markup() -> None:
    card = dummies.card().model_copy(
        update={
            "name": dummies.HOSTILE,
            "limits": [dummies.HOSTILE],
            "protocol": dummies.HOSTILE,
            "metrics": {dummies.HOSTILE: {dummies.HOSTILE: 1.0}},
        }
    )
    page = Page(render_report(dummies.one(), card))
    assert len(page.named("script")) == 1
    assert page.open == []


def test_an_utterance_tells_its_reading_in_numbers_and_words() -> None:
    html = render_report(dummies.small(), None)
    entry = html[html.index('<article id="u12"') : html.index('<article id="u13"')]
    for part in ("<b>anger</b>", "91%", "Without own turns", "−0.04", "−0.17", 'href="#u9"', "78%", "0:51"):
        assert part in entry, part
    assert "this utterance</span>" in entry
    before = html[html.index('<article id="u9"') : html.index('<article id="u10"')]
    assert "left open" in before
    assert "Several emotions are about equally likely." in before
    assert all(f'href="#u{i}"' in before for i in (10, 12, 17, 28))


def test_changes_keep_their_sign_and_size() -> None:
    html = render_report(dummies.small(), None)
    pattern = r'<i style="left:([\d.]+)%;width:([\d.]+)%"></i></span> <span class="pc">([+−])([\d.]+)<'
    bars = [(float(x), float(w), sign, float(size)) for x, w, sign, size in re.findall(pattern, html)]
    changes = [
        change
        for u in dummies.small().utterances
        for change in (u.moved_by.own_context, u.moved_by.other_context)
        if change is not None
    ]
    assert len(bars) == len(changes)
    for (left, width, sign, size), change in zip(bars, changes, strict=True):
        assert (sign == "−") == (change < 0)
        assert size == pytest.approx(abs(change))
        assert width == pytest.approx(100 * abs(change), abs=0.06)
        assert left == pytest.approx(50 - width if change < 0 else 50, abs=0.06)


def test_a_change_that_is_off_the_scale_fills_its_half() -> None:
    html = render_report(dummies.hostile(), None)
    assert 'left:0.0%;width:50.0%"></i></span> <span class="pc">−1.00<' in html
    assert 'left:50.0%;width:50.0%"></i></span> <span class="pc">+1.00<' in html


def test_a_change_too_small_to_see_has_no_sign() -> None:
    whole = dummies.one()
    moved = MovedBy(own_context=-0.004, other_context=None)
    first = whole.utterances[0].model_copy(update={"moved_by": moved})
    html = render_report(whole.model_copy(update={"utterances": [first]}), None)
    assert '<span class="pc">0.00</span>' in html


def test_a_source_is_shown_by_its_file_name() -> None:
    html = render_report(dummies.one().model_copy(update={"source": "/srv/someone/private/talk.csv"}), None)
    assert "talk.csv" in html
    assert "someone" not in html


def test_nothing_is_shown_where_nothing_was_computed() -> None:
    assert "Without own turns" not in render_report(dummies.one(), None).split("<article")[1]


def test_a_mark_tells_emotion_and_confidence_without_colour() -> None:
    page = Page(render_report(dummies.small(), None))
    labels = [a["aria-label"] for a in page.named("a") if "data-i" in a]
    assert len(labels) == 3 * 28
    assert labels[11] == "12, Mara: anger, 91%"
    assert labels[8] == "9, Theo: left open, perhaps neutral, 47%"
    codes = page.by_class["code"][:28]
    assert (codes[11], codes[8]) == ("ang", "neu?")
    assert [i + 1 for i, code in enumerate(codes) if code.endswith("?")] == [7, 9, 14, 20]


def test_the_first_shown_was_moved_most_surely_by_another_speaker() -> None:
    assert 'data-first="21"' in render_report(dummies.small(), None)
    assert 'data-first="1"' in render_report(dummies.one(), None)


def test_ids_that_are_short_are_shown_and_long_ones_are_numbered() -> None:
    whole = dummies.small()
    long = [u.model_copy(update={"id": f"recording-7-{u.id}", "causes": []}) for u in whole.utterances]
    page = Page(render_report(whole.model_copy(update={"utterances": long}), None))
    assert page.by_class["number"][:3] == ["1", "2", "3"]
    assert page.having(title="Utterance recording-7-3")


def test_trust_shows_diagrams_counts_and_floors() -> None:
    html = render_report(dummies.small(), dummies.card())
    page = Page(html)
    assert sum(a.get("role") == "img" for a in page.named("svg")) == 3
    for part in ("350", "12,400", "always neutral", "31.3", "61.8", "± 0.5", "43.1", "2.41", "GPL-3.0"):
        assert part in html, part
    assert "Chosen and calibrated on development conversations" in html


def test_without_a_card_nothing_is_claimed() -> None:
    html = render_report(dummies.small(), None)
    assert "No card came with this model" in html
    assert "Reliability diagram" not in html


def test_a_card_with_next_to_nothing_in_it_is_shown() -> None:
    assert "bare 1: d" in render_report(dummies.one(), Card(name="bare", version="1", description="d"))


def test_a_diagram_without_bins_says_that_nothing_was_counted() -> None:
    empty = Reliability(split="meld/test", bins=[])
    card = dummies.card().model_copy(update={"emotion_reliability": empty})
    assert "Nothing was counted." in render_report(dummies.one(), card)


def test_limits_stand_on_every_page(analysis: Analysis) -> None:
    html = render_report(analysis, None)
    for part in ("docs/limits.md", "Article 5(1)(f)", "acted American television"):
        assert part in html


def test_an_analysis_without_utterances_is_a_page_too() -> None:
    assert "holds no utterances" in render_report(dummies._analysis("empty", []), dummies.card())


def test_the_same_analysis_gives_the_same_page() -> None:
    assert render_report(dummies.small(), dummies.card()) == render_report(dummies.small(), dummies.card())


def test_writing_gives_what_rendering_gives(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(dummies.small(), dummies.card(), path)
    assert path.read_bytes().decode() == render_report(dummies.small(), dummies.card())
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_writing_into_nowhere_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(HeartsayError, match="folder does not exist"):
        write_report(dummies.one(), None, tmp_path / "none" / "report.html")
    assert not list(tmp_path.iterdir())


def test_three_hundred_utterances_stay_a_small_page() -> None:
    assert len(render_report(dummies.long(), dummies.card())) < 1_500_000


def test_the_page_says_under_which_false_discovery_rate_causes_were_selected() -> None:
    plain = dummies.small()
    assert "expected to be" not in render_report(plain, dummies.card())
    page = render_report(controlled(plain, 0.125), dummies.card())
    assert "at most 12.5% of those listed are expected to be wrong" in page
    assert "conformal risk control over 84 development conversations" in page
    assert "not for each one, and not for other talk" in page
    Page(page)
