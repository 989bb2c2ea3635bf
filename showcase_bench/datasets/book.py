"""What one pass over the rows learns about a file as a whole: ids, photos, businesses, targets."""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from showcase_bench.datasets.columns import BUSINESSES, PHOTOS, BatchWriter
from showcase_bench.datasets.gest import Pool, Row
from showcase_bench.datasets.masking import Targets, pair_key

__all__ = ["Book"]


class Book:
    """What the first pass learns about the file as a whole."""

    def __init__(self, splits: Sequence[str]) -> None:
        self.counts: dict[str, Counter[str]] = {name: Counter() for name in (*splits, "file")}
        self.train_rows: dict[str, int] = {}
        """Example id of each training row, to its number."""
        self.train_pairs: dict[str, int] = {}
        """The same by user and business; the first of several counts."""
        self.targets = Targets()
        self._first_ids: dict[str, str] = {}
        """Every example id, to the id that it had before a suffix told it apart."""
        self._suffixes: dict[str, int] = {}
        self._contents: set[bytes] = set()
        self._photos: dict[str, int] = {}
        self._locations: list[str | None] = []
        self._owners = array("i")
        self._businesses: dict[str, int] = {}
        self._business_photos: list[dict[int, None]] = []

    @property
    def n_rows(self) -> int:
        """Rows of all splits."""
        return len(self._first_ids)

    def add(self, split: str, row: Row, writer: BatchWriter) -> None:
        """Write one row, unless the same split has one equal in all that is read."""
        counts = self.counts[split]
        content = _content(split, row)
        if content in self._contents:
            counts["dropped_duplicate_rows"] += 1
            return
        self._contents.add(content)
        counts["rows"] += 1
        example_id = self._distinct_id(row.id)
        counts["renamed_examples"] += example_id != row.id
        self._remember(split, row, example_id)
        business = self._business(row.business_id)
        photos = [self._photo(one.id, one.location, business) for one in row.photos]
        history_ids = [review_id for review_id, _ in row.history]
        history_texts = [text for _, text in row.history]
        columns = (
            example_id,
            row.user_id,
            business,
            row.rating,
            row.text,
            photos,
            history_ids,
            history_texts,
        )
        texts = (example_id, row.user_id, row.text, *history_ids, *history_texts)
        writer.add(columns, sum(map(len, texts)))

    def add_pool(self, pool: Pool) -> None:
        """Let the photos be candidates of the business, as if a row had shown them."""
        self.counts["file"]["listed_pools"] += 1
        business = self._business(pool.business_id)
        for one in pool.photos:
            self._photo(one.id, one.location, business, owners=0)

    def names(self, example_id: str, user_id: str, business: str) -> tuple[str, ...]:
        """All that a history may call this example by."""
        return (example_id, self._first_ids[example_id], pair_key(user_id, business))

    def business_id(self, number: int) -> str:
        """Name of a business by its number."""
        return self._business_names[number]

    def write_names(self, folder: Path) -> None:
        """Write the files of photos and businesses."""
        ids = list(self._photos)
        by_id = sorted(range(len(ids)), key=ids.__getitem__)
        self._business_names = list(self._businesses)
        self.counts["file"]["photos"] = len(ids)
        self.counts["file"]["photos_of_several_rows"] = sum(n > 1 for n in self._owners)
        with BatchWriter(folder / "photos.arrow", PHOTOS) as writer:
            writer.write([ids, self._locations, self._owners, by_id])
        with BatchWriter(folder / "businesses.arrow", BUSINESSES) as writer:
            photos = [list(one) for one in self._business_photos]
            writer.write([self._business_names, photos])

    def _remember(self, split: str, row: Row, example_id: str) -> None:
        """Remember under which names and text a row is known."""
        pair = pair_key(row.user_id, row.business_id)
        if split == "train":
            number = len(self.train_rows)
            self.train_rows[example_id] = number
            self.train_pairs.setdefault(pair, number)
        else:
            self.targets.add((example_id, row.id, pair), row.text)
        self._first_ids[example_id] = row.id

    def _distinct_id(self, wanted: str) -> str:
        """Give the first free of ``x``, ``x#2``, ``x#3`` ..."""
        found, number = wanted, self._suffixes.get(wanted, 2)
        while found in self._first_ids:
            found = f"{wanted}#{number}"
            number += 1
            self._suffixes[wanted] = number
        return found

    def _business(self, business_id: str) -> int:
        number = self._businesses.setdefault(business_id, len(self._businesses))
        if number == len(self._business_photos):
            self._business_photos.append({})
        return number

    def _photo(self, image_id: str, location: str | None, business: int, *, owners: int = 1) -> int:
        number = self._photos.setdefault(image_id, len(self._photos))
        if number == len(self._locations):
            self._locations.append(location)
            self._owners.append(0)
        elif self._locations[number] is None:
            self._locations[number] = location
        self._owners[number] += owners
        self._business_photos[business][number] = None
        return number


def _content(split: str, row: Row) -> bytes:
    return hashlib.blake2b(repr((split, row)).encode(), digest_size=16).digest()
