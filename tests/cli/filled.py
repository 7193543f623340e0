"""A ledger of octotui's own home with tasks in every state in it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from octotui.ledger import Ledger
from octotui.model import Task
from tests.cli.conftest import Octotui
from tests.support.clock import NOW
from tests.support.tasks import record
from tests.tui.tasks import every_state


def ledger_path(octotui: Octotui) -> Path:
    """Where the commands keep their ledger; one is made where there is none."""
    octotui.call("add", "grok:first")
    octotui.call("rm", "grok:first")
    (path,) = octotui.home.rglob("ledger*.db")
    return path


def fill(octotui: Octotui, tasks: Iterable[Task] | None = None) -> list[Task]:
    """Put tasks, else one in every state, into the ledger, as fresh as if the test's clock were now."""
    moved = [_moved(task, time.time() - NOW) for task in (every_state() if tasks is None else tasks)]
    with Ledger.open(ledger_path(octotui)) as ledger:
        record(ledger, *moved)
    return moved


def _moved(task: Task, by: float) -> Task:
    times = ("added_at", "created_at", "running_since", "completed_at", "final_seen_at", "last_answer_at")
    later = {name: at + by for name in times if (at := getattr(task, name)) is not None}
    deadline = None if task.deadline is None else task.deadline._replace(at=task.deadline.at + by)
    saved_at = task.download.saved_at
    download = task.download._replace(saved_at=None if saved_at is None else saved_at + by)
    return replace(task, **later, deadline=deadline, download=download)
