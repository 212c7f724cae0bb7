"""Whole folders that are read: of models, experts, adaptations, runs, stores and results; and recordings.

They are made once per process, and removed at its end. Names of files within folders have `+` for a slash.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import shutil
import tempfile
from functools import cache
from pathlib import Path

import numpy as np


@cache
def root() -> Path:
    """Where they lie."""
    folder = Path(tempfile.mkdtemp(prefix="heartsay-campaign-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def model() -> Path:
    """A tiny model, exported."""
    from tests.dummies.model import build_model

    return build_model(root() / "model")


@cache
def voice() -> Path:
    """A tiny expert of voices."""
    from tests.dummies.experts import voice_expert

    return voice_expert(root() / "voice")


@cache
def adaptation() -> Path:
    """An adaptation of the tiny model."""
    folder = root() / "adapted"
    folder.mkdir()
    calibration = (model() / "calibration.json").read_bytes()
    (folder / "calibration.json").write_bytes(calibration)
    manifest = json.loads((model() / "model.json").read_text())
    base = {
        "model": str(model()),
        "name": "dummy",
        "version": "0",
        "sha256": manifest["sha256"]["model.onnx"],
    }
    stated = {"format": 1, "base": base, "calibration_sha256": hashlib.sha256(calibration).hexdigest()}
    (folder / "adaptation.json").write_text(json.dumps({**stated, "fitted_on": {"conversations": 10}}))
    return folder


@cache
def run() -> Path:
    """A finished run of training, with what it read, and the sizes of an explainer."""
    from heartsay.evidence.reading import Reading

    folder = root() / "run"
    folder.mkdir()
    content = {
        **{
            "kind": "backbone over features",
            "seed": 1,
            "data": {"fingerprint": "x"},
            "chosen": {"development": 1},
        },
        "configuration": {
            **{"name": "tiny", "corpus": "dummy", "backbone": {"name": "evidence-attention"}, "epochs": 2},
            **{"objective": {"name": "base"}, "batch_size": 4, "learning_rate": 0.01},
        },
    }
    (folder / "run.json").write_text(json.dumps(content))
    rows = [{"epoch": n, "loss": 1.5, "dev": {"weighted_f1": 50.0}} for n in (1, 2)]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    reading = Reading(
        conversations=("a",),
        classes=("joy", "anger"),
        conversation=np.zeros(3, np.int64),
        position=np.arange(3),
        logits={"full": np.ones((3, 2)), "own_context": np.zeros((3, 2))},
        gold=np.array([0, 1, 0]),
        utterance=np.array(["1", "2", "3"]),
        speaker=np.zeros(3, np.int64),
        split=np.full(3, "dev"),
    )
    reading.save(folder / "readings.npz")
    (folder / "sizes.json").write_text(json.dumps({"language": 8, "video": None, "face": 4}))
    import onnx

    stated = {"name": "s", "version": "0", "threshold": 0.5, "slope": 1.0, "intercept": 0.0}
    graph = onnx.load(str(voice() / "expert.onnx"))
    graph.graph.node[-1].output[0] = graph.graph.output[-1].name = "vectors"
    onnx.save(graph, str(folder / "model.onnx"))
    digest = hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
    (folder / "speaker.json").write_text(json.dumps({**stated, "sha256": {"model.onnx": digest}}))
    return folder


@cache
def store() -> Path:
    """A store of features of three utterances."""
    from heartsay.evidence.store import Feature, Store
    from heartsay.evidence.store_files import write_index, write_manifest, write_split

    folder = root() / "store"
    feature = Feature("words", "text", "tiny", "0", 3, None, False, "none")
    splits = ("train", "dev", "test")
    rows = []
    for split in splits:
        write_split(folder / split, "words", [np.ones((1, 3), np.float32)] * 2, 3)
        turn = {
            "split": split,
            "conversation": f"{split}0",
            "speaker": "A",
            "emotion": "joy",
            "feature": "words",
        }
        rows += [{**turn, "utterance": f"{split}{n}", "rows": 1} for n in range(2)]
    write_index(folder, rows)
    features = {"words": feature}
    write_manifest(Store(folder, "tiny", "none", ("joy", "anger"), features, splits, (), "key"))
    return folder


@cache
def results() -> Path:
    """What `analyze` writes of a conversation: a table, a document, and a journal as a kill leaves it."""
    from heartsay.batch import Settings, analyze_into
    from heartsay.batch.journal import Entry, Journal
    from heartsay.formats import read
    from heartsay.pipeline import load_model
    from heartsay.runtime import Bundle

    folder = root() / "results"
    talk = read("Ana: I got it!\nBen: Oh no.\nAna: Really?\n")
    formats = ("json", "csv", "parquet", "textgrid", "eaf", "srt", "label-studio")
    bundle: Bundle = load_model(model())
    analyze_into(folder, [talk], bundle, Settings(0.9, "always", formats))
    done = next(folder.glob("*.json"), None)
    assert done is not None
    done = next(path for path in folder.glob("*.json") if "label-studio" not in path.name)
    journal = Journal.open(folder, {"model": "x"}, resume=False)
    journal.append(Entry.model_validate({"input": "x", "analysis": json.loads(done.read_text())}))
    journal.append(Entry(input="y", path="y.json", error="no"))
    journal.close()
    done.rename(folder / "analysis.json")
    return folder


def files(folder: Path) -> dict[str, bytes]:
    """The files of a folder by name."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix().replace("/", "+"): path.read_bytes() for path in found}


def recordings() -> dict[str, bytes]:
    """A fifth of a second of sound in every container, with pictures in two."""
    from tests.dummies.recordings import CODECS, record, tone

    folder = root() / "recordings"
    folder.mkdir()
    pictures = [np.full((32, 48, 3), 40 * n, np.uint8) for n in range(4)]
    for suffix in CODECS:
        film = suffix in (".mov", ".mkv", ".mp4")
        record(folder / f"tone{suffix}", tone(0.2, rate=16_000), pictures=pictures if film else ())
    record(folder / "stereo.wav", np.stack([tone(0.2), tone(0.2, 200)]))
    return files(folder)
