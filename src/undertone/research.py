"""The researcher's commands: train, calibrate, export, evaluate, reproduce."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from undertone.atomic import write_text
from undertone.console import AsJson, reporting
from undertone.errors import InputError, MissingDependencyError

if TYPE_CHECKING:
    from undertone.evidence import Pack

LARGEST_SEED = 2**32 - 1
FEATURES = Path("runs/features")

RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a training run.")]
Device = Annotated[str, typer.Option(metavar="DEVICE", help="Torch device: cpu, cuda, mps.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (train, calibrate, export, evaluate, reproduce):
        app.command(no_args_is_help=command is not evaluate)(command)


def train(
    configuration: Annotated[
        Path, typer.Argument(metavar="CONFIG.yaml", help="Everything a run depends on but the seed.")
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
      export UNDERTONE_DATA=/data          (with /data/meld and /data/ecf)
      undertone train src/undertone/experiments/configs/default.yaml --out runs/mine --seed 1
      undertone train src/undertone/experiments/configs/m3net-cmerc-meld-voices.yaml --out runs/m3net --fold 0
      undertone train src/undertone/experiments/configs/m3net-cmerc-iemocap.yaml --out runs/published
        --corpus file:IEMOCAP_features.pkl+iemocap_features_roberta.pkl

    A configuration with a backbone trains that on one feature vector per utterance and modality; --fold,
    --corpus and --cache are for those. Every other one trains the packed-dialogue model on MELD and ECF. The
    run's folder holds configuration, environment, metrics per epoch, the chosen epoch's weights and its
    readings.
    """
    with reporting("train", as_json), _training_packages():
        from undertone.training.feature_configuration import is_feature_configuration
        from undertone.training.yaml_settings import read_settings

        values = read_settings(configuration)
        _check_seed(seed)
        if is_feature_configuration(values):
            _train_backbone(values, configuration, out, seed, fold, corpus, cache, device, as_json)
            return
        for option, given in (("--fold", fold), ("--corpus", corpus)):
            if given is not None:
                raise InputError(
                    expected="a configuration with a backbone",
                    found="one of the packed-dialogue model",
                    where=f"{option}, {configuration}",
                    do="leave the option out, or name another configuration",
                )
        _train_packed(values, configuration, out, seed, device, as_json)


def _train_packed(
    values: dict[str, Any], path: Path, out: Path, seed: int, device: str, as_json: bool
) -> None:
    from undertone.training.configuration import Configuration
    from undertone.training.examples import load_training_data
    from undertone.training.loop import train as train_run
    from undertone.training.yaml_settings import checked

    settings = checked(Configuration, values, path)
    _check_device(device)
    data = load_training_data()
    with _training_progress(as_json) as report:
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
            f"{best['pair_f1']:.2f}. Next: undertone export {out}"
        )


def _train_backbone(
    values: dict[str, Any],
    path: Path,
    out: Path,
    seed: int,
    fold: int | None,
    corpus: str | None,
    cache: Path,
    device: str,
    as_json: bool,
) -> None:
    from undertone.experiments.cmerc.plan import fold_of
    from undertone.experiments.feature_corpora import load_feature_corpus
    from undertone.training.feature_configuration import FeatureConfiguration
    from undertone.training.feature_loop import train_backbone
    from undertone.training.yaml_settings import checked

    settings = checked(FeatureConfiguration, values if corpus is None else {**values, "corpus": corpus}, path)
    _check_device(device)
    part = fold_of(settings.corpus, seed) if fold is None else fold
    # The seed of a run does not move the corpus's splits, so that runs of several seeds can be compared.
    data = load_feature_corpus(settings.corpus, cache, fold=part, seed=0)
    with _training_progress(as_json) as report:
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
    print(f"Written: {run.readings}")


def calibrate(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Folder of a run, or of an exported model.")],
    as_json: AsJson = False,
) -> None:
    """Fit temperature, sets, abstention, pair confidence and the rule for links on development conversations.

    A run is calibrated from the readings it kept. An exported model reads the development data anew (needs
    UNDERTONE_DATA), and its calibration is replaced.
    """
    with reporting("calibrate", as_json), _training_packages():
        from undertone.experiments.calibrate import calibrate_exported, calibrate_run
        from undertone.training.run_folder import RunFolder

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
    """Write a run's best epoch as a folder that `undertone analyze --model` reads, calibrated as exported."""
    with reporting("export", as_json), _training_packages():
        from undertone.experiments.export import export_run
        from undertone.training.run_folder import RunFolder

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
      undertone evaluate --corpus meld --split test --json
    """
    with reporting("evaluate", as_json), _training_packages():
        from undertone.experiments.evaluate import evaluate as evaluate_model
        from undertone.experiments.evaluate import floors, read_split
        from undertone.pipeline import load_model
        from undertone.runtime.language import language_warning

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


def reproduce(
    system: Annotated[Literal["default", "cmerc", "rpcl"], typer.Argument(help="What to reproduce.")],
    work: Annotated[Path, typer.Option(metavar="FOLDER", help="Where runs are kept.")] = Path("runs"),
    results: Annotated[Path, typer.Option(metavar="FOLDER", help="Where results go.")] = Path("results"),
    ship: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="default: where the exported model goes; WORK/SYSTEM/shipped if not given.",
            show_default=False,
        ),
    ] = None,
    seeds: Annotated[
        str | None,
        typer.Option(
            metavar="LIST", help="default: two or more seeds; 1,2,3 if not given.", show_default=False
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="cmerc, rpcl: a look in ten minutes, beside the whole.")
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="cmerc, rpcl: processes of one thread each, 2 if not given; 0 only measures what is there.",
            show_default=False,
        ),
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help=f"cmerc, rpcl: where features are kept once they are made; {FEATURES} if not given.",
            show_default=False,
        ),
    ] = None,
    end_to_end: Annotated[
        bool,
        typer.Option(
            "--end-to-end", help="rpcl: also train the models with their encoder, up to half an hour each."
        ),
    ] = False,
    device: Device = "cpu",
    as_json: AsJson = False,
) -> None:
    """Make a system's committed results from the data in one go; interrupted, it goes on where it stopped.

    `default` trains the model that comes along under several seeds, averages, calibrates, exports and
    evaluates them, and writes results/default and the exported model with its card. `cmerc` trains every
    backbone with every method on the corpora of features and writes results/cmerc: rows, tables and figures
    of whatever runs are done, also when it is interrupted. `rpcl` trains every arm of robust pair confidence
    learning on the corpora of emotion-cause pairs and writes results/rpcl in the same way; models that train
    their encoder along are measured where they are finished, and trained with --end-to-end.

    \b
    Examples:
      undertone reproduce default
      undertone reproduce cmerc --quick
      undertone reproduce cmerc --workers 2
    """
    with reporting("reproduce", as_json), _training_packages():
        if system == "cmerc":
            _refuse_options(system, {"--ship": ship, "--seeds": seeds, "--end-to-end": end_to_end or None})
            _reproduce_cmerc(work, results, cache or FEATURES, quick, workers, device, as_json)
            return
        if system == "rpcl":
            _refuse_options(system, {"--ship": ship, "--seeds": seeds})
            if quick:
                _refuse_options("rpcl --quick", {"--end-to-end": end_to_end or None})
            _reproduce_rpcl(work, results, cache or FEATURES, quick, workers, end_to_end, device, as_json)
            return
        others = {"--quick": quick or None, "--workers": workers, "--cache": cache}
        _refuse_options(system, {**others, "--end-to-end": end_to_end or None})
        from undertone.experiments.reproduce import reproduce_default

        numbers = _seeds(seeds or "1,2,3")
        _check_device(device)
        with _training_progress(as_json) as report:
            content = reproduce_default(
                work / system,
                results / system,
                ship or work / system / "shipped",
                seeds=numbers,
                device=device,
                report=report,
            )
        if as_json:
            print(json.dumps({"command": "reproduce", **content}))
        else:
            print(f"Written: {results / system / 'table.md'}")


def _reproduce_cmerc(
    work: Path, results: Path, cache: Path, quick: bool, workers: int | None, device: str, as_json: bool
) -> None:
    from undertone.experiments.cmerc.plan import FULL
    from undertone.experiments.cmerc.reproduce import quick_scope, reproduce_cmerc

    _check_device(device)
    # A quick look has folders of its own, or its tables would take the place of the whole's.
    name = "cmerc-quick" if quick else "cmerc"
    with _training_progress(as_json) as report:
        content = reproduce_cmerc(
            work / name,
            results / name,
            cache,
            scope=quick_scope(cache) if quick else FULL,
            workers=2 if workers is None else workers,
            device=device,
            report=report,
        )
    _say_tables(content, content["runs"], results / name, as_json)


def _reproduce_rpcl(
    work: Path,
    results: Path,
    cache: Path,
    quick: bool,
    workers: int | None,
    end_to_end: bool,
    device: str,
    as_json: bool,
) -> None:
    from undertone.experiments.rpcl.reproduce import reproduce_rpcl

    _check_device(device)
    name = "rpcl-quick" if quick else "rpcl"
    with _training_progress(as_json) as report:
        content = reproduce_rpcl(
            work / name,
            results / name,
            cache,
            quick=quick,
            workers=2 if workers is None else workers,
            trained=work,
            with_encoder=end_to_end,
            device=device,
            report=report,
        )
    _say_tables(content, content["planned"], results / name, as_json)


def _say_tables(content: dict[str, Any], planned: int, folder: Path, as_json: bool) -> None:
    """Say what a reproduction of many runs came to."""
    if as_json:
        print(json.dumps({"command": "reproduce", **content}))
        return
    for run, reason in content["failed"].items():
        typer.echo(f"Failed: {run}: {reason}", err=True)
    print(f"Written: {folder / 'tables.md'} from {content['done']} of {planned} runs")


def _refuse_options(system: str, given: dict[str, object]) -> None:
    """Refuse what a system has no use for, rather than ignore it."""
    for option, value in given.items():
        if value is not None:
            raise InputError(
                expected=f"options of {system}",
                found=option,
                where=f"undertone reproduce {system}",
                do="leave the option out; --help says which system each is for",
            )


def _seeds(text: str) -> list[int]:
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(set(numbers)) < 2 or len(set(numbers)) != len(numbers):
        raise InputError(
            expected="two or more different seeds as whole numbers",
            found=repr(text),
            where="--seeds",
            do="write for example --seeds 1,2,3",
        )
    for number in numbers:
        _check_seed(number, "--seeds")
    return numbers


def _check_seed(seed: int, where: str = "--seed") -> None:
    if not 0 <= seed <= LARGEST_SEED:
        raise InputError(
            expected=f"whole numbers from 0 to {LARGEST_SEED}",
            found=str(seed),
            where=where,
            do="choose another seed",
        )


def _check_device(name: str) -> None:
    """Refuse a device that torch does not know or has no access to, before anything is read."""
    import torch

    try:
        torch.zeros(1, device=name).item()
    except (RuntimeError, AssertionError, NotImplementedError):
        raise InputError(
            expected="a device that torch can compute on here",
            found=repr(name),
            where="--device",
            do="give cpu, or cuda or mps on a machine that has it",
        ) from None


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


@contextmanager
def _training_packages() -> Iterator[None]:
    """Say which extra is missing instead of which module."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] == "undertone":
            raise
        raise MissingDependencyError(f"this command ({error.name})", "train") from error


@contextmanager
def _training_progress(quiet: bool) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Steps as a bar where standard error is a terminal, epochs as lines."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def report(row: dict[str, Any]) -> None:
            if "step" in row:
                bar.update(
                    task, description=f"epoch {row['epoch']}", completed=row["step"], total=row["steps"]
                )
            elif not quiet:
                console.print(row.get("message") or _epoch_line(row))

        yield report


def _epoch_line(row: dict[str, Any]) -> str:
    """What a person is told of an epoch: its development scores."""
    over_features = "development_weighted_f1" in row
    prefix = "development_" if over_features else ""
    f1, likelihood = row[f"{prefix}weighted_f1"], row[f"{prefix}negative_log_likelihood"]
    pairs = "" if over_features else f"Pair F1 {row['pair_f1']:.2f}, "
    return f"epoch {row['epoch']}: development weighted F1 {f1:.2f}, {pairs}likelihood {likelihood:.3f}"
