"""Decoders of transformers' are told what their tokens are, and refuse what does not cover them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from tests.dummies.hosts import AUDIO, IMAGE, SILENT, llava, llava_inputs, thinker, thinker_inputs
from torch import nn

from heartsay.errors import InputError, ModelError
from heartsay.models.fusion.modality import FACE, PADDING, TEXT, VOICE, ModalityTokens, current
from heartsay.models.hosts.decoder import (
    IGNORED,
    generate,
    load_host,
    modality_ids,
    projections,
    read,
    text_decoder,
    told,
)

HOSTS = {"thinker": (thinker, thinker_inputs), "llava": (llava, llava_inputs)}
both_hosts = pytest.mark.parametrize("host", HOSTS.values(), ids=HOSTS)
Host = tuple[Callable[..., Any], Callable[..., dict[str, Any]]]


@both_hosts
def test_projections_are_those_of_the_text_decoder_alone(host: Host) -> None:
    model = host[0]()
    pattern = projections(model)
    found = [name for name, _ in model.named_modules() if re.fullmatch(pattern, name)]
    assert len(found) == 2 * 3
    assert all(name.startswith("model.language_model.layers.") for name in found)
    towers = [name for name, _ in model.named_modules() if name.endswith((".q_proj", ".v_proj"))]
    assert len(towers) > len(found)


def test_ids_follow_the_placeholders_and_the_mask() -> None:
    inputs = thinker_inputs()
    ids = modality_ids(thinker(), inputs["input_ids"], inputs["attention_mask"])
    for number, what in ((AUDIO, VOICE), (IMAGE, FACE)):
        assert torch.equal(ids == what, inputs["input_ids"] == number)
    assert torch.equal(ids == PADDING, inputs["attention_mask"] == 0)
    assert (ids == TEXT).sum(1).tolist() == [6, 8]


def test_masks_and_models_that_do_not_fit_are_refused() -> None:
    inputs = llava_inputs()
    with pytest.raises(InputError, match="attention mask"):
        modality_ids(llava(), inputs["input_ids"], inputs["attention_mask"][:, 1:])
    plain = nn.Linear(2, 2)
    plain.config = SimpleNamespace(vocab_size=3)  # type: ignore[assignment]
    with pytest.raises(InputError, match="use a multimodal decoder"):
        modality_ids(plain, inputs["input_ids"])
    with pytest.raises(ModelError, match="no text decoder"):
        text_decoder(plain)


@both_hosts
def test_ids_that_do_not_cover_the_expanded_sequence_are_refused(host: Host) -> None:
    model, inputs = host[0](), host[1]()
    # As where a processor leaves one placeholder and the model puts all its tokens there.
    short = inputs["input_ids"][:, 3:]
    with pytest.raises(InputError, match="modality ids"), told(model, short), torch.no_grad():
        model(**inputs)


@both_hosts
def test_where_a_pass_stands_follows_the_cache(host: Host) -> None:
    model, inputs = host[0](), host[1]()
    seen: list[tuple[int, int]] = []

    def look(module: nn.Module, args: Any, kwargs: Any) -> None:
        seen.append((current().start, kwargs["inputs_embeds"].shape[1]))

    length = inputs["input_ids"].shape[1]
    for cache, wanted in ((True, [(0, length), (length, 1), (length + 1, 1)]), (False, None)):
        seen.clear()
        decoder = text_decoder(model)
        with told(model, inputs["input_ids"], inputs["attention_mask"], grows=True):
            hook = decoder.register_forward_pre_hook(look, with_kwargs=True)
            model.generate(**inputs, max_new_tokens=3, do_sample=False, use_cache=cache, **SILENT)
            hook.remove()
        assert seen == (wanted or [(0, length), (0, length + 1), (0, length + 2)])


def test_labels_say_what_is_given() -> None:
    model, inputs = llava(), llava_inputs()
    labels = inputs["input_ids"].clone()
    labels[:, :-2] = IGNORED
    given: list[ModalityTokens] = []
    hook = text_decoder(model).register_forward_hook(lambda *_: given.append(current()))
    out = read(model, **inputs, labels=labels)
    hook.remove()
    assert out.loss > 0
    assert not given[0].given[:, -2:].any()
    assert torch.equal(given[0].given[:, :-2], inputs["attention_mask"][:, :-2] == 1)
    with pytest.raises(InputError):
        current()


def test_beams_repeat_the_ids() -> None:
    model, inputs = thinker(), thinker_inputs()
    settings: dict[str, Any] = {"max_new_tokens": 2, "do_sample": False, "num_beams": 3, **SILENT}
    assert torch.equal(generate(model, **inputs, **settings), model.generate(**inputs, **settings))


@both_hosts
def test_a_host_loads_from_a_folder(host: Host, tmp_path: Path) -> None:
    model, inputs = host[0](), host[1]()
    model.save_pretrained(tmp_path)
    loaded = load_host(tmp_path)
    with torch.no_grad():
        assert torch.equal(read(loaded, **inputs).logits, read(model, **inputs).logits)


def test_what_is_no_host_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no config\.json"):
        load_host(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(ModelError, match="no multimodal decoder"):
        load_host(tmp_path)
