"""Photos and their features, each photo decoded and encoded once per encoder."""

from __future__ import annotations

import json
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.encoders.base import ImageEncoder
from showcase_bench.encoders.checked import checked_vectors
from showcase_bench.encoders.names import EncoderShelf
from showcase_bench.encoders.text_store import TextStore
from showcase_bench.errors import ContractError, ImageError
from showcase_bench.pool import map_in_processes
from showcase_bench.types import ImageSource, Progress, TextEmbeddings
from showcase_bench.vectors import VectorTable, text_key

__all__ = ["FeatureStore"]

Pixels = NDArray[np.uint8]

_BATCH_PHOTOS = 64
_BATCH_BYTES = 64 << 20
_SHARD_PHOTOS = 16_384
_MOST_WORKERS = 4
_PHOTOS_WORTH_PROCESSES = 512
_PHOTOS_AT_ONCE = 16


class FeatureStore:
    """The :class:`~showcase_bench.types.ImageStore` that models and metrics are given.

    Features stay in memory, and on disk under ``cache_dir/features/<hash of the source's key and
    the encoder's signature>`` in the precision that the encoder asks for, so that a later process
    finds them and maps them. Damaged files there are passed over and their photos encoded again;
    several processes may share the folder. An interrupted run keeps what it encoded. May be used
    from several threads.

    Parameters
    ----------
    source
        Where the photos come from; its ``load`` is called from several threads at once. One
        that has a true ``is_computed`` draws its photos with Python rather than decode them, so
        that threads do not help; it can be pickled.
    cache_dir
        Folder that caches are kept in; None keeps features in memory only.
    progress
        Shows a bar while photos are encoded.
    encoders
        Where encoders come from, so that stores share them; None makes a shelf of its own.
    texts
        Where features of texts come from; None makes a store of its own.
    """

    def __init__(
        self,
        source: ImageSource,
        cache_dir: Path | None,
        progress: Progress,
        encoders: EncoderShelf | None = None,
        texts: TextEmbeddings | None = None,
    ) -> None:
        self._source = source
        self._cache_dir = cache_dir
        self._progress = progress
        self._shelf = EncoderShelf() if encoders is None else encoders
        self._texts = texts or TextStore(cache_dir, progress, self._shelf)
        self._tables: dict[str, VectorTable] = {}
        self._unreadable: dict[str, str] = {}
        self._count = 0
        self._lock = threading.RLock()

    @property
    def key(self) -> str:
        """Identity of the photos' content."""
        return self._source.key

    @property
    def unreadable(self) -> Mapping[str, str]:
        """Why each photo that was asked features of and cannot be read is so, by image id."""
        with self._lock:
            return dict(sorted(self._unreadable.items()))

    @property
    def encoded(self) -> int:
        """How many photos this store had to encode so far, once for each encoder."""
        return self._count

    def load(self, image_id: str) -> Pixels:
        """RGB pixels, uint8 of shape [height, width, 3]; decoded at every call.

        Raises
        ------
        ImageError
            The photo is missing, broken, too large, or the id is unknown.
        """
        return self._source.load(image_id)

    def features(self, image_ids: Sequence[str], encoder: str) -> NDArray[np.float32]:
        """L2-normalised features, float32 of shape [len(image_ids), d]; a copy.

        Ids may repeat. A photo that cannot be read has a row of zeros and an entry in
        :attr:`unreadable`.

        Raises
        ------
        RegistryError, MissingDependencyError
            The encoder is unknown or cannot be used.
        ContractError
            The encoder or the source of the photos returned something unusable.
        StoreError
            The cache folder cannot be written.
        """
        with self._lock:
            table = self._complete(image_ids, encoder)
            return table.gather(image_ids)

    def text_features(self, texts: Sequence[str], encoder: str) -> NDArray[np.float32]:
        """L2-normalised vectors of texts, float32 of shape [len(texts), d]; a copy.

        Raises what :meth:`~showcase_bench.encoders.text_store.TextStore.vectors` raises.
        """
        return self._texts.vectors(texts, encoder)

    def prefetch(self, image_ids: Sequence[str], encoder: str, processes: int = 1) -> None:
        """Encode the photos that have no features yet; :meth:`features` then only looks them up.

        With more than one of ``processes``, many photos that are computed are so in as many
        others.

        Raises what :meth:`features` raises; StoreError also where a process was killed.
        """
        with self._lock:
            self._complete(image_ids, encoder, processes)

    def _complete(self, image_ids: Sequence[str], name: str, processes: int = 1) -> VectorTable:
        encoder = self._shelf.get(name, ImageEncoder)
        if encoder.signature not in self._tables:
            self._tables[encoder.signature] = self._open(encoder)
        table = self._tables[encoder.signature]
        missing = table.missing(image_ids)
        if missing:
            self._encode(missing, encoder, table, processes)
        self._unreadable |= {one: table.notes[one] for one in image_ids if one in table.notes}
        return table

    def _open(self, encoder: ImageEncoder) -> VectorTable:
        folder = None
        if self._cache_dir is not None:
            content = json.dumps([self._source.key, encoder.signature])
            folder = self._cache_dir / "features" / text_key(content)
        return VectorTable(folder, encoder.stored_as, encoder.dim)

    def _encode(
        self, image_ids: Sequence[str], encoder: ImageEncoder, table: VectorTable, processes: int
    ) -> None:
        apart = processes > 1 and getattr(self._source, "is_computed", False)
        if apart and len(image_ids) >= _PHOTOS_WORTH_PROCESSES:
            photos = _load_in_processes(self._source, image_ids, processes)
        else:
            photos = _load_ahead(self._source, image_ids)
        loaded = self._progress.track(photos, label="Encoding photos", total=len(image_ids))
        pending: list[_Part] = []
        try:
            for batch in _batches(zip(image_ids, loaded, strict=True)):
                part = _encode_batch(encoder, batch)
                pending.append(part)
                self._count += len(part.ids) - len(part.unreadable)
                if sum(len(one.ids) for one in pending) >= _SHARD_PHOTOS:
                    _keep(table, pending)
        finally:  # also of an interrupted run
            _keep(table, pending)


class _Part(NamedTuple):
    """Features of a batch, rows of zeros for unreadable photos."""

    ids: list[str]
    features: NDArray[np.float32]
    unreadable: dict[str, str]
    """Why."""


def _keep(table: VectorTable, pending: list[_Part]) -> None:
    """Move all parts into the table."""
    parts, pending[:] = list(pending), []
    if parts:
        table.add(
            [image_id for part in parts for image_id in part.ids],
            np.concatenate([part.features for part in parts]),
            notes={one: reason for part in parts for one, reason in part.unreadable.items()},
        )


def _load(source: ImageSource, image_id: str) -> Pixels | ImageError:
    try:
        return source.load(image_id)
    except ImageError as error:
        return error


def _load_ahead(source: ImageSource, image_ids: Sequence[str]) -> Iterator[Pixels | ImageError]:
    """Load photos in order, a few ahead of the reader in other threads."""
    workers = min(_MOST_WORKERS, os.cpu_count() or 1)
    waiting: deque[Future[Pixels | ImageError]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for image_id in image_ids:
            waiting.append(pool.submit(_load, source, image_id))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _load_in_processes(
    source: ImageSource, image_ids: Sequence[str], processes: int
) -> Iterator[Pixels | ImageError]:
    """Load photos in order, a few ahead of the reader in other processes."""
    parts = (
        image_ids[start : start + _PHOTOS_AT_ONCE]
        for start in range(0, len(image_ids), _PHOTOS_AT_ONCE)
    )
    loaded = map_in_processes(
        _load_part, parts, processes, initializer=_take_source, initargs=(source,)
    )
    return chain.from_iterable(loaded)


_taken: list[ImageSource] = []
"""The source of a process that only loads photos; empty elsewhere."""


def _take_source(source: ImageSource) -> None:
    _taken[:] = [source]


def _load_part(image_ids: Sequence[str]) -> list[Pixels | ImageError]:
    return [_load(_taken[0], image_id) for image_id in image_ids]


def _batches(
    loaded: Iterable[tuple[str, Pixels | ImageError]],
) -> Iterator[list[tuple[str, Pixels | ImageError]]]:
    """Cut into lists that are bounded in photos and in bytes."""
    batch: list[tuple[str, Pixels | ImageError]] = []
    size = 0
    for image_id, one in loaded:
        batch.append((image_id, one))
        size += 0 if isinstance(one, ImageError) else one.nbytes
        if len(batch) == _BATCH_PHOTOS or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _encode_batch(encoder: ImageEncoder, batch: Sequence[tuple[str, Pixels | ImageError]]) -> _Part:
    unreadable: dict[str, str] = {}
    pixels: dict[int, Pixels] = {}
    for position, (image_id, one) in enumerate(batch):
        if isinstance(one, ImageError):
            unreadable[image_id] = one.reason
        elif one.ndim != 3 or one.shape[2] != 3 or one.dtype != np.uint8 or not one.size:
            raise ContractError(
                f"image {image_id}: its source gave {one.dtype} {list(one.shape)}; "
                "load() must return uint8 [height, width, 3] or raise ImageError"
            )
        else:
            pixels[position] = one
    features = np.zeros((len(batch), encoder.dim), dtype=np.float32)
    if pixels:
        found = encoder.encode_images(list(pixels.values()))
        features[list(pixels)] = checked_vectors(
            found, len(pixels), encoder.dim, encoder, "encode_images"
        )
    return _Part([image_id for image_id, _ in batch], features, unreadable)
