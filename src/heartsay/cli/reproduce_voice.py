"""`heartsay reproduce words-and-voice`: what a real voice adds to the words."""

from __future__ import annotations

from pathlib import Path

from heartsay.cli.console import AsJson, print_json, reporting
from heartsay.cli.options import Model, training_packages
from heartsay.cli.progress import Reporter
from heartsay.cli.reproduce import Results
from heartsay.cli.reproduce_cmerc import reproduce_app

__all__ = ["reproduce_app"]
"""The commands of `reproduce`, these among them."""


@reproduce_app.command("words-and-voice")
def reproduce_words_and_voice(
    model: Model = None, results: Results = Path("results"), as_json: AsJson = False
) -> None:
    """What a real voice adds to the words, on MELD's conversations with real voices.

    Cross-validated, in some minutes of one core. Needs MELD with its voices under HEARTSAY_DATA.
    Writes RESULTS/words-and-voice.

    \b
    Example:
      heartsay reproduce words-and-voice
    """
    with reporting("reproduce", as_json), training_packages():
        from heartsay.experiments.words_and_voice.study import reproduce
        from heartsay.runtime import Bundle, find_model

        with Reporter("Reading the words", as_json) as report:
            content = reproduce(Bundle.load(find_model(model)), results / "words-and-voice", report)
        if as_json:
            print_json("reproduce", content)
        else:
            print(f"Written: {results / 'words-and-voice' / 'tables.md'}")
