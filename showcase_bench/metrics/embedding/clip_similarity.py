"""Cosines between texts and photos in the space of a pair encoder such as CLIP."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain, count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import UsageError
from showcase_bench.metrics.base import Floats
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.embedding.windows import windows

__all__ = [
    "PROMPTS",
    "Integers",
    "PairCosines",
    "Photos",
    "Vectors",
    "cosines",
    "mean_by",
    "photo_cosines",
    "photos_of",
    "prompted",
    "require_prompt",
    "shown_cosines",
    "text_vectors",
]

Integers = NDArray[np.int64]

PROMPTS: dict[str | None, str] = {"depicts": "A photo depicts ", None: ""}
"""What is put before each text, by name; nothing is put between the two."""

_BLOCK = 512  # pairs whose vectors are gathered together, so that they stay in the cache


class Photos(NamedTuple):
    """Photos of examples, those of an example next to each other and different."""

    images: tuple[str, ...]
    """The different ones, in order of first appearance."""
    rows: Integers
    """Example of each photo; int64 of shape [m], ascending."""
    codes: Integers
    """Index of each in :attr:`images`; int64 of shape [m]."""


class Vectors(NamedTuple):
    """Vectors with their lengths, which are 1 but for what storage in half precision rounds."""

    rows: NDArray[np.float32]
    """Shape [n, d]."""
    lengths: Floats
    """float64 of shape [n]; 0 for a photo that cannot be read."""


class PairCosines(NamedTuple):
    """Texts with the photos of their example that can be read, one entry a pair."""

    texts: Integers
    """Which text; int64 of shape [p]."""
    cosines: Floats
    """float64 of shape [p], from -1 to 1."""
    owners: Integers
    """Example of each text, not of each pair; int64 of shape [t]."""


def require_prompt(prompt: str | None, metric: str) -> None:
    """Raise a :class:`UsageError` unless ``prompt`` is a key of :data:`PROMPTS`."""
    if prompt not in PROMPTS:
        known = ", ".join(str(one or "none") for one in PROMPTS)
        raise UsageError(f"prompt of {metric} must be one of {known}, not {prompt!r}")


def prompted(texts: Iterable[str], prompt: str | None) -> list[str]:
    """Texts as the encoder is given them: each after the prompt of that name."""
    before = PROMPTS[prompt]
    return [before + text for text in texts]


def photos_of(lists: Iterable[Iterable[str]]) -> Photos:
    """Number the photos of the examples; a repeated one of an example counts once."""
    distinct = [tuple(dict.fromkeys(ids)) for ids in lists]
    numbers: defaultdict[str, int] = defaultdict(count().__next__)
    codes = np.fromiter(map(numbers.__getitem__, chain.from_iterable(distinct)), dtype=np.int64)
    sizes = np.array([len(ids) for ids in distinct], dtype=np.int64)
    return Photos(tuple(numbers), np.repeat(np.arange(len(distinct)), sizes), codes)


def text_vectors(batch: Batch, texts: Sequence[str], encoder: str) -> Vectors:
    """Vectors of some texts; no texts ask for nothing.

    Raises
    ------
    UsageError
        The batch has no embeddings of texts.
    """
    if not texts:
        return _measured(np.zeros((0, 0), dtype=np.float32))
    return _measured(batch.required_embeddings.vectors(texts, encoder))


def cosines(left: Vectors, rows: Integers, right: Vectors, codes: Integers) -> Floats:
    """Cosines of ``left[rows]`` with ``right[codes]``, float64 of shape [p], from -1 to 1.

    Computed in double precision; 0 where a vector has no length.
    """
    dots = np.empty(len(rows))
    for start in range(0, len(rows), _BLOCK):
        block = slice(start, start + _BLOCK)
        dots[block] = _dots(left.rows[rows[block]], right.rows[codes[block]])
    lengths = left.lengths[rows] * right.lengths[codes]
    found = np.divide(dots, lengths, out=np.zeros(len(rows)), where=lengths > 0)
    return np.clip(found, -1.0, 1.0)


def photo_cosines(
    batch: Batch, texts: Sequence[str], owners: Integers, photos: Photos, encoder: str
) -> PairCosines:
    """Pair each text with every photo of its example that can be read.

    Parameters
    ----------
    texts
        As the encoder is given them.
    owners
        Example of each text, int64 of shape [len(texts)]; an example may have several texts.
    photos
        Of the examples; without any, nothing is encoded.

    Raises
    ------
    UsageError
        There are photos and texts, and the batch has no features or no embeddings.
    """
    nothing = np.zeros(0, dtype=np.int64)
    if not texts or not photos.images:
        return PairCosines(nothing, np.zeros(0), owners)
    images = _measured(batch.required_features(photos.images, encoder))
    of_text, of_photo = _pairs(owners, photos.rows, len(batch))
    codes = photos.codes[of_photo]
    readable = (images.lengths > 0)[codes]
    of_text, codes = of_text[readable], codes[readable]
    vectors = text_vectors(batch, texts, encoder)
    return PairCosines(of_text, cosines(vectors, of_text, images, codes), owners)


def shown_cosines(batch: Batch, encoder: str, prompt: str | None, window: str) -> PairCosines:
    """Cosines of the predicted texts with the photos shown beside them; found once a batch.

    Examples without a text or without photos have no pairs.

    Parameters
    ----------
    prompt
        Key of :data:`PROMPTS`.
    window
        ``text``: each text is one. ``sentence``: the windows of each text are texts of their own,
        each after the prompt; see :func:`~showcase_bench.metrics.embedding.windows.windows`.
    """
    key = ("shown cosines", encoder, prompt, window)
    return batch.memo(key, lambda: _shown_cosines(batch, encoder, prompt, window))


def mean_by(values: Floats, groups: Integers, n: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Mean of the values of each of ``n`` groups, and which have any; 0 where none; shape [n]."""
    counts = np.bincount(groups, minlength=n)
    sums = np.bincount(groups, weights=values, minlength=n)
    return sums / np.maximum(counts, 1), counts > 0


def _shown_cosines(batch: Batch, encoder: str, prompt: str | None, window: str) -> PairCosines:
    attempted = batch.has_text & batch.has_images
    photos = photos_of(
        ids if here else () for ids, here in zip(batch.selected, attempted, strict=True)
    )
    owners = np.flatnonzero(attempted)
    texts = [batch.hypotheses[row] or "" for row in owners.tolist()]
    if window == "sentence" and texts:
        texts, owners = _split(batch, texts, owners, encoder, prompt)
    return photo_cosines(batch, prompted(texts, prompt), owners, photos, encoder)


def _split(
    batch: Batch, texts: list[str], owners: Integers, encoder: str, prompt: str | None
) -> tuple[list[str], Integers]:
    embeddings = batch.required_embeddings
    most = embeddings.most_tokens(encoder)

    def too_long(pieces: list[str]) -> NDArray[np.bool_]:
        long: NDArray[np.bool_] = embeddings.token_counts(prompted(pieces, prompt), encoder) > most
        return long

    pieces, places = windows(texts, too_long)
    return pieces, owners[places]


def _pairs(owners: Integers, rows: Integers, n: int) -> tuple[Integers, Integers]:
    """Every text with every photo of the same example, as indices of texts and of photos."""
    sizes = np.bincount(rows, minlength=n)
    starts = np.cumsum(sizes) - sizes
    counts = sizes[owners]
    of_text = np.repeat(np.arange(len(owners)), counts)
    within = np.arange(len(of_text)) - (np.cumsum(counts) - counts)[of_text]
    return of_text, starts[owners][of_text] + within


def _measured(rows: NDArray[np.float32]) -> Vectors:
    squares = np.empty(len(rows))
    for start in range(0, len(rows), _BLOCK):
        block = slice(start, start + _BLOCK)
        squares[block] = _dots(rows[block], rows[block])
    return Vectors(rows, np.sqrt(squares))


def _dots(left: NDArray[np.float32], right: NDArray[np.float32]) -> Floats:
    dots: Floats = np.einsum("pd,pd->p", left.astype(np.float64), right.astype(np.float64))
    return dots
