"""Tokens kept on disk between processes, keyed by the texts that they were made from."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from showcase_bench.files import replace_file
from showcase_bench.metrics.text.encoded import Encoded, encode
from showcase_bench.metrics.text.tokenizers import Tokenizer

__all__ = ["tokenize_cached"]

_FORMAT = 1
"""Raised by every change to the files or to what a tokenizer gives."""
_LEAST = 1000
"""Fewer texts are tokenised sooner than looked up."""
_DIGEST = hashlib.sha256().digest_size


def tokenize_cached(
    texts: Sequence[str], tokenizer: str, tokenize: Tokenizer, folder: Path | None
) -> Encoded:
    """Tokens of each text under the tokenizer of this name, from ``folder`` or made and kept.

    A file that cannot be read, or is not byte for byte what was kept for these texts, is made
    again; a folder that cannot be written to, or is None, is done without.
    """
    if folder is None or len(texts) < _LEAST:
        return encode(tokenize(texts))
    key = _key(texts, tokenizer)
    path = folder / "tokens" / key
    kept = _read(path, key)
    if kept is None:
        kept = encode(tokenize(texts))
        packed = _packed(kept)
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, _seal(key, packed) + packed)
    return kept


def _key(texts: Sequence[str], tokenizer: str) -> str:
    digest = hashlib.sha256(f"{_FORMAT} {tokenizer} {len(texts)}\n".encode())
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.hexdigest()


def _packed(made: Encoded) -> bytes:
    words = [word.encode("utf-8", "surrogatepass") for word in made.words]
    file = io.BytesIO()
    np.savez(
        file,
        ids=made.ids,
        lengths=made.lengths,
        widths=np.fromiter(map(len, words), dtype=np.int32, count=len(words)),
        words=np.frombuffer(b"".join(words), dtype=np.uint8),
    )
    return file.getvalue()


def _seal(key: str, packed: bytes) -> bytes:
    """What stands before the arrays of a file and tells it from a damaged or misplaced one."""
    return hashlib.sha256(key.encode() + packed).digest()


def _read(path: Path, key: str) -> Encoded | None:
    try:
        data = path.read_bytes()
    except OSError:
        return None
    packed = data[_DIGEST:]
    if data[:_DIGEST] != _seal(key, packed):
        return None
    with np.load(io.BytesIO(packed), allow_pickle=False) as file:
        ids, lengths, widths = file["ids"], file["lengths"], file["widths"]
        joined = file["words"].tobytes()
    ends = np.cumsum(widths).tolist()
    words = [
        joined[end - width : end].decode("utf-8", "surrogatepass")
        for end, width in zip(ends, widths.tolist(), strict=True)
    ]
    return Encoded(ids, lengths, words)
