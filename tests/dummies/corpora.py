"""Small corpora in the files of MELD and ECF, of talk written for these tests, and an encoder for them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast
from transformers.utils import logging

from heartsay.labels import EMOTIONS

POSITIONS = 96
"""Tokens that the encoder can hold: some dialogues need two windows."""

DIALOGUES: Mapping[str, int] = {"train": 12, "dev": 10, "test": 6}
"""Dialogues of each split, of 3 to 8 utterances each; ECF has the same ones in another wording. Ten are the
fewest whose prediction sets can promise a coverage of 90% without holding every emotion."""

UTTERANCES = {"meld": 34, "ecf": 33}
"""In the test splits; MELD's holds the one that ECF has among its training utterances."""

SPEAKERS = ("Ada", "Bo", "Cy")

THINGS = (
    *("anchor", "bottle", "candle", "drum", "engine", "fiddle", "goose", "hammer", "iron", "jacket"),
    *("kettle", "ladder", "mirror", "needle", "oven", "parcel", "quilt", "rope", "saddle", "teapot"),
    *("umbrella", "violin", "whistle", "yoghurt", "zither", "basket", "carpet", "dustpan"),
)
"""One for each dialogue, so that no two say the same."""

SAID: Mapping[str, tuple[str, ...]] = {
    "neutral": ("The {} is in the hall.", "It's the {} of my aunt."),
    "surprise": ("What, the {} is gone?", "Oh, you've found the {}?"),
    "fear": ("I'm afraid of the {}, help!", "Don't open the {}, it's alive!"),
    "sadness": ("I could cry about the {}.", "I've lost the {}, I am so sorry."),
    "joy": ("I'm happy about the {}!", "How great, the {} works!"),
    "disgust": ("The {} smells nasty.", "There's mould on the {}, ugh."),
    "anger": ("I'm furious about the {}.", "Nobody asked me about the {}!"),
}

LEAK = ("Ada", "sadness", "So long, old lighthouse, nobody is going to light you again.")
"""A MELD test utterance that the map finds in an ECF training conversation, there in other words."""
LEAK_REWORDED = "Farewell lighthouse , you stay dark from now on ."

MELD_OF_ONE = (
    "Utterance,Speaker,Emotion,Dialogue_ID,Utterance_ID,StartTime,EndTime\n"
    'I am happy about the raft!,Ada,joy,0,0,"00:00:01,000","00:00:02,000"\n'
)
ECF_OF_ONE = (
    "90 1\n\n1 | Ada | joy | I am happy about the raft ! | Friends_S9E9: 00:00:01.000 - 00:00:02.000\n"
)
"""Test splits of one utterance."""

Turn = tuple[str, str, str]
Pair = tuple[int, int]


@dataclass(frozen=True)
class Dialogue:
    """Turns of (speaker, emotion, text), and 0-based (emotion, cause) pairs."""

    turns: tuple[Turn, ...]
    pairs: tuple[Pair, ...]


def dialogues(split: str) -> list[Dialogue]:
    """The dialogues of a split: every emotion occurs, as do past, own and later causes."""
    before = list(DIALOGUES).index(split)
    first = sum(list(DIALOGUES.values())[:before])
    emotions = cycle(EMOTIONS)
    return [_dialogue(THINGS[first + k], 3 + k % 6, emotions) for k in range(DIALOGUES[split])]


def _dialogue(thing: str, length: int, emotions: Iterator[str]) -> Dialogue:
    felt = list(islice(emotions, length))
    turns = tuple(
        (SPEAKERS[n % 3 if n < 4 else n % 2], emotion, SAID[emotion][n % 2].format(thing))
        for n, emotion in enumerate(felt)
    )
    pairs = {(n, max(0, n - n % 3)) for n, emotion in enumerate(felt) if emotion != "neutral"}
    if felt[0] != "neutral":
        pairs.add((0, 1))
    return Dialogue(turns, tuple(sorted(pairs)))


def write_corpora(root: Path, *, leak: bool = True) -> Path:
    """Write `meld` and `ecf` under a folder that HEARTSAY_DATA may name, and return it.

    Args:
        root: the folder.
        leak: whether ECF's first training conversation ends with a MELD test utterance.
    """
    (root / "meld").mkdir(parents=True)
    (root / "ecf").mkdir()
    number = 0
    mapped: list[str] = []
    for split in DIALOGUES:
        own = dialogues(split)
        _write_meld(root / "meld" / f"{split}_sent_emo.csv", split, own)
        blocks = []
        for k, dialogue in enumerate(own):
            number += 1
            turns = [(who, emotion, _reworded(text)) for who, emotion, text in dialogue.turns]
            pairs = dialogue.pairs
            ids = [f"{split}_dia{k}_utt{n}" for n in range(len(turns))]
            if leak and (split, k) == ("train", 0):
                pairs = (*pairs, (len(turns), len(turns) - 1))
                turns.append((LEAK[0], LEAK[1], LEAK_REWORDED))
                ids.append(f"test_dia0_utt{len(dialogues('test')[0].turns)}")
            times = [
                f"Friends_S9E9: 00:{k:02d}:{n:02d}.000 - 00:{k:02d}:{n:02d}.900" for n in range(len(ids))
            ]
            blocks.append(_ecf_block(number, pairs, turns, times))
            mapped.append(_ecf_block(number, pairs, turns, ids))
        (root / "ecf" / f"{split}.txt").write_text("".join(blocks), "utf-8")
    (root / "ecf" / "all_data_pair_ECFvsMELD.txt").write_text("".join(mapped), "utf-8")
    return root


def _reworded(text: str) -> str:
    for short, long in (("I'm", "I am"), ("'ve", " have"), ("'s ", " is "), ("Don't", "Do not")):
        text = text.replace(short, long)
    return f"{text[:-1]} {text[-1]}"


def _write_meld(path: Path, split: str, own: list[Dialogue]) -> None:
    header = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,StartTime,EndTime"
    with path.open("w", encoding="cp1252", newline="") as file:  # as the published files have it
        writer = csv.writer(file)
        writer.writerow(header.split(","))
        row = 0
        for k, dialogue in enumerate(own):
            turns = (*dialogue.turns, LEAK) if (split, k) == ("test", 0) else dialogue.turns
            for n, (speaker, emotion, text) in enumerate(turns):
                row += 1
                times = f"00:{k:02d}:{n:02d},000", f"00:{k:02d}:{n:02d},900"
                writer.writerow([row, text.replace("'", "’"), speaker, emotion, "neutral", k, n, *times])


def _ecf_block(number: int, pairs: tuple[Pair, ...], turns: list[Turn], last: list[str]) -> str:
    lines = [f"{number} {len(turns)}", ",".join(f"({felt + 1},{cause + 1})" for felt, cause in pairs)]
    for n, ((speaker, emotion, text), field) in enumerate(zip(turns, last, strict=True), 1):
        lines.append(f"{n} | {speaker} | {emotion} | {text} | {field}")
    return "\n".join(lines) + "\n"


def write_encoder(folder: Path, width: int = 16) -> Path:
    """Write a random two-layer BERT that knows the words of the dialogues, the same in every process."""
    spoken = [text for split in DIALOGUES for d in dialogues(split) for _, _, text in d.turns]
    words = set(re.findall(r"\w+", " ".join(map(_reworded, spoken)).lower()))
    letters = set("abcdefghijklmnopqrstuvwxyz0123456789.,:;!?'’")
    special = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
    vocabulary = [*special, *sorted(letters | words), *(f"##{letter}" for letter in sorted(letters))]
    tokenizer = Tokenizer(models.WordPiece({w: n for n, w in enumerate(vocabulary)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    roles = ("pad_token", "unk_token", "cls_token", "sep_token")
    named = dict(zip(roles, special, strict=True))
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=POSITIONS, **named).save_pretrained(
        str(folder)
    )
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=width,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=2 * width,
        max_position_embeddings=POSITIONS,
        pad_token_id=0,
        initializer_range=0.2,  # big enough for words and context to move the output
    )
    logging.disable_progress_bar()
    BertModel(config).save_pretrained(str(folder))
    return folder
