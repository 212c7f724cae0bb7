"""Tiny random encoders that work offline, and labelled conversations to train on, all our own."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from heartsay.conversation import Conversation, Utterance
from heartsay.evidence.packing import Pack, make_packs
from heartsay.evidence.tokens import TokenSettings, pack_text
from heartsay.models.encoders import load_encoder
from heartsay.models.packed_dialogue import PackedDialogueModel
from heartsay.models.tokenizers import encoder_tokenizer
from heartsay.training.configuration import Configuration
from heartsay.training.examples import TrainingData

os.environ["HF_HUB_OFFLINE"] = "1"
torch.set_num_threads(1)  # the same sums in the same order everywhere, and no core taken from other tests

POSITIONS = 96
"""Tokens that the BERT-like encoder can hold: few, so that a long talk needs windows."""

Turn = tuple[str, str, str]


def _labelled(id: str, turns: Sequence[Turn], pairs: Sequence[tuple[int, int]] | None) -> Conversation:
    utterances = tuple(
        Utterance(str(n), speaker, text, emotion=emotion)
        for n, (speaker, emotion, text) in enumerate(turns, 1)
    )
    return Conversation(id, utterances, None if pairs is None else frozenset(pairs))


CAUSED = (
    _labelled(
        "piano",
        [
            ("Ida", "neutral", "A van is standing at the door."),
            ("Olu", "joy", "I have sold the piano, is that not great!"),
            ("Ida", "surprise", "What? You sold the piano?"),
            ("Ida", "anger", "Nobody asked me and I am furious."),
        ],
        [(1, 1), (2, 1), (3, 1), (3, 2)],
    ),
    _labelled(
        "letter",
        [
            ("Mae", "neutral", "There is a letter for you."),
            ("Rik", "sadness", "My aunt has died, I can only cry."),
            ("Mae", "sadness", "I am so sorry, I could cry too."),
        ],
        [(1, 1), (2, 1)],
    ),
    _labelled(
        "cellar",
        [
            ("Tom", "fear", "Something is moving in the dark, help!"),
            ("Eva", "neutral", "It is the cat."),
            ("Tom", "disgust", "The cat eats a rat, how nasty."),
            ("Eva", "joy", "Good cat, I am happy!"),
        ],
        [(0, 0), (2, 2), (3, 2)],
    ),
    _labelled(
        "ferry",
        [
            ("Ana", "neutral", "The ferry leaves at nine."),
            ("Ben", "neutral", "Then we have time for tea."),
            ("Ana", "surprise", "Oh, it is nine already, what?"),
            ("Ben", "fear", "Run, I am afraid we miss it, help!"),
            ("Ana", "joy", "It waits for us, how great!"),
            ("Ben", "joy", "I am happy that it waits!"),
        ],
        [(2, 2), (3, 2), (4, 4), (5, 4)],
    ),
    _labelled(
        "soup",
        [
            ("Lea", "disgust", "There is a fly in the soup, nasty."),
            ("Jon", "anger", "I am furious, who cooked this?"),
            ("Lea", "neutral", "The cook is at the door."),
        ],
        [(0, 0), (1, 0)],
    ),
    _labelled("alone", [("Kim", "sadness", "Nobody comes and I cry.")], [(0, 0)]),
)
"""Conversations with emotions and pairs, as ECF has them."""

FELT = (
    _labelled(
        "garden",
        [
            ("Noa", "joy", "The roses are out, I am happy!"),
            ("Sam", "neutral", "There is tea in the garden."),
            ("Noa", "fear", "A wasp, help, I am afraid!"),
            ("Sam", "surprise", "What? Where is it?"),
        ],
        None,
    ),
    _labelled(
        "match",
        [
            ("Per", "anger", "They stole the match, I am furious."),
            ("Uma", "sadness", "We lost and I could cry."),
            ("Per", "neutral", "The train leaves at ten."),
        ],
        None,
    ),
)
"""Conversations with emotions alone, as MELD has them."""

HELD_BACK = (
    _labelled(
        "station",
        [
            ("Ana", "neutral", "The train is at the door of the station."),
            ("Ben", "joy", "We have time for tea, how great!"),
            ("Ana", "surprise", "What? It leaves already?"),
            ("Ben", "anger", "I am furious, nobody waits for us."),
            ("Ana", "sadness", "I could cry, the aunt is waiting for a letter."),
            ("Ben", "neutral", "There is a van at nine."),
            ("Ana", "joy", "A van, how great, I am happy!"),
            ("Ben", "fear", "It is dark in the van, help!"),
            ("Ana", "disgust", "It is nasty too, there is a rat."),
            ("Ben", "neutral", "Then we have tea and wait."),
        ],
        [(1, 1), (2, 2), (3, 2), (4, 2), (6, 5), (7, 7), (8, 8)],
    ),
    _labelled(
        "kitchen",
        [
            ("Jon", "disgust", "The soup is nasty."),
            ("Lea", "anger", "You cooked this and I am furious."),
            ("Jon", "sadness", "I am sorry, I could cry."),
        ],
        [(0, 0), (1, 0), (2, 1)],
    ),
)
"""Development conversations; the first is too long for one window."""


def reworded(conversation: Conversation) -> Conversation:
    """The same talk in a second wording, as MELD and ECF have it."""
    return replace(
        conversation,
        id=f"{conversation.id}-again",
        utterances=tuple(
            replace(u, text=u.text.replace("I am", "I'm").replace("is not", "isn't"))
            for u in conversation.utterances
        ),
    )


def training_data() -> TrainingData:
    """A few scenes, one of them in two wordings and some without pairs, and development conversations."""
    scenes = tuple((c, reworded(c)) if c.id == "piano" else (c,) for c in (*CAUSED, *FELT))
    return TrainingData(scenes, {"meld": HELD_BACK, "ecf": HELD_BACK})


def texts() -> list[str]:
    """Every name and text of the conversations."""
    spoken = [*CAUSED, *FELT, *HELD_BACK, *map(reworded, CAUSED)]
    return [words for c in spoken for u in c.utterances for words in (u.speaker, f": {u.text}")]


def configuration(encoder: Path | None = None, **changes: Any) -> Configuration:
    """Settings of a tiny run: three epochs of about half a dozen batches."""
    settings: dict[str, Any] = {
        "name": "tiny",
        "encoder": str(encoder or encoder_folder()),
        "epochs": 3,
        "batch_tokens": 96,
        "encoder_learning_rate": 1e-2,
        "head_learning_rate": 1e-2,
        **changes,
    }
    return Configuration.model_validate(settings)


@cache
def encoder_folder() -> Path:
    """The folder of a BERT-like encoder, made once per process and removed at its end."""
    return build_encoder(_scratch() / "bert")


@cache
def roberta_folder() -> Path:
    """The folder of a RoBERTa-like encoder: byte pairs, other special tokens, positions that start at 2."""
    return build_roberta(_scratch() / "roberta")


@cache
def _scratch() -> Path:
    from transformers.utils import logging

    logging.disable_progress_bar()
    root = Path(tempfile.mkdtemp(prefix="heartsay-encoder-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return root


def build_encoder(folder: Path, width: int = 16, spoken: Sequence[str] | None = None) -> Path:
    """Write a random two-layer BERT with a WordPiece vocabulary learnt from our sentences, or from others."""
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    roles = {
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "mask_token": "[MASK]",
    }
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.train_from_iterator(
        texts() if spoken is None else spoken,
        trainers.WordPieceTrainer(vocab_size=300, special_tokens=list(roles.values()), show_progress=False),
    )
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=POSITIONS, **roles).save_pretrained(
        str(folder)
    )
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=width,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=2 * width,
        max_position_embeddings=POSITIONS,
        pad_token_id=0,
    )
    _enlarged(BertModel(config)).save_pretrained(str(folder))
    return folder


def build_roberta(folder: Path, width: int = 16) -> Path:
    """Write a random two-layer RoBERTa with a byte-pair vocabulary learnt from our sentences."""
    from transformers import PreTrainedTokenizerFast, RobertaConfig, RobertaModel

    roles = {
        "cls_token": "<s>",
        "pad_token": "<pad>",
        "sep_token": "</s>",
        "unk_token": "<unk>",
        "mask_token": "<mask>",
    }
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        texts(),
        trainers.BpeTrainer(
            vocab_size=400,
            special_tokens=list(roles.values()),
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=POSITIONS, **roles).save_pretrained(
        str(folder)
    )
    torch.manual_seed(0)
    config = RobertaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=width,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=2 * width,
        max_position_embeddings=POSITIONS + 2,  # positions count from pad_token_id + 1
        type_vocab_size=1,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
    )
    _enlarged(RobertaModel(config)).save_pretrained(str(folder))
    return folder


def _enlarged(encoder: Any) -> Any:
    """Give the random weights a size at which attention and context visibly move the output."""
    with torch.no_grad():
        for parameter in encoder.parameters():
            if parameter.dim() == 2:
                parameter.mul_(10.0)
    return encoder


def dummy_model(encoder: Path | None = None, seed: int = 0) -> PackedDialogueModel:
    """An untrained model over a tiny encoder, in evaluation mode."""
    torch.manual_seed(seed)
    return PackedDialogueModel(load_encoder(str(encoder or encoder_folder()))).eval()


@cache
def tokenizer_and_settings(encoder: Path | None = None) -> tuple[Tokenizer, TokenSettings]:
    """The tokenizer of a tiny encoder and its settings."""
    return encoder_tokenizer(str(encoder or encoder_folder()))


def packs_of(conversation: Conversation, encoder: Path | None = None) -> list[Pack]:
    """The unedited packs of a conversation."""
    tokenizer, settings = tokenizer_and_settings(encoder)
    text = pack_text(conversation, tokenizer, settings)
    return make_packs(text.segments, text.windows, settings.lead)
