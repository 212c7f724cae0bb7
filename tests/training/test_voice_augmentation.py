from __future__ import annotations

import numpy as np
import pytest
import torch

from heartsay.media import MEL_BANDS, log_mel
from heartsay.media.conditions import faster, noisy, telephone
from heartsay.media.voice_functionals import mel_centres
from heartsay.training.tasks.voice_network import padded
from heartsay.training.voice_augmentation import (
    VoiceAugmentation,
    _masked,
    _over_telephone,
    _slower,
    _with_noise,
    stretched,
    telephone_response,
    varied,
)

RATE = 16_000
NOTHING = VoiceAugmentation(telephone=0, noise=0, tempo=0, pitch=0, masks=0)


def voice() -> np.ndarray:
    """A buzz with a formant, rising in pitch: some structure over time and frequency."""
    time = np.arange(RATE) / RATE
    phase = 2 * np.pi * np.cumsum(120 + 60 * time) / RATE
    return sum(0.1 / k * np.sin(k * phase) for k in range(1, 40)).astype(np.float32)


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    return padded([log_mel(voice()), log_mel(voice())[:60]])


def test_nothing_is_changed_where_nothing_was_asked() -> None:
    frames, real = batch()
    same, still = varied(frames, real, NOTHING)
    assert torch.equal(still, real)
    assert torch.allclose(same[real], frames[real], atol=1e-3)


@pytest.mark.parametrize(
    "settings",
    [
        NOTHING.model_copy(update={name: value})
        for name, value in (
            ("telephone", 0.99),
            ("noise", 0.99),
            ("tempo", 0.2),
            ("pitch", 0.2),
            ("masks", 2),
        )
    ],
    ids=["telephone", "noise", "tempo", "pitch", "masks"],
)
def test_each_setting_changes_something_and_the_seed_says_what(settings: VoiceAugmentation) -> None:
    frames, real = batch()
    torch.manual_seed(3)
    first, _ = varied(frames, real, settings)
    torch.manual_seed(3)
    again, _ = varied(frames, real, settings)
    assert torch.equal(first, again)
    assert first.shape != frames.shape or not torch.allclose(first, frames, atol=0.1)


def test_a_telephone_line_over_frames_is_like_one_over_samples() -> None:
    """Within its band, and beside it, where the noise of its 8 bits is what is left."""
    torch.manual_seed(0)
    here = _over_telephone(torch.from_numpy(log_mel(voice()))[None])[0].numpy()[5:-5]
    there = log_mel(telephone(voice(), RATE))[5:-5]
    gain = telephone_response().numpy()
    carried, beside = gain > 0.9, gain < 1e-3
    assert np.abs(here - there)[:, carried].mean() < 1.5
    assert carried.sum() > 30
    reached = beside & (mel_centres(MEL_BANDS) < 3_800)
    assert abs((here - there)[:, reached].mean()) < 6
    for frames in (here, there):
        assert frames[:, carried].mean() - 50 < frames[:, reached].mean() < frames[:, carried].mean() - 20
        assert frames[:, -5:].max() < frames[:, reached].mean() - 10


def test_noise_over_frames_is_like_noise_over_samples() -> None:
    torch.manual_seed(0)
    frames, real = batch()
    rise = (_with_noise(frames, real) - frames)[0].mean()
    least, most = (
        (log_mel(noisy(voice(), d, np.random.default_rng(0), s)) - log_mel(voice())).mean()
        for d, s in ((30, -2.0), (5, 0.0))
    )
    assert least < rise < most


def test_speed_over_frames_is_like_speed_over_samples() -> None:
    frames, real = padded([log_mel(voice())])
    here, _ = _slower(stretched(frames, 1.1), real, 1 / 1.1)
    there = log_mel(faster(voice(), 1.1))
    assert abs(here.shape[1] - len(there)) <= 1
    length = min(here.shape[1], len(there))
    inner = slice(5, length - 5), slice(8, 56)
    assert np.corrcoef(here[0].numpy()[inner].ravel(), there[inner].ravel())[0, 1] > 0.8
    assert np.corrcoef(frames[0].numpy()[:length][inner].ravel(), there[inner].ravel())[0, 1] < 0.8


def test_padding_never_reaches_a_voice() -> None:
    frames, real = batch()
    frames[~real] = 1e4
    slower, left = _slower(frames, real, 1.37)
    assert slower[left].max() < 100
    assert left.sum(1).tolist() == pytest.approx((real.sum(1) * 1.37).tolist(), abs=1)


def test_a_mask_hides_no_more_than_a_fifth_of_either_kind() -> None:
    torch.manual_seed(0)
    frames, real = batch()
    for _ in range(20):
        hidden = (_masked(frames, real, bands=8, length=30) != frames) & real[..., None]
        assert hidden.all(2).sum(1).le(real.sum(1) // 5).all()
        assert hidden.float().mean((1, 2)).le(0.36).all()
