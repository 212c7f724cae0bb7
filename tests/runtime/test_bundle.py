from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from tests.dummies.conversations import random_conversation
from tests.dummies.model import build_model, model_folder, read_packs, write_manifest

from heartsay.errors import ModelError
from heartsay.evidence.packing import Pack, make_packs
from heartsay.evidence.readings import Job, plan
from heartsay.evidence.tokens import pack_text
from heartsay.labels import EMOTIONS
from heartsay.runtime import Bundle

FORMAT_2: dict[str, object] = {
    "format": 2,
    "neutral": 0,
    "graphs": {"fusion": "model.onnx"},
    "modalities": {"text": {"width": 0}},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the dummy that a test may spoil."""
    return shutil.copytree(model_folder(), tmp_path / "model")


def packs_of(model: Bundle, seed: int, turns: int) -> list[Pack]:
    text = pack_text(random_conversation(seed, turns), model.tokenizer, model.tokens)
    return make_packs(text.segments, text.windows, model.tokens.lead)


def edit_manifest(folder: Path, **changes: object) -> None:
    path = folder / "model.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_loaded_model_says_what_it_is(folder: Path) -> None:
    model = Bundle.load(folder)

    assert model.labels == EMOTIONS
    assert (model.stamp.name, model.stamp.version) == ("dummy", "0")
    assert model.stamp.sha256 == json.loads((folder / "model.json").read_text())["sha256"]["model.onnx"]
    assert model.card is not None
    assert model.card.name == "dummy"


def test_a_model_without_a_card_can_be_run(folder: Path) -> None:
    (folder / "card.json").unlink()
    manifest = json.loads((folder / "model.json").read_text())
    del manifest["sha256"]["card.json"]
    (folder / "model.json").write_text(json.dumps(manifest))

    assert Bundle.load(folder).card is None


@pytest.mark.parametrize("name", ["model.json", "model.onnx", "tokenizer.json", "calibration.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelError, match=name):
        Bundle.load(folder)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "calibration.json", "card.json"])
def test_a_changed_file_is_refused(folder: Path, name: str) -> None:
    with (folder / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(ModelError, match=rf"{name} is not the file that was exported"):
        Bundle.load(folder)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "calibration.json"])
def test_a_damaged_file_is_refused_though_its_hash_is_right(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"{}")
    write_manifest(folder)
    with pytest.raises(ModelError, match=name):
        Bundle.load(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 3}, "format 3"),
        ({"labels": ["happy", "sad"]}, "other emotions"),
        ({"labels": list(reversed(EMOTIONS.names))}, "in this order"),
        ({"sha256": {}}, "states no hash"),
        ({"tokens": {"lead": 1}}, "does not fit together"),
        ({"name": None}, "no proper 'name'"),
        ({"tokens": {"lead": 1, "end": 1, "pad": 0, "unknown": 1, "longest": 2}}, "3 tokens or more"),
        ({"tokens": {"lead": 2**40, "end": 1, "pad": 0, "unknown": 1, "longest": 9}}, "ids up to"),
        (FORMAT_2 | {"modalities": {}}, "modalities that cannot be"),
        (FORMAT_2 | {"modalities": {"text": {"width": -1}}}, "modalities that cannot be"),
        (FORMAT_2 | {"modalities": {"text": {"width": 1e999}}}, "does not fit together"),
        (FORMAT_2 | {"neutral": 1.5}, "an index from 0 to 6, found 1.5"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(
    folder: Path, changes: dict[str, object], message: str
) -> None:
    edit_manifest(folder, **changes)
    with pytest.raises(ModelError, match=message):
        Bundle.load(folder)


@pytest.mark.parametrize("content", ["", "[]", "{", "null"])
def test_a_manifest_that_is_none_is_refused(folder: Path, content: str) -> None:
    (folder / "model.json").write_text(content)
    with pytest.raises(ModelError, match=r"model\.json"):
        Bundle.load(folder)


def test_a_network_with_other_inputs_is_refused(folder: Path) -> None:
    network = onnx.load(folder / "model.onnx")
    network.graph.input[1].name = "belonging"
    for node in network.graph.node:
        node.input[:] = ["belonging" if name == "owner" else name for name in node.input]
    onnx.save(network, folder / "model.onnx")
    write_manifest(folder)
    with pytest.raises(ModelError, match=r"takes \['belonging', 'speaker', 'tokens'\]"):
        Bundle.load(folder)


def test_numbers_that_are_not_finite_are_refused(folder: Path) -> None:
    network = onnx.load(folder / "model.onnx")
    for weights in network.graph.initializer:
        if weights.name == "to_emotion":
            spoilt = np.full_like(numpy_helper.to_array(weights), np.nan)
            weights.CopyFrom(numpy_helper.from_array(spoilt, "to_emotion"))
    onnx.save(network, folder / "model.onnx")
    write_manifest(folder)
    model = Bundle.load(folder)
    with pytest.raises(ModelError, match="not finite"):
        read_packs(model, packs_of(model, 0, 3))


def test_read_gives_what_the_network_computes(folder: Path) -> None:
    model = Bundle.load(folder)
    weights = {w.name: numpy_helper.to_array(w) for w in onnx.load(folder / "model.onnx").graph.initializer}
    (pack,) = packs_of(model, 1, 4)
    states = weights["embedding"][pack.tokens]
    rows = np.stack([states[pack.owner == r].mean(axis=0) for r in range(4)])
    vectors = rows + 0.2 * states[pack.owner >= 0].mean(axis=0)

    (raw,) = read_packs(model, [pack])

    np.testing.assert_allclose(raw.emotion, vectors @ weights["to_emotion"], rtol=1e-4, atol=1e-5)
    apart = np.abs(np.subtract.outer(np.arange(4), np.arange(4)))
    np.testing.assert_allclose(
        raw.pair, vectors @ weights["to_pair"] @ vectors.T - 0.3 * apart, rtol=1e-4, atol=1e-5
    )


def test_company_and_order_change_nothing(folder: Path) -> None:
    model = Bundle.load(folder)
    packs = [pack for seed in range(12) for pack in packs_of(model, seed, 2 + 3 * seed)]
    alone = [read_packs(model, [pack])[0] for pack in packs]

    together = read_packs(model, packs[::-1])[::-1]

    for raw, raw_alone in zip(together, alone, strict=True):
        np.testing.assert_array_equal(raw.emotion, raw_alone.emotion)
        np.testing.assert_array_equal(raw.pair, raw_alone.pair)


def test_streaming_keeps_order_and_draws_only_a_few_ahead() -> None:
    model = Bundle.load(model_folder())
    evidence = model.evidence(random_conversation(2, 3))
    drawn = 0

    def jobs() -> Iterator[Job]:
        nonlocal drawn
        while True:
            yield from plan(str(drawn), evidence, (), model.tokens.lead)
            drawn += 1

    stream = model.stream(jobs())
    received = [int(next(stream)[0].id) for _ in range(50)]

    assert received == list(range(50))
    assert drawn < 50 + 1000


def test_the_fingerprint_follows_what_a_reading_depends_on(folder: Path, tmp_path: Path) -> None:
    before = Bundle.load(folder).fingerprint
    assert Bundle.load(build_model(tmp_path / "other", seed=1)).fingerprint != before

    calibration = json.loads((folder / "calibration.json").read_text())
    (folder / "calibration.json").write_text(json.dumps({**calibration, "pair_threshold": 0.31}))
    write_manifest(folder)
    assert Bundle.load(folder).fingerprint != before


def test_a_network_of_other_emotions_than_the_manifest_names_is_said(folder: Path) -> None:
    edit_manifest(folder, **FORMAT_2, labels=["neutral", "a", "b", "c", "d"])
    model = Bundle.load(folder)
    with pytest.raises(ModelError, match=r"gives 7 numbers per utterance, model\.json names 5 emotions"):
        model.read([model.evidence(random_conversation(0, 3))])


def test_the_fingerprint_follows_what_the_manifest_states(folder: Path) -> None:
    before, path = Bundle.load(folder).fingerprint, folder / "model.json"
    assert Bundle.load(folder).fingerprint == before
    path.write_text(json.dumps({**json.loads(path.read_text()), "language": "zz"}))
    assert Bundle.load(folder).fingerprint != before
