"""Fitted models: made once, kept by all that determined them, and found again."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import showcase_bench
from showcase_bench.canonical import canonical_json
from showcase_bench.errors import StoreError
from showcase_bench.evaluate.build import BuildPlan
from showcase_bench.evaluate.checkpoint import SCHEMA, Fitted, read_fit, write_fit
from showcase_bench.evaluate.workspace import Workspace
from showcase_bench.events import tell
from showcase_bench.files import lock, scratch_folder, temporary_folder
from showcase_bench.models import AnyModel
from showcase_bench.types import Progress

__all__ = ["FittedModels", "fit_and_save", "fit_inputs", "fit_model"]

_IN_MEMORY = 4


class FittedModels:
    """Fits models, or finds them fitted.

    A model that can save lies below ``folder``, in a folder named after a hash of its class, the
    arguments that ``fit`` depends on, seed, code, data and protocol. What is damaged is fitted
    again. While a fit runs its ``workdir`` lies there too, so that a killed one goes on; a second
    process that wants the same fit meanwhile works in a folder of its own. The last few fits of
    this process stay in memory, also of models that cannot save.

    Parameters
    ----------
    folder
        None keeps nothing on disk.
    fresh
        Fit again even what is kept.
    """

    def __init__(self, folder: Path | None, progress: Progress, *, fresh: bool = False) -> None:
        self._folder = folder
        self._progress = progress
        self._fresh = fresh
        self._recent: dict[str, Fitted] = {}
        self._made_here: set[str] = set()

    def get(self, plan: BuildPlan, workspace: Workspace, seed: int) -> Fitted:
        """The model of ``plan`` after its fit; its predict arguments are those of the plan.

        Raises what the model raises.
        """
        recent = _key(dict(plan.arguments), fit_inputs(plan, workspace, seed))
        if recent not in self._recent:
            self.put(plan, workspace, seed, self._made(plan, workspace, seed))
        return self._recent[recent]

    def put(self, plan: BuildPlan, workspace: Workspace, seed: int, fitted: Fitted) -> None:
        """Let ``fitted`` be what :meth:`get` finds in memory."""
        # Of one fit there are as many instances as there are settings of the later arguments.
        recent = _key(dict(plan.arguments), fit_inputs(plan, workspace, seed))
        self._recent[recent] = fitted
        while len(self._recent) > _IN_MEMORY:
            del self._recent[next(iter(self._recent))]

    def _made(self, plan: BuildPlan, workspace: Workspace, seed: int) -> Fitted:
        inputs = fit_inputs(plan, workspace, seed)
        key = _key(inputs)
        if self._folder is None or not plan.cls.can_save():
            with scratch_folder() as folder:
                model, seconds = fit_model(plan, workspace, seed, folder, self._progress)
            return Fitted(model, seconds, None)
        place = _place(self._folder, plan, inputs)
        if not self._fresh or key in self._made_here:
            with contextlib.suppress(StoreError):
                return read_fit(place, plan, inputs)
        self._made_here.add(key)
        return fit_and_save(place, plan, workspace, seed, self._progress, cache=self._folder)


def _key(*content: object) -> str:
    return hashlib.sha256(canonical_json(content)).hexdigest()[:16]


def fit_inputs(plan: BuildPlan, workspace: Workspace, seed: int) -> dict[str, Any]:
    """Everything that determines a fit, as JSON types."""
    own = plan.cls
    return {
        "schema": SCHEMA,
        "model": f"{own.__module__}:{own.__qualname__}",
        "arguments": plan.fit_arguments,
        "seed": seed,
        "code_sha256": plan.own_code_sha256,
        "version": showcase_bench.__version__,
        "data_sha256": workspace.dataset.revision,
        "images_key": workspace.images.key,
        "policy": asdict(workspace.policy),
    }


def fit_model(
    plan: BuildPlan, workspace: Workspace, seed: int, workdir: Path, progress: Progress
) -> tuple[AnyModel, float]:
    """Build and fit; the model, and seconds of the fit."""
    model = plan.build()
    start = time.perf_counter()
    train, val = workspace.split("train"), workspace.split("val")
    model.fit(train, val, seed=seed, workdir=workdir, progress=progress)
    return model, time.perf_counter() - start


def fit_and_save(
    place: Path,
    plan: BuildPlan,
    workspace: Workspace,
    seed: int,
    progress: Progress,
    *,
    cache: Path,
    workdir: Path | None = None,
) -> Fitted:
    """Fit a model and save it as the folder ``place``.

    Where another process has been killed at the same fit it goes on from its last checkpoint, which
    lies in ``cache``, the folder of all fits, or in ``workdir``, which then stays; one that is
    damaged is not used.

    Raises
    ------
    StoreError
        A folder cannot be written, or ``place`` holds something else than a fitted model.
    """
    inputs = fit_inputs(plan, workspace, seed)
    chosen = _workdir(_place(cache, plan, inputs)) if workdir is None else _given(workdir)
    with chosen as folder:
        found = any(folder.iterdir())
        try:
            model, seconds = fit_model(plan, workspace, seed, folder, progress)
        except StoreError:
            if not found or workdir is not None:
                raise
            found = False
            with _set_aside(folder):
                model, seconds = fit_model(plan, workspace, seed, folder, progress)
        return replace(write_fit(place, plan, model, inputs, seconds), found=found)


def _place(cache: Path, plan: BuildPlan, inputs: dict[str, Any]) -> Path:
    return cache / plan.cls.__module__ / f"{plan.cls.__qualname__}-{_key(inputs)}"


@contextlib.contextmanager
def _given(workdir: Path) -> Iterator[Path]:
    with _writable(workdir):
        workdir.mkdir(parents=True, exist_ok=True)
    yield workdir


@contextlib.contextmanager
def _writable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{folder}: cannot be written ({error.strerror or error}). "
            "Check the folder's permissions and free space, or choose another one"
        ) from error


@contextlib.contextmanager
def _workdir(place: Path) -> Iterator[Path]:
    """A folder that outlives an interrupted fit, or a temporary one while another process fits."""
    folder = place.with_name(f".{place.name}.work")
    with contextlib.ExitStack() as open_files:
        with _writable(place.parent):
            place.parent.mkdir(parents=True, exist_ok=True)
            handle = open_files.enter_context(place.with_name(f".{place.name}.lock").open("w"))
            ours = lock(handle.fileno())
            folder.mkdir(exist_ok=True)
        if ours:
            yield folder
            shutil.rmtree(folder, ignore_errors=True)
        else:
            with scratch_folder() as own:
                yield own


@contextlib.contextmanager
def _set_aside(workdir: Path) -> Iterator[None]:
    """Empty a folder; what was in it comes back if nothing better takes its place."""
    tell("fit.checkpoint-unusable", level=logging.WARNING)
    with temporary_folder(workdir.parent) as aside:
        workdir.rename(aside / "checkpoint")
        workdir.mkdir()
        try:
            yield
        except StoreError:
            shutil.rmtree(workdir, ignore_errors=True)
            (aside / "checkpoint").rename(workdir)
            raise
