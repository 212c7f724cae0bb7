"""The spoilt view of packed dialogues: talk that is in no gold pair is taken out before the encoder reads it.

A packed encoder mixes utterances from its first layer on. So spoiling must come before it: noise on pooled
utterance vectors would come too late, when what was said has already been read into its neighbours, and would
leave the scores of gold pairs to the last context layer alone. An utterance is taken out as the strict views
take it out: its tokens leave the sequence and the positions behind it close up, so that neither words nor
length remain. Unknown tokens in their place would show an encoder rows of a token that no analysis ever shows
it. The row stays, as a vector of 0 with its speaker: who spoke when is known, distances between utterances
hold, and each pair of the full reading has its counterpart in the spoilt one.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from heartsay.evidence.labels import LabelledPack
from heartsay.evidence.tokens import TokenSettings
from heartsay.objectives.rpcl import RpclSettings
from heartsay.training.batches import hide_tokens


def free_rows(items: Sequence[LabelledPack], device: torch.device) -> Tensor:
    """Rows that may be spoilt, bool (B, R): those in no gold pair of an annotated conversation."""
    rows = max(len(item.emotion) for item in items)
    free = torch.zeros(len(items), rows, dtype=torch.bool)
    for b, item in enumerate(items):
        if item.paired is not None:
            free[b, : len(item.paired)] = torch.from_numpy(~item.paired)
    return free.to(device)


def spoil(
    tokens: Tensor, owner: Tensor, free: Tensor, rpcl: RpclSettings, settings: TokenSettings
) -> tuple[Tensor, Tensor]:
    """Tokens and owners of a batch with free rows spoilt, drawn anew at each call.

    Args:
        tokens: token ids, (B, L).
        owner: row of each token, (B, L); -1 for the leading token and padding.
        free: rows that may be spoilt, bool (B, R).
        rpcl: `utterance` takes whole utterances out, `dimension` puts the unknown token in the place of
            single words, `nothing` leaves all as it is; each at the rate.
        settings: which tokens are special.

    Returns:
        tokens (B, L') and owner (B, L'), L' <= L.
    """
    if rpcl.spoil == "nothing":
        return tokens, owner
    if rpcl.spoil == "dimension":
        open_to_it = torch.where(_of_tokens(free, owner), owner, -1)
        return hide_tokens(tokens, open_to_it, settings, rpcl.rate), owner
    hidden = free & (torch.rand(free.shape, device=free.device) < rpcl.rate)
    return without_rows(tokens, owner, hidden, settings.pad)


def without_rows(tokens: Tensor, owner: Tensor, hidden: Tensor, pad: int) -> tuple[Tensor, Tensor]:
    """Take the tokens of the marked rows out and close up what is left.

    Args:
        tokens: token ids, (B, L).
        owner: row of each token, (B, L); -1 for the leading token and padding.
        hidden: rows to take out, bool (B, R).
        pad: id of the padding token.

    Returns:
        tokens (B, L') and owner (B, L') with padding at the end; L' is the longest that is left.
    """
    leading = torch.arange(owner.shape[1], device=owner.device) == 0
    kept = leading | ((owner >= 0) & ~_of_tokens(hidden, owner))  # (B, L)
    length = int(kept.sum(1).max())
    order = (~kept).long().argsort(dim=1, stable=True)[:, :length]  # (B, L'), what is kept first
    kept = kept.gather(1, order)
    return torch.where(kept, tokens.gather(1, order), pad), torch.where(kept, owner.gather(1, order), -1)


def _of_tokens(rows: Tensor, owner: Tensor) -> Tensor:
    """A mark of rows (B, R) at their tokens (B, L)."""
    return rows.gather(1, owner.clamp(min=0)) & (owner >= 0)
