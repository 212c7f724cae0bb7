"""What the commands of research cannot do: one sentence, and nothing is left behind."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.dummies.commands import Ran, contents, one_sentence, run

from heartsay.experiments import configurations
from heartsay.experiments.release import releases

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("as_json", [False, True], ids=["for people", "for programs"])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "CONFIG", "--out", "new", "--seed", "-1"], "--seed"),
        (["train", "CONFIG", "--out", "new", "--seed", str(2**64)], "--seed"),
        (["train", "CONFIG", "--out", "new", "--device", "abacus"], "--device"),
        (["train", "missing.yaml", "--out", "new"], "missing.yaml"),
        (["train", "unknown.yaml", "--out", "new"], "unknown.yaml, epoch"),
        (["train", "no-encoder.yaml", "--out", "new"], "no/such/encoder"),
        (["calibrate", "nowhere"], "nowhere"),
        (["calibrate", "cut"], "cut"),
        (["export", "nowhere"], "nowhere"),
        (["export", "cut"], "cut"),
        (["calibrate", "half"], "half"),
        (["export", "half"], "half"),
        (["evaluate", "--model", "EXPORTED", "--corpus", "iemocap"], "iemocap"),
        (["evaluate", "--model", "EXPORTED", "--corpus", "meld", "--split", "validation"], "validation"),
        (["evaluate", "--model", "EXPORTED", "--corpus", "meld", "--coverage", "1.5"], "--coverage"),
        (["evaluate", "--model", "EXPORTED", "--corpus", "meld", "--coverage", "nan"], "--coverage"),
        (["evaluate", "--model", "RUN", "--corpus", "meld"], "heartsay export"),
        (["reproduce", "default", "--work", "new", "--seeds", "1"], "--seeds"),
        (["reproduce", "default", "--work", "new", "--seeds", "1,1"], "--seeds"),
        (["reproduce", "default", "--work", "new", "--seeds", "1,-2"], "--seeds"),
        (["reproduce", "default", "--work", "new", "--seeds", "one,two"], "--seeds"),
        (["reproduce", "default", "--work", "new", "--device", "abacus"], "--device"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_done_gets_one_sentence(
    arguments: list[str],
    message: str,
    as_json: bool,
    settings: Path,
    data: Path,
    trained: tuple[Ran, Path],
    exported: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("unknown.yaml").write_text("name: mine\nepoch: 3\n")
    Path("no-encoder.yaml").write_text("name: mine\nencoder: no/such/encoder\n")
    # A run that was killed before its first epoch was told.
    Path("cut").mkdir()
    shutil.copy(trained[1] / "run.json", "cut")
    # One that was killed while it wrote its readings down.
    shutil.copytree(trained[1], "half")
    for file in Path("half").glob("readings-*"):
        file.write_bytes(file.read_bytes()[:1000])
    before = contents(tmp_path)
    places = {"CONFIG": settings, "RUN": trained[1], "EXPORTED": exported}
    given = [places.get(part, part) for part in arguments]

    ran = run(*given, *(["--json"] if as_json else []), data=data)

    assert ran.code == 2
    assert one_sentence(ran)
    assert message in ran.err
    if as_json:
        assert ran.said() == {"command": arguments[0], "error": ran.err.rstrip("\n")}
    else:
        assert ran.out == ""
    if "no-encoder.yaml" not in arguments:  # what a run was asked for is written down before it begins
        assert contents(tmp_path) == before


NEEDS_DATA = [
    ["train", "CONFIG", "--out", "new"],
    ["calibrate", "EXPORTED"],
    ["export", "RUN", "--out", "new"],
    ["evaluate", "--model", "EXPORTED", "--corpus", "ecf"],
    ["reproduce", "default", "--work", "new", "--results", "new", "--ship", "new"],
]


@pytest.mark.parametrize("lacks", ["a name", "the folder", "a file"])
@pytest.mark.parametrize("arguments", NEEDS_DATA, ids=lambda arguments: arguments[0])
def test_missing_data_gets_one_sentence_and_leaves_nothing(
    arguments: list[str],
    lacks: str,
    settings: Path,
    data: Path,
    trained: tuple[Ran, Path],
    exported: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(releases, "packed", lambda name: configurations.packed(settings))
    places = {"CONFIG": settings, "RUN": trained[1], "EXPORTED": exported}
    given = [places.get(part, part) for part in arguments]
    before = contents(exported)
    if lacks == "a file":
        where = shutil.copytree(data, tmp_path / "data")
        (where / "ecf/test.txt").unlink()

    ran = run(
        *given,
        "--json",
        data={"a name": None, "the folder": tmp_path / "nowhere", "a file": tmp_path / "data"}[lacks],
    )

    assert ran.code == 2
    assert one_sentence(ran)
    assert ("ecf/test.txt" if lacks == "a file" else "HEARTSAY_DATA") in ran.said()["error"]
    assert contents(exported) == before
    assert not [path for path in tmp_path.rglob("*") if "data" not in path.parts and path.is_file()]
