"""Metrics by name: a short name, a spec or a full signature turned into the value it stands for."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from showcase_bench.errors import ContractError, UsageError, did_you_mean
from showcase_bench.metrics.base import Metric
from showcase_bench.registry import Registry
from showcase_bench.spec import Scalar, Spec, parse_spec, parse_value

__all__ = ["METRICS", "parse_metric"]

_CUTOFF = "k"


def _problem(loaded: Any) -> str | None:
    made = loaded.func if isinstance(loaded, partial) else loaded
    if not callable(made):
        return "it is not callable; register a Metric class or a function that returns a Metric"
    if isinstance(made, type) and not issubclass(made, Metric):
        return f"the class {made.__name__} does not derive from showcase_bench.metrics.Metric"
    if isinstance(made, type) and not hasattr(made, "label"):
        return f"the class {made.__name__} has no label, the name that it goes by"
    if inspect.isabstract(made):
        return f"the class {made.__name__} leaves abstract methods of Metric undefined"
    return None


METRICS: Registry[Callable[..., Metric]] = Registry(
    "showcase_bench.metrics", kind="metric", check=_problem
)
"""Registered metrics: each name gives a callable that builds the metric from its parameters."""


Factories = Mapping[str, Callable[..., Metric]]
_NONE: Factories = MappingProxyType({})


def parse_metric(text: str, default_k: int = 3, more: Factories = _NONE) -> Metric:
    """Turn a name, a spec or a signature into the metric that it stands for.

    Parameters
    ----------
    text
        ``bleu-4``, ``precision@5``, ``div@3(encoder=color-layout)``, or what ``str(metric)`` gave;
        ``parse_metric(str(metric)) == metric`` for every metric.
    default_k
        The cutoff where a short name or a spec leaves it out.
    more
        Metrics that are not registered, looked at first: what builds each, by name.

    Raises
    ------
    RegistryError
        The name is unknown; the nearest is offered.
    UsageError
        A parameter is unknown or has a value that cannot work, or a signature says something else
        than what the code computes.
    """
    if "|" in text:
        return _from_signature(text, more)
    spec = parse_spec(text)
    factory = more.get(spec.name) or METRICS.get(spec.name)
    parameters = _parameters(factory)
    arguments = _with_cutoff(spec, parameters)
    if _CUTOFF in parameters:
        arguments.setdefault(_CUTOFF, default_k)
    return _build(spec.name, factory, arguments, parameters)


def _from_signature(text: str, more: Factories) -> Metric:
    head, *parts = text.split("|")
    spec = parse_spec(head)
    if spec.arguments:
        raise UsageError(f"the signature {text!r} has arguments in its name {head!r}")
    factory = more.get(spec.name) or METRICS.get(spec.name)
    parameters = _parameters(factory)
    arguments = _with_cutoff(spec, parameters)
    claims: dict[str, str] = {}
    for part in parts:
        key, colon, value = part.partition(":")
        if not colon or key in claims:
            raise UsageError(f"cannot read {part!r} in {text!r}: expected key:value, each key once")
        claims[key] = value
        if key in parameters:
            if key in arguments:
                raise UsageError(f"{key!r} is given twice in {text!r}")
            arguments[key] = parse_value(value)
    metric = _build(spec.name, factory, arguments, parameters)
    _require_same(text, metric, head, claims)
    return metric


def _require_same(text: str, metric: Metric, head: str, claims: Mapping[str, str]) -> None:
    own_head, *own_parts = metric.signature.split("|")
    own = dict(part.split(":", 1) for part in own_parts)
    where = f"the signature {text!r} is not of this version of the code:"
    if head.strip() != own_head:
        raise UsageError(f"{where} it is of {head!r}, and the code computes {own_head!r}")
    for key in [*own, *(key for key in claims if key not in own)]:
        claimed, computed = claims.get(key), own.get(key)
        if claimed is None:
            raise UsageError(f"{where} it lacks {key}:{computed}")
        if computed is None:
            raise UsageError(f"{where} the code knows no {key!r}; its signature is {metric}")
        if claimed != computed:
            raise UsageError(f"{where} it says {key}:{claimed}, and the code has {key}:{computed}")


def _parameters(factory: Callable[..., Metric]) -> Mapping[str, inspect.Parameter]:
    """Parameters that a user may set; those that the registered name fixes are not among them."""
    fixed = factory.keywords if isinstance(factory, partial) else {}
    found = inspect.signature(factory).parameters
    return {key: parameter for key, parameter in found.items() if key not in fixed}


def _with_cutoff(spec: Spec, parameters: Mapping[str, object]) -> dict[str, Scalar]:
    arguments = dict(spec.arguments)
    if spec.cutoff is None:
        return arguments
    if _CUTOFF not in parameters:
        raise UsageError(f"metric {spec.name!r} has no cutoff; write it without @{spec.cutoff}")
    if _CUTOFF in arguments:
        raise UsageError(f"the cutoff is given twice in '{spec}': @{spec.cutoff} and k=")
    return {**arguments, _CUTOFF: spec.cutoff}


def _build(
    name: str,
    factory: Callable[..., Metric],
    arguments: Mapping[str, Scalar],
    parameters: Mapping[str, inspect.Parameter],
) -> Metric:
    for key in arguments:
        if key not in parameters:
            known = did_you_mean(key, parameters) if parameters else "It has no parameters."
            raise UsageError(f"metric {name!r} has no parameter {key!r}. {known}")
    for key, parameter in parameters.items():
        if parameter.default is inspect.Parameter.empty and key not in arguments:
            raise UsageError(f"metric {name!r} needs the parameter {key!r}: {name}({key}=...)")
    metric = factory(**arguments)
    if not isinstance(metric, Metric):
        origin = f", {METRICS.registration(name).origin}," if name in METRICS else ""
        raise ContractError(
            f"metric {name!r}{origin} gave a {type(metric).__name__} in place of a Metric"
        )
    return metric
