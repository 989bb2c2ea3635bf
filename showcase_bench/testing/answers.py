"""Whether the answers of a model fit their queries, and whether two lists of answers agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from showcase_bench.evaluate.showcases.canonical import problems_with
from showcase_bench.models import AnyModel, Writer
from showcase_bench.testing.findings import Report
from showcase_bench.testing.world import Case
from showcase_bench.types import Showcase

__all__ = ["check_answers", "first_difference"]


def check_answers(
    report: Report, cls: type[AnyModel], cases: Sequence[Case], answers: Sequence[Any]
) -> bool:
    """Report everything that is wrong with the answers of one call; whether they can be used."""
    before = len(report.findings)
    usable = len(answers) == len(cases)
    if not usable:
        what = "write() must give one text, or None," if issubclass(cls, Writer) else "give one"
        report.add(
            "one-answer-each",
            f"{len(answers)} answers to {len(cases)} queries; {what} per query, in order",
        )
    for case, answer in zip(cases, answers, strict=False):
        for rule, problem in _problems(case, answer, cls):
            usable = usable and rule == "valid-answers"
            report.add(rule, problem, case.query.id)
    return usable and len(report.findings) == before


def _problems(case: Case, answer: Any, cls: type[AnyModel]) -> Iterator[tuple[str, str]]:
    if not isinstance(answer, Showcase):
        yield "valid-answers", f"the answer is a {type(answer).__name__}; give a Showcase"
        return
    if answer.id != case.query.id:
        yield (
            "one-answer-each",
            f"the answer has id {answer.id!r}; answer in the order of the queries, each with its "
            "query's id",
        )
        return
    if answer.text is not None and not isinstance(answer.text, str):
        kind = type(answer.text).__name__
        yield "valid-answers", f"the text is a {kind}; give a string, or None for no attempt"
        return
    shown = answer.image_ids
    if isinstance(shown, str) or not all(isinstance(one, str) for one in shown):
        yield "valid-answers", f"image_ids is {shown!r}; give a tuple of ids"
        return
    if issubclass(cls, Writer):
        shown = ()  # the kit's own choice
    normal = Showcase(answer.id, tuple(shown), answer.text)
    yield from (
        ("valid-answers", problem)
        for problem in problems_with(normal, case.query.pool, case.query.k)
    )


def first_difference(
    cases: Sequence[Case], left: Sequence[Showcase], right: Sequence[Showcase]
) -> Iterator[tuple[str, str]]:
    """Id of each query whose two answers differ, and in what."""
    for case, one, other in zip(cases, left, right, strict=True):
        if tuple(one.image_ids) != tuple(other.image_ids):
            yield case.query.id, f"photos {list(one.image_ids)} against {list(other.image_ids)}"
        elif one.text != other.text:
            yield case.query.id, f"text {one.text!r:.80} against {other.text!r:.80}"
