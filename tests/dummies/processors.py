"""Processors for the tiny decoders, with a vocabulary of whole words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.dummies.hosts import AUDIO, IMAGE, MARKS, VIDEO, WORDS, llava, thinker

NAMES = ("neutral", "happy", "angry")

MARK_WORDS = {
    "audio_bos_token": ("<|abos|>", MARKS["audio_start_token_id"]),
    "audio_eos_token": ("<|aeos|>", MARKS["audio_end_token_id"]),
    "vision_bos_token": ("<|vbos|>", MARKS["vision_start_token_id"]),
    "vision_eos_token": ("<|veos|>", MARKS["vision_end_token_id"]),
    "audio_token": ("<|AUDIO|>", AUDIO),
    "image_token": ("<|IMAGE|>", IMAGE),
    "video_token": ("<|VIDEO|>", VIDEO),
}

TEMPLATE = (
    "{% for message in messages %}{% for part in message['content'] %}"
    "{% if part['type'] == 'audio' %}<|abos|><|AUDIO|><|aeos|>"
    "{% elif part['type'] == 'image' %}<|vbos|><|IMAGE|><|veos|>"
    "{% else %} {{ part['text'] }}{% endif %}{% endfor %}{% endfor %}"
)


def tokenizer() -> Any:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import PreTrainedTokenizerFast

    words = ["which", "emotion", "answer", "with", "one", "person", "clip", "show", *NAMES]
    vocabulary = {"[PAD]": 0, "[BOS]": 1, "[UNK]": 2} | {word: 3 + k for k, word in enumerate(words)}
    vocabulary |= {f"word{k}": k for k in range(len(vocabulary), WORDS)}
    vocabulary["[EOS]"] = 59
    vocabulary |= dict(MARK_WORDS.values())
    inner = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    inner.pre_tokenizer = Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token="[PAD]",
        bos_token="[BOS]",
        unk_token="[UNK]",
        eos_token="[EOS]",
        extra_special_tokens={name: word for name, (word, _) in MARK_WORDS.items()},
    )


def thinker_processor() -> Any:
    """The processor of a decoder that hears and sees, without its part for films, which wants torchvision."""
    from transformers import Qwen2_5OmniProcessor, Qwen2VLImageProcessorPil, WhisperFeatureExtractor

    class WithoutFilms(Qwen2_5OmniProcessor):
        def check_argument_for_proper_class(self, name: str, argument: Any) -> Any:
            return type(argument)

    size = {"shortest_edge": 16 * 16, "longest_edge": 16 * 16}
    pictures = Qwen2VLImageProcessorPil(patch_size=4, temporal_patch_size=2, merge_size=2, size=size)
    sound = WhisperFeatureExtractor(feature_size=8, sampling_rate=16_000, chunk_length=1)
    return WithoutFilms(pictures, None, sound, tokenizer(), chat_template=TEMPLATE)


def save_thinker(folder: Path) -> Path:
    """A decoder that hears and sees, alone."""
    thinker().save_pretrained(folder)
    return folder


def save_llava(folder: Path) -> Path:
    """A decoder that only sees, with its processor and no template."""
    from transformers import CLIPImageProcessor, LlavaProcessor

    pictures = CLIPImageProcessor(size={"shortest_edge": 8}, crop_size={"height": 8, "width": 8})
    words = tokenizer()
    LlavaProcessor(
        pictures,
        words,
        patch_size=4,
        vision_feature_select_strategy="default",
        image_token="<|IMAGE|>",
        num_additional_image_tokens=1,
    ).save_pretrained(folder)
    llava().save_pretrained(folder)
    return folder
