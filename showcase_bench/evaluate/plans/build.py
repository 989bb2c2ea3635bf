"""Build models from their names and recorded arguments."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from showcase_bench.errors import (
    ContractError,
    MissingDependencyError,
    RegistryError,
    ShowcaseError,
    UsageError,
    did_you_mean,
)
from showcase_bench.evaluate.plans.lookup import find_model, is_module_name
from showcase_bench.evaluate.plans.sources import source_digest
from showcase_bench.models import MODELS, AnyModel, Flag, OracleModel, Role, Writer
from showcase_bench.spec import Scalar, Spec, parse_spec, spec_label, split_list

__all__ = ["BuildPlan", "missing_models", "parse_model", "parse_models", "plan_model"]

ALL = "all"
_SELECTOR = "selector"
_NONE: Mapping[str, Scalar] = MappingProxyType({})


@dataclass(frozen=True)
class BuildPlan:
    """A model that can be built any number of times, each time the same."""

    name: str
    cls: type[AnyModel] = field(repr=False)
    arguments: Mapping[str, Scalar]
    """Every argument, defaults included; of a writer also ``selector``."""
    given: Mapping[str, Scalar]
    """The arguments that differ from the defaults and, where there is one, from the variant."""
    distribution: str
    """Name and version of the installed distribution that brings the model; of a module that none
    brings, its file and the start of the hash of its sources."""
    code_sha256: str
    """Hash of the Python sources of the model's package, and of its selector's."""
    variant: str = ""
    selector: BuildPlan | None = None
    """Chooses the photos of a writer; None where it shows none."""
    root: Path | None = field(default=None, repr=False)
    """Folder of a module that no distribution brings: what lies there may be of its sources."""

    @property
    def own_code_sha256(self) -> str:
        """Hash of the sources of the model without those of its selector."""
        return source_digest(self.cls, self.root)

    @property
    def label(self) -> str:
        """The name on a board: with its variant, and the arguments that differ from it."""
        return spec_label(self.name, self.variant, self.given)

    @property
    def role(self) -> Role:
        """The model's; a ceiling where an oracle chooses the photos."""
        return "ceiling" if self._oracle_chooses else self.cls.role

    @property
    def flags(self) -> tuple[Flag, ...]:
        """The model's flags and, where an oracle chooses the photos, the oracle's."""
        chosen = self.selector.cls.flags if self.selector is not None else ()
        return tuple(dict.fromkeys((*self.cls.flags, *chosen)))

    @property
    def fit_arguments(self) -> dict[str, Scalar]:
        """The arguments that ``fit`` depends on."""
        later = self.cls.predict_arguments | {_SELECTOR}
        return {name: value for name, value in self.arguments.items() if name not in later}

    @property
    def _oracle_chooses(self) -> bool:
        return self.selector is not None and issubclass(self.selector.cls, OracleModel)

    def build(self) -> AnyModel:
        """A new instance."""
        given: dict[str, Any] = dict(self.arguments)
        if issubclass(self.cls, Writer):
            given.pop(_SELECTOR, None)
        return self.cls(**given)


def parse_models(text: str, overrides: Mapping[str, Scalar] = _NONE) -> list[BuildPlan]:
    """Plans of a comma-separated list of specs: registered names, or ``module:Class``.

    ``all`` stands for every installed model whose packages are there, and ``name:all`` for the
    model ``name`` in all its variants. ``module:Class`` is a class in a module of the working
    folder or the Python path; where a model is registered under what stands before the colon, the
    rest is a variant of that one.

    Parameters
    ----------
    overrides
        Arguments for every model that takes them and was not given them in ``text``.

    Raises
    ------
    RegistryError, MissingDependencyError
        A name is unknown, ambiguous or cannot be loaded.
    UsageError
        A spec cannot be read, an argument is unknown or invalid, a model is named twice, or an
        override is for none of the models.
    """
    specs = [one for part in split_list(text) for one in _expanded(part)]
    if not specs:
        raise UsageError(f"no model is named in {text!r}. {did_you_mean('', MODELS)}")
    plans = [plan_model(one, overrides) for one in specs]
    for name in overrides:
        if not any(name in plan.arguments for plan in plans):
            raise UsageError(f"none of the models has an argument {name!r}: leave --{name} out")
    labels = [plan.label for plan in plans]
    for label in labels:
        if labels.count(label) > 1:
            raise UsageError(f"model {label!r} is named {labels.count(label)} times")
    return plans


def parse_model(
    text: str, overrides: Mapping[str, Scalar] = _NONE, *, option: str = "--model"
) -> BuildPlan:
    """The plan of what must be one model; ``option`` is what named it.

    Raises what :func:`parse_models` raises, and a :class:`UsageError` where there are several.
    """
    plans = parse_models(text, overrides)
    if len(plans) > 1:
        labels = [plan.label for plan in plans]
        named = ", ".join(labels[:3]) + (", ..." if labels[3:] else "")
        raise UsageError(
            f"{option} takes one model, and {text!r} names {len(labels)} ({named}): name one; "
            "`showcase-bench run --models` takes several"
        )
    return plans[0]


def missing_models() -> dict[str, str]:
    """Models that ``all`` leaves out because they need a package that is not installed, and why."""
    missing = {}
    for name in MODELS:
        try:
            MODELS.get(name)
        except MissingDependencyError as error:
            missing[name] = str(error)
        except RegistryError:
            continue
    return missing


def plan_model(text: str, overrides: Mapping[str, Scalar] = _NONE) -> BuildPlan:
    """The plan of one spec such as ``dpp(theta=0.9)``; the model is built once to check it.

    Raises what :func:`parse_models` raises; overrides that the model does not take are ignored.
    """
    spec = parse_spec(text)
    if spec.cutoff is not None:
        raise UsageError(f"a model takes no cutoff: {text!r}; set k of the task instead")
    name, variant, cls, distribution, root = find_model(spec.name)
    preset = _preset(name, cls, variant)
    arguments, given = _arguments(Spec(name, None, spec.arguments), cls, preset, overrides)
    selector = _selector_of(cls, arguments)
    plan = BuildPlan(
        name=name,
        cls=cls,
        arguments=arguments,
        given=given,
        distribution=distribution,
        code_sha256=_code(source_digest(cls, root), selector),
        variant=variant,
        selector=selector,
        root=root,
    )
    _require_buildable(plan)
    return plan


def _require_buildable(plan: BuildPlan) -> None:
    try:
        plan.build()
    except ShowcaseError:
        raise
    except Exception as error:  # a plugin may fail in any way
        raise ContractError(
            f"model {plan.label!r} ({plan.distribution}) cannot be built: "
            f"{type(error).__name__}: {error}"
        ) from error


def _expanded(part: str) -> list[str]:
    if part == ALL:
        missing = missing_models()
        return [name for name in MODELS if name not in missing]
    name, colon, variant = part.rpartition(":")
    if colon and variant == ALL and "(" not in name:
        cls = find_model(name).cls if is_module_name(name) else MODELS.get(name.strip())
        return [f"{name}:{one}" for one in cls.variants]
    return [part]


def _preset(name: str, cls: type[AnyModel], variant: str) -> Mapping[str, Scalar]:
    if not variant:
        return _NONE
    if variant not in cls.variants:
        known = did_you_mean(variant, cls.variants) if cls.variants else "It has none."
        raise UsageError(f"model {name!r} has no variant {variant!r}. {known}")
    return cls.variants[variant]


def _selector_of(cls: type[AnyModel], arguments: Mapping[str, Scalar]) -> BuildPlan | None:
    """The plan of a writer's selector."""
    if not issubclass(cls, Writer):
        return None
    asked = arguments[_SELECTOR]
    if asked is None:
        return None
    plan = plan_model(str(asked))
    if issubclass(plan.cls, Writer):
        raise UsageError(f"selector is {asked!r}, which writes; give a model that chooses photos")
    return plan


def _code(own: str, selector: BuildPlan | None) -> str:
    if selector is None or selector.code_sha256 == own:
        return own
    return hashlib.sha256(f"{own}\0{selector.code_sha256}".encode()).hexdigest()


def _arguments(
    spec: Spec,
    cls: type[AnyModel],
    preset: Mapping[str, Scalar],
    overrides: Mapping[str, Scalar],
) -> tuple[dict[str, Scalar], dict[str, Scalar]]:
    """All arguments, and those that are neither defaults nor of the preset."""
    defaults = _defaults(cls)
    for key in (*spec.arguments, *preset):
        if key not in defaults:
            known = did_you_mean(key, defaults) if defaults else "It takes none."
            raise UsageError(f"model {spec.name!r} has no argument {key!r}. {known}")
    asked = {**overrides, **preset, **spec.arguments}
    arguments: dict[str, Scalar] = {}
    for name, default in defaults.items():
        if name in asked:
            value = asked[name]
            # A whole number is a fine value for a float argument, and must record as one.
            if isinstance(default, float) and type(value) is int:
                value = float(value)
            arguments[name] = value
        elif default is not inspect.Parameter.empty:
            arguments[name] = default
        else:
            raise UsageError(f"model {spec.name!r} needs a value: {spec.name}({name}=...)")
    usual = {**defaults, **preset}
    given = {
        name: value
        for name, value in arguments.items()
        if value != usual[name] or type(value) not in (type(usual[name]), type(defaults[name]))
    }
    return arguments, given


def _defaults(cls: type[AnyModel]) -> dict[str, Any]:
    """Default of every argument by name; ``Parameter.empty`` where there is none."""
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(cls).parameters.items()
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    }
    if issubclass(cls, Writer):
        if _SELECTOR in defaults:
            raise RegistryError(
                f"{cls.__module__}:{cls.__qualname__}: the argument {_SELECTOR!r} of a writer is "
                "the harness's; rename it in the constructor"
            )
        defaults[_SELECTOR] = cls.selector
    return defaults
