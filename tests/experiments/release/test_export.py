"""What is exported reads as the torch model does, for every length and batch, whatever it is stored as."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from safetensors.torch import save_file
from tests.dummies.encoder import (
    CAUSED,
    FELT,
    HELD_BACK,
    build_encoder,
    configuration,
    dummy_model,
    packs_of,
    training_data,
)
from tests.dummies.model import build_calibration, read_packs
from torch import nn

from heartsay.errors import HeartsayError, ModelError
from heartsay.evidence.packing import Pack, collate
from heartsay.evidence.readings import RawReading, one_row_each, with_gold
from heartsay.evidence.views import CONTEXTS
from heartsay.experiments.release.export import export, write_onnx
from heartsay.experiments.release.manifest import replace_file, write_manifest
from heartsay.experiments.release.storage import Storage
from heartsay.labels import EMOTIONS
from heartsay.models.packed_dialogue import PackedDialogueModel, PackedReading
from heartsay.models.tokenizers import encoder_tokenizer
from heartsay.pipeline.evaluation import pair_confidence
from heartsay.runtime import Bundle
from heartsay.runtime.graph import open_session
from heartsay.training.configuration import Configuration
from heartsay.training.run_folder import RunFolder, begin_or_continue
from heartsay.training.tasks.packed_dialogue import load_trained, torch_reader
from heartsay.training.tasks.packed_dialogue import train_packed_dialogue as train

STORED: tuple[Storage, ...] = ("float", "int8", "int4")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("export")


@pytest.fixture(scope="module")
def run(root: Path) -> RunFolder:
    """A run as it is after training, of a model with some weights that are big enough for int8."""
    encoder = build_encoder(root / "encoder", width=64)
    made = begin_or_continue(root / "run", configuration(encoder), 1, {})
    save_file(dummy_model(encoder).state_dict(), str(made.weights))
    return made


@pytest.fixture(scope="module")
def model(run: RunFolder) -> PackedDialogueModel:
    return load_trained(run)


@pytest.fixture(scope="module")
def exported(root: Path, run: RunFolder, model: PackedDialogueModel) -> dict[str, Bundle]:
    encoder, calibration = run.configuration(Configuration).encoder, build_calibration()
    for storage in STORED:
        export(model, encoder, calibration, root / storage, name="tiny", storage=storage)
    return {storage: Bundle.load(root / storage) for storage in STORED}


@pytest.fixture(scope="module")
def packs(run: RunFolder) -> list[Pack]:
    encoder = Path(run.configuration(Configuration).encoder)
    return [p for c in (*CAUSED, *FELT, *HELD_BACK) for p in packs_of(c, encoder)]


@pytest.fixture(scope="module")
def expected(run: RunFolder, model: PackedDialogueModel, packs: list[Pack]) -> Sequence[RawReading]:
    _, settings = encoder_tokenizer(run.configuration(Configuration).encoder)
    return torch_reader(model, settings, torch.device("cpu"))(packs)


def deviation(found: Sequence[RawReading], expected: Sequence[RawReading], part: str) -> float:
    """Root mean square of the difference, in standard deviations of what is expected."""
    parts = [(getattr(a, part), getattr(b, part)) for a, b in zip(found, expected, strict=True)]
    difference = np.concatenate([(a - b).ravel() for a, b in parts])
    spread = np.concatenate([b.ravel() for _, b in parts]).std()
    return float(np.sqrt(np.mean(difference**2)) / spread)


def test_the_float_export_reads_as_the_torch_model(
    exported: dict[str, Bundle], packs: list[Pack], expected: Sequence[RawReading]
) -> None:
    for raw, wanted in zip(read_packs(exported["float"], packs), expected, strict=True):
        np.testing.assert_allclose(raw.emotion, wanted.emotion, atol=1e-4, rtol=1e-4)
        np.testing.assert_allclose(raw.pair, wanted.pair, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(("storage", "allowed"), [("int8", 0.05), ("int4", 0.5)])
def test_an_export_as_integers_reads_almost_as_the_torch_model(
    exported: dict[str, Bundle],
    packs: list[Pack],
    expected: Sequence[RawReading],
    storage: Storage,
    allowed: float,
) -> None:
    found = read_packs(exported[storage], packs)
    for part in ("emotion", "pair"):
        assert 0 < deviation(found, expected, part) < allowed


def test_codes_chosen_by_conversations_move_their_readings_less(
    exported: dict[str, Bundle],
    run: RunFolder,
    model: PackedDialogueModel,
    packs: list[Pack],
    expected: Sequence[RawReading],
    tmp_path: Path,
) -> None:
    encoder = run.configuration(Configuration).encoder
    export(model, encoder, build_calibration(), tmp_path / "x", name="tiny", storage="int4", samples=packs)
    chosen, nearest = (
        read_packs(bundle, packs) for bundle in (Bundle.load(tmp_path / "x"), exported["int4"])
    )
    for part in ("emotion", "pair"):
        assert deviation(chosen, expected, part) < deviation(nearest, expected, part)


@pytest.mark.parametrize("storage", STORED)
@pytest.mark.parametrize("size", [1, 3, 8])
def test_batches_of_any_size_and_length_read_as_single_packs(
    exported: dict[str, Bundle], packs: list[Pack], storage: Storage, size: int
) -> None:
    model = exported[storage]
    words, fusion = (open_session(model.folder / f"{role}.onnx") for role in ("words", "fusion"))
    alone = read_packs(model, packs)
    # Padding moves floats by their last digit, and what lies between two integers by a whole one.
    allowed = 1e-4 if storage == "float" else 0.02
    for at in range(0, len(packs), size):
        group = packs[at : at + size]
        inputs = dict(zip(("tokens", "owner", "speaker"), collate(group, model.tokens.pad), strict=True))
        (text,) = words.run(["vectors"], inputs)
        emotion, pair = fusion.run(["emotion", "pair"], {"text": text, "speaker": inputs["speaker"]})
        for b, p in enumerate(group):
            n = len(p.speaker)
            np.testing.assert_allclose(emotion[b, :n], alone[at + b].emotion, atol=allowed, rtol=allowed)
            np.testing.assert_allclose(pair[b, :n, :n], alone[at + b].pair, atol=allowed, rtol=allowed)


@pytest.mark.parametrize("storage", STORED)
def test_a_model_trained_with_rpcl_is_exported_and_decoded_as_one_without_byte_for_byte(
    tmp_path: Path, storage: Storage
) -> None:
    """The weights are those of a run with RPCL; only what the run was asked differs."""
    trained = train(configuration(rpcl={}, epochs=1), 1, training_data(), tmp_path / "with")
    plain = begin_or_continue(tmp_path / "without", configuration(epochs=1), 1, {})
    shutil.copy(trained.weights, plain.weights)
    items = [p for c in HELD_BACK for p in packs_of(c)]
    exports, pairs = [], []
    for name, run in (("with", trained), ("without", plain)):
        folder = tmp_path / f"{name}-exported"
        asked = run.configuration(Configuration)
        assert (asked.rpcl is not None) == (name == "with")
        export(
            load_trained(run), asked.encoder, build_calibration(), folder, name=asked.name, storage=storage
        )
        exports.append({path.name: path.read_bytes() for path in folder.iterdir()})
        model = Bundle.load(folder)
        reading = one_row_each(model.read(map(model.evidence, HELD_BACK)))
        confidence = pair_confidence(with_gold(reading, HELD_BACK), model.calibration)
        pairs.append((confidence, read_packs(model, items)))
    assert {"words.onnx", "fusion.onnx"} <= set(exports[0])
    assert exports[0] == exports[1]
    assert pairs[0][0].tobytes() == pairs[1][0].tobytes()
    for raw, other in zip(pairs[0][1], pairs[1][1], strict=True):
        assert raw.emotion.tobytes() == other.emotion.tobytes()
        assert raw.pair is not None
        assert other.pair is not None
        assert raw.pair.tobytes() == other.pair.tobytes()


def test_integers_are_smaller_and_are_multiplied_where_words_are_read(exported: dict[str, Bundle]) -> None:
    sizes = {name: (model.folder / "words.onnx").stat().st_size for name, model in exported.items()}
    assert sizes["int8"] < sizes["float"]
    for storage, kind in (("int8", onnx.TensorProto.INT8), ("int4", onnx.TensorProto.INT4)):
        words, fusion = (
            onnx.load(str(exported[storage].folder / f"{role}.onnx")).graph for role in ("words", "fusion")
        )
        big = [t for t in words.initializer if len(t.dims) == 2 and np.prod(t.dims) >= 4096]
        assert big
        assert {t.data_type for t in big} == {kind}
        operators = [{n.op_type for n in graph.node} for graph in (words, fusion)]
        assert ["MatMulIntegerToFloat" in found for found in operators] == [True, False]


def test_the_manifest_says_what_the_folder_holds(exported: dict[str, Bundle], run: RunFolder) -> None:
    folder = exported["int8"].folder
    manifest = json.loads((folder / "model.json").read_text())
    assert {path.name for path in folder.iterdir()} == {"model.json", *manifest["sha256"]}
    for name, stated in manifest["sha256"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == stated
    assert manifest["name"] == "tiny"
    assert manifest["labels"] == list(EMOTIONS)
    tokenizer, settings = encoder_tokenizer(run.configuration(Configuration).encoder)
    assert exported["int8"].tokens == settings
    assert exported["int8"].tokenizer.get_vocab() == tokenizer.get_vocab()
    assert exported["int8"].calibration == build_calibration()


def test_a_replaced_calibration_is_loaded_and_a_changed_one_is_not(
    exported: dict[str, Bundle], tmp_path: Path
) -> None:
    folder = shutil.copytree(exported["float"].folder, tmp_path / "model")
    other = build_calibration(seed=1)
    replace_file(folder, "calibration.json", json.dumps(other.to_dict()))
    assert Bundle.load(folder).calibration == other
    (folder / "calibration.json").write_text(json.dumps(build_calibration().to_dict()))
    with pytest.raises(ModelError, match="is not the file that was exported"):
        Bundle.load(folder)


def test_an_export_that_fails_leaves_the_last_one_whole(
    exported: dict[str, Bundle],
    run: RunFolder,
    model: PackedDialogueModel,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = shutil.copytree(exported["float"].folder, tmp_path / "model")

    def full(*args: object, **facts: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("heartsay.experiments.release.export.write_onnx", full)
    with pytest.raises(HeartsayError, match="model: no room left on the disk"):
        export(
            model,
            run.configuration(Configuration).encoder,
            build_calibration(),
            folder,
            name="tiny",
            storage="int8",
        )
    assert Bundle.load(folder).stamp == exported["float"].stamp
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_run_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no trained weights yet"):
        load_trained(begin_or_continue(tmp_path, configuration(), 1, {}))


class Single(nn.Module):
    """The whole model as one graph, as folders of format 1 have it."""

    def __init__(self, model: PackedDialogueModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: torch.Tensor, owner: torch.Tensor, speaker: torch.Tensor) -> PackedReading:
        return self.model(tokens, owner, speaker)


def export_format_1(model: PackedDialogueModel, like: Bundle, folder: Path) -> Bundle:
    """Write a model as a folder of format 1, with the tokenizer and the calibration of another folder."""
    folder.mkdir()
    for name in ("tokenizer.json", "calibration.json"):
        shutil.copy(like.folder / name, folder)
    tokens = torch.tensor([[101, 7, 8, 102, 7, 102], [101, 7, 102, 9, 102, 0]])
    owner = torch.tensor([[-1, 0, 0, 0, 1, 1], [-1, 0, 0, 1, 1, -1]])
    speaker = torch.tensor([[0, 1, -1], [0, 0, 1]])
    inputs = {"tokens": tokens, "owner": owner, "speaker": speaker}
    write_onnx(Single(model), [inputs], ("emotion", "pair"), folder / "model.onnx", storage="float")
    files = ("model.onnx", "tokenizer.json", "calibration.json")
    facts = {"name": "tiny", "version": "0", "labels": list(EMOTIONS), "tokens": like.tokens.to_dict()}
    write_manifest(folder, files, format=1, **facts)
    return Bundle.load(folder)


def test_two_graphs_read_as_one_does_under_strict_views_too(
    exported: dict[str, Bundle], model: PackedDialogueModel, tmp_path: Path
) -> None:
    split = exported["float"]
    single = export_format_1(model, split, tmp_path / "single")
    talks = (*CAUSED, *FELT, *HELD_BACK)
    found, expected = (bundle.read(map(bundle.evidence, talks), CONTEXTS) for bundle in (split, single))
    assert found.logits.keys() == {"full", "own_context", "other_context"}
    assert np.isfinite(found.logits["own_context"]).any()
    for view, logits in expected.logits.items():
        np.testing.assert_allclose(found.logits[view], logits, atol=1e-6)
    assert found.pairs is not None
    assert expected.pairs is not None
    np.testing.assert_allclose(found.pairs.log_odds["full"], expected.pairs.log_odds["full"], atol=1e-6)
