"""METEOR's tables, compiled once into a cache of arrays that later processes map into memory."""

from __future__ import annotations

import hashlib
import io
import json
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.files import new_folder
from showcase_bench.metrics.ngram.meteor.source import read_pairs, read_words, table_files
from showcase_bench.metrics.ngram.meteor.synonyms import Synonyms
from showcase_bench.types import NoProgress, Progress

__all__ = ["MeteorTables", "PhraseTree", "load_tables"]

_FORMAT = 2
"""Raised by every change to the arrays or to how they are made."""
_INDEX = "index.json"

Arrays = dict[str, NDArray[Any]]


class PhraseTree(NamedTuple):
    """Phrases of the paraphrase table; see :func:`build_paraphrases` for the arrays."""

    first: NDArray[np.int32]
    edge_word: NDArray[np.int32]
    edge_node: NDArray[np.int32]
    start: NDArray[np.int32]
    target: NDArray[np.int32]


class MeteorTables(NamedTuple):
    """All that METEOR knows of English words besides the stemmer."""

    words: dict[str, int]
    """Number of each word of the paraphrase table."""
    tree: PhraseTree
    synonyms: Synonyms
    function_words: frozenset[str]


def load_tables(cache: Path | None, progress: Progress | None = None) -> MeteorTables:
    """Read the tables of the installed pycocoevalcap.

    Parameters
    ----------
    cache
        Folder in which the compiled tables are kept, about 75 MB; what is damaged there is made
        anew, and a folder that cannot be written is done without. None keeps nothing: every call
        takes the seconds of the first.
    progress
        Shown while the tables are compiled.

    Raises
    ------
    MissingDependencyError
        pycocoevalcap is not installed, incomplete or damaged.
    """
    jar, table = table_files()
    digest = hashlib.sha256(f"{_FORMAT}\n".encode())
    for path in (jar, table):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    folder = None if cache is None else cache / f"meteor-{digest.hexdigest()[:32]}"
    arrays = None if folder is None else _read(folder)
    if arrays is None:
        arrays = _compile(jar, table, progress or NoProgress())
        if folder is not None:
            with suppress(OSError):
                _write(folder, arrays)
                arrays = _read(folder) or arrays
    return _tables(arrays)


def _compile(jar: Path, table: Path, progress: Progress) -> Arrays:
    # Compiled loops are imported only where they run.
    from showcase_bench.metrics.ngram.meteor.paraphrases import build_paraphrases

    arrays = build_paraphrases(table, progress)
    synsets = read_pairs(jar, "synonym/english.synsets")
    counts = [len(ids) for ids in synsets.values()]
    ids = (int(number) for numbers in synsets.values() for number in numbers)
    bases: dict[str, list[str]] = {}
    for base, forms in read_pairs(jar, "synonym/english.exceptions").items():
        for form in forms:
            bases.setdefault(form, []).append(base)
    arrays["synset_words"] = _packed(list(synsets))
    arrays["synset_start"] = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    arrays["synset_ids"] = np.fromiter(ids, dtype=np.int32, count=sum(counts))
    arrays["bases"] = _packed([" ".join([form, *bases[form]]) for form in bases])
    arrays["function_words"] = _packed(read_words(jar, "function/english.words"))
    return arrays


def _tables(arrays: Arrays) -> MeteorTables:
    bases = (line.split(" ") for line in _unpacked(arrays["bases"]))
    synonyms = Synonyms(
        rows=_numbered(arrays["synset_words"]),
        starts=arrays["synset_start"],
        sets=arrays["synset_ids"],
        bases={form: rest for form, *rest in bases},
    )
    tree = PhraseTree(*(np.asarray(arrays[name]) for name in PhraseTree._fields))
    function_words = frozenset(_unpacked(arrays["function_words"]))
    return MeteorTables(_numbered(arrays["words"]), tree, synonyms, function_words)


def _packed(lines: list[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(lines).encode("utf-8"), dtype=np.uint8)


def _unpacked(array: NDArray[Any]) -> list[str]:
    return array.tobytes().decode("utf-8").split("\n")


def _numbered(array: NDArray[Any]) -> dict[str, int]:
    return {word: number for number, word in enumerate(_unpacked(array))}


def _write(folder: Path, arrays: Arrays) -> None:
    """Put the arrays into the folder whole, or leave it as another process has filled it."""
    with new_folder(folder) as made:
        sums = {}
        for name, array in arrays.items():
            stream = io.BytesIO()
            np.save(stream, array, allow_pickle=False)
            (made / f"{name}.npy").write_bytes(stream.getbuffer())
            sums[name] = zlib.crc32(stream.getbuffer())
        (made / _INDEX).write_text(json.dumps(sums), encoding="utf-8")


def _read(folder: Path) -> Arrays | None:
    """Map the arrays of the folder; None where one is missing, cut short or altered."""
    try:
        sums = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
        arrays: Arrays = {}
        for name, expected in sums.items():
            path = folder / f"{name}.npy"
            if zlib.crc32(path.read_bytes()) != expected:
                return None
            array = np.load(path, mmap_mode="r", allow_pickle=False)
            arrays[name] = np.asarray(array)
    except (OSError, ValueError, AttributeError, TypeError):
        return None
    return arrays if set(PhraseTree._fields) <= set(arrays) else None
