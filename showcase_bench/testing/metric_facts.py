"""What a metric is as a value, and what it declares of itself."""

from __future__ import annotations

import copy
import dataclasses
import math
import pickle
from collections.abc import Callable, Iterator
from typing import Any, get_args

from showcase_bench.errors import ShowcaseError
from showcase_bench.metrics import METRICS, Metric, parse_metric
from showcase_bench.metrics.base import Control, Cost, Group, Kind, Need, Scale
from showcase_bench.spec import parse_spec

__all__ = ["declaration_problems", "signature_problems", "value_problems"]

_DECLARED: dict[str, tuple[Any, ...]] = {
    "kind": get_args(Kind),
    "group": get_args(Group),
    "scale": get_args(Scale),
    "cost": get_args(Cost),
    "higher_is_better": (True, False, None),
    "floor": (None, *get_args(Control)),
}


def value_problems(metric: Metric) -> Iterator[str]:
    """Whether it is an immutable value: hashable, equal to its copies, sent to other processes."""
    freeze = "; put @dataclass(frozen=True) above the class"
    loose = _loose_fields(type(metric))
    if loose:
        yield f"{', '.join(loose)} is no parameter of it{freeze}"
    for field in dataclasses.fields(metric):
        try:
            setattr(copy.copy(metric), field.name, getattr(metric, field.name))
        except AttributeError:  # what a frozen dataclass raises
            continue
        yield f"its field {field.name!r} can be set{freeze}"
    try:
        hash(metric)
    except TypeError as error:
        yield f"it cannot be hashed ({error}); let every field be a bool, number, string or None"
    try:
        if copy.deepcopy(metric) != metric:
            yield f"a copy of it is not equal to it{freeze}"
        if pickle.loads(pickle.dumps(metric)) != metric:  # noqa: S301  (bytes made here)
            yield f"pickled and read again it is not equal to itself{freeze}"
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        yield f"it cannot be pickled ({error}); define its class at the top of a module"


def _loose_fields(cls: type[Metric]) -> list[str]:
    """Annotated names of a class that was not made a dataclass, so that they are no fields."""
    if "__dataclass_params__" in vars(cls):
        return []
    annotations = vars(cls).get("__annotations__", {})
    return [name for name, kind in annotations.items() if "ClassVar" not in str(kind)]


def signature_problems(metric: Metric, factory: Callable[..., Metric]) -> Iterator[str]:
    """Whether name and signature, which carry every parameter, turn back into the metric."""
    try:
        name = parse_spec(metric.short_name).name
        more = {} if name in METRICS else {name: factory}
        for text in dict.fromkeys((metric.signature, metric.name)):
            found = parse_metric(text, more=more)
            if found != metric:
                yield f"{text!r} parses to {found}, not to {metric}; make every field a parameter"
    except (ShowcaseError, TypeError) as error:
        yield (
            f"its signature {metric} does not parse back: {error}; let label be the registered "
            "name, and every field a parameter of the constructor"
        )


def declaration_problems(metric: Metric) -> Iterator[str]:
    """Whether everything is declared, and with a value that there is."""
    for name, allowed in _DECLARED.items():
        value = getattr(metric, name, "nothing")
        if value not in allowed:
            known = ", ".join(map(str, allowed))
            yield f"{name} is {value!r}; it must be one of {known}"
    bounds = getattr(metric, "bounds", None)
    if not isinstance(bounds, tuple) or len(bounds) != 2 or not bounds[0] < bounds[1]:
        yield f"bounds is {bounds!r}; give (smallest, largest), infinite where there is no bound"
    elif any(math.isnan(one) for one in bounds):
        yield f"bounds is {bounds!r}; give numbers"
    needs = getattr(metric, "needs", None)
    if not needs or not set(needs) <= set(get_args(Need)):
        yield f"needs is {needs!r}; name what it looks at: {', '.join(get_args(Need))}"
    summary = getattr(metric, "summary", "")
    if not summary or "\n" in summary:
        yield f"summary is {summary!r}; give one line"
    if type(metric.version) is not int or metric.version < 1:
        yield f"version is {metric.version!r}; give a whole number from 1"
    own = {field.name for field in dataclasses.fields(metric)}
    for name in ("corpus_field", "encoder_field"):
        if getattr(metric, name) not in {None, *own}:
            yield f"{name} names {getattr(metric, name)!r}, which is no field"
