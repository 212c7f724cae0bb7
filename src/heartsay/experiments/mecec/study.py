"""The study of explanations: which runs it wants, what one of them does, what is measured and shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from heartsay import corpora
from heartsay.experiments.mecec import faces, language, plots, rows, tables, told_removal, work
from heartsay.experiments.mecec.plan import ARMS, DDAMFN, HEADLINE, METRIC, PART, PARTS, RIVAL, TUNED, runs
from heartsay.experiments.mecec.removal import removal
from heartsay.experiments.mecec.scoring import Judges, score
from heartsay.experiments.study import Place, Run, Study, is_done
from heartsay.progress import Report

QUICK_REMOVALS = 40


def faces_read(planned: Sequence[Run], place: Place) -> dict[str, Any] | None:
    """How well DDAMFN reads FER+'s test faces, once it is trained."""
    done = [run for run in planned if run.method == DDAMFN and is_done(run, place)]
    return faces.measured(language.ddamfn_weights(done[0], place)) if done else None


@dataclass(frozen=True)
class MececStudy(Study):
    """Floors, the embedded generator, retrieval and language models on ECEM.

    Args:
        place: where the runs are.
        quick: without language models, and with few causes taken away.
        judges: what is computed beside BLEU4, ROUGE-L and CIDEr.
    """

    quick: bool = False
    judges: Judges = field(default_factory=Judges)

    system: ClassVar[str] = "mecec"

    family: ClassVar[tuple[str, ...]] = ("role", "corpus", "metric")

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

    def work(self, run: Run) -> None:
        """Write the sentences of an arm."""
        work.do(run, self.place)
        if run.method == TUNED:
            told_removal.measure(run, self.place, work.corpus(), rows.gold_causes())

    def measure(self, report: Report) -> dict[str, Any]:
        """Rows, what causes taken away do, and the comparisons, the headline first."""
        planned, data = self.runs(), work.corpus()
        read = PARTS[:1] if self.quick else PARTS  # a look must not read the test part
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
            "faces": faces_read(planned, self.place),
            "headline": {"first": HEADLINE, "second": RIVAL, "metric": f"{METRIC}, {PART}"},
            "removal": {**removed, "of": f"MELD's {split} dialogues, the default model"},
            "implementations": [
                {"metric": s.metric, "implementation": s.implementation, "why": s.why}
                for s in score(["a b", "b c"], ["a b", "c d"], self.judges)
                if s.part == "whole"
            ],
            "rows": rows.rows(planned, self.place, data, self.judges, read),
            "comparisons": rows.comparisons(planned, self.place, data, split),
        }

    def tables(self, content: Mapping[str, Any]) -> str:
        """Scores of each part beside the floors, groundedness, and what computed them."""
        return tables.page(content)

    def draw(self, content: Mapping[str, Any], folder: Path) -> None:
        """CIDEr of each arm, of the whole sentence and of the reason alone."""
        plots.draw(content, folder)
