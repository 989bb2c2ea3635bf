"""A fitted model as a folder: ``fit.json``, and what the model saved beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from showcase_bench.canonical import canonical_json
from showcase_bench.errors import StoreError, UsageError
from showcase_bench.evaluate.plans.build import BuildPlan, plan_model
from showcase_bench.files import new_folder, replace_file
from showcase_bench.models import AnyModel
from showcase_bench.spec import Scalar, format_arguments, format_value

__all__ = [
    "SCHEMA",
    "Fitted",
    "Stamp",
    "fit_facts",
    "fit_stamp",
    "plan_of_fit",
    "read_fit",
    "write_fit",
]

FIT = "fit.json"
"""What the folder holds: inputs of the fit, its seconds, and the hash of every file."""
SCHEMA = 1
_MODEL = "model"

Stamp: TypeAlias = tuple[int, int] | None
"""Differs between a fit and the one that takes its place."""


@dataclass(frozen=True)
class Fitted:
    """A model after ``fit`` or ``load``."""

    model: AnyModel
    seconds: float
    """Of the fit, also where it was found."""
    checkpoint_sha256: str | None
    """Over the files that the model saved; None where it cannot save."""
    found: bool = False
    """Whether it was loaded, or its training went on from a checkpoint."""


def fit_stamp(folder: Path) -> Stamp:
    """Which fit a folder holds; None where there is none."""
    try:
        facts = (folder / FIT).stat()
    except OSError:
        return None
    return facts.st_ino, facts.st_mtime_ns


def write_fit(
    folder: Path, plan: BuildPlan, model: AnyModel, inputs: dict[str, Any], seconds: float
) -> Fitted:
    """Save a fitted model; an older one in ``folder`` is replaced.

    Raises
    ------
    StoreError
        The folder cannot be written, or holds something else than a fitted model.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / FIT).is_file():
        raise StoreError(f"{folder}: holds something else than a fitted model; name another folder")
    try:
        with new_folder(folder) as temporary:
            (temporary / _MODEL).mkdir()
            model.save(temporary / _MODEL)
            files = _hashes(temporary / _MODEL)
            facts = {
                "model": {"name": plan.name, "arguments": dict(plan.arguments)},
                "inputs": inputs,
                "seconds": round(seconds, 4),
                "files": files,
            }
            facts = {**facts, "sha256": _digest(facts)}
            text = json.dumps(facts, indent=2, ensure_ascii=False, allow_nan=False)
            replace_file(temporary / FIT, f"{text}\n".encode())
    except OSError as error:
        raise StoreError(
            f"{folder}: the fitted model cannot be written ({error.strerror or error}). "
            "Check the folder's permissions and free space, or choose another one"
        ) from error
    return Fitted(model, seconds, _digest(files))


def read_fit(folder: Path, plan: BuildPlan, inputs: dict[str, Any] | None = None) -> Fitted:
    """Load the fitted model of a folder.

    Parameters
    ----------
    inputs
        What it must have been fitted from; None takes any fit of the plan's model.

    Raises
    ------
    StoreError
        There is none, a file of it is damaged, or it is of another model or of other inputs.
    """
    facts = fit_facts(folder)
    found = facts["inputs"]
    if inputs is not None and found != json.loads(canonical_json(inputs)):
        raise StoreError(f"{folder}: fitted from other data, arguments or code")
    if _hashes(folder / _MODEL) != facts["files"]:
        raise StoreError(
            f"{folder}: its files are not those that {FIT} recorded (sha256 differs); "
            "bring the folder again, or fit the model again"
        )
    model = plan.build()
    model.load(folder / _MODEL)
    return Fitted(model, float(facts["seconds"]), _digest(facts["files"]), found=True)


def plan_of_fit(
    folder: Path, overrides: Mapping[str, Scalar] = MappingProxyType({})
) -> tuple[BuildPlan, int]:
    """The plan and the seed that a folder was fitted with.

    Parameters
    ----------
    overrides
        Arguments to change; only those that ``fit`` does not depend on can be.

    Raises
    ------
    StoreError
        There is no fitted model, or its ``fit.json`` is damaged.
    UsageError
        An override is unknown to the model, or the fit depends on it.
    """
    facts = fit_facts(folder)
    try:
        name, seed = str(facts["model"]["name"]), int(facts["inputs"]["seed"])
        fitted: dict[str, Scalar] = dict(facts["inputs"]["arguments"])
        arguments: dict[str, Scalar] = dict(facts["model"]["arguments"])
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(f"{folder / FIT}: damaged ({error}); fit the model again") from error
    for key in overrides:
        if key not in arguments:
            raise UsageError(f"model {name!r} has no argument {key!r}: leave --{key} out")
    plan = plan_model(f"{name}{format_arguments({**arguments, **overrides})}")
    for key, value in plan.fit_arguments.items():
        if key in fitted and fitted[key] != value:
            raise UsageError(
                f"{folder} was fitted with {key}={format_value(fitted[key])}; "
                f"fit the model again for {key}={format_value(value)}"
            )
    return plan, seed


def fit_facts(folder: Path) -> dict[str, Any]:
    """Content of ``fit.json``; raises StoreError."""
    path = folder / FIT
    try:
        facts: dict[str, Any] = json.loads(path.read_bytes())
        if facts["inputs"]["schema"] != SCHEMA or not isinstance(facts["files"], dict):
            raise StoreError(f"{path}: of another version of showcase-bench; fit the model again")
        float(facts["seconds"])
        sealed = facts.pop("sha256", None)
        if sealed is not None and sealed != _digest(facts):
            raise StoreError(f"{path}: damaged (sha256 differs); fit the model again")
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror}); no fitted model") from error
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path}: damaged ({error}); fit the model again") from error
    return facts


def _hashes(folder: Path) -> dict[str, str]:
    """Sha256 of every file below a folder by its path; empty where there is no folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256")
            found[path.relative_to(folder).as_posix()] = digest.hexdigest()
    return found


def _digest(content: object) -> str:
    return hashlib.sha256(canonical_json(content)).hexdigest()
