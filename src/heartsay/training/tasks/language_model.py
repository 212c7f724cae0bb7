"""A causal language model that learns to explain: low-rank maps beside its queries and values."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from heartsay.errors import InputError
from heartsay.evidence.packing import batches_by_length
from heartsay.models.fusion.mose import MoSESettings
from heartsay.models.hosts.asking import CONTEXT
from heartsay.models.hosts.fame_net import Answer, Asked, FameNet, saved_sizes
from heartsay.models.hosts.small_language_model import load_language_model
from heartsay.objectives import objective
from heartsay.progress import Report, Row, silent, track
from heartsay.training.batches import shuffled_batches
from heartsay.training.devices import in_16_bits, knows_bfloat16
from heartsay.training.optimisation import NotNegative, OptimisationSettings, Positive, Share
from heartsay.training.run_folder import RunFolder, begin_or_continue
from heartsay.training.trainer import SAVE_EVERY, Task, train

ANSWERED_TOGETHER = 3072
"""Tokens of questions, with padding, in a batch that is answered."""


class ExplainerTraining(OptimisationSettings):
    """Settings of a run of a language model that explains."""

    kind: ClassVar[str] = "language model that explains"

    name: str = Field(default="explainer", description="What the run is called.")
    model: str = Field(
        default="smollm2", description="`smollm2`, or a folder or GGUF file of a language model."
    )
    context: int = Field(default=CONTEXT, ge=0, description="Utterances before the explained one.")
    epochs: int = Field(default=2, ge=1)
    batch_tokens: int = Field(default=1024, ge=64, description="Tokens in a batch, padding among them.")
    learning_rate: Positive = Field(
        default=2e-3,
        description="Of two tried on ECEM's development clips, for a third of a pass: 1.76 was left of the"
        " loss, and 1.96 at 5e-4.",
    )
    weight_decay: NotNegative = 0.0
    warmup: Share = 0.05
    gradient_norm: Positive | None = 1.0
    rank: int = Field(
        default=16,
        ge=0,
        description="Rank of what is added to queries and values; with 0 the language model stays as it is,"
        " and only what it is shown through is trained.",
    )
    chat: bool = Field(
        default=False, description="Ask in the turns of talk that an instructed model was made for."
    )
    layers: int | None = Field(
        default=None,
        ge=1,
        description="How many of the last layers are adapted; all if not given. The"
        " gradient goes no deeper, so that half of them cost a quarter less.",
    )
    alpha: Positive = 32.0
    dropout: Share = 0.05
    bfloat16: bool = Field(
        default=True,
        description="Multiply in 16 bits where the processor knows how, which is twice as fast; what is "
        "trained stays in 32.",
    )


def build(
    settings: ExplainerTraining,
    seed: int,
    width: int | None = None,
    face_width: int | None = None,
    video_width: int | None = None,
) -> FameNet:
    """The language model with what is to be trained of it, as it is before the first step.

    Args:
        settings: of the run.
        seed: of what is to be trained.
        width: of the language model's vectors, if it must be a certain one.
        face_width: of the face features that it is shown, if any.
        video_width: of the video tokens that it is shown, if any.

    Raises:
        HeartsayError: a package is missing.
        ModelError: there is no such language model, or it has no queries and values.
    """
    torch.manual_seed(seed)
    language, tokenizer = load_language_model(settings.model, width)
    # The fused attention's gradient costs a third of a step on the CPU; these matrices are small.
    language.set_attn_implementation("eager")
    low_rank = None
    if settings.rank:
        low_rank = MoSESettings(rank=settings.rank, alpha=settings.alpha, dropout=settings.dropout)
    return FameNet(
        language,
        tokenizer,
        video_width=video_width,
        face_width=face_width,
        low_rank=low_rank,
        last=settings.layers,
        chat=settings.chat,
    )


def load_untuned(model: str, *, chat: bool = False, bfloat16: bool = True) -> FameNet:
    """A language model as it came, ready to answer.

    Args:
        model: where it is.
        chat: ask it in the turns of talk that it was made for.
        bfloat16: in 16 bits, where the processor knows how.

    Raises:
        HeartsayError: a package is missing.
        ModelError: there is no such language model, or its tokenizer has no template for turns.
    """
    net = FameNet(*load_language_model(model), chat=chat)
    return (net.in_16_bits() if bfloat16 and knows_bfloat16() else net).eval()


def train_explainer(
    parts: Mapping[str, Sequence[Asked]],
    folder: Path,
    settings: ExplainerTraining | None = None,
    *,
    seed: int = 1,
    facts: Mapping[str, Any] | None = None,
    save_every: float = SAVE_EVERY,
    report: Report = silent,
) -> RunFolder:
    """Train, or go on where it was killed; what is finished is left as it is.

    The epoch with the least loss on development data is the result.

    Args:
        parts: questions with answers, of `train` and `dev`, which must share no conversation.
        folder: folder of the run.
        settings: the defaults if not given.
        seed: of beginning, order and dropout.
        facts: what else to write down of the data, such as what was left out.
        save_every: seconds between saved states.
        report: progress callback.

    Raises:
        InputError: the folder holds another run, a part is empty, or an answer is missing.
        ModelError: there is no such language model.
        DivergedError: the loss is not finite.
    """
    settings = settings or ExplainerTraining()
    for name in ("train", "dev"):
        if not parts[name] or any(not (item.answer or "").strip() for item in parts[name]):
            raise InputError(
                expected="questions with answers to learn from",
                found="none" if not parts[name] else "one without an answer",
                where=f"explanations, {name} part",
                do="give more conversations that are explained, at least two",
            )
    if not settings.rank and all(item.face is None and item.video is None for item in parts["train"]):
        raise InputError(
            expected="something to train",
            found="a rank of 0, and questions that show nothing",
            where="rank",
            do="give a rank of 1 or more, or pictures or faces to be shown",
        )
    sizes = {name: len(items) for name, items in parts.items()}
    run = begin_or_continue(
        folder, settings, seed, {**(facts or {}), **sizes, "fingerprint": fingerprint(parts)}
    )
    if run.is_finished():
        return run
    report({"message": f"Reading {settings.model}"})
    return train(ExplainerTask(parts, settings, seed), run, save_every=save_every, report=report)


def fingerprint(parts: Mapping[str, Sequence[Asked]]) -> str:
    """Hash of every question and answer."""
    digest = hashlib.sha256()
    for name in sorted(parts):
        for item in parts[name]:
            told = (name, item.emotion, item.speaker, item.words, item.context, *item.faces, item.answer)
            digest.update(repr(told).encode())
            for shown in (item.video, item.face):
                if shown is not None:
                    digest.update(shown.numpy().tobytes())
    return digest.hexdigest()[:16]


def load_explainer(folder: Path) -> tuple[FameNet, ExplainerTraining]:
    """What a finished run has trained, ready to answer, and its settings.

    Raises:
        HeartsayError: a package is missing.
        ModelError: the folder holds no finished run, or the language model it started from is another one.
    """
    run = RunFolder(folder)
    settings = run.configuration(ExplainerTraining)
    run.chosen()  # there is none before the run is finished
    sizes = saved_sizes(folder)
    net = build(
        settings,
        seed=0,
        width=sizes["language"],
        face_width=sizes["face"],
        video_width=sizes["video"],
    )
    net.restore(folder)
    return (net.in_16_bits() if settings.bfloat16 and knows_bfloat16() else net).eval(), settings


def answer_all(net: FameNet, asked: Sequence[Asked], report: Report = silent) -> list[Answer]:
    """An answer to each question, greedily, in batches of similar length."""
    found: dict[int, Answer] = {}
    batches = batches_by_length([net.length(item) for item in asked], ANSWERED_TOGETHER)
    for batch in track(batches, "Explaining", report, "batches"):
        found |= zip(batch, net.explain([asked[k] for k in batch]), strict=True)
    return [found[k] for k in range(len(asked))]


def _width(shown: Iterable[Tensor | None]) -> int | None:
    """How many features there are of what is shown, (number, features); None where nothing is."""
    return next((features.shape[1] for features in shown if features is not None), None)


class _Trained(nn.Module):
    """The trained weights of a network alone, so that what is saved leaves out the language model."""

    def __init__(self, net: FameNet) -> None:
        super().__init__()
        self.weights = nn.ParameterList([p for p in net.parameters() if p.requires_grad])


class ExplainerTask(Task[list[int]]):
    """Answers to questions; a batch is their numbers."""

    selections = {"development": lambda row: -row["development_loss"]}  # noqa: RUF012

    def __init__(self, parts: Mapping[str, Sequence[Asked]], settings: ExplainerTraining, seed: int) -> None:
        self.parts, self.settings, self.seed, self.epochs = parts, settings, seed, settings.epochs
        self.net = build(
            settings,
            seed,
            face_width=_width(item.face for item in parts["train"]),
            video_width=_width(item.video for item in parts["train"]),
        )
        self.model = _Trained(self.net)
        self.lengths = {name: [self.net.length(item) for item in items] for name, items in parts.items()}
        # Batches of an epoch differ a little in number; the first one's stands for all.
        self.optimisation = settings.optimisation(
            [(self.model.parameters(), settings.learning_rate)], settings.epochs * len(self.batches(0))
        )

    def batches(self, epoch: int) -> Sequence[list[int]]:
        """Questions of similar length together, in random order."""
        random = np.random.default_rng([self.seed, epoch])
        return shuffled_batches(self.lengths["train"], self.settings.batch_tokens, random)

    def step(self, batch: list[int], progress: float) -> Mapping[str, float]:
        """One update by the cross-entropy of the answers' tokens."""
        self.net.train()
        loss = self._loss([self.parts["train"][k] for k in batch])
        if not loss.requires_grad:  # with a rank of 0, questions that show nothing teach nothing
            return {"answer": loss.item()}
        return self.optimisation.descend(self.model, loss, {"answer": loss})

    @torch.inference_mode()
    def evaluate(self, epoch: int) -> Row:
        """The loss on development data, every batch by its questions."""
        self.net.eval()
        total = 0.0
        for batch in batches_by_length(self.lengths["dev"], self.settings.batch_tokens):
            total += len(batch) * self._loss([self.parts["dev"][k] for k in batch]).item()
        loss = total / len(self.parts["dev"])
        if not np.isfinite(loss):
            raise objective.DivergedError
        return {"development_loss": loss}

    def keep(self, run: RunFolder, selection: str) -> None:
        """What was trained, without the language model."""
        self.net.save(run.path)

    def _loss(self, items: Sequence[Asked]) -> Tensor:
        with in_16_bits(self.settings.bfloat16):
            loss: Tensor = self.net(items)
        return loss.float()
