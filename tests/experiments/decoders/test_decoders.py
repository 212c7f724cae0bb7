"""A decoder of one's own is asked about clips: as it is, with LoRA, with MoSE, its attention moved."""

from __future__ import annotations

import csv
import json
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tests.dummies.processors import NAMES, save_llava, save_thinker, thinker_processor

from heartsay.errors import InputError
from heartsay.experiments.decoders import work
from heartsay.experiments.decoders.clips import read_clips
from heartsay.experiments.decoders.sources import SOURCE
from heartsay.experiments.decoders.study import DecoderStudy
from heartsay.experiments.decoders.work import ANSWERS, SETTINGS, Host, answer, teach
from heartsay.experiments.study import Place, Run, reproduce
from heartsay.models.hosts.decoder import load_host
from heartsay.models.hosts.questions import ask, prepared, with_answers
from heartsay.progress import Row, silent
from heartsay.training.run_folder import RunFolder
from heartsay.training.tasks.decoder import DecoderTraining, learnt_weights

pytestmark = [
    pytest.mark.skipif(find_spec("peft") is None, reason="peft, of the extra `mllm`, is not installed"),
    pytest.mark.skipif(find_spec("av") is None, reason="PyAV, of the extra `media`, is not installed"),
]

TAUGHT = {
    name: DecoderTraining(
        adapter=name, epochs=2, batch_size=2, rank=2, learning_rate=0.02, dropout=0.0, pictures=2
    )
    for name in ("lora", "mose")
}


def film(path: Path, seed: int) -> None:
    """A second of noise and of pictures."""
    import av

    random = np.random.default_rng(seed)
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("mpeg4", rate=10)
        pictures.width, pictures.height, pictures.pix_fmt = 32, 24, "yuv420p"
        sound = container.add_stream("pcm_s16le" if path.suffix == ".avi" else "aac", rate=16_000)
        sound.layout = "mono"
        for _ in range(10):
            shown = random.integers(0, 255, (24, 32, 3)).astype(np.uint8)
            container.mux(pictures.encode(av.VideoFrame.from_ndarray(shown, format="rgb24")))
        heard = (0.1 * random.normal(size=(1, 8_000))).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(heard, format="fltp", layout="mono")
        frame.sample_rate = 16_000
        container.mux(sound.encode(frame))
        for stream in (pictures, sound):
            container.mux(stream.encode())


ROWS = [
    ("train", "happy", "happy", "happy"),
    ("train", "angry", "angry", "neutral"),
    ("train", "neutral", "", ""),
    ("dev", "happy", "happy", "happy"),
    ("dev", "angry", "angry", "angry"),
    ("test", "happy", "happy", "happy"),
    ("test", "happy", "neutral", "happy"),
    ("test", "angry", "angry", "neutral"),
    ("test", "", "angry", "neutral"),
]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    path = folder / "clips.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "speaker", "label", "voice", "face", "file", "split"])
        for number, (split, label, voice, face) in enumerate(ROWS):
            film(folder / f"{number}.mp4", number)
            writer.writerow([f"c{number}", f"s{number}", label, voice, face, f"{number}.mp4", split])
    return path


@pytest.fixture
def thinker(tmp_path: Path, table: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    """A decoder that hears; transformers would want torchvision to load its processor from a folder."""
    monkeypatch.setattr(work, "_processor", lambda folder: prepared(thinker_processor()))
    return Host(save_thinker(tmp_path / "thinker"), table, "cpu", TAUGHT)


def changed(path: Path, table: Path, change: Any) -> Path:
    """The table with one thing otherwise, beside the same files."""
    shutil.copytree(table.parent, path, dirs_exist_ok=True)
    copy = path / table.name
    copy.write_text(change(copy.read_text()))
    return copy


def cut(path: Path, table: Path, number: int) -> Path:
    """The table with a film of which the rest is missing, beside the same files."""
    copy = changed(path, table, lambda text: text.replace(f"{number}.mp4", f"{number}.avi"))
    film(path / f"{number}.avi", number)
    whole = (path / f"{number}.avi").read_bytes()
    (path / f"{number}.avi").write_bytes(whole[: len(whole) // 2])
    return copy


def test_a_table_is_read_and_what_is_not_labelled_is_counted(table: Path) -> None:
    clips = read_clips(table)
    assert {split: len(items) for split, items in clips.items.items()} == {"train": 3, "dev": 2, "test": 3}
    assert clips.unlabelled == 1
    assert clips.labels.names == tuple(sorted(NAMES))
    assert clips.sides("train")[0].tolist()[2] == -1
    (decoded,) = clips.decode("test", np.array([1]), 3, 16_000)
    assert (decoded.id, decoded.warnings) == ("c6", ())
    assert decoded.clip.pictures.shape == (3, 24, 32, 3)
    assert 7_000 < len(decoded.clip.sound) < 10_000


def test_what_is_missing_of_a_clip_is_said(tmp_path: Path, table: Path) -> None:
    clips = read_clips(cut(tmp_path, table, 5))
    found = list(clips.decode("test", np.arange(3), 3, 16_000))
    assert [bool(decoded.warnings) for decoded in found] == [True, False, False]
    assert "the file is cut off" in found[0].warnings[-1]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (",split\n", ",part\n", "no split"),
        (",dev", ",validation", "'validation'"),
        ("0.mp4", "absent.mp4", "absent.mp4"),
        ("s3", "s0", "s0"),
        (",dev", ",train", "none in dev"),
    ],
)
def test_tables_that_do_not_do_are_refused(
    tmp_path: Path, table: Path, old: str, new: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        read_clips(changed(tmp_path, table, lambda text: text.replace("\r\n", "\n").replace(old, new)))


def test_a_study_of_a_decoder_that_only_sees(tmp_path: Path, table: Path) -> None:
    folder = tmp_path / "clips"
    table = cut(folder, table, 5)
    study = DecoderStudy(Place(tmp_path / "runs", tmp_path), save_llava(tmp_path / "llava"), table, TAUGHT)
    methods = [run.method for run in study.runs()]
    assert "mose-ar" not in methods  # there is nothing to move its attention to
    assert methods.count("as-it-is") == 1
    content = reproduce(study, tmp_path / "results", workers=1, report=silent)
    assert content["failed"] == {}
    assert content["done"] == content["runs"] == 7
    assert {row["method"] for row in content["rows"]} == {"as-it-is", "lora", "mose"}
    assert all(0 <= row["parsed"] <= 100 for row in content["rows"])
    taught = [row for row in content["rows"] if row["method"] == "lora"]
    assert all(row["consistent_count"] == row["face_aligned_count"] == 1 for row in taught)
    page = (tmp_path / "results" / "tables.md").read_text()
    assert "hears nothing" in page
    assert "1 without a label were left out" in page
    assert [(row["split"], row["clip"]) for row in content["warned"]] == [("test", "c5")]
    assert "- c5 (test): " in page
    assert "the file is cut off" in page

    assert not any(study.is_stale(run) for run in study.runs())
    as_it_is, lora = (next(run for run in study.runs() if run.method == m) for m in ("as-it-is", "lora"))
    for path in (tmp_path / "llava" / "model.safetensors", folder / "6.mp4"):
        content = path.read_bytes()
        path.write_bytes(content + b"x")
        assert all(study.is_stale(run) for run in study.runs())
        path.write_bytes(content)
        assert all(study.is_stale(run) for run in study.runs()), "it has been written anew"
    (as_it_is.folder(study.place.work) / "of-before").touch()
    study.work(as_it_is)
    assert not study.is_stale(as_it_is)
    assert not (as_it_is.folder(study.place.work) / "of-before").exists()
    assert study.is_stale(lora)


def test_what_was_read_with_what_another_run_learnt_is_stale_with_it(
    tmp_path: Path, thinker: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DecoderStudy, "_hears", lambda self: True)
    study = DecoderStudy(Place(tmp_path / "runs", tmp_path), thinker.folder, thinker.table, TAUGHT)
    moved = next(run for run in study.runs() if run.method == "mose-ar")
    (source,) = study.needs(moved)
    learnt = learnt_weights(RunFolder(source.folder(study.place.work)))
    learnt.parent.mkdir(parents=True)
    learnt.write_bytes(b"one")
    for run in (source, moved):
        run.folder(study.place.work).mkdir(parents=True, exist_ok=True)
        assert study.is_stale(run), "nothing says what it was made from"
        study.state(run)
    assert not study.is_stale(moved)
    learnt.write_bytes(b"another")
    assert study.is_stale(moved)
    assert not study.is_stale(source)
    learnt.write_bytes(b"one")
    (source.folder(study.place.work) / SOURCE).unlink()
    assert study.is_stale(moved)


def test_what_is_learnt_is_the_same_after_a_kill(tmp_path: Path, thinker: Host) -> None:
    for adapter in ("mose", "lora"):
        whole = teach(thinker, adapter, 1, tmp_path / f"{adapter}-whole")

        def stop(row: Row) -> None:
            if row.get("epoch") == 2 and row.get("step") == 1:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            teach(thinker, adapter, 1, tmp_path / adapter, stop)
        assert (tmp_path / adapter / "state.pt").exists()
        gone_on = teach(thinker, adapter, 1, tmp_path / adapter)
        weights = [load_file(r.path / "adapter" / "adapter_model.safetensors") for r in (whole, gone_on)]
        assert weights[0].keys() == weights[1].keys()
        assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
        assert len(list((tmp_path / adapter).glob("*.safetensors"))) == 0  # nothing of the decoder is kept


def test_attention_is_moved_towards_the_share_of_consistent_development_clips(
    tmp_path: Path, thinker: Host
) -> None:
    run = teach(thinker, "mose", 1, tmp_path / "mose")
    place = Place(tmp_path / "runs", tmp_path)
    said = []
    for moved in (False, True):
        cell = Run("clips", "thinker", f"moved-{moved}", 1)
        answer(thinker, run, moved, cell, place)
        said.append(json.loads((cell.folder(place.work) / ANSWERS).read_text()))
    told = json.loads((cell.folder(place.work) / SETTINGS).read_text())
    assert 0 < told["target"] < 1
    assert {split: len(words) for split, words in said[0].items()} == {"dev": 2, "test": 3}


def test_what_is_learnt_is_the_answer_and_its_end_alone(table: Path) -> None:
    processor = prepared(thinker_processor())
    clips = [found.clip for found in read_clips(table).decode("train", np.array([0, 1]), 2, 16_000)]
    asked = ask(processor, "which emotion ?", clips)
    found = with_answers(asked, ["happy", "happy angry"], processor.tokenizer)
    prompt = asked["input_ids"].shape[1]
    assert torch.equal(found["input_ids"][:, :prompt], asked["input_ids"])
    words = processor.tokenizer.convert_tokens_to_ids(["happy", "angry", "[EOS]"])
    assert found["labels"][:, prompt:].tolist() == [[words[0], words[2], -100], words]
    assert (found["labels"][:, :prompt] == -100).all()
    assert found["attention_mask"][0, prompt:].tolist() == [1, 1, 0]


def test_a_decoder_of_the_whole_omni_kind_is_loaded_by_its_thinker(tmp_path: Path) -> None:
    folder = save_thinker(tmp_path / "whole")
    thinker = json.loads((folder / "config.json").read_text())
    whole = {"model_type": "qwen2_5_omni", "thinker_config": thinker, "enable_audio_output": False}
    (folder / "config.json").write_text(json.dumps(whole))
    assert type(load_host(folder)).__name__ == "Qwen2_5OmniThinkerForConditionalGeneration"
