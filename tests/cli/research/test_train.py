"""`heartsay train`: epochs, what is learnt, and runs that are killed, repeated or asked for without torch."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from tests.cli.research.conftest import OTHER_SEED, SEED
from tests.dummies.commands import Ran, contents, in_a_process, one_sentence, run
from tests.dummies.corpora import write_corpora

from heartsay.training.run_folder import RunFolder

pytestmark = pytest.mark.timeout(600)


def test_training_tells_its_epochs_and_leaves_a_whole_run(trained: tuple[Ran, Path]) -> None:
    ran, folder = trained
    assert (ran.code, ran.err) == (0, "")
    assert set(contents(folder)) == {
        "run.json",
        "metrics.jsonl",
        "model.safetensors",
        "readings-meld-dev.npz",
        "readings-ecf-dev.npz",
    }
    said = ran.said()
    assert said["epochs"] == [json.loads(line) for line in (folder / "metrics.jsonl").open()]
    assert [row["epoch"] for row in said["epochs"]] == [1, 2, 3, 4, 5]
    assert said["best"] in said["epochs"]
    assert said["best"]["selection"] == max(row["selection"] for row in said["epochs"])


def test_something_is_learnt(trained: tuple[Ran, Path]) -> None:
    said = trained[0].said()
    first, best = said["epochs"][0], said["best"]
    assert best["weighted_f1"] > first["weighted_f1"] + 20
    assert best["pair_f1"] > first["pair_f1"] + 10


def test_a_test_utterance_among_the_training_data_changes_nothing(
    trained: tuple[Ran, Path], settings: Path, tmp_path: Path
) -> None:
    clean = write_corpora(tmp_path / "data", leak=False)
    ran = run("train", settings, "--out", tmp_path / "run", "--json", data=clean)
    assert ran.said()["epochs"] == trained[0].said()["epochs"]


def test_what_was_planted_would_be_seen(
    trained: tuple[Ran, Path], settings: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above: without the sieve the same utterance changes the run."""
    monkeypatch.setattr("heartsay.training.examples.drop_held_out", lambda read, **_: list(read))
    ran = run("train", settings, "--out", tmp_path / "run", "--json", data=data)
    assert ran.code == 0
    assert ran.said()["epochs"] != trained[0].said()["epochs"]


KILL = """
import os, signal
from heartsay.training.configuration import Configuration
from heartsay.training.run_folder import RunFolder
from heartsay.training.tasks import packed_dialogue

def kill_after(owner, name, calls):
    function, made = getattr(owner, name), []
    def counting(*arguments):
        result = function(*arguments)
        made.append(None)
        if len(made) == calls:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    setattr(owner, name, counting)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize(
    ("place", "told"),
    [("packed_dialogue, 'recognise_and_cause', 30", 1), ("RunFolder, 'write_history', 2", 2)],
    ids=["in an epoch", "while an epoch is written down"],
)
def test_a_run_that_was_killed_goes_on_to_the_same_numbers(
    trained: tuple[Ran, Path], settings: Path, data: Path, tmp_path: Path, place: str, told: int
) -> None:
    folder = tmp_path / "run"
    arguments = ("train", settings, "--out", folder, "--seed", str(SEED))
    killed = in_a_process(f"{KILL}kill_after({place})", *arguments, data=data)
    assert killed.code == -signal.SIGKILL
    assert len(RunFolder(folder).history()) == told
    assert not RunFolder(folder).is_finished()

    assert run(*arguments, data=data).code == 0

    assert contents(folder) == contents(trained[1])


def test_a_run_is_not_trained_over(
    trained: tuple[Ran, Path], settings: Path, data: Path, tmp_path: Path
) -> None:
    before = contents(trained[1])
    again = run("train", settings, "--out", trained[1], "--seed", str(SEED), "--json", data=data)
    assert again == trained[0]
    longer = tmp_path / "longer.yaml"
    longer.write_text(settings.read_text("utf-8").replace("epochs: 5", "epochs: 6"), "utf-8")
    for given, seed in ((settings, OTHER_SEED), (longer, SEED)):
        ran = run("train", given, "--out", trained[1], "--seed", str(seed), "--json", data=data)
        assert ran.code == 2
        assert one_sentence(ran)
        assert "another configuration or seed" in ran.said()["error"]
    assert contents(trained[1]) == before


def test_a_person_is_told_epochs_and_what_comes_next(settings: Path, data: Path, tmp_path: Path) -> None:
    ran = run("train", settings, "--out", tmp_path / "run", "--seed", str(OTHER_SEED), data=data)
    assert [line.split(":")[0] for line in ran.err.splitlines()] == [f"epoch {n}" for n in range(1, 6)]
    assert f"Next: heartsay export {tmp_path / 'run'}" in ran.out.replace("\n", " ")


@pytest.mark.parametrize("as_json", [False, True])
def test_training_without_its_packages_names_the_extra(
    settings: Path, data: Path, tmp_path: Path, as_json: bool
) -> None:
    arguments = ["train", settings, "--out", tmp_path / "run", *(["--json"] if as_json else [])]
    ran = in_a_process("import sys; sys.modules['torch'] = None", *arguments, data=data)
    assert ran.code == 2
    assert one_sentence(ran)
    assert "install -c constraints.txt -e '.[train]'" in ran.err
    assert ran.said()["error"] == ran.err.rstrip("\n") if as_json else ran.out == ""
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("configuration", ["m3net-meld-voices", "voice", "small"])
def test_teachers_are_refused_where_nothing_learns_from_them(configuration: str, tmp_path: Path) -> None:
    ran = run("train", configuration, "--out", tmp_path / "run", "--teacher", tmp_path)
    assert ran.code == 2
    assert "--teacher" in ran.err
    assert not (tmp_path / "run").exists()
