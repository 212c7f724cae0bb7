from __future__ import annotations

import csv
import errno
import json
import os
import subprocess
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.dummies.conversations import random_conversation
from tests.dummies.model import model_folder

from heartsay.batch import FORMATS, Item, Outcome, Settings, analyze_into, journal
from heartsay.batch.journal import NAME
from heartsay.conversation import Conversation
from heartsay.errors import HeartsayError, InputError
from heartsay.formats import ReadFailure
from heartsay.pipeline import analyze
from heartsay.runtime import Bundle

ALL = Settings(0.9, "auto", ("json", "csv", "parquet", "html"))
JSON = Settings(0.9, "never", ("json",))


@pytest.fixture(scope="module")
def model() -> Bundle:
    return Bundle.load(model_folder())


def failure(path: str) -> ReadFailure:
    return ReadFailure(path, InputError(expected="a", found="b", where=path, do="c"))


def some_items() -> list[Item]:
    return [
        failure("first.json"),
        *(random_conversation(seed, 4) for seed in range(5)),
        failure("middle.json"),
        *(replace(random_conversation(seed, 4), id=f"folder/{seed}") for seed in range(5, 9)),
        failure("last.json"),
    ]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def stop_after(count: int, error: BaseException) -> Callable[[Outcome], None]:
    """Stop a run as Ctrl-C would once `count` inputs have been dealt with."""

    def progress(outcome: Outcome) -> None:
        if outcome.conversations + len(outcome.failures) == count:
            raise error

    return progress


def test_every_format_is_written(model: Bundle, tmp_path: Path) -> None:
    outcome = analyze_into(tmp_path, some_items(), model, ALL)

    assert (outcome.conversations, outcome.utterances) == (9, 36)
    assert [path for path, _ in outcome.failures] == ["first.json", "middle.json", "last.json"]
    assert outcome.tables == ["utterances.csv", "utterances.parquet", "index.html"]
    assert set(contents(tmp_path)) == {
        *outcome.tables,
        *(f"random-{seed}.{kind}" for seed in range(5) for kind in ("json", "html")),
        *(f"folder/{seed}.{kind}" for seed in range(5, 9) for kind in ("json", "html")),
    }
    document = json.loads((tmp_path / "random-2.json").read_text())
    assert document == analyze(random_conversation(2, 4), model=model).model_dump(mode="json")
    with (tmp_path / "utterances.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["conversation"] for row in rows[::4]] == [row["conversation"] for row in outcome.documents]
    index = (tmp_path / "index.html").read_text()
    assert "folder/7.html" in index
    assert "middle.json" in index


def test_the_card_is_read_for_the_report_alone(
    model: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(_: object) -> None:
        raise HeartsayError("a damaged card")

    monkeypatch.setattr(Bundle, "card", property(damaged))
    assert analyze_into(tmp_path, [random_conversation(0, 4)], model, JSON).conversations == 1
    with pytest.raises(HeartsayError, match="a damaged card"):
        analyze_into(tmp_path, [random_conversation(0, 4)], model, ALL)


def test_one_conversation_needs_no_index(model: Bundle, tmp_path: Path) -> None:
    outcome = analyze_into(tmp_path, [random_conversation(0, 4)], model, ALL)
    assert outcome.only == analyze(random_conversation(0, 4), model=model)
    assert set(contents(tmp_path)) == {
        "random-0.json",
        "random-0.html",
        "utterances.csv",
        "utterances.parquet",
    }


@pytest.mark.parametrize("count", [1, 3, 7, 9, 12])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError("unplugged")])
def test_a_resumed_run_leaves_the_same_bytes(
    model: Bundle, tmp_path: Path, count: int, error: BaseException
) -> None:
    analyze_into(tmp_path / "whole", some_items(), model, ALL)
    with pytest.raises(type(error)):
        analyze_into(tmp_path / "cut", some_items(), model, ALL, progress=stop_after(count, error))

    outcome = analyze_into(tmp_path / "cut", some_items(), model, ALL, resume=True)

    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")
    assert (outcome.conversations, len(outcome.failures)) == (9, 3)
    assert outcome.resumed == (0 if count == 1 else count)  # a failure alone is not worth keeping


def test_a_run_stopped_while_writing_the_tables_is_resumed(
    model: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyze_into(tmp_path / "whole", some_items(), model, ALL)

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setitem(FORMATS, "parquet", replace(FORMATS["parquet"], write_table=fail))
        with pytest.raises(KeyboardInterrupt):
            analyze_into(tmp_path / "cut", some_items(), model, ALL)

    outcome = analyze_into(tmp_path / "cut", some_items(), model, ALL, resume=True)

    assert outcome.resumed == 12
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")


def test_finished_conversations_are_not_analysed_again(
    model: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KeyboardInterrupt):
        analyze_into(tmp_path, some_items(), model, JSON, progress=stop_after(8, KeyboardInterrupt()))
    read: list[str] = []

    def noted(conversations: Iterable[Conversation], **arguments: object) -> Iterator[object]:
        return analyze((read.append(c.id) or c for c in conversations), **arguments)  # type: ignore[call-overload, func-returns-value, no-any-return]

    monkeypatch.setattr("heartsay.batch.contained.analyze", noted)
    analyze_into(tmp_path, some_items(), model, JSON, resume=True)
    assert read == ["folder/6", "folder/7", "folder/8"]


@pytest.mark.parametrize("change", ["text", "order", "fewer"])
def test_changed_inputs_are_not_resumed(model: Bundle, tmp_path: Path, change: str) -> None:
    conversations = [random_conversation(seed, 4) for seed in range(6)]
    with pytest.raises(KeyboardInterrupt):
        analyze_into(tmp_path, conversations, model, JSON, progress=stop_after(4, KeyboardInterrupt()))
    saved = (tmp_path / NAME).read_bytes()
    changed = {
        "text": [random_conversation(99, 4), *conversations[1:]],
        "order": [conversations[1], conversations[0], *conversations[2:]],
        "fewer": conversations[:2],
    }[change]
    with pytest.raises(HeartsayError, match="inputs have changed"):
        analyze_into(tmp_path, changed, model, JSON, resume=True)
    assert (tmp_path / NAME).read_bytes() == saved


def test_where_nothing_was_finished_nothing_is_left(model: Bundle, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "out"
    with pytest.raises(KeyboardInterrupt):
        analyze_into(folder, some_items(), model, ALL, progress=stop_after(1, KeyboardInterrupt()))
    assert list(tmp_path.iterdir()) == []

    outcome = analyze_into(folder, [failure("a.json"), failure("b.json")], model, ALL)
    assert (outcome.conversations, len(outcome.failures)) == (0, 2)
    assert list(tmp_path.iterdir()) == []


def test_earlier_outputs_are_replaced(model: Bundle, tmp_path: Path) -> None:
    analyze_into(tmp_path, some_items(), model, ALL)
    (tmp_path / "utterances.csv").write_text("old")
    (tmp_path / "random-0.json").write_text("old")
    (tmp_path / "mine.txt").write_text("not ours")
    analyze_into(tmp_path, some_items(), model, ALL)
    found = contents(tmp_path)
    assert found.pop("mine.txt") == b"not ours"
    assert b"old" not in found.values()


def test_tables_of_other_conversations_are_never_overwritten(model: Bundle, tmp_path: Path) -> None:
    settings = Settings(0.9, "never", ("csv", "parquet", "label-studio", "html"))
    first = [random_conversation(1, 4), random_conversation(2, 4)]
    second = [random_conversation(3, 4), random_conversation(4, 4)]
    tables = ["utterances.csv", "utterances.parquet", "label-studio.json", "index.html"]
    assert sorted(analyze_into(tmp_path, first, model, settings).tables) == sorted(tables)
    before = {name: (tmp_path / name).read_bytes() for name in tables}
    written = analyze_into(tmp_path, second, model, settings).tables
    assert sorted(written) == sorted(f"{n.partition('.')[0]}-2.{n.partition('.')[2]}" for n in tables)
    assert {name: (tmp_path / name).read_bytes() for name in tables} == before
    assert sorted(analyze_into(tmp_path, first, model, settings).tables) == sorted(tables)


def test_what_a_format_cannot_hold_is_a_failure_of_that_file_alone(model: Bundle, tmp_path: Path) -> None:
    untimed = random_conversation(1, 4)
    untimed = replace(untimed, utterances=tuple(replace(u, start=None, end=None) for u in untimed.utterances))
    outcome = analyze_into(tmp_path, [untimed], model, Settings(0.9, "never", ("json", "eaf")))
    assert outcome.conversations == 1
    assert "a start and an end for every utterance" in outcome.failures[0][1]


def test_a_file_in_place_of_the_folder_is_refused(model: Bundle, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    for folder in (tmp_path / "out", tmp_path / "out" / "deeper"):
        with pytest.raises(HeartsayError, match="not a folder"):
            analyze_into(folder, some_items(), model, ALL)
    assert (tmp_path / "out").read_text() == "a file"


def test_a_journal_that_finds_no_room_keeps_what_was_finished(
    model: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyze_into(tmp_path / "whole", some_items(), model, ALL)
    write = journal._write
    lines = 0

    def until_full(file: object, line: str) -> None:
        nonlocal lines
        lines += 1
        if lines == 5:
            file.write(line.encode()[:40])  # type: ignore[attr-defined]
            file.flush()  # type: ignore[attr-defined]
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(file, line)  # type: ignore[arg-type]

    outcome = Outcome(tmp_path / "cut")
    with monkeypatch.context() as patch:
        patch.setattr(journal, "_write", until_full)
        with pytest.raises(OSError, match="No space left"):
            analyze_into(tmp_path / "cut", some_items(), model, ALL, outcome=outcome)
    assert outcome.conversations == 2

    analyze_into(tmp_path / "cut", some_items(), model, ALL, resume=True)
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")


def test_a_disk_that_is_full_from_the_start_leaves_nothing(
    tmp_path: Path, model: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: object, line: str) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(journal, "_write", full)
    with pytest.raises(OSError, match="No space left"):
        analyze_into(tmp_path / "new", some_items(), model, ALL)
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root to mount a small disk"
)
def test_a_full_disk_is_told_in_a_sentence(model: Bundle, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("small disks cannot be mounted here")
    try:
        with pytest.raises((HeartsayError, OSError), match=r"(?i)no (room|space) left"):
            analyze_into(disk / "out", (random_conversation(s, 30) for s in range(200)), model, ALL)
        assert not [name for name in contents(disk) if name.endswith(".part")]
        for name, content in contents(disk).items():
            if name.endswith(".json"):
                json.loads(content)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_memory_does_not_grow_with_the_number_of_conversations(model: Bundle, tmp_path: Path) -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        conversations = (random_conversation(seed, 3) for seed in range(count))
        analyze_into(tmp_path / str(count), conversations, model, Settings(0.9, "never", ("csv",)))
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(20)  # imports, templates
    # The outcome lists a bounded number of documents; a hundred more of them are some tens of kilobytes.
    assert peak(150) < peak(50) + 200_000


def test_a_false_discovery_rate_reaches_every_output_and_binds_a_resumed_run(
    model: Bundle, tmp_path: Path
) -> None:
    controlled = replace(ALL, false_discovery_rate=0.3)
    with pytest.raises(KeyboardInterrupt):
        analyze_into(tmp_path, some_items(), model, controlled, progress=stop_after(4, KeyboardInterrupt()))
    with pytest.raises(HeartsayError, match=r"false_discovery_rate was 0\.3, now the default"):
        analyze_into(tmp_path, some_items(), model, ALL, resume=True)
    analyze_into(tmp_path, some_items(), model, controlled, resume=True)

    expected = analyze(random_conversation(2, 4), model=model, false_discovery_rate=0.3)
    document = json.loads((tmp_path / "random-2.json").read_text())
    assert document == expected.model_dump(mode="json")
    assert document["false_discovery_control"]["rate"] == 0.3
    assert "at most 30% of those listed" in (tmp_path / "random-2.html").read_text("utf-8")
    with (tmp_path / "utterances.csv").open(newline="") as file:
        assert {row["false_discovery_rate"] for row in csv.DictReader(file)} == {"0.3"}
