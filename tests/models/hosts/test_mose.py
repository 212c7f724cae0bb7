"""Experts in decoders of transformers': train, save, load, answer; never merged, never lost."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.dummies.hosts import SILENT, WORDS, llava, llava_inputs, thinker, thinker_inputs
from torch import Tensor, nn

from heartsay.errors import InputError, MissingDependencyError, ModelError
from heartsay.models.fusion.modality import listening
from heartsay.models.fusion.mose import MoSESettings
from heartsay.models.fusion.reallocation import Reallocation
from heartsay.models.hosts.attention import install, reallocating
from heartsay.models.hosts.decoder import IGNORED, generate, read
from heartsay.models.hosts.mose import FILE, MoSELayer, add_experts, load_experts, save_experts

SETTINGS = MoSESettings(rank=3, alpha=6.0, dropout=0.0, experts=2)
needs_peft = pytest.mark.skipif(find_spec("peft") is None, reason="peft is not installed")
HOSTS = {"thinker": (thinker, thinker_inputs), "llava": (llava, llava_inputs)}
both_hosts = pytest.mark.parametrize("host", HOSTS.values(), ids=HOSTS)
Host = tuple[Callable[..., Any], Callable[..., dict[str, Tensor]]]


def with_answers(inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    """Inputs whose last two tokens are to be learnt."""
    labels = inputs["input_ids"].clone()
    labels[:, :-2] = IGNORED
    return {**inputs, "labels": labels}


def trained(host: Host, steps: int = 8) -> tuple[nn.Module, list[float]]:
    torch.manual_seed(0)
    model = add_experts(host[0](), SETTINGS).train()
    moving = [p for p in model.parameters() if p.requires_grad]
    optimizer, losses, inputs = torch.optim.Adam(moving, lr=0.05), [], with_answers(host[1]())
    for _ in range(steps):
        with listening("gates") as gates:
            loss = read(model, **inputs).loss
        total = loss + torch.stack([g.cost for g in gates]).mean()
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    return model.eval(), losses


@torch.no_grad()
def logits(model: nn.Module, inputs: dict[str, Tensor]) -> Tensor:
    found: Tensor = read(model, **inputs).logits
    return found


@needs_peft
@both_hosts
def test_at_step_0_it_is_its_base_to_the_bit(host: Host) -> None:
    base, inputs = host[0](), host[1]()
    before = logits(base, inputs)
    model = add_experts(base, SETTINGS).eval()
    assert torch.equal(logits(model, inputs), before)
    layers = [name for name, m in model.named_modules() if isinstance(m, MoSELayer)]
    assert len(layers) == 2 * 3
    assert all(".language_model.layers." in name for name in layers)
    assert {n.partition(".lora_experts.")[1] for n, p in model.named_parameters() if p.requires_grad} == {
        ".lora_experts."
    }


@needs_peft
@both_hosts
def test_train_save_load_and_answer(host: Host, tmp_path: Path) -> None:
    inputs = host[1]()
    model, losses = trained(host)
    assert losses[-1] < losses[0] - 0.1
    save_experts(model, tmp_path)
    assert json.loads((tmp_path / FILE).read_text())["rank"] == SETTINGS.rank
    loaded = load_experts(host[0](), tmp_path)
    assert torch.equal(logits(loaded, inputs), logits(model, inputs))
    assert not any(p.requires_grad for p in loaded.parameters())
    assert not torch.allclose(logits(loaded, inputs), logits(host[0](), inputs), atol=1e-3)
    asked: dict[str, Any] = {**inputs, "max_new_tokens": 4, "do_sample": False, **SILENT}
    cached, whole = (generate(loaded, **asked, use_cache=c) for c in (True, False))
    assert torch.equal(cached, whole)
    more = load_experts(host[0](), tmp_path, trainable=True)
    assert sum(p.requires_grad for p in more.parameters()) > 0


@needs_peft
def test_with_a_cache_each_answer_token_has_the_same_logits() -> None:
    model, _ = trained(HOSTS["thinker"])
    install(model)
    scored: dict[str, Any] = {"return_dict_in_generate": True, "output_logits": True, **SILENT}
    asked: dict[str, Any] = {**thinker_inputs(), "max_new_tokens": 4, "do_sample": False, **scored}
    with reallocating(Reallocation(0.9, 1.0, 0.0)):
        cached, whole = (generate(model, **asked, use_cache=c) for c in (True, False))
    assert torch.equal(cached.sequences, whole.sequences)  # type: ignore[attr-defined]
    for one, two in zip(cached.logits, whole.logits, strict=True):  # type: ignore[attr-defined]
        torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-5)


@needs_peft
def test_the_gate_never_sees_what_is_to_be_learnt() -> None:
    model, _ = trained(HOSTS["thinker"])
    inputs = with_answers(thinker_inputs())
    other = {**inputs, "input_ids": inputs["input_ids"].clone()}
    other["input_ids"][:, -2:] = 3 + (other["input_ids"][:, -2:] - 2) % (WORDS - 3)
    found = []
    for given in (inputs, other):
        with listening("gates") as gates, torch.no_grad():
            read(model, **given)
        found.append(gates)
    assert len(found[0]) == 2 * 3
    for one, two in zip(*found, strict=True):
        assert torch.equal(one.probabilities, two.probabilities)
        assert torch.equal(one.weights, two.weights)


@needs_peft
def test_it_cannot_be_merged_but_taken_off() -> None:
    model: Any = add_experts(llava(), SETTINGS)
    for merge in (model.merge_and_unload, model.merge_adapter):
        with pytest.raises(ModelError, match="cannot be merged"):
            merge()
    before = logits(llava(), llava_inputs())
    with model.disable_adapter():
        assert torch.equal(logits(model, llava_inputs()), before)
    assert torch.equal(logits(model.unload(), llava_inputs()), before)


@needs_peft
def test_untold_it_refuses() -> None:
    model = add_experts(thinker(), SETTINGS).eval()
    with pytest.raises(InputError, match="modality ids"), torch.no_grad():
        model(**thinker_inputs())


@needs_peft
def test_what_is_no_adapter_of_this_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no experts"):
        load_experts(llava(), tmp_path)
    with pytest.raises(ModelError, match="no experts to save"):
        save_experts(llava(), tmp_path)
    save_experts(add_experts(thinker(), SETTINGS), tmp_path)
    wider = {**json.loads((tmp_path / FILE).read_text()), "experts": 3}
    (tmp_path / FILE).write_text(json.dumps(wider))
    with pytest.raises(ModelError, match="no experts that fit"):
        load_experts(thinker(), tmp_path)


@needs_peft
def test_other_settings_come_back(tmp_path: Path) -> None:
    settings = MoSESettings(rank=2, experts=3, sharing="global", weighting="static", balance="per_sample")
    save_experts(add_experts(llava(), settings), tmp_path)
    loaded = load_experts(llava(), tmp_path)
    assert {m.settings for m in loaded.modules() if isinstance(m, MoSELayer)} == {settings}


@needs_peft
def test_without_registering_again_the_experts_would_be_lost(tmp_path: Path) -> None:
    """What peft does of its own: why `load_experts` is there."""
    from peft import PeftModel

    model, _ = trained(HOSTS["llava"], steps=3)
    save_experts(model, tmp_path)
    with pytest.warns(UserWarning, match="missing"):
        plain = PeftModel.from_pretrained(llava(), str(tmp_path))
    assert not any(isinstance(m, MoSELayer) for m in plain.modules())


def test_without_peft_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(MissingDependencyError, match="mllm"):
        add_experts(llava(), SETTINGS)
