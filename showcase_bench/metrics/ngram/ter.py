"""Translation edit rate: the share of words to be edited, where moving a phrase is one edit."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import UsageError
from showcase_bench.metrics.base import Cost, Floats, Group, Kind, Metric, Need, Scale
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.text.ter_tokens import ter_tokenizer

__all__ = ["Ter"]


@dataclasses.dataclass(frozen=True)
class Ter(Metric):
    """Corpus TER in percent, equal to sacreBLEU's; lower is better, and above 100 is possible.

    The fewest edits to any of the references, over the mean length of the references. An edit
    inserts, deletes or replaces a word, or moves up to 10 words by up to 50; moves are found
    greedily, at most 1,000 are tried, and words are aligned within a band 50 wide, all as in
    sacreBLEU and Tercom. Where the text or the reference has more than 2,000 words no moves are
    searched, so that the work stays linear in the length; there the value is an upper bound of
    the peer's. Examples without a reference are left out; a missing text counts as the empty
    text: every word of the shortest reference is an edit. If all references are empty, the value
    is 100 if there is an edit and else 0. Snover et al. 2006.

    Raises
    ------
    UsageError
        A parameter is not a truth value.
    """

    norm: bool = False
    """Split punctuation off first, as Tercom does."""
    nopunct: bool = False
    """Delete punctuation first."""
    asian: bool = False
    """Let ``norm`` split Chinese and Japanese characters, and ``nopunct`` delete their marks."""
    case: bool = False
    """Tell upper from lower case."""

    label: ClassVar[str] = "ter"
    summary: ClassVar[str] = "words to insert, delete, replace or move, over reference length"
    group: ClassVar[Group] = "n-gram"
    kind: ClassVar[Kind] = "corpus"
    higher_is_better: ClassVar[bool | None] = False
    bounds: ClassVar[tuple[float, float]] = (0.0, np.inf)
    scale: ClassVar[Scale] = "percent"
    needs: ClassVar[frozenset[Need]] = frozenset({"text", "references"})
    cost: ClassVar[Cost] = "medium"
    facts: ClassVar[Mapping[str, str]] = {"refs": "best", "impl": "sb"}
    citation: ClassVar[str] = (
        "Snover et al., A study of translation edit rate with targeted human annotation, AMTA 2006"
    )
    oracle: ClassVar[str] = "sacrebleu 2.6 TER"

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, bool):
                raise UsageError(f"{field.name} of ter must be yes or no, not {value!r}")

    def statistics(self, batch: Batch) -> Floats:
        """Rows ``[fewest edits, mean length of the references, counted]``; float64 of shape [n, 3].

        Zeros without a reference.
        """
        tokenizer = ter_tokenizer(
            norm=self.norm, nopunct=self.nopunct, asian=self.asian, case=self.case
        )
        offsets, counted = batch.pairing.offsets, batch.has_reference
        rows = np.zeros((len(batch), 3))
        if counted.any():
            lengths = batch.token_ids(tokenizer).lengths[batch.pairing.references]
            first = offsets[:-1][counted]
            rows[counted, 0] = np.minimum.reduceat(_edits(batch, tokenizer), first)
            rows[counted, 1] = np.add.reduceat(lengths, first) / np.diff(offsets)[counted]
            rows[counted, 2] = 1
        return rows

    def score(self, sums: Floats) -> Floats:
        """TER of summed rows, [..., 3] to [...]; NaN where none is counted."""
        edits, length = sums[..., 0], sums[..., 1]
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = np.where(length > 0, edits / length, np.where(edits > 0, 1.0, 0.0))
        value: Floats = np.where(sums[..., 2] > 0, 100 * rate, np.nan)
        return value

    def influence(self, stats: Floats) -> Floats:
        """Influence of each example, float64 of shape [n]: the exact gradient times the deviation.

        Zeros where all references are empty.
        """
        edits, length = stats[:, 0].sum(), stats[:, 1].sum()
        if length == 0:
            return np.zeros(len(stats))
        deviation = stats[:, 0] - edits / length * stats[:, 1]
        influence: Floats = 100 * len(stats) / length * deviation
        return influence


def _edits(batch: Batch, tokenizer: str) -> NDArray[np.int64]:
    """Edits of each text and reference; int64 of shape [m]."""
    from showcase_bench.metrics.ngram.ter_kernels import edit_counts

    ids, starts, lengths, _ = batch.token_ids(tokenizer)
    return edit_counts(ids, starts, lengths, *batch.pairing)
