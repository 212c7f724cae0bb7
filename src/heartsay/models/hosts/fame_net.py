"""FAME-Net: a frozen language model that is told what was said, what is seen and what faces show.

Wang et al. 2024, arXiv:2411.02430, over Video-ChatGPT (Maaz et al., ACL 2024). Video tokens go through one
linear layer, face features through another, between a start and an end token; what is trained is these layers
and the two tokens, and, where it is asked for, low-rank maps beside the language model's queries and values.
Any causal language model of transformers' does, and any tokenizer that is its own. Face features are tokens
after those of the video: the paper says concatenated, and along which axis it does not say.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from heartsay.atomic import files_into, write_text
from heartsay.errors import DAMAGE, InputError, ModelError, first_line
from heartsay.models.fusion.adapters import LowRankLinear
from heartsay.models.fusion.mose import MoSESettings
from heartsay.models.hosts.decoder import PROJECTIONS, text_decoder

WEIGHTS, SIZES = "trained.safetensors", "sizes.json"
IGNORED = -100
"""Label of what is not scored: everything but the answer."""

PROMPT = "Explain why the emotion of this statement is {emotion} <{speaker}: {words}>\n"
FACES = "\nFacial emotion: {faces}"
ANSWER = "\nAnswer: "
MOST_TOKENS = 48


@dataclass(frozen=True)
class Asked:
    """What is asked about one utterance.

    Attributes:
        emotion: that is explained.
        speaker: who feels it.
        words: what was said; put between < and > as talk, never read as an instruction by anything here.
        context: earlier utterances as text, or "".
        video: tokens of the video, (V, D_v), or None.
        face: features of faces, (F, D_f), or None.
        faces: what the faces show, in words; empty where nothing was looked at.
        answer: the explanation, in training.
    """

    emotion: str
    speaker: str
    words: str
    context: str = ""
    video: Tensor | None = None
    face: Tensor | None = None
    faces: tuple[str, ...] = ()
    answer: str | None = None


class Answer(NamedTuple):
    """What the language model wrote.

    Attributes:
        text: without what it began to repeat.
        repeated: whether it repeated itself, and was stopped there.
        ended: whether it ended by itself within `MOST_TOKENS`.
    """

    text: str
    repeated: bool
    ended: bool


class FameNet(nn.Module):
    """The language model with what it is told through.

    Args:
        language: a causal language model of transformers'; it stays as it is.
        tokenizer: its own.
        video_width: of the video tokens; None without them.
        face_width: of the face features; None without them.
        low_rank: rank, alpha and dropout of what is added to the language model; None leaves it as it is.
        last: to how many of the last layers it is added; None is all of them.
        chat: whether a question is put into the turns of talk that an instructed language model was made for,
            as its tokenizer's template has them.

    Raises:
        InputError: the tokenizer has more tokens than the model.
        ModelError: the language model has no queries and values to add to, or no template for turns.
    """

    def __init__(
        self,
        language: Any,
        tokenizer: Any,
        video_width: int | None = None,
        face_width: int | None = None,
        low_rank: MoSESettings | None = None,
        last: int | None = None,
        chat: bool = False,
    ) -> None:
        super().__init__()
        table = language.get_input_embeddings().weight
        if len(tokenizer) > len(table):
            raise InputError(
                expected=f"a tokenizer of at most the model's {len(table)} tokens",
                found=f"{len(tokenizer)}",
                where="tokenizer",
                do="use the tokenizer that lies in the folder of the language model",
            )
        self.language = language.eval().requires_grad_(False)
        self.tokenizer = tokenizer
        self.turns = _turns(tokenizer) if chat else ("", ANSWER)
        # Of a slice that is not contiguous, torch would copy the vocabulary's weights for every item.
        language.get_output_embeddings().register_forward_pre_hook(lambda _, given: (given[0].contiguous(),))
        width = table.shape[1]
        self.video = None if video_width is None else nn.Linear(video_width, width)
        self.face = None if face_width is None else nn.Linear(face_width, width)
        self.marks = nn.Parameter(table.detach().float().mean(0).repeat(2, 1))  # start and end
        self.rank = None if low_rank is None else low_rank.rank
        if low_rank is not None:
            _add_low_rank(language, low_rank, last)

    def train(self, mode: bool = True) -> FameNet:
        """Switch what is trained; the language model itself stays in evaluation."""
        super().train(mode)
        self.language.eval()
        for module in self.language.modules():
            if isinstance(module, LowRankLinear):
                module.train(mode)
        return self

    def in_16_bits(self) -> FameNet:
        """For answering alone: all weights become bfloat16, which some processors read twice as fast."""
        return self.to(torch.bfloat16)

    def sizes(self) -> dict[str, int | None]:
        """Widths that another model must have too for the trained parts to fit."""
        return {
            "language": self.marks.shape[1],
            "video": None if self.video is None else self.video.in_features,
            "face": None if self.face is None else self.face.in_features,
            "rank": self.rank,
            "adapted": sum(isinstance(module, LowRankLinear) for module in self.language.modules()),
        }

    def forward(self, asked: Sequence[Asked]) -> Tensor:
        """Mean cross-entropy of the answers' tokens.

        Raises:
            ValueError: an answer is missing.
        """
        rows = [self._question(item) for item in asked]
        labels = []
        for k, item in enumerate(asked):
            if item.answer is None:
                raise ValueError("an answer is needed to learn from")
            answer = [*self._ids(item.answer), self.tokenizer.eos_token_id]
            ids = torch.tensor(answer, device=self.marks.device)
            labels.append(torch.cat([ids.new_full((len(rows[k]),), IGNORED), ids]))
            rows[k] = torch.cat([rows[k], self._embed(answer)])
        longest = max(map(len, rows))
        # Only the answers' tokens need to be told from the whole vocabulary, a fifth of the work.
        kept = longest - min(int((row == IGNORED).sum()) for row in labels) + 1
        embedded = torch.stack([nn.functional.pad(row, (0, 0, 0, longest - len(row))) for row in rows])
        target = torch.stack(
            [nn.functional.pad(row, (0, longest - len(row)), value=IGNORED) for row in labels]
        )
        mask = torch.stack([torch.arange(longest, device=embedded.device) < len(row) for row in rows]).long()
        loss: Tensor = self.language(
            inputs_embeds=embedded, attention_mask=mask, labels=target[:, -kept:], logits_to_keep=kept
        ).loss
        return loss

    @torch.inference_mode()
    def explain(self, asked: Sequence[Asked], beams: int = 1) -> list[Answer]:
        """An explanation for each, by greedy decoding or with beams, without sampling."""
        rows = [self._question(item) for item in asked]
        longest = max(map(len, rows))
        # Padding stands on the left, so that what is generated follows the question.
        embedded = torch.stack([nn.functional.pad(row, (0, 0, longest - len(row), 0)) for row in rows])
        mask = torch.stack(
            [torch.arange(longest, device=embedded.device) >= longest - len(row) for row in rows]
        ).long()
        ids = self.language.generate(
            inputs_embeds=embedded,
            attention_mask=mask,
            do_sample=False,
            num_beams=beams,
            max_new_tokens=MOST_TOKENS,
            pad_token_id=self.tokenizer.eos_token_id,
            eos_token_id=self.tokenizer.eos_token_id,
        )
        return [self._answer(row) for row in ids.tolist()]

    def length(self, item: Asked) -> int:
        """Tokens of a question and its answer, with those of its video and without those of its face."""
        # A face is a vector or few. Counted, they would put the questions of runs that are kept, such as
        # results/mecec's, into other batches.
        seen = 0 if item.video is None or self.video is None else len(item.video)
        return len(self._ids(self._statement(item) + (item.answer or ""))) + seen

    def save(self, folder: Path) -> None:
        """Write what was trained; the language model is not among it.

        Raises:
            HeartsayError: as `heartsay.atomic.atomic_path`.
        """
        folder.mkdir(parents=True, exist_ok=True)
        with files_into(folder) as temporary:
            save_file(self._trained(), temporary / WEIGHTS)
            write_text(temporary / SIZES, json.dumps(self.sizes()) + "\n")

    def restore(self, folder: Path) -> None:
        """Take over what `save` wrote.

        Raises:
            ModelError: nothing of that kind is there, or it is of other sizes; said before weights are read.
        """
        sizes = saved_sizes(folder)
        if sizes != self.sizes():
            raise ModelError(
                f"{folder} was trained for sizes {sizes}, this model has {self.sizes()}: "
                "use the language model and the features that it was trained with."
            )
        weights = load_file(folder / WEIGHTS)
        if set(weights) != set(self._trained()):
            raise ModelError(f"{folder} was trained with another language model: its layers are others.")
        self.load_state_dict(weights, strict=False)

    def _trained(self) -> dict[str, Tensor]:
        return {name: p.detach().contiguous() for name, p in self.named_parameters() if p.requires_grad}

    def _answer(self, ids: Sequence[int]) -> Answer:
        end = self.tokenizer.eos_token_id
        text = " ".join(self.tokenizer.decode(ids, skip_special_tokens=True).split())
        place = repeats(text)
        kept = text if place is None else " ".join(text.split()[:place])
        return Answer(kept, repeated=place is not None, ended=end in ids)

    def _ids(self, text: str) -> list[int]:
        found: list[int] = self.tokenizer.encode(text, add_special_tokens=False)
        return found

    def _embed(self, ids: Sequence[int]) -> Tensor:
        table = self.language.get_input_embeddings()
        found: Tensor = table(torch.tensor(list(ids), dtype=torch.long, device=self.marks.device))
        return found

    def _question(self, item: Asked) -> Tensor:
        """Vectors of a whole question, (L, D): context, statement, what is seen, what faces show."""
        parts = [self._embed(self._ids(self._statement(item)))]
        seen = []
        if item.video is not None and self.video is not None:
            seen.append(self.video(_of_width(item.video, self.video.in_features, "video tokens")))
        if item.face is not None and self.face is not None:
            seen.append(self.face(_of_width(item.face, self.face.in_features, "face features")))
        if seen:
            parts += [self.marks[:1], *seen, self.marks[1:]]
        told = FACES.format(faces=", ".join(item.faces)) if item.faces else ""
        parts.append(self._embed(self._ids(told + self.turns[1])))
        return torch.cat([part.to(parts[0].dtype) for part in parts])

    def _statement(self, item: Asked) -> str:
        """A question up to what is seen."""
        about = PROMPT.format(emotion=item.emotion, speaker=item.speaker, words=item.words)
        return self.turns[0] + item.context + about


def _turns(tokenizer: Any) -> tuple[str, str]:
    """What a tokenizer's template puts before a question and after it, up to the answer."""
    mark = "{question}"
    try:
        told = tokenizer.apply_chat_template(
            [{"role": "user", "content": mark}], tokenize=False, add_generation_prompt=True
        )
    except ValueError as error:
        raise ModelError(
            f"The tokenizer has no template for turns of talk ({first_line(error)}); ask without them."
        ) from error
    before, _, after = told.partition(mark)
    return before, after


def saved_sizes(folder: Path) -> dict[str, int | None]:
    """Sizes of what `FameNet.save` wrote, known before any weight is read.

    Raises:
        ModelError: nothing of that kind is there.
    """
    try:
        sizes: dict[str, int | None] = json.loads((folder / SIZES).read_text("utf-8"))
        return {"language": sizes["language"], **sizes}
    except DAMAGE as error:
        raise ModelError(f"{folder} holds no trained parts of FAME-Net ({error}).") from error


def _add_low_rank(language: Any, settings: MoSESettings, last: int | None) -> None:
    """Put a low-rank map beside the queries and values of the last layers."""
    layers: Any = text_decoder(language).layers
    found = [
        (parent, name, child)
        for layer in layers[-min(last or len(layers), len(layers)) :]
        for parent in layer.modules()
        for name, child in parent.named_children()
        if name in PROJECTIONS and isinstance(child, nn.Linear)
    ]
    if not found:
        raise ModelError(f"{type(language).__name__} has no layers with q_proj and v_proj to add to.")
    for parent, name, child in found:
        setattr(parent, name, LowRankLinear(child, settings))


def _of_width(features: Tensor, width: int, what: str) -> Tensor:
    if features.dim() != 2 or features.shape[1] != width:
        raise InputError(
            expected=f"{what} of shape (number, {width})",
            found=str(tuple(features.shape)),
            where=what,
            do="compute them with the encoder that the model was trained with",
        )
    return features


def repeats(text: str, run: int = 3, times: int = 3) -> int | None:
    """Where a text begins to repeat itself: the word at which a run of words comes for the third time.

    None where it does not. What follows should be cut off, and said to be.
    """
    words = text.split()
    seen: dict[tuple[str, ...], int] = {}
    for place in range(len(words) - run + 1):
        gram = tuple(word.lower().strip(".,!?") for word in words[place : place + run])
        seen[gram] = seen.get(gram, 0) + 1
        if seen[gram] == times:
            return place
    return None
