"""CLIP's picture encoder, frozen, over the frames of a film: from pixels to the tokens of a video."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from heartsay.errors import InputError, ModelError
from heartsay.models.hosts.video_tokens import spatio_temporal_tokens

LAYER = -2
"""Layer whose patches are taken, the last but one, as LLaVA and Video-ChatGPT do."""

MEAN = (0.48145466, 0.4578275, 0.40821073)
DEVIATION = (0.26862954, 0.26130258, 0.27577711)
"""Of red, green and blue from 0 to 1 in the pictures that CLIP was trained on."""

TOGETHER = 16
"""Frames that are read in one pass."""


class ClipFrames:
    """The encoder; it stays as it is.

    Args:
        vision: a `CLIPVisionModel` of transformers'.
    """

    def __init__(self, vision: Any) -> None:
        self.vision = vision.eval().requires_grad_(False)
        self.side = int(vision.config.image_size)
        self.width = int(vision.config.hidden_size)
        self.patches = (self.side // int(vision.config.patch_size)) ** 2

    @classmethod
    def load(cls, folder: Path) -> ClipFrames:
        """The encoder in a folder as transformers saves one, of vision alone or with text.

        Raises:
            ModelError: there is none; nothing is downloaded, and nothing filled with random weights.
        """
        from transformers import CLIPVisionModel

        if not (folder / "config.json").is_file():
            raise ModelError(f"{folder} holds no config.json; download a CLIP model there first.")
        try:
            loaded: Any = CLIPVisionModel.from_pretrained(
                folder, local_files_only=True, output_loading_info=True
            )
        except (OSError, ValueError, KeyError) as error:
            first = str(error).split("\n")[0]
            raise ModelError(f"{folder} holds no picture encoder of CLIP ({first}).") from error
        vision, told = loaded
        if missing := told["missing_keys"]:
            raise ModelError(f"{folder} lacks weights of CLIP's picture encoder, {sorted(missing)[0]} first.")
        return cls(vision)

    @torch.inference_mode()
    def patches_of(self, pictures: NDArray[np.uint8]) -> Tensor:
        """Features of each place in each picture, (T, P, D).

        Args:
            pictures: red, green and blue, 8 bits, (T, H, W, 3); they are squeezed into a square.

        Raises:
            InputError: they are of another form, or there are none.
        """
        if pictures.ndim != 4 or pictures.shape[3] != 3 or pictures.dtype != np.uint8 or not len(pictures):
            raise InputError(
                expected="pictures of 8 bits, (number, height, width, 3)",
                found=f"{pictures.dtype} {pictures.shape}",
                where="pictures",
                do="take them from heartsay.media.stills",
            )
        found = []
        for part in torch.from_numpy(pictures).split(TOGETHER):
            whole = part.permute(0, 3, 1, 2).float() / 255
            square = torch.nn.functional.interpolate(
                whole, (self.side, self.side), mode="bicubic", antialias=True, align_corners=False
            )
            shade, spread = (torch.tensor(numbers)[:, None, None] for numbers in (MEAN, DEVIATION))
            seen = self.vision(pixel_values=(square.clamp(0, 1) - shade) / spread, output_hidden_states=True)
            found.append(seen.hidden_states[LAYER][:, 1:])  # without the token of the whole picture
        return torch.cat(found)

    def tokens_of(self, pictures: NDArray[np.uint8]) -> Tensor:
        """Tokens of a video, (T + P, D): one for each picture, and one for each place.

        Raises:
            InputError: as `patches_of`.
        """
        patches = self.patches_of(pictures)
        present = torch.ones(1, len(patches), dtype=torch.bool)
        return spatio_temporal_tokens(patches[None], present)[0][0]
