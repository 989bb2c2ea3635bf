"""Writing a world to a folder, in memory that does not grow with the number of rows."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path
from typing import IO, Any

from showcase_bench.datasets.integrity.manifest import write_manifest
from showcase_bench.datasets.mini.config import MiniConfig
from showcase_bench.datasets.mini.photos import RENDER_VERSION
from showcase_bench.datasets.mini.reviews import SPLITS
from showcase_bench.datasets.mini.rows import framed
from showcase_bench.datasets.synth.division import towns
from showcase_bench.datasets.synth.merge import merged_lines, merged_records
from showcase_bench.datasets.synth.planted import ALBUMS, truth_file
from showcase_bench.datasets.synth.records import NAMES, PHOTO
from showcase_bench.datasets.synth.town import TownCounts, TownJob, make_town, part_file
from showcase_bench.datasets.synth.world_file import DATA, PHOTOS, PLACES, WORLD, describe
from showcase_bench.errors import StoreError, UsageError
from showcase_bench.files import temporary_folder
from showcase_bench.pool import map_in_processes
from showcase_bench.types import NoProgress, Progress

__all__ = ["FILES", "SynthReport", "synth"]

_NO_PROGRESS = NoProgress()

FILES = (DATA, WORLD, PHOTOS, PLACES, *map(truth_file, SPLITS), ALBUMS)
"""What a synth folder holds besides its manifest."""


@dataclass(frozen=True, slots=True)
class SynthReport:
    """What was written."""

    folder: Path
    config: MiniConfig
    towns: int
    counts: dict[str, int]
    """Rows of each split, ``businesses``, ``users``, ``photos``, ``words``, ``history_reviews``."""
    files: dict[str, dict[str, Any]]
    """Name to ``bytes`` and ``sha256``, as in the manifest."""


def synth(
    config: MiniConfig, out: Path, *, jobs: int = 1, progress: Progress = _NO_PROGRESS
) -> SynthReport:
    """Write the world of ``config`` to the folder ``out``, without drawing its photos.

    Equal settings give equal bytes, whatever ``jobs`` is. The folder appears whole or not at all:
    it is made under another name beside ``out`` and renamed at the end. What a killed process
    leaves of it is removed by the next one that writes a world there.

    Parameters
    ----------
    config
        Seed, sizes and knobs; :func:`showcase_bench.datasets.synth.towns` tells how a large world
        is divided.
    out
        A folder that does not exist or is empty.
    jobs
        Processes that make the towns, at least 1; one town or one job needs no other process. They
        are spawned, so a script that asks for several must guard its own start with
        ``if __name__ == "__main__"``.
    progress
        Tracks towns, then rows.

    Raises
    ------
    UsageError
        ``jobs`` is below 1, or ``out`` is a file or a folder that is not empty.
    StoreError
        The disk is full or cannot be written, or a process was killed.
    """
    if isinstance(jobs, bool) or jobs < 1:
        raise UsageError(f"jobs is {jobs}; give at least 1 process")
    out = Path(out)
    _require_free(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with temporary_folder(out.parent) as place:
            report = _write_all(config, out, place, jobs, progress)
            (place / "world").replace(out)
    except OSError as error:
        _require_free(out)
        raise StoreError(
            f"{out}: cannot be written ({error.strerror or error}). Nothing was left there; make "
            "room, or choose a folder that is writable."
        ) from error
    return report


def _require_free(out: Path) -> None:
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise UsageError(f"{out} is not a folder; name one that does not exist yet")
    if out.is_dir() and any(out.iterdir()):
        raise UsageError(f"{out} exists and is not empty; remove it or choose another folder")


def _write_all(
    config: MiniConfig, out: Path, place: Path, jobs: int, progress: Progress
) -> SynthReport:
    parts, folder = place / "parts", place / "world"
    parts.mkdir()
    (folder / "truth").mkdir(parents=True)
    divided = towns(config)
    starts = accumulate((town.businesses for town in divided), initial=0)
    work = [
        TownJob(town, index, start, parts)
        for index, (town, start) in enumerate(zip(divided, starts, strict=False))
    ]
    processes = min(jobs, len(work))
    towns_made = (
        map(make_town, work) if processes == 1 else map_in_processes(make_town, work, processes)
    )
    made = progress.track(towns_made, label=f"making {out.name}", total=len(work))
    counts = _total(config, made)
    _join(folder, parts, len(work), progress, config)
    world = describe(config, len(work), counts, RENDER_VERSION, NAMES)
    text = json.dumps(world, indent=1, sort_keys=True, ensure_ascii=True)
    (folder / WORLD).write_text(f"{text}\n", encoding="ascii", newline="\n")
    manifest = write_manifest(folder, FILES)
    files = json.loads(manifest.read_bytes())["files"]
    return SynthReport(out, config, len(work), counts, files)


def _total(config: MiniConfig, made: Iterable[TownCounts]) -> dict[str, int]:
    counts = {"train": config.n_train, "val": config.n_val, "test": config.n_test}
    for town in made:
        for name, value in asdict(town).items():
            counts[name] = counts.get(name, 0) + value
    return counts


def _join(folder: Path, parts: Path, number: int, progress: Progress, config: MiniConfig) -> None:
    """Merge the parts of all towns; each is removed once it is used."""

    def files(part: str) -> list[Path]:
        return [part_file(parts, index, part) for index in range(number)]

    rows = {
        split: progress.track(
            _rows(folder, split, files(split)), label=f"joining {split} rows", total=total
        )
        for split, total in zip(SPLITS, (config.n_train, config.n_val, config.n_test), strict=True)
    }
    with (folder / DATA).open("wb") as data:
        data.writelines(framed(rows))
    with (folder / PHOTOS).open("wb") as stream:
        stream.writelines(merged_records(files("photos"), PHOTO.itemsize))
    for name, part in ((PLACES, "places"), (ALBUMS, "albums")):
        with (folder / name).open("wb") as stream:
            _append(stream, files(part))


def _rows(folder: Path, split: str, parts: Sequence[Path]) -> Iterator[bytes]:
    """Rows of one split in order; their truth is written on the way."""
    with (folder / truth_file(split)).open("wb") as truth:
        for line in merged_lines(parts):
            _, row, planted = line.split(b"\t")
            truth.write(planted + b"\n")
            yield row
    for path in parts:
        path.unlink()


def _append(stream: IO[bytes], paths: Sequence[Path]) -> None:
    for path in paths:
        with path.open("rb") as part:
            shutil.copyfileobj(part, stream)
