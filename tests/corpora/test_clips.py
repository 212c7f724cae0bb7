"""Which file is whose, by the names that corpora give their clips."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.dummies.clip_folders import FOLDERS, write_meld_clips
from tests.dummies.clips import write_crema_d
from tests.dummies.corpora import write_corpora

from heartsay.corpora.clip_layouts import LAYOUTS, layout
from heartsay.corpora.clips import find_clips, split_of
from heartsay.errors import InputError
from heartsay.labels import CREMA_D


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("train_splits/dia0_utt0.mp4", "train"),
        ("MELD.Raw/dev_splits_complete/dia0_utt0.mp4", "dev"),
        ("output_repeated_splits_test/a.mp4", "test"),
        ("test/train/a.wav", "train"),
        ("Valid/a.wav", "dev"),
        ("train.wav", None),
        ("clips/a.wav", None),
    ],
)
def test_the_innermost_telling_folder_names_the_split(path: str, split: str | None) -> None:
    assert split_of(Path(path)) == split


def test_melds_clips_find_their_utterances(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_corpora(tmp_path / "data")
    monkeypatch.setenv("HEARTSAY_DATA", str(tmp_path / "data"))
    source = tmp_path / "raw"
    count = write_meld_clips(source)
    train = source / FOLDERS["train"]
    (train / "dia0_utt1.wav").unlink()
    touch(train, "dia900_utt1.mp4", "final_videos_testdia0_utt0.mp4", "._dia0_utt0.mp4", "dia0_utt0.webm")
    found = find_clips(source, layout("meld"))
    assert list(found.splits) == ["train", "dev", "test"]
    assert len(found.files) == count - 1
    assert found.files["train_dia0_utt0"] == Path("train_splits/dia0_utt0.wav")
    assert "train_dia0_utt1" not in found.files
    assert [p.name for p in found.strange] == ["dia900_utt1.mp4", "final_videos_testdia0_utt0.mp4"]
    assert [p.name for p in found.repeated] == ["dia0_utt0.webm"]
    assert found.splits["dev"][0].utterances[0].speaker == "Ada"


def test_of_meld_only_the_splits_that_are_there_are_read(tmp_path: Path) -> None:
    write_corpora(tmp_path / "data")
    (tmp_path / "data/meld/test_sent_emo.csv").rename(tmp_path / "test_sent_emo.csv")
    touch(tmp_path, "test/dia0_utt0.mp4")
    found = find_clips(tmp_path, layout("meld"))  # and HEARTSAY_DATA is not needed
    assert list(found.splits) == ["test"]
    assert list(found.files) == ["test_dia0_utt0"]


def test_ecfs_clips_are_named_by_conversation_and_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_corpora(tmp_path / "data")
    monkeypatch.setenv("HEARTSAY_DATA", str(tmp_path / "data"))
    touch(tmp_path / "clips", "dia1utt1.mp4", "dia1utt3.mp4", "dia1utt99.mp4", "other.mp4")
    found = find_clips(tmp_path / "clips", layout("ecf"))
    assert list(found.files) == ["dia1utt1", "dia1utt3"]
    assert found.absent == ("dev", "test")
    first = found.splits["train"][0]
    assert (first.id, first.utterances[0].id) == ("ecf_train_1", "dia1utt1")


def test_iemocaps_sentences_carry_its_labels(tmp_path: Path) -> None:
    for session in (1, 2, 5):
        name = f"Ses0{session}F_impro01"
        dialog = tmp_path / f"Session{session}" / "dialog"
        (dialog / "transcriptions").mkdir(parents=True)
        (dialog / "EmoEvaluation").mkdir()
        (dialog / "transcriptions" / f"{name}.txt").write_text(
            f"{name}_F000 [006.2901-008.2357]: Excuse me.\n{name}_M000 [009.0000-010.0000]: Do you have it?\n"
        )
        (dialog / "EmoEvaluation" / f"{name}.txt").write_text(
            "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"
            f"[6.2901 - 8.2357]\t{name}_F000\tfru\t[2.5000, 2.5000, 2.5000]\n"
            "C-E2:\tNeutral;\t()\n"
            f"[9.0000 - 10.0000]\t{name}_M000\txxx\t[2.5000, 2.5000, 2.5000]\n"
        )
        wavs = f"Session{session}/sentences/wav/{name}/{name}"
        touch(tmp_path, f"{wavs}_F000.wav", f"{wavs}_M000.wav", f"Session{session}/dialog/wav/{name}.wav")
    found = find_clips(tmp_path, layout("iemocap"))
    assert {split: [c.id for c in talk] for split, talk in found.splits.items()} == {
        "train": ["Ses02F_impro01"],
        "dev": ["Ses01F_impro01"],
        "test": ["Ses05F_impro01"],
    }
    turns = found.splits["test"][0].utterances
    assert [(u.id[-4:], u.speaker, u.text, u.emotion) for u in turns] == [
        ("F000", "F", "Excuse me.", "frustrated"),
        ("M000", "M", "Do you have it?", None),
    ]
    assert len(found.files) == 6
    assert len(found.strange) == 3


def test_crema_ds_clips_carry_what_was_heard_and_actors_are_in_one_split(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_crema_d(tmp_path)
    monkeypatch.setenv("HEARTSAY_DATA", str(tmp_path))
    found = find_clips(tmp_path / "crema-d" / "audio", layout("crema-d"))
    turns = {s: [c.utterances[0] for c in talk] for s, talk in found.splits.items()}
    actors = {split: {u.speaker for u in own} for split, own in turns.items()}
    assert not actors["train"] & (actors["dev"] | actors["test"])
    assert sum(map(len, turns.values())) == 60
    assert {u.emotion for own in turns.values() for u in own} == {"anger", "neutral", "sadness"}
    assert LAYOUTS["crema-d"].labels == CREMA_D


def test_of_a_folder_each_folder_is_a_conversation(tmp_path: Path) -> None:
    touch(tmp_path, "train/one/b.wav", "train/one/a.wav", "train/one/a.mp3", "test/two/a.wav", "readme.txt")
    (tmp_path / "train" / "two.wav").mkdir()
    os.mkfifo(tmp_path / "train" / "pipe.wav")
    found = find_clips(tmp_path, layout("folder"))
    talk = {split: [(c.id, [u.id for u in c.utterances]) for c in own] for split, own in found.splits.items()}
    assert talk == {
        "test": [("test/two", ["test/two/a"])],
        "train": [("train/one", ["train/one/a", "train/one/b"])],
    }
    assert found.repeated == (Path("train/one/a.wav"),)


def test_of_ones_own_clips_a_transcript_tells_words_speakers_and_labels(tmp_path: Path) -> None:
    talk = tmp_path / "talk.csv"
    talk.write_text(
        "conversation,id,speaker,text,emotion\nx,1,Ana,Hello there.,joy\nx,2,Ben,Go away.,anger\n"
        "y,1,Ana,Who is it?,surprise\ny,2,Ben,Nobody.,neutral\n"
    )
    touch(tmp_path / "clips", "train/x/1.wav", "train/x/2.wav", "test/y/1.wav", "test/y/7.wav")
    found = find_clips(tmp_path / "clips", layout("folder", talk))
    assert [u.id for u in found.splits["train"][0].utterances] == ["train/x/1", "train/x/2"]
    y = found.splits["test"][0]
    assert [(u.id, u.emotion) for u in y.utterances] == [("test/y/1", "surprise"), ("talk/y/2", "neutral")]
    assert found.strange == (Path("test/y/7.wav"),)
    with pytest.raises(InputError, match="none, since MELD has its own"):
        layout("meld", talk)


def test_a_layout_of_ones_own_is_named_as_a_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "harbour_clips.py").write_text(
        "from heartsay.conversation import Conversation, Utterance\n"
        "from heartsay.corpora.clips import ClipLayout\n"
        "from heartsay.labels import EMOTIONS\n\n"
        "def read(source, names):\n"
        "    return {'train': [Conversation('c', (Utterance('u1', 'Ana', 'Hello.', emotion='joy'),))]}\n\n"
        "LAYOUT = ClipLayout('harbour', 'Harbour', 'ours', EMOTIONS, read, lambda path: 'u' + path.stem)\n"
    )
    monkeypatch.chdir(tmp_path)
    touch(tmp_path / "clips", "1.wav", "2.wav")
    found = find_clips(tmp_path / "clips", layout("harbour_clips:LAYOUT"))
    assert (found.files, found.strange) == ({"u1": Path("1.wav")}, (Path("2.wav"),))


def test_what_is_no_folder_of_clips_gets_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="no such folder"):
        find_clips(tmp_path / "nowhere", layout("folder"))
    with pytest.raises(InputError, match="one audio or video file"):
        find_clips(tmp_path, layout("folder"))
    with pytest.raises(InputError, match="a corpus of clips out of meld"):
        layout("mosei")
    write_corpora(tmp_path / "data")
    monkeypatch.setenv("HEARTSAY_DATA", str(tmp_path / "data"))
    touch(tmp_path / "clips", "train/a.wav")
    with pytest.raises(InputError, match="clips named as those of MELD"):
        find_clips(tmp_path / "clips", layout("meld"))
