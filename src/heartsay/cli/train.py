"""`heartsay train`: a run of the packed-dialogue model, or of a backbone over features."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from heartsay.cli.console import AsJson, reporting
from heartsay.cli.options import FEATURES, Device, check_seed, training_packages
from heartsay.cli.progress import Reporter
from heartsay.errors import InputError


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
      export HEARTSAY_DATA=/data          (with /data/meld and /data/ecf)
      heartsay train src/heartsay/experiments/configs/default.yaml --out runs/mine --seed 1
      heartsay train src/heartsay/experiments/configs/m3net-cmerc-meld-voices.yaml --out runs/m3net --fold 0
      heartsay train src/heartsay/experiments/configs/m3net-cmerc-iemocap.yaml --out runs/published
        --corpus file:IEMOCAP_features.pkl+iemocap_features_roberta.pkl

    A configuration with a backbone trains that on one feature vector per utterance and modality; --fold,
    --corpus and --cache are for those. Every other one trains the packed-dialogue model on MELD and ECF. The
    run's folder holds configuration, environment, metrics per epoch, the chosen epoch's weights and its
    readings.
    """
    with reporting("train", as_json), training_packages():
        from heartsay.training.feature_configuration import is_feature_configuration
        from heartsay.training.yaml_settings import read_settings

        values = read_settings(configuration)
        check_seed(seed)
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
    from heartsay.training.configuration import Configuration
    from heartsay.training.devices import check_device
    from heartsay.training.examples import load_training_data
    from heartsay.training.tasks.packed_dialogue import train_packed_dialogue
    from heartsay.training.yaml_settings import checked

    settings = checked(Configuration, values, path)
    check_device(device)
    with Reporter("Reading the corpora", as_json) as report:
        data = load_training_data(report)
        run = train_packed_dialogue(settings, seed, data, out, device=device, report=report)
    history, best = run.history(), run.chosen()
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
    from heartsay.experiments.cmerc.plan import fold_of
    from heartsay.experiments.feature_corpora import load_feature_corpus
    from heartsay.training.devices import check_device
    from heartsay.training.feature_configuration import FeatureConfiguration
    from heartsay.training.tasks.backbone import train_backbone
    from heartsay.training.yaml_settings import checked

    settings = checked(FeatureConfiguration, values if corpus is None else {**values, "corpus": corpus}, path)
    check_device(device)
    part = fold_of(settings.corpus, seed) if fold is None else fold
    # The seed of a run does not move the corpus's splits, so that runs of several seeds can be compared.
    with Reporter(
        f"Making the features of {settings.corpus}, or reading them from {cache}", as_json
    ) as report:
        data = load_feature_corpus(settings.corpus, cache, fold=part, seed=0, report=report)
        run = train_backbone(settings, data, seed, out, device=device, report=report)
    best, test_best = run.chosen(), run.chosen("test")
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
    print(f"Written: {run.readings()}")
