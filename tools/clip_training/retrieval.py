"""How well photos find their reviews and reviews their photos."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from clip_training.pairs import Pairs

__all__ = ["Retrieval", "retrieval"]

_CHUNK = 1024


@dataclass(frozen=True)
class Retrieval:
    """Shares are in 0..1, lifts are differences of cosines, in -2..2."""

    photos: int
    reviews: int
    image_to_text: float
    """Photos whose review is among the k whose texts are most similar. A text that equals the
    right one is not in its way."""
    text_to_image: float
    """Reviews with one of their photos among the k most similar photos."""
    chance_image_to_text: float
    chance_text_to_image: float
    lift_within: float
    """Mean over photos of the cosine with the own review minus the mean cosine with the other
    reviews of the business; photos of a business with one review are left out (0 if all are)."""
    lift_across: float
    """The same against the reviews of all other businesses."""


def retrieval(
    images: NDArray[np.float32], texts: NDArray[np.float32], pairs: Pairs, k: int = 5
) -> Retrieval:
    """Figures of L2-normalised vectors, ``images`` [photos, d] and ``texts`` [reviews, d]."""
    _, words = np.unique(pairs.texts, return_inverse=True)
    _, places = np.unique(pairs.businesses, return_inverse=True)
    hits, within, across = 0, [], []
    best = np.full(len(texts), -np.inf)
    for start in range(0, len(images), _CHUNK):
        owner = pairs.owner[start : start + _CHUNK]
        cosines = images[start : start + _CHUNK] @ texts.T
        own = cosines[np.arange(len(owner)), owner]
        ahead = (cosines > own[:, None]) & (words != words[owner][:, None])
        hits += int((ahead.sum(axis=1) < k).sum())
        np.maximum.at(best, owner, own)
        here = places == places[owner][:, None]
        across.append(own - _mean(cosines, ~here))
        here[np.arange(len(owner)), owner] = False
        within.append((own - _mean(cosines, here))[here.any(axis=1)])
    found = _found(images, texts, best, k)
    n_photos = np.bincount(pairs.owner, minlength=len(texts))
    with_photos = n_photos > 0
    return Retrieval(
        photos=len(images),
        reviews=len(texts),
        image_to_text=hits / max(len(images), 1),
        text_to_image=float(found[with_photos].mean()) if with_photos.any() else 0.0,
        chance_image_to_text=min(1.0, k / max(len(texts), 1)),
        chance_text_to_image=_chance(n_photos[with_photos], len(images), k),
        lift_within=_average(within),
        lift_across=_average(across),
    )


def _found(
    images: NDArray[np.float32], texts: NDArray[np.float32], best: NDArray[np.float64], k: int
) -> NDArray[np.bool_]:
    ahead = np.zeros(len(texts), dtype=np.int64)
    for start in range(0, len(images), _CHUNK):
        cosines = images[start : start + _CHUNK] @ texts.T
        ahead += (cosines > best).sum(axis=0)
    return ahead < k


def _chance(n_photos: NDArray[np.int64], total: int, k: int) -> float:
    """Expected hits of a random order: 1 minus the hypergeometric chance of none, averaged."""
    if not len(n_photos):
        return 0.0
    others = total - n_photos
    possible = others >= k
    rest = np.where(possible, others, k)
    none = gammaln(rest + 1) - gammaln(rest - k + 1) - gammaln(total + 1) + gammaln(total - k + 1)
    return float(1 - np.where(possible, np.exp(none), 0.0).mean())


def _mean(values: NDArray[np.float32], where: NDArray[np.bool_]) -> NDArray[np.float64]:
    sums = np.where(where, values, 0).sum(axis=1, dtype=np.float64)
    means: NDArray[np.float64] = sums / np.maximum(where.sum(axis=1), 1)
    return means


def _average(parts: list[NDArray[np.float64]]) -> float:
    joined = np.concatenate(parts) if parts else np.zeros(0)
    return float(joined.mean()) if len(joined) else 0.0
