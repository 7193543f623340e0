"""What commands say and how they end where the ledger is damaged, cannot be written, or lies where it must not."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from octotui.cli.exit_codes import ExitCode
from octotui.ledger import Ledger
from octotui.ledger.sqlite.file import file_systems
from octotui.model import NewTask
from tests.cli.conftest import Octotui

NOBODY = 65534
PAGE = 4096


def with_tasks(octotui: Octotui, count: int) -> Path:
    """Add tasks; returns where their ledger is."""
    ids = [f"video_{number:04}" for number in range(count)]
    assert octotui.call("add", "--provider", "sora", "--tag", "night", *ids).code == ExitCode.OK
    return next(octotui.home.rglob("ledger.db"))


def test_a_damaged_ledger_is_brought_over_and_said(octotui: Octotui) -> None:
    path = with_tasks(octotui, 400)
    content = bytearray(path.read_bytes())
    content[PAGE : 2 * PAGE] = b"\xaa" * PAGE
    path.write_bytes(content)
    failed = octotui.call("ls")
    assert failed.code == ExitCode.FILE
    assert "is damaged" in failed.err
    assert "the next start brings what can be read into a new one" in failed.err
    done = octotui.call("ls", "--json")
    assert done.code == ExitCode.OK
    tasks = json.loads(done.out)
    assert [task["id"] for task in tasks] == [f"video_{number:04}" for number in range(400)]
    assert {tuple(task["tags"]) for task in tasks} == {("night",)}
    (kept,) = (file for file in path.parent.glob("ledger.db.corrupt-*") if not file.name.endswith(("-wal", "-shm")))
    assert "400 tasks came over from a damaged ledger" in done.err
    assert str(kept) in done.err
    assert kept.read_bytes() == bytes(content)
    kept.unlink()
    assert octotui.call("ls").err == ""


def test_a_malformed_row_costs_that_row(octotui: Octotui) -> None:
    path = with_tasks(octotui, 5)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE tasks SET progress = 'much' WHERE id = 'video_0002'")
    done = octotui.call("ls", "--json")
    assert done.code == ExitCode.OK
    assert [task["id"] for task in json.loads(done.out)] == ["video_0000", "video_0001", "video_0003", "video_0004"]
    assert done.err == "octotui: 1 task left out, impossible values in the ledger: video_0002\n"


@pytest.mark.parametrize("version", [-7, 2**31 - 1])
def test_an_unreadable_version_costs_nothing(octotui: Octotui, version: int) -> None:
    path = with_tasks(octotui, 5)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    done = octotui.call("ls", "--json")
    assert (done.code, len(json.loads(done.out))) == (ExitCode.OK, 5)


def test_a_newer_version_is_said(octotui: Octotui) -> None:
    path = with_tasks(octotui, 5)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA user_version = 99")
    done = octotui.call("ls")
    assert (done.code, done.out) == (ExitCode.FILE, "")
    assert "written by a newer octotui (schema 99" in done.err


def test_what_only_reads_works_where_nothing_can_be_written(octotui: Octotui, monkeypatch: pytest.MonkeyPatch) -> None:
    path = with_tasks(octotui, 5)
    # Somebody else's folder, which cannot be made writable by whoever reads it.
    is_root = os.geteuid() == 0
    if not is_root:
        pytest.skip("only root can give a folder to somebody else")
    for file in path.parent.iterdir():
        file.chmod(0o444)
    path.parent.chmod(0o555)
    above = [octotui.home, *octotui.home.parents, *path.parent.parents]
    modes = {folder: folder.stat().st_mode for folder in above}
    for folder, mode in modes.items():
        folder.chmod(mode | 0o555)
    os.seteuid(NOBODY)
    try:
        listed, shown = octotui.call("ls", "--json"), octotui.call("show", "video_0001")
        reported, added = octotui.call("report"), octotui.call("add", "video_9", "--provider", "sora")
    finally:
        os.seteuid(0)
        for folder, mode in modes.items():
            folder.chmod(mode)
    assert (listed.code, len(json.loads(listed.out))) == (ExitCode.OK, 5)
    assert "the state folder cannot be written" in listed.err
    assert (shown.code, reported.code) == (ExitCode.OK, ExitCode.OK)
    assert added.code == ExitCode.FILE
    assert "cannot be opened" in added.err


def test_a_home_on_nfs_is_refused_in_words(octotui: Octotui, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"28 1 253:1 / / rw - ext4 /dev/vda1 rw\n40 28 0:35 / {octotui.home.resolve()} rw - nfs4 x rw\n")
    monkeypatch.setattr(file_systems, "MOUNTS", mounts)
    for words in (("ls",), ("add", "video_1", "--provider", "sora")):
        done = octotui.call(*words)
        assert done.code == ExitCode.FILE
        assert "would lie on NFS" in done.err
        assert "OCTOTUI_STATE_DIR" in done.err
    elsewhere = tmp_path / "local"
    assert octotui.call("add", "video_1", "--provider", "sora", OCTOTUI_STATE_DIR=str(elsewhere)).code == ExitCode.OK


def test_no_task_is_an_empty_list_and_a_hint(octotui: Octotui) -> None:
    assert octotui.call("ls", "--json").out == "[]\n"
    listed = octotui.call("ls")
    assert (listed.out, listed.err) == ("", "no tasks: octotui add ID\n")


def test_more_tasks_than_are_read_or_written_at_once(octotui: Octotui) -> None:
    path = with_tasks(octotui, 1)
    with Ledger.open(path) as ledger:
        ledger.add([NewTask(f"v{number}", "sora", "videos") for number in range(2500)], 1.0)
    lines = octotui.call("ls", "--json").out.splitlines()
    assert len(lines) == 2501, "one task a line"
    assert [task["id"] for task in json.loads("\n".join(lines))][1:] == [f"v{number}" for number in range(2500)]
    assert len(octotui.call("ls").out.splitlines()) == 2502
