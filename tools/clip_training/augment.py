"""Random changes to photos and texts that leave alone what they are about."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

__all__ = ["KEPT_SIDE", "augment_photos", "square", "thin_out"]

KEPT_SIDE = 1.25
"""Photos are cropped out of squares of so many times the model's side."""
_SMALLEST_CROP = 0.6
_STRETCH = 0.15
_BRIGHTNESS = _CONTRAST = 0.2
_CAST = 0.05
_SENTENCE = re.compile(r"[^.!?]+[.!?]*")


def square(photos: Sequence[NDArray[np.uint8]], side: int) -> torch.Tensor:
    """The middle squares of photos, scaled; uint8 of shape [len(photos), 3, side, side]."""
    squares = np.empty((len(photos), side, side, 3), dtype=np.uint8)
    for at, photo in enumerate(photos):
        height, width = photo.shape[:2]
        edge = min(height, width)
        top, left = (height - edge) // 2, (width - edge) // 2
        middle = np.ascontiguousarray(photo[top : top + edge, left : left + edge])
        scaled = Image.fromarray(middle).resize((side, side), Image.Resampling.BICUBIC)
        squares[at] = np.asarray(scaled)
    return torch.from_numpy(squares).permute(0, 3, 1, 2)


def augment_photos(photos: torch.Tensor, side: int, generator: torch.Generator) -> torch.Tensor:
    """Random crops, mirror images, brightness, contrast and colour casts of squares.

    Parameters
    ----------
    photos
        uint8 of shape [n, 3, height, width].
    side
        Height and width of the result.
    generator
        Of the CPU; all that is random comes from it.

    Returns
    -------
    torch.Tensor
        float32 of shape [n, 3, side, side], in 0..1.
    """
    n = len(photos)

    def spread(*shape: int) -> torch.Tensor:
        return 2 * torch.rand(n, *shape, generator=generator) - 1

    share = _SMALLEST_CROP + (1 - _SMALLEST_CROP) * torch.rand(n, generator=generator).sqrt()
    stretch = torch.exp(_STRETCH * spread())
    wide, high = (share * stretch).clamp(max=1), (share / stretch).clamp(max=1)
    place = torch.zeros(n, 2, 3)
    place[:, 0, 0] = wide * torch.where(spread() < 0, -1.0, 1.0)
    place[:, 1, 1] = high
    place[:, 0, 2] = spread() * (1 - wide)
    place[:, 1, 2] = spread() * (1 - high)
    functional = torch.nn.functional
    grid = functional.affine_grid(place, [n, 3, side, side], align_corners=False)
    crops = functional.grid_sample(
        photos.float() / 255, grid, padding_mode="reflection", align_corners=False
    )
    crops = crops * (1 + _BRIGHTNESS * spread(1, 1, 1))
    mean = crops.mean((2, 3), keepdim=True)
    crops = (crops - mean) * (1 + _CONTRAST * spread(1, 1, 1)) + mean
    changed: torch.Tensor = (crops + _CAST * spread(3, 1, 1)).clamp(0, 1)
    return changed


def thin_out(text: str, chance: float, keep: float, rng: np.random.Generator) -> str:
    """With ``chance``, leave sentences out: each stays with ``keep``, at least one does."""
    sentences = _SENTENCE.findall(text)
    if len(sentences) < 2 or rng.random() >= chance:
        return text
    drawn = rng.random(len(sentences))
    stays = drawn < keep
    stays[drawn.argmin()] = True
    kept = [one.strip() for one, stay in zip(sentences, stays, strict=True) if stay]
    return " ".join(kept)
