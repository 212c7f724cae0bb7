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

from heartsay.atomic import atomic_folder, write_text
from heartsay.calibration.bundle import Calibration
from heartsay.errors import InputError
from heartsay.evidence.packing import Pack, collate
from heartsay.evidence.readings import plan
from heartsay.evidence.tokens import word_evidence
from heartsay.experiments.release.calibrate import calibrate_exported, calibrate_run
from heartsay.experiments.release.manifest import write_manifest
from heartsay.experiments.release.storage import BITS, Storage, store
from heartsay.labels import EMOTIONS
from heartsay.models.packed_dialogue import PackedDialogueModel, PackedReading
from heartsay.models.tokenizers import encoder_tokenizer
from heartsay.progress import Report, silent
from heartsay.runtime.experts import GRAPH as EXPERT
from heartsay.runtime.experts import NARROW
from heartsay.runtime.manifest import FORMAT, OPENED
from heartsay.training.configuration import Configuration
from heartsay.training.examples import load_training_data
from heartsay.training.run_folder import RunFolder
from heartsay.training.saving import load_weights
from heartsay.training.tasks.packed_dialogue import load_trained

GRAPHS = {"words": "words.onnx", "fusion": "fusion.onnx"}
"""Files of the graphs, by role."""

FILES = frozenset(
    {*GRAPHS.values(), *OPENED, EXPERT, NARROW, "model.onnx", "model.json", "card.json", "card.md"}
)
"""What the folder of an exported model may hold."""

OPSET = 18
"""ONNX operator set: old enough for the oldest supported onnxruntime."""

SAMPLED_SCENES = 96
"""Training scenes by which codes of 4 bits are chosen: some 13,000 tokens."""


def export_run(
    run: RunFolder,
    folder: Path,
    *,
    weights: Path | None = None,
    storage: Storage = "int8",
    report: Report = silent,
    keep: Path | None = None,
) -> None:
    """Write a run's model as a folder for the light core, calibrated on this very export's readings.

    Args:
        run: a run with trained weights.
        folder: where to write; what is there is replaced when all is done.
        weights: other weights of the same architecture; those of the run's best epoch if None.
        storage: what matrices and embeddings are stored as.
        report: progress callback; conversations as they are read.
        keep: folder in which readings are kept, and looked for first.

    Raises:
        InputError: the corpora are not there, or the folder holds something else than a model.
        ModelError: the run has no weights yet.
    """
    model = load_trained(run)
    if weights is not None:
        load_weights(model, weights)
    configuration, calibration = run.configuration(Configuration), calibrate_run(run)
    samples = training_packs(configuration.encoder, report) if storage == "int4" else []
    with replacing(folder) as beside:
        export(
            model,
            configuration.encoder,
            calibration,
            beside,
            name=configuration.name,
            storage=storage,
            samples=samples,
        )
        calibrate_exported(beside, report, keep)


def training_packs(encoder: str, report: Report = silent) -> list[Pack]:
    """Packs of some training conversations, spread over all, for what is fitted to a model's inputs.

    Raises:
        InputError: the corpora are not there.
    """
    tokenizer, settings = encoder_tokenizer(encoder)
    scenes = load_training_data(report).scenes
    some = [scene[0] for scene in scenes[:: max(1, len(scenes) // SAMPLED_SCENES)]]
    jobs = (job for c in some for job in plan(c.id, word_evidence(c, tokenizer, settings), (), settings.lead))
    return [job.pack for job in jobs if job.pack is not None]


def export(
    model: PackedDialogueModel,
    encoder: str,
    calibration: Calibration,
    folder: Path,
    *,
    name: str,
    storage: Storage,
    samples: Sequence[Pack] = (),
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
        samples: training conversations, by which codes of 4 bits are chosen; the nearest ones if none.
        language: of the talk that it was trained on, as a two-letter code; an English model warns of others.

    Raises:
        InputError: the folder holds something else than a model.
    """
    from heartsay import __version__

    with replacing(folder) as beside:
        tokenizer, settings = encoder_tokenizer(encoder)
        given = [tuple(map(torch.from_numpy, collate([pack], settings.pad))) for pack in samples]
        write_graphs(model, beside, given, storage=storage)
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
    """As `atomic_folder`, of a folder that holds a model or nothing."""
    folder = folder.resolve()
    others = [path.name for path in folder.iterdir() if path.name not in FILES] if folder.exists() else []
    if others:
        raise InputError(
            expected="a new folder, or that of an exported model, which is replaced",
            found=f"one that holds {min(others)!r}",
            where=str(folder),
            do="name another folder",
        )
    with atomic_folder(folder) as beside:
        yield beside


class _Half(nn.Module):
    """A part of the model, as a graph of its own."""

    def __init__(self, model: PackedDialogueModel, part: Callable[..., Tensor | PackedReading]) -> None:
        super().__init__()
        self.model, self.part = model, part

    def forward(self, *inputs: Tensor) -> Tensor | PackedReading:
        return self.part(*inputs)


def write_graphs(
    model: PackedDialogueModel, folder: Path, samples: Sequence[tuple[Tensor, ...]], *, storage: Storage
) -> None:
    """Trace both halves with free batch, length and rows, and store their weights as asked.

    Words are read with integers, where nearly all of the time goes; the fusion computes in float.

    Args:
        model: in evaluation mode.
        folder: where to write.
        samples: tokens, owner and speaker of conversations, by which codes of 4 bits are chosen.
        storage: what matrices and embeddings are stored as.
    """
    tokens = torch.tensor([[101, 7, 8, 9, 102, 7, 8, 102], [101, 7, 102, 9, 102, 0, 0, 0]])
    owner = torch.tensor([[-1, 0, 0, 0, 0, 1, 1, 1], [-1, 0, 0, 1, 1, -1, -1, -1]])
    speaker = torch.tensor([[0, 1, -1], [0, 0, 1]])
    talks = [(tokens, owner, speaker), *samples]
    with torch.no_grad():
        vectors = [model.utterance_vectors(t, o, of.shape[1]) for t, o, of in talks]
    words = _Half(model, lambda tokens, owner, of: model.utterance_vectors(tokens, owner, of.shape[1]))
    given = [dict(zip(("tokens", "owner", "speaker"), talk, strict=True)) for talk in talks]
    write_onnx(words, given, ("vectors",), folder / GRAPHS["words"], storage=storage, integer=True)
    given = [{"text": text, "speaker": talk[2]} for text, talk in zip(vectors, talks, strict=True)]
    fusion = _Half(model, model.fuse)
    write_onnx(fusion, given, ("emotion", "pair"), folder / GRAPHS["fusion"], storage=storage)


def write_onnx(
    module: nn.Module,
    examples: Sequence[Mapping[str, Tensor]],
    outputs: Sequence[str],
    path: Path,
    *,
    storage: Storage,
    integer: bool = False,
) -> None:
    """Trace a module; the first two axes of every input are free.

    Args:
        module: in evaluation mode.
        examples: inputs by the names that they get; the first is traced, and by the others codes of 4 bits
            are chosen.
        outputs: names.
        path: file to write.
        storage: what matrices and embeddings are stored as.
        integer: whether stored matrices multiply integers too.
    """
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = Path(scratch) / "plain.onnx"
        inputs, *samples = examples
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
            arrays = [{name: value.numpy() for name, value in sample.items()} for sample in samples]
            store(plain, path, BITS[storage], integer=integer, samples=arrays)
