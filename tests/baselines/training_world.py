"""A small sequence network with all that makes resumption hard, and rows for it.

Run as a program it trains in a process of its own, to be killed or to be one of several:
``python training_world.py FOLDER KILL_AT``.
"""

from __future__ import annotations

import hashlib
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_model
from torch import nn

from baselines.neural import training as loop
from baselines.neural.contracts import Batch, Losses
from baselines.neural.training import Training, train_network
from showcase_bench import NoProgress

WORDS = 11


class Sentences:
    """Token rows of 1 to 7 tokens; ``drop`` hides some of them at random in training."""

    def __init__(self, n: int, seed: int = 0, drop: float = 0.0) -> None:
        rng = np.random.default_rng(seed)
        self.rows = [rng.integers(1, WORDS, rng.integers(1, 8)) for _ in range(n)]
        self.drop = drop
        self.asked: list[list[int]] = []

    def __len__(self) -> int:
        return len(self.rows)

    def size(self, row: int) -> int:
        return len(self.rows[row])

    def batch(self, rows: Sequence[int], rng: np.random.Generator | None) -> Batch:
        self.asked.append(list(rows))
        tokens = np.zeros((len(rows), max(map(self.size, rows))), dtype=np.int64)
        for place, row in zip(tokens, rows, strict=True):
            place[: self.size(row)] = self.rows[row]
        seen = tokens.copy()
        if rng is not None and self.drop:
            seen[rng.random(seen.shape) < self.drop] = 0
        return {"tokens": torch.from_numpy(tokens), "seen": torch.from_numpy(seen)}


class Words(nn.Module):
    """Predicts each token from what is seen of the one before; tied weights, dropout, a buffer."""

    def __init__(self, dropout: float = 0.0, dim: int = 6) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, dim)
        self.mix = nn.Sequential(nn.Linear(dim, dim), nn.Tanh(), nn.Dropout(dropout))
        self.out = nn.Linear(dim, WORDS)
        self.out.weight = self.embedding.weight
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))
        self.poison: tuple[int, str] | None = None

    def forward(self, batch: Batch) -> Losses:
        if self.training:
            self.calls += 1
        tokens = batch["tokens"]
        before = nn.functional.pad(batch["seen"], (1, 0))[:, :-1]
        logits = self.out(self.mix(self.embedding(before)))
        there = tokens != 0
        total = nn.functional.cross_entropy(logits[there], tokens[there])
        hits = float((logits.argmax(-1) == tokens)[there].float().mean())
        if self.poison is not None and self.training and int(self.calls) == self.poison[0]:
            if self.poison[1] == "gradient":
                total = total + _InfiniteGradient.apply(self.mix[0].bias)
            elif self.poison[1] == "total":
                total = total * float("nan")
            else:
                hits = float("inf")
        return Losses(total, float(there.sum()), {"hits": hits})


class _InfiniteGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        return x.new_zeros(())

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> torch.Tensor:
        return torch.full((6,), float("inf"))


class Stop(Exception):
    """What interrupts."""


class Interrupting(NoProgress):
    """Raises, or kills its process, when an update has been done for the n-th time."""

    def __init__(self, at: int, kill: bool = False) -> None:
        self.at, self.kill = at, kill

    def track(self, items: Iterable[Any], *, label: str, total: int | None = None) -> Iterator[Any]:
        for done, item in enumerate(items):
            if done == self.at:
                if self.kill:
                    os.kill(os.getpid(), signal.SIGKILL)
                raise Stop
            yield item


def fresh(dropout: float = 0.3, seed: int = 0) -> Words:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return Words(dropout)


def digest(network: nn.Module, curve: Any) -> str:
    state = network.state_dict()
    data = b"".join(name.encode() + value.numpy().tobytes() for name, value in state.items())
    return hashlib.sha256(data + repr(curve).encode()).hexdigest()


HARD = Training(
    4, 4, 0.05, warmup=0.1, schedule="plateau", accumulate=2, weight_decay=0.1, amsgrad=True
)


def run(
    folder: Path,
    training: Training = HARD,
    *,
    network: nn.Module | None = None,
    progress: Any = None,
    n: int = 45,
    val: int = 9,
    seed: int = 0,
    label: str = "words",
    drop: float = 0.2,
) -> tuple[nn.Module, list[dict[str, Any]]]:
    made = fresh() if network is None else network
    curve = train_network(
        made,
        Sentences(n, 0, drop),
        Sentences(val, 1),
        training,
        seed=seed,
        workdir=folder,
        progress=progress or NoProgress(),
        label=label,
    )
    return made, curve


if __name__ == "__main__":
    if sys.argv[2] == "share":
        plain = Training(3, 6, 0.05, clip=0.1, accumulate=2)
        trained, _ = run(Path(sys.argv[1]), plain, network=fresh(0.0), n=25, drop=0.0)
        if os.environ["RANK"] == "0":
            save_model(trained, str(Path(sys.argv[1]) / "trained.safetensors"))
    else:
        loop.SECONDS_BETWEEN_CHECKPOINTS = 0.0
        run(Path(sys.argv[1]), progress=Interrupting(int(sys.argv[2]), kill=True))
