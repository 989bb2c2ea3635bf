"""The two halves as tasks, so that every verb works on them like on any other."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from pathlib import Path

from showcase_bench.datasets.dataset import Dataset, load_dataset
from showcase_bench.datasets.tasks import Places, Task, open_file
from showcase_bench.errors import StoreError
from showcase_bench.sharing.names import Names
from showcase_bench.sharing.photos import RenamedImages
from showcase_bench.sharing.settings import DATA, PRIVATE, PUBLIC, Half, read_half
from showcase_bench.types import Progress, Query, Showcase

__all__ = ["PrivateHalf", "private_task", "public_task", "read_private", "read_public"]


@dataclass(frozen=True)
class PrivateHalf:
    """A private half and the names that participants see."""

    folder: Path
    half: Half
    names: Names

    @property
    def salt(self) -> str:
        """The secret that the public ids were made with."""
        return self.half.salt or ""

    @property
    def cut(self) -> dict[str, float]:
        """Part of the scored rows to its share."""
        return dict(self.half.cut or {})

    def public_query(self, query: Query) -> Query:
        """What participants answered: the query under its public names, history aside."""
        names = self.names
        return Query(
            names.review(query.id),
            names.user(query.user_id),
            names.business(query.business_id),
            (),
            tuple(names.photo(one) for one in query.pool),
            query.k,
        )

    def original_showcase(self, query: Query, answer: Showcase) -> Showcase:
        """An answer to :meth:`public_query` as an answer to ``query``."""
        originals = {self.names.photo(one): one for one in query.pool}
        return Showcase(query.id, tuple(originals[one] for one in answer.image_ids), answer.text)


def read_public(folder: Path) -> Half:
    """What a public half says of itself; raises what :func:`read_half` raises."""
    return read_half(Path(folder), PUBLIC)


def read_private(folder: Path) -> PrivateHalf:
    """Open a private half; raises what :func:`read_half` raises."""
    folder = Path(folder)
    half = read_half(folder, PRIVATE)
    return PrivateHalf(folder, half, Names(half.salt or "", photos=half.photos == "files"))


def public_task(folder: Path, photos: Path | None = None) -> Task:
    """The task of a public half: its queries can be predicted, and not scored.

    Parameters
    ----------
    folder
        The public half.
    photos
        Folder or tar archive of the photos; by default the half's own.

    Raises
    ------
    UsageError, StoreError
        ``folder`` is not a public half, or is damaged.
    """
    half = read_public(folder)
    opener = functools.partial(open_file, Path(folder) / DATA, photos, name=f"{half.task}-public")
    return _task(half, f"{half.task}-public", opener)


def private_task(private: PrivateHalf, photos: Path | None = None) -> Task:
    """The task of a private half, under the original ids.

    Parameters
    ----------
    private
        The half.
    photos
        The public half with the photos, where they were exported; else a folder or an archive of
        the original photos. Without, every photo counts as missing.
    """
    half = private.half
    opener = functools.partial(_open_private, private.folder, photos)
    return _task(half, half.task, opener)


def _task(half: Half, name: str, opener: functools.partial[Dataset]) -> Task:
    return Task(
        name=name,
        version=half.version,
        summary=half.summary,
        open=opener,
        split=half.split,
        policy=half.split_policy(),
        metrics=half.metrics,
        primary=half.primary,
    )


def _open_private(folder: Path, photos: Path | None, places: Places, progress: Progress) -> Dataset:
    private = read_private(folder)
    path = folder / DATA
    if photos is None or private.half.photos == "ids":
        data = open_file(path, photos, places, progress, name=private.half.task)
    else:
        bare = load_dataset(path, cache_dir=places.cache, progress=progress)
        images = RenamedImages(photos, bare.image_ids(), private.names)
        data = load_dataset(path, cache_dir=places.cache, images=images, name=private.half.task)
    if len(data.tables.splits[private.half.split]) != private.half.rows[private.half.split]:
        raise StoreError(f"{path}: not the rows that were exported; export the task again")
    return data


def as_exported(task: Task) -> Task:
    """The task whose file an export holds: its rows are chosen and masked already."""
    return replace(task, policy=replace(task.policy, exclude=""))
