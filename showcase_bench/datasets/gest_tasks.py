"""The tasks on GEST (Yan et al., SIGIR 2023), which the user downloads or builds once."""

from __future__ import annotations

from pathlib import Path

from showcase_bench.datasets.dataset import Dataset
from showcase_bench.datasets.prepared import file_sha256
from showcase_bench.datasets.resplit import warm_split
from showcase_bench.datasets.tasks import Places, Task, open_file
from showcase_bench.datasets.usable import usable_cache
from showcase_bench.errors import DataError
from showcase_bench.files import replace_file
from showcase_bench.types import Progress

__all__ = ["gest", "gest_selection", "gest_warm"]

_REVIEWS = "filter_all_t.json"
_S1 = "s1.json"
_ARCHIVE = "google-images.tar"


def _photos(folder: Path) -> Path:
    """The unpacked archive where it is there, else the folder with the fetched photos."""
    archive = folder / _ARCHIVE
    return archive if archive.is_file() else folder


def _require(path: Path, fix: str) -> Path:
    if not path.is_file():
        raise DataError(path, "no such file: this task needs data that is not here yet", fix)
    return path


def _reviews(places: Places) -> Path:
    folder = places.data / "gest"
    return _require(
        folder / _REVIEWS,
        "Get it with `showcase-bench data get gest` (112 MB; add `--what reviews,images` for the "
        "photos), or name the folder that holds gest/ with --data-dir.",
    )


def _open_gest(places: Places, progress: Progress) -> Dataset:
    path = _reviews(places)
    return open_file(path, _photos(path.parent), places, progress, name="gest")


def _open_warm(places: Places, progress: Progress) -> Dataset:
    source = _reviews(places)
    made = places.cache / "gest-warm" / f"{file_sha256(source)}-v1.json"
    if not _is_whole(made):
        with usable_cache(places.cache):
            made.parent.mkdir(parents=True, exist_ok=True)
            warm_split(source, made, progress=progress)
            replace_file(_seal(made), file_sha256(made).encode())
    return open_file(made, _photos(source.parent), places, progress, name="gest-warm")


def _seal(path: Path) -> Path:
    """File that holds the SHA-256 of another one."""
    return path.with_suffix(".sha256")


def _is_whole(path: Path) -> bool:
    try:
        return file_sha256(path).encode() == _seal(path).read_bytes()
    except (DataError, OSError):
        return False


def _open_selection(places: Places, progress: Progress) -> Dataset:
    folder = places.data / "gest"
    path = _require(
        folder / _S1,
        "Get the raw reviews with `showcase-bench data get gest --what raw` and build it with "
        f"`showcase-bench data build s1 {folder / 'image_review_all.json'} --out {folder / _S1}`.",
    )
    return open_file(path, _photos(folder), places, progress, name="gest-selection")


gest = Task(
    name="gest",
    version=1,
    summary="GEST-s2 with its own train / val / test; needs `data get gest`",
    open=_open_gest,
)
gest_warm = Task(
    name="gest-warm",
    version=1,
    summary="GEST-s2 re-split so that each test user has training reviews, for user-id models",
    open=_open_warm,
)
gest_selection = Task(
    name="gest-selection",
    version=1,
    summary="GEST-s1, built from the raw reviews; photo selection only",
    open=_open_selection,
    metrics=("precision@{k}", "recall@{k}", "f1@{k}", "ndcg@{k}", "div@{k}"),
    primary={"photos": "ndcg@{k}"},
)
