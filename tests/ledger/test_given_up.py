"""Ledgers of older versions: what was given up too soon is wanted again, and what was said in words is known."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from octotui.ledger import Ledger
from octotui.model import Download, DownloadState, DownloadTrouble, LogEntry
from tests.ledger.conftest import make_older, new

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


FAULT = "stopped by a fault of octotui's own"
FOLDER = "disk: /mnt/videos: the folder cannot be made: there is no permission to write there"
VERDICTS = {
    "gone": "link: file is gone; content: file is gone",
    "big": "bigger than max_file_size: 2 GB or more, 1 GB allowed",
    "named": f"content: {FAULT}",
    "silent": None,
}


ROOM = "waiting for room on the disk: 2.0 MB needed, 1.0 MB free (10.0 MB kept free)"


def failed(error: str | None) -> Download:
    return Download(DownloadState.FAILED, 5, 10, error=error)


@contextmanager
def written_by(version: int, path: Path, *ids: str) -> Iterator[sqlite3.Connection]:
    """A ledger of an older version that watches `ids`, all of them wanted, to be filled with what that one wrote."""
    make_older(path, version, *ids)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE tasks SET wanted = 1, wish = 1, download_wish = 1, bytes_done = 5, bytes_total = 10")
        yield connection
        connection.commit()


def test_only_they_are_wanted_again(path: Path) -> None:
    reports = {"fault": FAULT, "folder": FOLDER, "cancelled": FAULT, **VERDICTS}
    with written_by(4, path, *reports, "saved") as old:
        for task_id, error in reports.items():
            old.execute("UPDATE tasks SET download_state = 'failed', download_error = ? WHERE id = ?", (error, task_id))
        old.execute("UPDATE tasks SET download_state = 'saved', file = '/v.mp4' WHERE id = 'saved'")
        old.execute("UPDATE tasks SET wanted = 0, wish = 2 WHERE id = 'cancelled'")
        revision = old.execute("SELECT revision FROM counter").fetchone()[0]
    with Ledger.open(path) as ledger:
        downloads = {task.id: task.download for task in ledger.tasks()}
        assert downloads["fault"] == downloads["folder"] == Download(DownloadState.WANTED, 5, 10)
        assert downloads["cancelled"] == Download()
        assert downloads["saved"] == Download(DownloadState.SAVED, 5, 10, file="/v.mp4")
        assert {task_id: downloads[task_id] for task_id in VERDICTS} == {
            task_id: failed(error) for task_id, error in VERDICTS.items()
        }
        assert "fault" in [task.id for task in ledger.changes(revision).tasks], "other windows see it"
    with Ledger.open(path) as ledger:
        ledger.record_download("gone", failed(FOLDER))
        ledger.flush()
    with Ledger.open(path) as ledger:
        gone = ledger.task("gone")
        assert gone is not None
        assert gone.download.state is DownloadState.FAILED, "it is done once"


def test_what_an_older_version_said_of_the_disk_is_still_known(path: Path) -> None:
    waiting = {"folder": FOLDER, "room": ROOM, "server": "source busy", "nothing": None}
    with written_by(5, path, *waiting) as old:
        for task_id, error in waiting.items():
            old.execute("UPDATE tasks SET download_state = 'wanted', download_error = ? WHERE id = ?", (error, task_id))
    with Ledger.open(path) as ledger:
        downloads = {task.id: task.download for task in ledger.tasks()}
    assert {task_id: (download.trouble, download.lacks_folder) for task_id, download in downloads.items()} == {
        "folder": (DownloadTrouble.FOLDER, True),
        "room": (DownloadTrouble.DISK, False),
        "server": (None, False),
        "nothing": (None, False),
    }


def test_old_entries_of_the_log_keep_their_marks(path: Path) -> None:
    old_and_new = {
        ("state", "completed"): ("state", "completed"),
        ("state", "failed: content policy: no"): ("state", "failed"),
        ("state", "something else"): ("state", ""),
        ("failure", "asking failed: bad gateway"): ("failure", ""),
        ("failure", "answers again"): ("recovered", ""),
        ("recovered", "answers again"): ("recovered", ""),
        ("download", "download failed: link: gone"): ("download", "failed"),
        ("download", "download waits: source busy"): ("download", "wanted"),
        ("gateway", "gateway live"): ("gateway", "live"),
        ("gateway", "gateway key refused: no such key: x"): ("gateway", "key_refused"),
        ("gateway", "gateway offline: no route"): ("gateway", "offline"),
        ("saved", "saved 24.0 MB, whole"): ("saved", ""),
    }
    with written_by(5, path) as old:
        old.executemany("INSERT INTO events (at, kind, task_id, text) VALUES (1.0, ?, NULL, ?)", old_and_new)
    with Ledger.open(path) as ledger:
        assert [(entry.kind, entry.detail) for entry in ledger.events()] == list(old_and_new.values())
        ledger.log(LogEntry(2.0, "gateway", None, "gateway live", detail="live"))
        ledger.flush()
        assert ledger.events()[-1][:4] == (2.0, "gateway", None, "gateway live")
        assert ledger.events()[-1].detail == "live"


def test_a_wish_goes_elsewhere_once_its_folder_cannot_be_used(ledger: Ledger) -> None:
    ledger.add(new("a"), 1.0)
    ledger.request_download(["a"], folder="/mnt/videos")
    assert ledger.request_download(["a"]) == []
    assert ledger.download_folder("a") == "/mnt/videos"
    ledger.record_download("a", Download(DownloadState.WANTED, error="a server is busy"))
    ledger.flush()
    assert ledger.request_download(["a"]) == []
    ledger.record_download("a", Download(DownloadState.WANTED, error="it is a file", trouble=DownloadTrouble.FOLDER))
    ledger.flush()
    assert ledger.request_download(["a"], automatic=True) == []
    assert ledger.request_download(["a"]) == ["a"]
    assert ledger.download_folder("a") is None
    task = ledger.task("a")
    assert task is not None
    assert task.download == Download(DownloadState.WANTED)
