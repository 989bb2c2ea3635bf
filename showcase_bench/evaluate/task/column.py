"""One column of the examples of a split, read from the data as it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar, overload

__all__ = ["Column"]

T = TypeVar("T")


class Column(Sequence[T]):
    """Values that are made anew each time; a slice of them is a tuple that stays.

    Parameters
    ----------
    length
        How many there are.
    value
        Makes the one of this number, from 0 on.
    """

    def __init__(self, length: int, value: Callable[[int], T]) -> None:
        self._length = length
        self._value = value

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[T]:
        return map(self._value, range(self._length))

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...
    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        if isinstance(index, int) and 0 <= index < self._length:
            return self._value(index)
        places = range(self._length)[index]
        if isinstance(places, range):
            return tuple([self._value(place) for place in places])
        return self._value(places)
