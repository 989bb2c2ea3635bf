"""Ref2Seq as a writer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from baselines.common.arguments import require_at_least
from baselines.common.reviews import reference_texts
from baselines.neural.contracts import Batch
from baselines.neural.model import Common, configuration
from baselines.neural.words import Words
from baselines.neural.writer import NeuralWriter
from baselines.ref2seq.configs import CONFIGS
from baselines.ref2seq.network import Ref2SeqNetwork, Ref2SeqStepper
from baselines.ref2seq.references import texts_by_item
from baselines.ref2seq.rows import Ref2SeqRows, Sources
from showcase_bench import Example, ImageStore, Query

__all__ = ["Ref2Seq"]


class Ref2Seq(NeuralWriter[Ref2SeqNetwork]):
    """Writes after sentences of the user's history and of other reviews of the business.

    Photos are not read, and neither are ids: a new user with a history is as good as a known one.
    See the README beside.

    Parameters
    ----------
    config
        ``mini`` or ``paper``.
    decoding
        How a text is chosen; None is the configuration's own way.
    epochs, batch_size, learning_rate
        Of training; None is what the configuration says.
    segments
        Sentences read of each side, at least 1; None is what the configuration says.
    """

    kind: ClassVar[str] = "ref2seq"

    def __init__(
        self,
        config: str = "mini",
        decoding: str | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        segments: int | None = None,
    ) -> None:
        self.config = configuration(config, CONFIGS)
        if segments is not None:
            most = require_at_least(segments, "segments", 1)
            self.config = replace(self.config, most_segments=most)
        training = Common(epochs, batch_size, learning_rate).apply(self.config.training)
        super().__init__(training, self.config.decoding if decoding is None else decoding)

    def _learn_facts(self, train: Sequence[Example], images: ImageStore) -> dict[str, Any]:
        texts = [text for one in train for text in reference_texts(one.gold)]
        return {
            "codec": Words.learn(texts, most=self.config.most_words).facts(),
            "items": texts_by_item(train, self.config.most_reviews),
        }

    def _build(self) -> Ref2SeqNetwork:
        return Ref2SeqNetwork(self.config.sizes, len(self.codec))

    def _rows(self, examples: Sequence[Example], images: ImageStore) -> Ref2SeqRows:
        return Ref2SeqRows(examples, self._sources(), self.config.most_tokens)

    def _stepper(
        self,
        queries: Sequence[Query],
        chosen: Sequence[tuple[str, ...]],
        images: ImageStore,
    ) -> Ref2SeqStepper:
        sources = self._sources()

        def references(rows: Sequence[int]) -> Batch:
            return sources.references([queries[row] for row in rows], [None] * len(rows))

        return Ref2SeqStepper(self.network, references, sources.codec.begin)

    def _sources(self) -> Sources:
        return Sources(
            self.codec,
            self.facts["items"],
            self.config.most_segments,
            self.config.segment_tokens,
        )
