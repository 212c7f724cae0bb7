"""`heartsay check-backbone` on classes of a file in the current folder."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from heartsay import cli

CODE = """
import torch
from torch import nn

from heartsay.models.backbone import Backbone, EmotionReading, FillMissing


class Fine(Backbone):
    def __init__(self, shape, *, width: int = 8, filling: str = "zero"):
        super().__init__()
        self.fill = FillMissing(shape.widths, filling)
        self.encode = nn.Linear(sum(shape.widths.values()), width)
        self.head = nn.Linear(2 * width, shape.classes)

    def forward(self, evidence):
        alone = torch.relu(self.encode(torch.cat(list(self.fill(evidence).values()), -1)))
        weights = self.weights(evidence)
        both = torch.cat([alone, weights @ alone / weights.sum(-1, keepdim=True).clamp(min=1)], -1)
        return EmotionReading(self.head(both), both)

    def weights(self, evidence):
        return evidence.visible.float()


class Leaks(Fine):
    strict_by_construction = True

    def weights(self, evidence):
        return (evidence.real[:, :, None] & evidence.real[:, None, :]).float()


class Undefined(Fine):
    def weights(self, evidence):
        return evidence.visible.float() * torch.nan


class Breaks(Fine):
    def weights(self, evidence):
        return evidence.visible.float() @ torch.zeros(3, 3)
"""


CODE += """

class Leaves(Fine):
    def __init__(self, shape):
        raise SystemExit(0)


class Prints(Fine):
    def weights(self, evidence):
        print("I read")
        return super().weights(evidence)


class Whole(Fine):
    def forward(self, evidence):
        return super().forward(evidence).emotion


class Empty(Fine):
    def forward(self, evidence):
        emotion, vectors = super().forward(evidence)
        return EmotionReading(emotion, vectors[..., :0])
"""


@pytest.fixture(autouse=True)
def in_a_folder_with_classes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own_classes.py").write_text(CODE, "utf-8")
    monkeypatch.delitem(sys.modules, "own_classes", raising=False)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["heartsay", "check-backbone", *arguments])
        with pytest.raises(SystemExit) as exit_:
            cli.main()
    printed = capsys.readouterr()
    assert isinstance(exit_.value.code, int)
    return exit_.value.code, printed.out, printed.err


def test_a_backbone_that_keeps_to_everything(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "own_classes:Fine", "--settings", "width=4")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert len(lines) == 5
    assert all(line.startswith("holds  ") for line in lines[:4])
    assert "padding and batch mates change nothing: largest deviation" in lines[0]
    assert lines[4].endswith("own_context 0.0e+00, other_context 0.0e+00")


def test_a_backbone_that_leaks(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "own_classes:Leaks", "--settings", "filling=learned")
    assert code == 1
    assert [line.split()[0] for line in out.splitlines()[:4]] == ["holds", "FAILS", "FAILS", "FAILS"]
    assert "filling learned" in out
    code, out, _ = run(capsys, "own_classes:Leaks", "--settings", "filling=learned", "--json")
    document = json.loads(out)
    assert (code, document["holds"]) == (1, False)
    failed = {(f["proof"], f["mode"]) for f in document["findings"] if not f["holds"]}
    assert failed == {("alone", "strict"), ("hidden", "strict"), ("felt", "strict"), ("felt", "edges")}
    assert min(document["edge_leaks"].values()) > 1e-4


def test_one_that_breaks_off_is_located(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "own_classes:Breaks")
    assert (code, out) == (2, "")
    line = CODE.splitlines().index("        return evidence.visible.float() @ torch.zeros(3, 3)") + 1
    assert f"own_classes.py, line {line}: expected a backbone that reads" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["own_classes:Fin"], "expected a backbone called Fin"),
        (["own_classes:Fine", "--settings", "width"], "expected KEY=VALUE, found 'width'"),
        (["own_classes:Fine", "--settings", "depth=3"], "the settings of own_classes:Fine are width (8)"),
        (["own_classes:Fine", "--settings", "width=wide"], "width: expected int, found 'wide'"),
        (["m4net"], "a backbone out of dialogue-rnn"),
    ],
)
def test_what_cannot_be_tried_is_said(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capsys, *arguments)
    assert code == 2
    assert says in err


def test_a_backbone_that_ends_the_program_has_not_passed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "own_classes:Leaves")
    assert (code, out) == (2, "")
    assert "found SystemExit: 0; correct its constructor or its forward." in err


def test_what_a_backbone_prints_is_no_part_of_the_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "own_classes:Prints", "--json", "--settings", "filling=zero")
    assert (code, json.loads(out)["holds"]) == (0, True)
    assert "I read" in err


@pytest.mark.parametrize(
    ("name", "found"),
    [("Whole", "an EmotionReading of two tensors of floats, found torch.float32;"), ("Empty", "7, 0);")],
)
def test_an_answer_of_another_kind_is_said(capsys: pytest.CaptureFixture[str], name: str, found: str) -> None:
    code, out, err = run(capsys, f"own_classes:{name}")
    assert (code, out) == (2, "")
    assert found in err


def test_what_is_no_number_fails_and_is_null_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "own_classes:Undefined", "--json")
    assert code == 1

    def refused(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    findings = json.loads(out, parse_constant=refused)["findings"]
    company = [row for row in findings if row["proof"] == "company"]
    assert {row["deviation"] for row in company} == {None}
    assert not any(row["holds"] for row in company)
