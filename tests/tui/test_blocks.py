from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octotui.presentation.sorting import SortKey
from octotui.tui.table import sorted_ids
from octotui.tui.table.sorted_ids import Blocks

numbers = st.integers(0, 60)


def key(number: int) -> SortKey:
    return float(number // 7), float(number), 0.0, f"t{number}"


def filled(them: set[int]) -> Blocks:
    made = Blocks()
    for first in range(0, 61, 20):
        part = sorted(number for number in them if first <= number < first + 20)
        made.extend([f"t{number}" for number in part], [key(number) for number in part])
    return made


@pytest.fixture(autouse=True, scope="module")
def short_blocks() -> object:
    """Blocks of three, so that few ids make many."""
    patch = pytest.MonkeyPatch()
    patch.setattr(sorted_ids, "SIZE", 3)
    yield
    patch.undo()


@given(st.sets(numbers), st.lists(numbers, max_size=80), st.slices(40))
def test_blocks_are_a_sorted_list(first: set[int], toggled: list[int], part: slice) -> None:
    made, plain = filled(first), sorted(first)
    for number in toggled:
        if number in plain:
            plain.remove(number)
            made.remove(key(number))
        else:
            plain = sorted([*plain, number])
            made.add(key(number), f"t{number}")
        assert made.place(key(number)) == sum(other < number for other in plain)
    ids = [f"t{number}" for number in plain]
    assert list(made) == ids
    assert len(made) == len(ids)
    assert made[part] == ids[part]
    assert [made[place] for place in range(-len(ids), len(ids))] == ids + ids
    assert [made.place(key(number)) for number in range(62)] == [sum(n < number for n in plain) for number in range(62)]


def test_there_is_nothing_outside() -> None:
    made = filled({1, 2})
    for place in (2, -3):
        with pytest.raises(IndexError):
            made[place]
