"""Whether a fitted model survives being saved and loaded, and damage to its files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from showcase_bench.errors import StoreError
from showcase_bench.files import scratch_folder
from showcase_bench.models import AnyModel
from showcase_bench.testing.answers import first_difference
from showcase_bench.testing.findings import Report, told
from showcase_bench.testing.subject import ModelSubject
from showcase_bench.testing.world import Case

__all__ = ["check_saving"]


def check_saving(
    report: Report,
    subject: ModelSubject,
    fitted: AnyModel,
    cases: Sequence[Case],
    answers: Sequence[Any],
) -> None:
    """Save, load and ask again; then load damaged copies. Nothing for a model that cannot save."""
    if not subject.cls.can_save():
        return
    with scratch_folder() as temporary:
        folder, second = temporary / "one", temporary / "two"
        folder.mkdir()
        second.mkdir()
        try:
            fitted.save(folder)
            loaded = subject.build()
            loaded.load(folder)
            again = subject.ask(loaded, cases).answers
            loaded.save(second)
        except Exception as error:  # a stranger's model may fail in any way
            report.add("save-load", f"saving and loading raised {told(error)}")
            return
        if len(again) != len(answers):
            report.add("save-load", f"after load() there are {len(again)} answers")
            return
        for query, what in first_difference(cases, answers, again):
            text = f"before save() and after load() it gets {what}; save all that fit() learned"
            report.add("save-load", text, query)
        if _content(folder) != _content(second):
            report.add(
                "save-load",
                "what was loaded saves other bytes than what was fitted; write files in one "
                "order, without times or paths in them",
            )
        _damage(report, subject, folder)


def _content(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _damage(report: Report, subject: ModelSubject, folder: Path) -> None:
    """Load with each file cut in half, and with none at all."""
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        content = path.read_bytes()
        if not content:
            continue
        path.write_bytes(content[: len(content) // 2])
        _expect_error(report, subject, folder, f"where {path.name} is cut in half")
        path.write_bytes(content)
    with scratch_folder() as empty:
        if any(folder.rglob("*")):
            _expect_error(report, subject, empty, "of an empty folder")


def _expect_error(report: Report, subject: ModelSubject, folder: Path, where: str) -> None:
    try:
        subject.build().load(folder)
    except StoreError:
        return
    except Exception as error:  # as above
        report.add(
            "damaged-files",
            f"load() {where} raised {told(error)}; raise showcase_bench.errors.StoreError",
        )
    else:
        report.add(
            "damaged-files",
            f"load() {where} raised nothing; check what is read, and raise "
            "showcase_bench.errors.StoreError",
        )
