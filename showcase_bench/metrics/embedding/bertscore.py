"""BERTScore: how well the tokens of text and reference can be matched in context."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import partial
from typing import ClassVar, Literal, Self, TypeVar, cast, get_args

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import UsageError
from showcase_bench.metrics.base import (
    Cost,
    Floats,
    Group,
    Need,
    Scale,
    require_at_least,
    require_encoder,
    require_one_of,
)
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.embedding.bertscore_pairs import Setting, pair_scores
from showcase_bench.metrics.kinds import MeanMetric
from showcase_bench.metrics.text.corpus import TextCorpus
from showcase_bench.spec import Scalar
from showcase_bench.types import Precision, TextEmbeddings

__all__ = ["BertScore", "bertscore_f1", "bertscore_p", "bertscore_r"]

F = TypeVar("F", float, Floats)
Part = Literal["p", "r", "f1"]

_LAYERS: Mapping[str, int] = {"minilm": 6}
"""Default layers of encoders that have only one set of weights; names leave these out."""


@dataclasses.dataclass(frozen=True)
class BertScore(MeanMetric):
    """Greedy matching of contextual token vectors by cosine: precision, recall or their F1.

    Precision is the weighted mean, over the tokens of the text, of each token's highest cosine
    with a token of the reference; recall is the same the other way round. Special tokens may be
    matched and weigh nothing. Of several references the best counts, for precision, recall and F1
    each on its own, so that F1 is not the harmonic mean of the other two then. Zhang et al. 2020.

    Equal to the package bert-score but for this:

    - Padding plays no part, where there it wins over tokens of which all cosines are negative.
    - A mean below 0 counts as 0, and F1 is 0 unless both means are above it; the quotient has no
      bounds there.
    - A text without tokens scores 0 in all three, against any reference, and so does a reference
      without tokens. A missing prediction scores the same.
    - Where idf weighs all tokens of a text 0 they weigh the same, as when a task has one reference
      only.

    Examples without a reference are left out. Tokens behind the encoder's limit are cut off.

    Parameters
    ----------
    part
        ``p``, ``r`` or ``f1``.
    encoder
        Name of an encoder of tokens.
    layer
        Layer that the vectors are taken from, 1 is the first; None is the encoder's default.
    idf
        Weigh tokens by ``log((N + 1) / (n + 1))``, where n of all N references of the task have
        the token, instead of all the same.
    baseline
        At least 0 and below 1; the value x then becomes ``(x - baseline) / (1 - baseline)``, and
        :attr:`bounds` move with it. None leaves values as they are.
    precision
        Of the arithmetic in the encoder; ``bf16`` is faster and moves single values by some 1e-3.
    df
        Key of the references that idf is counted over; filled in when scoring. Dropped without
        ``idf``.

    Raises
    ------
    UsageError
        A parameter has another value than these.
    """

    part: str
    encoder: str = "minilm"
    layer: int | None = None
    idf: bool = False
    baseline: float | None = None
    precision: str = "fp32"
    df: str | None = None

    label: ClassVar[str] = "bertscore"
    named_by: ClassVar[Mapping[str, str]] = {"part": "-"}
    encoder_field: ClassVar[str | None] = "encoder"
    summary: ClassVar[str] = "similarity of contextual tokens, matched greedily"
    group: ClassVar[Group] = "embedding"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    scale: ClassVar[Scale] = "unit"
    needs: ClassVar[frozenset[Need]] = frozenset({"text", "references", "embeddings"})
    cost: ClassVar[Cost] = "high"
    facts: ClassVar[Mapping[str, str]] = {"match": "greedy", "refs": "best", "impl": "sb"}
    citation: ClassVar[str] = (
        "Zhang et al., BERTScore: evaluating text generation with BERT, ICLR 2020"
    )
    oracle: ClassVar[str] = "bert-score 0.3.13"

    def __post_init__(self) -> None:
        require_one_of(self.part, get_args(Part), "part of bertscore")
        require_one_of(self.precision, get_args(Precision), "precision of bertscore")
        require_encoder(self.encoder, "bertscore")
        if self.layer is not None:
            require_at_least(self.layer, 1, "layer of bertscore")
        if not isinstance(self.idf, bool):
            raise UsageError(f"idf of bertscore must be true or false, not {self.idf!r}")
        self._require_baseline()
        # What holds for all metrics of a class elsewhere depends on parameters here.
        if self.idf:
            object.__setattr__(self, "corpus_field", "df")
        else:
            object.__setattr__(self, "df", None)
        object.__setattr__(self, "bounds", (self._rescaled(0.0), 1.0))

    def _require_baseline(self) -> None:
        value = self.baseline
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if value is not None and not (number and 0 <= value < 1):
            raise UsageError(
                f"baseline of bertscore must be none or a number from 0 to below 1, not {value!r}"
            )

    @property
    def in_name(self) -> frozenset[str]:
        """The part; without idf, ``df`` is never spelt out either."""
        return super().in_name | (frozenset() if self.idf else {"df"})

    def _without_weights(self, field: str) -> Scalar:
        value = super()._without_weights(field)
        if field == "layer" and value == _LAYERS.get(self.encoder.partition("@")[0]):
            return None
        return value

    def bind(
        self,
        references: TextCorpus,
        training: TextCorpus | None = None,
        embeddings: TextEmbeddings | None = None,
    ) -> Self:
        """Fix the weights, the layer, and with idf the references; see :meth:`Metric.bind`."""
        bound = super().bind(references, training, embeddings)
        if bound.layer is None and embeddings is not None:
            return dataclasses.replace(bound, layer=embeddings.default_layer(bound.encoder))
        return bound

    def counted(self, batch: Batch) -> NDArray[np.bool_]:
        """Examples with at least one reference; bool of shape [n]."""
        return batch.has_reference

    def values(self, batch: Batch) -> Floats:
        """Value of each example, float64 of shape [n]; that of an empty text without a reference.

        Raises
        ------
        UsageError
            The batch has no embeddings, or the encoder has no such layer.
        RegistryError, MissingDependencyError
            The encoder is unknown or cannot be used.
        """
        if not batch.has_reference.any():
            return np.full(len(batch), self._rescaled(0.0))
        embeddings = batch.required_embeddings
        layer = embeddings.default_layer(self.encoder) if self.layer is None else self.layer
        setting = Setting(
            embeddings.identify(self.encoder),
            layer,
            self.idf,
            cast(Precision, self.precision),
            self.version,
        )
        best = batch.memo(("bertscore", setting), lambda: _best(batch, setting))
        return self._rescaled(best[get_args(Part).index(self.part)])

    def _rescaled(self, values: F) -> F:
        if self.baseline is None:
            return values
        return (values - self.baseline) / (1 - self.baseline)


def _best(batch: Batch, setting: Setting) -> Floats:
    """Precision, recall and F1 of each example, each with the reference where it is highest.

    float64 of shape [3, n]; 0 without a reference.
    """
    scores = pair_scores(batch, setting)
    best, known = np.zeros((3, len(batch))), batch.has_reference
    best[:, known] = np.maximum.reduceat(scores, batch.pairing.offsets[:-1][known], axis=0).T
    return best


bertscore_p = partial(BertScore, part="p")
bertscore_r = partial(BertScore, part="r")
bertscore_f1 = partial(BertScore, part="f1")
