"""A long list of ids kept in order: what one change costs does not follow how many there are."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain
from typing import overload

from octotui.presentation.sorting import SortKey

SIZE = 500
"""Ids in a new block; one of twice as many is halved. To move so many in memory takes less than to find the place."""


class Blocks(Sequence[str]):
    """Ids in the order of their keys, of which there are no two alike.

    `sortedcontainers` does the same and more, but has no types and sorts 100,000 in one go of a tenth of a second, in
    which no other thread gets a turn.
    """

    def __init__(self) -> None:
        self._keys: list[list[SortKey]] = []
        self._ids: list[list[str]] = []
        self._last: list[SortKey] = []
        """The last key of each block."""
        self._starts: list[int] | None = None
        """The place of the first id of each block, and of the one after all; None until they are counted again."""
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self._ids)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return self._slice(*index.indices(self._length))
        place = index + self._length if index < 0 else index
        if not 0 <= place < self._length:
            raise IndexError(index)
        number, inside = self._at(place)
        return self._ids[number][inside]

    def place(self, key: SortKey) -> int:
        """Return how many come before `key`: where it stands, or would stand."""
        number = bisect_left(self._last, key)
        if number == len(self._last):
            return self._length
        return self._counted()[number] + bisect_left(self._keys[number], key)

    def extend(self, ids: Sequence[str], keys: Sequence[SortKey]) -> None:
        """Take in ids that come after all that are here, in order, and the key of each."""
        for start in range(0, len(ids), SIZE):
            self._ids.append(list(ids[start : start + SIZE]))
            self._keys.append(list(keys[start : start + SIZE]))
            self._last.append(self._keys[-1][-1])
        self._length += len(ids)
        self._starts = None

    def add(self, key: SortKey, task_id: str) -> None:
        """Take in an id; its key must not be here yet."""
        if not self._last:
            self._last, self._keys, self._ids = [key], [[]], [[]]
        number = min(bisect_left(self._last, key), len(self._last) - 1)
        keys, ids = self._keys[number], self._ids[number]
        inside = bisect_left(keys, key)
        keys.insert(inside, key)
        ids.insert(inside, task_id)
        if len(keys) >= 2 * SIZE:
            self._keys[number : number + 1] = [keys[:SIZE], keys[SIZE:]]
            self._ids[number : number + 1] = [ids[:SIZE], ids[SIZE:]]
            self._last.insert(number, keys[SIZE - 1])
            number += 1
        self._last[number] = self._keys[number][-1]
        self._length += 1
        self._starts = None

    def remove(self, key: SortKey) -> None:
        """Take out the id with this key, which is here."""
        number = bisect_left(self._last, key)
        keys, ids = self._keys[number], self._ids[number]
        inside = bisect_left(keys, key)
        del keys[inside], ids[inside]
        if keys:
            self._last[number] = keys[-1]
        else:
            del self._keys[number], self._ids[number], self._last[number]
        self._length -= 1
        self._starts = None

    def _counted(self) -> list[int]:
        if self._starts is None:
            self._starts = [0, *accumulate(map(len, self._ids))]
        return self._starts

    def _at(self, place: int) -> tuple[int, int]:
        """The block of a place, and where in it that is."""
        starts = self._counted()
        number = bisect_right(starts, place) - 1
        return number, place - starts[number]

    def _slice(self, start: int, stop: int, step: int) -> list[str]:
        if step != 1 or stop <= start:
            return [self[place] for place in range(start, stop, step)]
        number, inside = self._at(start)
        last, _ = self._at(stop - 1)
        return list(chain.from_iterable(self._ids[number : last + 1]))[inside : inside + stop - start]


class Turned(Sequence[str]):
    """A list of ids from its end to its start."""

    def __init__(self, ids: Blocks) -> None:
        self._ids = ids

    def __len__(self) -> int:
        return len(self._ids)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step == 1 and start < stop:
                return self._ids[len(self) - stop : len(self) - start][::-1]
            return [self[place] for place in range(start, stop, step)]
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(index)
        return self._ids[len(self) - 1 - place]
