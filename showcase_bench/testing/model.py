"""``check_model``: the contract of models, rule by rule."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from showcase_bench.models import AnyModel
from showcase_bench.testing.answers import check_answers, first_difference
from showcase_bench.testing.declarations import class_problems, fitted_problems
from showcase_bench.testing.findings import Report, told
from showcase_bench.testing.randomness import changed_states, global_states, other_global_state
from showcase_bench.testing.saving import check_saving
from showcase_bench.testing.subject import ModelSubject, model_subject
from showcase_bench.testing.world import Case, cases

__all__ = ["MODEL_RULES", "check_model"]

MODEL_RULES: Mapping[str, str] = MappingProxyType(
    {
        "declarations": "role, flags, arguments, variants, what it says of itself are valid",
        "fit": "fit() learns from the kit's world without an exception",
        "empty-training": "either split may be empty; the model still answers",
        "predict": "ordinary queries are answered without an exception",
        "no-history": "users without earlier reviews, or with blank ones, are answered",
        "empty-pool": "restaurants without photos are answered",
        "one-photo": "a pool of a single photo is answered",
        "unreadable-photos": "photos that cannot be read stop nothing",
        "cold": "unknown users and restaurants are answered",
        "odd-text": "Unicode and very long histories are answered",
        "no-queries": "no query gives no answer",
        "one-answer-each": "one answer per query, with its id, in order",
        "valid-answers": "at most k distinct photos out of the pool; a string or None as text",
        "batch-invariance": "an answer depends on its own query alone",
        "inputs-untouched": "examples, queries, pools and photos are as they were",
        "same-seed": "the same seed gives the same answers, whatever the global random state",
        "global-randomness": "the global random state is as it was",
        "save-load": "what was saved and loaded gives the same answers, and can be saved again",
        "damaged-files": "load() raises StoreError where a file is cut off or missing",
    }
)
"""What :func:`check_model` checks, by the names that findings bear."""


def check_model(
    model: str | AnyModel | type[AnyModel] | Callable[[], AnyModel],
    *,
    seed: int = 0,
    skip: Collection[str] = (),
) -> None:
    """Put a model through the kit's world and raise if it breaks its contract.

    It is fitted three times, once without any data, on 24 reviews, and asked 17 queries, together
    and one by one; nothing is read or written but the model's own files, in temporary folders.

    Parameters
    ----------
    model
        A registered name or ``module:Class``, with arguments where wanted; or a class; or a
        function without arguments that builds a model (``lambda: Mine(count=2)``); or an instance
        that is not fitted, of which copies are used.
    seed
        Given to ``fit``; 0 is a seed.
    skip
        Keys of :data:`MODEL_RULES` whose findings are not wanted.

    Raises
    ------
    ConformanceError
        Rules are broken; lists the findings.
    UsageError
        ``model`` gives no model, or ``skip`` names no rule.
    RegistryError, MissingDependencyError, ContractError
        A name cannot be found, loaded or built.
    """
    subject = model_subject(model)
    report = Report(subject.label, MODEL_RULES, skip)
    _Check(subject, report, seed).run()
    report.raise_if_any()


class _Check:
    """The rules on one model; its findings go to ``report``."""

    def __init__(self, subject: ModelSubject, report: Report, seed: int) -> None:
        self._subject, self._report, self._seed = subject, report, seed
        self._cases = cases()
        self._called: set[str] = set()

    def run(self) -> None:
        for problem in class_problems(self._subject.cls):
            self._report.add("declarations", problem)
        fitted = self._fitted("fit")
        if fitted is None:
            return
        for problem in fitted_problems(fitted):
            self._report.add("declarations", problem)
        answers = self._asked(fitted)
        self._without_queries(fitted)
        if answers is not None:
            self._in_other_batches(fitted, answers)
            self._again(answers)
            check_saving(self._report, self._subject, fitted, self._cases, answers)
        self._without_training()

    def _fitted(self, rule: str, *, empty: bool = False) -> AnyModel | None:
        """A new model after its fit; None where that failed."""
        before = global_states()
        try:
            model = self._subject.build()
            touched = self._subject.fit(model, seed=self._seed, empty=empty)
        except Exception as error:  # a stranger's model may fail in any way
            self._report.add(rule, f"fit() raised {told(error)}")
            return None
        self._unchanged("fit()", before, touched)
        return model

    def _unchanged(self, call: str, states: dict[str, Any], touched: Sequence[str]) -> None:
        first = call not in self._called
        self._called.add(call)
        # What is imported at the first call may draw numbers of its own: it is none of the model's.
        for name in () if first else changed_states(states):
            self._report.add(
                "global-randomness",
                f"{call} moved the global state of {name}; draw from a generator of your own, "
                "such as numpy.random.default_rng(seed)",
            )
        for what in touched:
            self._report.add("inputs-untouched", f"{call} changed {what}; work on a copy")

    def _answers(self, model: AnyModel, asked: Sequence[Case]) -> list[Any] | None:
        """Answers to ``asked``; None, and findings, where they cannot be had or used."""
        before = global_states()
        try:
            answers, touched = self._subject.ask(model, asked)
        except Exception as error:  # as above
            if len(asked) == 1:
                self._report.add(
                    asked[0].trait if asked[0].trait != "ordinary" else "predict",
                    f"raised {told(error)}; answer it, with no photos or text=None if need be",
                    asked[0].query.id,
                )
            return None
        self._unchanged("predict", before, touched)
        return answers if check_answers(self._report, self._subject.cls, asked, answers) else None

    def _asked(self, model: AnyModel) -> list[Any] | None:
        """All answers of one call; where it fails, the queries that are to blame are reported."""
        found = len(self._report.findings)
        answers = self._answers(model, self._cases)
        if answers is None and len(self._report.findings) == found:
            for case in self._cases:
                self._answers(model, [case])
            if len(self._report.findings) == found:
                self._report.add(
                    "predict",
                    "raised an exception for all queries together, and for none of them alone",
                )
        return answers

    def _without_queries(self, model: AnyModel) -> None:
        try:
            answers, _ = self._subject.ask(model, [])
        except Exception as error:  # as above
            self._report.add("no-queries", f"raised {told(error)}; give nothing for no queries")
            return
        if answers:
            self._report.add("no-queries", f"{len(answers)} answers to no query; give none")

    def _in_other_batches(self, model: AnyModel, answers: Sequence[Any]) -> None:
        how = "; answer each query as if it were the only one of the call"
        for number, case in enumerate(self._cases):
            alone = self._answers(model, [case])
            if alone is not None:
                for query, what in first_difference([case], alone, [answers[number]]):
                    text = f"alone and among others it gets {what}{how}"
                    self._report.add("batch-invariance", text, query)
        backwards = self._answers(model, self._cases[::-1])
        if backwards is not None:
            for query, what in first_difference(self._cases, backwards[::-1], answers):
                text = f"asked in the opposite order it gets {what}{how}"
                self._report.add("batch-invariance", text, query)

    def _again(self, answers: Sequence[Any]) -> None:
        with other_global_state(self._seed + 1):
            model = self._fitted("same-seed")
            again = None if model is None else self._answers(model, self._cases)
        if again is None:
            return
        for query, what in first_difference(self._cases, answers, again):
            self._report.add(
                "same-seed",
                f"fitted twice with seed {self._seed} it gives {what}; let everything random "
                "follow from the seed, and nothing from the order of a set",
                query,
            )

    def _without_training(self) -> None:
        model = self._fitted("empty-training", empty=True)
        if model is None:
            return
        try:
            answers, _ = self._subject.ask(model, self._cases)
        except Exception as error:  # as above
            self._report.add("empty-training", f"fitted on nothing it raised {told(error)}")
            return
        check_answers(self._report, self._subject.cls, self._cases, answers)
