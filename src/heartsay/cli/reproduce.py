"""`heartsay reproduce`: the commands that make committed results from the data, one for each system."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heartsay.cli.console import AsJson, print_json, reporting
from heartsay.cli.options import FEATURES, Address, Device, EngineName, check_seed, training_packages
from heartsay.cli.progress import Reporter
from heartsay.cli.reproducing import reproduce_study
from heartsay.errors import InputError

reproduce_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="""
    Make a system's committed results from the data in one go; interrupted, it goes on where it stopped.

    \b
    Examples:
      heartsay reproduce default
      heartsay reproduce cmerc --quick
      heartsay reproduce rpcl --workers 2
    """,
)

Work = Annotated[Path, typer.Option(metavar="FOLDER", help="Where runs are kept.")]
Results = Annotated[Path, typer.Option(metavar="FOLDER", help="Where results go.")]
Workers = Annotated[
    int, typer.Option(min=0, help="Processes of one thread each; 0 only measures what is done.")
]
Engine = Annotated[
    EngineName,
    typer.Option(
        help="local runs in processes of this machine; ray as tasks of Ray, on a cluster with --address."
    ),
]
Cache = Annotated[Path, typer.Option(metavar="FOLDER", help="Where features are kept once they are made.")]


Seeds = Annotated[str, typer.Option(metavar="LIST", help="Two or more different seeds.")]
Ship = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Where the exported model goes; a folder in WORK if not given.",
        show_default=False,
    ),
]


@reproduce_app.command("default")
def reproduce_default(
    seeds: Seeds = "1,2,3",
    ship: Ship = None,
    work: Work = Path("runs"),
    results: Results = Path("results"),
    device: Device = "cpu",
    as_json: AsJson = False,
) -> None:
    """The small model that comes along, with its card, and before it the large ones that teach it.

    It is trained under several seeds, averaged, calibrated, exported and evaluated. Needs MELD, ECF, RECCON
    and EmoryNLP under HEARTSAY_DATA. Runs of the teachers are kept in WORK/large and used again, its own in
    WORK/default. Writes RESULTS/default and the exported model.

    \b
    Example:
      heartsay reproduce default --seeds 1,2,3
    """
    _reproduce_release("default", seeds, ship, work, results, device, as_json)


@reproduce_app.command("accurate")
def reproduce_accurate(
    seeds: Seeds = "1,2,3",
    ship: Ship = None,
    work: Work = Path("runs"),
    results: Results = Path("results"),
    device: Device = "cpu",
    as_json: AsJson = False,
) -> None:
    """The large model, with its card.

    It is trained under several seeds, averaged, calibrated, exported and evaluated. Needs MELD and ECF under
    HEARTSAY_DATA. Runs are kept in WORK/large. Writes RESULTS/accurate and the exported model.

    \b
    Example:
      heartsay reproduce accurate --seeds 1,2,3
    """
    _reproduce_release("accurate", seeds, ship, work, results, device, as_json)


@reproduce_app.command("rpcl")
def reproduce_rpcl(
    quick: Annotated[
        bool, typer.Option("--quick", help="A look in ten minutes, in folders of its own beside the whole.")
    ] = False,
    end_to_end: Annotated[
        bool,
        typer.Option(
            "--end-to-end",
            help="Also train the models with their encoder, up to half an hour each. Without it, those that "
            "are finished are measured.",
        ),
    ] = False,
    trials: Annotated[
        bool,
        typer.Option(
            "--trials",
            help="Base and RPCL on ECF with eleven trials each, chosen on development data, in folders of "
            "its own: 54 trainings over cached vectors.",
        ),
    ] = False,
    workers: Workers = 2,
    work: Work = Path("runs"),
    results: Results = Path("results"),
    cache: Cache = FEATURES,
    device: Device = "cpu",
    engine: Engine = "local",
    address: Address = None,
    as_json: AsJson = False,
) -> None:
    """Robust pair confidence learning.

    Rows, tables and figures of every method on emotion-cause pairs. Needs MELD, ECF and RECCON under
    HEARTSAY_DATA. Writes RESULTS/rpcl from whatever runs are done, also when it is interrupted.

    \b
    Examples:
      heartsay reproduce rpcl --quick
      heartsay reproduce rpcl --end-to-end
      heartsay reproduce rpcl --trials
    """
    with reporting("reproduce", as_json), training_packages():
        from heartsay.experiments.rpcl.study import QUICK_EPOCHS, RpclStudy
        from heartsay.experiments.study import Place

        if quick + end_to_end + trials > 1:
            raise InputError(
                expected="one of --quick, --end-to-end and --trials",
                found="more than one",
                where="heartsay reproduce rpcl",
                do="leave the others out: a quick look and trials have nothing end to end",
            )
        if trials:
            from heartsay.experiments.rpcl.trials import RpclTrials

            place = Place(work / "rpcl-trials", cache, device=device)
            reproduce_study(RpclTrials(place), results / "rpcl-trials", workers, as_json, engine, address)
            return
        name = "rpcl-quick" if quick else "rpcl"
        place = Place(work / name, cache, QUICK_EPOCHS if quick else None, device, work)
        study = RpclStudy(place, quick=quick, with_encoder=end_to_end)
        reproduce_study(study, results / name, workers, as_json, engine, address)


def _reproduce_release(
    name: str, seeds: str, ship: Path | None, work: Path, results: Path, device: str, as_json: bool
) -> None:
    """Reproduce a reader that ships and say where its table is."""
    with reporting("reproduce", as_json), training_packages():
        from heartsay.experiments.release.releases import release
        from heartsay.experiments.release.reproduce import reproduce_release
        from heartsay.training.devices import check_device

        numbers, of = _seeds(seeds), release(name)
        check_device(device)
        with Reporter("Reading the corpora", as_json) as report:
            content = reproduce_release(
                of,
                work,
                results / name,
                ship or work / of.runs / "shipped",
                seeds=numbers,
                device=device,
                report=report,
            )
        if as_json:
            print_json("reproduce", content)
        else:
            print(f"Written: {results / name / 'table.md'}")


@reproduce_app.command("mosear")
def reproduce_mosear(
    quick: Annotated[
        bool, typer.Option("--quick", help="A look with few arms, in folders of its own beside the whole.")
    ] = False,
    decoder: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="A multimodal decoder of your own.", show_default=False),
    ] = None,
    clips: Annotated[
        Path | None,
        typer.Option(metavar="TABLE", help="Labelled clips that it is asked about.", show_default=False),
    ] = None,
    workers: Workers = 2,
    work: Work = Path("runs"),
    results: Results = Path("results"),
    cache: Cache = FEATURES,
    device: Device = "cpu",
    engine: Engine = "local",
    address: Address = None,
    as_json: AsJson = False,
) -> None:
    """MoSE and attention reallocation where voice and face disagree.

    Rows, tables and figures of every arm and rival on the composed corpus, whose conflicts are known. Needs
    MELD, CREMA-D and FER+ under HEARTSAY_DATA. Writes RESULTS/mosear from whatever runs are done, also when
    it is interrupted.

    With --decoder and --clips instead a decoder of transformers' (Qwen2.5-Omni, LLaVA) with its processor is
    asked about your clips, as it is, with LoRA and with MoSE; TABLE is a CSV file with id, label, voice,
    face, file and split. Writes RESULTS/mosear-decoder.

    \b
    Examples:
      heartsay reproduce mosear --quick
      heartsay reproduce mosear --workers 2
      heartsay reproduce mosear --decoder Qwen2.5-Omni-7B --clips clips.csv --workers 1 --device cuda
    """
    with reporting("reproduce", as_json), training_packages():
        if (decoder is None) != (clips is None):
            given = "--clips" if decoder is None else "--decoder"
            raise InputError(
                expected="a decoder and clips to ask it about",
                found=f"{given} alone",
                where="--decoder and --clips",
                do="give both, or neither",
            )
        if decoder is not None and clips is not None:
            from heartsay.experiments.decoders.study import DecoderStudy
            from heartsay.experiments.study import Place

            place = Place(work / "mosear-decoder", cache, None, device)
            study = DecoderStudy(place, decoder, clips)
            reproduce_study(study, results / "mosear-decoder", workers, as_json, engine, address)
            return
        from heartsay.experiments.mosear.study import QUICK_EPOCHS, MosearStudy
        from heartsay.experiments.study import Place

        name = "mosear-quick" if quick else "mosear"
        place = Place(work / name, cache, QUICK_EPOCHS if quick else None, device)
        reproduce_study(MosearStudy(place, quick=quick), results / name, workers, as_json, engine, address)


@reproduce_app.command("mecec")
def reproduce_mecec(
    quick: Annotated[
        bool, typer.Option("--quick", help="A look without language models and without the test part.")
    ] = False,
    meteor: Annotated[
        bool, typer.Option("--meteor", help="Also METEOR: needs Java and the extra `text-metrics`.")
    ] = False,
    bertscore: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Encoder for BERTScore.", show_default=False)
    ] = None,
    bleurt: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Model for BLEURT.", show_default=False)
    ] = None,
    go_on: Annotated[
        bool,
        typer.Option(
            "--go-on",
            help="Count runs of language models as done whose numbers are in RESULTS/mecec/runs, and do "
            "those that are missing. Without it everything is done that is not in WORK.",
        ),
    ] = False,
    workers: Workers = 1,
    work: Work = Path("runs"),
    results: Results = Path("results"),
    engine: Engine = "local",
    address: Address = None,
    as_json: AsJson = False,
) -> None:
    """Explanations in words: why somebody feels what they feel.

    Floors, the embedded generator, retrieval and language models on ECEM, scored against references, against
    the talk and against gold causes. Needs ECEM, MELD and ECF under HEARTSAY_DATA. Writes RESULTS/mecec from
    whatever runs are done, also when it is interrupted; what was written in words stays in WORK, its scores
    go into RESULTS/mecec/runs.

    \b
    Examples:
      heartsay reproduce mecec --quick
      heartsay reproduce mecec --meteor
      heartsay reproduce mecec --meteor --go-on
    """
    with reporting("reproduce", as_json), training_packages():
        from heartsay.experiments.mecec.scoring import Judges
        from heartsay.experiments.mecec.study import MececStudy
        from heartsay.experiments.study import Place

        name = "mecec-quick" if quick else "mecec"
        judges, kept = Judges(meteor, bertscore, bleurt), results / name / "runs"
        study = MececStudy(Place(work / name, FEATURES), quick, judges, kept, go_on)
        reproduce_study(study, results / name, workers, as_json, engine, address)


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
        check_seed(number, "--seeds")
    return numbers
