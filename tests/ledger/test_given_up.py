"""What older versions wrote down as failed although nothing had said no: wanted again after the update."""

from __future__ import annotations

from typing import TYPE_CHECKING

from octotui.ledger import Ledger, schema
from octotui.model import DISK, Download, DownloadState
from tests.ledger.conftest import new

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

FAULT = "stopped by a fault of octotui's own"
FOLDER = "disk: /mnt/videos: the folder cannot be made: there is no permission to write there"
VERDICTS = {
    "gone": "link: file is gone; content: file is gone",
    "big": "bigger than max_file_size: 2 GB or more, 1 GB allowed",
    "named": f"content: {FAULT}",
    "silent": None,
}


def failed(error: str | None) -> Download:
    return Download(DownloadState.FAILED, 5, 10, error=error)


def test_only_they_are_wanted_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reports = {"fault": FAULT, "folder": FOLDER, "cancelled": FAULT, **VERDICTS}
    with monkeypatch.context() as before:
        before.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:4])
        with Ledger.open(path) as old:
            old.add(new(*reports, "saved"), 1.0)
            old.request_download([*reports, "saved"])
            for task_id, error in reports.items():
                old.record_download(task_id, failed(error))
            saved = Download(DownloadState.SAVED, 10, 10, file="/v.mp4", sha256="ab", saved_at=5.0)
            old.record_download("saved", saved)
            old.flush()
            old.cancel_download(["cancelled"])
            revision = old.changes(0).revision
    with Ledger.open(path) as ledger:
        downloads = {task.id: task.download for task in ledger.tasks()}
        assert downloads["fault"] == downloads["folder"] == Download(DownloadState.WANTED, 5, 10)
        assert downloads["cancelled"] == Download()
        assert downloads["saved"] == saved
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


def test_a_wish_goes_elsewhere_once_its_folder_cannot_be_used(ledger: Ledger) -> None:
    ledger.add(new("a"), 1.0)
    ledger.request_download(["a"], folder="/mnt/videos")
    assert ledger.request_download(["a"]) == []
    assert ledger.download_folder("a") == "/mnt/videos"
    ledger.record_download("a", Download(DownloadState.WANTED, error="a server is busy"))
    ledger.flush()
    assert ledger.request_download(["a"]) == []
    ledger.record_download("a", Download(DownloadState.WANTED, error=f"{DISK}it is a file"))
    ledger.flush()
    assert ledger.request_download(["a"], automatic=True) == []
    assert ledger.request_download(["a"]) == ["a"]
    assert ledger.download_folder("a") is None
    task = ledger.task("a")
    assert task is not None
    assert task.download == Download(DownloadState.WANTED)
