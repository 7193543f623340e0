"""The SHA-256 of big files: the name comes first, the checksum follows into side-car and ledger, whoever is killed."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from octotui.config import Config
from octotui.engine import one_shot
from octotui.engine.downloads import checksums, transfer
from octotui.engine.downloads.checksums import ChecksumWorker, FileChanged, Stopped, sha256_of_saved
from octotui.engine.downloads.copying import copy_saved
from octotui.engine.downloads.queue import DownloadQueue
from octotui.engine.downloads.reports import DownloadReports
from octotui.engine.downloads.requests import RequestBook
from octotui.engine.downloads.sidecar import read_sidecar
from octotui.engine.sharing import Share
from octotui.engine.sources.sidecar_import import import_folder
from octotui.ledger import Ledger
from octotui.model import Download, DownloadState, NewTask, Task, TaskState
from tests.support.bad_server import BadServer, Serve, clip
from tests.support.waiting import until

CLIP = clip(300_000)
SHA256 = hashlib.sha256(CLIP).hexdigest()


@pytest.fixture(autouse=True)
def every_file_is_big(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "AT_ONCE", 0)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "state" / "ledger.db") as opened:
        yield opened


def settings(folder: Path, url: str) -> Config:
    return Config(
        state_dir=folder / "state",
        base_url=url,
        api_key="sk-test",
        download_dir=folder / "videos",
        file_template="{id}.mp4",
        disk_reserve=0,
    )


def completed(ledger: Ledger, link: str | None, task_id: str = "video_1") -> None:
    ledger.add([NewTask(task_id, "sora", "videos", "sora-2")], time.time())
    now = time.time()
    ledger.record(Task(task_id, "sora", "videos", now, state=TaskState.COMPLETED, last_answer_at=now, result_url=link))
    ledger.flush()


def download_of(ledger: Ledger, task_id: str = "video_1") -> Download:
    ledger.flush()
    task = ledger.task(task_id)
    assert task is not None
    return task.download


def fetch_all(ledger: Ledger, queue: DownloadQueue) -> None:
    """Have the queue save what is wanted."""
    changes = ledger.changes(0, with_requests=True)
    queue.update(changes.tasks, changes.requests)

    def is_saved() -> bool:
        queue.tick(time.time())
        return all(task.is_saved for task in ledger.tasks())

    until(is_saved, "saved")


def worker_of(ledger: Ledger, share: Share | None = None) -> ChecksumWorker:
    return ChecksumWorker(ledger, DownloadReports(ledger, RequestBook(share), share), share)


class Gate:
    """Stands in the way of every reading for a checksum until it is opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.open = threading.Event()
        self.reached = threading.Event()
        real = checksums.sha256_of_saved

        def held(path: Path, size: int | None, stopped: threading.Event) -> str:
            self.reached.set()
            until(lambda: self.open.is_set() or stopped.is_set(), "the gate is opened")
            return real(path, size, stopped)

        monkeypatch.setattr(checksums, "sha256_of_saved", held)


def test_the_name_comes_before_the_checksum(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(monkeypatch)
    with BadServer() as server:
        completed(ledger, server.on("/a.mp4", Serve(CLIP)))
        ledger.request_download(["video_1"])
        queue = DownloadQueue(settings(tmp_path, server.url), ledger, fresh_link=lambda _: None)
        fetch_all(ledger, queue)
        video = tmp_path / "videos" / "video_1.mp4"
        download = download_of(ledger)
        assert (download.file, download.sha256, download.lacks_checksum) == (str(video), None, True)
        assert video.read_bytes() == CLIP
        beside = read_sidecar(video)
        assert beside is not None
        assert (beside.bytes, beside.sha256) == (len(CLIP), None)
        assert queue.checksums.is_busy
        gate.open.set()
        until(lambda: not queue.checksums.is_busy, "the checksum is there")
        queue.stop(5)
    assert download_of(ledger) == download._replace(sha256=SHA256)
    beside = read_sidecar(video)
    assert beside is not None
    assert beside.sha256 == SHA256
    assert [event.kind for event in ledger.events()] == ["saved"], "a checksum that follows is no second news"


def test_stopping_does_not_wait_for_a_checksum_and_the_next_start_completes_it(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as held, BadServer() as server:
        gate = Gate(held)
        completed(ledger, server.on("/a.mp4", Serve(CLIP)))
        ledger.request_download(["video_1"])
        queue = DownloadQueue(settings(tmp_path, server.url), ledger, fresh_link=lambda _: None)
        fetch_all(ledger, queue)
        until(gate.reached.is_set, "it is being read")
        queue.stop(5)
        assert download_of(ledger).lacks_checksum
    queue = DownloadQueue(settings(tmp_path, "http://127.0.0.1:9"), ledger, fresh_link=lambda _: None)
    queue.update(ledger.tasks())
    until(lambda: not queue.checksums.is_busy, "the checksum is there")
    queue.stop(5)
    assert download_of(ledger).sha256 == SHA256


_KILLED = """
import os, sys, time
from pathlib import Path
from octotui.config import Config
from octotui.engine.downloads import checksums, transfer
from octotui.engine.downloads.queue import DownloadQueue
from octotui.ledger import Ledger

place, when, url = sys.argv[1:]
kill = lambda *_: os.kill(os.getpid(), 9)
transfer.AT_ONCE = 0
if when == "before the ledger knows":
    from octotui.engine.downloads.reports import DownloadReports
    DownloadReports.saved = kill
elif when == "before it is read":
    checksums.sha256_of_saved = kill
else:
    checksums.ChecksumWorker._record = kill
config = Config(
    state_dir=Path(place, "state"), base_url=url, api_key="sk-test", download_dir=Path(place, "videos"),
    file_template="{id}.mp4", disk_reserve=0,
)
with Ledger.open(Path(place, "state", "ledger.db")) as ledger:
    queue = DownloadQueue(config, ledger, fresh_link=lambda _: None)
    changes = ledger.changes(0, with_requests=True)
    queue.update(changes.tasks, changes.requests)
    while True:
        queue.tick(time.time())
        time.sleep(0.01)
"""


@pytest.mark.parametrize("when", ["before the ledger knows", "before it is read", "before it is recorded"])
def test_killed_between_name_and_checksum_nothing_is_lost(ledger: Ledger, tmp_path: Path, when: str) -> None:
    video = tmp_path / "videos" / "video_1.mp4"
    with BadServer() as server:
        completed(ledger, server.on("/a.mp4", Serve(CLIP)))
        ledger.request_download(["video_1"])
        killed = subprocess.run([sys.executable, "-c", _KILLED, tmp_path, when, server.url], check=False, timeout=60)
        assert killed.returncode == -9
        assert video.read_bytes() == CLIP
        assert download_of(ledger).sha256 is None
        assert download_of(ledger).lacks_checksum is (when != "before the ledger knows")
        [task] = one_shot.get(settings(tmp_path, server.url), ledger, ["video_1"])
        assert len(server.to("/a.mp4")) == 1, "not one byte is fetched twice"
    assert (task.is_saved, task.download.sha256) == (True, SHA256)
    beside = read_sidecar(video)
    assert beside is not None
    assert beside.sha256 == SHA256
    assert sorted(path.name for path in video.parent.iterdir()) == ["video_1.mp4", "video_1.mp4.json"]


def test_one_shot_get_ends_with_the_checksum(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(monkeypatch)
    with BadServer() as server:
        completed(ledger, server.on("/a.mp4", Serve(CLIP)))
        ended: list[Task] = []
        command = threading.Thread(
            target=lambda: ended.extend(one_shot.get(settings(tmp_path, server.url), ledger, ["video_1"]))
        )
        command.start()
        until(lambda: gate.reached.is_set() and download_of(ledger).lacks_checksum, "saved, and being read")
        assert command.is_alive()
        gate.open.set()
        command.join(30)
    assert [task.download.sha256 for task in ended] == [SHA256]


class TestFilesThatCannotBeRead:
    def saved(self, ledger: Ledger, file: Path, size: int = len(CLIP)) -> None:
        completed(ledger, None)
        ledger.record_download("video_1", Download(DownloadState.SAVED, size, size, str(file), saved_at=5.0))

    def read(self, ledger: Ledger) -> str | None:
        worker = worker_of(ledger)
        worker.watch(ledger.tasks())
        until(lambda: not worker.is_busy, "nothing is left to read")
        worker.stop(5)
        return download_of(ledger).sha256

    def test_nobody_waits_for_a_file_that_is_gone(self, ledger: Ledger, tmp_path: Path) -> None:
        self.saved(ledger, tmp_path / "gone.mp4")
        assert self.read(ledger) == ""
        assert not download_of(ledger).lacks_checksum

    def test_one_whose_disk_is_there_again_is_read_at_the_next_start(self, ledger: Ledger, tmp_path: Path) -> None:
        self.saved(ledger, tmp_path / "away.mp4")
        assert self.read(ledger) == ""
        (tmp_path / "away.mp4").write_bytes(CLIP)
        assert self.read(ledger) == SHA256

    def test_another_file_under_its_name_is_not_taken_for_it(self, ledger: Ledger, tmp_path: Path) -> None:
        (tmp_path / "edited.mp4").write_bytes(b"edited by its owner")
        self.saved(ledger, tmp_path / "edited.mp4")
        assert self.read(ledger) == ""

    def test_what_lies_in_the_folder_of_another_box_is_left_to_that_one(self, ledger: Ledger, tmp_path: Path) -> None:
        file = tmp_path / "a.mp4"
        file.write_bytes(CLIP)
        for task_id, place in (("video_1", "theirs"), ("video_2", "ours")):
            completed(ledger, None, task_id)
            saved = Download(DownloadState.SAVED, len(CLIP), len(CLIP), str(file), saved_at=5.0, place=place)
            ledger.record_download(task_id, saved)
        worker = worker_of(ledger, Share("us:1", "us", "ours", saves_for_others=False))
        worker.watch(ledger.tasks())
        until(lambda: not worker.is_busy, "nothing is left to read")
        worker.stop(5)
        assert download_of(ledger, "video_1").sha256 is None
        assert download_of(ledger, "video_2").sha256 == SHA256

    def test_what_is_asked_for_again_meanwhile_is_not_called_saved(
        self, ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gate = Gate(monkeypatch)
        (tmp_path / "a.mp4").write_bytes(CLIP)
        self.saved(ledger, tmp_path / "a.mp4")
        worker = worker_of(ledger)
        worker.watch(ledger.tasks())
        until(gate.reached.is_set, "it is being read")
        ledger.request_download(["video_1"], force=True)
        gate.open.set()
        until(lambda: not worker.is_busy, "nothing is left to read")
        worker.stop(5)
        assert download_of(ledger).state is DownloadState.WANTED

    def test_a_file_that_is_written_while_it_is_read_has_no_checksum(self, tmp_path: Path) -> None:
        path = tmp_path / "a.mp4"
        path.write_bytes(CLIP)
        with pytest.raises(FileChanged):
            sha256_of_saved(path, len(CLIP) + 1, threading.Event())
        stopped = threading.Event()
        stopped.set()
        with pytest.raises(Stopped):
            sha256_of_saved(path, len(CLIP), stopped)
        assert sha256_of_saved(path, None, threading.Event()) == SHA256


def test_a_side_car_without_checksum_is_imported_and_copied(ledger: Ledger, tmp_path: Path) -> None:
    with BadServer() as server:
        completed(ledger, server.on("/a.mp4", Serve(CLIP)))
        ledger.request_download(["video_1"])
        one_shot.get(settings(tmp_path, server.url), ledger, ["video_1"])
    side = tmp_path / "videos" / "video_1.mp4.json"
    facts = json.loads(side.read_text())
    assert facts["sha256"] == SHA256
    side.write_text(json.dumps(facts | {"sha256": None}))
    with Ledger.open(tmp_path / "other" / "ledger.db") as other:
        assert import_folder(other, tmp_path / "videos", verify=True, now=time.time()).added == ["video_1"]
        assert download_of(other).lacks_checksum
        [task] = other.tasks()
        copy = copy_saved(task, tmp_path / "copies", "{id}.mp4")
    beside = read_sidecar(copy)
    assert beside is not None
    assert beside.sha256 == SHA256
