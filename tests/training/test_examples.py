from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import pytest

from heartsay.conversation import Conversation, Utterance
from heartsay.training.examples import TrainingData, load_training_data, merge_scenes


def talk(id_: str, *ids: str, pairs: frozenset[tuple[int, int]] | None = None) -> Conversation:
    return Conversation(id_, tuple(Utterance(i, "Ana", f"{id_} says {i}", emotion="joy") for i in ids), pairs)


def test_a_scene_that_both_corpora_hold_whole_is_one_scene_in_two_wordings() -> None:
    meld = talk("m", "train_dia0_utt0", "train_dia0_utt1")
    ecf = talk("ecf_train_1", "1", "2", pairs=frozenset({(1, 0)}))
    ecf_map = {("ecf_train_1", 0): "train_dia0_utt0", ("ecf_train_1", 1): "train_dia0_utt1"}
    ((first, second),) = merge_scenes([meld], [ecf], ecf_map)
    assert first == ecf
    assert second.utterances == meld.utterances
    assert second.pairs == ecf.pairs


def test_scenes_that_only_one_corpus_holds_stand_alone() -> None:
    meld = talk("m", "train_dia0_utt0", "train_dia0_utt1")
    ecf = talk("ecf_train_1", "1", pairs=frozenset())
    assert set(merge_scenes([meld], [ecf], {})) == {(ecf,), (meld,)}


def test_a_scene_cut_otherwise_is_not_joined_and_told_twice_only_where_ecf_lacks_a_part() -> None:
    covered = talk("m0", "train_dia0_utt0", "train_dia0_utt1")
    partly = talk("m1", "train_dia1_utt0", "train_dia1_utt1")
    ecf = talk("ecf_train_1", "1", "2", "3", pairs=frozenset())
    ecf_map = {
        ("ecf_train_1", 0): "train_dia0_utt0",
        ("ecf_train_1", 1): "train_dia0_utt1",
        ("ecf_train_1", 2): "train_dia1_utt0",
    }
    assert merge_scenes([covered, partly], [ecf], ecf_map) == ((ecf,), (partly,))


def test_the_map_counts_positions_in_the_whole_conversation() -> None:
    meld = talk("m", "train_dia0_utt1", "train_dia0_utt2")
    shortened = talk("ecf_train_1", "2", "3", pairs=frozenset({(0, 0)}))  # utterance 1 was held out
    ecf_map = {("ecf_train_1", k): f"train_dia0_utt{k}" for k in range(3)}
    ((first, second),) = merge_scenes([meld], [shortened], ecf_map)
    assert (first, second.utterances, second.pairs) == (shortened, meld.utterances, shortened.pairs)


# What follows reads the published files by itself, so that it does not repeat the project's own mistakes.


@pytest.fixture(scope="module")
def root() -> Path:
    value = os.environ.get("HEARTSAY_DATA")
    if not value or not all((Path(value) / corpus).is_dir() for corpus in ("meld", "ecf")):
        pytest.skip("HEARTSAY_DATA names no folder with the published MELD and ECF")
    return Path(value)


@pytest.fixture(scope="module")
def data(root: Path) -> TrainingData:
    return load_training_data()


def published_meld(root: Path, split: str) -> list[list[tuple[str, str]]]:
    """Dialogues of (MELD id, text)."""
    dialogues: dict[str, list[tuple[str, str]]] = {}
    raw = (root / "meld" / f"{split}_sent_emo.csv").read_bytes()
    text = raw.decode("utf-8", errors="replace")
    for row in csv.DictReader(text.splitlines(keepends=True)):
        place = f"{split}_dia{row['Dialogue_ID']}_utt{row['Utterance_ID']}"
        dialogues.setdefault(row["Dialogue_ID"], []).append((place, row["Utterance"]))
    return list(dialogues.values())


def published_ecf(path: Path) -> dict[str, list[tuple[str, str]]]:
    """Conversations of (last field, text) by number."""
    found: dict[str, list[tuple[str, str]]] = {}
    number = ""
    for line in path.read_text("utf-8").splitlines():
        if head := re.fullmatch(r"(\d+) (\d+)", line.strip()):
            number = head[1]
            found[number] = []
        elif line.count("|") >= 4:
            fields = [field.strip() for field in line.split("|")]
            found[number].append((fields[-1], fields[3]))
    return found


def plain(text: str) -> str:
    """Letters and digits alone: robust against encodings, spaces and punctuation."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def contexts(talks: Iterable[list[str]]) -> set[tuple[str, str]]:
    """Each utterance's words with those of the one before it, where both have any."""
    found: set[tuple[str, str]] = set()
    for texts in talks:
        words = [plain(text) for text in texts]
        found.update(pairwise(words))
    return {(before, own) for before, own in found if before and own}


def held_out_ids(root: Path, splits: tuple[str, ...]) -> set[str]:
    """MELD ids of the utterances of these splits of MELD and of ECF."""
    ids = {place for split in splits for dialogue in published_meld(root, split) for place, _ in dialogue}
    whole = published_ecf(root / "ecf" / "all_data_pair_ECFvsMELD.txt")
    for split in splits:
        for number in published_ecf(root / "ecf" / f"{split}.txt"):
            ids.update(meld_id for meld_id, _ in whole[number] if meld_id)
    return ids


def held_out_contexts(root: Path, splits: tuple[str, ...]) -> set[tuple[str, str]]:
    meld = [[text for _, text in talk] for split in splits for talk in published_meld(root, split)]
    ecf = [
        [text for _, text in talk]
        for split in splits
        for talk in published_ecf(root / "ecf" / f"{split}.txt").values()
    ]
    return contexts([*meld, *ecf])


def ids_of(root: Path, conversations: Iterable[Conversation]) -> set[str]:
    """MELD ids of what is trained on, by MELD's own ids and by ECF's positions."""
    whole = published_ecf(root / "ecf" / "all_data_pair_ECFvsMELD.txt")
    found = set()
    for c in conversations:
        in_ecf = re.fullmatch(r"ecf_[a-z]+_(\d+)", c.id)
        for u in c.utterances:
            found.add(whole[in_ecf[1]][int(u.id) - 1][0] if in_ecf else u.id)
    return found - {""}


def test_no_training_scene_holds_an_utterance_of_a_held_out_split(root: Path, data: TrainingData) -> None:
    wordings = [c for scene in data.scenes for c in scene]
    found, held = ids_of(root, wordings), held_out_ids(root, ("dev", "test"))
    assert len(found) > 9000
    assert len(held) > 3500
    assert all(re.fullmatch(r"train_dia\d+_utt\d+", meld_id) for meld_id in found)
    assert found & held == set()


def test_no_training_scene_holds_an_exchange_of_a_held_out_split(root: Path, data: TrainingData) -> None:
    trained = contexts([u.text for u in c.utterances] for scene in data.scenes for c in scene)
    held = held_out_contexts(root, ("dev", "test"))
    assert len(trained) > 9000
    assert len(held) > 3500
    assert trained & held == set()


@pytest.mark.parametrize("corpus", ["meld", "ecf"])
def test_no_development_conversation_holds_anything_of_a_test_split(
    root: Path, data: TrainingData, corpus: str
) -> None:
    conversations = data.development[corpus]
    assert len(conversations) > 100
    assert ids_of(root, conversations) & held_out_ids(root, ("test",)) == set()
    trained = contexts([u.text for u in c.utterances] for c in conversations)
    assert trained & held_out_contexts(root, ("test",)) == set()


def test_the_checks_above_see_a_leak(root: Path) -> None:
    whole = {f"ecf_train_{n}": talk for n, talk in published_ecf(root / "ecf" / "train.txt").items()}
    raw = [
        Conversation(name, tuple(Utterance(str(k), "Ana", text) for k, (_, text) in enumerate(talk, 1)))
        for name, talk in whole.items()
    ]
    assert ids_of(root, raw) & held_out_ids(root, ("test",))
    assert contexts([u.text for u in c.utterances] for c in raw) & held_out_contexts(root, ("test",))


def test_scenes_in_two_wordings_have_the_same_labels_for_causes(data: TrainingData, root: Path) -> None:
    double = [scene for scene in data.scenes if len(scene) > 1]
    assert len(double) > 500
    for first, second in double:
        assert len(first) == len(second)
        assert first.pairs == second.pairs
