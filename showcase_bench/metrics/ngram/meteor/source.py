"""Finding and reading the files of METEOR 1.5 inside the installed package."""

from __future__ import annotations

import zipfile
from importlib.util import find_spec
from pathlib import Path

from showcase_bench.errors import MissingDependencyError

__all__ = ["read_pairs", "read_words", "table_files"]

_FOLDER = Path("meteor")
_JAR = _FOLDER / "meteor-1.5.jar"
_PARAPHRASES = _FOLDER / "data" / "paraphrase-en.gz"


def table_files() -> tuple[Path, Path]:
    """Paths of the jar and of the paraphrase table.

    Raises
    ------
    MissingDependencyError
        pycocoevalcap is not installed, or lacks one of the files.
    """
    spec = find_spec("pycocoevalcap")
    folders = [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec else []
    for folder in folders:
        if (folder / _JAR).is_file() and (folder / _PARAPHRASES).is_file():
            return folder / _JAR, folder / _PARAPHRASES
    found = f"the one in {folders[0]} is incomplete" if folders else "it is not installed"
    raise MissingDependencyError(
        f"meteor needs {_JAR.name} and {_PARAPHRASES.name} of the package pycocoevalcap, and "
        f"{found}: pip install --force-reinstall pycocoevalcap"
    )


def read_words(jar: Path, name: str) -> list[str]:
    """Words of a resource of the jar, one a line."""
    return _read(jar, name).split()


def read_pairs(jar: Path, name: str) -> dict[str, list[str]]:
    """Resource of the jar in which a line with a key is followed by a line with its values."""
    lines = _read(jar, name).split("\n")
    return {
        key.rstrip("\r"): values.split()
        for key, values in zip(lines[0:-1:2], lines[1::2], strict=False)
    }


def _read(jar: Path, name: str) -> str:
    try:
        with zipfile.ZipFile(jar) as archive:
            return archive.read(name).decode("utf-8")
    except (OSError, KeyError, zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise MissingDependencyError(
            f"{jar} is damaged ({name}: {error}): pip install --force-reinstall pycocoevalcap"
        ) from error
