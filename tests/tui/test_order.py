from __future__ import annotations

import random

import pytest

from octotui.download_order import QueuedDownload, in_order
from octotui.model import Download, DownloadState, TaskState
from octotui.presentation.sorting import (
    DEFAULT_ORDER,
    HELP,
    ORDERS,
    by_slack,
    is_order,
    is_turned,
    order_words,
    plain_order,
    turned,
)
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


def test_a_download_that_does_not_move_can_be_lost_as_what_nobody_wants() -> None:
    tasks = [
        ready("later", 9000),
        ready("paused", 231, download=Download(DownloadState.RUNNING, paused=True)),
        ready("waiting", 300, download=Download(DownloadState.WANTED)),
        ready("gave up", 400, download=Download(DownloadState.FAILED)),
        ready("saving", 60, download=Download(DownloadState.RUNNING)),
    ]
    ids = [one.id for one in sorted(tasks, key=lambda one: ORDERS[DEFAULT_ORDER](one, NOW))]
    assert ids == ["paused", "waiting", "gave up", "later", "saving"]


def test_other_orders() -> None:
    tasks = [running("a", 10, created_at=NOW - 9), running("b", 80, created_at=NOW - 5), ready("c", created_at=NOW - 7)]

    def ids(order: str) -> list[str]:
        return [one.id for one in sorted(tasks, key=lambda one: ORDERS[order](one, NOW))]

    assert ids("progress") == ["b", "a", "c"]
    assert ids("age") == ["b", "c", "a"]
    assert ids("state") == ["b", "a", "c"]


def test_slack_is_the_time_left_less_the_time_the_fetch_takes() -> None:
    big = Download(DownloadState.WANTED, 0, 400 * 10**6)
    tasks = [
        running("running"),
        ready("soon", 300),
        ready("big", 500, download=big),
        ready("hopeless", 100, download=big),
        ready("nobody knows", deadline=None),
        ready("own speed", 450, download=Download(DownloadState.RUNNING, 0, 400 * 10**6, speed=2e6)),
    ]

    def ids(speed: float | None) -> list[str]:
        return [one.id for one in sorted(tasks, key=lambda one: by_slack(one, NOW, speed))]

    assert ids(1e6) == ["big", "own speed", "soon", "hopeless", "nobody knows", "running"]
    assert ids(None) == ["hopeless", "own speed", "soon", "big", "nobody knows", "running"]


def test_the_table_and_the_queue_agree_about_slack() -> None:
    tasks = [
        ready(f"t{number}", left, download=Download(DownloadState.WANTED, 0, size), created_at=NOW - number)
        for number, (left, size) in enumerate([(60, 10), (400, 350 * 10**6), (90, 200 * 10**6), (300, None), (-5, 7)])
    ]
    candidates = [
        QueuedDownload(one.id, one.deadline.at if one.deadline else None, one.download.bytes_total, one.created_at or 0)
        for one in tasks
        if not one.is_expired(NOW)
    ]
    shown = [one.id for one in sorted(tasks, key=lambda one: by_slack(one, NOW, 1e6)) if not one.is_expired(NOW)]
    assert shown == in_order(candidates, now=NOW, speed=1e6, typical_size=None)


def test_models_stand_together_and_none_comes_last() -> None:
    tasks = [
        running("a", model="veo3.1"),
        ready("b", 900),
        ready("c", 900, model="Sora-2"),
        ready("d", 60, model="sora-2"),
        saved("e", model="sora-2"),
        running("f", model="sora-2"),
    ]
    ids = [one.id for one in sorted(tasks, key=lambda one: ORDERS["model"](one, NOW))]
    assert ids == ["d", "c", "f", "e", "a", "b"]


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_places_every_task_and_each_once(order: str) -> None:
    keys = [ORDERS[order](one, NOW) for one in every_state()]
    assert len(set(keys)) == len(keys)
    assert len(sorted_ids(order)) == len(keys)


def test_titles_and_sizes_stand_as_their_names_say() -> None:
    tasks = [
        running("b", given_title="Two foxes"),
        running("c", prompt="a boat"),
        running("hero"),
        saved("d", given_title="zoo"),
    ]

    def ids(order: str) -> list[str]:
        return [one.id for one in sorted(tasks, key=lambda one: ORDERS[order](one, NOW))]

    assert ids("title") == ["c", "hero", "b", "d"]
    assert ids("size")[0] == "d"


def test_every_order_has_help_and_can_be_turned_round() -> None:
    assert list(HELP) == list(ORDERS)
    for name in ORDERS:
        assert turned(turned(name)) == plain_order(turned(name)) == name
        assert is_order(name)
        assert is_order(turned(name))
        assert is_turned(turned(name))
        assert order_words(turned(name)) == f"{name}, reversed"
    assert not is_order("luck")
