"""The model contract: what a stranger writes to be ranked.

The harness builds the model from its recorded arguments, calls ``fit`` once (or ``load``, where the
same fit was kept) and then asks for answers to all queries; it batches, times, stores and checks
the output. The model does none of that.
"""

from __future__ import annotations

import abc
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from showcase_bench.spec import Scalar
from showcase_bench.types import Example, ImageStore, Progress, Query, Showcase, Split

__all__ = ["Flag", "Model", "OracleModel", "Role", "Writer"]

Role = Literal["system", "control", "ceiling"]
Flag = Literal["uses gold", "uses target feature", "exploits leak"]


class _Fitted(abc.ABC):  # noqa: B024  (what is asked of them differs between the kinds)
    """What all kinds of models share."""

    role: ClassVar[Role] = "system"
    """``control`` and ``ceiling`` rows frame a board; they are not contestants."""
    flags: ClassVar[tuple[Flag, ...]] = ()
    """Shown beside the name on every board."""
    predict_arguments: ClassVar[frozenset[str]] = frozenset()
    """Constructor arguments that ``fit`` does not look at: models that differ in these alone share
    one fit, where the model can save and load it."""

    variants: ClassVar[Mapping[str, Mapping[str, Scalar]]] = MappingProxyType({})
    """Named sets of arguments: ``showcase:no-ccl`` stands for ``showcase`` with those of
    ``no-ccl``, and ``showcase:all`` for all of them."""

    def fit(  # noqa: B027  (optional by contract)
        self, train: Split, val: Split, *, seed: int, workdir: Path, progress: Progress
    ) -> None:
        """Learn from the training split; optional.

        Parameters
        ----------
        train, val
            Sequences of examples, gold included; ``train.images`` gives the photos. Either may be
            empty.
        seed
            The only source of randomness that the model may use; 0 is a seed.
        workdir
            A folder for the model's own files, empty but after an interruption: a model that
            ``can_save()`` finds there what it left when the same fit was cut off.
        progress
            ``progress.track(items, label=...)`` shows a bar.
        """

    def save(self, folder: Path) -> None:
        """Write what ``fit`` learned into an empty folder; optional, together with :meth:`load`."""
        raise NotImplementedError

    def load(self, folder: Path) -> None:
        """Become what :meth:`save` wrote, in place of ``fit``; answers must be the same bytes.

        Parameters
        ----------
        folder
            Written by an instance with the same constructor arguments, except perhaps those of
            ``predict_arguments``.

        Raises
        ------
        StoreError
            The files are damaged, or of another model or version.
        """
        raise NotImplementedError

    @classmethod
    def can_save(cls) -> bool:
        """Whether the class has both :meth:`save` and :meth:`load`."""
        return cls.save is not _Fitted.save and cls.load is not _Fitted.load

    def parameters(self) -> int | None:
        """Number of trainable numbers after ``fit``; optional, None where there are none to count.

        Reported as the cost metric ``parameters``.
        """
        return None

    def settings(self) -> Mapping[str, Scalar]:
        """What arguments left to a configuration, to be recorded with the run; optional."""
        return {}

    def learning_curve(self) -> Sequence[dict[str, Any]] | None:
        """How the loss went during ``fit``, also after ``load``; optional.

        One object a point, of JSON types: ``split`` (``train`` or ``val``), ``epoch`` (1 is the
        first), ``step`` (updates so far), ``loss``, and what else the model measured.
        """
        return None


class Model(_Fitted):
    """A system that is ranked. It sees queries only; labels cannot reach it."""

    @abc.abstractmethod
    def predict(self, queries: Sequence[Query], images: ImageStore) -> Iterable[Showcase]:
        """One showcase per query, in the order of the queries.

        A selection-only model leaves ``text=None``; a text-only model leaves ``image_ids`` empty.
        An example's output must not depend on the other queries of the call.
        """


class Writer(_Fitted):
    """A ranked system that writes the text beside photos which another model has chosen.

    Every writer has, besides those of its constructor, the argument ``selector``: the spec of any
    model that chooses photos, such as ``dpp`` or ``'dpp(theta=0.9)'``, or ``none``. The harness
    fits the selector, asks it for photos, and hands them to :meth:`write`; with a selector that
    ``uses gold`` the writer stands among the ceilings.
    """

    selector: ClassVar[str | None] = None
    """Default of the argument ``selector``; None shows no photos."""

    @abc.abstractmethod
    def write(
        self,
        queries: Sequence[Query],
        chosen: Sequence[tuple[str, ...]],
        images: ImageStore,
    ) -> Iterable[str | None]:
        """One text per query, in order; None means "not attempted".

        Parameters
        ----------
        chosen
            The photos that are shown, at most k out of the query's pool; perhaps none.
        """


class OracleModel(_Fitted):
    """A ceiling that is given the gold, flagged on every board."""

    role: ClassVar[Role] = "ceiling"
    flags: ClassVar[tuple[Flag, ...]] = ("uses gold",)

    @abc.abstractmethod
    def predict_with_gold(
        self, examples: Sequence[Example], images: ImageStore
    ) -> Iterable[Showcase]:
        """One showcase per example, in order."""
