"""PETER as a writer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from baselines.neural.model import Common
from baselines.neural.tables import Tables
from baselines.neural.writer import NeuralWriter
from baselines.peter.configs import config_of
from baselines.peter.network import Inputs, PeterNetwork, PeterStepper
from baselines.peter.rows import PeterRows, learn_tables
from showcase_bench import Example, ImageStore, Query

__all__ = ["Peter"]


class Peter(NeuralWriter[PeterNetwork]):
    """Writes from the user's and the business's ids alone; see the README beside.

    Neither history nor photos are read. A user or business that training did not see is a trained
    unknown one.

    Parameters
    ----------
    config
        ``mini`` or ``paper``.
    decoding
        How a text is chosen; None is the configuration's own way.
    epochs, batch_size, learning_rate
        Of training; None is what the configuration says.
    user_dropout, item_dropout
        Shares of the users and of the businesses that training takes for unknown, from 0 to 1;
        None is what the configuration says.
    """

    kind: ClassVar[str] = "peter"

    def __init__(
        self,
        config: str = "mini",
        decoding: str | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        user_dropout: float | None = None,
        item_dropout: float | None = None,
    ) -> None:
        common = Common(epochs, batch_size, learning_rate)
        self.config = config_of(
            config,
            common,
            decoding=decoding,
            user_dropout=user_dropout,
            item_dropout=item_dropout,
        )
        super().__init__(self.config.training, self.config.decoding)

    def _learn_facts(self, train: Sequence[Example], images: ImageStore) -> dict[str, Any]:
        return learn_tables(train, self.config.most_words)

    def _build(self) -> PeterNetwork:
        return self.config.build(Tables(self.facts))

    def _rows(self, examples: Sequence[Example], images: ImageStore) -> PeterRows:
        return PeterRows(
            examples,
            Tables(self.facts),
            most_tokens=self.config.most_tokens,
            user_dropout=self.config.user_dropout,
            item_dropout=self.config.item_dropout,
        )

    def _stepper(
        self,
        queries: Sequence[Query],
        chosen: Sequence[tuple[str, ...]],
        images: ImageStore,
    ) -> PeterStepper:
        tables = Tables(self.facts)
        return PeterStepper(self.network, Inputs(*tables.rows(queries)), tables.codec.begin)
