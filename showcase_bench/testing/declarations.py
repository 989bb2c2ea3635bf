"""What a model declares beside its methods: checked before anything is fitted."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from typing import get_args

from showcase_bench.models import AnyModel, Flag, Model, OracleModel, Role
from showcase_bench.spec import Scalar

__all__ = ["class_problems", "fitted_problems"]

_SCALARS = (bool, int, float, str, type(None))


def class_problems(cls: type[AnyModel]) -> Iterator[str]:
    """Every problem of a model class that shows without building it."""
    if cls.role not in get_args(Role):
        yield f"role is {cls.role!r}; it must be one of {', '.join(get_args(Role))}"
    if not isinstance(cls.flags, tuple) or not set(cls.flags) <= set(get_args(Flag)):
        yield f"flags is {cls.flags!r}; it must be a tuple of {', '.join(get_args(Flag))}"
    elif issubclass(cls, OracleModel) and "uses gold" not in cls.flags:
        yield "it is given the gold and does not say so; keep 'uses gold' in flags"
    if not (cls.__doc__ or "").strip():
        yield "the class has no docstring; its first line is what `list models --check` shows"
    own_save, own_load = cls.save is not Model.save, cls.load is not Model.load
    if own_save != own_load:
        there, missing = ("save", "load") if own_save else ("load", "save")
        yield f"it has {there}() but no {missing}(); write both, or neither"
    yield from _argument_problems(cls)


def _argument_problems(cls: type[AnyModel]) -> Iterator[str]:
    parameters = inspect.signature(cls).parameters
    for name, one in parameters.items():
        if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD, one.POSITIONAL_ONLY):
            yield (
                f"argument {name!r} of the constructor has no name of its own; every argument is "
                "recorded and given by keyword, so name each"
            )
        elif one.default is not one.empty and not isinstance(one.default, _SCALARS):
            yield (
                f"argument {name!r} has the default {one.default!r}; arguments are recorded, so "
                "they must be bool, int, float, str or None"
            )
    for name in sorted(set(cls.predict_arguments) - set(parameters)):
        yield f"predict_arguments names {name!r}, which the constructor does not take; remove it"
    for variant, arguments in cls.variants.items():
        allowed = {*parameters, "selector"}
        for name in sorted(set(arguments) - allowed):
            yield f"variant {variant!r} sets {name!r}, which the constructor does not take"


def fitted_problems(model: AnyModel) -> Iterator[str]:
    """Every problem of what a fitted model says of itself."""
    number = model.parameters()
    if number is not None and (type(number) is not int or number < 0):
        yield f"parameters() gave {number!r}; give a whole number, or None"
    settings: Mapping[str, Scalar] = model.settings()
    for name, value in dict(settings).items():
        if not isinstance(name, str) or not isinstance(value, _SCALARS):
            yield f"settings() holds {name!r}: {value!r}; only bool, int, float, str and None"
    curve = model.learning_curve()
    if curve is None:
        return
    try:
        json.dumps(list(curve), allow_nan=False)
    except (TypeError, ValueError) as error:
        yield f"learning_curve() cannot be written as JSON ({error}); give plain finite numbers"
        return
    if any(not isinstance(point, dict) for point in curve):
        yield "learning_curve() must give one dict a point"
