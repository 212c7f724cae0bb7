"""`heartsay train`: a run of the packed-dialogue model, of a backbone over features, or of an expert."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heartsay.cli.console import AsJson, print_json, reporting
from heartsay.cli.options import FEATURES, Device, check_seed, training_packages
from heartsay.cli.progress import Reporter
from heartsay.errors import InputError

if TYPE_CHECKING:
    from heartsay.training.configuration import Configuration
    from heartsay.training.feature_configuration import FeatureConfiguration
    from heartsay.training.tasks.face_network import FaceTraining
    from heartsay.training.tasks.speaker_network import SpeakerTraining
    from heartsay.training.tasks.voice_network import VoiceTraining


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
    teacher: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FOLDER",
            help="Folder of a finished run to learn from, once for each, where the configuration has a "
            "distillation.",
            show_default=False,
        ),
    ] = None,
    device: Device = "cpu",
    as_json: AsJson = False,
) -> None:
    """Train the packed-dialogue model, a backbone over features, or an expert; again, to go on after a kill.

    \b
    Examples:
      export HEARTSAY_DATA=/data          (with /data/meld and /data/ecf)
      heartsay train small --out runs/own --seed 1
      heartsay train m3net-cmerc-meld-voices --out runs/m3net --fold 0
      heartsay train m3net-cmerc-iemocap --out runs/published
        --corpus file:IEMOCAP_features.pkl+iemocap_features_roberta.pkl
      heartsay train voice --out runs/voice
      heartsay train face --out runs/face
      heartsay train speaker --out runs/speaker
      heartsay train ddamfn --out runs/ddamfn
      heartsay train own.yaml --out runs/changed
      heartsay train default --out runs/student --teacher runs/large/seed-1 --teacher runs/large/seed-2

    A configuration of a backbone, named BACKBONE-CORPUS or BACKBONE-METHOD-CORPUS, trains that on one
    feature vector per utterance and modality; --fold, --corpus and --cache are for those. `voice` trains
    the expert that reads voices, on CREMA-D, a fifth of whose actors --fold keeps for the test; `face`
    trains the one that reads faces, on FER+, and `ddamfn` another network for them; `speaker` trains what
    tells voices apart. Every other one trains the packed-dialogue model on MELD and ECF. A file may name
    the configuration that it starts from as `base` and state what differs. The run's folder holds
    configuration, environment, metrics per epoch, the weights and, but for experts, their readings.
    """
    with reporting("train", as_json), training_packages():
        from heartsay.experiments.configurations import load, parts
        from heartsay.experiments.published import published_for
        from heartsay.training.configuration import Configuration
        from heartsay.training.devices import check_device
        from heartsay.training.feature_configuration import FeatureConfiguration
        from heartsay.training.tasks.face_network import FaceTraining
        from heartsay.training.tasks.speaker_network import SpeakerTraining
        from heartsay.training.tasks.voice_network import VoiceTraining

        settings, composed_of = load(configuration), parts(configuration)
        check_seed(seed)
        check_device(device)
        if teacher and not isinstance(settings, Configuration):
            raise InputError(
                expected="a configuration of the packed-dialogue model",
                found=f"one of a {settings.kind}",
                where=f"--teacher, {configuration}",
                do="leave the option out, or name another configuration",
            )
        if isinstance(settings, FeatureConfiguration):
            # The paper's numbers are of published feature files alone.
            is_published = corpus is None or corpus.startswith("file:")
            published = published_for(composed_of) if composed_of and is_published else {}
            settings = settings.model_copy(update={} if corpus is None else {"corpus": corpus})
            _train_backbone(settings, published, out, seed, fold, cache, device, as_json)
            return
        voice = isinstance(settings, VoiceTraining | SpeakerTraining)
        for option, given in (("--fold", None if voice else fold), ("--corpus", corpus)):
            if given is not None:
                raise InputError(
                    expected="a configuration of a backbone" + " or of the voice" * (option == "--fold"),
                    found=f"one of a {settings.kind}",
                    where=f"{option}, {configuration}",
                    do="leave the option out, or name another configuration",
                )
        if isinstance(settings, VoiceTraining | FaceTraining | SpeakerTraining):
            _train_expert(settings, out, seed, fold or 0, cache, device, as_json)
            return
        _train_packed(settings, teacher or [], out, seed, device, as_json)


def _train_packed(
    settings: Configuration, teachers: list[Path], out: Path, seed: int, device: str, as_json: bool
) -> None:
    from heartsay.training.distillation import check_teachers, taught
    from heartsay.training.examples import load_training_data
    from heartsay.training.run_folder import RunFolder
    from heartsay.training.tasks.packed_dialogue import train_packed_dialogue

    check_teachers(settings, teachers)
    with Reporter("Reading the corpora", as_json) as report:
        data = load_training_data(report)
        if settings.distillation is not None:
            runs = [RunFolder(folder) for folder in teachers]
            data = taught(data, settings.distillation, runs, device=device, report=report)
    with Reporter(f"Training {settings.name}", as_json) as report:
        run = train_packed_dialogue(settings, seed, data, out, device=device, report=report)
    history, best = run.history(), run.chosen()
    if as_json:
        print_json("train", {"run": str(out), "seed": seed, "best": best, "epochs": history})
    else:
        print(
            f"Best epoch {best['epoch']}: development weighted F1 {best['weighted_f1']:.2f}, Pair F1 "
            f"{best['pair_f1']:.2f}. Next: heartsay export {out}"
        )


def _train_expert(
    settings: VoiceTraining | FaceTraining | SpeakerTraining,
    out: Path,
    seed: int,
    fold: int,
    cache: Path,
    device: str,
    as_json: bool,
) -> None:
    from heartsay.experiments.experts.face import train_face_expert
    from heartsay.experiments.experts.speaker import train_speaker
    from heartsay.experiments.experts.voice import train_voice
    from heartsay.training.tasks.speaker_network import SpeakerTraining
    from heartsay.training.tasks.voice_network import VoiceTraining

    if device != "cpu":
        do = "leave the option out; the network is small"
        raise InputError(expected="cpu, where experts are trained", found=device, where="--device", do=do)
    with Reporter(f"Training {settings.name}", as_json) as report:
        if isinstance(settings, VoiceTraining):
            run = train_voice(settings, out, cache, seed=seed, fold=fold, report=report)
        elif isinstance(settings, SpeakerTraining):
            run = train_speaker(settings, out, cache, seed=seed, fold=fold, report=report)
        else:
            run = train_face_expert(settings, out, seed=seed, report=report)
    history = run.history()
    if as_json:
        print_json("train", {"run": str(out), "seed": seed, "epochs": history})
        return
    last = {
        name: value
        for name, value in history[-1].items()
        if any(part in name for part in ("accuracy", "ece", "error_rate"))
    }
    scores = ", ".join(f"{name.replace('_', ' ')} {value:.2f}" for name, value in last.items())
    print(f"On development data after the last epoch, in percent: {scores}.")


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
    from heartsay.experiments.feature_corpora import fold_of, load_feature_corpus
    from heartsay.models.registry import check_backbone_settings
    from heartsay.training.tasks.backbone import train_backbone

    # Making features can take long: what can be refused is refused before.
    check_backbone_settings(settings.backbone.name, settings.backbone.settings)
    part = fold_of(settings.corpus, seed) if fold is None else fold
    # The seed of a run does not move the corpus's splits, so that runs of several seeds can be compared.
    with Reporter(f"Making features of {settings.corpus}, or reading them from {cache}", as_json) as report:
        data = load_feature_corpus(settings.corpus, cache, fold=part, seed=0, report=report)
    with Reporter(f"Training {settings.name}", as_json) as report:
        run = train_backbone(settings, data, seed, out, device=device, report=report)
    best, test_best = run.chosen(), run.chosen("test")
    if as_json:
        facts = {"run": str(out), "seed": seed, "fold": part, "corpus": data.name, "composed": data.composed}
        facts |= {"best": best, "test_selected": test_best, "published": published, "epochs": run.history()}
        print_json("train", facts)
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
    print(f"Written: {run.readings()}")
