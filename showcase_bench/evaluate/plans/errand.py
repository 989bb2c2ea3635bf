"""A model as another process is told of it."""

from __future__ import annotations

from dataclasses import dataclass

from showcase_bench.errors import ContractError, ShowcaseError
from showcase_bench.evaluate.plans.build import BuildPlan, plan_model

__all__ = ["Errand", "can_be_planned_again", "can_be_sent"]


@dataclass(frozen=True)
class Errand:
    """One model and seed to fit, or to find fitted, and to ask."""

    model: str
    """Its label, from which it is planned again."""
    seed: int
    code_sha256: str
    """Of the sources that the first process loaded."""

    @classmethod
    def of(cls, plan: BuildPlan, seed: int) -> Errand:
        """To be told to another process."""
        return cls(plan.label, seed, plan.code_sha256)

    def plan(self) -> BuildPlan:
        """The model as this process sees it.

        Raises
        ------
        ContractError
            Its sources are others here.
        """
        plan = plan_model(self.model)
        if plan.code_sha256 != self.code_sha256:
            raise ContractError(
                f"model {self.model!r}: its sources were changed after the command was started; "
                "run the same command again"
            )
        return plan


def can_be_sent(plan: BuildPlan) -> bool:
    """Whether its fit can be shared with others by the cache, and it can be planned again."""
    return plan.cls.can_save() and can_be_planned_again(plan)


def can_be_planned_again(plan: BuildPlan) -> bool:
    """Whether the label leads to the same model."""
    try:
        again = plan_model(plan.label)
    except ShowcaseError:
        return False
    return again.cls is plan.cls and again.arguments == plan.arguments
