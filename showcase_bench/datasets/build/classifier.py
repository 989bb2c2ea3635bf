"""Whether a sentence speaks of a photo: a logistic regression on a few features of the pair.

Yan et al. (SIGIR 2023) select the reviews of GEST-s2 with a classifier on CLIP trained on an
annotated subset; its features and threshold are not published, so these are ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from showcase_bench.datasets.build.keys import share
from showcase_bench.datasets.build.work import digest_of
from showcase_bench.errors import UsageError

__all__ = [
    "FEATURES",
    "Classifier",
    "Floats",
    "best_threshold",
    "fit_classifier",
    "held_out",
    "pair_features",
]

Floats = NDArray[np.float64]

FEATURES = ("cosine", "minus_mean_of_sentences", "minus_best_sentence", "log_words")
"""What is known of a pair, in this order; see :func:`pair_features`."""

_HELD_OUT = 0.2
_REGULARISATION = 1.0
_DIGITS = 12
_MOST_ITERATIONS = 1000


@dataclass(frozen=True, slots=True)
class Classifier:
    """A fitted classifier; plain numbers that JSON carries."""

    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    threshold: float
    """A pair goes together when its probability is at least this."""

    def probabilities(self, features: Floats) -> Floats:
        """Probability of each pair, shape [...] from features of shape [..., 4]."""
        scaled = (features - np.array(self.means)) / np.array(self.scales)
        logits = scaled @ np.array(self.weights) + self.bias
        return np.asarray(0.5 * (1 + np.tanh(0.5 * logits)), dtype=np.float64)

    def accepts(self, features: Floats) -> NDArray[np.bool_]:
        """Whether each pair goes together, shape [...] from features of shape [..., 4]."""
        return self.probabilities(features) >= self.threshold

    def to_json(self) -> dict[str, Any]:
        """All numbers, the features' names, and a SHA-256 over both."""
        values = {"features": list(FEATURES), **asdict(self)}
        return {**values, "sha256": digest_of(values)}


def pair_features(cosines: Floats, n_words: Sequence[int]) -> Floats:
    """Features of all pairs of some sentences and photos.

    Parameters
    ----------
    cosines
        Cosine of each sentence and photo, shape [sentences, photos].
    n_words
        Words of each sentence.

    Returns
    -------
    array
        Shape [sentences, photos, 4]: the cosine; the cosine minus the mean over all sentences
        that are given with the photo; minus their maximum (0 for the best sentence); the logarithm
        of 1 + words.
    """
    if not cosines.size:
        return np.zeros((*cosines.shape, len(FEATURES)))
    words = np.log1p(np.array(n_words, dtype=np.float64))
    columns = (
        cosines,
        cosines - cosines.mean(axis=0),
        cosines - cosines.max(axis=0),
        np.broadcast_to(words[:, None], cosines.shape),
    )
    return np.stack(columns, axis=-1)


def held_out(images: Sequence[str], seed: int) -> NDArray[np.bool_]:
    """Which annotated pairs choose the threshold: about a fifth, all pairs of a photo alike."""
    return np.array([share(seed, "held out", image) < _HELD_OUT for image in images], dtype=bool)


def fit_classifier(
    features: Floats, labels: NDArray[np.int64], aside: NDArray[np.bool_], threshold: float | None
) -> tuple[Classifier, Mapping[str, Any]]:
    """Learn from annotated pairs.

    Parameters
    ----------
    features
        Shape [n, 4].
    labels
        0 or 1, shape [n].
    aside
        Which pairs are kept from the regression, shape [n].
    threshold
        A probability, or None for the one with the best F1 on the pairs kept aside.

    Returns
    -------
    Classifier
        Coefficients are rounded to 12 digits.
    mapping
        Numbers of pairs, and precision, recall and F1 on those kept aside; None where there are no
        positive ones.

    Raises
    ------
    UsageError
        The pairs to learn from are all of one label, or a threshold has to be chosen and none of
        the pairs kept aside is positive.
    """
    from sklearn.linear_model import LogisticRegression

    seen, own = features[~aside], labels[~aside]
    if len(set(own.tolist())) < 2:
        raise UsageError(
            f"{len(own)} annotated pairs to learn from, all of one label or none: annotate more "
            "photos, with pairs that go together and pairs that do not"
        )
    if threshold is None and not labels[aside].any():
        raise UsageError(
            f"none of the {int(aside.sum())} annotated pairs kept aside goes together, so no "
            "threshold can be chosen: annotate more photos, or give a threshold"
        )
    means, scales = seen.mean(axis=0), seen.std(axis=0)
    scales[scales < 1e-9] = 1.0
    model = LogisticRegression(C=_REGULARISATION, max_iter=_MOST_ITERATIONS)
    model.fit((seen - means) / scales, own)
    (bias,) = _rounded(model.intercept_)
    bare = Classifier(_rounded(means), _rounded(scales), _rounded(model.coef_[0]), bias, 0.0)
    probabilities = bare.probabilities(features[aside])
    chosen = best_threshold(probabilities, labels[aside]) if threshold is None else threshold
    classifier = replace(bare, threshold=chosen)
    quality = _quality(probabilities >= chosen, labels[aside] == 1)
    counts = {
        "pairs": len(labels),
        "positive": int(labels.sum()),
        "held_out": int(aside.sum()),
        "held_out_positive": int(labels[aside].sum()),
    }
    return classifier, {**counts, **quality}


def best_threshold(probabilities: Floats, labels: NDArray[np.int64]) -> float:
    """Threshold with the best F1, the highest of equals.

    It lies in the middle between the lowest probability that it lets in and the next below, or on
    the former when there is none below. At least one label must be 1.
    """
    levels, at = np.unique(probabilities, return_inverse=True)
    positives = np.bincount(at, weights=labels, minlength=len(levels))
    sizes = np.bincount(at, minlength=len(levels))
    hits, taken = positives[::-1].cumsum(), sizes[::-1].cumsum()
    # The first maximum from above is the highest of equal thresholds.
    best = len(levels) - 1 - int(np.argmax(2 * hits / (taken + positives.sum())))
    below = levels[best - 1] if best else levels[best]
    return float((levels[best] + below) / 2)


def _quality(taken: NDArray[np.bool_], true: NDArray[np.bool_]) -> dict[str, float | None]:
    if not true.any():
        return {"precision": None, "recall": None, "f1": None}
    hits = int((taken & true).sum())
    precision = hits / int(taken.sum()) if taken.any() else 0.0
    f1 = 2 * hits / (int(taken.sum()) + int(true.sum()))
    return {"precision": precision, "recall": hits / int(true.sum()), "f1": f1}


def _rounded(values: Floats) -> tuple[float, ...]:
    return tuple(float(f"{value:.{_DIGITS}g}") for value in values)
