"""MoSE: low-rank experts that are specific to a modality, chosen by a gate, weighed against each other.

MoSEAR (Han et al., ACM MM 2025) states in public: modality-specific LoRA experts; shared A matrices and
several expert B matrices per modality; a gate that selects the most suitable expert for each modality;
dynamic modality weights that balance audio and vision in training; regularised gating. How these are worked
out is inferred and this project's own choice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from heartsay.errors import InputError
from heartsay.models.fusion.modality import FACE, TEXT, VOICE, ModalityTokens, current, listener

GATED = (VOICE, FACE)
"""Modalities that have several experts. Text has one: answers are text, and no gate shall ever see them."""

MODALITIES = (TEXT, *GATED)


@dataclass(frozen=True)
class MoSESettings:
    """Settings of the experts in one linear layer.

    Args:
        rank: inner width of every expert.
        alpha: experts are scaled by this over the rank.
        dropout: on what the experts are given.
        experts: of voice, and as many of face.
        temperature: of the gate's softmax.
        sharing: `per_modality`: the experts of a modality share their A; `global`: all do.
        gated: whether the likeliest expert alone counts; else all count alike.
        weighting: of voice against face. `dynamic`: by what is seen and heard; `static`: one learned weight;
            `none`: both 1.
        balance: what is kept near the middle: the weights of the `batch_mean`, which leaves each sample free
            to follow one side, or of each sample (`per_sample`).
        balance_weight: how much that counts.
        load_weight: how much it counts that the experts of a modality are used evenly.

    Raises:
        InputError: a number out of range.
    """

    rank: int = 8
    alpha: float = 16.0
    dropout: float = 0.05
    experts: int = 2
    temperature: float = 1.0
    sharing: Literal["per_modality", "global"] = "per_modality"
    gated: bool = True
    weighting: Literal["dynamic", "static", "none"] = "dynamic"
    balance: Literal["batch_mean", "per_sample"] = "batch_mean"
    balance_weight: float = 0.1
    load_weight: float = 0.01

    def __post_init__(self) -> None:
        for name, least in (("rank", 1), ("experts", 1), ("balance_weight", 0), ("load_weight", 0)):
            value = getattr(self, name)
            if not value >= least:
                raise _refused(name, f"{least} or more", value)
        if not self.temperature > 0:
            raise _refused("temperature", "a number above 0", self.temperature)
        if not 0 <= self.dropout < 1:
            raise _refused("dropout", "a share from 0, below 1", self.dropout)


class Gates(NamedTuple):
    """What the gate of one layer decided for B sequences; the second axis is voice, face.

    Attributes:
        probabilities: of the experts, (B, 2, K).
        chosen: the likeliest expert, long (B, 2).
        weights: of the modalities, (B, 2); they sum to 2 where both are there.
        there: whether the modality is there at all, bool (B, 2).
        cost: what the regularisers of this layer add to the loss, a scalar.
    """

    probabilities: Tensor
    chosen: Tensor
    weights: Tensor
    there: Tensor
    cost: Tensor


class MoSE(nn.Module):
    """What the experts add to a linear map.

    It starts as nothing, since every B starts as 0.

    Args:
        inputs: size of what the map is given.
        outputs: size of its result.
        settings: of the experts.
    """

    def __init__(self, inputs: int, outputs: int, settings: MoSESettings) -> None:
        super().__init__()
        self.settings, count = settings, settings.experts
        groups = 1 if settings.sharing == "global" else len(MODALITIES)
        # The names are unlike any other's: peft finds the end of a name by searching for it.
        self.expert_down = nn.Parameter(torch.empty(groups, settings.rank, inputs))
        self.expert_up_text = nn.Parameter(torch.zeros(settings.rank, outputs))
        self.expert_up = nn.Parameter(torch.zeros(len(GATED), count, settings.rank, outputs))
        bound = math.sqrt(1 / inputs)
        nn.init.uniform_(self.expert_down, -bound, bound)
        self.expert_gate = None
        if settings.gated and count > 1:
            self.expert_gate = nn.Parameter(torch.randn(len(GATED), count, inputs) / math.sqrt(inputs))
        sizes = {"dynamic": inputs, "static": len(GATED), "none": 0}
        size = sizes[settings.weighting]
        self.expert_weight = nn.Parameter(torch.zeros(size)) if size else None
        self.dropout = nn.Dropout(settings.dropout)

    def forward(self, values: Tensor, tokens: ModalityTokens) -> Tensor:
        """What is added for the tokens of a pass, (B, L, O), of values (B, L, I).

        Raises:
            InputError: what the tokens are is not known for all of them.
        """
        settings = self.settings
        ids = tokens.of_pass(*values.shape[:2])  # (B, L)
        low = self.dropout(values) @ self.expert_down.flatten(0, 1).T  # (B, L, G R)
        low = low.unflatten(-1, (-1, settings.rank))  # (B, L, G, R)
        of = torch.stack([ids == TEXT, ids == VOICE, ids == FACE], dim=-1)  # (B, L, 3)
        scale = settings.alpha / settings.rank
        if tokens.start > 0:  # behind the prompt there is nothing but text
            text: Tensor = scale * (low[:, :, 0] @ self.expert_up_text)
            return text
        share, up = of.to(values.dtype), self._text_alone(len(values))
        if of[..., 1:].any():
            gates = self.gates(values, tokens)
            chosen = nn.functional.one_hot(gates.chosen, settings.experts).to(values.dtype)
            # Forward the choice, backward the probabilities.
            picked = chosen + gates.probabilities - gates.probabilities.detach()
            if not settings.gated:
                picked = gates.probabilities
            share = torch.cat([share[..., :1], share[..., 1:] * gates.weights[:, None]], dim=-1)
            up = torch.cat([up[:, :1], torch.einsum("bmk,mkro->bmro", picked, self.expert_up)], dim=1)
            told = listener("gates")
            if told is not None:
                told.append(gates)
        else:
            share = share[..., :1]
        weighed = low.expand(-1, -1, len(MODALITIES), -1)[:, :, : share.shape[-1]] * share[..., None]
        added: Tensor = scale * (weighed.flatten(2) @ up.flatten(1, 2))
        return added

    def gates(self, values: Tensor, tokens: ModalityTokens) -> Gates:
        """What the gate decides, from the given tokens of each modality alone.

        Args:
            values: (B, L, I), the first tokens of the sequences.
            tokens: what they are.
        """
        settings, given = self.settings, tokens.given
        known = values[:, : given.shape[1]]
        marks = torch.stack([(tokens.ids == m) & given for m in GATED], dim=1)  # (B, 2, S)
        count = marks.sum(-1)
        mean = marks.to(values.dtype) @ known / count.clamp(min=1)[..., None]  # (B, 2, I)
        there = count > 0
        if self.expert_gate is None:
            scores = mean.new_zeros(len(mean), len(GATED), settings.experts)
        else:
            scores = torch.einsum("bmi,mki->bmk", mean, self.expert_gate) / settings.temperature
        probabilities = scores.softmax(-1)
        weights = self._weights(mean, there)
        cost = self._cost(probabilities, weights, there)
        return Gates(probabilities, probabilities.argmax(-1), weights, there, cost)

    def _text_alone(self, batch: int) -> Tensor:
        return self.expert_up_text.expand(batch, 1, -1, -1)

    def _weights(self, mean: Tensor, there: Tensor) -> Tensor:
        """Weights of voice and face, (B, 2): of those that are there, as many as there are in sum."""
        if self.expert_weight is None:
            return there.to(mean.dtype)
        by_sample = self.settings.weighting == "dynamic"
        scores = mean @ self.expert_weight if by_sample else self.expert_weight.expand(len(mean), -1)
        known = scores.masked_fill(~there, float("-inf")).softmax(-1)
        # A row without either is all NaN, and weighs nothing.
        return torch.where(there, known, 0.0) * there.sum(-1, keepdim=True)

    def _cost(self, probabilities: Tensor, weights: Tensor, there: Tensor) -> Tensor:
        settings, both = self.settings, there.all(-1)
        cost = probabilities.new_zeros(())
        if self.expert_weight is not None and both.any():
            known = weights[both]  # (N, 2)
            if settings.balance == "per_sample":
                unlike = ((known[:, 0] - known[:, 1]) ** 2 / 4).mean()
            else:
                mean = known.mean(0) / 2
                unlike = (mean * (2 * mean).clamp(min=1e-30).log()).sum()  # KL from even weights
            cost = cost + settings.balance_weight * unlike
        if self.expert_gate is not None:
            for number in range(len(GATED)):
                of = probabilities[there[:, number], number]  # (N, K)
                if len(of):
                    used = nn.functional.one_hot(of.argmax(-1), settings.experts).to(of.dtype).mean(0)
                    cost = cost + settings.load_weight * settings.experts * (used * of.mean(0)).sum()
        return cost


class MoSELinear(nn.Module):
    """A linear map with experts added.

    Args:
        base: the map; it stays as it is.
        settings: of the experts.
    """

    def __init__(self, base: nn.Linear, settings: MoSESettings) -> None:
        super().__init__()
        self.base = base
        self.experts = MoSE(base.in_features, base.out_features, settings)

    def forward(self, values: Tensor) -> Tensor:
        """Map (B, L, I) to (B, L, O), within `heartsay.models.fusion.modality.reading`.

        Raises:
            InputError: nobody has said what the tokens are, or not of all of them.
        """
        mapped: Tensor = self.base(values) + self.experts(values, current())
        return mapped


def _refused(name: str, expected: str, found: float) -> InputError:
    return InputError(expected=expected, found=str(found), where=f"MoSE, {name}", do="change the setting")
