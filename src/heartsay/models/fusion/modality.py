"""Which token is of which modality, handed down to layers that are given nothing but hidden states.

A layer deep in somebody else's model is called with its input alone. What it must know beside that, which
token is what, travels in a context variable, and what it has to say beside its output travels back the same
way: what its gate costs, and where attention lay.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from heartsay.errors import InputError

PADDING, TEXT, VOICE, FACE = -1, 0, 1, 2
"""What a token is of; whatever is none of the others counts as text: words, marks, answers."""


@dataclass
class ModalityTokens:
    """What the tokens of a batch of B sequences are, and where in them a forward pass stands.

    Args:
        ids: `PADDING`, `TEXT`, `VOICE` or `FACE`, of every token of the expanded sequence, long (B, S).
        prompt: tokens that are given and not answered, bool (B, S); all but padding if not given. A gate must
            look at no others, or it would read the answer that it is trained on.
        grows: whether tokens beyond S may come, which are answers and count as text; else they are refused.
        start: number of the first token of the pass, not 0 where the earlier ones are cached.

    Raises:
        InputError: shapes that do not match.
    """

    ids: Tensor
    prompt: Tensor | None = None
    grows: bool = False
    start: int = 0

    def __post_init__(self) -> None:
        if self.prompt is None:
            self.prompt = self.ids != PADDING
        if self.ids.dim() != 2 or self.prompt.shape != self.ids.shape:
            raise InputError(
                expected="a modality for every token, (B, S), and as many marks of what is given",
                found=f"the shapes {tuple(self.ids.shape)} and {tuple(self.prompt.shape)}",
                where="modality ids",
                do="make them from the expanded sequence that the model reads",
            )

    @property
    def given(self) -> Tensor:
        """Tokens of the prompt, bool (B, S)."""
        assert self.prompt is not None
        return self.prompt & (self.ids != PADDING)

    def of_pass(self, batch: int, length: int) -> Tensor:
        """The modality of the tokens of this pass, (B, L).

        Args:
            batch: number of sequences that the layer was given.
            length: number of tokens that it was given of each.

        Raises:
            InputError: the ids do not cover what the layer was given; nothing is guessed.
        """
        rows, known = self.ids.shape
        end = self.start + length
        if rows != batch:
            raise _refused(
                f"ids of {batch} sequences", f"{rows}", "repeat them as the model repeats its input"
            )
        if self.start == 0 and length == known:
            return self.ids
        if self.start >= known and self.grows:
            return self.ids.new_full((batch, length), TEXT)
        if self.start == 0 and length > known and self.grows:
            return self.of_keys(length)
        if 0 < self.start < known:
            raise _refused(
                "a prompt that is read in one pass",
                f"tokens {self.start} to {end} of {known} in a pass of their own",
                "read the prompt whole: the gate looks at all of it",
            )
        raise _refused(
            f"ids of all {end} tokens",
            f"ids of {known}",
            "make the ids from the expanded sequence, in which each clip and image has all its tokens",
        )

    def of_keys(self, length: int) -> Tensor:
        """The modality of the first tokens of the sequence, (B, K); those past the prompt are text."""
        known = self.ids[:, :length]
        beyond = known.new_full((len(known), max(0, length - known.shape[1])), TEXT)
        return torch.cat([known, beyond], dim=1)

    def answering(self, length: int) -> Tensor:
        """Which tokens of this pass say what comes next in the answer, bool (B, L).

        Those are the last token of the prompt and all after it.
        """
        place = torch.arange(self.ids.shape[1], device=self.ids.device)
        last = torch.where(self.given, place, -1).amax(1)  # (B,)
        here = torch.arange(self.start, self.start + length, device=self.ids.device)
        return here[None] >= last[:, None]


_CURRENT: ContextVar[ModalityTokens | None] = ContextVar("modality_tokens", default=None)


@contextmanager
def reading(tokens: ModalityTokens) -> Iterator[ModalityTokens]:
    """Within it, every layer that asks is told what the tokens are."""
    before = _CURRENT.set(tokens)
    try:
        yield tokens
    finally:
        _CURRENT.reset(before)


def current() -> ModalityTokens:
    """What the tokens that are being read are.

    Raises:
        InputError: nobody has said.
    """
    tokens = _CURRENT.get()
    if tokens is None:
        raise _refused(
            "modality ids of the tokens that are read",
            "none",
            "read within `heartsay.models.fusion.modality.reading(tokens)`",
        )
    return tokens


Told = Literal["attention", "gates"]
"""What layers can tell of: `Attention`, and what gates cost."""

_HEARD: ContextVar[dict[Told, list[Any]]] = ContextVar("told_by_layers")


@contextmanager
def listening(to: Told) -> Iterator[list[Any]]:
    """Within it, what layers tell is collected in the list, in the order in which they are passed."""
    found: list[Any] = []
    before = _HEARD.set({**_HEARD.get({}), to: found})
    try:
        yield found
    finally:
        _HEARD.reset(before)


def listener(to: Told) -> list[Any] | None:
    """Where a layer shall put what it has to tell; None where nobody listens."""
    return _HEARD.get({}).get(to)


def _refused(expected: str, found: str, do: str) -> InputError:
    return InputError(expected=expected, found=found, where="modality ids", do=do)
