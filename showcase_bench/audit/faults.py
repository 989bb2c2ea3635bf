"""All faults, in the order in which they are shown."""

from __future__ import annotations

from collections.abc import Sequence

from showcase_bench.audit.base import Fault
from showcase_bench.audit.borrowed import Generic, OtherBusiness, OtherUser
from showcase_bench.audit.damaged import Repeated, Shuffled, Truncated
from showcase_bench.audit.photos import OtherBusinessPhotos, OtherPhotos, RandomPhotos
from showcase_bench.audit.unrelated import UnrelatedWords
from showcase_bench.errors import UsageError, did_you_mean

__all__ = ["FAULTS", "find_faults"]

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        OtherUser(),
        OtherBusiness(),
        Generic(),
        Truncated(),
        Shuffled(),
        Repeated(),
        UnrelatedWords(),
        OtherPhotos(),
        OtherBusinessPhotos(),
        RandomPhotos(),
    )
}
"""Every fault by name, those of texts first."""


def find_faults(names: Sequence[str]) -> tuple[Fault, ...]:
    """Faults by name, each once, in the order of :data:`FAULTS`; ``all`` stands for every one.

    Raises
    ------
    UsageError
        A name is unknown (the nearest is offered), or none is given.
    """
    for name in names:
        if name != "all" and name not in FAULTS:
            raise UsageError(f"there is no fault {name!r}. {did_you_mean(name, FAULTS)}")
    if not names:
        raise UsageError(f"no fault is named. {did_you_mean('', FAULTS)}")
    return tuple(fault for name, fault in FAULTS.items() if "all" in names or name in names)
