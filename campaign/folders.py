"""Targets that read a folder, of which one file is odd; where another file states its hash, that is right."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from campaign import seeds_folders

if TYPE_CHECKING:
    from heartsay.conversation import Conversation


@contextmanager
def _with(path: Path, folder: Path) -> Iterator[Path]:
    """The folder with a file as it was fed; as before afterwards."""
    place = folder / path.name.replace("+", "/")
    kept = {each: each.read_bytes() for each in (place, *folder.glob("*.json")) if each.is_file()}
    place.write_bytes(path.read_bytes())
    try:
        yield place
    finally:
        for each, content in kept.items():
            each.write_bytes(content)


def _state_hash(place: Path, manifest: Path, key: str | None) -> None:
    """Let a manifest state the hash of what was fed."""
    stated = json.loads(manifest.read_text())
    digest = hashlib.sha256(place.read_bytes()).hexdigest()
    if key is None:
        stated["sha256"][place.name] = digest
    else:
        stated[key] = digest
    manifest.write_text(json.dumps(stated))


@cache
def _talk() -> Conversation:
    from heartsay.formats import read

    return read("Ana: I got it!\nBen: Oh no, the boat is late.\nAna: Really?\n")


def models(path: Path) -> None:
    """Load a model or an expert of voices, and read a short conversation or a tone with it."""
    import numpy as np

    from heartsay.pipeline import analyze
    from heartsay.runtime import Bundle
    from heartsay.runtime.experts import Expert

    is_voice = path.name.startswith("voice-")
    folder = seeds_folders.voice() if is_voice else seeds_folders.model()
    bare = path.with_name(path.name.removeprefix("voice-"))
    if is_voice:
        shutil.copyfile(path, bare)
    with _with(bare, folder) as place:
        if place.name != "model.json":
            _state_hash(place, folder / "model.json", None)
        if is_voice:
            tone = 0.3 * np.sin(np.arange(12_000) / 5)
            Expert.load(folder).read_voice(tone.astype(np.float32), 16_000)
            return
        model = Bundle.load(folder)
        _ = model.card
        analyze(_talk(), model=model, evidence="always").model_dump_json()


def adaptations(path: Path) -> None:
    """Load an adaptation, and read a short conversation with it."""
    from heartsay.pipeline import analyze, load_model
    from heartsay.runtime.adaptation import load_adapted

    folder = seeds_folders.adaptation()
    with _with(path, folder) as place:
        if place.name == "calibration.json":
            _state_hash(place, folder / "adaptation.json", "calibration_sha256")
        analyze(_talk(), model=load_adapted(folder, load_model), evidence="always")


def runs(path: Path) -> None:
    """Open the folder of a run, what it read, and the parts of an explainer."""
    from heartsay.evidence.reading import Reading
    from heartsay.models.hosts.fame_net import saved_sizes
    from heartsay.recordings.encoder import SpeakerEncoder
    from heartsay.training.feature_configuration import FeatureConfiguration
    from heartsay.training.run_folder import RunFolder

    folder = seeds_folders.run()
    with _with(path, folder) as place:
        if place.name == "readings.npz":
            reading = Reading.load(place)
            reading.rows(reading.gold >= 0)
        elif place.name == "sizes.json":
            saved_sizes(folder)
        elif place.name == "speaker.json":
            shutil.copyfile(place, folder / "model.json")
            SpeakerEncoder.load(folder)
        else:
            run = RunFolder(folder)
            run.is_finished()
            run.chosen()
            run.seed()
            run.data()
            run.configuration(FeatureConfiguration)


def stores(path: Path) -> None:
    """Open a store of features, and take it for training."""
    from heartsay.evidence.store import read_store

    with _with(path, seeds_folders.store()):
        read_store(seeds_folders.store()).evidence_corpus()


def results(path: Path) -> None:
    """Ask a table, go on with a journal, and read documents, labels and captions as conversations."""
    from heartsay import formats
    from heartsay.batch.journal import Journal
    from heartsay.formats import ANALYSIS_FORMATS
    from heartsay.query import open_results

    if path.suffix == ".parquet":
        found = open_results(path)
        for view in ("utterances", "causes", "conversations"):
            for _ in found.ask(f"SELECT * FROM {view}").rows:
                pass
    elif path.name == "progress.jsonl":
        with _with(path, seeds_folders.results()):
            journal = Journal.open(seeds_folders.results(), {"model": "x"}, resume=True)
            try:
                for _ in journal.entries():
                    pass
            finally:
                journal.close()
    else:
        for spec in ANALYSIS_FORMATS.values():
            if spec.holds is not None and spec.table == path.name:
                with suppress(Exception):  # whatever is amiss with a table, another is written beside it
                    spec.holds(path)
        for conversation in formats.read_all(path):
            formats.write(conversation, "json")


def _dfew(path: Path) -> object:
    from heartsay.corpora.dfew import read_dfew

    root = seeds_folders.root() / "dfew"
    for split in ("train", "test"):
        place = root / "EmoLabel_DataSplit" / f"{split}(single-labeled)" / "set_1.csv"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(path.read_bytes() if split == "train" else b"video_name,label\n9,1\n")
    return read_dfew(root, "train", 1)


def _mer2023(path: Path) -> object:
    from heartsay.corpora.mer2023 import read_mer2023

    root = seeds_folders.root() / "mer2023"
    root.mkdir(exist_ok=True)
    shutil.copyfile(path, root / path.name)
    return read_mer2023(root, "train")


def _crema_d(path: Path) -> object:
    from heartsay.corpora.crema_d import read_genders, read_ratings

    root = seeds_folders.root() / "rated"
    (root / "crema-d").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, root / "crema-d" / path.name)
    return read_genders(root) if path.stem == "VideoDemographics" else read_ratings(root)


def _ferplus(path: Path) -> object:
    from heartsay.corpora.ferplus import read_faces

    root = seeds_folders.root() / "seen"
    (root / "ferplus").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, root / "ferplus" / "train.npz")
    return read_faces("train", root)


CORPORA: dict[str, Callable[[Path], object]] = {
    "set_1": _dfew,
    "train-label": _mer2023,
    "tabulatedVotes": _crema_d,
    "VideoDemographics": _crema_d,
    "faces": _ferplus,
}
"""Readers of files that lie in folders, by the stem of the file."""
