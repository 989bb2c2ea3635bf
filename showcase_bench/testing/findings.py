"""What a kit found, and the error that lists it."""

from __future__ import annotations

import traceback
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from showcase_bench.errors import UsageError, did_you_mean

__all__ = ["ConformanceError", "Finding", "Report", "told"]

_MOST_OF_A_RULE = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule."""

    rule: str
    """A key of ``MODEL_RULES`` or ``METRIC_RULES``."""
    subject: str
    """The model or metric, as in ``model 'first-photos'``."""
    query: str | None
    """Id of the query or example it was seen at; None where it is about the whole."""
    problem: str
    """What happened, and what to do about it."""

    def __str__(self) -> str:
        where = f", query {self.query!r}" if self.query is not None else ""
        return f"[{self.rule}] {self.subject}{where}: {self.problem}"


class ConformanceError(AssertionError):
    """A model or metric breaks its contract; one line a finding.

    An AssertionError, so that a test fails with it rather than stops in error.
    """

    def __init__(self, findings: Collection[Finding]) -> None:
        self.findings = tuple(findings)
        """Never empty; of each rule the first few."""
        super().__init__("\n".join(str(one) for one in self.findings))


class Report:
    """Collects findings about one subject.

    Parameters
    ----------
    rules
        All rules by name.
    skip
        Rules whose findings are not wanted.

    Raises
    ------
    UsageError
        ``skip`` names a rule that there is not.
    """

    def __init__(self, subject: str, rules: Mapping[str, str], skip: Collection[str]) -> None:
        for rule in skip:
            if rule not in rules:
                raise UsageError(f"there is no rule {rule!r} to skip. {did_you_mean(rule, rules)}")
        self._subject, self._rules, self._skip = subject, rules, frozenset(skip)
        self.findings: list[Finding] = []

    def add(self, rule: str, problem: str, query: str | None = None) -> None:
        """Keep a finding, unless its rule is skipped or has enough of them."""
        if rule not in self._rules:
            raise KeyError(rule)
        known = sum(one.rule == rule for one in self.findings)
        if rule not in self._skip and known < _MOST_OF_A_RULE:
            self.findings.append(Finding(rule, self._subject, query, problem))

    def raise_if_any(self) -> None:
        """Raise a :class:`ConformanceError` if anything was found."""
        if self.findings:
            raise ConformanceError(self.findings)


def told(error: BaseException) -> str:
    """An exception in one line, with the place that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{where}"
