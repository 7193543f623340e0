"""A ledger in a file of its own for each test, and the process that tests start and kill."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from octotui.ledger import Ledger
from octotui.ledger.sqlite import (
    backend,  # noqa: F401 - before a test is nobody, who may not be able to read Python's own library
    schema,
)
from octotui.model import NewTask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
NOBODY = 65534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.db"


KINDS = ("sqlite", "postgres")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is true of every ledger on each kind of it; `only_sqlite` marks what is about the file."""
    if "kind" in metafunc.fixturenames and "where" in metafunc.fixturenames:
        is_about_file = metafunc.definition.get_closest_marker("only_sqlite") or "path" in metafunc.fixturenames
        metafunc.parametrize("kind", KINDS[:1] if is_about_file else KINDS, scope="session")


@pytest.fixture
def where(kind: str, request: pytest.FixtureRequest) -> Path | str:
    """Where the ledger of this test is: a file, or a schema of the tests' own server."""
    fixture = "path" if kind == "sqlite" else "url"
    found: Path | str = request.getfixturevalue(fixture)
    return found


@pytest.fixture
def ledger(where: Path | str) -> Iterator[Ledger]:
    with Ledger.open(where) as opened:
        yield opened


@pytest.fixture
def folder() -> Iterator[Path]:
    """Make a folder of somebody who is not root: root may write anywhere."""
    made = Path(tempfile.mkdtemp())
    is_root = os.geteuid() == 0
    if is_root:
        os.chown(made, NOBODY, NOBODY)
        os.seteuid(NOBODY)
    yield made
    if is_root:
        os.seteuid(0)
    shutil.rmtree(made)


@pytest.fixture
def start(where: Path | str) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start `worker.py` with a verb on the ledger of this test; whatever still runs afterwards is killed."""
    started: list[subprocess.Popen[str]] = []

    def start_worker(*arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.ledger.worker", str(where), *map(str, arguments)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start_worker
    for process in started:
        process.kill()
        process.communicate()


def new(*ids: str, tags: tuple[str, ...] = (), model: str | None = None) -> list[NewTask]:
    return [NewTask(task_id, "sora", "videos", model, tags) for task_id in ids]


def make_older(path: Path, version: int, *ids: str, also: str = "") -> None:
    """Make a ledger as an older version left it, with tasks in it that have nothing but an id; `also` is SQL."""
    path.parent.mkdir(mode=0o700, parents=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        schema.migrate(connection, version)
        connection.executemany(
            "INSERT INTO tasks (id, revision, added_at, provider, route) VALUES (?, 1, 1.0, 'sora', 'videos')",
            [(task_id,) for task_id in ids],
        )
        connection.executescript(also)


class Committed:
    """Lets a test wait for commits instead of for time."""

    def __init__(self, ledger: Ledger) -> None:
        self.count = 0
        self._more = threading.Condition()
        self.stop = ledger.subscribe(self._committed)

    def _committed(self) -> None:
        with self._more:
            self.count += 1
            self._more.notify_all()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        with self._more:
            assert self._more.wait_for(condition, timeout=30)
