"""The model contract and the registry of models; the models themselves live in packages."""

from __future__ import annotations

import inspect
from typing import Any

from showcase_bench.models.base import Flag, Model, OracleModel, Role, Writer
from showcase_bench.registry import Registry

__all__ = [
    "MODELS",
    "AnyModel",
    "Flag",
    "Model",
    "OracleModel",
    "Role",
    "Writer",
    "model_problem",
]

AnyModel = Model | Writer | OracleModel
"""The kinds of models."""


def model_problem(loaded: Any) -> str | None:
    """Why ``loaded`` cannot serve as a model, or None where it is a class that can."""
    if not isinstance(loaded, type) or not issubclass(loaded, AnyModel):
        return "it must be a subclass of showcase_bench.Model or showcase_bench.Writer"
    if inspect.isabstract(loaded):
        missing = ", ".join(sorted(loaded.__abstractmethods__))
        return f"the class {loaded.__name__} lacks the method {missing}"
    return None


MODELS: Registry[type[AnyModel]] = Registry("showcase_bench.models", "model", model_problem)
"""Every installed model by name."""
