"""Objects of a user's own, named `module:Name`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from heartsay.errors import InputError
from heartsay.extension import is_reference, load, load_class


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty current folder; what is imported from it is forgotten again."""
    modules, path = set(sys.modules), list(sys.path)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def test_module_of_the_current_folder(folder: Path) -> None:
    (folder / "my_numbers.py").write_text("import my_sibling\nTEN = my_sibling.FIVE * 2\n")
    (folder / "my_sibling.py").write_text("FIVE = 5\nclass Whole(int): pass\n")
    before = list(sys.path)
    assert load("my_numbers:TEN", int, "a number") == 10
    assert load_class("my_sibling:Whole", int, "a number").__name__ == "Whole"
    assert sys.path[: len(before)] == before  # nothing that is installed is hidden afterwards


def test_installed_module() -> None:
    assert load_class("collections.abc:Sized", object, "a class").__name__ == "Sized"


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("my_thing", "the reference to a number: expected module:Name"),
        ("my_thing:", "expected module:Name"),
        ("no_such_module:TEN", "found no module no_such_module; run the command in the module's folder"),
        ("my_thing.part:TEN", "found no module my_thing.part;"),
        ("my_thing:ELEVEN", "expected a number called ELEVEN in .*my_thing.py, found TEN;"),
        (
            "my_thing:NAME",
            "expected a number, an instance of int, found an object of type str; name an object of that kind",
        ),
        ("my_broken:TEN", "expected a module my_broken that can be imported, found SyntaxError: "),
        ("my_leaver:TEN", "expected a module my_leaver that can be imported, found SystemExit: 0;"),
        ("my_answers:TEN", "expected a module my_answers that can be imported, found RuntimeError: no;"),
        ("my_needy:TEN", "found ModuleNotFoundError: No module named 'no_such_module';"),
    ],
)
def test_errors_are_one_sentence(folder: Path, reference: str, sentence: str) -> None:
    (folder / "my_thing.py").write_text("TEN = 10\nNAME = 'ten'\n")
    (folder / "my_broken.py").write_text("def (\n")
    (folder / "my_leaver.py").write_text("import sys\nsys.exit(0)\n")
    (folder / "my_answers.py").write_text("def __getattr__(name): raise RuntimeError('no')\n")
    (folder / "my_needy.py").write_text("import no_such_module\n")
    with pytest.raises(InputError, match=sentence):
        load(reference, int, "a number")


def test_instance_where_a_class_is_wanted(folder: Path) -> None:
    (folder / "my_thing.py").write_text("TEN = 10\n")
    with pytest.raises(InputError, match="expected a number, a subclass of int, found an object of type int"):
        load_class("my_thing:TEN", int, "a number")


@pytest.mark.parametrize("text", ["a:B", "a.b:C", "_a:b_1"])
def test_reference(text: str) -> None:
    assert is_reference(text)


@pytest.mark.parametrize("text", ["a", "a:", ":b", "a/b:c", "a:b.c", r"C:\x", "a:1", ""])
def test_no_reference(text: str) -> None:
    assert not is_reference(text)
