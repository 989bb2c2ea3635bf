"""What an export is asked for, and what it says of itself in ``export.json``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from showcase_bench.datasets.policy import SplitPolicy
from showcase_bench.datasets.tasks import Task
from showcase_bench.errors import StoreError, UsageError

__all__ = [
    "DATA",
    "EXPORT",
    "PRIVATE",
    "PUBLIC",
    "REST",
    "ExportOptions",
    "Gold",
    "Half",
    "Photos",
    "check_task",
    "read_half",
]

EXPORT = "export.json"
DATA = "data.json"
FORMAT = 1
"""Raised by every change of what a half holds or means."""
PUBLIC = "showcase-bench public half"
PRIVATE = "showcase-bench private half"

Photos = Literal["files", "ids"]
"""``files``: photos are renamed and written as PNG; ``ids``: only their original ids are given."""
Gold = Literal["gold", "queries", "none"]
"""Of the held-out split that is not scored: with its gold, without, or not at all."""

_PART = re.compile(r"[a-z][a-z0-9-]{0,30}")
REST = "final"
"""Part of the scored rows that no cut names."""


@dataclass(frozen=True)
class ExportOptions:
    """Choices of an organizer.

    Raises
    ------
    UsageError
        A choice is unknown, or a cut is not a part's name with a share between 0 and 1.
    """

    photos: Photos = "files"
    validation: Gold = "gold"
    cut: Mapping[str, float] = field(default_factory=dict)
    """Part of the scored rows to its share; what is left is ``final``. Empty: one part, ``final``.
    """

    def __post_init__(self) -> None:
        for name, choices in (("photos", get_args(Photos)), ("validation", get_args(Gold))):
            if getattr(self, name) not in choices:
                raise UsageError(f"{name} is {getattr(self, name)!r}; it is {' or '.join(choices)}")
        for name, share in self.cut.items():
            if not _PART.fullmatch(name) or name == REST:
                raise UsageError(
                    f"cannot cut out a part {name!r}: give small letters, digits and dashes, and "
                    f"not {REST!r}, which is what is left"
                )
            if not 0.0 < share < 1.0:
                raise UsageError(f"the share of part {name!r} is {share}; it is between 0 and 1")
        if sum(self.cut.values()) >= 1.0:
            raise UsageError(f"the cut leaves nothing for {REST!r}; the shares sum to 1 or more")

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the parts in their order, ``final`` last."""
        return (*self.cut, REST)


@dataclass(frozen=True)
class Half:
    """What ``export.json`` says of its folder."""

    kind: str
    task: str
    version: int
    summary: str
    split: str
    """The scored split."""
    policy: Mapping[str, Any]
    metrics: tuple[str, ...]
    primary: Mapping[str, str]
    photos: Photos
    validation: Gold
    rows: Mapping[str, int]
    """Of each split of the file."""
    parts: Mapping[str, int]
    """Part of the scored rows to its number of rows."""
    salt: str | None = None
    """Of a private half only."""
    cut: Mapping[str, float] | None = None
    data_sha256: str | None = None
    """Of the data file that was exported; of a private half only."""
    kept: str | None = None
    """The only part whose gold a private half holds; None where it holds all."""

    def dump(self) -> bytes:
        """Readable JSON; what is None is left out."""
        known = {key: value for key, value in asdict(self).items() if value is not None}
        text = json.dumps({"format": FORMAT, **known}, indent=2, ensure_ascii=False)
        return f"{text}\n".encode()

    def split_policy(self) -> SplitPolicy:
        """The protocol under which the file is read."""
        return SplitPolicy(**self.policy)


def check_task(task: Task) -> None:
    """Refuse protocols under which gold cannot be hidden.

    Raises
    ------
    UsageError
        The task shows history texts that are gold, scores its training split, or draws pools from
        other businesses by ids, which an export replaces.
    """
    if not task.policy.mask_history:
        raise UsageError(
            f"{task.name} shows history texts that are the gold of other rows, so its gold cannot "
            "be hidden; leave --no-mask-history out"
        )
    if task.policy.pool != "business":
        raise UsageError(
            f"{task.name} draws photos of other businesses by ids, which an export replaces; only "
            "pools of the business's own photos can be exported"
        )
    if task.split == "train":
        raise UsageError("the training split is what participants learn from; score another one")


def read_half(folder: Path, kind: str) -> Half:
    """Read ``export.json`` of a half.

    Raises
    ------
    UsageError
        ``folder`` is no half of an export, or the other one.
    StoreError
        It is damaged or of a newer version.
    """
    path = folder / EXPORT
    try:
        raw = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(
            f"{folder} is no {kind}: it has no {EXPORT}. `showcase-bench task export` makes one"
        ) from error
    except (OSError, ValueError) as error:
        raise StoreError(f"{path}: cannot be read ({error}); export the task again") from error
    found = raw.get("kind") if isinstance(raw, dict) else None
    if found in (PUBLIC, PRIVATE) and found != kind:
        raise UsageError(f"{folder} is a {found}; what is needed here is a {kind}")
    try:
        if raw.pop("format") != FORMAT:
            raise StoreError(f"{path}: of another version; update showcase-bench")
        half = Half(**{**raw, "metrics": tuple(raw["metrics"])})
        half.split_policy()
        if half.kind != kind or (kind == PRIVATE and (half.salt is None or half.cut is None)):
            raise ValueError("a field is missing")
        return half
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise StoreError(f"{path}: damaged ({error}); export the task again") from error
