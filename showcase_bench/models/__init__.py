"""The model contract and the registry of models; the models themselves live in packages."""

from __future__ import annotations

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
]

AnyModel = Model | Writer | OracleModel
"""The kinds of models."""


def _check(loaded: Any) -> str | None:
    if isinstance(loaded, type) and issubclass(loaded, AnyModel):
        return None
    return "it must be a subclass of showcase_bench.Model or showcase_bench.Writer"


MODELS: Registry[type[AnyModel]] = Registry("showcase_bench.models", "model", _check)
"""Every installed model by name."""
