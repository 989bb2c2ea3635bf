"""Writing a competition bundle: the folder to read and edit, and the zip to upload."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import showcase_bench
from showcase_bench.errors import UsageError
from showcase_bench.evaluate.fits.fitted import FittedModels
from showcase_bench.evaluate.plans.build import parse_model
from showcase_bench.evaluate.predict.predictor import Predictor
from showcase_bench.evaluate.showcases.canonical import dump_predictions
from showcase_bench.evaluate.task.workspace import Workspace
from showcase_bench.sharing.codabench.columns import COLUMNS, Column, columns_of, dump_columns
from showcase_bench.sharing.codabench.competition import (
    KIT,
    LOGO,
    PHASES,
    PROGRAM,
    PUBLIC_DATA,
    SOLUTION,
    Plan,
    competition,
    reference_folder,
)
from showcase_bench.sharing.codabench.logo import draw_logo
from showcase_bench.sharing.codabench.pages import kit_readme, write_pages
from showcase_bench.sharing.codabench.program import COMMAND, PROGRAM_FILE, program_text
from showcase_bench.sharing.codabench.yaml_text import to_yaml
from showcase_bench.sharing.export import Exporter
from showcase_bench.sharing.folders import fresh_folders, list_files
from showcase_bench.sharing.gate import SUBMITTED
from showcase_bench.sharing.halves import public_task, read_public
from showcase_bench.sharing.leaks import Leaks, find_leaks
from showcase_bench.sharing.settings import ExportOptions
from showcase_bench.types import NoProgress, Progress

__all__ = ["BUNDLE", "ZIP", "BundleReport", "write_bundle"]

BUNDLE = "bundle"
ZIP = "bundle.zip"
_NO_PROGRESS = NoProgress()
_BASELINE = "random"
_NEVER = (1980, 1, 1, 0, 0, 0)
"""Time of every member of a zip: one that tells nothing."""


@dataclass(frozen=True)
class BundleReport:
    """What was written."""

    folder: Path
    columns: tuple[Column, ...]
    rows: Mapping[str, int]
    parts: Mapping[str, int]
    zip_bytes: int
    leaks: Leaks


def write_bundle(
    workspace: Workspace,
    folder: Path,
    *,
    plan: Plan | None = None,
    options: ExportOptions | None = None,
    salt: str | None = None,
    progress: Progress = _NO_PROGRESS,
) -> BundleReport:
    """Write a competition on a task: ``bundle/``, the same as ``bundle.zip``, and ``Dockerfile``.

    The folder holds the gold and the salt: only its owner may read it, and of it only the starting
    kit is for participants. The reference data of each phase hold the gold of its own part.

    Parameters
    ----------
    folder
        Missing, empty, or an earlier bundle, which is replaced.
    plan
        Title, image and dates; by default from today.
    options
        As for an export; by default three tenths of the queries are for validation.
    salt
        That of an earlier export, to keep its ids; None draws a new one.

    Raises
    ------
    UsageError
        The cut has other parts than ``validation`` and ``final``, the folder is in the way, or the
        task cannot be exported.
    StoreError
        The disk is full or cannot be written.
    """
    plan = plan or Plan()
    options = options or ExportOptions(cut={"validation": 0.3})
    if options.parts != PHASES:
        raise UsageError(
            f"a competition has the parts {' and '.join(PHASES)}, not "
            f"{' and '.join(options.parts)}; give --cut validation=SHARE"
        )
    columns = columns_of(workspace)
    exporter = Exporter(workspace, options, salt)
    folder = Path(folder)
    with fresh_folders([folder], secret=[folder]) as (place,):
        top = place / BUNDLE
        _write_kit(exporter, top, progress)
        _write_program(top / PROGRAM, columns)
        for phase in PHASES:
            reference = top / reference_folder(phase)
            reference.mkdir(parents=True)
            exporter.write_private(reference, phase)
        (top / LOGO).write_bytes(draw_logo())
        half = read_public(top / PUBLIC_DATA)
        for file, text in write_pages(half, columns, half.split_policy().k).items():
            (top / file).parent.mkdir(exist_ok=True)
            (top / file).write_text(text, encoding="utf-8", newline="\n")
        described = competition(plan, half.task, columns, half.parts)
        (top / "competition.yaml").write_text(to_yaml(described), encoding="utf-8", newline="\n")
        _zip_folder(top, place / ZIP)
        size = (place / ZIP).stat().st_size
        (place / "Dockerfile").write_text(_dockerfile(), encoding="utf-8", newline="\n")
    return BundleReport(
        folder=folder,
        columns=columns,
        rows=half.rows,
        parts=half.parts,
        zip_bytes=size,
        leaks=find_leaks(workspace, options),
    )


def _write_kit(exporter: Exporter, top: Path, progress: Progress) -> None:
    """The starting kit, with a submission that was made from what participants get."""
    public = top / PUBLIC_DATA
    public.mkdir(parents=True)
    exporter.write_public(public, progress)
    half = read_public(public)
    places = exporter.workspace.places
    workspace = Workspace.open(public_task(public), places=places, progress=progress)
    model = parse_model(_BASELINE)
    fits = FittedModels(None, progress)
    answers = Predictor(workspace, fits, progress).run(model, 0).showcases
    submission = _zip({SUBMITTED: dump_predictions(answers)})
    (top / KIT / "random.zip").write_bytes(submission)
    (top / KIT / "README.md").write_text(
        kit_readme(half, half.split_policy().k), encoding="utf-8", newline="\n"
    )
    (top / SOLUTION).parent.mkdir(parents=True)
    (top / SOLUTION).write_bytes(submission)


def _write_program(folder: Path, columns: tuple[Column, ...]) -> None:
    folder.mkdir(parents=True)
    (folder / "metadata.yaml").write_text(f"command: {COMMAND}\n", encoding="ascii")
    text = program_text(showcase_bench.__version__)
    (folder / PROGRAM_FILE).write_text(text, encoding="ascii", newline="\n")
    (folder / COLUMNS).write_bytes(dump_columns(columns))


def _dockerfile() -> str:
    version = showcase_bench.__version__
    return f"""# The image in which submissions are scored: showcase-bench {version} and no more.
#   docker build --build-arg PACKAGE=<wheel beside this file, or what else pip takes> -t IMAGE .
# Push it to where the platform can pull it, and name it as docker_image in competition.yaml.
FROM python:3.11-slim
ARG PACKAGE
COPY Dockerfile *.whl /tmp/package/
WORKDIR /tmp/package
RUN pip install --no-cache-dir "$PACKAGE" && rm -r /tmp/package/*
WORKDIR /app/program
"""


def _zip(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(_member(name), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _zip_folder(folder: Path, target: Path) -> None:
    """All files with ``competition.yaml`` at the top, in the order of their names."""
    with zipfile.ZipFile(target, "w") as archive:
        for name in list_files(folder):
            packed = name.endswith((".png", ".zip"))
            how = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            archive.writestr(_member(name), (folder / name).read_bytes(), how)


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, date_time=_NEVER)
    info.external_attr = 0o644 << 16
    return info
