"""What Show and Tell learns from: a photo and a text; and one vector for a set of photos."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from baselines.common.features import present_rows
from baselines.common.reviews import reference_texts
from baselines.neural.contracts import Batch, Codec
from baselines.neural.padding import shifted
from baselines.show_and_tell.network import Standard
from showcase_bench import Example, ImageStore

__all__ = ["CaptionRows", "Pictures", "pictures_of", "standard_of"]

_SMALLEST_SPREAD = 1e-6


class Pictures(NamedTuple):
    """One picture for each set of photos."""

    image: Tensor
    """Float32 of shape [n, d]; zeros where no photo can be read."""
    seen: Tensor
    """Whether one can be read; bool of shape [n]."""


def pictures_of(sets: Sequence[Sequence[str]], images: ImageStore, encoder: str) -> Pictures:
    """Mean feature of the readable photos of each set; their order does not matter."""
    ids = list(dict.fromkeys(one for own in sets for one in own))
    rows = images.features(ids, encoder)
    place = {one: i for i, one in enumerate(ids)}
    order = [place[one] for own in sets for one in sorted(own)]
    bounds = np.cumsum([0, *map(len, sets)])
    features, readable = rows[order], present_rows(rows)[order]
    image = np.zeros((len(sets), rows.shape[1]), dtype=np.float32)
    seen = np.zeros(len(sets), dtype=bool)
    for i, (start, end) in enumerate(pairwise(bounds.tolist())):
        own: NDArray[np.float32] = features[start:end][readable[start:end]]
        if len(own):
            image[i] = own.mean(axis=0, dtype=np.float64)
            seen[i] = True
    return Pictures(torch.from_numpy(image), torch.from_numpy(seen))


def standard_of(pictures: Pictures) -> Standard:
    """Centre and spread of the pictures that there are; 0 and 1 where they do not differ."""
    found = pictures.image[pictures.seen].double()
    if not len(found):
        return Standard([0.0] * pictures.image.shape[1], 1.0)
    center = found.mean(dim=0)
    spread = float((found - center).square().mean().sqrt())
    return Standard(center.tolist(), spread if spread > _SMALLEST_SPREAD else 1.0)


class CaptionRows:
    """Texts, each with one of the photos that were posted with it; :class:`~.contracts.Rows`.

    Parameters
    ----------
    examples
        A row for each pair of a text and a photo; a text without photos is a row by itself.
    images, encoder
        Where features come from.
    codec
        Texts into tokens.
    most_tokens
        What is longer is cut off.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        images: ImageStore,
        encoder: str,
        codec: Codec,
        most_tokens: int,
    ) -> None:
        told = [
            (photo, text)
            for one in examples
            for text in reference_texts(one.gold)
            for photo in _each(one.gold.image_ids)
        ]
        self._codec = codec
        self._texts = [codec.encode(text, most_tokens) for _, text in told]
        self._pictures = pictures_of([photo for photo, _ in told], images, encoder)

    def __len__(self) -> int:
        return len(self._texts)

    def size(self, row: int) -> int:
        """Tokens of the text."""
        return len(self._texts[row])

    def batch(self, rows: Sequence[int], rng: np.random.Generator | None) -> Batch:
        """The tensors that :meth:`~.network.Captioner.forward` asks for; nothing is random."""
        codec, at = self._codec, list(rows)
        texts = [self._texts[row] for row in at]
        words, targets = shifted(texts, codec.begin, codec.end, codec.pad)
        image, seen = self._pictures
        return {"image": image[at], "seen": seen[at], "words": words, "targets": targets}


def _each(ids: Sequence[str]) -> list[tuple[str, ...]]:
    """A set of one photo for each, or an empty set if there are none."""
    return [(one,) for one in ids] or [()]
