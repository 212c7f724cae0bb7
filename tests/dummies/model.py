"""A tiny exported model, made without torch: its readings depend on a row's words and weakly on the rest."""

from __future__ import annotations

import atexit
import hashlib
import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from heartsay.calibration import (
    AbstentionRule,
    Calibration,
    EmotionCalibration,
    LinkRule,
    LinkSelection,
    LogisticCalibration,
    RemovalMixture,
    Temperature,
    fit_conformal,
    temperature_mixture,
)
from heartsay.card import Card
from heartsay.evidence.evidence import Evidence
from heartsay.evidence.packing import Pack
from heartsay.evidence.readings import Job, RawReading
from heartsay.evidence.tokens import TokenSettings
from heartsay.labels import EMOTIONS
from heartsay.runtime import Bundle

SENTENCES = (
    "The boat is late again and nobody told us.",
    "I am so happy that you found the keys!",
    "What? You sold the piano?",
    "Leave me alone, this is awful.",
    "We walked along the river and it was fine.",
    "She cried when the letter came.",
    "There is a spider in my shoe, please help me.",
)
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
LONGEST = 128
SIGNS = ("pair_log_odds", "non_neutral_log_odds", "is_self", "is_previous")
LINKS = LinkSelection(
    LogisticCalibration((1.0, 0.0, 0.0, 0.0), 0.0, SIGNS),
    LinkRule(19, (0.1, 0.3), (0.6, 0.2), (0.5, 2.0)),
)
WIDTH = 12
VIEWS = ("full", "own_context", "other_context")


@cache
def model_folder() -> Path:
    """The folder of a dummy model, made once per process and removed at its end."""
    root = Path(tempfile.mkdtemp(prefix="heartsay-dummy-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return build_model(root / "model")


def build_model(folder: Path, seed: int = 0) -> Path:
    """Write a complete model folder and return it."""
    folder.mkdir(parents=True)
    tokenizer = build_tokenizer()
    tokenizer.save(str(folder / "tokenizer.json"))
    onnx.save(build_network(tokenizer.get_vocab_size(), seed), str(folder / "model.onnx"))
    (folder / "calibration.json").write_text(json.dumps(build_calibration(seed).to_dict()), "utf-8")
    build_card().dump(folder / "card.json")
    write_manifest(folder)
    return folder


def write_manifest(folder: Path) -> None:
    """Write ``model.json`` with the hashes of the files that lie there."""
    names = ("model.onnx", "tokenizer.json", "calibration.json", "card.json")
    manifest = {
        "format": 1,
        "name": "dummy",
        "version": "0",
        "language": "en",
        "labels": list(EMOTIONS),
        "tokens": TokenSettings(lead=2, end=3, pad=0, unknown=1, longest=LONGEST).to_dict(),
        "sha256": {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names},
    }
    (folder / "model.json").write_text(json.dumps(manifest, indent=2), "utf-8")


def build_tokenizer() -> Tokenizer:
    """Byte pairs learnt from `SENTENCES`; knows every printable ASCII character and no other."""
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.BpeTrainer(
        vocab_size=200,
        special_tokens=SPECIAL,
        initial_alphabet=[chr(c) for c in range(33, 127)],
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    return tokenizer


def build_network(vocabulary: int, seed: int = 0) -> onnx.ModelProto:
    """Mean of a row's token vectors plus a fifth of the mean over all rows, then one linear layer each."""
    rng = np.random.default_rng(seed)
    weights = {
        "embedding": rng.normal(size=(vocabulary, WIDTH)).astype(np.float32),
        "to_emotion": (2.0 * rng.normal(size=(WIDTH, len(EMOTIONS)))).astype(np.float32),
        "to_pair": (0.8 * rng.normal(size=(WIDTH, WIDTH))).astype(np.float32),
        "share": np.float32(0.2),
        "one": np.float32(1.0),
        "slope": np.float32(-0.3),
        "zero_index": np.int64(0),
        "one_index": np.int64(1),
        "axis_1": np.array([1], np.int64),
        "axes_0_1": np.array([0, 1], np.int64),
        "axes_0_2": np.array([0, 2], np.int64),
        "axis_2": np.array([2], np.int64),
        "axis_0": np.array([0], np.int64),
    }
    node = helper.make_node
    nodes = [
        node("Gather", ["embedding", "tokens"], ["states"]),  # (B, L, W)
        node("Shape", ["speaker"], ["shape"]),
        node("Gather", ["shape", "one_index"], ["rows"]),
        node("Range", ["zero_index", "rows", "one_index"], ["row"]),
        node("Unsqueeze", ["owner", "axis_1"], ["owner_wide"]),  # (B, 1, L)
        node("Unsqueeze", ["row", "axes_0_2"], ["row_wide"]),  # (1, R, 1)
        node("Equal", ["owner_wide", "row_wide"], ["belongs"]),
        node("Cast", ["belongs"], ["membership"], to=TensorProto.FLOAT),  # (B, R, L)
        node("ReduceSum", ["membership", "axis_2"], ["sizes"], keepdims=1),
        node("Max", ["sizes", "one"], ["safe_sizes"]),
        node("MatMul", ["membership", "states"], ["sums"]),
        node("Div", ["sums", "safe_sizes"], ["means"]),  # (B, R, W)
        node("ReduceSum", ["sums", "axis_1"], ["whole_sum"], keepdims=1),
        node("ReduceSum", ["safe_sizes", "axis_1"], ["whole_size"], keepdims=1),
        node("Div", ["whole_sum", "whole_size"], ["whole"]),  # (B, 1, W)
        node("Mul", ["whole", "share"], ["context"]),
        node("Add", ["means", "context"], ["vectors"]),
        node("MatMul", ["vectors", "to_emotion"], ["emotion"]),  # (B, R, 7)
        node("MatMul", ["vectors", "to_pair"], ["projected"]),
        node("Transpose", ["vectors"], ["turned"], perm=[0, 2, 1]),
        node("MatMul", ["projected", "turned"], ["affinity"]),  # (B, R, R)
        node("Cast", ["row"], ["place"], to=TensorProto.FLOAT),
        node("Unsqueeze", ["place", "axis_1"], ["from"]),
        node("Unsqueeze", ["place", "axis_0"], ["to"]),
        node("Sub", ["from", "to"], ["offset"]),
        node("Abs", ["offset"], ["distance"]),
        node("Mul", ["distance", "slope"], ["penalty"]),
        node("Add", ["affinity", "penalty"], ["pair"]),
    ]
    graph = helper.make_graph(
        nodes,
        "dummy",
        [
            helper.make_tensor_value_info("tokens", TensorProto.INT64, ["B", "L"]),
            helper.make_tensor_value_info("owner", TensorProto.INT64, ["B", "L"]),
            helper.make_tensor_value_info("speaker", TensorProto.INT64, ["B", "R"]),
        ],
        [
            helper.make_tensor_value_info("emotion", TensorProto.FLOAT, ["B", "R", len(EMOTIONS)]),
            helper.make_tensor_value_info("pair", TensorProto.FLOAT, ["B", "R", "R"]),
        ],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()],
    )
    network = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(network)
    return network


def build_calibration(seed: int = 0) -> Calibration:
    """Plausible settings; the prediction sets stand on 40 simulated conversations."""
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.full(len(EMOTIONS), 0.4), size=400)
    gold = np.array([rng.choice(len(EMOTIONS), p=p) for p in probabilities])
    alone = EmotionCalibration(
        modalities=("text",),
        mixture=temperature_mixture(Temperature(1.5)),
        sets=fit_conformal(probabilities, gold, np.repeat(np.arange(40), 10)),
        abstention=AbstentionRule(threshold=0.4, risk=0.3, accepted_share=0.8),
    )
    return Calibration(
        emotions=(alone,),
        pairs=LogisticCalibration((1.0, 0.5, 0.6, 0.3), -1.5, SIGNS),
        pair_threshold=0.3,
        links=LINKS,
    )


def with_removals(calibration: Calibration) -> Calibration:
    """The same with a mixture, whose sets and abstention are stricter."""
    (alone,) = calibration.emotions
    mixture = RemovalMixture(VIEWS, (0.5, 0.2, 0.3), 1.2)
    strict = AbstentionRule(threshold=0.9, risk=0.3, accepted_share=0.1)
    return replace(calibration, emotions=(alone, replace(alone, mixture=mixture, abstention=strict)))


def recalibrated(tmp_path: Path, **changes: object) -> Bundle:
    """The dummy with another calibration."""
    folder = shutil.copytree(model_folder(), tmp_path / "recalibrated")
    calibration = replace(build_calibration(), **changes)  # type: ignore[arg-type]
    (folder / "calibration.json").write_text(json.dumps(calibration.to_dict()))
    write_manifest(folder)
    return Bundle.load(folder)


def read_packs(model: Bundle, packs: Sequence[Pack]) -> list[RawReading]:
    """What a model of words says of packs, one after the other."""
    evidence = Evidence(("1",), np.zeros(1, np.int64))
    said = model.stream(Job("", evidence, "full", pack, True) for pack in packs)
    return [raw for _, raw in said if raw is not None]


def build_card() -> Card:
    """A card that says what this is."""
    return Card(name="dummy", version="0", description="A dummy for tests; its readings mean nothing.")
