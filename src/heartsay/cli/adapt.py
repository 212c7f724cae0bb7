"""`heartsay adapt`: fit the shipped model to a user's own talk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from heartsay.cli.console import AsJson, print_json, print_notes, reporting
from heartsay.cli.labels import OwnLabel, OwnLabels, own_labels
from heartsay.cli.options import InputEncoding, InputFormat, InputTimes, Model
from heartsay.cli.progress import Reporter
from heartsay.errors import InputError
from heartsay.formats import Interpretation, as_brought

if TYPE_CHECKING:
    from heartsay.runtime import Bundle


def adapt(
    more: Annotated[
        list[str] | None,
        typer.Argument(metavar="[LABELS...]", help="Further files or folders.", show_default=False),
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            metavar="LABELS...",
            help="Files or folders of labelled conversations, in any format that analyze reads.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where the adaptation goes; a new folder.")
    ] = Path("adapted"),
    label: OwnLabel = None,
    labels: OwnLabels = None,
    unlabelled: Annotated[
        bool,
        typer.Option(
            "--unlabelled",
            help="Do without labels: guess how common each emotion is, and change nothing else. It can harm.",
        ),
    ] = False,
    model: Model = None,
    input_format: InputFormat = None,
    times: InputTimes = None,
    encoding: InputEncoding = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in the place of the adaptation that FOLDER holds.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fit a model's confidence to your own talk by ten or more labelled conversations.

    \b
    Examples:
      heartsay adapt --with labelled/ --out adapted
      heartsay adapt --with calls.csv --out adapted --label livid=anger --label calm=neutral
      heartsay analyze new-calls/ --model adapted
      heartsay evaluate other-labelled.csv --model adapted

    Temperature, the weight of each emotion, prediction sets, abstention and, where causes are annotated, the
    confidence from which they are shown are refitted, leaning on the shipped ones where labels are few. The
    network itself stays as it is. What that is worth is measured on your conversations, each left out in
    turn, and drawn in reliability.html. The folder holds no word of your talk.
    """
    with reporting("adapt", as_json):
        from heartsay.adaptation.folder import check_out
        from heartsay.pipeline import load_model
        from heartsay.runtime.adaptation import is_adaptation

        paths = [*(given or ()), *(more or ())]
        if not paths:
            raise InputError(
                expected="labelled conversations",
                found="none",
                where="--with",
                do="name files or folders, for example: heartsay adapt --with labelled/ --out adapted",
            )
        check_out(out, replace)
        loaded = load_model(model)
        if is_adaptation(loaded.folder):
            raise InputError(
                expected="a model as it came",
                found="one that is adapted already",
                where=str(loaded.folder),
                do="adapt the model that it was made from with all your labelled conversations together",
            )
        own = own_labels(loaded, label, labels)
        how = as_brought(times, encoding)
        if unlabelled:
            facts, lines, notes = _guess(paths, out, loaded, input_format, how, as_json)
        else:
            facts, lines, notes = _adapt(paths, out, loaded, own, input_format, how, as_json)
        if as_json:
            print_json("adapt", {"written": str(out), **facts, "warnings": notes})
            return
        print_notes(notes)
        for place, line in enumerate(lines):
            print(line if place == 0 else f"  {line}")
        print(f"Written: {out}" if unlabelled else f"Written: {out / 'reliability.html'}")
        print(f"Use it:  heartsay analyze PATH --model {out}")


Told = tuple[dict[str, Any], list[str], list[str]]
"""Facts for programs, lines for people, and notes."""


def _adapt(
    paths: list[str],
    out: Path,
    model: Bundle,
    own: dict[str, str | None],
    input_format: str | None,
    how: Interpretation,
    as_json: bool,
) -> Told:
    from heartsay.adaptation.fitting import adapt as refit
    from heartsay.adaptation.fitting import check_enough
    from heartsay.adaptation.folder import adapted_card, facts_of, page_of, write_adaptation
    from heartsay.adaptation.words import sentences
    from heartsay.pipeline.labelled import load_labelled

    with Reporter("Reading labels", as_json) as report:
        talk = load_labelled(paths, model.labels, own, input_format, model.language, how)
        check_enough(len(talk.conversations))
        found = refit(model, talk, report)
    lines, facts = sentences(found), facts_of(found)
    card = adapted_card(model.card, found)
    stated = write_adaptation(out, model, found.calibration, facts, card, page_of(found, model, lines))
    return stated.to_dict(), lines, [*talk.notes, *found.notes]


def _guess(
    paths: list[str],
    out: Path,
    model: Bundle,
    input_format: str | None,
    how: Interpretation,
    as_json: bool,
) -> Told:
    from heartsay.adaptation.folder import guessed_card, write_adaptation
    from heartsay.adaptation.unlabelled import guess
    from heartsay.formats import ReadFailure, read_many

    conversations, notes = [], []
    for item in read_many(paths, input_format, how):
        if not isinstance(item, ReadFailure):
            conversations.append(item)
        elif item.stranger:
            notes.append(f"not read: {str(item.error).rstrip('.')}")
        else:
            raise item.error
    with Reporter("Reading conversations", as_json) as report:
        found = guess(model, conversations, report)
    if (unread := len(conversations) - found.conversations) > 0:
        notes.append(f"{unread:,} of {len(conversations):,} conversations hold no words and are left out")
    told = ", ".join(
        f"{name} {100 * share:.0f}% (was {100 * found.at_home[name]:.0f}%)"
        for name, share in found.shares.items()
    )
    lines = [
        f"A guess from {found.conversations:,} unlabelled conversations ({found.utterances:,} utterances):",
        f"how common emotions are: {told}",
        "nothing shows whether it helps: tried on two projects, it made labels likelier in one and less"
        " likely in the other; label ten conversations to know",
    ]
    facts = {
        "guess": True,
        "guessed_from": {"conversations": found.conversations, "utterances": found.utterances},
        "shares": found.shares,
        "shares_at_home": found.at_home,
    }
    card = guessed_card(model.card, found.conversations)
    return write_adaptation(out, model, found.calibration, facts, card, None).to_dict(), lines, notes
