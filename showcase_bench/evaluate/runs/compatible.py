"""Which runs may share a board."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from showcase_bench.canonical import canonical_json
from showcase_bench.errors import UsageError
from showcase_bench.evaluate.runs.store import StoredRun
from showcase_bench.spec import Scalar

__all__ = ["Identity", "common_identity", "identity", "newest"]


@dataclass(frozen=True)
class Identity:
    """What all runs of one board have in common."""

    task: str
    task_version: int
    split: str
    policy: Mapping[str, Scalar]
    data_name: str
    data_sha256: str
    unreadable_images: int
    """Photos that could not be read. The photos' key is no part of this: it changes when files are
    copied, and runs of several machines may share a board."""
    metrics: tuple[str, ...]
    """Signatures."""
    primary: Mapping[str, str]
    """Section to the name of the metric that orders it."""


def identity(run: StoredRun) -> Identity:
    """The part of ``run`` that must be equal on one board."""
    inputs = run.record.inputs
    return Identity(
        task=inputs.task,
        task_version=inputs.task_version,
        split=inputs.split,
        policy=inputs.policy,
        data_name=inputs.data_name,
        data_sha256=inputs.data_sha256,
        unreadable_images=run.record.unreadable_images,
        metrics=tuple(score.signature for score in run.record.scores),
        primary=run.record.primary,
    )


def common_identity(runs: Sequence[StoredRun]) -> Identity:
    """The identity that all ``runs`` share.

    Raises
    ------
    UsageError
        They differ; the message names the first two runs that do, and the field.
    """
    first = identity(runs[0])
    for run in runs[1:]:
        other = identity(run)
        for field, value in asdict(other).items():
            if canonical_json(value) != canonical_json(asdict(first)[field]):
                raise UsageError(
                    f"these runs cannot share a board, they differ in {field!r}:\n"
                    f"  {runs[0].folder}: {asdict(first)[field]}\n"
                    f"  {run.folder}: {value}\n"
                    "Keep runs of different data, tasks or metrics in different --results folders, "
                    "or delete the folders of the runs that are out of date."
                )
    return first


def newest(runs: Sequence[StoredRun]) -> list[StoredRun]:
    """One run per model, arguments and seed: the one created last, ordered by these three."""
    best: dict[tuple[str, bytes, int], StoredRun] = {}
    for run in runs:
        inputs = run.record.inputs
        key = inputs.model, canonical_json(inputs.arguments), inputs.seed
        kept = best.get(key)
        if kept is None or (kept.record.created, kept.record.id) < (
            run.record.created,
            run.record.id,
        ):
            best[key] = run
    return [best[key] for key in sorted(best)]
