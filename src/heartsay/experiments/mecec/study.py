"""The study of explanations: which runs it wants, what one of them does, what is measured and shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from heartsay import corpora
from heartsay.experiments.mecec import language, numbers, plots, rows, tables, told_removal, work
from heartsay.experiments.mecec.plan import ARMS, HEADLINE, METRIC, PART, PARTS, RIVAL, TUNED, runs
from heartsay.experiments.mecec.removal import removal
from heartsay.experiments.mecec.scoring import Judges, score
from heartsay.experiments.study import Run, Study, is_done
from heartsay.progress import Report

QUICK_REMOVALS = 40


@dataclass(frozen=True)
class MececStudy(Study):
    """Floors, the embedded generator, retrieval and language models on ECEM.

    Args:
        place: where the runs are.
        quick: without language models, and with few causes taken away.
        judges: what is computed beside BLEU4, ROUGE-L and CIDEr.
        kept: folder beside the results for the numbers of runs that take long.
        go_on: let runs count as done whose numbers are there.
    """

    quick: bool = False
    judges: Judges = field(default_factory=Judges)
    kept: Path | None = None
    go_on: bool = False

    system: ClassVar[str] = "mecec"

    family: ClassVar[tuple[str, ...]] = ("role", "corpus", "metric")

    @property
    def _read(self) -> Sequence[str]:
        """The parts that are written for and measured: a look must not read the test part."""
        return PARTS[:1] if self.quick else PARTS

    def runs(self) -> Sequence[Run]:
        """Every run, seed after seed."""
        return [run for run in runs() if not self.quick or ARMS[run.method].is_quick]

    def cost(self, run: Run) -> float:
        """About how long a run takes, in minutes."""
        return ARMS[run.method].minutes

    def needs(self, run: Run) -> Collection[Run]:
        """The tuned language model, for what rewords by it."""
        return work.needs(run)

    def prepare(self, report: Report) -> None:
        """Read the corpora, so that what is absent is said before anything runs."""
        report({"message": "Reading ECEM and MELD"})
        work.corpus()
        if self.go_on and self.kept is not None:
            needs = {run: work.needs(run) for run in self.runs()}
            taken = numbers.take_over(self.runs(), needs, self.place, self.kept)
            report({"message": f"{taken} runs are done by their numbers in {self.kept}"})

    def work(self, run: Run) -> None:
        """Write the sentences of an arm."""
        work.do(run, self.place, self._read)
        numbers.mark(run, self.place)
        if run.method == TUNED:
            told_removal.measure(run, self.place, work.corpus(), rows.gold_causes())

    def measure(self, report: Report) -> dict[str, Any]:
        """Rows, what causes taken away do, and the comparisons, the headline first."""
        done, data = [run for run in self.runs() if is_done(run, self.place)], work.corpus()
        read = self._read
        found = {run: numbers.of_run(run, self.place, data, self.judges, read) for run in done}
        if self.kept is not None:
            numbers.keep(found, self.place, self.kept)
        split = read[-1]
        talk = corpora.load(corpora.MELD, split)
        removed = removal(talk, report, QUICK_REMOVALS if self.quick else None)
        return {
            "quick": self.quick,
            "read": read,
            "corpus": {
                "train": len(data.train),
                "dev": len(data.dev),
                "test": len(data.test),
                "repaired": data.repaired,
                "dropped": dict(data.dropped),
            },
            "language": language.SETTINGS.model_dump(mode="json"),
            "faces": next((kept["faces"] for kept in found.values() if "faces" in kept), None),
            "headline": {"first": HEADLINE, "second": RIVAL, "metric": f"{METRIC}, {PART}"},
            "removal": {**removed, "of": f"MELD's {split} dialogues, the default model"},
            "implementations": [
                {"metric": s.metric, "implementation": s.implementation, "why": s.why}
                for s in score(["a b", "b c"], ["a b", "c d"], self.judges)
                if s.part == "whole"
            ],
            "earlier": numbers.made_earlier(found),
            "people": [rows.of_people(data, part) for part in read],
            "rows": [row for kept in found.values() for row in kept["rows"]],
            "comparisons": rows.comparisons(
                {run: kept["each"][split] for run, kept in found.items() if split in kept["each"]},
                [row.conversation for row in work.rows_of(data, split)],
            ),
        }

    def tables(self, content: Mapping[str, Any]) -> str:
        """Scores of each part beside the floors, groundedness, and what computed them."""
        return tables.page(content)

    def draw(self, content: Mapping[str, Any], folder: Path) -> None:
        """CIDEr of each arm, of the whole sentence and of the reason alone."""
        plots.draw(content, folder)
