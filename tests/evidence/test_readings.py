from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from tests.dummies.conversations import make_conversation
from tests.dummies.model import build_tokenizer

from heartsay.conversation import Conversation
from heartsay.evidence.packing import Pack
from heartsay.evidence.reading import UNLABELLED, PairTable, Reading
from heartsay.evidence.readings import RawReading, assemble, one_row_each, plan, read_labelled
from heartsay.evidence.tokens import TokenSettings, word_evidence
from heartsay.evidence.views import CONTEXTS
from heartsay.labels import EMOTIONS

TOKENIZER = build_tokenizer()
SETTINGS = TokenSettings(lead=2, end=3, pad=0, unknown=1, longest=64)


def traceable(packs: Sequence[Pack]) -> list[RawReading]:
    """A model that says which utterance it was asked about, and raves about rows that are context only."""
    raw: list[RawReading] = []
    for p in packs:
        emotion = np.tile(p.utterance.astype(np.float32)[:, None], (1, len(EMOTIONS)))
        pair = (100 * p.utterance[:, None] + p.utterance[None, :]).astype(np.float32)
        emotion[p.weight == 0], pair[p.weight == 0] = np.nan, np.nan
        raw.append(RawReading(emotion, pair))
    return raw


def labelled(turns: int, emotions: list[str | None], pairs: set[tuple[int, int]] | None) -> Conversation:
    plain = make_conversation(f"c{turns}", *[("AB"[k % 2], "the boat is late again") for k in range(turns)])
    said = tuple(replace(u, emotion=emotions[k % len(emotions)]) for k, u in enumerate(plain.utterances))
    return replace(plain, utterances=said, pairs=None if pairs is None else frozenset(pairs))


LONG_PAIRS = {(2, 1), (7, 7), (29, 0)}
SPLIT = (
    labelled(3, ["joy", None, "anger"], None),
    labelled(30, ["neutral", "fear"], LONG_PAIRS),
    labelled(2, ["sadness"], {(0, 1)}),
)


@pytest.fixture(scope="module")
def reading() -> Reading:
    return read_labelled(traceable, SPLIT, TOKENIZER, SETTINGS)


def pairs_of(reading: Reading) -> PairTable:
    assert reading.pairs is not None
    return reading.pairs


def test_every_utterance_is_read_once_beside_its_label(reading: Reading) -> None:
    expected = [
        (c, k, k, UNLABELLED if u.emotion is None else EMOTIONS.index(u.emotion), u.id)
        for c, conversation in enumerate(SPLIT)
        for k, u in enumerate(conversation.utterances)
    ]
    logits = reading.logits["full"][:, 0].astype(int)
    columns = (reading.conversation, reading.position, logits, reading.gold, reading.utterance)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == expected
    assert reading.conversations == tuple(c.id for c in SPLIT)
    assert reading.classes == EMOTIONS.names


def test_only_annotated_conversations_have_candidate_pairs(reading: Reading) -> None:
    assert set(pairs_of(reading).conversation.tolist()) == {1, 2}


def test_pairs_are_lined_up_with_scores_gold_and_the_emotion_they_explain(reading: Reading) -> None:
    pairs = pairs_of(reading)
    np.testing.assert_array_equal(pairs.log_odds["full"], 100 * pairs.emotion + pairs.cause)
    assert pairs.row is not None
    np.testing.assert_array_equal(reading.position[pairs.row], pairs.emotion)
    np.testing.assert_array_equal(reading.conversation[pairs.row], pairs.conversation)
    annotated = reading.annotated_pairs()
    keys = annotated.triples(np.ones(len(annotated.gold), np.bool_))
    assert len(keys) == len(set(keys))
    # Utterances 29 and 0 of the long conversation are never seen together.
    assert set(annotated.triples(annotated.gold)) == {(1, 2, 1), (1, 7, 7), (2, 0, 1)}
    assert annotated.gold_pairs == 4


def test_what_was_saved_is_read_back_whole(reading: Reading, tmp_path: Path) -> None:
    reading.save(tmp_path / "reading.npz")
    loaded = Reading.load(tmp_path / "reading.npz")
    for field in fields(Reading):
        if field.name not in ("logits", "by_modality", "pairs"):
            np.testing.assert_array_equal(getattr(loaded, field.name), getattr(reading, field.name))
    np.testing.assert_array_equal(loaded.logits["full"], reading.logits["full"])
    for field in fields(PairTable):
        if field.name != "log_odds":
            kept, found = getattr(pairs_of(reading), field.name), getattr(pairs_of(loaded), field.name)
            np.testing.assert_array_equal(found, kept)


def test_a_split_without_annotated_causes_has_no_pairs() -> None:
    found = read_labelled(traceable, SPLIT[:1], TOKENIZER, SETTINGS).annotated_pairs()
    assert (found.log_odds.shape, found.gold_pairs) == ((0,), 0)


LONG = make_conversation("c", ("A", "the boat is late"), ("B", "river " * 100), ("A", "it was fine"))


def test_an_utterance_read_in_several_windows_counts_once() -> None:
    said = tuple(replace(u, emotion="joy") for u in LONG.utterances)
    annotated = replace(LONG, utterances=said, pairs=frozenset({(1, 0)}))
    reading = read_labelled(traceable, [annotated], TOKENIZER, SETTINGS)
    assert reading.logits["full"][:, 0].tolist() == [0, 1, 2]
    pairs = pairs_of(reading)
    keys = list(zip(pairs.emotion.tolist(), pairs.cause.tolist(), strict=True))
    assert len(keys) == len(set(keys))
    assert pairs.row is not None
    assert pairs.row.tolist() == pairs.emotion.tolist()


def test_of_several_windows_the_one_that_reads_most_is_kept() -> None:
    jobs = list(plan("c", word_evidence(LONG, TOKENIZER, SETTINGS), CONTEXTS, SETTINGS.lead))
    said = [
        (job, RawReading(np.full((len(job.pack.utterance), 7), n, np.float32)))
        for n, job in enumerate(jobs)
        if job.pack
    ]
    reading = assemble(said, EMOTIONS.names, CONTEXTS)
    assert len(reading) > 3
    assert reading.weight is not None
    chosen = one_row_each(reading)
    assert chosen.position.tolist() == [0, 1, 2]
    for place in range(3):
        rows = np.nonzero(reading.position == place)[0]
        best = rows[reading.weight[rows].argmax()]
        assert chosen.logits["full"][place, 0] == reading.logits["full"][best, 0]
        for view in CONTEXTS:
            values = reading.logits[view.name][rows, 0]
            known = ~np.isnan(values)
            if known.any():
                best = rows[known][reading.weight[rows[known]].argmax()]
                assert chosen.logits[view.name][place, 0] == reading.logits[view.name][best, 0]
            else:
                assert np.isnan(chosen.logits[view.name][place]).all()


def test_under_a_view_the_rows_hold_what_the_packs_of_the_view_said() -> None:
    evidence = word_evidence(SPLIT[0], TOKENIZER, SETTINGS)
    done = []
    for job in plan("c", evidence, CONTEXTS, SETTINGS.lead):
        assert job.pack is not None
        rows = len(job.pack.utterance) + 0.01 * job.pack.utterance
        done.append((job, RawReading(np.tile(rows[:, None], (1, 7)).astype(np.float32))))
    reading = assemble(done, EMOTIONS.names, CONTEXTS)
    # Speakers take turns: of three utterances the first has one other of its own, and one of the other's.
    np.testing.assert_allclose(reading.logits["own_context"][:, 0], [2.0, np.nan, 2.02], rtol=1e-6)
    np.testing.assert_allclose(reading.logits["other_context"][:, 0], [2.0, 1.01, 2.02], rtol=1e-6)
    assert reading.pairs is None
