"""Encoders by name: ``NAME`` or ``NAME:ARGUMENT``, such as ``open_clip:ViT-B-32/openai``."""

from __future__ import annotations

import re
import threading
from typing import Any, TypeVar

from showcase_bench.encoders.base import Encoder, ImageEncoder, TextEncoder, TokenEncoder
from showcase_bench.errors import UsageError
from showcase_bench.registry import Registry

__all__ = ["ENCODERS", "EncoderShelf", "describe_encoders", "get_encoder"]

E = TypeVar("E", bound=Encoder)

_IDENTITY = re.compile(r"(?P<name>.+)@(?P<weights>[0-9a-f]{8})", re.DOTALL)
_ABILITIES = {
    "ImageEncoder": "encode images",
    "TextEncoder": "encode texts",
    "TokenEncoder": "give vectors of single tokens",
    "PairEncoder": "put texts and images into one space",
}


def _check(loaded: Any) -> str | None:
    if isinstance(loaded, type) and issubclass(loaded, Encoder):
        return None
    return "it must be a subclass of showcase_bench.encoders.Encoder"


ENCODERS: Registry[type[Encoder]] = Registry("showcase_bench.encoders", "encoder", _check)
"""Every installed encoder by name."""


def get_encoder(name: str, kind: type[E]) -> E:
    """Build the encoder that ``name`` stands for, which must be of ``kind``.

    Raises
    ------
    RegistryError
        The name is unknown (the nearest is offered), registered twice, or cannot be loaded.
    MissingDependencyError
        It needs a package or a file of weights that is not there.
    UsageError
        Its argument cannot work, or it is of another kind.
    """
    known, _, argument = name.partition(":")
    cls = ENCODERS.get(known)
    if not issubclass(cls, kind):
        raise UsageError(f"encoder {known!r} does not {_ABILITIES[kind.__name__]}")
    return cls(argument)


def describe_encoders() -> list[dict[str, Any]]:
    """What there is to know about every registered encoder without loading weights, by name.

    A broken one has its ``problem`` in place of the rest.
    """
    rows = []
    for name in ENCODERS:
        origin = ENCODERS.origins(name)[0]
        row = {"name": name, "target": origin.target, "distribution": origin.distribution}
        problem = ENCODERS.problem(name)
        if problem is None:
            cls = ENCODERS.get(name)
            kinds = (("images", ImageEncoder), ("texts", TextEncoder), ("tokens", TokenEncoder))
            encodes = ", ".join(what for what, kind in kinds if issubclass(cls, kind))
            row |= {"encodes": encodes, "form": cls.form or name, "summary": cls.summary}
        else:
            row |= {"encodes": "–", "form": name, "summary": f"BROKEN: {problem}"}
        rows.append({**row, "version": origin.version})
    return rows


class EncoderShelf:
    """Encoders that were made, so that images and texts share one model. Thread-safe."""

    def __init__(self) -> None:
        self._made: dict[str, Encoder] = {}
        self._lock = threading.RLock()

    def get(self, name: str, kind: type[E]) -> E:
        """Find or build an encoder by name or by identity; raises as :func:`get_encoder`."""
        with self._lock:
            made = self._made.get(name)
            if made is None:
                made = self._make(name, kind)
            if not isinstance(made, kind):
                raise UsageError(f"encoder {name!r} does not {_ABILITIES[kind.__name__]}")
            return made

    def identify(self, name: str) -> str:
        """Identity of an encoder, such as ``minilm@53aa5117``; raises as :func:`get_encoder`."""
        with self._lock:
            return self.get(name, Encoder).identity

    def _make(self, name: str, kind: type[E]) -> E:
        named = _IDENTITY.fullmatch(name)
        plain = name if named is None else named["name"]
        made = get_encoder(plain, kind)
        if named is not None and made.identity != name:
            raise UsageError(
                f"encoder {plain!r} is {made.identity} here, and {name} is asked for; bring the "
                f"weights whose SHA-256 starts with {named['weights']}, or name no weights"
            )
        self._made[plain] = self._made[made.identity] = made
        return made
