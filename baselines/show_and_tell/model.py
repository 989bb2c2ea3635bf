"""Show and Tell as a writer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, ClassVar

from baselines.common.reviews import reference_texts
from baselines.neural.model import Common
from baselines.neural.words import Words
from baselines.neural.writer import NeuralWriter
from baselines.show_and_tell.configs import config_of
from baselines.show_and_tell.network import Captioner, CaptionerStepper, Standard
from baselines.show_and_tell.rows import CaptionRows, pictures_of, standard_of
from showcase_bench import Example, ImageStore, Query

__all__ = ["ShowAndTell"]


class ShowAndTell(NeuralWriter[Captioner]):
    """Writes from the photos alone, as a caption (Vinyals et al. 2015); see the README.

    Learns from the photos that were posted with a text, and writes about those that the selector
    chose. The user and the history are not looked at. Without a readable photo it writes from a
    learned vector.

    Parameters
    ----------
    config
        ``mini`` or ``paper``.
    decoding
        How a text is chosen; None is the configuration's own way.
    epochs, batch_size, learning_rate
        Of training; None is what the configuration says.
    encoder
        Gives the features of photos, such as ``mini-clip``; empty is what the configuration says.

    Raises
    ------
    UsageError
        An argument is unknown or out of its range.
    """

    kind: ClassVar[str] = "show-and-tell"
    selector: ClassVar[str] = "dpp"

    def __init__(
        self,
        config: str = "mini",
        decoding: str | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        encoder: str = "",
    ) -> None:
        common = Common(epochs, batch_size, learning_rate)
        self.config = config_of(config, common, decoding=decoding, encoder=encoder)
        super().__init__(self.config.training, self.config.decoding)

    def _learn_facts(self, train: Sequence[Example], images: ImageStore) -> dict[str, Any]:
        texts = [text for one in train for text in reference_texts(one.gold)]
        words = Words.learn(texts, least=self.config.least_count, most=self.config.most_words)
        photos = [(image_id,) for one in train for image_id in one.gold.image_ids]
        pictures = pictures_of(photos, images, self.config.encoder)
        return {"codec": words.facts(), "pictures": asdict(standard_of(pictures))}

    def _build(self) -> Captioner:
        codec = self.codec
        standard = Standard(**self.facts["pictures"])
        return Captioner(self.config.sizes, standard, len(codec), begin=codec.begin)

    def _rows(self, examples: Sequence[Example], images: ImageStore) -> CaptionRows:
        config = self.config
        return CaptionRows(examples, images, config.encoder, self.codec, config.most_tokens)

    def _stepper(
        self,
        queries: Sequence[Query],
        chosen: Sequence[tuple[str, ...]],
        images: ImageStore,
    ) -> CaptionerStepper:
        image, seen = pictures_of(chosen, images, self.config.encoder)
        device = self.network.no_image.device
        return CaptionerStepper(self.network, image.to(device), seen.to(device))
