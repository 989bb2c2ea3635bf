"""Who took which photo: rows to learn from, and choosing photos by what was learned.

Shared by models that choose the photos which a user would most likely have taken.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines.common.features import Floats, pools, present_rows, unit_rows
from baselines.common.order import first_of_pool
from baselines.common.selection import top_k
from baselines.neural.contracts import Batch
from baselines.neural.devices import cpu_threads
from baselines.neural.ids import IdTable
from baselines.neural.model import Common, NeuralModel, configuration
from baselines.neural.training import Training
from showcase_bench import Example, ImageStore, Model, Query, Showcase

__all__ = [
    "AuthorshipConfig",
    "AuthorshipModel",
    "AuthorshipNetwork",
    "AuthorshipRows",
    "Sampling",
    "others_of",
    "prepared",
]

Counts = NDArray[np.int64]
Single = NDArray[np.float32]


class AuthorshipNetwork(nn.Module, abc.ABC):
    """A network that scores photos for users."""

    @abc.abstractmethod
    def score(self, user: Tensor, images: Tensor) -> Tensor:
        """How likely the users took the photos: [b] and [b, m, d] to [b, m]."""


class Sampling(NamedTuple):
    """Which photos of others a photo is compared with."""

    same: int = 5
    """How many of the same business; without any, they are of other businesses."""
    other: int = 5
    """How many of other businesses; without any, they are of the same business."""
    id_dropout: float = 0.1
    """Share of the users that training takes for unknown."""


@dataclass(frozen=True)
class AuthorshipConfig:
    """One configuration."""

    training: Training
    encoder: str
    """Gives the features of photos."""
    width: int
    dropout: float
    sampling: Sampling


def prepared(features: NDArray[np.floating[Any]], centre: Floats) -> Single:
    """Features as a network reads them: centred and of length sqrt(d); a row of zeros stays.

    Parameters
    ----------
    features
        L2-normalised, [n, d].
    centre
        Mean of the training photos, [d].
    """
    moved = np.where(present_rows(features)[:, None], features - centre, 0.0)
    rows: Single = (unit_rows(moved) * np.sqrt(len(centre))).astype(np.float32)
    return rows


def others_of(n: int, own: Counts, draws: NDArray[np.float64]) -> Counts:
    """Numbers from 0 to n - 1 that are not in ``own``, which is sorted and distinct.

    ``draws`` in [0, 1) choose among them, each equally likely; of the same shape as the result.
    """
    rank = (draws * (n - len(own))).astype(np.int64)
    return rank + np.searchsorted(own - np.arange(len(own)), rank, side="right")


class AuthorshipRows:
    """Photos that users took, each beside photos of others.

    See :class:`baselines.neural.contracts.Rows`. A photo that cannot be read gives no row, nor
    does one where no photo of others is there. Photos of others come from the same split; in
    validation they are drawn once for each row.

    Parameters
    ----------
    examples
        The split.
    images, encoder, centre
        Where features come from, and what is taken off them.
    users
        Users of the training split.
    sampling
        How many photos of others.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        images: ImageStore,
        encoder: str,
        centre: Floats,
        users: IdTable,
        sampling: Sampling,
    ) -> None:
        self._users, self._sampling = users, sampling
        asked = list(dict.fromkeys(one for row in examples for one in row.gold.image_ids))
        features = images.features(asked, encoder)
        readable = [one for one, good in zip(asked, present_rows(features), strict=True) if good]
        self._features = prepared(features[present_rows(features)], centre)
        place = {one: i for i, one in enumerate(readable)}
        pairs = [
            (row.query.user_id, row.query.business_id, place[one])
            for row in examples
            for one in row.gold.image_ids
            if one in place
        ]
        self._own = _grouped((user, photo) for user, _, photo in pairs)
        self._at = _grouped((business, photo) for _, business, photo in pairs)
        self._rows = [row for row in pairs if len(self._own[row[0]]) < len(readable)]

    def __len__(self) -> int:
        return len(self._rows)

    def size(self, row: int) -> int:
        """1: all rows are alike."""
        return 1

    def batch(self, rows: Sequence[int], rng: np.random.Generator | None) -> Batch:
        """``user`` [b], ``image`` [b, d], and ``others`` [b, m, d]: first of the same business."""
        chosen = [self._rows[row] for row in rows]
        others = np.stack([self.others(row, rng or np.random.default_rng([row])) for row in rows])
        photos = np.array([photo for _, _, photo in chosen], dtype=np.int64)
        names = [user for user, _, _ in chosen]
        return {
            "user": torch.from_numpy(self._users.rows(names, rng, self._sampling.id_dropout)),
            "image": torch.from_numpy(self._features[photos]),
            "others": torch.from_numpy(self._features[others]),
        }

    def others(self, row: int, rng: np.random.Generator) -> Counts:
        """Photos of others for a row, as row numbers of the features; never the user's own."""
        user, business, _ = self._rows[row]
        own, here = self._own[user], self._at[business]
        near = np.setdiff1d(here, own, assume_unique=True)
        far = np.union1d(own, here)
        same, other = self._sampling.same, self._sampling.other
        n = len(self._features)
        if not len(near):
            same, other = 0, same + other
        elif len(far) == n:
            same, other = same + other, 0
        of_same = near[(rng.random(same) * len(near)).astype(np.int64)] if same else near[:0]
        return np.concatenate([of_same, others_of(n, far, rng.random(other))])


def _grouped(pairs: Iterable[tuple[str, int]]) -> dict[str, Counts]:
    """Distinct photos of each name, sorted."""
    groups: dict[str, set[int]] = {}
    for name, photo in pairs:
        groups.setdefault(name, set()).add(photo)
    return {name: np.array(sorted(own), dtype=np.int64) for name, own in groups.items()}


class AuthorshipModel(NeuralModel[AuthorshipNetwork], Model):
    """Chooses the k photos of the pool that the user would most likely have taken; no text.

    A user that training did not see is a trained unknown one: the taste of all. Equal scores go
    by image id; photos that cannot be read come last.

    Parameters
    ----------
    config
        ``mini`` or ``paper``.
    encoder
        Name of the image encoder; empty is the configuration's.
    epochs, batch_size, learning_rate
        Of training; None is what the configuration says.

    Raises
    ------
    UsageError
        An argument is out of its range.
    """

    configs: ClassVar[Mapping[str, AuthorshipConfig]]
    network_type: ClassVar[Callable[..., AuthorshipNetwork]]
    """Makes a network of ``users`` and ``features``, the rows and numbers of both, and of the
    configuration's ``width`` and ``dropout``."""

    def __init__(
        self,
        config: str = "mini",
        encoder: str = "",
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
    ) -> None:
        self.config = configuration(config, self.configs)
        super().__init__(Common(epochs, batch_size, learning_rate).apply(self.config.training))
        self.encoder = encoder or self.config.encoder

    def _build(self) -> AuthorshipNetwork:
        return self.network_type(
            users=len(self._table),
            features=len(self.facts["centre"]),
            width=self.config.width,
            dropout=self.config.dropout,
        )

    def _learn_facts(self, train: Sequence[Example], images: ImageStore) -> dict[str, Any]:
        asked = list(dict.fromkeys(one for row in train for one in row.gold.image_ids))
        features = images.features(asked, self.encoder)
        known = features[present_rows(features)]
        centre = known.mean(axis=0, dtype=np.float64) if len(known) else np.zeros(known.shape[1])
        users = [row.query.user_id for row in train if row.gold.image_ids]
        return {"users": list(dict.fromkeys(users)), "centre": centre.tolist()}

    def _rows(self, examples: Sequence[Example], images: ImageStore) -> AuthorshipRows:
        return AuthorshipRows(
            examples, images, self.encoder, self._centre, self._table, self.config.sampling
        )

    def predict(self, queries: Sequence[Query], images: ImageStore) -> Iterator[Showcase]:
        """Yield the photos in the order of their scores."""
        users, centre = self._table, self._centre
        for pool in pools(queries, images, self.encoder):
            chosen: list[int] = []
            if pool.ids:
                row = users.rows([pool.query.user_id])
                scores = self._scores(row, prepared(pool.features, centre))
                chosen = top_k(scores, pool.query.k)
            ids = [pool.ids[i] for i in chosen]
            yield Showcase(pool.query.id, first_of_pool(pool.query, ids, pool.unreadable))

    def _scores(self, user: Counts, photos: Single) -> Floats:
        """Scores of one pool, [m]; equal photos have equal ones."""
        distinct, place = np.unique(photos, axis=0, return_inverse=True)
        with torch.inference_mode(), cpu_threads(self.training.threads):
            scored = self.network.score(torch.from_numpy(user), torch.from_numpy(distinct)[None])
        scores: Floats = scored[0].double().numpy()[place.reshape(-1)]
        return scores

    @property
    def _centre(self) -> Floats:
        return np.array(self.facts["centre"], dtype=np.float64)

    @property
    def _table(self) -> IdTable:
        return IdTable(self.facts["users"])
