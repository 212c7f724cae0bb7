"""The study of MoSE and AR in a decoder of a person's own, on the skeleton of every other one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from heartsay.atomic import write_text
from heartsay.experiments.decoders import rows, tables
from heartsay.experiments.decoders.clips import Clips, read_clips
from heartsay.experiments.decoders.sources import SOURCE, made_of
from heartsay.experiments.decoders.work import Host, answer, question, teach
from heartsay.experiments.mosear import plots
from heartsay.experiments.release.manifest import sha256
from heartsay.experiments.study import Run, Study
from heartsay.models.hosts.questions import hears, load_processor
from heartsay.progress import Report
from heartsay.training.run_folder import RunFolder
from heartsay.training.tasks.decoder import DecoderTraining, learnt_weights

SEEDS = (1, 2, 3)

SETTINGS = {name: DecoderTraining(adapter=name) for name in ("lora", "mose")}

AS_IT_IS = "as-it-is"


class Arm(NamedTuple):
    """What an arm reads with: what was taught, and whether attention is moved."""

    adapter: str | None
    moved: bool


ARMS: Mapping[str, Arm] = {
    AS_IT_IS: Arm(None, False),
    "as-it-is-ar": Arm(None, True),
    "lora": Arm("lora", False),
    "mose": Arm("mose", False),
    "mose-ar": Arm("mose", True),
}


@dataclass(frozen=True)
class DecoderStudy(Study):
    """A decoder as it is, with LoRA, with MoSE, and with its attention moved.

    Args:
        place: where the runs are.
        decoder: folder of the decoder and its processor.
        table: of the clips.
        settings: of what is taught, by adapter; those of the project if not given.
    """

    decoder: Path
    table: Path
    settings: Mapping[str, DecoderTraining] = field(default_factory=lambda: SETTINGS)

    system: ClassVar[str] = "mosear-decoder"

    family: ClassVar[tuple[str, ...]] = ("metric",)

    def runs(self) -> Sequence[Run]:
        """Every run; what teaches nothing is the same under every seed."""
        heard = self._hears()
        return [
            Run(self.table.stem, self.decoder.name, name, seed)
            for seed in SEEDS
            for name, arm in ARMS.items()
            if (heard or not arm.moved) and (arm.adapter is not None or seed == SEEDS[0])
        ]

    def needs(self, run: Run) -> Collection[Run]:
        """The run whose teaching an arm reads with."""
        return [source] if (source := self._source(run)) != run else []

    def is_stale(self, run: Run) -> bool:
        """Whether the decoder, the table, a clip, or what another run learnt has been replaced since."""
        stated = run.folder(self.place.work) / SOURCE
        if not stated.exists() or json.loads(stated.read_text("utf-8")) != self._made_of(run):
            return True
        return any(self.is_stale(needed) for needed in self.needs(run))

    def prepare(self, report: Report) -> None:
        """Refuse a table or a decoder that cannot be read, before hours are spent."""
        report({"message": f"Reading {self.table}"})
        clips = self._clips()
        if clips.unlabelled:
            report({"message": f"{clips.unlabelled:,} clips without a label are left out"})

    def work(self, run: Run) -> None:
        """Teach, where the arm does, and answer."""
        arm, host, folder = ARMS[run.method], self._host(), run.folder(self.place.work)
        if folder.exists() and self.is_stale(run):
            shutil.rmtree(folder)
        self.state(run)
        source = None
        if arm.adapter is not None:
            source = RunFolder(self._source(run).folder(self.place.work))
            teach(host, arm.adapter, run.seed, source.path)
        answer(host, source, arm.moved, run, self.place)

    def measure(self, report: Report) -> dict[str, Any]:
        """Rows, the floor and the comparisons."""
        clips, runs = self._clips(), self.runs()
        return {
            "decoder": self.decoder.name,
            "hears": self._hears(),
            "question": question(clips),
            "clips": {split: len(items) for split, items in clips.items.items()},
            "unlabelled": clips.unlabelled,
            "settings": {name: s.model_dump(mode="json") for name, s in self.settings.items()},
            "floors": rows.floors(clips, self.table.stem),
            "warned": rows.warned(runs, self.place, clips),
            "rows": rows.rows(runs, self.place, clips),
            "comparisons": rows.comparisons(runs, self.place, clips, AS_IT_IS),
        }

    def tables(self, content: Mapping[str, Any]) -> str:
        """One table, and the comparisons."""
        return tables.page(content)

    def draw(self, content: Mapping[str, Any], folder: Path) -> None:
        """Accuracy on one side against the other."""
        plots.draw(content, folder, "clips of your own")

    def _source(self, run: Run) -> Run:
        """The run that teaches what another one reads with; the run itself where it teaches."""
        adapter = ARMS[run.method].adapter
        return run if adapter is None else replace(run, method=adapter)

    def state(self, run: Run) -> None:
        """Write down what a run is made from."""
        folder = run.folder(self.place.work)
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / SOURCE, json.dumps(self._made_of(run)) + "\n")

    def _made_of(self, run: Run) -> dict[str, str]:
        """What a run is made from as things are now."""
        pictures = sorted({settings.pictures for settings in self.settings.values()})
        found = {**made_of(self.decoder, self.table), "pictures": f"{pictures}"}
        for needed in self.needs(run):
            learnt = learnt_weights(RunFolder(needed.folder(self.place.work)))
            found["learnt"] = sha256(learnt) if learnt.exists() else "not there"
        return found

    def _host(self) -> Host:
        return Host(self.decoder, self.table, self.place.device, self.settings)

    def _clips(self) -> Clips:
        return read_clips(self.table)

    def _hears(self) -> bool:
        return hears(load_processor(self.decoder))
