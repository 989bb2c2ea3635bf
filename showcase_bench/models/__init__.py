"""The model contract and the registry of models; the models themselves live in packages."""

from __future__ import annotations

from typing import Any

from showcase_bench.models.base import Flag, Model, OracleModel, Role
from showcase_bench.registry import Registry

__all__ = ["MODELS", "Flag", "Model", "OracleModel", "Role"]


def _check(loaded: Any) -> str | None:
    if isinstance(loaded, type) and issubclass(loaded, Model | OracleModel):
        return None
    return "it must be a subclass of showcase_bench.Model"


MODELS: Registry[type[Model] | type[OracleModel]] = Registry(
    "showcase_bench.models", "model", _check
)
"""Every installed model by name."""
