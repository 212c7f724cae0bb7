"""The researcher's commands: train, calibrate, export, evaluate; `reproduce_command` has the last one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from heartsay.atomic import write_text
from heartsay.cli.console import AsJson, reporting
from heartsay.cli.reproduce import reproduce
from heartsay.cli.research_console import (
    FEATURES,
    Device,
    check_device,
    check_seed,
    training_packages,
    training_progress,
)
from heartsay.errors import InputError

if TYPE_CHECKING:
    from heartsay.evidence import Pack
    from heartsay.training.configuration import Configuration
    from heartsay.training.feature_configuration import FeatureConfiguration

RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a training run.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (train, calibrate, export, evaluate, reproduce):
        app.command(no_args_is_help=command is not evaluate)(command)


def train(
    configuration: Annotated[
        str,
        typer.Argument(
            metavar="CONFIG", help="Everything a run depends on but the seed: a name, or a YAML file."
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder of the run.")],
    seed: Annotated[int, typer.Option(help="Seed of order, dropout and beginning.")] = 1,
    fold: Annotated[
        int | None,
        typer.Option(
            help="Fold of a cross-validated corpus; by default it follows from the seed.", show_default=False
        ),
    ] = None,
    corpus: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Features to train on, if not the configuration's.", show_default=False
        ),
    ] = None,
    cache: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where features are kept once they are made.")
    ] = FEATURES,
    device: Device = "cpu",
    as_json: AsJson = False,
) -> None:
    """Train the packed-dialogue model, or a backbone over features; again, to go on after a kill.

    \b
    Examples:
      export HEARTSAY_DATA=/data          (with /data/meld and /data/ecf)
      heartsay train default --out runs/mine --seed 1
      heartsay train m3net-cmerc-meld-voices --out runs/m3net --fold 0
      heartsay train m3net-cmerc-iemocap --out runs/published
        --corpus file:IEMOCAP_features.pkl+iemocap_features_roberta.pkl
      heartsay train own.yaml --out runs/own

    A configuration of a backbone, named BACKBONE-CORPUS or BACKBONE-METHOD-CORPUS, trains that on one feature
    vector per utterance and modality; --fold, --corpus and --cache are for those. Every other one trains the
    packed-dialogue model on MELD and ECF. A file may name the configuration that it starts from as `base` and
    state what differs. The run's folder holds configuration, environment, metrics per epoch, the chosen
    epoch's weights and its readings.
    """
    with reporting("train", as_json), training_packages():
        from heartsay.experiments.configurations import load, parts
        from heartsay.experiments.published import published_for
        from heartsay.training.feature_configuration import FeatureConfiguration

        settings, of = load(configuration), parts(configuration)
        check_seed(seed)
        if isinstance(settings, FeatureConfiguration):
            changes = {} if corpus is None else {"corpus": corpus}
            settings = settings.model_copy(update=changes)
            published = {} if of is None else published_for(of)
            _train_backbone(settings, published, out, seed, fold, cache, device, as_json)
            return
        for option, given in (("--fold", fold), ("--corpus", corpus)):
            if given is not None:
                raise InputError(
                    expected="a configuration with a backbone",
                    found="one of the packed-dialogue model",
                    where=f"{option}, {configuration}",
                    do="leave the option out, or name another configuration",
                )
        _train_packed(settings, out, seed, device, as_json)


def _train_packed(settings: Configuration, out: Path, seed: int, device: str, as_json: bool) -> None:
    from heartsay.training.examples import load_training_data
    from heartsay.training.loop import train as train_run

    check_device(device)
    data = load_training_data()
    with training_progress(as_json) as report:
        run = train_run(settings, seed, data, out, device=device, report=report)
    history = run.history()
    best = max(history, key=lambda row: float(row["selection"]))
    if as_json:
        print(
            json.dumps({"command": "train", "run": str(out), "seed": seed, "best": best, "epochs": history})
        )
    else:
        print(
            f"Best epoch {best['epoch']}: development weighted F1 {best['weighted_f1']:.2f}, Pair F1 "
            f"{best['pair_f1']:.2f}. Next: heartsay export {out}"
        )


def _train_backbone(
    settings: FeatureConfiguration,
    published: dict[str, float],
    out: Path,
    seed: int,
    fold: int | None,
    cache: Path,
    device: str,
    as_json: bool,
) -> None:
    from heartsay.experiments.cmerc.plan import fold_of
    from heartsay.experiments.feature_corpora import load_feature_corpus
    from heartsay.training.feature_loop import train_backbone

    check_device(device)
    part = fold_of(settings.corpus, seed) if fold is None else fold
    # The seed of a run does not move the corpus's splits, so that runs of several seeds can be compared.
    data = load_feature_corpus(settings.corpus, cache, fold=part, seed=0)
    with training_progress(as_json) as report:
        run = train_backbone(settings, data, seed, out, device=device, report=report)
    best, test_best = run.selected(), run.test_selected()
    if as_json:
        print(
            json.dumps(
                {
                    "command": "train",
                    "run": str(out),
                    "seed": seed,
                    "fold": part,
                    "corpus": data.name,
                    "composed": data.composed,
                    "best": best,
                    "test_selected": test_best,
                    "published": published,
                    "epochs": run.history(),
                }
            )
        )
        return
    print(
        f"Epoch {best['epoch']}, chosen on development data: weighted F1 "
        f"{best['development_weighted_f1']:.2f} there and {best['test_weighted_f1']:.2f} on the test split."
    )
    print(
        f"Chosen on the test split, as much published code does, it would be epoch {test_best['epoch']} with "
        f"{test_best['test_weighted_f1']:.2f}."
    )
    if published:
        print(f"The CMERC paper reports {published['weighted_f1']:.2f}, chosen on the test split.")
    print(f"Written: {run.readings}")


def calibrate(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Folder of a run, or of an exported model.")],
    as_json: AsJson = False,
) -> None:
    """Fit temperature, sets, abstention, pair confidence and the rule for links on development conversations.

    A run is calibrated from the readings it kept. An exported model reads the development data anew (needs
    HEARTSAY_DATA), and its calibration is replaced.
    """
    with reporting("calibrate", as_json), training_packages():
        from heartsay.experiments.release.calibrate import calibrate_exported, calibrate_run
        from heartsay.training.run_folder import RunFolder

        if (model / "model.json").exists():
            calibration, path = calibrate_exported(model), model / "calibration.json"
        else:
            run = RunFolder(model)
            run.configuration()  # raises where it is a run of another kind
            calibration, path = calibrate_run(run), run.calibration
            write_text(path, json.dumps(calibration.to_dict(), indent=1) + "\n")
        facts: dict[str, Any] = {
            "emotion": calibration.emotion.to_dict(),
            "calibration_conversations": calibration.sets.conversations,
            # Too few conversations promise 90% by sets of all emotions only.
            "set_threshold_90": calibration.sets.threshold(0.9) if calibration.sets.supports(0.9) else None,
            "abstain_below": calibration.abstention.threshold,
            "pair_threshold": calibration.pair_threshold,
            # The lowest at which a link is shown; none where links are wrong too often for any.
            "lowest_false_discovery_rate": calibration.links and calibration.links.lowest_level,
        }
        if as_json:
            print(json.dumps({"command": "calibrate", "model": str(model), "written": str(path), **facts}))
            return
        absent = {"set_threshold_90": "none, sets hold every emotion"}
        for name, value in facts.items():
            print(f"{name.replace('_', ' ')}: {absent.get(name, 'none') if value is None else value}")
        print(f"Written: {path}")


def export(
    run: RunPath,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where to write; RUN/exported if not given.", show_default=False),
    ] = None,
    precision: Annotated[
        Literal["int8", "float"], typer.Option(help="How weights are stored; both compute in float.")
    ] = "int8",
    as_json: AsJson = False,
) -> None:
    """Write a run's best epoch as a folder that `heartsay analyze --model` reads, calibrated as exported."""
    with reporting("export", as_json), training_packages():
        from heartsay.experiments.release.export import export_run
        from heartsay.training.run_folder import RunFolder

        source = RunFolder(run)
        folder = out or source.exported
        export_run(source, folder, int8=precision == "int8")
        size = sum(file.stat().st_size for file in folder.iterdir())
        if as_json:
            print(json.dumps({"command": "export", "run": str(run), "written": str(folder), "bytes": size}))
        else:
            print(f"Written: {folder} ({size / 1e6:.1f} MB)")


def evaluate(
    corpus: Annotated[
        str, typer.Option(metavar="NAME", help="A corpus, such as ecf, as `corpora list` names it.")
    ],
    split: Annotated[str, typer.Option(metavar="NAME", help="dev or test.")] = "test",
    model: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="An exported model, if not the one that comes along."),
    ] = None,
    coverage: Annotated[float, typer.Option(metavar="SHARE", help="Coverage of the prediction sets.")] = 0.9,
    as_json: AsJson = False,
) -> None:
    """Measure an exported model on a labelled split: emotions, calibration, sets and, where annotated, pairs.

    \b
    Example:
      heartsay evaluate --corpus meld --split test --json
    """
    with reporting("evaluate", as_json), training_packages():
        from heartsay.experiments.release.evaluate import evaluate as evaluate_model
        from heartsay.experiments.release.evaluate import floors, read_split
        from heartsay.pipeline import load_model
        from heartsay.runtime.language import language_warning

        if not 0.0 < coverage < 1.0:
            raise InputError(
                expected="a number between 0 and 1, both excluded",
                found=str(coverage),
                where="--coverage",
                do="give how often the sets shall hold the true emotion, for example 0.9",
            )
        loaded = load_model(model)
        with _reading_progress(as_json) as watch:
            readings, conversations = read_split(loaded, corpus, split, watch=watch)
        doubt = language_warning((u.text for c in conversations for u in c.utterances), loaded.language)
        if doubt is not None:
            typer.echo(f"Note: {doubt}.", err=True)
        measured = evaluate_model(loaded, readings, conversations, coverage)
        known = floors(readings, conversations)
        if as_json:
            facts: dict[str, Any] = {"model": loaded.stamp.name, "corpus": corpus, "split": split}
            facts["warnings"] = [] if doubt is None else [doubt]
            print(json.dumps({**facts, **measured, "floors": known, "sha256": loaded.stamp.sha256}))
            return
        print(f"{loaded.stamp.name} {loaded.stamp.version} on {corpus} {split}")
        for rate, figures in measured.pop("links", {}).items():
            measured[f"links_at_a_false_discovery_rate_of_{rate}"] = figures
        _print_figures(measured, known)


def _print_figures(measured: dict[str, Any], floors: dict[str, dict[str, float]], indent: str = "  ") -> None:
    """One line for each figure, its floors behind it; what holds groups of figures is a block of its own."""
    for name, value in measured.items():
        said = f"{indent}{name.replace('_', ' ')}:"
        if isinstance(value, dict) and any(isinstance(part, dict) for part in value.values()):
            print(said)
            _print_figures(value, {}, indent + "  ")
            continue
        floor = "; ".join(f"{method} {score:.2f}" for method, score in floors.get(name, {}).items())
        print(f"{said} {_figure(value)}" + (f"  (floor: {floor})" if floor else ""))


def _figure(value: Any) -> str:
    if value is None:
        return "undefined"
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {_figure(part)}" for name, part in value.items())
    return f"{value:.2f}" if isinstance(value, float) else str(value)


@contextmanager
def _reading_progress(quiet: bool) -> Iterator[Callable[[Sequence[Pack]], Iterable[Pack]]]:
    """A bar over what is read, where standard error is a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=quiet or not console.is_terminal) as bar:
        yield lambda packs: bar.track(packs, description="Reading")
