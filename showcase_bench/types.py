"""The core types: what a model sees, what only the scorer sees, and what comes out.

All are immutable. A :class:`Query` is everything that a model may see at prediction time; a
:class:`Gold` is what only the scorer sees; a training :class:`Example` holds both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import (
    TYPE_CHECKING,
    Literal,
    NamedTuple,
    Protocol,
    TypeVar,
    overload,
    runtime_checkable,
)

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "Example",
    "Gold",
    "ImageSource",
    "ImageStore",
    "Interval",
    "NoProgress",
    "Precision",
    "Progress",
    "Query",
    "Review",
    "Score",
    "Showcase",
    "Split",
    "TextEmbeddings",
    "Timings",
    "TokenVectors",
]

T = TypeVar("T")

Precision = Literal["fp32", "bf16"]
"""Of the arithmetic inside an encoder: single, or the faster and coarser bfloat16."""


@dataclass(frozen=True, slots=True)
class Review:
    """One review of a user's history."""

    id: str
    """Id of the review in its data set."""
    user_id: str
    business_id: str | None
    """None where the data set's history ids do not name the business."""
    text: str
    image_ids: tuple[str, ...] = ()
    """Photos of this review; known only when the review is itself a training row."""
    rating: float | None = None
    """Stars; known only when the review is itself a training row."""


@dataclass(frozen=True, slots=True)
class Query:
    """A user, a recommended business and its photos: all that a model may see to predict."""

    id: str
    user_id: str
    business_id: str
    history: tuple[Review, ...]
    """Earlier reviews of the user in the data set's order; may be empty."""
    pool: tuple[str, ...]
    """Candidate image ids, distinct, in an order that carries no information."""
    k: int
    """At most so many images may be shown; at least 1."""


@dataclass(frozen=True, slots=True)
class Gold:
    """What the user really posted."""

    image_ids: tuple[str, ...]
    texts: tuple[str, ...]
    """Reference texts; GEST has one. An empty string counts as no reference."""
    rating: float | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A query with its gold."""

    query: Query
    gold: Gold


@dataclass(frozen=True, slots=True)
class Showcase:
    """A prediction: the images in their order of display and the text that goes with them."""

    id: str
    """Id of the query that it answers."""
    image_ids: tuple[str, ...] = ()
    """Distinct ids out of the query's pool, at most k; empty means "not attempted"."""
    text: str | None = None
    """None means "not attempted"; the empty string is an attempt, and scored as such."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval on the scale of its metric."""

    low: float
    high: float
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class Score:
    """One metric of one system on one split."""

    name: str
    """Short name such as ``bleu-4``."""
    signature: str
    """Everything that defines the number; parses back to the metric."""
    value: float | None
    """None when the system attempted no example or no example can be scored; never NaN."""
    interval: Interval | None
    n_scored: int
    """Examples that were attempted and can be scored."""
    n_unscored: int
    """The rest. Not attempted ones count with the metric's worst value; ones that no system could
    be scored on (no reference, fewer than two images shown for a set metric) are left out."""


@dataclass(frozen=True, slots=True)
class Timings:
    """Cost of a run; excluded from boards, which are byte-stable."""

    fit_seconds: float
    predict_seconds: float
    examples_per_second: float
    latency_p50_ms: float
    """Median over batches of the time per example."""
    latency_p95_ms: float
    peak_rss_mib: float
    """Peak resident memory of the process until the end of this run."""
    parameters: int | None = None
    """Trainable numbers of the model; None where the model does not say."""
    measured: bool = True
    """False for a submission, which comes without its run: then no number here means anything."""


class Split(Protocol):
    """A sequence of the examples of one split, built as they are asked for."""

    @property
    def name(self) -> str:
        """Name of the split, such as ``train``."""
        ...

    @property
    def images(self) -> ImageStore:
        """The photos of the data set."""
        ...

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Example]: ...

    @overload
    def __getitem__(self, index: int) -> Example: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Example]: ...


@runtime_checkable
class ImageSource(Protocol):
    """Where the photos of a data set come from."""

    @property
    def key(self) -> str:
        """Identity of the photos' content: equal keys promise equal pixels for equal ids."""
        ...

    def load(self, image_id: str) -> NDArray[np.uint8]:
        """RGB pixels, uint8 of shape [height, width, 3].

        Raises
        ------
        ImageError
            The photo is missing, broken, too large, or the id is unknown.
        """
        ...


@runtime_checkable
class ImageStore(ImageSource, Protocol):
    """Photos, and features of photos and texts. What models and metrics are given."""

    def features(self, image_ids: Sequence[str], encoder: str) -> NDArray[np.float32]:
        """L2-normalised features, float32 of shape [len(image_ids), d].

        ``encoder`` is a registered name such as ``color-layout``. A photo that cannot be read has
        a row of zeros (and is counted by the store).
        """
        ...

    def text_features(self, texts: Sequence[str], encoder: str) -> NDArray[np.float32]:
        """L2-normalised vectors of texts, float32 of shape [len(texts), d]; texts may repeat."""
        ...


class TokenVectors(NamedTuple):
    """Tokens of some texts, one text after another, special tokens included.

    Those of text i are at ``offsets[i] : offsets[i + 1]``.
    """

    ids: NDArray[np.int64]
    """Number of each token in the encoder's vocabulary; shape [total]."""
    vectors: NDArray[np.float32]
    """L2-normalised; shape [total, d]."""
    offsets: NDArray[np.int64]
    """Shape [n + 1]."""


class TextEmbeddings(Protocol):
    """Embeddings of texts, each text encoded once per encoder. What metrics are given.

    ``encoder`` is a name such as ``minilm``, or what :meth:`identify` made of one.
    """

    @property
    def folder(self) -> Path | None:
        """Where what is made from embeddings may be kept between processes, if it may."""
        ...

    def identify(self, encoder: str) -> str:
        """Name of an encoder with the start of the hash of its weights: ``minilm@53aa5117``.

        Raises
        ------
        RegistryError, MissingDependencyError
            The encoder is unknown or cannot be used; the message says what to install.
        UsageError
            A hash is given already, and the weights here have another one.
        """
        ...

    def vectors(self, texts: Sequence[str], encoder: str) -> NDArray[np.float32]:
        """One L2-normalised vector a text, float32 of shape [len(texts), d]; texts may repeat."""
        ...

    def token_counts(self, texts: Sequence[str], encoder: str) -> NDArray[np.int64]:
        """Tokens of each text before any cut, special tokens included; int64 of shape [n]."""
        ...

    def most_tokens(self, encoder: str) -> int:
        """Tokens of a text that the encoder looks at; the rest is cut off."""
        ...

    def default_layer(self, encoder: str) -> int:
        """Layer whose token vectors are used where none is named; 1 is the first."""
        ...

    def token_ids(
        self, texts: Sequence[str], encoder: str
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Token numbers after the cut, special tokens included, and offsets, as TokenVectors."""
        ...

    def token_vectors(
        self,
        texts: Sequence[str],
        encoder: str,
        layer: int,
        *,
        precision: Precision = "fp32",
        keep: bool = False,
    ) -> TokenVectors:
        """Contextual vectors of the tokens of each text at a layer; special tokens included.

        ``keep`` stores them between processes: for texts that come back, such as references.
        """
        ...


class Progress(Protocol):
    """Tells the user how far a long loop is."""

    def track(self, items: Iterable[T], *, label: str, total: int | None = None) -> Iterator[T]:
        """Yield ``items`` unchanged while showing progress."""
        ...

    def describe(self, label: str) -> None:
        """Change the label of the loop that was begun last and still runs."""
        ...


class NoProgress:
    """Progress that shows nothing."""

    def track(self, items: Iterable[T], *, label: str, total: int | None = None) -> Iterator[T]:
        """Yield ``items`` unchanged."""
        yield from items

    def describe(self, label: str) -> None:
        """Do nothing."""
