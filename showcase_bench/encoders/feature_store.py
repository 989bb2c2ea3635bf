"""Photos and their features, each photo decoded and encoded once per encoder."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from showcase_bench.encoders import get_encoder
from showcase_bench.encoders.base import ImageEncoder
from showcase_bench.encoders.shards import Shard, read_shards, write_shard
from showcase_bench.errors import ContractError, ImageError, StoreError
from showcase_bench.types import ImageSource, Progress

__all__ = ["FeatureStore"]

Pixels = NDArray[np.uint8]

_BATCH_PHOTOS = 64
_BATCH_BYTES = 64 << 20
_SHARD_PHOTOS = 16_384
_MOST_WORKERS = 4


class FeatureStore:
    """The :class:`~showcase_bench.types.ImageStore` that models and metrics are given.

    Features stay in memory, and on disk under ``cache_dir/features/<hash of the source's key and
    the encoder's signature>``, so that a later process finds them. Damaged files there are passed
    over and their photos encoded again; several processes may share the folder. May be used from
    several threads.

    Parameters
    ----------
    source
        Where the photos come from; its ``load`` is called from several threads at once.
    cache_dir
        Folder that caches are kept in; None keeps features in memory only.
    progress
        Shows a bar while photos are encoded.
    """

    def __init__(self, source: ImageSource, cache_dir: Path | None, progress: Progress) -> None:
        self._source = source
        self._cache_dir = cache_dir
        self._progress = progress
        self._tables: dict[str, _Table] = {}
        self._unreadable: dict[str, str] = {}
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

    def prefetch(self, image_ids: Sequence[str], encoder: str) -> None:
        """Encode the photos that have no features yet; :meth:`features` then only looks them up.

        Raises what :meth:`features` raises.
        """
        with self._lock:
            self._complete(image_ids, encoder)

    def _complete(self, image_ids: Sequence[str], encoder: str) -> _Table:
        if encoder not in self._tables:
            self._tables[encoder] = self._open(encoder)
        table = self._tables[encoder]
        missing = [one for one in dict.fromkeys(image_ids) if one not in table.rows]
        if missing:
            self._encode(missing, table)
        for one in image_ids:
            if one in table.unreadable:
                self._unreadable[one] = table.unreadable[one]
        return table

    def _open(self, name: str) -> _Table:
        encoder = get_encoder(name)
        folder = None
        if self._cache_dir is not None:
            identity = json.dumps([self._source.key, encoder.signature]).encode()
            folder = self._cache_dir / "features" / hashlib.sha256(identity).hexdigest()[:32]
        table = _Table(encoder, folder)
        for shard in read_shards(folder, encoder.dim) if folder is not None else ():
            table.add(shard)
        return table

    def _encode(self, image_ids: Sequence[str], table: _Table) -> None:
        loaded = self._progress.track(
            _load_ahead(self._source, image_ids), label="Encoding photos", total=len(image_ids)
        )
        encoded: list[Shard] = []
        for batch in _batches(zip(image_ids, loaded, strict=True)):
            encoded.append(_encode_batch(table.encoder, batch))
            if sum(len(one.ids) for one in encoded) >= _SHARD_PHOTOS:
                _keep(table, encoded)
                encoded = []
        if encoded:
            _keep(table, encoded)


class _Table:
    """Features of one encoder; rows are only ever added."""

    def __init__(self, encoder: ImageEncoder, folder: Path | None) -> None:
        self.encoder = encoder
        self.folder = folder
        self.rows: dict[str, int] = {}
        self.unreadable: dict[str, str] = {}
        self._matrix = np.zeros((0, encoder.dim), dtype=np.float32)

    def add(self, shard: Shard) -> None:
        """Append the rows whose id is new."""
        new = [i for i, one in enumerate(shard.ids) if one not in self.rows]
        start, end = len(self.rows), len(self.rows) + len(new)
        if end > len(self._matrix):
            grown = np.zeros((max(end, len(self._matrix) * 2), self.encoder.dim), np.float32)
            grown[:start] = self._matrix[:start]
            self._matrix = grown
        self._matrix[start:end] = shard.features[new]
        for i in new:
            image_id = shard.ids[i]
            self.rows[image_id] = len(self.rows)
            if image_id in shard.unreadable:
                self.unreadable[image_id] = shard.unreadable[image_id]

    def gather(self, image_ids: Sequence[str]) -> NDArray[np.float32]:
        """Copy the rows of ``image_ids``."""
        return self._matrix[np.array([self.rows[one] for one in image_ids], dtype=np.int64)]


def _load_ahead(source: ImageSource, image_ids: Sequence[str]) -> Iterator[Pixels | ImageError]:
    """Load photos in order, a few ahead of the reader in other threads."""

    def load(image_id: str) -> Pixels | ImageError:
        try:
            return source.load(image_id)
        except ImageError as error:
            return error

    workers = min(_MOST_WORKERS, os.cpu_count() or 1)
    waiting: deque[Future[Pixels | ImageError]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for image_id in image_ids:
            waiting.append(pool.submit(load, image_id))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


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


def _encode_batch(encoder: ImageEncoder, batch: Sequence[tuple[str, Pixels | ImageError]]) -> Shard:
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
        features[list(pixels)] = _checked(encoder, list(pixels.values()))
    return Shard([image_id for image_id, _ in batch], features, unreadable)


def _checked(encoder: ImageEncoder, pixels: Sequence[Pixels]) -> NDArray[np.float32]:
    features = np.asarray(encoder.encode(pixels))
    expected = (len(pixels), encoder.dim)
    if features.shape != expected:
        raise ContractError(
            f"encoder {encoder.signature} returned shape {features.shape} instead of {expected}"
        )
    lengths = np.linalg.norm(features.astype(np.float64), axis=1)
    if not np.allclose(lengths, 1, atol=1e-3):  # also refuses NaN and infinity
        raise ContractError(
            f"encoder {encoder.signature} returned vectors that are not of length 1; "
            "encode() must L2-normalise its rows"
        )
    return features.astype(np.float32)


def _keep(table: _Table, encoded: Sequence[Shard]) -> None:
    """Add to the table, and to the disk as one shard."""
    shard = Shard(
        [image_id for one in encoded for image_id in one.ids],
        np.concatenate([one.features for one in encoded]),
        {image_id: reason for one in encoded for image_id, reason in one.unreadable.items()},
    )
    table.add(shard)
    if table.folder is None:
        return
    try:
        write_shard(table.folder, shard)
    except OSError as error:
        raise StoreError(
            f"cannot write photo features into {table.folder}: {error}. "
            "Make room or give another cache folder."
        ) from error
