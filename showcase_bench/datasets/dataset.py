"""Data sets: a file, its photos, and its splits as sequences of examples."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import overload

from showcase_bench.datasets.examples import ExampleBuilder
from showcase_bench.datasets.images.folder import FolderImages
from showcase_bench.datasets.json_rows import SPLITS
from showcase_bench.datasets.policy import SplitPolicy
from showcase_bench.datasets.prepare import FileCounts
from showcase_bench.datasets.prepared import Prepared, file_sha256, find_or_prepare
from showcase_bench.datasets.tables import Tables
from showcase_bench.errors import UsageError
from showcase_bench.types import Example, ImageSource, ImageStore, NoProgress, Progress, Query

__all__ = ["Dataset", "DatasetSplit", "load_dataset"]

_NO_PROGRESS = NoProgress()


def load_dataset(
    path: Path,
    *,
    cache_dir: Path,
    images: ImageSource | None = None,
    images_root: Path | None = None,
    name: str | None = None,
    progress: Progress = _NO_PROGRESS,
) -> Dataset:
    """Read a GEST-shaped JSON file.

    The file is hashed each time; the first time it is also prepared under ``cache_dir``, and
    from then on mapped into memory from there.

    Parameters
    ----------
    path
        One JSON object ``{"train": [...], "val": [...], "test": [...]}``; a missing split is
        empty.
    cache_dir
        Where prepared columns are kept, by content of the file.
    images
        Where the photos come from; by default :class:`FolderImages` on ``images_root``.
    images_root
        Folder of the photos; by default the folder of the file.
    name
        Name of the data set; by default the file's name without its last suffix.
    progress
        Shown while the file is prepared.

    Raises
    ------
    DataError
        The file is missing, unreadable or breaks the format, or all its splits are empty.
    UsageError
        Both ``images`` and ``images_root`` are given, ``images_root`` is not a folder, or
        ``cache_dir`` cannot be written.
    """
    path, cache_dir = Path(path), Path(cache_dir)
    root = path.parent if images_root is None else Path(images_root)
    if images is not None and images_root is not None:
        raise UsageError("give either images or images_root, not both")
    if images_root is not None and not root.is_dir():
        raise UsageError(f"the folder of photos {images_root} does not exist or is not a folder")
    revision = file_sha256(path)
    prepared = find_or_prepare(path, revision, cache_dir, progress)
    return Dataset(path, path.stem if name is None else name, revision, prepared, images, root)


class Dataset:
    """A prepared data set; made by :func:`load_dataset`."""

    def __init__(
        self,
        path: Path,
        name: str,
        revision: str,
        prepared: Prepared,
        images: ImageSource | None,
        images_root: Path,
    ) -> None:
        self.path = path
        self.name = name
        self.revision = revision
        """SHA-256 of the file, in hexadecimal."""
        self.tables = Tables(prepared)
        """The columns; for this package's own use."""
        self._images = images
        self._images_root = images_root

    @property
    def split_names(self) -> tuple[str, ...]:
        """``train``, ``val`` and ``test``; one that the file lacks is empty."""
        return SPLITS

    @property
    def counts(self) -> FileCounts:
        """What preparation counted, per split and, under ``file``, for the whole.

        Imperfections are counted before duplicate rows are dropped. A name is left out where
        nothing was counted.
        """
        return self.tables.counts

    @cached_property
    def images(self) -> ImageSource:
        """Where the photos come from."""
        if self._images is not None:
            return self._images
        return FolderImages(self._images_root, self.tables.locations())

    def image_ids(self) -> tuple[str, ...]:
        """All photos of all splits, distinct and sorted."""
        return self.tables.catalogue

    def examples(self, name: str, policy: SplitPolicy) -> ExampleBuilder:
        """Build examples of a split without photos; :meth:`split` is what models are given.

        Raises
        ------
        UsageError
            There is no split of this name.
        """
        if name not in SPLITS:
            raise UsageError(
                f"{self.name} has no split {name!r}; its splits are {', '.join(SPLITS)}"
            )
        return ExampleBuilder(self.tables, name, policy)

    def split(self, name: str, policy: SplitPolicy, images: ImageStore) -> DatasetSplit:
        """Examples of one split under a policy.

        Parameters
        ----------
        name
            One of :attr:`split_names`.
        policy
            How rows become examples.
        images
            Handed on to models as the photos of the split.

        Raises
        ------
        UsageError
            There is no split of this name.
        """
        return DatasetSplit(self.examples(name, policy), images)


class DatasetSplit(Sequence[Example]):
    """The examples of one split, built as they are asked for; see ``Split`` for the protocol."""

    def __init__(self, builder: ExampleBuilder, images: ImageStore) -> None:
        self._builder = builder
        self._images = images

    @property
    def name(self) -> str:
        """Name of the split."""
        return self._builder.split

    @property
    def images(self) -> ImageStore:
        """The photos of the data set."""
        return self._images

    @property
    def rows(self) -> ExampleBuilder:
        """The same examples, piece by piece."""
        return self._builder

    def __len__(self) -> int:
        return len(self._builder)

    def __iter__(self) -> Iterator[Example]:
        for i in range(len(self)):
            yield self._builder.example(i)

    @overload
    def __getitem__(self, index: int) -> Example: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Example, ...]: ...
    def __getitem__(self, index: int | slice) -> Example | tuple[Example, ...]:
        if isinstance(index, slice):
            return tuple([self._builder.example(i) for i in range(len(self))[index]])
        try:
            place = range(len(self))[operator.index(index)]
        except IndexError:
            raise IndexError(
                f"{self.name} has {len(self)} examples; there is no number {index}"
            ) from None
        return self._builder.example(place)

    def queries(self) -> tuple[Query, ...]:
        """All that a model may see, in order: plain values without a way back to the data."""
        return tuple([self._builder.query(i) for i in range(len(self))])

    def ids(self) -> tuple[str, ...]:
        """Ids of all examples, in order; no example is built."""
        return self._builder.ids()

    def candidates(self, i: int) -> tuple[str, ...]:
        """The photos of the pool of example ``i``, from 0 on, in any order."""
        return self._builder.candidates(i)

    def examples(self) -> tuple[Example, ...]:
        """All examples, in order."""
        return tuple(self)
