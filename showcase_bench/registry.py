"""Names to things, found through entry points and loaded only when asked for.

Models, metrics, tasks and encoders come in through the entry-point groups
``showcase_bench.models``, ``.metrics``, ``.tasks`` and ``.encoders``, ours in the same way as a
stranger's. Listing names reads package metadata and imports nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from typing import Any, Generic, TypeVar

from showcase_bench.errors import MissingDependencyError, RegistryError, did_you_mean

__all__ = ["Registration", "Registry"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Registration:
    """Where a name comes from."""

    name: str
    target: str
    """``package.module:attribute``; nothing of it has been imported."""
    distribution: str
    """Name of the installed distribution that registers it."""
    version: str

    @property
    def origin(self) -> str:
        """Human-readable origin: target and distribution."""
        return f"{self.target} (from {self.distribution} {self.version})"


class Registry(Generic[T]):
    """All names of one entry-point group.

    Parameters
    ----------
    group
        Entry-point group, such as ``showcase_bench.models``.
    kind
        The word for one member in messages, such as ``model``.
    check
        Called with the loaded object; returns what is wrong with it, or None.
    """

    def __init__(
        self, group: str, kind: str, check: Callable[[Any], str | None] = lambda loaded: None
    ) -> None:
        self.group = group
        self.kind = kind
        self._check = check

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._registrations))

    def __contains__(self, name: object) -> bool:
        return name in self._registrations

    def __len__(self) -> int:
        return len(self._registrations)

    def origins(self, name: str) -> list[Registration]:
        """Every registration of ``name``; more than one is a conflict, none an unknown name."""
        return list(self._registrations.get(name, []))

    def registration(self, name: str) -> Registration:
        """Where ``name`` comes from.

        Raises
        ------
        RegistryError
            The name is unknown (the nearest is offered) or registered more than once.
        """
        found = self.origins(name)
        if not found:
            raise RegistryError(f"unknown {self.kind} {name!r}. {did_you_mean(name, self)}")
        if len(found) > 1:
            origins = "; ".join(one.origin for one in found)
            raise RegistryError(
                f"{self.kind} {name!r} is registered {len(found)} times: {origins}. "
                "Uninstall or rename all but one."
            )
        return found[0]

    def get(self, name: str) -> T:
        """Import and return what ``name`` stands for.

        Raises
        ------
        RegistryError
            Unknown, registered twice, cannot be imported, or is not what the group requires.
        MissingDependencyError
            It needs a package that is not installed.
        """
        one = self.registration(name)
        module_name = one.target.partition(":")[0]
        try:
            loaded = metadata.EntryPoint(one.name, one.target, self.group).load()
        except ModuleNotFoundError as error:
            own = f"{module_name}.".startswith(f"{error.name}.")
            if own:
                raise self._broken(one, error) from error
            raise MissingDependencyError(
                f"{self.kind} {name!r} needs the package {error.name!r}, which is not installed; "
                f"install the extra of {one.distribution} that brings it, "
                f"or {error.name!r} itself with pip."
            ) from error
        except Exception as error:  # a plugin may fail in any way at import
            raise self._broken(one, error) from error
        problem = self._check(loaded)
        if problem is not None:
            raise RegistryError(f"{self.kind} {name!r}, {one.origin}: {problem}")
        return loaded  # type: ignore[no-any-return]

    def problem(self, name: str) -> str | None:
        """Why ``name`` cannot be used, or None; imports it to find out."""
        try:
            self.get(name)
        except (RegistryError, MissingDependencyError) as error:
            return str(error)
        return None

    def _broken(self, one: Registration, error: Exception) -> RegistryError:
        return RegistryError(
            f"{self.kind} {one.name!r}, {one.origin}, cannot be loaded: "
            f"{type(error).__name__}: {error}"
        )

    @cached_property
    def _registrations(self) -> dict[str, list[Registration]]:
        found: dict[str, dict[tuple[str, str], Registration]] = {}
        for point in metadata.entry_points(group=self.group):
            # One distribution may be seen twice (an installed and an editable copy of it).
            name = point.dist.name if point.dist else "an unknown distribution"
            version = point.dist.version if point.dist else ""
            one = Registration(point.name, point.value, name, version)
            found.setdefault(point.name, {}).setdefault((name, point.value), one)
        # The order of the search path and of folder listings must not show.
        return {
            name: sorted(ones.values(), key=lambda one: (one.distribution, one.target))
            for name, ones in found.items()
        }
