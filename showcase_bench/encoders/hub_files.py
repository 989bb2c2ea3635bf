"""Files of a model hub: from the local cache where they are, else fetched, else a clear error."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from showcase_bench.encoders.torch_tools import import_extra
from showcase_bench.errors import MissingDependencyError, UsageError

__all__ = ["fetch_folder"]

_ANSWER_SECONDS = 5.0


def fetch_folder(
    repo: str,
    patterns: Sequence[str],
    required: Sequence[Sequence[str]],
    *,
    what: str,
    advice: str,
    revision: str | None = None,
) -> Path:
    """Folder that holds files of a hub's repository.

    What the local cache has is taken as it is, without asking the hub for something newer.

    Parameters
    ----------
    repo
        Such as ``roberta-large`` or ``microsoft/deberta-base-mnli``.
    patterns
        Names of the files to have, where ``*`` stands for anything.
    required
        Groups of file names; one name of each group must be there.
    what
        It is for, in messages: ``encoder 'timm:resnet18'``.
    advice
        What the user can do without a network.
    revision
        Branch, tag or commit; None takes the main one.

    Raises
    ------
    MissingDependencyError
        The cache lacks the files and the hub cannot be reached, or does not have them.
    UsageError
        The repository has no file of a required group.
    """
    hub = import_extra("huggingface_hub", repo)
    options = {"revision": revision, "allow_patterns": list(patterns)}
    folder = _cached(hub, repo, options)
    if folder is not None and not _lacking(folder, required):
        return folder
    try:
        folder = Path(hub.snapshot_download(repo, etag_timeout=_ANSWER_SECONDS, **options))
    except (OSError, ValueError, hub.errors.HfHubHTTPError) as error:
        reason = " ".join(str(error).split(". ")[0].split())[:200]
        raise MissingDependencyError(
            f"{what}: its weights are not here and cannot be fetched ({reason}); {advice}"
        ) from error
    lacking = _lacking(folder, required)
    if lacking:
        raise UsageError(f"{what}: {repo} has no {' or '.join(lacking)}; {advice}")
    return folder


def _cached(hub: Any, repo: str, options: dict[str, Any]) -> Path | None:
    try:
        return Path(hub.snapshot_download(repo, local_files_only=True, **options))
    except (OSError, ValueError):
        return None


def _lacking(folder: Path, required: Sequence[Sequence[str]]) -> list[str]:
    for names in required:
        if not any((folder / name).is_file() for name in names):
            return list(names)
    return []
