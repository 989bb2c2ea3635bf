"""What the name of a model stands for: a registered one, or a class in a module."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from showcase_bench.errors import RegistryError, did_you_mean
from showcase_bench.evaluate.plans.modules import load_model
from showcase_bench.models import MODELS, AnyModel

__all__ = ["FoundModel", "find_model", "is_module_name"]


class FoundModel(NamedTuple):
    """A model class and the parts of the name that led to it."""

    name: str
    """A registered name, or ``module:Class``."""
    variant: str
    """Empty where none was named; whether the class has it is not looked at."""
    cls: type[AnyModel]
    distribution: str
    """Name and version of the distribution that brings it, or the file and hash of its sources."""
    root: Path | None = None
    """Folder of a module that belongs to no installed package."""


def is_module_name(name: str) -> bool:
    """Whether ``name`` is read as ``module:Class`` or ``module:Class:variant``.

    A registered name before the first colon goes first: then what follows is a variant.
    """
    first, _, rest = name.partition(":")
    return first not in MODELS and _is_dotted(first) and _is_dotted(rest.partition(":")[0])


def find_model(name: str) -> FoundModel:
    """Find what ``name``, ``name:variant``, ``module:Class`` or ``module:Class:variant`` names.

    Raises
    ------
    RegistryError, MissingDependencyError
        It is unknown, ambiguous, no model, or cannot be loaded.
    """
    first, _, rest = name.partition(":")
    if not is_module_name(name):
        return _registered(first, rest)
    kind, _, variant = rest.partition(":")
    try:
        found = load_model(first, kind)
    except RegistryError as error:
        if "there is no module" not in str(error):
            raise
        raise RegistryError(
            f"{error}\nNor is a model {first!r} registered. {did_you_mean(first, MODELS)}"
        ) from error
    return FoundModel(f"{first}:{kind}", variant, found.cls, found.distribution, found.root)


def _registered(name: str, variant: str) -> FoundModel:
    if name not in MODELS and _is_dotted(name) and "." in name:
        module, _, kind = name.rpartition(".")
        raise RegistryError(
            f"unknown model {name!r}. A class in a module is written with a colon: {module}:{kind}"
        )
    if name not in MODELS and Path(f"{name}.py").is_file():
        raise RegistryError(
            f"unknown model {name!r}. A class in {name}.py is written {name}:CLASS. "
            f"{did_you_mean(name, MODELS)}"
        )
    cls = MODELS.get(name)
    origin = MODELS.registration(name)
    if variant and variant not in cls.variants and Path(f"{name}.py").is_file():
        raise RegistryError(
            f"model {name!r} is registered by {origin.distribution} and has no variant "
            f"{variant!r}; {name}.py in the working folder is not looked at: rename that file"
        )
    return FoundModel(name, variant, cls, f"{origin.distribution} {origin.version}")


def _is_dotted(name: str) -> bool:
    return all(part.isidentifier() for part in name.split("."))
