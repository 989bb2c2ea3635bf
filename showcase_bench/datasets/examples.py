"""Rows as examples under a policy: history masked and cut, pool drawn, gold set apart."""

from __future__ import annotations

from showcase_bench.datasets.columns import ExampleBatch
from showcase_bench.datasets.exclusion import kept_rows
from showcase_bench.datasets.gest import history_business
from showcase_bench.datasets.masking import Mask
from showcase_bench.datasets.policy import SplitPolicy
from showcase_bench.datasets.pools import distractors, shuffled
from showcase_bench.datasets.tables import Tables
from showcase_bench.types import Example, Gold, Query, Review

__all__ = ["ExampleBuilder"]


class ExampleBuilder:
    """Builds the examples of one split.

    Parameters
    ----------
    tables
        Columns of the data set.
    split
        Name of a split that exists.
    policy
        How rows become examples.
    """

    def __init__(self, tables: Tables, split: str, policy: SplitPolicy) -> None:
        self.split = split
        self._policy = policy
        self._tables = tables
        self._rows = tables.splits[split]
        self._train = tables.splits["train"]
        self._kept = kept_rows(tables, split, policy)

    def __len__(self) -> int:
        return len(self._rows) if self._kept is None else len(self._kept)

    def _at(self, i: int) -> tuple[ExampleBatch, int]:
        return self._rows.at(i if self._kept is None else self._kept[i])

    def example(self, i: int) -> Example:
        """Query and gold of row ``i``, from 0 to length - 1."""
        return Example(self.query(i), self.gold(i))

    def query(self, i: int) -> Query:
        """Build what a model may see of row ``i``."""
        return Query(
            self.id(i),
            self.user(i),
            self.business(i),
            self.history(i),
            self.pool(i),
            self._policy.k,
        )

    def id(self, i: int) -> str:
        """Id of row ``i``."""
        batch, row = self._at(i)
        return batch.ids[row]

    def user(self, i: int) -> str:
        """User of row ``i``."""
        batch, row = self._at(i)
        return batch.users[row]

    def business(self, i: int) -> str:
        """Business of row ``i``."""
        batch, row = self._at(i)
        return self._tables.business_ids[batch.businesses[row]]

    def history(self, i: int) -> tuple[Review, ...]:
        """Earlier reviews of the user of row ``i`` that a model may see."""
        return self._history(*self._at(i))

    def history_texts(self, i: int) -> tuple[str, ...]:
        """Texts of what :meth:`history` gives; faster than the reviews."""
        batch, row = self._at(i)
        return tuple([batch.history_texts[position] for position in self._kept_of(batch, row)])

    def text(self, i: int) -> str:
        """The review of row ``i``, which only the scorer sees; empty where there is none."""
        batch, row = self._at(i)
        return batch.texts[row]

    def pool(self, i: int) -> tuple[str, ...]:
        """The photos that row ``i`` offers, in an order that carries no information."""
        batch, row = self._at(i)
        return self._pool(batch.ids[row], batch.businesses[row])

    def ids(self) -> tuple[str, ...]:
        """Ids of all rows, in order."""
        return tuple([self.id(i) for i in range(len(self))])

    def candidates(self, i: int) -> tuple[str, ...]:
        """The photos of row ``i``'s pool in any order; faster than a whole query."""
        batch, row = self._at(i)
        return self._candidates(batch.ids[row], batch.businesses[row])

    def gold(self, i: int) -> Gold:
        """Build what only the scorer sees of row ``i``."""
        batch, row = self._at(i)
        return Gold(self._row_photos(batch, row), (batch.texts[row],), batch.rating(row))

    def masks(self, i: int) -> list[Mask]:
        """Tell what the whole file says about each history review of row ``i``, policy aside."""
        batch, row = self._at(i)
        return [Mask(batch.masks[position]) for position in batch.history_spans.span(row)]

    def _kept_of(self, batch: ExampleBatch, row: int) -> list[int]:
        """Positions of the history reviews that a model may see."""
        masks, hidden = batch.masks, self._policy.mask_history
        kept = [
            position
            for position in batch.history_spans.span(row)
            if masks[position] == Mask.KEPT or (masks[position] != Mask.EMPTY and not hidden)
        ]
        limit = self._policy.history_limit
        if limit is not None:
            kept = kept[len(kept) - min(limit, len(kept)) :]
        return kept

    def _history(self, batch: ExampleBatch, row: int) -> tuple[Review, ...]:
        user_id, kept = batch.users[row], self._kept_of(batch, row)
        return tuple([self._review(batch, position, user_id) for position in kept])

    def _review(self, batch: ExampleBatch, position: int, user_id: str) -> Review:
        review_id = batch.history_ids[position]
        image_ids: tuple[str, ...] = ()
        rating = None
        number = batch.train_row(position)
        if number is not None:
            train, row = self._train.at(number)
            image_ids, rating = self._row_photos(train, row), train.rating(row)
        return Review(
            review_id,
            user_id,
            history_business(review_id, user_id),
            batch.history_texts[position],
            image_ids,
            rating,
        )

    def _pool(self, example_id: str, business: int) -> tuple[str, ...]:
        return shuffled(example_id, self._candidates(example_id, business))

    def _candidates(self, example_id: str, business: int) -> tuple[str, ...]:
        photos = self._tables.photos_of(business)
        if self._policy.pool == "cross":
            number = self._policy.distractors
            photos += distractors(example_id, photos, self._tables.catalogue, number)
        return tuple(photos)

    def _row_photos(self, batch: ExampleBatch, row: int) -> tuple[str, ...]:
        ids, numbers = self._tables.photo_ids, batch.photos
        return tuple([ids[numbers[i]] for i in batch.photo_spans.span(row)])
