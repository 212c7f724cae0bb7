"""What graph backbones over (utterance, modality) nodes share.

Nodes are ordered modality by modality: node m * T + t is modality m of utterance t. Speaker embedding and the
choice of the modality that is read as a sequence serve M3Net too; adjacency and deep graph convolution serve
MMGCN (Hu et al., ACL 2021) and MM-DFN (Hu et al., ICASSP 2022).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from heartsay.errors import InputError
from heartsay.evidence.tensors import EvidenceBatch

NEARLY_ONE = 0.99999
"""Cosines are scaled by it, as in the published code: the slope of arccos at 1 is infinite."""

SMALLEST_NORM = 1e-4
"""A vector shorter than this counts as having no direction; keeps the gradient at a zero vector bounded."""


def sequence_modality(widths: Mapping[str, int]) -> str:
    """The modality that gets the recurrent encoder and the speaker embedding: text, or else the first."""
    return "text" if "text" in widths else next(iter(widths))


class SpeakerEmbedding(nn.Module):
    """One learned vector per conversation-local speaker index.

    Args:
        speakers: the largest number of speakers in one conversation.
        width: size of a vector.
    """

    def __init__(self, speakers: int, width: int) -> None:
        super().__init__()
        self.vectors = nn.Embedding(speakers, width)

    def forward(self, evidence: EvidenceBatch) -> Tensor:
        """Vectors (B, T, width), 0 in padding.

        Raises:
            InputError: a conversation has more speakers than the model was built for.
        """
        found = int(evidence.speaker.max()) + 1
        if found > self.vectors.num_embeddings:
            raise InputError(
                expected=f"{self.vectors.num_embeddings} speakers per conversation at most",
                found=str(found),
                where="evidence",
                do="build the model for more speakers and train it again",
            )
        embedded: Tensor = self.vectors(evidence.speaker.clamp(min=0))  # (B, T, width)
        return embedded * evidence.real[..., None]


def node_edges(visible: Tensor, modalities: int) -> Tensor:
    """Which nodes are joined.

    Two utterances of one modality are joined where the one may draw on the other, an utterance's modalities
    always, and every real node is joined with itself.

    Args:
        visible: utterance i may draw on utterance j, bool (B, T, T).
        modalities: M of them.

    Returns:
        Node i (second axis) receives from node j (third axis), bool (B, M * T, M * T).
    """
    length = visible.shape[1]
    same_modality = torch.eye(modalities, dtype=torch.bool, device=visible.device)[:, None, :, None]
    itself = torch.eye(length, dtype=torch.bool, device=visible.device)
    real = visible.diagonal(dim1=1, dim2=2)[:, :, None]  # (B, T, 1)
    within = visible[:, None, :, None, :] & same_modality  # (B, M, T, M, T)
    across = (itself & real)[:, None, :, None, :]  # (B, 1, T, 1, T)
    return (within | across).flatten(3, 4).flatten(1, 2)


def angular_adjacency(nodes: Tensor, edges: Tensor) -> Tensor:
    """Symmetrically normalised adjacency, weighted by how small the angle between two nodes is.

    Args:
        nodes: vectors, (B, N, D).
        edges: node i receives from node j, bool (B, N, N); holds the diagonal of all nodes that count.

    Returns:
        D^-1/2 A D^-1/2 with A = 1 - arccos(cosine) / pi and D its row sums, (B, N, N).
    """
    direction = functional.normalize(nodes, dim=-1, eps=SMALLEST_NORM)
    cosine = direction @ direction.transpose(1, 2)  # (B, N, N)
    closeness = 1 - torch.arccos(cosine.clamp(-1, 1) * NEARLY_ONE) / math.pi
    weight = torch.where(edges, closeness, 0.0)
    degree = weight.sum(-1)  # (B, N); a node that counts has about 1 from itself
    scale = torch.where(degree > 0, degree.clamp(min=1e-6).rsqrt(), 0.0)
    return scale[:, :, None] * weight * scale[:, None, :]


class DeepGraphConvolution(nn.Module):
    """Graph convolutions with initial residual and identity mapping, to be run many layers deep (GCNII).

    Chen et al., ICML 2020, in the variant that maps the propagated and the initial vectors by matrices of
    their own. With A the adjacency, h a layer's input and h0 the first, layer l yields
    t [A h; h0] W + (1 - t) ((1 - alpha) A h + alpha h0), t = ln(0.5 / l + 1). Both terms are linear in
    A h and in h0, so identity and matrices are added up first: (A h) U + h0 V, computed as A (h U) + h0 V.

    Args:
        width: size of a node vector.
        depth: number of layers.
        alpha: share of h0.
    """

    def __init__(self, width: int, depth: int, *, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha
        bound = width**-0.5
        self.weight = nn.Parameter(torch.empty(depth, 2 * width, width).uniform_(-bound, bound))
        layers = torch.arange(1, depth + 1)
        self.register_buffer("mapped", torch.log(0.5 / layers + 1)[:, None, None], persistent=False)

    def maps(self) -> list[tuple[Tensor, Tensor]]:
        """For each layer the matrices U and V, (H, H) each."""
        width = self.weight.shape[2]
        mapped: Tensor = self.get_buffer("mapped")  # (L, 1, 1)
        kept = (1 - mapped) * torch.eye(width, device=self.weight.device)  # (L, H, H)
        propagated = mapped * self.weight[:, :width] + (1 - self.alpha) * kept
        initial = mapped * self.weight[:, width:] + self.alpha * kept
        return list(zip(propagated.unbind(), initial.unbind(), strict=True))

    def forward(
        self, adjacency: Tensor, hidden: Tensor, initial: Tensor, maps: tuple[Tensor, Tensor]
    ) -> Tensor:
        """One layer.

        Args:
            adjacency: (B, N, N).
            hidden: the layer's input, (B, N, H).
            initial: the first layer's input, (B, N, H).
            maps: the layer's matrices, one of `maps()`.

        Returns:
            (B, N, H), before the activation.
        """
        return torch.baddbmm(initial @ maps[1], adjacency, hidden @ maps[0])
