import os
import unicodedata

import pytest

from heartsay.formats import folders
from heartsay.formats.folders import give_labels
from heartsay.formats.registry import SUFFIXES, TEXT_SUFFIX

READ = {*SUFFIXES, TEXT_SUFFIX}


def walk(folder):
    return folders.walk(folder, READ)


def label_paths(paths):
    return folders.label_paths(paths, READ)


def files(*names):
    return list(give_labels(names))


def test_a_file_is_called_by_its_stem():
    assert files("a.json", "b.c.vtt") == ["a", "b.c"]


def test_like_stems_keep_their_suffix_capitals_aside():
    assert files("Chat.json", "chat.csv", "other.csv") == ["Chat.json", "chat.csv", "other"]
    assert files("Chat.json", "chat.json") == ["Chat.json", "chat.json~2"]
    nfd = unicodedata.normalize("NFD", "é.csv")
    assert (
        len({unicodedata.normalize("NFC", label).casefold() for label in files("é.csv", nfd, "É.csv")}) == 3
    )


def test_a_stem_that_is_anothers_name_is_kept_apart():
    assert files("a.csv", "a.json", "a.json.srt") == ["a.csv", "a.json~2", "a.json"]


def test_a_file_does_not_take_a_folders_name():
    assert files("a/", "a.csv") == ["a", "a.csv"]


def test_control_characters_and_undecodable_bytes_stay_out_of_ids():
    assert files("a\nb.csv", "\udcff.csv", " ") == ["a b", "\ufffd", "unnamed"]


def make(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")


def test_walk_goes_by_name_and_passes_over_what_is_no_conversation(tmp_path):
    make(tmp_path, "b.json", "a/z.csv", "a/y.srt", "c/chat.vtt", "d/chat.vtt", "e.TXT", "E.JSON")
    make(tmp_path, ".hidden.json", ".git/x.json", "notes.md2", "voice.wav", "f/only.png", "no_suffix")
    found = list(walk(str(tmp_path)))
    assert [entry.label for entry in found] == ["E.JSON", "a/y", "a/z", "b", "c/chat", "d/chat", "e.TXT"]
    assert [os.path.relpath(entry.path, tmp_path) for entry in found][1:3] == ["a/y.srt", "a/z.csv"]


def test_walk_does_not_go_round_in_circles_nor_wait_at_pipes(tmp_path):
    make(tmp_path, "a/x.json")
    (tmp_path / "a" / "back").symlink_to(tmp_path)
    (tmp_path / "b").symlink_to(tmp_path / "a")
    (tmp_path / "gone.json").symlink_to(tmp_path / "nowhere.json")
    os.mkfifo(tmp_path / "pipe.json")
    labels = [entry.label for entry in walk(str(tmp_path))]
    assert labels == ["a/x", "b/x", "gone"]


def test_walk_reports_a_folder_that_cannot_be_listed(tmp_path):
    (found,) = walk(str(tmp_path / "nowhere"))
    assert isinstance(found.error, FileNotFoundError)


def labels(folder, *names):
    return [label for _, label in label_paths([str(folder / name) for name in names])]


def test_paths_named_one_by_one(tmp_path):
    make(tmp_path, "x/chat.json", "y/chat.json", "y/other.csv", "z.json")
    assert labels(tmp_path, "x/chat.json") == ["chat"]
    assert labels(tmp_path, "x/chat.json", "y/other.csv") == ["chat", "other"]
    assert labels(tmp_path, "x/chat.json", "y/chat.json") == ["x/chat", "y/chat"]
    assert labels(tmp_path, "x") == [""]
    assert labels(tmp_path, "x", "y", "z.json") == ["x/", "y/", "z"]
    assert label_paths([]) == []


def test_a_path_is_read_once(tmp_path, monkeypatch):
    make(tmp_path, "x/chat.json", "x/notes.pdf")
    monkeypatch.chdir(tmp_path)
    assert label_paths(["x/chat.json", "./x/chat.json"]) == [("x/chat.json", "chat")]
    assert label_paths(["x", "x/chat.json", "x/"]) == [("x", "")]
    assert [path for path, _ in label_paths(["x", "x/notes.pdf"])] == ["x", "x/notes.pdf"]


@pytest.mark.parametrize("count", [3000])
def test_labels_of_a_large_folder_differ_even_without_capitals(count):
    names = [f"{'C' if n % 2 else 'c'}hat{n // 4}.{'json' if n % 4 < 2 else 'csv'}" for n in range(count)]
    assert len({label.casefold() for label in files(*names)}) == count
