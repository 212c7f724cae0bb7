"""`heartsay calibrate`: fit what makes confidence mean what it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from heartsay.atomic import write_text
from heartsay.cli.console import AsJson, print_json, reporting
from heartsay.cli.options import training_packages
from heartsay.cli.progress import Reporter


def calibrate(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Folder of a run, or of an exported model.")],
    as_json: AsJson = False,
) -> None:
    """Fit temperature, sets, abstention, pair confidence and the rule for links on development conversations.

    A run is calibrated from the readings it kept, which are of the full conversations alone. An exported
    model reads the development data anew, also under views (needs MELD and ECF under HEARTSAY_DATA), and its
    calibration is replaced. Where EmoryNLP and RECCON are there too, it is fitted against their labels as
    well: sets hold what other people say, and confidence is lowered in talk of which the model is surer than
    usual.
    """
    with reporting("calibrate", as_json), training_packages():
        from heartsay.experiments.release.calibrate import calibrate_exported, calibrate_run
        from heartsay.training.configuration import Configuration
        from heartsay.training.run_folder import RunFolder

        with Reporter("Calibrating", as_json) as report:
            if (model / "model.json").exists():
                calibration, path = calibrate_exported(model, report), model / "calibration.json"
            else:
                run = RunFolder(model)
                run.configuration(Configuration)  # raises where it is a run of another kind
                calibration, path = calibrate_run(run), run.calibration
                write_text(path, json.dumps(calibration.to_dict(), indent=1) + "\n")
        alone = calibration.for_reading(("text",))
        facts: dict[str, Any] = {
            "calibrated_on": ", ".join(f"{p.corpus} {p.split}" for p in calibration.projects or ()) or None,
            "slope": 0.0 if alone.sureness is None else alone.sureness.slope,
            "temperature": alone.mixture.temperature,
            "calibration_conversations": alone.sets.conversations,
            # Too few conversations promise 90% by sets of all emotions only.
            "set_threshold_90": alone.sets.threshold(0.9) if alone.sets.supports(0.9) else None,
            "abstain_below": alone.abstention.threshold,
            "felt_from": alone.felt_threshold,
            "pair_threshold": calibration.pair_threshold,
            # The lowest at which a link is shown; none where links are wrong too often for any.
            "lowest_false_discovery_rate": calibration.links and calibration.links.lowest_level,
        }
        if as_json:
            print_json("calibrate", {"model": str(model), "written": str(path), **facts})
            return
        absent = {"set_threshold_90": "none, sets hold every emotion"}
        for name, value in facts.items():
            print(f"{name.replace('_', ' ')}: {absent.get(name, 'none') if value is None else value}")
        print(f"Written: {path}")
