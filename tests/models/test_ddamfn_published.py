"""Published weights of DDAMFN. No published file is here: names, shapes and counts are those of public code.

Repository simon20010923/DDAMFN, folder DDAMFN++: networks/DDAM.py takes nine children of the trunk, which is
in networks/MixedFeatureNet.py, and the scripts of training save the state_dict of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor, nn

from heartsay.errors import InputError, ModelError
from heartsay.labels import LabelSpace
from heartsay.models import ddamfn_published
from heartsay.models.ddamfn_published import (
    FacesRead,
    Order,
    PublishedDdamfn,
    PublishedFaces,
    load_published_ddamfn,
    read_faces,
    track_reading,
)
from heartsay.models.layers.dual_direction import MixedBlock

SEVEN = ("neutral", "joy", "sadness", "surprise", "fear", "disgust", "anger")

Floats = NDArray[np.float64]


@pytest.fixture(scope="module")
def network() -> PublishedDdamfn:
    """Weights by chance; what batch normalisation has counted, too, so that leaving it out would show."""
    torch.manual_seed(0)
    made = PublishedDdamfn().eval().requires_grad_(False)
    for layer in made.modules():
        if isinstance(layer, nn.BatchNorm2d):
            assert layer.running_mean is not None
            assert layer.running_var is not None
            layer.running_mean.normal_(0, 0.1)
            layer.running_var.uniform_(0.5, 2)
            layer.weight.uniform_(0.8, 1.2)
            layer.bias.normal_(0, 0.1)
        if isinstance(layer, nn.PReLU):
            layer.weight.uniform_(0.1, 0.4)
    return made


@pytest.fixture(scope="module")
def standardised() -> Tensor:
    return torch.randn(2, 3, 112, 112, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("features.0.conv.weight", (64, 3, 3, 3)),
        ("features.1.conv.weight", (64, 1, 3, 3)),
        ("features.2.conv_dw.mixed_depthwise_conv.2.weight", (32, 1, 7, 7)),
        ("features.2.conv_dw.bn.running_var", (128,)),
        ("features.2.CA.conv1.weight", (8, 128, 1, 1)),
        ("features.3.model.8.conv_dw.mixed_depthwise_conv.1.weight", (32, 1, 5, 5)),
        ("features.5.model.15.conv.conv.weight", (256, 128, 1, 1)),
        ("features.6.conv_dw.mixed_depthwise_conv.3.weight", (256, 1, 9, 9)),
        ("features.7.model.5.conv_dw.mixed_depthwise_conv.0.weight", (172, 1, 3, 3)),
        ("features.8.conv.weight", (512, 256, 1, 1)),
        ("cat_head0.CoordAtt.Linear_h.conv.weight", (512, 1, 1, 7)),
        ("cat_head1.CoordAtt.Linear_w.conv.weight", (512, 1, 7, 1)),
        ("cat_head1.CoordAtt.Linear.bn.num_batches_tracked", ()),
        ("Linear.conv.weight", (512, 1, 7, 7)),
        ("fc.weight", (7, 512)),
    ],
)
def test_tensors_have_published_names_and_shapes(
    network: PublishedDdamfn, name: str, shape: tuple[int, ...]
) -> None:
    assert tuple(network.state_dict()[name].shape) == shape


def test_there_are_as_many_tensors_and_numbers_as_the_authors_code_makes(network: PublishedDdamfn) -> None:
    state = network.state_dict()
    assert len(state) == 1190
    assert sum(weight.numel() for weight in network.parameters()) == 4_187_421
    assert {name.split(".")[0] for name in state} == {
        "features",
        "cat_head0",
        "cat_head1",
        "Linear",
        "fc",
        "bn",
    }
    assert not any(name.startswith("features.9") for name in state)


def normalised(state: Mapping[str, Tensor], name: str, values: Floats) -> Floats:
    """Batch normalisation by hand, channels second."""
    weight, bias, mean, variance = (
        state[f"{name}.{part}"].double().numpy().reshape(1, -1, *[1] * (values.ndim - 2))
        for part in ("weight", "bias", "running_mean", "running_var")
    )
    return np.asarray((values - mean) / np.sqrt(variance + 1e-5) * weight + bias)


def sigmoid(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-values)))


def cells(state: Mapping[str, Tensor], name: str, rows: Floats, columns: Floats) -> Floats:
    """Weights (N, C, H, W) of what is known of rows (N, C, H) and columns (N, C, W), by sums and products."""

    def mixed(part: str, values: Floats) -> Floats:
        matrix, bias = (state[f"{name}.{part}.{kind}"].double().numpy() for kind in ("weight", "bias"))
        return np.asarray(np.einsum("oc,ncl->nol", matrix[:, :, 0, 0], values) + bias[:, None])

    narrow = normalised(state, f"{name}.bn1", mixed("conv1", np.concatenate([rows, columns], 2)))
    narrow = narrow * np.clip(narrow + 3, 0, 6) / 6
    by_row = sigmoid(mixed("conv2", narrow[:, :, : rows.shape[2]]))
    by_column = sigmoid(mixed("conv3", narrow[:, :, rows.shape[2] :]))
    return by_row[:, :, :, None] * by_column[:, :, None, :]


def test_heads_features_and_logits_agree_with_a_calculation_step_by_step(
    network: PublishedDdamfn, standardised: Tensor
) -> None:
    state = network.state_dict()
    trunk = network.features(standardised).double().numpy()
    assert trunk.shape == (2, 512, 7, 7)
    maps = []
    for head in ("cat_head0.CoordAtt", "cat_head1.CoordAtt"):
        by_row = state[f"{head}.Linear_h.conv.weight"].double().numpy()[:, 0, 0]
        by_column = state[f"{head}.Linear_w.conv.weight"].double().numpy()[:, 0, :, 0]
        rows = normalised(state, f"{head}.Linear_h.bn", np.einsum("nchw,cw->nch", trunk, by_row))
        columns = normalised(state, f"{head}.Linear_w.bn", np.einsum("nchw,ch->ncw", trunk, by_column))
        maps.append(cells(state, head, rows, columns))
    attended = trunk * np.maximum(*maps)
    kernel = state["Linear.conv.weight"].double().numpy()[:, 0]
    features = normalised(state, "Linear.bn", np.einsum("nchw,chw->nc", attended, kernel))
    logits = features @ state["fc.weight"].double().numpy().T + state["fc.bias"].double().numpy()

    reading = network(standardised)
    assert [tuple(found.shape) for found in reading.maps] == [(2, 512, 7, 7)] * 2
    for found, wanted in zip(reading.maps, maps, strict=True):
        np.testing.assert_allclose(found.numpy(), wanted, atol=1e-5)
    np.testing.assert_allclose(reading.embedding.numpy(), features, atol=1e-4)
    np.testing.assert_allclose(reading.emotion.numpy(), logits, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "shares", "stride"),
    [("features.2", {3: 64, 5: 32, 7: 32}, 2), ("features.3.model.4", {3: 96, 5: 32}, 1)],
)
def test_blocks_agree_with_a_calculation_step_by_step(
    network: PublishedDdamfn, name: str, shares: dict[int, int], stride: int
) -> None:
    block, state = network.get_submodule(name), network.state_dict()
    assert isinstance(block, MixedBlock)
    x = torch.randn(2, 64, 12, 10, generator=torch.Generator().manual_seed(2)).double()
    wide = nn.functional.conv2d(x, state[f"{name}.conv.conv.weight"].double()).numpy()
    wide = normalised(state, f"{name}.conv.bn", wide)
    slope = state[f"{name}.conv.prelu.weight"].double().numpy()[:, None, None]
    parts, start = [], 0
    for number, (size, share) in enumerate(shares.items()):
        part = torch.from_numpy(np.where(wide > 0, wide, slope * wide)[:, start : start + share])
        kernel = state[f"{name}.conv_dw.mixed_depthwise_conv.{number}.weight"].double()
        parts.append(nn.functional.conv2d(part, kernel, None, stride, size // 2, groups=share).numpy())
        start += share
    mixed = np.concatenate(parts, 1)  # as published: neither normalised nor activated
    mixed = mixed * cells(state, f"{name}.CA", mixed.mean(3), mixed.mean(2))
    wanted = nn.functional.conv2d(torch.from_numpy(mixed), state[f"{name}.project.conv.weight"].double())
    added = x.numpy() if stride == 1 else 0.0
    np.testing.assert_allclose(
        block(x.float()).numpy(), added + normalised(state, f"{name}.project.bn", wanted.numpy()), atol=1e-5
    )


def published(network: PublishedDdamfn) -> dict[str, Any]:
    """A checkpoint as the authors' training saves one."""
    moments = {"exp_avg": torch.zeros(2), "step": torch.tensor(1.0)}
    optimiser = {"state": {0: moments}, "param_groups": [{"lr": 5e-4, "params": [0], "rho": 0.05}]}
    return {"iter": 20, "model_state_dict": network.state_dict(), "optimizer_state_dict": optimiser}


def prefixed(network: PublishedDdamfn) -> dict[str, Any]:
    return {"state_dict": {f"module.{name}": tensor for name, tensor in network.state_dict().items()}}


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("checkpoint.pth", published),
        ("prefixed.pt", prefixed),
        ("bare.pth", PublishedDdamfn.state_dict),
        ("bare.safetensors", PublishedDdamfn.state_dict),
    ],
)
def test_weights_come_back_from_every_kind_of_file(
    network: PublishedDdamfn, file: str, content: Callable[[PublishedDdamfn], dict[str, Any]], tmp_path: Path
) -> None:
    path = tmp_path / file
    if path.suffix == ".safetensors":
        save_file(content(network), path)
    else:
        torch.save(content(network), path)
    loaded = load_published_ddamfn(path)
    assert (loaded.emotions.names, loaded.emotions.neutral) == (SEVEN, 0)
    found = loaded.network.state_dict()
    assert found.keys() == network.state_dict().keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in network.state_dict().items())
    assert not loaded.network.training
    assert not any(weight.requires_grad for weight in loaded.network.parameters())


def test_heads_and_classes_are_counted_and_half_precision_becomes_single(tmp_path: Path) -> None:
    torch.save(PublishedDdamfn(classes=8, heads=3).half().state_dict(), tmp_path / "eight.pth")
    loaded = load_published_ddamfn(tmp_path / "eight.pth", "affectnet")
    assert loaded.emotions.names == (*SEVEN, "contempt")
    assert (loaded.network.heads, loaded.network.fc.out_features) == (3, 8)
    assert loaded.network.fc.weight.dtype == torch.float32


def test_classes_are_those_of_the_corpus(network: PublishedDdamfn, tmp_path: Path) -> None:
    # The authors' rafdb_train_sam_opt_ver2.0.py: Neutral, Happy, Sad, Surprise, Fear, Disgust, Angry.
    path, state = tmp_path / "faces.pth", network.state_dict()
    torch.save(state, path)
    assert load_published_ddamfn(path, "raf-db").emotions.names == SEVEN
    last = {name: tensor for name, tensor in state.items() if name.startswith(("fc.", "bn.")) and tensor.ndim}
    wrong: tuple[tuple[int, Order, str], ...] = ((8, "raf-db", "7"), (5, "affectnet", "7 or 8"))
    for classes, order, known in wrong:
        others = {name: torch.zeros(classes, *tensor.shape[1:]) for name, tensor in last.items()}
        torch.save(state | others, path)
        with pytest.raises(
            ModelError, match=rf"tells {classes} classes apart; weights of {order} have {known}\.$"
        ):
            load_published_ddamfn(path, order)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_whole_model_is_refused_with_what_to_do(zipped: bool, tmp_path: Path) -> None:
    torch.save(nn.Linear(2, 2), tmp_path / "whole.pth", _use_new_zipfile_serialization=zipped)
    with pytest.raises(ModelError, match=r"more than tensors.*torch\.save\(model\.state_dict\(\)"):
        load_published_ddamfn(tmp_path / "whole.pth")


class Harmful:
    """Leaves a file behind where its pickle is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.touch, (self.path,)


def test_code_in_a_file_is_not_run(tmp_path: Path) -> None:
    torch.save({"model_state_dict": Harmful(tmp_path / "harm")}, tmp_path / "checkpoint.pth")
    with pytest.raises(ModelError, match="could run any code"):
        load_published_ddamfn(tmp_path / "checkpoint.pth")
    assert not (tmp_path / "harm").exists()


def test_wrong_names_and_shapes_are_told(network: PublishedDdamfn, tmp_path: Path) -> None:
    state = dict(network.state_dict())
    state["features.8.depth"] = state.pop("features.8.conv.weight")
    state["Linear.conv.weight"] = torch.zeros(512, 1, 5, 5)
    torch.save(state, tmp_path / "other.pth")
    wanted = (
        r"other\.pth holds no published DDAMFN weights: missing: features\.8\.conv\.weight; unexpected: "
        r"features\.8\.depth; of another shape: Linear\.conv\.weight \(512, 1, 5, 5\) for \(512, 1, 7, 7\)\.$"
    )
    with pytest.raises(ModelError, match=wanted):
        load_published_ddamfn(tmp_path / "other.pth")


def test_of_many_wrong_names_the_first_are_told(tmp_path: Path) -> None:
    save_file(
        {f"layer{number}.weight": torch.zeros(1) for number in range(5)}, tmp_path / "other.safetensors"
    )
    with pytest.raises(
        ModelError, match=r"weight, features\.0\.bn\.weight, .* and 1187 more; unexp.* and 2 more"
    ):
        load_published_ddamfn(tmp_path / "other.safetensors")


def test_what_holds_no_weights_is_refused(tmp_path: Path) -> None:
    torch.save({"state": {}, "param_groups": []}, tmp_path / "optimiser.pth")
    with pytest.raises(ModelError, match="holds no tensors by name; save the network's state_dict"):
        load_published_ddamfn(tmp_path / "optimiser.pth")
    for name, content in {"page.pth": b"<!DOCTYPE html>", "empty.pt": b"", "odd.safetensors": b"?"}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ModelError, match=f"{name} cannot be read as weights: it is another kind of file"):
            load_published_ddamfn(tmp_path / name)
    for name in ("absent.pth", "absent.safetensors"):
        with pytest.raises(ModelError, match=r"cannot be read as weights: .*No such file"):
            load_published_ddamfn(tmp_path / name)


def coloured(count: int) -> NDArray[np.uint8]:
    return np.random.default_rng(3).integers(0, 256, (count, 112, 112, 3), np.uint8)


def test_faces_are_standardised_and_read_as_one_or_as_many(
    network: PublishedDdamfn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ddamfn_published, "TOGETHER", 2)
    loaded, faces = PublishedFaces(network, LabelSpace(SEVEN, neutral=0)), coloured(3)
    read = read_faces(loaded, faces)
    assert (read.probabilities.shape, read.features.shape) == ((3, 7), (3, 512))
    assert read.probabilities.dtype == np.dtype(np.float32)
    np.testing.assert_allclose(read.probabilities.sum(1), 1, atol=1e-6)

    inputs = (faces / 255 - [0.485, 0.456, 0.406]) / [
        0.229,
        0.224,
        0.225,
    ]  # ImageNet's, in order of red first
    reading = network(torch.from_numpy(inputs.transpose(0, 3, 1, 2)).float())
    np.testing.assert_allclose(read.probabilities, reading.emotion.softmax(1).numpy(), atol=1e-5)
    np.testing.assert_allclose(read.features, reading.embedding.numpy(), atol=1e-4)
    turned = np.ascontiguousarray(faces[..., ::-1])[..., ::-1]  # red and blue swapped in place, a view
    np.testing.assert_allclose(read_faces(loaded, turned[:1]).features, read.features[:1], atol=1e-4)


def test_faces_of_another_form_are_refused(network: PublishedDdamfn) -> None:
    loaded, face = PublishedFaces(network, LabelSpace(SEVEN, neutral=0)), coloured(1)
    others: list[NDArray[Any]] = [face[:0], face[0], face[:, :96, :96], face[..., :1], face / 255]
    for faces in others:
        with pytest.raises(InputError, match=r"expected faces of 8 bits, \(number, 112, 112, 3\)"):
            read_faces(loaded, faces)


def test_a_track_is_its_means_and_what_most_of_its_pictures_show() -> None:
    emotions = LabelSpace(("neutral", "joy", "sadness"), neutral=0)
    probabilities = np.array([[0.4, 0.5, 0.1], [0.4, 0.5, 0.1], [0.9, 0.0, 0.1]], np.float32)
    features = np.arange(6, dtype=np.float32).reshape(3, 2)
    track = track_reading(FacesRead(probabilities, features, emotions))
    np.testing.assert_allclose(track.probabilities, [1.7 / 3, 1 / 3, 0.1], atol=1e-6)
    np.testing.assert_allclose(track.feature, [2, 3])
    assert track.label == "joy"  # of two pictures, although the mean is higher for neutral
    tied = track_reading(FacesRead(probabilities[1:], features[1:], emotions))
    assert tied.label == "neutral"
    with pytest.raises(InputError, match="leave out tracks without faces"):
        track_reading(FacesRead(probabilities[:0], features[:0], emotions))
