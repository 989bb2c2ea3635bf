"""PEPLER as a writer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from baselines.common.reviews import reference_texts
from baselines.neural.causal import CausalStepper
from baselines.neural.ids import learn_ids
from baselines.neural.model import Common
from baselines.neural.pretrained import Pretrained, build_causal, causal_facts, load_causal
from baselines.neural.randomness import seeded
from baselines.neural.tables import Tables
from baselines.neural.training import train_network
from baselines.neural.words import Words
from baselines.neural.writer import NeuralWriter
from baselines.pepler.configs import config_of
from baselines.pepler.network import PeplerNetwork, pepler_stepper, small_language_model
from baselines.pepler.rows import PeplerRows
from showcase_bench import Example, ImageStore, Progress, Query, Split

__all__ = ["Pepler"]


class Pepler(NeuralWriter[PeplerNetwork]):
    """Writes with a language model prompted by the user's and the business's ids; see the README.

    Neither history nor photos are read. A user or business that training did not see is a trained
    unknown one.

    Parameters
    ----------
    config
        ``mini`` (a small language model, trained here) or ``paper`` (a pretrained one).
    weights
        Of ``paper``: a folder, a GGUF file, or a name on the Hugging Face hub, as
        :func:`~baselines.neural.pretrained.load_causal` takes it; empty is ``gpt2``. Given, they
        are used in ``mini`` as well.
    decoding
        How a text is chosen; None is the configuration's own way.
    epochs, batch_size, learning_rate
        Of each stage of the training; None is what the configuration says.
    id_dropout
        Share of the users, and of the businesses, that training takes for unknown, from 0 to 1;
        None is what the configuration says.

    Raises
    ------
    UsageError
        An argument is out of its range.
    """

    kind: ClassVar[str] = "pepler"

    def __init__(
        self,
        config: str = "mini",
        weights: str = "",
        decoding: str | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        id_dropout: float | None = None,
    ) -> None:
        common = Common(epochs, batch_size, learning_rate)
        self.config = config_of(config, common, decoding=decoding, id_dropout=id_dropout)
        super().__init__(self.config.stages[-1].training, self.config.decoding)
        self.weights = weights or self.config.weights
        self._pretrained: Pretrained | None = None

    def fit(
        self, train: Split, val: Split, *, seed: int, workdir: Path, progress: Progress
    ) -> None:
        """Train one stage after another; an interrupted fit goes on from where it was."""
        learned, validated = self._learned(train), list(val)
        self.facts = {"seed": seed, **self._learn_facts(learned, train.images)}
        with seeded(seed):
            self.network = self._build()
        self._pretrained = None
        self._curve = []
        for stage in self.config.stages:
            self.network.tune(language_model=stage.language_model)
            points = train_network(
                self.network,
                self._rows(learned, train.images),
                self._rows(validated, val.images),
                stage.training,
                seed=seed,
                workdir=workdir / stage.name,
                progress=progress,
                label=f"{self.kind} ({stage.name})",
            )
            self._curve += _behind(points, self._curve, stage.name)
        self.network.tune(language_model=True)
        self.network.eval()

    def _learn_facts(self, train: Sequence[Example], images: ImageStore) -> dict[str, Any]:
        config = self.config
        if self.weights:
            self._pretrained = load_causal(self.weights)
            codec, shape = self._pretrained.codec.facts(), causal_facts(self._pretrained.lm)
        else:
            words = Words.learn(
                [text for one in train for text in reference_texts(one.gold)],
                most=config.most_words,
            )
            codec, shape = words.facts(), small_language_model(len(words), config.sizes)
        return {"codec": codec, "language_model": shape, **learn_ids(train)}

    def _build(self) -> PeplerNetwork:
        tables = Tables(self.facts)
        known = self._pretrained
        return PeplerNetwork(
            build_causal(self.facts["language_model"]) if known is None else known.lm,
            users=len(tables.users),
            items=len(tables.items),
        )

    def _rows(self, examples: Sequence[Example], images: ImageStore) -> PeplerRows:
        return PeplerRows(
            examples,
            Tables(self.facts),
            most_tokens=self.config.most_tokens,
            id_dropout=self.config.id_dropout,
        )

    def _stepper(
        self,
        queries: Sequence[Query],
        chosen: Sequence[tuple[str, ...]],
        images: ImageStore,
    ) -> CausalStepper:
        tables = Tables(self.facts)
        return pepler_stepper(self.network, *tables.rows(queries), tables.codec.begin)


def _behind(
    points: Sequence[dict[str, Any]], before: Sequence[dict[str, Any]], stage: str
) -> list[dict[str, Any]]:
    """Points of a stage, its epochs and steps counted on from those of the stages before."""
    epochs = before[-1]["epoch"] if before else 0
    steps = before[-1]["step"] if before else 0
    return [
        {**one, "epoch": epochs + one["epoch"], "step": steps + one["step"], "stage": stage}
        for one in points
    ]
