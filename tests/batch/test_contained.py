"""What goes wrong with one input stays with it, and what is reported as written is there."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.dummies.conversations import random_conversation
from tests.dummies.model import model_folder

from heartsay.batch import Item, Outcome, Settings, analyze_into, analyze_items
from heartsay.conversation import Conversation
from heartsay.errors import InputError
from heartsay.formats import ReadFailure, read_many
from heartsay.pipeline import analyze
from heartsay.runtime import Bundle

JSON = Settings(0.9, "never", ("json", "html"))
TALK = json.dumps([{"speaker": "A", "text": "hi there"}, {"speaker": "B", "text": "oh no"}])


@pytest.fixture(scope="module")
def model() -> Bundle:
    return Bundle.load(model_folder())


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Ids of conversations on which the model breaks."""
    bad: set[str] = set()

    def breaking(conversations: Iterator[Conversation], **arguments: Any) -> Iterator[Any]:
        def checked() -> Iterator[Conversation]:
            # As a model does: some are read ahead before the first analysis comes out.
            ahead = []
            for conversation in conversations:
                ahead.append(conversation)
                if len(ahead) == 3:
                    yield from drawn(ahead)
                    ahead = []
            yield from drawn(ahead)

        def drawn(ahead: list[Conversation]) -> Iterator[Conversation]:
            for conversation in ahead:
                if conversation.id in bad:
                    raise ArithmeticError("a number that no model likes")
            yield from ahead

        return analyze(checked(), **arguments)

    monkeypatch.setattr("heartsay.batch.contained.analyze", breaking)
    return bad


def items(count: int = 8) -> list[Item]:
    found: list[Item] = [
        replace(random_conversation(k, 3), id=f"c{k}", source=f"c{k}.json") for k in range(count)
    ]
    found.insert(2, ReadFailure("odd.json", InputError(expected="a", found="b", where="odd.json", do="c")))
    return found


def test_a_conversation_that_breaks_the_model_is_its_own_failure(model: Bundle, poison: set[str]) -> None:
    whole = list(analyze_items(items(), model, JSON))
    poison |= {"c1", "c6"}
    found = list(analyze_items(items(), model, JSON))
    names = [r.path if isinstance(r, ReadFailure) else r[0].id for r in found]
    assert names == ["c0", "c1.json", "odd.json", "c2", "c3", "c4", "c5", "c6.json", "c7"]
    assert "ArithmeticError: a number that no model likes" in str(found[1].error)  # type: ignore[union-attr]
    good = [r for r in found if isinstance(r, tuple)]
    assert all(r in whole for r in good)


def test_a_run_with_a_poisoned_input_is_finished_and_can_be_resumed(
    model: Bundle, poison: set[str], tmp_path: Path
) -> None:
    poison.add("c3")

    def stop(outcome: Outcome) -> None:
        if outcome.conversations == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        analyze_into(tmp_path, items(), model, JSON, progress=stop)
    outcome = analyze_into(tmp_path, items(), model, JSON, resume=True)
    assert outcome.conversations == 7
    assert [path for path, _ in outcome.failures] == ["odd.json", "c3.json"]


def test_what_goes_wrong_while_reading_is_not_hidden(model: Bundle) -> None:
    def broken() -> Iterator[Item]:
        yield from items(2)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(analyze_items(broken(), model, JSON))


def test_documents_that_are_removed_meanwhile_are_written_again(model: Bundle, tmp_path: Path) -> None:
    analyze_into(tmp_path / "whole", items(), model, JSON)

    def remove(outcome: Outcome) -> None:
        if outcome.conversations == 4:
            (tmp_path / "cut" / "c0.json").unlink()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        analyze_into(tmp_path / "cut", items(), model, JSON, progress=remove)
    (tmp_path / "cut" / "c1.html").unlink()
    analyze_into(tmp_path / "cut", items(), model, JSON, resume=True)
    found, wanted = ({p.name: p.read_bytes() for p in (tmp_path / f).iterdir()} for f in ("cut", "whole"))
    assert found == wanted


def read_and_write(model: Bundle, folder: Path, out: Path) -> Outcome:
    return analyze_into(out, read_many([folder]), model, Settings(0.9, "never", ("json", "html", "csv")))


def test_names_that_clash_with_outputs_or_are_no_text_cost_nothing(model: Bundle, tmp_path: Path) -> None:
    given = tmp_path / "in"
    given.mkdir()
    for name in ("progress.jsonl", "utterances.csv", "index.html", "a.json"):
        (given / name).mkdir()
        (given / name / "q.json").write_text(TALK)
    (given / "z.json").write_text(TALK)
    deep = [
        {"id": "/".join("x" * 1500), "utterances": json.loads(TALK)},
        {"id": "y", "utterances": json.loads(TALK)},
    ]
    (given / "deep.json").write_text(json.dumps(deep))
    both = [{"id": name, "utterances": json.loads(TALK)} for name in ("x", "x.json/y")]
    (given / "f.json").write_text(json.dumps(both))
    (given / "self.json").symlink_to("self.json")
    half = [
        {"conversation_ID": "\ud800", "conversation": [{"utterance_ID": 1, "text": "hi", "speaker": "A"}]}
    ]
    (given / "half.json").write_text(json.dumps(half))
    with open(os.path.join(os.fsencode(given), b"\xff\xfe.json"), "w") as file:  # noqa: PTH118, PTH123
        file.write("{")
    outcome = read_and_write(model, given, tmp_path / "out")
    assert outcome.conversations == 9
    assert sorted(Path(path).name for path, _ in outcome.failures) == [
        "\\udcff\\udcfe.json",
        "half.json",
        "self.json",
    ]
    for document in outcome.documents:
        assert (tmp_path / "out" / document["json"]).is_file()
    assert not (tmp_path / "out" / "progress.jsonl").exists()


def test_a_path_that_cannot_be_had_is_a_failure_of_that_document(model: Bundle, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "c0.json").mkdir()

    def stop(outcome: Outcome) -> None:
        if outcome.conversations == 1:
            raise KeyboardInterrupt

    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / "c0.json").mkdir()
    outcome = analyze_into(tmp_path / "out", items(2), model, JSON)
    assert outcome.conversations == 2
    assert sum("c0.json could not be written" in why for _, why in outcome.failures) == 1
    assert (tmp_path / "out" / "c1.json").is_file()
    with pytest.raises(KeyboardInterrupt):
        analyze_into(tmp_path / "cut", items(2), model, JSON, progress=stop)
    resumed = analyze_into(tmp_path / "cut", items(2), model, JSON, resume=True)
    assert [why.replace("/cut/", "/out/") for _, why in resumed.failures] == [
        why for _, why in outcome.failures
    ]
