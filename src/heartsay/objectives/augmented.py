"""Supervision of evidence that is edited anew in each step, so that no modality can be leant on by habit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from heartsay.evidence.tensors import Batch, EvidenceBatch
from heartsay.models.backbone import Backbone
from heartsay.objectives.objective import TaskLoss, labelled, refused
from heartsay.objectives.supervised import Supervised

SIDES = ("voice", "face")
"""The modalities that are made to disagree."""


class ModalityDropout(Supervised):
    """Train while some utterances lack one of their modalities.

    The idea is that of Neverova et al., ModDrop: Adaptive Multi-Modal Gesture Recognition, TPAMI 2016.

    Args:
        task_loss: supervision of the emotions.
        rate: how often an utterance that has several modalities loses one, drawn evenly among them.

    Raises:
        InputError: a rate that is no share.
    """

    def __init__(self, task_loss: TaskLoss, *, rate: float = 0.3) -> None:
        if not 0 <= rate <= 1:
            raise refused("modality dropout, rate", "a share from 0 to 1", rate)
        super().__init__(task_loss)
        self.rate = rate

    def losses(self, model: Backbone, batch: Batch) -> Mapping[str, Tensor]:
        """As supervision has them, of a batch that lacks something."""
        return super().losses(model, batch._replace(evidence=drop(batch.evidence, self.rate)))


class ConflictAugmentation(Supervised):
    """Train while the voice or the face of some utterances comes from another one, of another label.

    The label stays that of the utterance: what the rest of it says is true. Which side is false cannot be
    learnt without a sign of it, so what is put in is weakened, towards the mean of training, as a put-on
    emotion may be. Both choices are this project's own.

    Args:
        task_loss: supervision of the emotions.
        modalities: of the corpus.
        rate: how often an utterance is given a false side, voice and face equally often.
        strength: what the false features are multiplied by, from 0, the mean, to 1, as they are.

    Raises:
        InputError: a rate or a strength that is no share, or a corpus without voice and face.
    """

    def __init__(
        self,
        task_loss: TaskLoss,
        modalities: Sequence[str],
        *,
        rate: float = 0.3,
        strength: float = 0.5,
    ) -> None:
        for name, value in (("rate", rate), ("strength", strength)):
            if not 0 <= value <= 1:
                raise refused(f"conflict augmentation, {name}", "a share from 0 to 1", value)
        super().__init__(task_loss)
        self.sides = tuple(m for m in SIDES if m in modalities)
        if not self.sides or len(modalities) < 2:
            expected = "voice or face, and another modality that tells the truth"
            raise refused("conflict augmentation", expected, ", ".join(modalities))
        self.rate, self.strength = rate, strength

    def losses(self, model: Backbone, batch: Batch) -> Mapping[str, Tensor]:
        """As supervision has them, of a batch with false sides."""
        edited = with_false_sides(batch, self.sides, self.rate, self.strength)
        return super().losses(model, batch._replace(evidence=edited))


def drop(evidence: EvidenceBatch, rate: float) -> EvidenceBatch:
    """Take one modality away from a share of the utterances that have several."""
    names = evidence.modalities
    here = torch.stack([evidence.present[m] for m in names], dim=-1)  # (B, T, M)
    chosen = (torch.rand(here.shape[:2]) < rate).to(here.device) & (here.sum(-1) > 1)
    lost = (torch.rand(here.shape).to(here.device) * here).argmax(-1)  # drawn among those that are there
    present = {m: evidence.present[m] & ~(chosen & (lost == k)) for k, m in enumerate(names)}
    return replace(evidence, present=present)


def with_false_sides(batch: Batch, sides: Sequence[str], rate: float, strength: float) -> EvidenceBatch:
    """Give a share of the labelled utterances the voice or the face of one with another label.

    Args:
        batch: whose utterances are given away, too.
        sides: which modalities may be false; each is as likely.
        rate: share of the utterances.
        strength: what the false features are multiplied by.
    """
    evidence, known = batch.evidence, labelled(batch)
    gold = batch.emotion[known]  # (N,)
    chosen = torch.rand(len(gold)) < rate
    side = torch.randint(len(sides), (len(gold),))
    features = dict(evidence.features)
    for number, name in enumerate(sides):
        own, here = features[name][known], evidence.present[name][known]  # (N, D), (N,)
        fits = (gold[:, None] != gold[None]) & here[None]  # (N, N)
        partner = torch.where(fits, torch.rand(fits.shape).to(fits.device), -1.0)
        found, place = partner.max(1) if len(gold) else (gold.float(), gold)
        false = (chosen & (side == number)).to(here.device) & here & (found >= 0)
        edited = features[name].clone()
        edited[known] = torch.where(false[:, None], strength * own[place], own)
        features[name] = edited
    return replace(evidence, features=features)
