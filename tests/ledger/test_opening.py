"""Opening: private, sound, of this version, or a clear word and nothing lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from octotui.ledger import Ledger, LedgerCorrupt, LedgerDamaged, LedgerError, LedgerTooNew, LedgerUnwritable
from octotui.ledger.sqlite import migrations, schema
from octotui.ledger.sqlite.file import opening
from tests.ledger.conftest import new
from tests.support.database import database_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def filled(path: Path, count: int = 300) -> list[str]:
    with Ledger.open(path) as ledger:
        return ledger.add(new(*(f"task-{number}-{'x' * 200}" for number in range(count))), 1.0)[0]


def crash_image(path: Path, target: Path) -> Path:
    """Copy a ledger as it lies on disk while somebody has it open: what a crash would leave."""
    target.mkdir()
    with Ledger.open(path) as ledger:
        ledger.add(new("last"), 1.0)
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", target)
    return target / path.name


def spoil(path: Path) -> bytes:
    """Overwrite the second half of a database; its beginning and what is in the -wal stay sound."""
    content = path.read_bytes()
    half = len(content) // 2
    path.write_bytes(content[:half] + b"\xaa" * (len(content) - half))
    return path.read_bytes()


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o277])
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_umask")
def test_folder_and_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state" / "ledger.db"
    with Ledger.open(path) as ledger:
        ledger.add(new("a"), 1.0)
        files = sorted(path.parent.iterdir())
        assert [file.name for file in files] == ["ledger.db", "ledger.db-shm", "ledger.db-wal", "ledger.db.lock"]
        assert {mode(file) for file in files} == {0o600}
    assert mode(path.parent) == mode(path.parent.parent) == 0o700


def test_a_folder_in_other_use_keeps_its_mode_and_loose_files_are_tightened(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    path = tmp_path / "ledger.db"
    (tmp_path / "other.txt").touch()
    Ledger.open(path).close()
    assert mode(tmp_path) == 0o755
    path.chmod(0o644)
    Ledger.open(path).close()
    assert mode(path) == 0o600


def test_an_empty_folder_made_by_others_becomes_private(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    Ledger.open(tmp_path / "ledger.db").close()
    assert mode(tmp_path) == 0o700


@pytest.mark.only_sqlite
def test_every_commit_is_on_stable_storage(ledger: Ledger) -> None:
    assert database_of(ledger)._writer.execute("PRAGMA synchronous").fetchone() == (2,)
    assert database_of(ledger)._writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_file_that_is_no_database_is_moved_aside_whole(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database at all, but somebody's text" * 100)
    with pytest.raises(LedgerCorrupt) as caught:
        Ledger.open(path)
    error = caught.value
    assert error.moved_to.read_bytes() == b"not a database at all, but somebody's text" * 100
    assert error.moved_to.name.startswith("ledger.db.corrupt-")
    assert mode(error.moved_to) == 0o600
    for word in (str(path), str(error.moved_to), "not a database", "nothing was deleted", "octotui"):
        assert word in str(error)
    with Ledger.open(path) as ledger:
        assert ledger.tasks() == []
    assert error.moved_to.exists()


def test_damage_after_a_crash_is_found_on_opening_and_nothing_is_lost_of_it(path: Path, tmp_path: Path) -> None:
    filled(path, 500)
    image = crash_image(path, tmp_path / "crashed")
    content, log = spoil(image), Path(f"{image}-wal").read_bytes()
    assert log
    with Ledger.open(image) as ledger:
        ids = {task.id for task in ledger.tasks()}
        assert "last" in ids, "what is in the -wal is sound"
        assert len(ids) > 20
        salvage = ledger.notices.salvage
    assert salvage is not None
    assert Path(salvage.moved_to).read_bytes() == content
    assert Path(f"{salvage.moved_to}-wal").read_bytes() == log


def test_a_crash_without_damage_loses_nothing(path: Path, tmp_path: Path) -> None:
    ids = filled(path)
    with Ledger.open(crash_image(path, tmp_path / "crashed")) as ledger:
        assert [task.id for task in ledger.tasks()] == [*ids, "last"]


def test_a_second_damaged_ledger_does_not_replace_the_first(path: Path) -> None:
    path.parent.mkdir()
    moved = set()
    for number in range(3):
        path.write_text(f"nonsense {number}" * 1000)
        with pytest.raises(LedgerCorrupt) as caught:
            Ledger.open(path)
        moved.add(caught.value.moved_to)
    assert len({file.read_bytes() for file in moved}) == 3


def test_an_emptied_file_with_a_log_is_not_taken_for_a_new_ledger(path: Path, tmp_path: Path) -> None:
    filled(path)
    image = crash_image(path, tmp_path / "crashed")
    log = Path(f"{image}-wal").read_bytes()
    image.write_bytes(b"")
    with pytest.raises(LedgerCorrupt, match="empty") as caught:
        Ledger.open(image)
    assert Path(f"{caught.value.moved_to}-wal").read_bytes() == log


def test_damage_met_while_working_is_named_and_mended_at_the_next_start(path: Path) -> None:
    filled(path, 500)
    content = spoil(path)
    with Ledger.open(path) as ledger, pytest.raises(LedgerDamaged, match="damaged"):
        ledger.tasks()
    with Ledger.open(path) as ledger:
        assert len(ledger.tasks()) > 20
        salvage = ledger.notices.salvage
    assert salvage is not None
    assert Path(salvage.moved_to).read_bytes() == content


def test_a_suspicion_that_proves_wrong_is_forgotten(path: Path) -> None:
    ids = filled(path)
    lock = Path(f"{path}.lock")
    lock.write_bytes(b"damage was met: check all of it\n")
    with Ledger.open(path) as ledger:
        assert len(ledger.tasks()) == len(ids)
    assert lock.read_bytes() == b""


def test_a_damaged_ledger_others_work_on_stays_where_it_is(path: Path) -> None:
    filled(path)
    with Ledger.open(path):
        Path(f"{path}.lock").write_bytes(b"suspicious")
        spoil(path)
        with pytest.raises(LedgerDamaged, match="close that one"):
            Ledger.open(path)
        assert path.exists()


def test_a_ledger_of_a_newer_version_is_refused_and_left_as_it_is(path: Path) -> None:
    filled(path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with pytest.raises(LedgerTooNew, match=r"schema 99.*update octotui") as caught:
        Ledger.open(path)
    assert (caught.value.version, caught.value.known) == (99, len(migrations.MIGRATIONS))
    assert path.read_bytes() == before


def test_another_programs_database_is_refused_and_left_as_it_is(path: Path) -> None:
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="another program"):
        Ledger.open(path)
    assert path.read_bytes() == before


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(LedgerUnwritable, match=r"state/ledger\.db"):
        Ledger.open(tmp_path / "state" / "ledger.db")


def test_a_read_only_folder_is_named(folder: Path) -> None:
    # An empty folder of one's own would be made private and thereby writable; one in other use is left alone.
    (folder / "other.txt").touch()
    folder.chmod(0o500)
    with pytest.raises(LedgerUnwritable, match=r"Permission denied.*another state folder"):
        Ledger.open(folder / "ledger.db")
    folder.chmod(0o700)


def test_a_ledger_that_became_read_only_is_refused_with_a_word(folder: Path) -> None:
    path = folder / "ledger.db"
    filled(path)
    folder.chmod(0o500)
    with pytest.raises(LedgerUnwritable, match=r"ledger\.db cannot be (written|opened)"):
        Ledger.open(path)
    folder.chmod(0o700)
    with Ledger.open(path) as ledger:
        assert len(ledger.tasks()) == 300


def test_an_old_sqlite_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "OLDEST_SQLITE", (99, 0))
    with pytest.raises(LedgerError, match="too old"):
        Ledger.open(path)
    assert not path.exists()


def test_migrations_bring_an_old_ledger_forward_with_its_tasks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = filled(path, 3)
    newer = [
        *migrations.MIGRATIONS,
        ["ALTER TABLE tasks ADD COLUMN mood TEXT DEFAULT 'fine'"],
        ["CREATE TABLE moods (mood TEXT)", "INSERT INTO moods SELECT DISTINCT mood FROM tasks"],
    ]
    monkeypatch.setattr(schema, "MIGRATIONS", newer)
    with Ledger.open(path) as ledger:
        assert [task.id for task in ledger.tasks()] == ids
        ledger.add(new("next"), 1.0)
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT mood FROM moods").fetchall() == [("fine",)]
    assert schema.version_of(connection) == len(newer)
    connection.close()


def test_a_migration_that_fails_leaves_the_version_before_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = filled(path, 3)
    known = migrations.MIGRATIONS
    monkeypatch.setattr(
        schema,
        "MIGRATIONS",
        [*known, ["CREATE TABLE good (x)"], ["DELETE FROM tasks", "CREATE TABLE bad (x)", "nonsense"]],
    )
    with pytest.raises(LedgerError, match="nonsense"):
        Ledger.open(path)
    connection = sqlite3.connect(path)
    assert schema.version_of(connection) == len(known) + 1
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    connection.close()
    assert "good" in tables
    assert "bad" not in tables
    monkeypatch.setattr(schema, "MIGRATIONS", [*known, ["CREATE TABLE good (x)"]])
    with Ledger.open(path) as ledger:
        assert [task.id for task in ledger.tasks()] == ids


def test_a_link_in_the_place_of_the_lock_is_not_followed(path: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("somebody's")
    precious.chmod(0o644)
    path.parent.mkdir(parents=True, exist_ok=True)
    Path(f"{path}.lock").symlink_to(precious)
    with pytest.raises((LedgerError, OSError)):
        Ledger.open(path)
    assert (precious.read_text(), mode(precious)) == ("somebody's", 0o644)
