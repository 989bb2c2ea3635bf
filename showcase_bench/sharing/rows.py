"""Rows of the two halves, one JSON object each, from a task's examples."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from showcase_bench.datasets.json_rows import POOLS, SPLITS
from showcase_bench.datasets.masking import pair_key
from showcase_bench.datasets.mini.rows import canonical_row, framed
from showcase_bench.evaluate.task.workspace import Workspace
from showcase_bench.sharing.names import Names
from showcase_bench.sharing.settings import ExportOptions
from showcase_bench.types import Example, Review

__all__ = ["HalfRows"]

Row = dict[str, Any]


class HalfRows:
    """Writes the rows of a task as one of its halves.

    What both halves share: rows that the policy leaves out are gone, histories hold what a model
    may see and nothing that is gold anywhere, and every photo of a business is listed in its pool,
    whether a row shows it or not.

    Parameters
    ----------
    workspace
        The task with its data.
    names
        Public names.
    options
        Which splits show their gold.
    """

    def __init__(self, workspace: Workspace, names: Names, options: ExportOptions) -> None:
        self._names = names
        self._options = options
        self._scored = workspace.task.split
        self._tables = workspace.dataset.tables
        policy = replace(workspace.policy, history_limit=None)
        self._splits = {name: workspace.dataset.examples(name, policy) for name in SPLITS}
        train = self._splits["train"]
        self._train_ids = {train.query(i).id for i in range(len(train))}

    @property
    def sizes(self) -> dict[str, int]:
        """Rows of each split, those left out not counted."""
        return {name: len(self._splits[name]) for name in self._shown}

    @property
    def _shown(self) -> tuple[str, ...]:
        apart = {"train", self._scored} if self._options.validation == "none" else set(SPLITS)
        return tuple(name for name in SPLITS if name in apart)

    def public(self) -> Iterator[bytes]:
        """Bytes of the public half's file: new ids; no gold where it is hidden.

        Rows without gold are in the order of their new ids, and so are the pools; other rows keep
        their order, so that a model which is fitted on them sees what it would see of the original.
        """
        rows = {split: map(canonical_row, self._public_rows(split)) for split in self._shown}
        return framed({**rows, POOLS: map(canonical_row, self._public_pools())})

    def private(self, gold_of: Collection[str] | None = None) -> Iterator[bytes]:
        """Bytes of the private half's file: original ids and order, and the gold.

        Parameters
        ----------
        gold_of
            Ids of the scored rows that keep their gold; None keeps it for all. Where it is given,
            the gold of the other held-out split is left out as well, unless it is public.
        """
        rows = {
            split: map(canonical_row, self._private_rows(split, gold_of)) for split in self._shown
        }
        return framed({**rows, POOLS: map(canonical_row, self._private_pools())})

    def scored_ids(self) -> tuple[str, ...]:
        """Original ids of the scored rows, in order."""
        split = self._splits[self._scored]
        return tuple(split.query(i).id for i in range(len(split)))

    def _hides(self, split: str) -> bool:
        if split == "train":
            return False
        return split == self._scored or self._options.validation != "gold"

    def _rows(self, split: str) -> Iterator[Example]:
        examples = self._splits[split]
        return (examples.example(i) for i in range(len(examples)))

    def _public_rows(self, split: str) -> Iterator[Row]:
        if not self._hides(split):
            yield from (self._public_row(one, hidden=False) for one in self._rows(split))
            return
        rows = [self._public_row(one, hidden=True) for one in self._rows(split)]
        yield from sorted(rows, key=lambda row: str(row["review_id"]))

    def _public_row(self, one: Example, *, hidden: bool) -> Row:
        names, query = self._names, one.query
        history = [[self._past(review), review.text] for review in query.history]
        row: Row = {
            "review_id": names.review(query.id),
            "user_id": names.user(query.user_id),
            "business_id": names.business(query.business_id),
            "history_reviews": history,
        }
        return row if hidden else row | _gold(one, [names.photo(p) for p in one.gold.image_ids])

    def _past(self, review: Review) -> str:
        """Public id of a history review, which links to the same training row as the original.

        Data files link by the id of a training row, or by user and business where the id is that
        pair.
        """
        names, business = self._names, review.business_id
        if business is not None and review.id == pair_key(review.user_id, business):
            return pair_key(names.user(review.user_id), names.business(business))
        if review.id in self._train_ids:
            return names.review(review.id)
        own = names.past(review.id, review.user_id)
        return own if business is None else pair_key(own, names.business(business))

    def _private_rows(self, split: str, gold_of: Collection[str] | None) -> Iterator[Row]:
        for one in self._rows(split):
            query = one.query
            row: Row = {
                "review_id": query.id,
                "user_id": query.user_id,
                "business_id": query.business_id,
                "history_reviews": [[review.id, review.text] for review in query.history],
            }
            kept = gold_of is None or query.id in gold_of or not self._hides(split)
            yield row | _gold(one, one.gold.image_ids) if kept else row

    def _businesses(self) -> Iterator[tuple[str, list[str]]]:
        tables = self._tables
        for number, business in enumerate(tables.business_ids):
            yield business, tables.photos_of(number)

    def _public_pools(self) -> list[Mapping[str, Any]]:
        names = self._names
        pools = [
            {
                "business_id": names.business(business),
                "pics": [
                    {"id": names.photo(one)}
                    for one in sorted(photos, key=lambda one: names.order("pool", one))
                ],
            }
            for business, photos in self._businesses()
        ]
        return sorted(pools, key=lambda pool: str(pool["business_id"]))

    def _private_pools(self) -> Iterator[Mapping[str, Any]]:
        for business, photos in self._businesses():
            yield {"business_id": business, "pics": [{"id": one} for one in photos]}


def _gold(one: Example, photos: Collection[str]) -> Row:
    return {
        "rating": one.gold.rating,
        "review_text": one.gold.texts[0],
        "pics": [{"id": photo} for photo in photos],
    }
