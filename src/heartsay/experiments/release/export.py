"""From a run's checkpoint to the folder that the light core runs: graphs, tokenizer, calibration."""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn

from heartsay.atomic import write_text
from heartsay.calibration.bundle import Calibration
from heartsay.errors import InputError
from heartsay.experiments.release.calibrate import calibrate_exported, calibrate_run
from heartsay.experiments.release.manifest import write_manifest
from heartsay.experiments.release.storage import BITS, Storage, store
from heartsay.labels import EMOTIONS
from heartsay.models.packed_dialogue import PackedDialogueModel, PackedReading
from heartsay.models.tokenizers import encoder_tokenizer
from heartsay.progress import Report, silent
from heartsay.runtime.manifest import FORMAT, OPENED
from heartsay.training.configuration import Configuration
from heartsay.training.run_folder import RunFolder
from heartsay.training.saving import load_weights
from heartsay.training.tasks.packed_dialogue import load_trained

GRAPHS = {"words": "words.onnx", "fusion": "fusion.onnx"}
"""Files of the graphs, by role."""

FILES = frozenset({*GRAPHS.values(), *OPENED, "model.onnx", "model.json", "card.json", "card.md"})
"""What the folder of an exported model may hold."""

OPSET = 18
"""ONNX operator set: old enough for the oldest supported onnxruntime."""


def export_run(
    run: RunFolder,
    folder: Path,
    *,
    weights: Path | None = None,
    storage: Storage = "int8",
    report: Report = silent,
) -> None:
    """Write a run's model as a folder for the light core, calibrated on this very export's readings.

    Args:
        run: a run with trained weights.
        folder: where to write; what is there is replaced when all is done.
        weights: other weights of the same architecture; those of the run's best epoch if None.
        storage: what matrices and embeddings are stored as.
        report: progress callback; conversations as they are read.

    Raises:
        InputError: the corpora are not there, or the folder holds something else than a model.
        ModelError: the run has no weights yet.
    """
    model = load_trained(run)
    if weights is not None:
        load_weights(model, weights)
    configuration, calibration = run.configuration(Configuration), calibrate_run(run)
    with replacing(folder) as beside:
        export(model, configuration.encoder, calibration, beside, name=configuration.name, storage=storage)
        calibrate_exported(beside, report)


def export(
    model: PackedDialogueModel,
    encoder: str,
    calibration: Calibration,
    folder: Path,
    *,
    name: str,
    storage: Storage,
    language: str = "en",
) -> None:
    """Write the model as a folder for the light core; the folder is replaced whole.

    Args:
        model: in evaluation mode.
        encoder: the encoder setting, which names the tokenizer.
        calibration: fitted on this very export's readings, or on the checkpoint's.
        folder: where to write.
        name: name of the model.
        storage: what matrices and embeddings are stored as.
        language: of the talk that it was trained on, as a two-letter code; an English model warns of others.

    Raises:
        InputError: the folder holds something else than a model.
    """
    from heartsay import __version__

    with replacing(folder) as beside:
        write_graphs(model, beside, storage=storage)
        tokenizer, settings = encoder_tokenizer(encoder)
        tokenizer.save(str(beside / "tokenizer.json"), pretty=False)
        write_text(beside / "calibration.json", json.dumps(calibration.to_dict(), indent=1) + "\n")
        write_manifest(
            beside,
            (*GRAPHS.values(), *OPENED),
            format=FORMAT,
            name=name,
            version=__version__,
            language=language,
            labels=list(EMOTIONS),
            neutral=EMOTIONS.neutral,
            graphs=GRAPHS,
            modalities={"text": {"width": int(model.encoder.config.hidden_size)}},
            tokens=settings.to_dict(),
        )


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """A folder to fill, which takes the other's place if nothing goes wrong."""
    folder = folder.resolve()
    others = [path.name for path in folder.iterdir() if path.name not in FILES] if folder.exists() else []
    if others:
        raise InputError(
            expected="a new folder, or that of an exported model, which is replaced",
            found=f"one that holds {min(others)!r}",
            where=str(folder),
            do="name another folder",
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        beside = Path(scratch) / "export"
        beside.mkdir()
        yield beside
        if folder.exists():  # moved away whole, so that no kill leaves a part of it
            folder.replace(Path(scratch) / "before")
        beside.replace(folder)


class _Half(nn.Module):
    """A part of the model, as a graph of its own."""

    def __init__(self, model: PackedDialogueModel, part: Callable[..., Tensor | PackedReading]) -> None:
        super().__init__()
        self.model, self.part = model, part

    def forward(self, *inputs: Tensor) -> Tensor | PackedReading:
        return self.part(*inputs)


def write_graphs(model: PackedDialogueModel, folder: Path, *, storage: Storage) -> None:
    """Trace both halves with free batch, length and rows, and store their weights as asked.

    Words are read with integers, where nearly all of the time goes; the fusion computes in float.
    """
    tokens = torch.tensor([[101, 7, 8, 9, 102, 7, 8, 102], [101, 7, 102, 9, 102, 0, 0, 0]])
    owner = torch.tensor([[-1, 0, 0, 0, 0, 1, 1, 1], [-1, 0, 0, 1, 1, -1, -1, -1]])
    speaker = torch.tensor([[0, 1, -1], [0, 0, 1]])
    with torch.no_grad():
        vectors = model.utterance_vectors(tokens, owner, speaker.shape[1])
    words = _Half(model, lambda tokens, owner, of: model.utterance_vectors(tokens, owner, of.shape[1]))
    inputs = {"tokens": tokens, "owner": owner, "speaker": speaker}
    write_onnx(words, inputs, ("vectors",), folder / GRAPHS["words"], storage=storage, integer=True)
    inputs = {"text": vectors, "speaker": speaker}
    write_onnx(
        _Half(model, model.fuse), inputs, ("emotion", "pair"), folder / GRAPHS["fusion"], storage=storage
    )


def write_onnx(
    module: nn.Module,
    inputs: Mapping[str, Tensor],
    outputs: Sequence[str],
    path: Path,
    *,
    storage: Storage,
    integer: bool = False,
) -> None:
    """Trace a module; the first two axes of every input are free.

    Args:
        module: in evaluation mode.
        inputs: by the names that they get.
        outputs: names.
        path: file to write.
        storage: what matrices and embeddings are stored as.
        integer: whether stored matrices multiply integers too.
    """
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = Path(scratch) / "plain.onnx"
        axes = {"tokens": "length", "owner": "length"}
        torch.onnx.export(
            module,
            tuple(inputs.values()),
            str(plain),
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes={name: {0: "batch", 1: axes.get(name, "rows")} for name in inputs},
            opset_version=OPSET,
            dynamo=False,
        )
        if storage == "float":
            shutil.move(plain, path)
        else:
            store(plain, path, BITS[storage], integer=integer)
