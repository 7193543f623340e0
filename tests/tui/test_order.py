from __future__ import annotations

import random

import pytest

from octotui.model import Download, DownloadState, TaskState
from octotui.tui.order import DEFAULT_ORDER, ORDERS, next_order
from tests.tui.tasks import NOW, every_state, ready, running, saved, task


def sorted_ids(order: str, tasks: list[object] | None = None) -> list[str]:
    shuffled = every_state()
    random.Random(4).shuffle(shuffled)
    return [one.id for one in sorted(shuffled, key=lambda one: ORDERS[order](one, NOW))]


def test_what_is_lost_first_comes_first() -> None:
    tasks = [
        saved("finished"),
        task("queued", state=TaskState.QUEUED),
        running("nearly", 90),
        running("hardly", 10),
        ready("saving", 60, download=Download(DownloadState.RUNNING)),
        ready("soon", 250),
        ready("later", 9000),
        ready("nobody knows", deadline=None),
        task("odd"),
    ]
    ids = [one.id for one in sorted(tasks, key=lambda one: ORDERS[DEFAULT_ORDER](one, NOW))]
    assert ids == ["soon", "later", "nobody knows", "saving", "nearly", "hardly", "queued", "odd", "finished"]


def test_other_orders() -> None:
    tasks = [running("a", 10, created_at=NOW - 9), running("b", 80, created_at=NOW - 5), ready("c", created_at=NOW - 7)]

    def ids(order: str) -> list[str]:
        return [one.id for one in sorted(tasks, key=lambda one: ORDERS[order](one, NOW))]

    assert ids("progress") == ["b", "a", "c"]
    assert ids("age") == ["b", "c", "a"]
    assert ids("state") == ["b", "a", "c"]


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_places_every_task_and_each_once(order: str) -> None:
    keys = [ORDERS[order](one, NOW) for one in every_state()]
    assert len(set(keys)) == len(keys)
    assert len(sorted_ids(order)) == len(keys)


def test_orders_go_round() -> None:
    seen = [DEFAULT_ORDER]
    while (name := next_order(seen[-1])) != DEFAULT_ORDER:
        seen.append(name)
    assert seen == list(ORDERS)
