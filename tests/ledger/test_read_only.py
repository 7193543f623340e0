"""Reading alone: a folder that cannot be written, and somebody who writes for a minute, keep no reader out."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from octotui.ledger import Ledger, LedgerError, LedgerTooNew, LedgerUnwritable
from octotui.ledger.sqlite import schema
from octotui.ledger.sqlite.file.read_only import open_read_only
from tests.ledger.conftest import new

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Take away everybody's permission to write a folder and its files."""
    for file in folder.iterdir():
        file.chmod(0o400)
    folder.chmod(0o500)
    try:
        yield
    finally:
        folder.chmod(0o700)
        for file in folder.iterdir():
            file.chmod(0o600)


def filled(path: Path) -> None:
    with Ledger.open(path) as ledger:
        ledger.add(new("a", "b"), 1.0)


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def judge(path: Path) -> None:
    with Ledger.open(path, is_reader=True) as ledger:
        assert [task.id for task in ledger.tasks()] == ["a", "b"]
        assert any("cannot be written" in line for line in ledger.notices.lines)
        with pytest.raises(LedgerUnwritable, match="reading alone"):
            ledger.add(new("c"), 1.0)
        assert not ledger.changed_outside()
        assert ledger.check() == []


def test_a_ledger_that_nobody_has_open(folder: Path) -> None:
    path = folder / "ledger.db"
    filled(path)
    before = contents(folder)
    with locked(folder):
        judge(path)
    assert contents(folder) == before


def test_a_ledger_that_somebody_else_works_on(folder: Path) -> None:
    path = folder / "ledger.db"
    with Ledger.open(path) as writer:
        writer.add(new("a", "b"), 1.0)
        read_only = open_read_only(path)
        with closing(read_only.connection) as connection:
            assert read_only.folder is None, "it is read where it lies"
            writer.add(new("c"), 2.0)
            assert connection.execute("SELECT COUNT(*) FROM tasks").fetchone() == (3,)


def test_a_ledger_whose_owner_died(folder: Path) -> None:
    path = folder / "ledger.db"
    with Ledger.open(path) as writer:
        writer.add(new("a", "b"), 1.0)
        files = contents(folder)
    for name in ("ledger.db", "ledger.db-wal"):
        (folder / name).write_bytes(files[name])
    temporary = set(Path(tempfile.gettempdir()).glob("octotui-*"))
    with locked(folder):
        judge(path)
    assert set(Path(tempfile.gettempdir()).glob("octotui-*")) == temporary, "the private copy is gone"


def test_a_ledger_of_an_older_version(folder: Path) -> None:
    path = folder / "ledger.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        schema.migrate(connection, 1)
        connection.execute(
            "INSERT INTO tasks (id, revision, added_at, provider, route) VALUES "
            "('a', 1, 1.0, 'sora', 'videos'), ('b', 1, 1.0, 'sora', 'videos')"
        )
    with locked(folder):
        judge(path)


def test_a_newer_one_is_refused_there_too(folder: Path) -> None:
    path = folder / "ledger.db"
    filled(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with locked(folder), pytest.raises(LedgerTooNew, match="update octotui"):
        Ledger.open(path, is_reader=True)


def test_who_wants_to_write_is_told_and_so_is_who_finds_no_ledger(folder: Path) -> None:
    path = folder / "ledger.db"
    filled(path)
    with locked(folder):
        with pytest.raises(LedgerUnwritable, match=r"cannot be (opened|written)"):
            Ledger.open(path)
        with pytest.raises(LedgerUnwritable, match="cannot be opened"):
            Ledger.open(folder / "another.db", is_reader=True)


def test_a_reader_does_not_wait_for_somebody_who_writes_for_a_minute(path: Path) -> None:
    filled(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM tasks")
        began = time.monotonic()
        with Ledger.open(path, is_reader=True) as ledger:
            assert [task.id for task in ledger.tasks()] == ["a", "b"]
            assert ledger.notices.lines == []
        assert time.monotonic() - began < 5.0, "a writer is waited for ten seconds"
        other.execute("ROLLBACK")


def test_who_looks_only_makes_no_file_where_one_could(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    filled(path)
    (tmp_path / "ledger.db.lock").unlink()
    before = path.read_bytes()
    with Ledger.open(path, is_reader=True, read_only=True) as ledger:
        assert [task.id for task in ledger.tasks()] == ["a", "b"]
        assert ledger.notices.lines == []
        with pytest.raises(LedgerUnwritable, match="reading alone"):
            ledger.remove(["a"])
        assert not (tmp_path / "ledger.db.lock").exists()
        assert path.read_bytes() == before
        with Ledger.open(path) as writer:
            writer.add(new("c"), 2.0)
            assert ledger.changed_outside()
            assert [task.id for task in ledger.tasks()] == ["a", "b", "c"]
    with Ledger.open(path, is_reader=True, read_only=True) as ledger:
        assert [task.id for task in ledger.tasks()] == ["a", "b", "c"]


def test_who_looks_only_leaves_what_is_damaged_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    filled(path)
    path.write_bytes(b"no database at all" * 500)
    before = contents(tmp_path)
    with pytest.raises(LedgerError):
        Ledger.open(path, is_reader=True, read_only=True)
    assert contents(tmp_path) == before


def test_who_looks_only_brings_no_old_ledger_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        schema.migrate(connection, 1)
        connection.execute(
            "INSERT INTO tasks (id, revision, added_at, provider, route) VALUES ('a', 1, 1.0, 'sora', 'videos')"
        )
    before = contents(tmp_path)
    with Ledger.open(path, is_reader=True, read_only=True) as ledger:
        assert [task.id for task in ledger.tasks()] == ["a"]
    assert {name: text for name, text in contents(tmp_path).items() if not name.endswith("-shm")} == before


def test_who_looks_only_reads_where_nobody_may_write(folder: Path) -> None:
    path = folder / "ledger.db"
    filled(path)
    before = contents(folder)
    with locked(folder), Ledger.open(path, is_reader=True, read_only=True) as ledger:
        assert [task.id for task in ledger.tasks()] == ["a", "b"]
    assert contents(folder) == before
