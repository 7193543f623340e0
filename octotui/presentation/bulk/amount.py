"""What a key for many tasks is about, in words: how many results, of how many providers, and how large they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from octotui import units
from octotui.model import Task
from octotui.units import plural

_Kind = tuple[str, str | None]
"""Provider, and model; None stands for all models of the provider."""


class Amount(NamedTuple):
    """How much some results are together."""

    bytes: int
    """Of all whose size is known or guessed."""
    is_guess: bool
    """Whether any of it is guessed from results of the same kind that are saved."""
    unknown: int
    """Results of which nothing tells how large they are."""


def amount_of(tasks: Sequence[Task], known: Iterable[Task]) -> Amount:
    """Add up the sizes of the results of `tasks`; one that is not known is the mean of what is saved of its kind.

    `known` are all tasks there are. The kind is provider and model, or else the provider alone.
    """
    unsized = [task for task in tasks if not task.download.bytes_total]
    sized = sum(task.download.bytes_total or 0 for task in tasks)
    if not unsized:
        return Amount(sized, False, 0)
    means = _means(known)
    guesses = [means.get((task.provider, task.model)) or means.get((task.provider, None)) for task in unsized]
    found = [guess for guess in guesses if guess is not None]
    return Amount(sized + round(sum(found)), bool(found), len(guesses) - len(found))


def _means(known: Iterable[Task]) -> dict[_Kind, float]:
    sums: dict[_Kind, int] = defaultdict(int)
    counts: dict[_Kind, int] = defaultdict(int)
    for task in known:
        size = task.download.bytes_total or task.download.bytes_done
        if task.is_saved and size:
            for kind in {(task.provider, task.model), (task.provider, None)}:
                sums[kind] += size
                counts[kind] += 1
    return {kind: sums[kind] / counts[kind] for kind in sums}


def amount_words(amount: Amount) -> str:
    """`1.2 GB`, `about 1.2 GB`, `1.2 GB and 3 of unknown size`; empty where nothing at all is known."""
    if not amount.bytes:
        return ""
    about = "about " if amount.is_guess else ""
    rest = f" and {amount.unknown:,} of unknown size" if amount.unknown else ""
    return f"{about}{units.size(amount.bytes)}{rest}"


def counted(tasks: Sequence[Task], noun: str, label_of: Callable[[Task], str]) -> str:
    """How many there are, and of whom: `34 results of 3 providers`, `2 results of Sora`; a single one by its id."""
    if len(tasks) == 1:
        return tasks[0].id
    providers = {task.provider for task in tasks}
    whose = plural(len(providers), "provider") if len(providers) > 1 else label_of(tasks[0])
    return f"{plural(len(tasks), noun)} of {whose}"
