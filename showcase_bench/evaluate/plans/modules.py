"""Model classes by ``module:Class``, out of the working folder or the Python path."""

from __future__ import annotations

import importlib
import sys
import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from showcase_bench.errors import MissingDependencyError, RegistryError, did_you_mean
from showcase_bench.evaluate.plans.sources import source_digest
from showcase_bench.models import AnyModel, model_problem

__all__ = ["ModuleModel", "load_model"]


class ModuleModel(NamedTuple):
    """A model class that was named by its module."""

    cls: type[AnyModel]
    root: Path | None
    """Folder that the module was found in; None where it belongs to an installed package."""
    distribution: str
    """Name and version of the installed package, else the module's file and the start of the hash
    of its sources: ``mymodule.py sha256:0123456789ab``. No folder of the machine is in it."""


def load_model(module: str, name: str) -> ModuleModel:
    """Import ``module`` and take the model class ``name`` out of it.

    The working folder is looked at first, then the Python path. Afterwards the working folder
    stands last on the path, so that the module can still import what lies beside it, and a file
    there hides nothing of the standard library.

    Raises
    ------
    RegistryError
        There is no such module or class, it is no model, the module raises when it is imported,
        or another one of its name is loaded already.
    MissingDependencyError
        The module imports a package that is not installed.
    """
    label = f"model '{module}:{name}'"
    loaded = _imported(label, module)
    where = f"module {module!r} ({getattr(loaded, '__file__', None) or 'built in'})"
    found: Any = loaded
    for part in name.split("."):
        if not hasattr(found, part):
            offer = _offer(name, loaded)
            raise RegistryError(f"{label}: {where} has no {name!r}. {offer}")
        found = getattr(found, part)
    problem = model_problem(found)
    if problem is not None:
        raise RegistryError(f"{label}: {name!r} of {where} cannot be used: {problem}")
    root, distribution = _origin(loaded, found)
    return ModuleModel(found, root, distribution)


def _imported(label: str, module: str) -> ModuleType:
    with _working_folder_first():
        _require_not_hidden(label, module)
        try:
            return importlib.import_module(module)
        except ModuleNotFoundError as error:
            if f"{module}.".startswith(f"{error.name}."):
                raise RegistryError(
                    f"{label}: there is no module {error.name!r} in the working folder "
                    f"{Path.cwd()} or on the Python path. {_offer_modules(str(error.name))}"
                ) from error
            raise MissingDependencyError(
                f"{label} needs the package {error.name!r}, which is not installed; install it "
                "with pip"
            ) from error
        except (Exception, SystemExit) as error:  # a stranger's module may do anything
            raise RegistryError(
                f"{label}: importing {module!r} fails: {type(error).__name__}: {error}"
                f"{_line_of(error)}"
            ) from error


@contextmanager
def _working_folder_first() -> Iterator[None]:
    here = str(Path.cwd())
    sys.path.insert(0, here)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(here)
        if here not in sys.path:
            sys.path.append(here)


def _require_not_hidden(label: str, module: str) -> None:
    """Refuse a module of the working folder whose name another one has, or should have."""
    top = module.partition(".")[0]
    wanted = PathFinder.find_spec(top, [str(Path.cwd())])
    there = getattr(sys.modules.get(top), "__file__", None)
    if wanted is None or wanted.origin is None:
        return
    if top in sys.stdlib_module_names:
        raise RegistryError(
            f"{label}: {wanted.origin} has the name of a module of Python's standard library; "
            "rename the file"
        )
    if top not in sys.modules:
        return
    if there is None or Path(there).resolve() != Path(wanted.origin).resolve():
        raise RegistryError(
            f"{label}: {wanted.origin} is hidden by the module {top!r} that is loaded already "
            f"({there or 'built in'}); rename the file"
        )


def _line_of(error: BaseException) -> str:
    frames = [
        one
        for one in traceback.extract_tb(error.__traceback__)
        if one.filename != __file__ and "importlib" not in one.filename
    ]
    if isinstance(error, SyntaxError) or not frames:
        return ""
    return f"\n  in {frames[-1].filename}, line {frames[-1].lineno}: {frames[-1].line}"


def _offer(name: str, loaded: ModuleType) -> str:
    models = [key for key, value in vars(loaded).items() if model_problem(value) is None]
    return did_you_mean(name, models) if models else "It has no model at all."


def _offer_modules(name: str) -> str:
    here = Path.cwd()
    names = [path.stem for path in here.glob("*.py")]
    names += [path.parent.name for path in here.glob("*/__init__.py")]
    return did_you_mean(name, names) if names else "That folder holds no modules."


def _origin(loaded: ModuleType, cls: type[AnyModel]) -> tuple[Path | None, str]:
    """Where sources beside the module may lie, and what is recorded of where it came from."""
    path = Path(str(loaded.__file__)).resolve()
    parts = loaded.__name__.split(".")
    root = path.parents[len(parts) - (path.name != "__init__.py")]
    if root != Path.cwd().resolve():
        for one in metadata.packages_distributions().get(parts[0], []):
            return None, f"{one} {metadata.version(one)}"
        places = sysconfig.get_paths()
        if any(root.is_relative_to(places[key]) for key in ("stdlib", "purelib", "platlib")):
            return None, f"{path.relative_to(root).as_posix()} {_short(source_digest(cls))}"
    digest = source_digest(cls, root)
    return root, f"{path.relative_to(root).as_posix()} {_short(digest)}"


def _short(digest: str) -> str:
    return f"sha256:{digest[:12]}"
