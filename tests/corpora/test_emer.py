from __future__ import annotations

from pathlib import Path

import pytest

from heartsay.corpora.emer import DescribedClip, read_emer
from heartsay.errors import InputError

FIRST = """names,emotions,subtitles,reasons
sample_1,worried,"Where, please, is she?","His brows are knit, so he worries."
sample_2,happy,,She laughs.
"""
SECOND = 'names,chinese,english\nsample_1,"他皱着眉头。","In the video, his brows are knit."\n'


def test_version_1_has_labels_and_words(tmp_path: Path) -> None:
    (tmp_path / "gt-eng.csv").write_text(FIRST, "utf-8")
    assert read_emer(tmp_path) == [
        DescribedClip("sample_1", "His brows are knit, so he worries.", "worried", "Where, please, is she?"),
        DescribedClip("sample_2", "She laughs.", "happy", None),
    ]


def test_version_2_has_descriptions_in_two_languages_and_goes_first(tmp_path: Path) -> None:
    (tmp_path / "dataset-v1").mkdir()
    (tmp_path / "dataset-v2").mkdir()
    (tmp_path / "dataset-v1" / "gt-eng.csv").write_text(FIRST, "utf-8")
    path = tmp_path / "dataset-v2" / "final-EMER-reason.csv"
    path.write_text(SECOND, "utf-8")
    assert read_emer(tmp_path) == [DescribedClip("sample_1", "In the video, his brows are knit.")]
    assert read_emer(path, "chinese")[0].description == "他皱着眉头。"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("gt-eng.csv", FIRST.replace("worried", "gloomy"), "sample_1: expected an emotion out of"),
        ("gt-eng.csv", FIRST.replace("sample_2", "sample_1"), "expected each clip once"),
        ("gt-eng.csv", FIRST.replace("She laughs.", " "), "sample_2: expected a description, found none"),
        ("gt-eng.csv", "names,emotions\n", "subtitles"),
        ("final-EMER-reason.csv", "names,chinese\n", "english"),
        ("other.csv", FIRST, "expected final-EMER-reason.csv or gt-eng.csv, found neither"),
    ],
)
def test_what_is_not_as_published_is_refused(tmp_path: Path, name: str, content: str, sentence: str) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(InputError, match=sentence):
        read_emer(tmp_path)
