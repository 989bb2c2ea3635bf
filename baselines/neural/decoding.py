"""How a text is chosen from the probabilities of a network, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, fields
from typing import Any, Literal, cast

from baselines.common.arguments import require_at_least, require_number
from showcase_bench.errors import UsageError, did_you_mean
from showcase_bench.spec import Scalar, format_arguments, parse_spec

__all__ = ["Decoding", "Method"]

Method = Literal["greedy", "beam", "sample", "top-k", "nucleus"]

_OWN: Mapping[str, frozenset[str]] = {
    "greedy": frozenset(),
    "beam": frozenset({"size", "length_penalty"}),
    "sample": frozenset({"temperature"}),
    "top-k": frozenset({"k", "temperature"}),
    "nucleus": frozenset({"p", "temperature"}),
}
_SHARED = frozenset(
    {"repetition_penalty", "no_repeat_ngram", "min_tokens", "max_tokens", "batch_size"}
)
_LEAST: Mapping[str, int] = {
    "size": 1,
    "k": 1,
    "no_repeat_ngram": 0,
    "min_tokens": 0,
    "max_tokens": 1,
    "batch_size": 1,
}
_RANGES: Mapping[str, tuple[float, float]] = {
    "p": (1e-6, 1.0),
    "temperature": (1e-3, 1e3),
    "length_penalty": (0.0, 10.0),
    "repetition_penalty": (1.0, 1e3),
}


@dataclass(frozen=True)
class Decoding:
    """How a text is chosen: a method and its arguments.

    An argument that does not belong to the method keeps its default.

    Raises
    ------
    UsageError
        The method is unknown, an argument is not one of the method or out of its range, or
        ``min_tokens`` is more than ``max_tokens``.
    """

    method: Method = "greedy"
    """``greedy`` takes the most probable token, ``beam`` searches for the most probable text;
    ``sample`` draws from all tokens, ``top-k`` (Fan et al. 2018) from the ``k`` most probable ones,
    ``nucleus`` (Holtzman et al. 2020) from the fewest that hold a share ``p``."""
    size: int = 3
    """Texts that a beam search keeps."""
    k: int = 20
    """Tokens that top-k draws from."""
    p: float = 0.9
    """Share of the probability that nucleus sampling draws from; above 0 and at most 1."""
    temperature: float = 1.0
    """Logits are divided by it before anything is drawn or cut off."""
    length_penalty: float = 1.0
    """Beam search compares log p / length ** ``length_penalty``; the end counts as a token."""
    repetition_penalty: float = 1.0
    """Logits of tokens that the text holds are divided by it where positive, and multiplied where
    negative (Keskar et al. 2019, whose division would favour a token with a negative logit)."""
    no_repeat_ngram: int = 0
    """No run of this many tokens comes twice in a text; 0 allows all."""
    min_tokens: int = 0
    """A text does not end before."""
    max_tokens: int = 64
    """A text is cut there."""
    batch_size: int = 64
    """Texts that are continued together; each holds ``size`` beams in a beam search."""

    def __post_init__(self) -> None:
        if self.method not in _OWN:
            raise UsageError(
                f"the way of decoding is {self.method!r}. {did_you_mean(str(self.method), _OWN)}"
            )
        belongs = _arguments_of(self.method)
        for field in _argument_fields():
            value = _checked(field.name, getattr(self, field.name))
            if field.name not in belongs and value != field.default:
                raise _foreign(field.name, self.method)
            object.__setattr__(self, field.name, value)
        if self.min_tokens > self.max_tokens:
            raise UsageError(
                f"min_tokens is {self.min_tokens}, more than max_tokens, {self.max_tokens}"
            )

    @classmethod
    def parse(cls, text: str) -> Decoding:
        """Read ``greedy``, ``beam(size=3,no_repeat_ngram=3)`` or ``nucleus(p=0.9)``.

        Raises
        ------
        UsageError
            The text is not of this form, or the class refuses what it says.
        """
        spec = parse_spec(text)
        if spec.name not in _OWN or spec.cutoff is not None:
            name = str(spec) if spec.cutoff is not None else spec.name
            raise UsageError(f"the way of decoding is {name!r}. {did_you_mean(spec.name, _OWN)}")
        for name in spec.arguments:
            if name not in _arguments_of(spec.name):
                raise _foreign(name, spec.name)
        return cls(cast(Method, spec.name), **cast(dict[str, Any], dict(spec.arguments)))

    def __str__(self) -> str:
        given: dict[str, Scalar] = {
            field.name: getattr(self, field.name)
            for field in _argument_fields()
            if getattr(self, field.name) != field.default
        }
        return f"{self.method}{format_arguments(given)}"


def _arguments_of(method: str) -> frozenset[str]:
    return _OWN[method] | _SHARED


def _argument_fields() -> list[Field[Any]]:
    return [field for field in fields(Decoding) if field.name != "method"]


def _checked(name: str, value: Any) -> int | float:
    if name in _LEAST:
        return require_at_least(value, name, _LEAST[name])
    return require_number(value, name, *_RANGES[name])


def _foreign(name: str, method: str) -> UsageError:
    owners = [one for one, own in _OWN.items() if name in own]
    if owners:
        return UsageError(f"{method} takes no {name!r}: it belongs to {', '.join(owners)}")
    return UsageError(f"{method} takes no {name!r}. {did_you_mean(name, _arguments_of(method))}")
