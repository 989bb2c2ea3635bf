"""Embeddings of texts, each distinct text encoded once per encoder."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from showcase_bench.encoders.base import Dtype, TextEncoder, TokenEncoder
from showcase_bench.encoders.checked import (
    checked_counts,
    checked_offsets,
    checked_tokens,
    checked_vectors,
)
from showcase_bench.encoders.names import EncoderShelf
from showcase_bench.errors import ContractError
from showcase_bench.types import Precision, Progress, TokenVectors
from showcase_bench.vectors import VectorTable, text_key

__all__ = ["TextStore"]

_CHUNK_TEXTS = 1_024

_Add = Callable[[list[str], list[str]], None]


class TextStore:
    """The :class:`~showcase_bench.types.TextEmbeddings` that metrics are given.

    Vectors stay in memory, or on disk below ``cache_dir``, so that a later process finds them and
    loads no weights: ``texts`` holds one vector a text, ``token-counts`` the number of its tokens,
    ``tokens-<precision>`` the vectors of its tokens; in each a folder for every encoder, named
    after its signature. Damaged files there are passed over and their texts encoded again; several
    processes may share the folder. An interrupted run keeps the chunks that were finished. May be
    used from several threads.

    Vectors come out as they are kept: rounded to float16 where the encoder is declared so, at the
    first call as at later ones.

    Parameters
    ----------
    cache_dir
        Folder that caches are kept in; None keeps embeddings in memory only.
    progress
        Shows a bar while texts are encoded.
    encoders
        Where encoders come from, so that stores share them; None makes a shelf of its own.
    """

    def __init__(
        self, cache_dir: Path | None, progress: Progress, encoders: EncoderShelf | None = None
    ) -> None:
        self._cache_dir = cache_dir
        self._progress = progress
        self._shelf = EncoderShelf() if encoders is None else encoders
        self._tables: dict[tuple[str, str], VectorTable] = {}
        self._count = 0
        self._lock = threading.RLock()

    @property
    def folder(self) -> Path | None:
        """``embeddings`` below the cache folder, for what is made from embeddings; or None."""
        return None if self._cache_dir is None else self._cache_dir / "embeddings"

    @property
    def encoded(self) -> int:
        """How many texts this store had to encode so far, for vectors or for token vectors."""
        return self._count

    def identify(self, encoder: str) -> str:
        """Name of an encoder with the start of the hash of its weights: ``minilm@53aa5117``.

        Raises
        ------
        RegistryError, MissingDependencyError
            The encoder is unknown or cannot be used.
        UsageError
            A hash is given already, and the weights here have another one.
        """
        return self._shelf.identify(encoder)

    def vectors(self, texts: Sequence[str], encoder: str) -> NDArray[np.float32]:
        """One L2-normalised vector a text, float32 of shape [len(texts), d]; a copy.

        Texts may repeat. Without texts ``d`` is 0 as long as none was ever encoded.

        Raises
        ------
        RegistryError, MissingDependencyError
            The encoder is unknown or cannot be used.
        UsageError
            The encoder does not encode texts.
        ContractError
            The encoder returned something unusable.
        StoreError
            The cache folder cannot be written.
        """
        made = self._shelf.get(encoder, TextEncoder)

        def add(keys: list[str], new: list[str]) -> None:
            found = made.encode_texts(new)
            self._count += len(new)
            table.add(keys, checked_vectors(found, len(new), table.dim, made, "encode_texts"))

        with self._lock:
            table = self._table("texts", made.signature, made.stored_as)
            keys = self._complete(table, texts, add, "Encoding texts")
            return table.gather(keys)

    def token_counts(self, texts: Sequence[str], encoder: str) -> NDArray[np.int64]:
        """Tokens of each text before any cut, special tokens included; int64 of shape [n].

        Exact up to 2**24 tokens. Raises what :meth:`vectors` raises.
        """
        made = self._shelf.get(encoder, TextEncoder)

        def add(keys: list[str], new: list[str]) -> None:
            counts = checked_counts(made.token_counts(new), len(new), made)
            table.add(keys, counts[:, None].astype(np.float32))

        with self._lock:
            table = self._table("token-counts", made.signature, "float32", 1)
            keys = self._complete(table, texts, add, "Counting tokens")
            return table.gather(keys)[:, 0].astype(np.int64)

    def most_tokens(self, encoder: str) -> int:
        """Tokens of a text that the encoder looks at; the rest is cut off."""
        return self._shelf.get(encoder, TextEncoder).most_tokens

    def default_layer(self, encoder: str) -> int:
        """Layer whose token vectors are used where none is named; 1 is the first."""
        return self._shelf.get(encoder, TokenEncoder).default_layer

    def token_ids(
        self, texts: Sequence[str], encoder: str
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Token numbers after the cut, special tokens included, and offsets [len(texts) + 1].

        Raises what :meth:`vectors` raises, but for StoreError: nothing is kept.
        """
        made = self._shelf.get(encoder, TokenEncoder)
        with self._lock:
            ids, offsets = made.token_ids(texts)
        numbers = np.asarray(ids, dtype=np.int64)
        return numbers, checked_offsets(offsets, len(numbers), len(texts), made, "token_ids")

    def token_vectors(
        self,
        texts: Sequence[str],
        encoder: str,
        layer: int,
        *,
        precision: Precision = "fp32",
        keep: bool = False,
    ) -> TokenVectors:
        """Contextual vectors of the tokens of each text at a layer; special tokens included.

        Parameters
        ----------
        texts
            May repeat; each distinct one is encoded once.
        layer
            1 is the first.
        precision
            Of the arithmetic inside the encoder.
        keep
            Store the vectors between processes, and look there first. Otherwise nothing is looked
            up or stored, and vectors are not rounded.

        Raises
        ------
        RegistryError, MissingDependencyError
            The encoder is unknown or cannot be used.
        UsageError
            The encoder does not give vectors of tokens, or has no such layer.
        ContractError
            The encoder returned something unusable, or its tokens are not those of its tokeniser.
        StoreError
            The cache folder cannot be written.
        """
        made = self._shelf.get(encoder, TokenEncoder)

        def add(keys: list[str], new: list[str]) -> None:
            found = made.encode_tokens(new, layer, precision)
            self._count += len(new)
            checked = checked_tokens(found, len(new), table.dim, made)
            table.add(keys, checked.vectors, np.diff(checked.offsets))

        with self._lock:
            table = VectorTable(None)
            if keep:
                content = json.dumps([made.signature, layer, precision])
                table = self._table(f"tokens-{precision}", content, made.stored_as)
            keys = self._complete(table, texts, add, "Encoding texts")
            vectors, offsets = table.gather_ragged(keys)
            ids, expected = self.token_ids(texts, encoder)
        if not np.array_equal(offsets, expected):
            raise ContractError(
                f"encoder {made.signature}: encode_tokens() gives another number of tokens than "
                "token_ids(); both must cut texts and add special tokens in the same way"
            )
        return TokenVectors(ids, vectors, offsets)

    def _table(self, kind: str, content: str, dtype: Dtype, dim: int | None = None) -> VectorTable:
        """Find or open the table of one kind of vectors; ``content`` is all that defines them."""
        if (kind, content) not in self._tables:
            folder = None if self._cache_dir is None else self._cache_dir / kind / text_key(content)
            self._tables[kind, content] = VectorTable(folder, dtype, dim)
        return self._tables[kind, content]

    def _complete(
        self, table: VectorTable, texts: Sequence[str], add: _Add, label: str
    ) -> list[str]:
        """Let ``add`` put into the table what it lacks, in chunks; give the key of each text."""
        keys = [text_key(text) for text in texts]
        by_key = dict(zip(keys, texts, strict=True))
        # Texts of like length together need little padding; the longest first, so that a lack of
        # memory shows at once.
        missing = sorted(table.missing(keys), key=lambda key: len(by_key[key]), reverse=True)

        def added() -> Iterator[str]:
            for start in range(0, len(missing), _CHUNK_TEXTS):
                chunk = missing[start : start + _CHUNK_TEXTS]
                add(chunk, [by_key[key] for key in chunk])
                yield from chunk

        if missing:
            for _ in self._progress.track(added(), label=label, total=len(missing)):
                pass
        return keys
