"""Build models from their names and recorded arguments."""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from showcase_bench.errors import UsageError, did_you_mean
from showcase_bench.models import MODELS, Model, OracleModel
from showcase_bench.spec import Scalar, Spec, format_arguments, parse_spec, split_list

__all__ = ["BuildPlan", "parse_models", "plan_model"]


@dataclass(frozen=True)
class BuildPlan:
    """A model that can be built any number of times, each time the same."""

    name: str
    cls: type[Model] | type[OracleModel] = field(repr=False)
    arguments: Mapping[str, Scalar]
    """Every constructor argument, defaults included."""
    given: Mapping[str, Scalar]
    """The arguments that differ from the defaults."""
    distribution: str
    """Name and version of the installed distribution that registers the model."""
    code_sha256: str
    """Hash of the Python sources of the model's package."""

    @property
    def label(self) -> str:
        """The name on a board: with the arguments that differ from the defaults."""
        return f"{self.name}{format_arguments(self.given)}"

    def build(self) -> Model | OracleModel:
        """A new instance."""
        return self.cls(**self.arguments)


def parse_models(text: str) -> list[BuildPlan]:
    """Plans of a comma-separated list of specs; ``all`` stands for every installed model.

    Raises
    ------
    RegistryError, MissingDependencyError
        A name is unknown, ambiguous or cannot be loaded.
    UsageError
        A spec cannot be read, an argument is unknown or invalid, or a model is named twice.
    """
    specs: list[str] = []
    for part in split_list(text):
        specs += list(MODELS) if part == "all" else [part]
    if not specs:
        raise UsageError(f"no model is named in {text!r}. {did_you_mean('', MODELS)}")
    plans = [plan_model(one) for one in specs]
    labels = [plan.label for plan in plans]
    for label in labels:
        if labels.count(label) > 1:
            raise UsageError(f"model {label!r} is named {labels.count(label)} times")
    return plans


def plan_model(text: str) -> BuildPlan:
    """The plan of one spec such as ``dpp(theta=0.9)``; the model is built once to check it."""
    spec = parse_spec(text)
    if spec.cutoff is not None:
        raise UsageError(f"a model takes no cutoff: {text!r}; set k of the task instead")
    cls = MODELS.get(spec.name)
    origin = MODELS.registration(spec.name)
    arguments, given = _arguments(spec, cls)
    plan = BuildPlan(
        name=spec.name,
        cls=cls,
        arguments=arguments,
        given=given,
        distribution=f"{origin.distribution} {origin.version}",
        code_sha256=source_digest(cls),
    )
    plan.build()
    return plan


def _arguments(spec: Spec, cls: type) -> tuple[dict[str, Scalar], dict[str, Scalar]]:
    parameters = {
        name: parameter
        for name, parameter in inspect.signature(cls).parameters.items()
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    }
    for key in spec.arguments:
        if key not in parameters:
            known = did_you_mean(key, parameters) if parameters else "It takes none."
            raise UsageError(f"model {spec.name!r} has no argument {key!r}. {known}")
    arguments: dict[str, Scalar] = {}
    for name, parameter in parameters.items():
        if name in spec.arguments:
            value = spec.arguments[name]
            # A whole number is a fine value for a float argument, and must record as one.
            if isinstance(parameter.default, float) and type(value) is int:
                value = float(value)
            arguments[name] = value
        elif parameter.default is not parameter.empty:
            arguments[name] = parameter.default
        else:
            raise UsageError(f"model {spec.name!r} needs a value: {spec.name}({name}=...)")
    given = {
        name: value
        for name, value in arguments.items()
        if (default := parameters[name].default) is inspect.Parameter.empty
        or value != default
        or type(value) is not type(default)
    }
    return arguments, given


def source_digest(cls: type) -> str:
    """Sha256 over the Python sources that define ``cls``.

    These are all modules of its package folder, or its single module at the top level; and so on
    for every base class outside of this package.
    """
    folders: dict[str, Path] = {}
    for base in cls.__mro__:
        module = sys.modules.get(base.__module__)
        location = getattr(module, "__file__", None)
        root = base.__module__.partition(".")[0]
        if location is None or root in ("showcase_bench", "builtins", "abc", "typing"):
            continue
        top = Path(getattr(sys.modules[root], "__file__", location) or location)
        if top.name == "__init__.py":
            folders.update(
                (str(path.relative_to(top.parent)), path) for path in top.parent.rglob("*.py")
            )
        else:
            folders[top.name] = top
    digest = hashlib.sha256()
    for name in sorted(folders):
        digest.update(f"{name}\0".encode())
        digest.update(hashlib.sha256(folders[name].read_bytes()).digest())
    return digest.hexdigest()
