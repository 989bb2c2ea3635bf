"""Fitted models: made once, kept by all that determined them, and found again."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import showcase_bench
from showcase_bench.canonical import canonical_json
from showcase_bench.errors import StoreError
from showcase_bench.evaluate.fits.checkpoint import (
    SCHEMA,
    Fitted,
    Stamp,
    fit_stamp,
    read_fit,
    write_fit,
)
from showcase_bench.evaluate.fits.clock import FitClock, holds_work
from showcase_bench.evaluate.fits.workdirs import given_workdir, kept_workdir, set_aside
from showcase_bench.evaluate.plans.build import BuildPlan
from showcase_bench.evaluate.task.workspace import Workspace
from showcase_bench.files import scratch_folder
from showcase_bench.models import AnyModel
from showcase_bench.types import Progress

__all__ = ["FittedModels", "fit_and_save", "fit_inputs", "fit_model"]

_IN_MEMORY = 4


class FittedModels:
    """Fits models, or finds them fitted.

    A model that can save lies below ``folder``, in a folder named after a hash of its class, the
    arguments that ``fit`` depends on, seed, code, data and protocol. What is damaged is fitted
    again. While a fit runs its ``workdir`` lies there too, so that a killed one goes on; a second
    process that wants the same fit meanwhile waits for it, and takes over where the first one is
    killed. The last few fits of this process stay in memory, also of models that cannot save.

    Parameters
    ----------
    folder
        None keeps nothing on disk.
    fresh
        Fit again even what is kept; not what another process has fitted meanwhile.
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

    def trust(self, plan: BuildPlan, workspace: Workspace, seed: int) -> None:
        """Take for fresh what is kept of this fit, since another process has just made it."""
        self._made_here.add(_key(fit_inputs(plan, workspace, seed)))

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
        known = {place: fit_stamp(place)}
        if not self._fresh or key in self._made_here:
            with contextlib.suppress(StoreError):
                return read_fit(place, plan, inputs)
        self._made_here.add(key)
        return fit_and_save(
            place, plan, workspace, seed, self._progress, cache=self._folder, known=known
        )


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
    """Build and fit; the model, and seconds of the fit, also of what it goes on from."""
    model = plan.build()
    with FitClock(workdir) as clock:
        train, val = workspace.split("train"), workspace.split("val")
        model.fit(train, val, seed=seed, workdir=workdir, progress=progress)
    return model, clock.seconds


def fit_and_save(
    place: Path,
    plan: BuildPlan,
    workspace: Workspace,
    seed: int,
    progress: Progress,
    *,
    cache: Path,
    workdir: Path | None = None,
    known: Mapping[Path, Stamp] | None = None,
) -> Fitted:
    """Fit a model and save it as the folder ``place``.

    Where another process has been killed at the same fit it goes on from its last checkpoint, which
    lies in ``cache``, the folder of all fits, or in ``workdir``, which then stays; one that is
    damaged is not used. Where another process is at the same fit, it is waited for; what it has
    fitted by then is taken.

    Parameters
    ----------
    known
        Fits that are not to be taken; by default those that there are when this is called.

    Raises
    ------
    StoreError
        A folder cannot be written, or ``place`` holds something else than a fitted model.
    """
    inputs = fit_inputs(plan, workspace, seed)
    kept = _place(cache, plan, inputs)
    if known is None:
        known = {one: fit_stamp(one) for one in (place, kept)}
    chosen = kept_workdir(kept, plan.label, progress) if workdir is None else given_workdir(workdir)
    with chosen as folder:
        for one, stamp in known.items():
            if fit_stamp(one) != stamp:
                with contextlib.suppress(StoreError):
                    return _moved(read_fit(one, plan, inputs), one, place, plan, inputs)
        found = holds_work(folder)
        try:
            model, seconds = fit_model(plan, workspace, seed, folder, progress)
        except StoreError:
            if not found or workdir is not None:
                raise
            found = False
            with set_aside(folder):
                model, seconds = fit_model(plan, workspace, seed, folder, progress)
        return replace(write_fit(place, plan, model, inputs, seconds), found=found)


def _moved(
    fitted: Fitted, origin: Path, place: Path, plan: BuildPlan, inputs: dict[str, Any]
) -> Fitted:
    """A fit that lies in ``origin``, also in ``place``."""
    if origin == place:
        return fitted
    return replace(write_fit(place, plan, fitted.model, inputs, fitted.seconds), found=True)


def _place(cache: Path, plan: BuildPlan, inputs: dict[str, Any]) -> Path:
    return cache / plan.cls.__module__ / f"{plan.cls.__qualname__}-{_key(inputs)}"
