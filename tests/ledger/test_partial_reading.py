"""Tasks of which some fields are read: those are what they always are, and the others raise instead of being empty."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from itertools import chain
from typing import TYPE_CHECKING

import pytest

from octotui.model import Task
from tests.support.tasks import record
from tests.tui.tasks import every_state

if TYPE_CHECKING:
    from octotui.ledger import Ledger

NAMES = [each.name for each in fields(Task)]


@pytest.mark.parametrize("name", NAMES)
def test_one_field_alone_is_what_it_is_among_all(ledger: Ledger, name: str) -> None:
    record(ledger, *every_state())
    (page,) = ledger.pages([name])
    whole = ledger.tasks()
    assert [getattr(task, name) for task in page] == [getattr(task, name) for task in whole]
    for other in NAMES:
        if other != name:
            with pytest.raises(AttributeError):
                getattr(page[0], other)


def test_what_is_read_is_a_frozen_task_like_any_other(ledger: Ledger) -> None:
    record(ledger, *every_state())
    whole = list(chain.from_iterable(ledger.pages()))
    assert whole == ledger.tasks()
    for task in whole:
        assert type(task) is Task
        assert task == Task(*(getattr(task, name) for name in NAMES))
        assert hash(task) == hash(Task(*(getattr(task, name) for name in NAMES)))
        with pytest.raises(FrozenInstanceError):
            task.id = "another"  # type: ignore[misc]


def test_a_field_no_task_has_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="no field colour"):
        list(ledger.pages(["id", "colour"]))
