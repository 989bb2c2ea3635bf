"""A writer with a network: decoding of what it was asked to write."""

from __future__ import annotations

import abc
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from baselines.neural.codecs import codec_of
from baselines.neural.contracts import Codec, Stepper
from baselines.neural.decoding import Decoding
from baselines.neural.devices import cpu_threads
from baselines.neural.model import N, NeuralModel
from baselines.neural.search import decode
from baselines.neural.training import Training
from showcase_bench import ImageStore, Query, Writer
from showcase_bench.spec import Scalar

__all__ = ["NeuralWriter"]


class NeuralWriter(NeuralModel[N], Writer):
    """What writers with a network share; ``facts["codec"]`` describes their tokens.

    Parameters
    ----------
    training
        How the network is trained.
    decoding
        How a text is chosen, such as ``greedy`` or ``beam(size=3)``; see
        :class:`baselines.neural.decoding.Decoding`.
    """

    predict_arguments: ClassVar[frozenset[str]] = frozenset({"decoding"})

    def __init__(self, training: Training, decoding: str) -> None:
        super().__init__(training)
        self.decoding = Decoding.parse(decoding)

    def settings(self) -> dict[str, Scalar]:
        """How texts are chosen."""
        return {"decoding": str(self.decoding)}

    @property
    def codec(self) -> Codec:
        """The tokens that the network knows."""
        return codec_of(self.facts["codec"])

    @abc.abstractmethod
    def _stepper(
        self,
        queries: Sequence[Query],
        chosen: Sequence[tuple[str, ...]],
        images: ImageStore,
    ) -> Stepper[Any]:
        """What continues the texts of these queries; row i is that of query i."""

    def _sizes(
        self, queries: Sequence[Query], chosen: Sequence[tuple[str, ...]]
    ) -> Sequence[int] | None:
        """How much each text is conditioned on; texts of like sizes are written together."""
        return None

    def write(
        self,
        queries: Sequence[Query],
        chosen: Sequence[tuple[str, ...]],
        images: ImageStore,
    ) -> Iterator[str]:
        """Yield one text per query."""
        codec = self.codec
        with cpu_threads(self.training.threads):
            texts = decode(
                self._stepper(queries, chosen, images),
                [query.id for query in queries],
                self.decoding,
                codec,
                seed=int(self.facts["seed"]),
                sizes=self._sizes(queries, chosen),
            )
        yield from map(codec.decode, texts)
