"""R2Gen as a writer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from torch import Tensor

from baselines.common.reviews import reference_texts
from baselines.neural.model import Common
from baselines.neural.words import Words
from baselines.neural.writer import NeuralWriter
from baselines.r2gen.configs import config_of
from baselines.r2gen.network import R2GenNetwork, R2GenStepper
from baselines.r2gen.rows import R2GenRows
from baselines.r2gen.visual import TRUNKS, PhotoBatch, ResNetTrunk, Squares, read_trunk
from showcase_bench import Example, ImageStore, Query
from showcase_bench.encoders.torch_tools import file_sha256
from showcase_bench.errors import UsageError

__all__ = ["R2Gen"]


class R2Gen(NeuralWriter[R2GenNetwork]):
    """Writes from the patches of the photos with a relational memory (Chen et al. 2020).

    Learns from the photos that were posted with a text, and writes about those that the selector
    chose. The user and the history are not looked at. Photos that cannot be read are passed over;
    without any, it writes from a learned vector. See the README beside.

    Parameters
    ----------
    config
        ``mini`` or ``paper``.
    decoding
        How a text is chosen; None is the configuration's own way.
    epochs, batch_size, learning_rate
        Of training; None is what the configuration says.
    visual
        A local ``.safetensors`` file with the weights of torchvision's ``resnet101``, from which
        training of ``paper`` begins; empty begins with random ones, far from the paper's. After
        ``fit`` the file is not needed.

    Raises
    ------
    UsageError
        An argument is unknown or out of its range, or ``visual`` is given with ``mini``, whose
        weights are part of this package.
    """

    kind: ClassVar[str] = "r2gen"
    selector: ClassVar[str] = "dpp"

    def __init__(
        self,
        config: str = "mini",
        decoding: str | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        visual: str = "",
    ) -> None:
        common = Common(epochs, batch_size, learning_rate)
        self.config = config_of(config, common, decoding=decoding)
        self._trunk = TRUNKS[self.config.trunk]
        if visual and self._trunk is not ResNetTrunk:
            raise UsageError(
                f"config {config!r} brings its own visual weights; leave out visual={visual!r} or "
                "use config='paper'"
            )
        self._visual = visual
        self._first_weights: dict[str, Tensor] | None = None
        super().__init__(self.config.training, self.config.decoding)

    def _learn_facts(self, train: Sequence[Example], images: ImageStore) -> dict[str, Any]:
        texts = [text for one in train for text in reference_texts(one.gold)]
        words = Words.learn(texts, least=self.config.least_count, most=self.config.most_words)
        self._first_weights = read_trunk(self._visual) if self._visual else None
        sha256 = file_sha256(Path(self._visual).expanduser()) if self._visual else None
        return {"codec": words.facts(), "visual_sha256": sha256}

    def _build(self) -> R2GenNetwork:
        codec = self.codec
        trunk = self._trunk()
        if self._first_weights is not None and isinstance(trunk, ResNetTrunk):
            trunk.adopt(self._first_weights)
        self._first_weights = None
        return R2GenNetwork(self.config.sizes, trunk, len(codec), begin=codec.begin)

    def _rows(self, examples: Sequence[Example], images: ImageStore) -> R2GenRows:
        return R2GenRows(
            examples,
            Squares(images, self._trunk.side),
            self.codec,
            most_tokens=self.config.most_tokens,
            most_photos=self.config.most_photos,
        )

    def _sizes(self, queries: Sequence[Query], chosen: Sequence[tuple[str, ...]]) -> list[int]:
        return list(map(len, chosen))

    def _stepper(
        self,
        queries: Sequence[Query],
        chosen: Sequence[tuple[str, ...]],
        images: ImageStore,
    ) -> R2GenStepper:
        squares = Squares(images, self._trunk.side)

        def photos(rows: Sequence[int]) -> PhotoBatch:
            return squares.batch([chosen[row] for row in rows], self.config.most_photos)

        return R2GenStepper(self.network, photos)
