"""GEST-s1 and GEST-s2 from the raw reviews: the stages in their order, and the record.

The construction follows Yan et al., "Personalized Showcases: Generating Multi-Modal Explanations
for Recommendations", SIGIR 2023. What the paper leaves open is decided in
:mod:`showcase_bench.datasets.build.reviews` and written into the record.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from showcase_bench.datasets.build.assemble import matching_counts, rows_per_split, write_splits
from showcase_bench.datasets.build.embedding import TextImageEncoder
from showcase_bench.datasets.build.expiry import Availability, array_digest
from showcase_bench.datasets.build.matcher import CorrelationMatcher, train_matcher
from showcase_bench.datasets.build.options import BuildOptions
from showcase_bench.datasets.build.partition import (
    RawCounts,
    check_share,
    count_raw,
    layout,
    n_shards,
    partition,
)
from showcase_bench.datasets.build.reviews import Step
from showcase_bench.datasets.build.shards import TALLY_SEGMENT, build_shards
from showcase_bench.datasets.build.tally import images_at, step_table
from showcase_bench.datasets.build.work import Part, Stage, work_folder, write_file
from showcase_bench.datasets.prepared import file_sha256
from showcase_bench.errors import DataError, UsageError
from showcase_bench.types import NoProgress, Progress

__all__ = ["Sources", "build_s1", "build_s2", "record_path"]

FORMAT_VERSION = 1
"""Raised by every change of what is built from the same input and parameters."""

_DEFAULTS = BuildOptions()
_NO_PROGRESS = NoProgress()


@dataclass(frozen=True, slots=True)
class Sources:
    """The files that a build reads and writes."""

    raw: Path
    """JSON Lines of raw reviews."""
    out: Path
    """Gets the GEST-shaped result."""
    images: Path | None = None
    """Folder of photos; where given, a photo without a file in it is expired."""
    journal: Path | None = None
    """``fetch.jsonl`` of a download; where given, a photo that it lists as gone is expired."""
    work: Path | None = None
    """Keeps finished parts, for s1 and s2 alike, and for a build with other parameters as far as it
    can use them. By default a hidden folder beside ``out``, removed after success. Photos are
    looked at once: when those in ``images`` have changed, name another folder."""


def record_path(out: Path) -> Path:
    """Where the record of a build lies: beside its result, ``gest.json`` and ``gest.build.json``.

    It holds every parameter, the hashes of the inputs, the counts at each step next to the
    paper's, and for s2 the classifier and its threshold.
    """
    return out.with_name(f"{out.stem}.build.json")


def build_s1(
    sources: Sources, options: BuildOptions = _DEFAULTS, *, progress: Progress = _NO_PROGRESS
) -> dict[str, Any]:
    """Build GEST-s1: users with several reviews, photos that can be had, a split of each user.

    Memory is bounded by a chunk of the file and by the reviews of one shard of users. A build that
    was killed goes on at the last finished part and ends with the same bytes.

    Returns
    -------
    dict
        The record that :func:`record_path` holds.

    Raises
    ------
    DataError
        The raw file or the journal breaks the format, too many lines are unusable, or nothing is
        left.
    UsageError
        A folder or file cannot be what it is said to be, or another build is at work.
    StoreError
        A file cannot be written.
    """
    _check_sources(sources)
    return _build("s1", sources, options, None, None, progress)


def build_s2(
    sources: Sources,
    options: BuildOptions = _DEFAULTS,
    *,
    encoder: TextImageEncoder,
    annotations: Path,
    threshold: float | None = None,
    progress: Progress = _NO_PROGRESS,
) -> dict[str, Any]:
    """Build GEST-s2: of s1 the reviews that speak of their photos, with users in one split each.

    Parameters
    ----------
    sources
        ``images`` must be given.
    options
        As for s1.
    encoder
        Puts sentences and photos into one space.
    annotations
        JSON Lines of ``sentence``, ``image`` and ``label``, which train the classifier.
    threshold
        Probability from which on a sentence and a photo go together; by default the one with the
        best F1 on annotated pairs that are kept aside.
    progress
        Tracks chunks and shards.

    Returns
    -------
    dict
        The record that :func:`record_path` holds.

    Raises
    ------
    DataError, UsageError, StoreError
        As for :func:`build_s1`, and for annotations that cannot train a classifier.
    ContractError
        The encoder breaks its contract.
    """
    if sources.images is None:
        raise UsageError("s2 compares sentences with photos: name the folder of the photos")
    _check_sources(sources)
    matcher, trained = train_matcher(encoder, annotations, sources.images, options.seed, threshold)
    revision = {**trained, "annotations_sha256": file_sha256(annotations)}
    return _build("s2", sources, options, matcher, revision, progress)


def _build(
    subset: str,
    sources: Sources,
    options: BuildOptions,
    matcher: CorrelationMatcher | None,
    matching: Mapping[str, Any] | None,
    progress: Progress,
) -> dict[str, Any]:
    raw = sources.raw
    state = _state(raw)
    sha256 = file_sha256(raw)
    available = Availability(sources.journal, sources.images)
    journal = None if sources.journal is None else file_sha256(sources.journal)
    inputs = {"format": FORMAT_VERSION, "raw": sha256, **layout(state[0])}
    decisive = {**asdict(options), "max_broken": None, "journal": journal, "matching": matching}
    place = None if sources.images is None else str(sources.images.resolve())
    work = sources.work or sources.out.with_name(f".{sources.out.name}.build")
    with work_folder(work, keep=sources.work is not None) as folder:
        parts = _read(raw, state, Stage(folder, "raw", inputs), progress)
        counts = count_raw(parts)
        check_share(raw, counts, options.max_broken)
        stage = Stage(folder, subset, {**inputs, **decisive, "images": place})
        made = build_shards(parts, n_shards(state[0]), stage, options, available, matcher, progress)
        record = {
            "format": FORMAT_VERSION,
            "subset": subset,
            "parameters": asdict(options),
            "input": {"name": raw.name, "bytes": state[0], "sha256": sha256},
            "journal_sha256": journal,
            "raw_lines": _lines(counts),
            **_result(subset, made, options),
            "expired": available.note,
            "matching": None if matching is None else {**matching, **matching_counts(made)},
        }
        _check_left(raw, record)
        record["output"] = _write(sources.out, made)
        write_file(record_path(sources.out), [_pretty(record)], durable=True)
    return record


def _read(raw: Path, state: tuple[int, int], stage: Stage, progress: Progress) -> list[Part]:
    parts = partition(raw, state[0], stage, progress)
    if _state(raw) != state:
        stage.discard()
        raise DataError(raw, "the file changed while it was read", "Try again.")
    return parts


def _lines(counts: RawCounts) -> dict[str, Any]:
    return {
        "lines": counts.lines,
        "unusable": dict(sorted(counts.unusable.items())),
        "first_unusable": counts.problems,
        "imperfect": dict(sorted(counts.imperfect.items())),
        "unknown_fields": dict(sorted(counts.unknown_fields.items())),
    }


def _result(subset: str, made: list[Part], options: BuildOptions) -> dict[str, Any]:
    """Counts of the result; photos are told by a digest, as no folder of them can be hashed."""
    last = Step[subset.upper()]
    hidden = set() if options.drop_empty_texts else {Step.WITH_TEXT}
    steps = [step for step in Step if step <= last and step not in hidden]
    return {
        "steps": step_table(made, TALLY_SEGMENT, steps),
        "rows": rows_per_split(made),
        "photos_sha256": array_digest(images_at(made, TALLY_SEGMENT, last)),
    }


def _write(out: Path, made: list[Part]) -> dict[str, Any]:
    sha256 = write_splits(out, made)
    return {"name": out.name, "bytes": out.stat().st_size, "sha256": sha256}


def _check_left(raw: Path, record: Mapping[str, Any]) -> None:
    if not any(record["rows"].values()):
        left = ", ".join(f"{row['step']} {row['reviews']}" for row in record["steps"])
        raise DataError(raw, f"no review is left; reviews after each step: {left}")


def _check_sources(sources: Sources) -> None:
    if not sources.raw.exists():
        raise DataError(sources.raw, "no such file", "Check the path.")
    out, record = sources.out, record_path(sources.out)
    read = [sources.raw, *([sources.journal] if sources.journal else [])]
    for target in (out, record):
        if target.is_dir():
            raise UsageError(f"{target} is a folder; name a file to write")
        if target.resolve() in [one.resolve() for one in read]:
            raise UsageError(f"{target} is read by the build; name another file to write")
    if sources.images is not None and not sources.images.is_dir():
        raise UsageError(f"the folder of photos {sources.images} does not exist or is not a folder")


def _state(path: Path) -> tuple[int, int]:
    """Size and time of change."""
    try:
        state = path.stat()
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror or error}") from error
    return state.st_size, state.st_mtime_ns


def _pretty(record: Mapping[str, Any]) -> bytes:
    text = json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False)
    return f"{text}\n".encode()
