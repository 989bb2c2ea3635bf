"""PETER with a feature of the target text: an oracle input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import torch

from baselines.common.reviews import reference_text, reference_texts
from baselines.neural.decoding import Decoding
from baselines.neural.model import Common, NeuralModel
from baselines.neural.search import decode
from baselines.neural.tables import Tables
from baselines.peter.configs import config_of
from baselines.peter.features import Features
from baselines.peter.network import Inputs, PeterNetwork, PeterStepper
from baselines.peter.rows import PeterRows, learn_tables
from showcase_bench import Example, ImageStore, OracleModel, Showcase
from showcase_bench.models import Flag

__all__ = ["PeterFeature"]


class PeterFeature(NeuralModel[PeterNetwork], OracleModel):
    """PETER told a word that the text is about, taken from the text to be written; no photos.

    The original takes that word from the target at test time as well. Here the target is the gold,
    so the model stands among the ceilings. A text without a known feature is told none.

    Parameters
    ----------
    config, decoding, epochs, batch_size, learning_rate, user_dropout, item_dropout
        As of :class:`~baselines.peter.model.Peter`.
    """

    kind: ClassVar[str] = "peter-feature"
    flags: ClassVar[tuple[Flag, ...]] = ("uses gold", "uses target feature")
    predict_arguments: ClassVar[frozenset[str]] = frozenset({"decoding"})

    def __init__(
        self,
        config: str = "mini",
        decoding: str | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        user_dropout: float | None = None,
        item_dropout: float | None = None,
    ) -> None:
        common = Common(epochs, batch_size, learning_rate)
        self.config = config_of(
            config,
            common,
            decoding=decoding,
            user_dropout=user_dropout,
            item_dropout=item_dropout,
        )
        super().__init__(self.config.training)
        self.decoding = Decoding.parse(self.config.decoding)

    def _learn_facts(self, train: Sequence[Example], images: ImageStore) -> dict[str, Any]:
        features = Features.mine(text for one in train for text in reference_texts(one.gold))
        return {
            **learn_tables(train, self.config.most_words),
            "features": features.facts(),
        }

    def _build(self) -> PeterNetwork:
        return self.config.build(Tables(self.facts))

    def _rows(self, examples: Sequence[Example], images: ImageStore) -> PeterRows:
        tables = Tables(self.facts)
        told = _Told(Features.from_facts(self.facts["features"]), tables)
        return PeterRows(
            examples,
            tables,
            most_tokens=self.config.most_tokens,
            user_dropout=self.config.user_dropout,
            item_dropout=self.config.item_dropout,
            feature_of=told.word,
        )

    def predict_with_gold(
        self, examples: Sequence[Example], images: ImageStore
    ) -> Iterator[Showcase]:
        """Yield a text about the feature of each example's first reference."""
        tables = Tables(self.facts)
        told = _Told(Features.from_facts(self.facts["features"]), tables)
        features = [told.word(reference_text(one.gold) or "") for one in examples]
        queries = [one.query for one in examples]
        inputs = Inputs(*tables.rows(queries), torch.tensor(features, dtype=torch.int64))
        ids = [query.id for query in queries]
        texts = decode(
            PeterStepper(self.network, inputs, tables.codec.begin),
            ids,
            self.decoding,
            tables.codec,
            seed=int(self.facts["seed"]),
        )
        for one, text in zip(ids, texts, strict=True):
            yield Showcase(one, text=tables.codec.decode(text))


class _Told:
    """Features as rows of the words' embedding; that of padding stands for no feature."""

    def __init__(self, features: Features, tables: Tables) -> None:
        self._features = features
        self._codec = tables.codec

    def word(self, text: str) -> int:
        feature = self._features.of(text)
        tokens = [] if feature is None else self._codec.encode(feature, 1)
        return tokens[0] if tokens else self._codec.pad
