"""Texts into token numbers with a tokeniser of the package tokenizers; needs no torch."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from showcase_bench.encoders.hf_folder import ModelFolder
from showcase_bench.encoders.torch_tools import import_extra
from showcase_bench.errors import UsageError

__all__ = ["TokenRows"]

_CHUNK = 1024


class TokenRows:
    """Tokenises texts, white space around them taken off first. Thread-safe.

    Parameters
    ----------
    folder
        Where the tokeniser is. Its ``tokenizer.json`` is read; a folder without one has its older
        files converted by transformers.
    encoder
        For messages.

    Raises
    ------
    UsageError
        The folder's tokeniser cannot be read.
    MissingDependencyError
        The package tokenizers (or transformers, where it has to convert) is not installed.
    """

    def __init__(self, folder: ModelFolder, encoder: str) -> None:
        self._tokenizer = _read(folder, encoder)
        self._tokenizer.no_padding()
        self._lock = threading.Lock()

    def counts(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Tokens of each text before any cut, special tokens included; int64 of shape [n]."""
        with self._lock:
            self._tokenizer.no_truncation()
            return np.array([len(row) for row in self._rows(texts)], dtype=np.int64)

    def rows(self, texts: Sequence[str], most: int) -> list[list[int]]:
        """Token numbers of each text, special tokens included, cut to at most ``most``."""
        with self._lock:
            self._tokenizer.enable_truncation(most)
            return self._rows(texts)

    def _rows(self, texts: Sequence[str]) -> list[list[int]]:
        rows: list[list[int]] = []
        for start in range(0, len(texts), _CHUNK):
            # Lone surrogates are no text in UTF-8, which the tokeniser takes.
            chunk = [_valid(text).strip() for text in texts[start : start + _CHUNK]]
            rows += [one.ids for one in self._tokenizer.encode_batch_fast(chunk)]
        return rows


def _valid(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _read(folder: ModelFolder, encoder: str) -> Any:
    if folder.tokenizer is None:
        return _convert(folder, encoder)
    tokenizers = import_extra("tokenizers", encoder)
    try:
        return tokenizers.Tokenizer.from_file(str(folder.tokenizer))
    except Exception as error:  # the package raises plain Exception
        raise UsageError(f"{folder.tokenizer}: not a tokeniser: {error}") from error


def _convert(folder: ModelFolder, encoder: str) -> Any:
    transformers = import_extra("transformers", encoder)
    try:
        made = transformers.AutoTokenizer.from_pretrained(
            str(folder.path), local_files_only=True, trust_remote_code=False
        )
        return made.backend_tokenizer
    except (OSError, ValueError, AttributeError, ImportError) as error:
        raise UsageError(
            f"{folder.path}: has no tokenizer.json, and its other files give no tokeniser "
            f"({' '.join(str(error).split())[:200]})"
        ) from error
