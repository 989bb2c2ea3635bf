"""What encoders returned, held against their contract before it is used or kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from showcase_bench.encoders.base import Encoder
from showcase_bench.errors import ContractError
from showcase_bench.types import TokenVectors

__all__ = ["checked_counts", "checked_offsets", "checked_tokens", "checked_vectors"]

_TOLERANCE = 2e-3


def checked_vectors(
    found: object, n: int, dim: int | None, encoder: Encoder, method: str
) -> NDArray[np.float32]:
    """Pass on vectors of shape [n, dim] and of length 1, as float32.

    Parameters
    ----------
    found
        What ``method`` of ``encoder`` returned.
    dim
        None where any length of a vector will do.

    Raises
    ------
    ContractError
        Another shape, numbers that are not floats or not finite, or rows of another length; the
        message names the encoder.
    """
    vectors = np.asarray(found)
    fits = vectors.ndim == 2 and vectors.dtype.kind == "f" and len(vectors) == n
    if not fits or (dim is not None and vectors.shape[1] != dim):
        raise ContractError(
            f"encoder {encoder.signature}: {method}() returned {vectors.dtype} of shape "
            f"{list(vectors.shape)} instead of floats of shape [{n}, {'d' if dim is None else dim}]"
        )
    rows = vectors.astype(np.float32, copy=False)
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.einsum("ij,ij->i", rows, rows)
    if not np.allclose(squares, 1, rtol=0, atol=_TOLERANCE):  # also refuses NaN and infinity
        raise ContractError(
            f"encoder {encoder.signature}: {method}() returned vectors that are not of length 1; "
            "it must L2-normalise its rows"
        )
    return rows


def checked_tokens(found: TokenVectors, n: int, dim: int | None, encoder: Encoder) -> TokenVectors:
    """Pass on the tokens of ``n`` texts; raises as :func:`checked_vectors`."""
    ids, vectors, offsets = found
    spans = checked_offsets(offsets, len(ids), n, encoder, "encode_tokens")
    rows = checked_vectors(vectors, len(ids), dim, encoder, "encode_tokens")
    return TokenVectors(np.asarray(ids, dtype=np.int64), rows, spans)


def checked_offsets(
    found: object, total: int, n: int, encoder: Encoder, method: str
) -> NDArray[np.int64]:
    """Pass on offsets that divide ``total`` tokens among ``n`` texts; int64 of shape [n + 1].

    Raises
    ------
    ContractError
        They do not.
    """
    offsets = np.asarray(found)
    fits = offsets.shape == (n + 1,) and offsets.dtype.kind in "iu"
    if not fits or offsets[0] != 0 or offsets[-1] != total or (np.diff(offsets) < 0).any():
        raise ContractError(
            f"encoder {encoder.signature}: the offsets that {method}() returned do not divide "
            f"{total} tokens among {n} texts; they must rise from 0 to {total} in {n} steps"
        )
    return offsets.astype(np.int64)


def checked_counts(found: object, n: int, encoder: Encoder) -> NDArray[np.int64]:
    """Pass on numbers of tokens, int64 of shape [n].

    Raises
    ------
    ContractError
        Another shape, or not whole numbers from 0 up.
    """
    counts = np.asarray(found)
    if counts.shape != (n,) or counts.dtype.kind not in "iu" or (counts < 0).any():
        raise ContractError(
            f"encoder {encoder.signature}: token_counts() returned {counts.dtype} of shape "
            f"{list(counts.shape)} instead of whole numbers from 0 up of shape [{n}]"
        )
    return counts.astype(np.int64)
