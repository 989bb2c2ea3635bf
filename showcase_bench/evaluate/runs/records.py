"""What a run is, as stored in ``run.json``: schema-versioned and identified by its inputs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from showcase_bench.canonical import canonical_json
from showcase_bench.errors import StoreError
from showcase_bench.evaluate.stages import Stage
from showcase_bench.spec import Scalar, spec_label
from showcase_bench.types import Interval, Score, Timings

__all__ = ["SCHEMA", "Levels", "RunInputs", "RunRecord", "pretty_json"]

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class RunInputs:
    """Everything that determines the predictions; the run's id is a hash of it."""

    task: str
    task_version: int
    split: str
    policy: Mapping[str, Scalar]
    data_name: str
    data_sha256: str
    images_key: str
    """Identity of the photos' content."""
    model: str
    arguments: Mapping[str, Scalar]
    seed: int
    code_sha256: str
    """Sources of the model's package."""
    version: str
    """Version of this package."""

    @property
    def run_id(self) -> str:
        """The first 16 hexadecimal digits of the sha256 of the canonical JSON of the inputs."""
        return hashlib.sha256(canonical_json({"schema": SCHEMA, **asdict(self)})).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Levels:
    """What frames a score: a floor that takes no skill, and a ceiling."""

    expected: float
    """Of selection metrics the exact expectation under a uniformly random selection from the pool;
    else what the references score when they are given to other users or shown with other photos."""
    low: float
    high: float
    """95 % of random systems score between these; or the 95 % interval of the floor."""
    best: float
    """Best possible value; or what the references score."""

    def normalised(self, value: float) -> float | None:
        """Place of ``value`` between floor (0) and ceiling (1); None where they are equal."""
        span = self.best - self.expected
        return (value - self.expected) / span if span else None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One model on one split with one seed."""

    id: str
    inputs: RunInputs
    given: Mapping[str, Scalar]
    """Arguments that differ from the model's defaults and from its variant."""
    role: str
    flags: tuple[str, ...]
    distribution: str
    """Distribution that brings the model, with version; or file and hash of a module of its own."""
    created: str
    """UTC, ISO 8601; decides which of two runs of one model is the newer, nothing else."""
    code: Mapping[str, Scalar]
    """Version, commit and dirty flag of the checkout, where it is one."""
    environment: Mapping[str, str]
    n: int
    unreadable_images: int
    timings: Timings
    scores: tuple[Score, ...]
    primary: Mapping[str, str]
    """Section of the board to the name of the metric that orders it."""
    levels: Mapping[str, Levels]
    """By metric name, for those that have a floor and a ceiling."""
    predictions_sha256: str
    scores_sha256: str
    swapped_sha256: str | None = None
    """Of the predictions for other users, where metrics asked for them."""
    variant: str = ""
    """Named set of arguments that the model was asked in."""
    settings: Mapping[str, Scalar] = field(default_factory=dict)
    """What the model's arguments left to its configuration, such as the decoding."""
    checkpoint_sha256: str | None = None
    """Of what the fitted model saved, where it can."""
    curve_sha256: str | None = None
    """Of the learning curve, where the model has one."""
    facts: tuple[str, ...] = ()
    """What the score file knows of the examples beside their scores; nothing in older runs."""
    stages: tuple[Stage, ...] = ()
    """What its stages took when the predictions were made; nothing in older runs."""
    card: Mapping[str, str] = field(default_factory=dict)
    """What a submission tells of itself, without empty fields."""
    notes: tuple[str, ...] = ()
    """Signs that the score of a submission was bought, in words."""

    @property
    def label(self) -> str:
        """The model's name with its variant and the arguments that differ from it."""
        return spec_label(self.inputs.model, self.variant, self.given)

    def to_json(self) -> bytes:
        """Readable JSON with a stable key order; what only submissions have is left out."""
        plain = {"schema": SCHEMA, **asdict(self)}
        plain["timings"]["stages"] = [_plain_stage(one) for one in plain.pop("stages")]
        if not self.stages:
            del plain["timings"]["stages"]
        for name in ("card", "notes"):
            if not plain[name]:
                del plain[name]
        if self.timings.measured:
            del plain["timings"]["measured"]
        return pretty_json(plain).encode()

    @classmethod
    def from_json(cls, data: bytes, where: str) -> RunRecord:
        """Read what :meth:`to_json` wrote.

        Raises
        ------
        StoreError
            Not JSON, a newer schema, or a missing or unknown field.
        """
        try:
            raw: dict[str, Any] = json.loads(data)
            schema = raw.pop("schema")
            if schema != SCHEMA:
                raise StoreError(
                    f"{where}: schema {schema}, but this version reads {SCHEMA}; "
                    "update showcase-bench"
                )
            raw["inputs"] = RunInputs(**raw["inputs"])
            raw["stages"] = tuple(Stage(**one) for one in raw["timings"].pop("stages", ()))
            raw["timings"] = Timings(**raw["timings"])
            raw["flags"] = tuple(raw["flags"])
            raw["facts"] = tuple(raw.get("facts", ()))
            raw["notes"] = tuple(raw.get("notes", ()))
            raw["levels"] = {name: Levels(**one) for name, one in raw["levels"].items()}
            raw["scores"] = tuple(_score(one) for one in raw["scores"])
            return cls(**raw)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StoreError(
                f"{where}: not a run of this program ({type(error).__name__}: {error}); "
                "delete its folder and run again"
            ) from error


def _plain_stage(stage: dict[str, Any]) -> dict[str, Any]:
    """Without a mark that most have not."""
    return {name: one for name, one in stage.items() if name != "resumed" or one}


def _score(raw: dict[str, Any]) -> Score:
    interval = raw.pop("interval")
    return Score(interval=None if interval is None else Interval(**interval), **raw)


def pretty_json(value: object) -> str:
    """Indented JSON in the order of the keys, with a final line break."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
