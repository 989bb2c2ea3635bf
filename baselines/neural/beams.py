"""Beam search over many texts at once."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import NamedTuple, TypeVar

import torch

from baselines.neural.constraints import Constraints, exact_scores
from baselines.neural.contracts import Stepper
from baselines.neural.decoding import Decoding
from baselines.neural.sampling import best

__all__ = ["beam_search"]

S = TypeVar("S")


class _Beam(NamedTuple):
    parent: int
    """Number of the beam that it continues, among those of its text."""
    tokens: tuple[int, ...]
    log_p: float


class _Search:
    """Beams of one text."""

    def __init__(self, decoding: Decoding, end: int) -> None:
        self._decoding = decoding
        self._end = end
        self._best: tuple[float, tuple[int, ...]] | None = None
        self._ended = 0
        self.running = [_Beam(0, (), 0.0)]

    @property
    def text(self) -> list[int]:
        """The best text that has ended or was cut."""
        return list(self._best[1]) if self._best is not None else []

    def advance(self, continuations: Sequence[Sequence[tuple[int, float]]]) -> None:
        """Continue each running beam by one of the tokens, given with their log p."""
        ranked = sorted(
            (-(beam.log_p + log_p), token, rank)
            for rank, (beam, tokens) in enumerate(zip(self.running, continuations, strict=True))
            for token, log_p in tokens
        )
        size, before, self.running = self._decoding.size, self.running, []
        for place, (cost, token, rank) in enumerate(ranked):
            if len(self.running) == size:
                break
            beam = before[rank]
            if token != self._end:
                self.running.append(_Beam(rank, (*beam.tokens, token), -cost))
            elif place < size:
                self._ended += 1
                self._finish(beam.tokens, -cost, len(beam.tokens) + 1)
        self._stop_where_decided()

    def _finish(self, tokens: tuple[int, ...], log_p: float, length: int) -> None:
        found = (-self._score(log_p, length), tokens)
        self._best = found if self._best is None else min(self._best, found)

    def _score(self, log_p: float, length: int) -> float:
        return float(log_p / length**self._decoding.length_penalty)

    def _stop_where_decided(self) -> None:
        most = self._decoding.max_tokens
        if self.running and len(self.running[0].tokens) == most:
            for beam in self.running:
                self._finish(beam.tokens, beam.log_p, most)
            self.running = []
        elif self._best is not None and self.running:
            hope = self._score(self.running[0].log_p, most)
            if self._ended >= self._decoding.size or hope < -self._best[0]:
                self.running = []


def beam_search(
    stepper: Stepper[S],
    rows: Sequence[int],
    keys: Sequence[str],
    decoding: Decoding,
    constraints: Constraints,
) -> list[list[int]]:
    """Search for the most probable text of each row of a network.

    A text scores log p / length ** ``length_penalty``, its end counted as a token; p is the
    network's after the penalty of repetition, and forbidden tokens are left out without sharing
    theirs. In each step, the ``size`` best continuations that go on are kept, and those that end
    among the ``size`` best are finished. A search is over when ``size`` texts have ended, when no
    running one can win any more (log p only falls), or at ``max_tokens``, where running ones are
    finished without an end. Equal scores go by the lower token, in the end by the first token that
    differs.

    Parameters
    ----------
    stepper
        The network.
    rows
        Its rows, at least one.
    keys
        Their names, for messages.
    decoding
        Size of the beam and its penalties.
    constraints
        Rules of the same decoding.

    Returns
    -------
    Tokens of one text per row, without the end.

    Raises
    ------
    ContractError
        The network gives numbers that are not finite.
    """
    searches = [_Search(decoding, constraints.end) for _ in rows]
    owners = list(range(len(rows)))
    logits, state = stepper.begin(rows)
    texts = torch.empty(len(rows), 0, dtype=torch.int64)
    while True:
        scores = exact_scores(logits, [keys[owner] for owner in owners])
        texts = texts.to(scores.device)
        ban = constraints.forbidden(texts, scores.shape[1])
        log_p = constraints.penalised(scores, texts).log_softmax(dim=1)
        found, tokens = best(log_p.masked_fill(ban, -torch.inf), decoding.size + 1)
        parents = _advance(searches, owners, tokens.tolist(), found.tolist())
        if not parents:
            return [search.text for search in searches]
        if parents != list(range(len(owners))):
            kept = torch.tensor(parents, device=logits.device)
            texts, state = texts[kept.to(texts.device)], stepper.select(state, kept)
        owners = [owner for owner, search in enumerate(searches) for _ in search.running]
        last = [beam.tokens[-1] for search in searches for beam in search.running]
        step = torch.tensor(last, device=logits.device)
        texts = torch.cat([texts, step[:, None].to(texts.device)], dim=1)
        logits, state = stepper.step(step, state)


def _advance(
    searches: Sequence[_Search],
    owners: Sequence[int],
    tokens: Sequence[Sequence[int]],
    log_p: Sequence[Sequence[float]],
) -> list[int]:
    """Advance the searches that own the rows of a step; from which row each beam now goes on."""
    rows: dict[int, list[int]] = {}
    for row, owner in enumerate(owners):
        rows.setdefault(owner, []).append(row)
    parents = []
    for owner, own in rows.items():
        searches[owner].advance(
            [
                [pair for pair in zip(tokens[row], log_p[row], strict=True) if isfinite(pair[1])]
                for row in own
            ]
        )
        parents += [own[beam.parent] for beam in searches[owner].running]
    return parents
