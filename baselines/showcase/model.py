"""The proposed framework, its two twins, and its ablations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from transformers import PreTrainedModel

from baselines.common.arguments import require_number
from baselines.common.reviews import reference_texts
from baselines.neural.causal import CausalStepper, Condition
from baselines.neural.model import Common, configuration
from baselines.neural.writer import NeuralWriter
from baselines.showcase.config import CONFIGS
from baselines.showcase.features import Conditions, Sight
from baselines.showcase.language import build_decoder, learn_language
from baselines.showcase.network import Contrast, ShowcaseNetwork
from baselines.showcase.rows import ShowcaseRows
from showcase_bench import Example, ImageStore, Query
from showcase_bench.errors import UsageError
from showcase_bench.spec import Scalar

__all__ = ["ImageGPT2", "ShowcaseWriter", "TextGPT2"]


class ShowcaseWriter(NeuralWriter[ShowcaseNetwork]):
    """A text about the photos shown, for a user with a history (Yan et al. 2023); see the README.

    Parameters
    ----------
    config
        ``mini``, ``paper`` or ``smollm``.
    images, history
        What it looks at; at least one.
    ccl, pcl
        Weights of the contrastive terms; None: what the configuration says, and 0 where photos
        (``ccl``) or histories (``pcl``) are not looked at.
    alpha
        Base of the weights of the negatives of ``pcl``, at least 1; None: the configuration's.
    tau
        Temperature of both terms, above 0; None: the configuration's.
    decoding
        How a text is chosen; None: the configuration's.
    encoder
        Encoder of photos and reviews; empty: the configuration's.
    weights
        Pretrained language model: a folder, a file or the name on a hub; empty: the
        configuration's. Not for ``mini``.
    epochs, batch_size, learning_rate
        None: the configuration's.

    Raises
    ------
    UsageError
        An argument is out of its range, or cannot go with another.
    """

    kind: ClassVar[str] = "showcase"
    selector: ClassVar[str | None] = "dpp"
    variants: ClassVar[Mapping[str, Mapping[str, Scalar]]] = {
        "no-ccl": {"ccl": 0.0},
        "no-pcl": {"pcl": 0.0},
        "no-contrast": {"ccl": 0.0, "pcl": 0.0},
        "image-only": {"history": False},
        "text-only": {"images": False},
        "topk": {"selector": "topk"},
        "mmr": {"selector": "mmr"},
        "dpp": {"selector": "dpp"},
        "gold": {"selector": "reference"},
    }
    """The ablations of the paper, by name."""

    def __init__(
        self,
        config: str = "mini",
        images: bool = True,
        history: bool = True,
        ccl: float | None = None,
        pcl: float | None = None,
        alpha: float | None = None,
        tau: float | None = None,
        decoding: str | None = None,
        encoder: str = "",
        weights: str = "",
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
    ) -> None:
        chosen = configuration(config, CONFIGS)
        training = Common(epochs, batch_size, learning_rate).apply(chosen.training)
        super().__init__(training, chosen.decoding if decoding is None else decoding)
        if not (images or history):
            raise UsageError("images and history are both off, so there is nothing to write about")
        if weights and not chosen.language.source:
            raise UsageError(f"config={config} starts from random weights; use weights= with paper")
        self._config = replace(
            chosen,
            encoder=encoder or chosen.encoder,
            language=replace(chosen.language, source=weights or chosen.language.source),
            contrast=_contrast(chosen.contrast, images, history, ccl, pcl, alpha, tau),
        )
        self._pretrained: PreTrainedModel | None = None
        self._sight = Sight(
            self._config.encoder, images, history, chosen.most_photos, chosen.most_reviews
        )

    def _learn_facts(self, train: Sequence[Example], images: ImageStore) -> dict[str, Any]:
        texts = [text for example in train for text in reference_texts(example.gold)]
        learned = learn_language(self._config.language, texts)
        self._pretrained = learned.pretrained
        encoder = self._config.encoder
        if self._sight.images:
            length = images.features([], encoder).shape[1]
        else:
            length = images.text_features(["a"], encoder).shape[1]
        return {
            "codec": learned.codec.facts(),
            "language": learned.facts,
            "features": int(length),
        }

    def _build(self) -> ShowcaseNetwork:
        body = self._config.body
        decoder = build_decoder(
            self._config.language, self.facts["language"], body.width, self._pretrained
        )
        self._pretrained = None
        return ShowcaseNetwork(
            body,
            self.facts["features"],
            decoder,
            self._config.contrast,
            images=self._sight.images,
            history=self._sight.history,
        )

    def _rows(self, examples: Sequence[Example], images: ImageStore) -> ShowcaseRows:
        return ShowcaseRows(
            examples,
            images,
            self._sight,
            self.codec,
            self._config.most_tokens,
            length=self.facts["features"],
            swaps=self._config.contrast.ccl > 0,
        )

    def _sizes(self, queries: Sequence[Query], chosen: Sequence[tuple[str, ...]]) -> list[int]:
        photos, reviews = self._sight.images, self._sight.history
        return [
            photos * len(own) + reviews * len(query.history)
            for query, own in zip(queries, chosen, strict=True)
        ]

    def _stepper(
        self,
        queries: Sequence[Query],
        chosen: Sequence[tuple[str, ...]],
        images: ImageStore,
    ) -> CausalStepper:
        conditions = Conditions(queries, chosen, images, self._sight, self.facts["features"])
        network = self.network
        device = next(network.parameters()).device

        def condition(rows: Sequence[int]) -> Condition:
            batch = {name: one.to(device) for name, one in conditions.batch(rows).items()}
            return network.decoder.condition(network.memory(batch))

        return CausalStepper(network.decoder.model, condition, self.codec.begin)


class TextGPT2(ShowcaseWriter):
    """The framework without photos and contrastive terms: writes from the user's history alone.

    Parameters
    ----------
    config, decoding, encoder, weights, epochs, batch_size, learning_rate
        As for :class:`ShowcaseWriter`.
    """

    kind = "text-gpt2"
    selector = None
    variants: ClassVar[Mapping[str, Mapping[str, Scalar]]] = {}

    def __init__(
        self,
        config: str = "mini",
        decoding: str | None = None,
        encoder: str = "",
        weights: str = "",
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
    ) -> None:
        super().__init__(
            config,
            images=False,
            pcl=0.0,
            decoding=decoding,
            encoder=encoder,
            weights=weights,
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
        )


class ImageGPT2(ShowcaseWriter):
    """The framework without histories and contrastive terms: writes about the photos alone.

    Parameters
    ----------
    config, decoding, encoder, weights, epochs, batch_size, learning_rate
        As for :class:`ShowcaseWriter`.
    """

    kind = "image-gpt2"
    variants: ClassVar[Mapping[str, Mapping[str, Scalar]]] = {}

    def __init__(
        self,
        config: str = "mini",
        decoding: str | None = None,
        encoder: str = "",
        weights: str = "",
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
    ) -> None:
        super().__init__(
            config,
            history=False,
            ccl=0.0,
            decoding=decoding,
            encoder=encoder,
            weights=weights,
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
        )


def _contrast(
    chosen: Contrast,
    images: bool,
    history: bool,
    ccl: float | None,
    pcl: float | None,
    alpha: float | None,
    tau: float | None,
) -> Contrast:
    """The contrastive terms of a configuration with the given arguments in place."""
    weights: dict[str, Any] = {}
    for name, given, possible in (("ccl", ccl, images), ("pcl", pcl, history)):
        if given is None:
            weights[name] = getattr(chosen, name) if possible else 0.0
        else:
            weights[name] = require_number(given, name, 0)
        if weights[name] and not possible:
            raise UsageError(f"{name} is {given}; it must be 0 with {_NEEDS[name]}=false")
    temperature = chosen.tau if tau is None else require_number(tau, "tau", 0)
    if not temperature:
        raise UsageError("tau is 0; it must be above 0, such as 0.1")
    base = chosen.alpha if alpha is None else require_number(alpha, "alpha", 1)
    return replace(chosen, alpha=base, tau=temperature, **weights)


_NEEDS = {"ccl": "images", "pcl": "history"}
