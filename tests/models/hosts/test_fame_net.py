"""FAME-Net at tiny size, end to end: it trains, is saved, loaded, and explains."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tests.dummies.language_model import language, tokenizer

from heartsay.errors import InputError, ModelError
from heartsay.models.fusion.mose import MoSESettings
from heartsay.models.hosts.fame_net import Asked, FameNet, repeats


def net(seed: int = 0) -> FameNet:
    own = tokenizer()
    return FameNet(language(len(own), seed), own, video_width=6, face_width=5)


def asked(shift: float = 0.0, **changes: Any) -> Asked:
    given: dict[str, Any] = {
        "emotion": "joy",
        "speaker": "Mara",
        "words": "We won the pitch!",
        "video": torch.full((4, 6), 0.3) + shift,
        "face": torch.full((1, 5), 0.2),
        "faces": ("joy",),
        "answer": "she won the pitch",
    }
    return Asked(**(given | changes))


def test_only_the_projectors_and_the_two_tokens_are_trained() -> None:
    model = net()
    trained = {name for name, p in model.named_parameters() if p.requires_grad}
    assert trained == {"marks", "video.weight", "video.bias", "face.weight", "face.bias"}


def test_it_learns_is_saved_and_explains_alike_when_loaded(tmp_path: Path) -> None:
    model, items = net(), [asked(), asked(2.0, emotion="anger", answer="he sold the van")]
    frozen = {name: p.clone() for name, p in model.language.named_parameters()}
    optimiser = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], 2e-2)
    losses = []
    for _ in range(15):
        loss = model(items)
        losses.append(loss.item())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert losses[-1] < losses[0]
    assert all(torch.equal(frozen[name], p) for name, p in model.language.named_parameters())
    model.save(tmp_path / "fame")
    again = net()
    assert not torch.equal(again.marks, model.marks)
    again.restore(tmp_path / "fame")
    assert again.explain(items) == model.explain(items)


def test_batch_mates_and_padding_change_nothing() -> None:
    model = net()
    short, long = asked(), asked(words="We won the pitch! " * 6)
    assert model.explain([short, long])[0] == model.explain([short])[0]
    both, one, other = (model(items).item() for items in ([short, long], [short], [long]))
    assert both == pytest.approx((one + other) / 2, rel=1e-4)  # as many answer tokens in each


def test_what_is_seen_reaches_the_answer() -> None:
    model = net()
    base = model([asked()]).item()
    assert model([asked(5.0)]).item() != base
    assert model([asked(face=torch.full((1, 5), 9.0))]).item() != base
    assert model([asked(video=None, face=None, faces=())]).item() != base


def test_a_video_without_a_frame_and_without_a_face_is_as_none_at_all() -> None:
    model = net()
    empty = asked(video=torch.zeros(0, 6), face=torch.zeros(0, 5), faces=())
    assert isinstance(model.explain([empty])[0].text, str)
    assert torch.isfinite(model([empty]))


def test_features_of_another_width_are_refused() -> None:
    with pytest.raises(InputError, match=r"video tokens of shape \(number, 6\)"):
        net()([asked(video=torch.zeros(3, 7))])


def test_a_tokenizer_of_another_model_is_refused() -> None:
    own = tokenizer()
    with pytest.raises(InputError, match="a tokenizer of at most"):
        FameNet(language(len(own) - 5), own)


def test_parts_of_other_sizes_are_named_before_they_are_read(tmp_path: Path) -> None:
    net().save(tmp_path)
    (tmp_path / "trained.safetensors").write_bytes(b"not weights")
    own = tokenizer()
    with pytest.raises(ModelError, match="was trained for sizes"):
        FameNet(language(len(own)), own, video_width=8).restore(tmp_path)
    with pytest.raises(ModelError, match="no trained parts"):
        net().restore(tmp_path / "none")


def test_low_rank_maps_are_trained_and_saved_beside_a_language_model_that_stays(tmp_path: Path) -> None:
    own, settings = tokenizer(), MoSESettings(rank=4, alpha=8.0, dropout=0.0)
    model = FameNet(language(len(own)), own, low_rank=settings)
    frozen = {name: p.clone() for name, p in model.language.named_parameters() if not p.requires_grad}
    trained = [p for p in model.parameters() if p.requires_grad]
    assert len(trained) == 1 + 2 * 2 * 2  # the marks, and two weights a map, two maps a layer
    optimiser = torch.optim.AdamW(trained, 2e-2)
    items = [asked(video=None, face=None), asked(video=None, face=None, emotion="anger", answer="he sold it")]
    before = model(items).item()
    for _ in range(10):
        optimiser.zero_grad()
        model(items).backward()
        optimiser.step()
    assert model(items).item() < before
    assert all(torch.equal(p, dict(model.language.named_parameters())[name]) for name, p in frozen.items())
    model.save(tmp_path)
    again = FameNet(language(len(own)), own, low_rank=settings)
    again.restore(tmp_path)
    assert again.eval()(items).item() == pytest.approx(model.eval()(items).item())
    with pytest.raises(ModelError, match="was trained for sizes"):
        FameNet(language(len(own)), own).restore(tmp_path)


def test_dropout_of_low_rank_maps_is_off_while_it_is_read() -> None:
    own = tokenizer()
    model = FameNet(language(len(own)), own, low_rank=MoSESettings(rank=4, dropout=0.5))
    for p in model.parameters():
        if p.requires_grad:
            torch.nn.init.normal_(p)
    items = [asked(video=None, face=None)]
    assert model.train()(items).item() != model(items).item()
    assert model.eval()(items).item() == model(items).item()


def test_only_tokens_of_answers_count_whatever_the_questions_lengths() -> None:
    model = net()
    items = [asked(), asked(words="We won the pitch! " * 6, answer="he")]
    both, one, other = (model(rows).item() for rows in (items, items[:1], items[1:]))
    tokens = [len(model.tokenizer.encode(item.answer)) + 1 for item in items]
    assert both == pytest.approx((one * tokens[0] + other * tokens[1]) / sum(tokens), rel=1e-4)


def test_a_questions_length_counts_its_video_where_it_is_shown() -> None:
    model, own = net(), tokenizer()
    words = model.length(asked(video=None))
    assert model.length(asked()) == words + 4
    assert FameNet(language(len(own)), own).length(asked()) == words


def test_a_text_that_repeats_itself_is_noticed() -> None:
    assert repeats("he is sad that he is sad that he is sad that he is") == 8
    assert repeats("He sold the van and she won the pitch.") is None


def test_a_question_is_put_into_the_turns_of_its_tokenizers_template() -> None:
    own = tokenizer()
    plain, turns = (FameNet(language(len(own)), own, chat=chat) for chat in (False, True))
    assert turns.turns == ("[user] ", "\n[assistant]")
    item = asked(video=None, face=None, faces=(), context="Ben: Well.\n")
    told = own.decode(own.encode(turns._statement(item) + turns.turns[1]))
    assert told.startswith("[user] Ben: Well.\nExplain why the emotion of this statement is joy")
    assert told.endswith("\n[assistant]")
    assert plain([item]).item() != turns([item]).item()
    own.chat_template = None
    with pytest.raises(ModelError, match="no template for turns"):
        FameNet(language(len(own)), own, chat=True)
