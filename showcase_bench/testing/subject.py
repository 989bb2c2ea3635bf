"""A model under test: built as often as needed, fitted, and asked in the way of its kind."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from showcase_bench.errors import UsageError
from showcase_bench.evaluate.plans.build import plan_model
from showcase_bench.files import scratch_folder
from showcase_bench.models import AnyModel, Model, OracleModel
from showcase_bench.testing.photos import KitImages
from showcase_bench.testing.world import Case, training_split, validation_split
from showcase_bench.types import NoProgress, Showcase

__all__ = ["Asked", "ModelSubject", "model_subject"]


class Asked(NamedTuple):
    """What came of one call."""

    answers: list[Any]
    """Showcases, if the model keeps its contract; of a writer made from its texts."""
    touched: list[str]
    """What of the inputs is no longer what it was."""


class ModelSubject(NamedTuple):
    """A model that can be built any number of times."""

    label: str
    build: Callable[[], AnyModel]
    cls: type[AnyModel]

    def fit(self, model: AnyModel, *, seed: int, empty: bool = False) -> list[str]:
        """Fit in a folder that is gone afterwards; what of the data the model changed."""
        images = KitImages()
        train = training_split(images, empty=empty)
        val = validation_split(images, empty=empty)
        before = copy.deepcopy((list(train), list(val)))
        with scratch_folder() as folder:
            model.fit(train, val, seed=seed, workdir=folder, progress=NoProgress())
        same = (list(train), list(val)) == before
        return ([] if same else ["the examples that fit() was given"]) + _photos(images)

    def ask(self, model: AnyModel, cases: Sequence[Case]) -> Asked:
        """Ask for all cases in one call; an iterator is read to its end."""
        images = KitImages()
        if isinstance(model, OracleModel):
            examples = [case.example for case in cases]
            given: list[Any] = examples
            pristine = copy.deepcopy(given)
            answers: list[Any] = list(model.predict_with_gold(examples, images))
        elif isinstance(model, Model):
            given = queries = [case.query for case in cases]
            pristine = copy.deepcopy(given)
            answers = list(model.predict(queries, images))
        else:
            given = queries = [case.query for case in cases]
            pristine = copy.deepcopy(given)
            chosen = [case.chosen for case in cases]
            texts = list(model.write(queries, chosen, images))
            answers = [
                Showcase(case.query.id, case.chosen, text)
                for case, text in zip(cases, texts, strict=False)
            ]
            # One too many has no query to stand at, and is not lost.
            answers += texts[len(cases) :]
            if chosen != [case.chosen for case in cases]:
                return Asked(answers, ["the list of chosen photos"])
        return Asked(answers, _differences(pristine, given) + _photos(images))


def _differences(pristine: list[Any], given: list[Any]) -> list[str]:
    if len(pristine) != len(given):
        return ["the list of queries"]
    queries = [getattr(one, "query", one) for one in pristine]
    return [
        f"query {before.id!r}"
        for before, one, now in zip(queries, pristine, given, strict=True)
        if one != now
    ]


def _photos(images: KitImages) -> list[str]:
    return [f"{kind} of {name!r}" for kind, name in images.changed()]


def model_subject(
    model: str | AnyModel | type[AnyModel] | Callable[[], AnyModel],
) -> ModelSubject:
    """Whatever names or makes a model, as a subject.

    Raises
    ------
    UsageError
        It gives no model. A spec also raises what :func:`plan_model` raises.
    """
    if isinstance(model, str):
        plan = plan_model(model)
        return ModelSubject(f"model {plan.label!r}", plan.build, plan.cls)
    if isinstance(model, AnyModel):
        return ModelSubject(
            f"model {type(model).__name__!r}",
            functools.partial(copy.deepcopy, model),
            type(model),
        )
    made = model() if callable(model) else None
    if not isinstance(made, AnyModel):
        raise UsageError(
            f"{model!r} gives no model: pass a name, a class, an instance that is not fitted, or "
            "a function without arguments that builds one"
        )
    return ModelSubject(f"model {type(made).__name__!r}", model, type(made))
