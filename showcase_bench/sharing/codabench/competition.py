"""``competition.yaml``: what the platform builds a competition from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import showcase_bench
from showcase_bench.errors import UsageError
from showcase_bench.sharing.codabench.columns import Column
from showcase_bench.sharing.codabench.pages import PAGES, TERMS
from showcase_bench.sharing.codabench.yaml_text import Value

__all__ = [
    "KIT",
    "LOGO",
    "PHASES",
    "PROGRAM",
    "PUBLIC_DATA",
    "SOLUTION",
    "Plan",
    "competition",
    "reference_folder",
]

LOGO = "logo.png"
PROGRAM = "scoring_program"
KIT = "starting_kit"
PUBLIC_DATA = f"{KIT}/public"
SOLUTION = "solutions/random.zip"
PHASES = ("validation", "final")
"""The parts of the scored rows that the two phases score."""
_DAY_LIMIT, _PHASE_LIMIT = 5, 100
_FINAL_LIMIT = 3
_SECONDS = 1800


def _today() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)


@dataclass(frozen=True)
class Plan:
    """What an organizer decides about a competition; all of it can be edited on the platform.

    Raises
    ------
    UsageError
        The dates are out of order or not at midnight, to which the platform cuts them.
    """

    title: str = ""
    """Empty: made of the task's name."""
    docker_image: str = f"showcase-bench:{showcase_bench.__version__}"
    """Image in which the scoring program runs; it holds this version of the package."""
    start: datetime = field(default_factory=_today)
    """Midnight UTC at which the validation phase begins."""
    final: datetime | None = None
    """When it ends and the final phase begins; by default 60 days later."""
    end: datetime | None = None
    """When the final phase ends; by default 14 days after it began."""

    def __post_init__(self) -> None:
        start, final, end = self.dates
        if not start < final < end:
            raise UsageError(
                f"the phases are out of order: start {start:%Y-%m-%d}, final "
                f"{final:%Y-%m-%d}, end {end:%Y-%m-%d}"
            )
        if any((one.hour, one.minute, one.second) != (0, 0, 0) for one in self.dates):
            raise UsageError("phases begin and end at midnight UTC; give dates without a time")

    @property
    def dates(self) -> tuple[datetime, datetime, datetime]:
        """Start of the validation phase, start of the final phase, and its end."""
        final = self.final or self.start + timedelta(days=60)
        return self.start, final, self.end or final + timedelta(days=14)


def reference_folder(phase: str) -> str:
    """Folder of a phase's reference data in the bundle."""
    return f"reference_data/{phase}"


def competition(
    plan: Plan, task: str, columns: Sequence[Column], sizes: Mapping[str, int]
) -> dict[str, Value]:
    """The description of a competition with two phases.

    Submissions are files of predictions for all queries; each phase scores its own part, and what
    was submitted to the first phase is scored again in the second. ``sizes`` are the rows of each
    part.
    """
    start, final, end = plan.dates
    dates = {"validation": (start, final), "final": (final, end)}
    return {
        "version": 2,
        "title": title_of(plan, task),
        "description": "Choose photos of a restaurant for a user, and write why they would go.",
        "image": LOGO,
        "terms": TERMS,
        "registration_auto_approve": False,
        "docker_image": plan.docker_image,
        "make_programs_available": True,
        "make_input_data_available": False,
        "enable_detailed_results": True,
        "pages": [{"title": title, "file": file} for title, file in PAGES.items()],
        "tasks": [
            {
                "index": index,
                "name": f"{task}: {phase}",
                "description": f"{sizes[phase]} of the queries, of which nobody knows which.",
                "scoring_program": PROGRAM,
                "reference_data": reference_folder(phase),
            }
            for index, phase in enumerate(PHASES)
        ],
        "solutions": [{"index": 0, "tasks": [0, 1], "path": SOLUTION}],
        "phases": [
            _phase(index, phase, *dates[phase], sizes[phase]) for index, phase in enumerate(PHASES)
        ],
        "leaderboards": [
            {
                "title": "Results",
                "key": "main",
                "submission_rule": "Force_Last",
                "columns": [
                    {
                        "title": column.title,
                        "key": column.key,
                        "index": index,
                        "sorting": column.sorting,
                        "precision": 4,
                    }
                    for index, column in enumerate(columns)
                ],
            }
        ],
    }


def title_of(plan: Plan, task: str) -> str:
    """The competition's title."""
    return plan.title or f"Personalized showcases: {task}"


def _phase(index: int, name: str, start: datetime, end: datetime, size: int) -> dict[str, Value]:
    final = name == PHASES[-1]
    phase: dict[str, Value] = {
        "index": index,
        "name": name.capitalize(),
        "description": f"Scored on {size} of the queries.",
        "start": start,
        "end": end,
        "max_submissions_per_day": 1 if final else _DAY_LIMIT,
        "max_submissions": _FINAL_LIMIT if final else _PHASE_LIMIT,
        "execution_time_limit": _SECONDS,
        "hide_output": False,
        "accepts_only_result_submissions": True,
        "starting_kit": KIT,
        "public_data": PUBLIC_DATA,
        "tasks": [index],
    }
    # The first phase of a competition must not have this key.
    return phase | {"auto_migrate_to_this_phase": True} if final else phase
