"""The paraphrase table as arrays: a tree of phrases, and the paraphrases of each."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import MissingDependencyError
from showcase_bench.metrics.ngram.meteor.tree import MOST_WORDS, add_phrases, empty_tree
from showcase_bench.types import Progress

__all__ = ["build_paraphrases"]

Ints = NDArray[np.int32]
Arrays = dict[str, NDArray[Any]]

_BLOCK = 1 << 20


class _Numbers(dict[bytes, int]):
    def __missing__(self, key: bytes) -> int:
        self[key] = len(self)
        return self[key]


def build_paraphrases(path: Path, progress: Progress) -> Arrays:
    """Compile METEOR's paraphrase table.

    Parameters
    ----------
    path
        Compressed text; three lines an entry: probability, phrase, its paraphrase.
    progress
        Shows how far it is.

    Returns
    -------
    dict
        ``words``: UTF-8 bytes of the words, one a line, whose numbers are their lines. The tree:
        node 0 is the empty phrase; the edges of node v are ``first[v]`` to ``first[v + 1]``, each
        with its ``edge_word``, ascending within a node, and the ``edge_node`` that it leads to.
        The paraphrases of the phrase that ends at node v are the nodes
        ``target[start[v] : start[v + 1]]``, in the table's order.

    Raises
    ------
    MissingDependencyError
        The file is damaged.
    """
    words = _Numbers()
    tree = empty_tree()
    parts = []
    blocks = progress.track(
        _phrases(path), label="Compiling METEOR's tables, once", total=_block_count(path)
    )
    for text in blocks:
        tokens = text.split()
        numbers = np.fromiter(map(words.__getitem__, tokens), dtype=np.int32, count=len(tokens))
        tree, nodes = add_phrases(tree, numbers, _is_last(text, len(tokens), path))
        parts.append(nodes)
    edge_key = tree.edge_key[: tree.size - 1]
    del tree, tokens, text
    arrays = _edges(edge_key)
    sources, targets = (np.concatenate([part[side::2] for part in parts]) for side in (0, 1))
    parts.clear()
    arrays |= _lists(sources, targets, len(arrays["first"]) - 1)
    arrays["words"] = np.frombuffer(b"\n".join(words), dtype=np.uint8)
    return arrays


def _block_count(path: Path) -> int | None:
    """Blocks of the unpacked file, whose size a gzip file ends with; None for a damaged one."""
    try:
        with path.open("rb") as file:
            file.seek(-4, os.SEEK_END)
            size = int.from_bytes(file.read(), "little")
    except OSError:
        return None
    return size // _BLOCK + 1


def _phrases(path: Path) -> Iterator[bytes]:
    """Blocks of lines without those of the probabilities."""
    rest = b""
    try:
        with gzip.open(path) as file:
            while block := file.read(_BLOCK):
                lines = (rest + block).split(b"\n")
                whole = (len(lines) - 1) // 3 * 3
                rest = b"\n".join(lines[whole:])
                del lines[whole:]
                del lines[::3]
                yield b"\n".join([*lines, b""])
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(path, str(error)) from error


def _is_last(text: bytes, count: int, path: Path) -> NDArray[np.bool_]:
    """Which words of the lines are the last of their line."""
    signs = np.frombuffer(text, dtype=np.uint8)
    signs = signs[(signs == ord(" ")) | (signs == ord("\n"))]
    if len(signs) != count:
        raise _damaged(path, "words are not separated by single spaces")
    result: NDArray[np.bool_] = signs == ord("\n")
    return result


def _edges(edge_key: NDArray[np.int64]) -> Arrays:
    order = np.argsort(edge_key).astype(np.int32)
    edge_key = edge_key[order]
    return {
        "first": _starts(edge_key // MOST_WORDS, len(edge_key) + 1),
        "edge_word": (edge_key % MOST_WORDS).astype(np.int32),
        "edge_node": order + np.int32(1),
    }


def _lists(sources: Ints, targets: Ints, n_nodes: int) -> Arrays:
    order = np.argsort(sources, kind="stable")
    return {"start": _starts(sources, n_nodes), "target": targets[order]}


def _starts(values: NDArray[Any], size: int) -> Ints:
    """Where each value from 0 to ``size`` - 1 would start if they were sorted, and the end."""
    counts = np.bincount(values, minlength=size)
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)


def _damaged(path: Path, why: str) -> MissingDependencyError:
    return MissingDependencyError(
        f"{path} is damaged ({why}): pip install --force-reinstall pycocoevalcap"
    )
