"""Random access to the prepared columns of a data set, by number of row, photo or business."""

from __future__ import annotations

from functools import cached_property
from itertools import accumulate

from showcase_bench.datasets.columns import ExampleBatch, Lists, Strings, integers, locate
from showcase_bench.datasets.prepare import FileCounts
from showcase_bench.datasets.prepared import Prepared

__all__ = ["SplitTable", "Tables"]


class SplitTable:
    """Rows of one split."""

    def __init__(self, batches: list[ExampleBatch]) -> None:
        self._batches = batches
        ends = list(accumulate(map(len, batches), initial=0))
        self._starts, self._length = ends[:-1], ends[-1]

    def __len__(self) -> int:
        return self._length

    def at(self, i: int) -> tuple[ExampleBatch, int]:
        """Batch that holds row ``i`` (0 to length - 1), and the row's place in it."""
        number, place = locate(self._starts, i)
        return self._batches[number], place


class Tables:
    """All columns of a data set."""

    def __init__(self, prepared: Prepared) -> None:
        self.counts: FileCounts = prepared.counts
        self.splits = {name: SplitTable(one) for name, one in prepared.examples.items()}
        self._photos = prepared.photos
        column = prepared.businesses.column
        self.business_ids = Strings(column("id"))
        self._photo_spans = Lists(column("photos"))
        self._business_photos = integers(column("photos").values)

    @cached_property
    def photo_ids(self) -> list[str]:
        """Name of each photo, by number."""
        return list(Strings(self._photos.column("id")))

    @cached_property
    def catalogue(self) -> tuple[str, ...]:
        """All photos, sorted by id."""
        return tuple([self.photo_ids[i] for i in integers(self._photos.column("by_id"))])

    def photos_of(self, business: int) -> list[str]:
        """Photos of a business in all splits, distinct, in order of first appearance."""
        ids, numbers = self.photo_ids, self._business_photos
        return [ids[numbers[i]] for i in self._photo_spans.span(business)]

    def locations(self) -> dict[str, str | None]:
        """Relative path of each photo, where the file gives one; sorted by id."""
        paths = self._photos.column("location").to_pylist()
        by_number = dict(zip(self.photo_ids, paths, strict=True))
        return {one: by_number[one] for one in self.catalogue}
