"""Which photos of a review its text speaks of, by a classifier on an encoder's cosines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from showcase_bench.datasets.build.annotations import Pair, read_annotations
from showcase_bench.datasets.build.classifier import (
    FEATURES,
    Classifier,
    Floats,
    fit_classifier,
    held_out,
    pair_features,
)
from showcase_bench.datasets.build.embedding import (
    TextImageEncoder,
    Vectors,
    embed_images,
    embed_texts,
)
from showcase_bench.datasets.build.expiry import folder_of
from showcase_bench.datasets.build.reviews import Step, UserReview
from showcase_bench.datasets.images.folder import FolderImages
from showcase_bench.errors import DataError, UsageError
from showcase_bench.sentences import sentences

__all__ = ["CorrelationMatcher", "train_matcher"]

MOST_SENTENCES = 64
"""Sentences of a review that are looked at, from its start."""

_REVIEWS = 64


class CorrelationMatcher:
    """Keeps the photos of which at least one sentence of the review speaks.

    Parameters
    ----------
    encoder
        Puts sentences and photos into one space.
    classifier
        Judges a pair.
    images
        Folder of the photos.
    """

    def __init__(self, encoder: TextImageEncoder, classifier: Classifier, images: Path) -> None:
        self._encoder = encoder
        self._classifier = classifier
        self._images = images
        self._counts: Counter[str] = Counter()

    def matches(self, reviews: Sequence[UserReview]) -> list[list[bool]]:
        """A value for each photo of the record of each review.

        A photo that was dropped before or cannot be read matches nothing, and so does every photo
        of a review without sentences.

        Raises
        ------
        ContractError
            The encoder breaks its contract.
        """
        kept: list[list[bool]] = []
        for start in range(0, len(reviews), _REVIEWS):
            kept += self._judge(reviews[start : start + _REVIEWS])
        return kept

    def take_counts(self) -> dict[str, int]:
        """What was counted since the last call."""
        counts, self._counts = self._counts, Counter()
        return dict(counts)

    def _judge(self, reviews: Sequence[UserReview]) -> list[list[bool]]:
        texts = [self._sentences(review) for review in reviews]
        text_vectors = embed_texts(self._encoder, [one for own in texts for one in own])
        photos = [
            photo
            for review, own in zip(reviews, texts, strict=True)
            if own
            for photo in review.photos(Step.S1)
        ]
        folder = folder_of(photos, self._images)
        ids = dict.fromkeys(photo.id for photo in photos)
        image_vectors, rows = embed_images(self._encoder, ids, folder.load)
        self._counts["photos"] += len(ids)
        self._counts["unreadable_photos"] += len(ids) - len(rows)
        kept, at = [], 0
        for review, own in zip(reviews, texts, strict=True):
            vectors, at = text_vectors[at : at + len(own)], at + len(own)
            names = [photo.id for photo in review.photos(Step.S1) if photo.id in rows]
            found = self._speaks_of(own, vectors, names, image_vectors[[rows[i] for i in names]])
            kept.append([photo.id in found for photo in review.record.photos])
        return kept

    def _sentences(self, review: UserReview) -> list[str]:
        found = sentences(review.record.text)
        self._counts["reviews"] += 1
        self._counts["reviews_without_sentences"] += not found
        self._counts["reviews_cut_to_the_first_sentences"] += len(found) > MOST_SENTENCES
        self._counts["sentences"] += min(len(found), MOST_SENTENCES)
        return found[:MOST_SENTENCES]

    def _speaks_of(
        self, texts: Sequence[str], vectors: Vectors, names: Sequence[str], images: Vectors
    ) -> set[str]:
        if not texts or not names:
            return set()
        features = pair_features(_cosines(vectors, images), [len(one.split()) for one in texts])
        accepted: list[bool] = np.any(self._classifier.accepts(features), axis=0).tolist()
        return {name for name, good in zip(names, accepted, strict=True) if good}


def train_matcher(
    encoder: TextImageEncoder, annotations: Path, images: Path, seed: int, threshold: float | None
) -> tuple[CorrelationMatcher, Mapping[str, Any]]:
    """Learn the classifier, and describe it as a part of the revision.

    Pairs of which the photo cannot be read are left out and counted. The sentences annotated for
    one photo stand for the sentences of a review with that photo, so photos of which no sentence
    speaks belong into the annotations too.

    Raises
    ------
    DataError
        The annotations are broken, one-sided, or none of their photos can be read.
    UsageError
        The threshold is not a probability.
    ContractError
        The encoder breaks its contract.
    """
    if threshold is not None and not 0 <= threshold <= 1:
        raise UsageError(f"the threshold must be a probability, 0 to 1, not {threshold}")
    pairs = read_annotations(annotations)
    names = list(dict.fromkeys(pair.image for pair in pairs))
    folder = FolderImages(images, {name: name for name in names})
    image_vectors, rows = embed_images(encoder, names, folder.load)
    if not rows:
        raise DataError(annotations, f"none of its {len(names)} photos can be read in {images}")
    readable = [pair for pair in pairs if pair.image in rows]
    features = _annotated_features(encoder, readable, image_vectors, rows)
    labels = np.array([pair.label for pair in readable], dtype=np.int64)
    aside = held_out([pair.image for pair in readable], seed)
    try:
        classifier, quality = fit_classifier(features, labels, aside, threshold)
    except UsageError as error:
        raise DataError(annotations, str(error)) from error
    revision = {
        "encoder": encoder.signature,
        "classifier": classifier.to_json(),
        "threshold_from": "best F1 on held-out pairs" if threshold is None else "given",
        "annotations": {**quality, "pairs_without_a_readable_photo": len(pairs) - len(readable)},
    }
    return CorrelationMatcher(encoder, classifier, images), revision


def _annotated_features(
    encoder: TextImageEncoder, pairs: Sequence[Pair], images: Vectors, rows: Mapping[str, int]
) -> Floats:
    """Features of each pair, [n, 4], with the sentences of its photo as company."""
    texts = list(dict.fromkeys(pair.sentence for pair in pairs))
    text_rows = {text: row for row, text in enumerate(texts)}
    vectors = embed_texts(encoder, texts)
    by_image: dict[str, list[int]] = {}
    for place, pair in enumerate(pairs):
        by_image.setdefault(pair.image, []).append(place)
    features = np.zeros((len(pairs), len(FEATURES)))
    for image, places in by_image.items():
        own = [pairs[place].sentence for place in places]
        cosines = _cosines(vectors[[text_rows[one] for one in own]], images[[rows[image]]])
        features[places] = pair_features(cosines, [len(one.split()) for one in own])[:, 0]
    return features


def _cosines(texts: Vectors, images: Vectors) -> Floats:
    return texts.astype(np.float64) @ images.astype(np.float64).T
