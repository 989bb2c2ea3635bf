"""What the faults draw from: the rows of a data set, and the references to perturb."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from showcase_bench.audit.names import Stock, names_in
from showcase_bench.audit.words import plain_words
from showcase_bench.evaluate.task.workspace import Workspace
from showcase_bench.sentences import sentences
from showcase_bench.types import Example, Showcase

__all__ = ["Row", "World", "world_of_workspace"]

_FREQUENT = 10


class Row(NamedTuple):
    """A review: who wrote what where, with which photos, after which earlier reviews."""

    user: str
    business: str
    history: tuple[str, ...]
    """Texts of the user's earlier reviews under the task's policy."""
    text: str | None
    """None where it is empty."""
    photos: tuple[str, ...]


@dataclass(frozen=True)
class World:
    """The scored examples, row by row, and all reviews that faults may borrow from."""

    clean: tuple[Showcase, ...]
    """The references as a system would have predicted them: the photos of the review that are in
    the pool, at most k, and its text."""
    scored: tuple[Row, ...]
    """The review behind each of :attr:`clean`."""
    pools: tuple[tuple[str, ...], ...]
    rows: tuple[Row, ...]
    """All reviews of all splits, the scored ones among them."""
    training: tuple[Row, ...]
    """Those of the training split."""

    @cached_property
    def of_business(self) -> dict[str, tuple[Row, ...]]:
        """The reviews of each business."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            found.setdefault(row.business, []).append(row)
        return {business: tuple(rows) for business, rows in found.items()}

    @cached_property
    def photos_of(self) -> dict[str, tuple[str, ...]]:
        """The photos of each business, distinct; businesses without photos are left out."""
        found = {
            business: tuple(dict.fromkeys(photo for row in rows for photo in row.photos))
            for business, rows in self.of_business.items()
        }
        return {business: photos for business, photos in found.items() if photos}

    @cached_property
    def frequent_sentences(self) -> tuple[str, ...]:
        """The ten sentences that most training reviews have, the most frequent first."""
        counts = Counter(
            sentence for row in self.training for sentence in set(sentences(row.text or ""))
        )
        ranked = sorted(counts, key=lambda one: (-counts[one], one))
        return tuple(ranked[:_FREQUENT])

    @cached_property
    def names(self) -> Stock:
        """The names that the training texts use."""
        texts = [row.text for row in self.training if row.text]
        return Stock(names_in(texts), texts)

    def words_about(self, business: str) -> frozenset[str]:
        """Plain words in the histories of all who reviewed a business; found once each."""
        known = self._words_about
        if business not in known:
            rows = self.of_business.get(business, ())
            known[business] = frozenset(
                word for row in rows for text in row.history for word in plain_words(text)
            )
        return known[business]

    @cached_property
    def _words_about(self) -> dict[str, frozenset[str]]:
        return {}


def world_of_workspace(workspace: Workspace) -> World:
    """All rows of a task's data set."""
    names, sizes = workspace.dataset.split_names, workspace.split_sizes()
    rows = tuple(map(_row, workspace.rows))
    before = sum(sizes[name] for name in names[: names.index("train")])
    examples = workspace.scored_split.examples()
    return World(
        clean=tuple(map(_as_predicted, examples)),
        scored=tuple(map(_row, examples)),
        pools=tuple(example.query.pool for example in examples),
        rows=rows,
        training=rows[before : before + sizes["train"]],
    )


def _row(example: Example) -> Row:
    query, gold = example.query, example.gold
    return Row(
        query.user_id,
        query.business_id,
        tuple(review.text for review in query.history),
        next((text for text in gold.texts if text.strip()), None),
        gold.image_ids,
    )


def _as_predicted(example: Example) -> Showcase:
    query, pool = example.query, frozenset(example.query.pool)
    photos = [one for one in dict.fromkeys(example.gold.image_ids) if one in pool]
    return Showcase(query.id, tuple(photos[: query.k]), _row(example).text)
