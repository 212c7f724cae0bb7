from __future__ import annotations

import torch

from heartsay.models.voice_network import RANGE, VoiceNetwork, centred


def network() -> VoiceNetwork:
    torch.manual_seed(0)
    net = VoiceNetwork((4, 6, 8))
    for name, buffer in net.named_buffers():  # as after training, so that padding could show
        if "running_mean" in name:
            torch.nn.init.normal_(buffer)
    return net.eval()


def frames(count: int, length: int) -> torch.Tensor:
    return torch.randn(count, length, 64) * 10 - 40


def everything(values: torch.Tensor) -> torch.Tensor:
    return torch.ones(values.shape[:2], dtype=torch.bool)


def test_padding_changes_nothing_whatever_it_holds() -> None:
    net, alone = network(), frames(1, 37)
    for more in (1, 2, 3, 4, 11, 64):
        together = torch.cat([alone, torch.randn(1, more, 64) * 30], 1)
        real = torch.arange(37 + more)[None] < 37
        for one, other in zip(net(alone, everything(alone)), net(together, real), strict=True):
            assert torch.allclose(one, other, atol=1e-5)


def test_batch_mates_change_nothing() -> None:
    net, batch = network(), frames(3, 50)
    every = net(batch, everything(batch)).heard
    assert torch.allclose(net(batch[1:2], everything(batch[1:2])).heard[0], every[1], atol=1e-5)


def test_level_does_not_count_and_order_does() -> None:
    net, batch = network(), frames(1, 80)
    real = everything(batch)
    reading = net(batch, real)
    assert torch.allclose(net(batch - 17, real).acted, reading.acted, atol=1e-4)
    assert not torch.allclose(net(batch.flip(2), real).acted, reading.acted, atol=1e-3)
    assert reading.heard.shape == reading.acted.shape == (1, 6)


def test_a_single_frame_can_be_read() -> None:
    batch = frames(2, 1)
    assert torch.isfinite(network()(batch, everything(batch)).heard).all()


def test_silence_under_a_sound_weighs_as_much_as_a_quiet_room() -> None:
    batch = frames(1, 20)
    room, silence = batch.clone(), batch.clone()
    room[:, 10:], silence[:, 10:] = batch[:, :10].max() - RANGE, -1000
    assert torch.equal(centred(room, everything(batch)), centred(silence, everything(batch)))
