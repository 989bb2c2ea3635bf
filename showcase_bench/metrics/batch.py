"""The examples that metrics look at, with the expensive parts shared between metrics."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, pairwise
from typing import Any, NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import UsageError
from showcase_bench.metrics.text.corpus import TextCorpus
from showcase_bench.metrics.text.table import Rows, TextTable, TokenIds, strings
from showcase_bench.metrics.visits import Visit
from showcase_bench.types import TextEmbeddings, Timings

__all__ = ["Batch", "Features", "Pairing", "Swap", "Visit"]

T = TypeVar("T")

_COLUMNS: dict[str, Any] = {
    "selected": (),
    "gold_images": (),
    "pools": (),
    "users": "",
    "businesses": "",
    "histories": (),
    "swaps": None,
}
"""Columns that may be left out, and what they then hold on every row."""

Features: TypeAlias = Callable[[Sequence[str], str], NDArray[np.float32]]
"""``features(image_ids, encoder)``: L2-normalised rows, zeros for unreadable photos."""


class Pairing(NamedTuple):
    """Which texts of the table belong together.

    The references of example i are ``references[offsets[i] : offsets[i + 1]]``.
    """

    hypotheses: Rows
    """Row of each predicted text, int64 of shape [n]; of the empty text where it is missing."""
    references: Rows
    """Row of each reference, int64 of shape [m], those of an example next to each other."""
    offsets: Rows
    """int64 of shape [n + 1]."""


class Swap(NamedTuple):
    """What a system gave when it was asked on behalf of another user."""

    history: tuple[str, ...]
    """Of the other user."""
    text: str | None
    images: tuple[str, ...]


@dataclass(frozen=True)
class Batch:
    """Predictions aligned with their gold, row by row.

    Raises
    ------
    UsageError
        The columns differ in length, or a text is not a string.
    """

    ids: tuple[str, ...]
    hypotheses: tuple[str | None, ...]
    """Predicted texts; None where not attempted."""
    references: Sequence[tuple[str, ...]]
    """Reference texts; an empty tuple where there is none. A tuple, but for metrics of a whole set
    of many examples, for which they are read as they are asked for."""
    selected: tuple[tuple[str, ...], ...] = ()
    """Image ids shown, in order; empty where not attempted."""
    gold_images: tuple[tuple[str, ...], ...] = ()
    pools: tuple[tuple[str, ...], ...] = ()
    features: Features | None = None
    corpus: TextCorpus | None = None
    """All references of the task; None stands for those of this batch."""
    training: tuple[str, ...] = ()
    """Texts of the training reviews."""
    training_corpus: TextCorpus | None = None
    """The same texts, with what was made of them for other batches; None stands for those."""
    timings: Timings | None = None
    """What the run that made the predictions cost."""
    embeddings: TextEmbeddings | None = None
    users: tuple[str, ...] = ()
    businesses: tuple[str, ...] = ()
    histories: tuple[tuple[str, ...], ...] = ()
    """Texts of the user's earlier reviews; an empty tuple where there are none."""
    visits: Sequence[Visit] = ()
    """All rows of the data set that may serve as other users, in its order; not row by row. Of a
    task they are read as they are asked for."""
    catalogue: Sequence[tuple[str, tuple[str, ...]]] = ()
    """Businesses of the task with photos, in any order and number of rows; not row by row, and of a
    task read as they are asked for. Nothing stands for those of this batch."""
    swaps: tuple[Swap | None, ...] = ()
    """None where the system was not asked again, or no other user was at the business."""
    table: TextTable = field(default_factory=TextTable)
    """Shared between the batches of several systems: a text is tokenised once."""
    _memo: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        n = len(self.ids)
        for name, missing in _COLUMNS.items():
            if not getattr(self, name) and n:
                object.__setattr__(self, name, (missing,) * n)
        for name in ("hypotheses", "references", *_COLUMNS):
            if len(getattr(self, name)) != n:
                raise UsageError(f"a batch of {n} ids has {len(getattr(self, name))} {name}")
        _require_texts(self.ids, self.hypotheses, self.references)
        if self.corpus is None:
            object.__setattr__(self, "corpus", TextCorpus(self.references))
        if self.training_corpus is None:
            shared = self.table.memo(("training corpus", self.training), self._training_corpus)
            object.__setattr__(self, "training_corpus", shared)

    def _training_corpus(self) -> TextCorpus:
        return TextCorpus(tuple((text,) for text in self.training))

    def __len__(self) -> int:
        return len(self.ids)

    def memo(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what ``make()`` gave when ``key`` was first asked for, to share work.

        The key names all that the result depends on besides the batch; the result is not changed
        by whoever receives it.
        """
        if key not in self._memo:
            self._memo[key] = make()
        result: T = self._memo[key]
        return result

    @cached_property
    def hypothesis_rows(self) -> Rows:
        """Row of each predicted text in :attr:`table`, as in :attr:`pairing`; int64 of shape [n].

        For metrics that look at no reference, which then are not even read.
        """
        return self.table.rows(text or "" for text in self.hypotheses)

    @cached_property
    def pairing(self) -> Pairing:
        """The texts as rows of :attr:`table`."""
        counts = [len(texts) for texts in self.references]
        return Pairing(
            self.hypothesis_rows,
            self.table.rows(chain.from_iterable(self.references)),
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        )

    def token_ids(self, tokenizer: str) -> TokenIds:
        """Tokens of all predicted texts and references, by row of :attr:`table`; see there."""
        pairing = self.pairing
        rows = np.concatenate([pairing.hypotheses, pairing.references])
        return self.table.tokens(tokenizer, rows)

    def hypothesis_tokens(self, tokenizer: str) -> list[tuple[str, ...]]:
        """Tokens of each predicted text; a missing one counts as the empty text."""
        rows = self.hypothesis_rows
        return list(strings(self.table.tokens(tokenizer, rows), rows))

    def reference_tokens(self, tokenizer: str) -> list[list[tuple[str, ...]]]:
        """Tokens of each reference of each example."""
        _, rows, offsets = self.pairing
        flat = list(strings(self.table.tokens(tokenizer, rows), rows))
        ends = offsets.tolist()
        return [flat[a:b] for a, b in pairwise(ends)]

    @cached_property
    def has_text(self) -> NDArray[np.bool_]:
        """Which examples have a predicted text, if an empty one; bool of shape [n]."""
        return np.array([text is not None for text in self.hypotheses], dtype=bool)

    @cached_property
    def has_images(self) -> NDArray[np.bool_]:
        """Which examples show at least one image; bool of shape [n]."""
        return np.array([bool(ids) for ids in self.selected], dtype=bool)

    @cached_property
    def has_reference(self) -> NDArray[np.bool_]:
        """Which examples have at least one reference; bool of shape [n]."""
        return np.array([bool(texts) for texts in self.references], dtype=bool)

    @cached_property
    def has_history(self) -> NDArray[np.bool_]:
        """Which examples come from a user with earlier reviews; bool of shape [n]."""
        return np.array([bool(texts) for texts in self.histories], dtype=bool)

    @property
    def required_corpus(self) -> TextCorpus:
        """All references of the task."""
        return self.corpus or TextCorpus(self.references)

    @property
    def required_training_corpus(self) -> TextCorpus:
        """All training texts."""
        return self.training_corpus or self._training_corpus()

    @property
    def required_embeddings(self) -> TextEmbeddings:
        """The embeddings of texts.

        Raises
        ------
        UsageError
            The batch has none.
        """
        if self.embeddings is None:
            raise UsageError("this metric needs embeddings of texts, and this batch has none")
        return self.embeddings

    @property
    def required_features(self) -> Features:
        """The features of images.

        Raises
        ------
        UsageError
            The batch has none.
        """
        if self.features is None:
            raise UsageError("this metric needs features of images, and this batch has none")
        return self.features

    @cached_property
    def has_gold_images(self) -> NDArray[np.bool_]:
        """Which examples have at least one gold image; bool of shape [n]."""
        return np.array([bool(ids) for ids in self.gold_images], dtype=bool)


def _require_texts(
    ids: Sequence[str],
    hypotheses: Sequence[str | None],
    references: Sequence[Sequence[str]],
) -> None:
    for one, text, known in zip(ids, hypotheses, references, strict=True):
        if text is not None and not isinstance(text, str):
            raise UsageError(
                f"the text of {one!r} is a {type(text).__name__}; it must be a string, or None "
                "where there is no prediction"
            )
        if isinstance(known, str) or not all(isinstance(each, str) for each in known):
            raise UsageError(
                f"the references of {one!r} must be a tuple of strings; it holds {known!r:.80}"
            )
