"""`heartsay export`: a run becomes a model folder that needs no torch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from heartsay.cli.console import AsJson, print_json, reporting
from heartsay.cli.options import FEATURES, training_packages
from heartsay.cli.progress import Reporter


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a training run.")],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where to write; RUN/exported if not given.", show_default=False),
    ] = None,
    precision: Annotated[
        Literal["int8", "int4", "float"],
        typer.Option(
            help="What weights are stored as; int4 is half the size of int8. With both, words are read with"
            " 8-bit integers, which is faster than float."
        ),
    ] = "int8",
    cache: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where frames of the voice expert's corpus are kept.")
    ] = FEATURES,
    as_json: AsJson = False,
) -> None:
    """Write a run's best epoch as a folder that `heartsay analyze --model` reads, calibrated as exported.

    \b
    Examples:
      heartsay export runs/own
      heartsay export runs/voice

    A run of the voice or the face expert becomes the folder of an expert, always stored as float and
    calibrated on development actors or faces; `heartsay evaluate --model FOLDER` measures it. A run of the
    speaker encoder is measured on composed conversations, and its card says how it does. Any other
    exported model reads the development data for its calibration: MELD and ECF under HEARTSAY_DATA. A
    folder of an exported model is replaced, any other is refused.
    """
    with reporting("export", as_json), training_packages():
        from heartsay.experiments.release.export import export_run
        from heartsay.training.run_folder import RunFolder

        source = RunFolder(run)
        folder = out or source.exported
        with Reporter("Exporting", as_json) as report:
            if source.read().get("kind") == "speaker network":
                from heartsay.experiments.experts.speaker_release import export_speaker_encoder

                export_speaker_encoder(source, folder, report)
            elif source.read().get("kind") in ("voice network", "face network"):
                from heartsay.experiments.experts.release import export_expert

                export_expert(source, folder, cache, report)
            else:
                export_run(source, folder, storage=precision, report=report)
        size = sum(file.stat().st_size for file in folder.iterdir())
        if as_json:
            print_json("export", {"run": str(run), "written": str(folder), "bytes": size})
        else:
            print(f"Written: {folder} ({size / 1e6:.1f} MB)")
