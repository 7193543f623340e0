"""A ledger of octotui's own home with tasks in every state in it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from octotui.ledger import Ledger
from octotui.model import Task
from tests.cli.conftest import Octotui
from tests.support.clock import NOW
from tests.support.tasks import moved, record
from tests.tui.tasks import every_state


def ledger_path(octotui: Octotui) -> Path:
    """Where the commands keep their ledger; one is made where there is none."""
    octotui.call("add", "grok:first")
    octotui.call("rm", "grok:first")
    (path,) = octotui.home.rglob("ledger*.db")
    return path


def fill(octotui: Octotui, tasks: Iterable[Task] | None = None) -> list[Task]:
    """Put tasks, else one in every state, into the ledger, as fresh as if the test's clock were now."""
    fresh = [moved(task, time.time() - NOW) for task in (every_state() if tasks is None else tasks)]
    with Ledger.open(ledger_path(octotui)) as ledger:
        record(ledger, *fresh)
    return fresh
