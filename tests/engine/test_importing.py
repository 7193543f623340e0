from __future__ import annotations

import hashlib
import json
import math
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from octotui.config import Config
from octotui.demo.demo_gateway import Box
from octotui.demo.lifecycle import Life
from octotui.engine.downloads.file_names import FileTrouble
from octotui.engine.downloads.sidecar import sidecar_of, write_sidecar
from octotui.engine.engine import Engine
from octotui.engine.polling.asker import with_intents_of
from octotui.engine.sources.sidecar_import import Imported, import_folder
from octotui.ledger import Ledger
from octotui.model import Deadline, DeadlineSource, DownloadState, NewTask, Task, TaskState
from tests.support.waiting import until

NOW = 1_800_000_000.0
TASK = Task(
    "grok:05c8e247",
    "grok",
    "videos",
    1_790_000_000.0,
    model="grok-video-3",
    state=TaskState.COMPLETED,
    created_at=1_790_000_010.0,
    completed_at=1_790_000_090.0,
    deadline=Deadline(1_790_086_400.0, DeadlineSource.GATEWAY),
    seconds="10",
    size="720x1280",
    tags=("cats",),
)


def saved(folder: Path, task_id: str = TASK.id, name: str | None = None, content: bytes = b"video") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    video = folder / (name or f"{task_id.replace(':', '_')}.mp4")
    video.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    task = replace(TASK, id=task_id)
    write_sidecar(video, sidecar_of(task, link_host="c", size=len(content), sha256=sha256, saved_at=1_790_000_100.0))
    return video


def edited(video: Path, **facts: object) -> Path:
    path = video.with_name(video.name + ".json")
    path.write_text(json.dumps(json.loads(path.read_text()) | facts))
    return video


def run(ledger: Ledger, folder: Path, *, verify: bool = False) -> Imported:
    return import_folder(ledger, folder, verify=verify, now=NOW)


def reasons(result: Imported) -> dict[str, str]:
    return {Path(misfit.path).name: misfit.reason for misfit in result.misfits}


def test_a_task_is_made_again_with_all_that_its_sidecar_knows(ledger: Ledger, tmp_path: Path) -> None:
    video = saved(tmp_path / "videos" / "grok")
    result = run(ledger, tmp_path / "videos", verify=True)
    assert (result.added, result.completed, result.known, result.misfits) == ([TASK.id], [], [], [])
    task = ledger.task(TASK.id)
    assert task is not None
    assert (task.provider, task.route, task.model, task.tags) == ("grok", "videos", "grok-video-3", ("cats",))
    assert (task.state, task.progress, task.added_at) == (TaskState.COMPLETED, 100, NOW)
    assert (task.created_at, task.completed_at) == (1_790_000_010.0, 1_790_000_090.0)
    assert task.deadline == Deadline(1_790_086_400.0, DeadlineSource.RULE)
    assert (task.seconds, task.size) == ("10", "720x1280")
    download = task.download
    assert (download.state, download.file, download.bytes_total) == (DownloadState.SAVED, str(video), 5)
    assert (download.sha256, download.saved_at) == (hashlib.sha256(b"video").hexdigest(), 1_790_000_100.0)


def test_a_second_time_changes_nothing(ledger: Ledger, tmp_path: Path) -> None:
    saved(tmp_path / "v")
    run(ledger, tmp_path / "v")
    before = ledger.task(TASK.id)
    result = run(ledger, tmp_path / "v")
    assert (result.added, result.completed, result.known) == ([], [], [TASK.id])
    assert ledger.task(TASK.id) == before


def test_a_task_that_is_watched_gets_what_it_lacks(ledger: Ledger, tmp_path: Path) -> None:
    saved(tmp_path / "v")
    ledger.add([NewTask(TASK.id, "grok", "query", tags=("mine",))], 5.0)
    ledger.record(replace(TASK, route="query", state=TaskState.RUNNING, created_at=7.0, completed_at=None))
    ledger.flush()
    assert run(ledger, tmp_path / "v").completed == [TASK.id]
    task = ledger.task(TASK.id)
    assert task is not None
    assert task.is_saved
    assert (task.state, task.route, task.added_at, task.created_at) == (TaskState.COMPLETED, "query", 5.0, 7.0)
    assert (task.tags, task.model) == (("mine", "cats"), "grok-video-3")
    assert task.deadline == TASK.deadline


def test_a_folder_that_was_moved_is_found_again(ledger: Ledger, tmp_path: Path) -> None:
    video = saved(tmp_path / "old")
    run(ledger, tmp_path / "old")
    (tmp_path / "old").rename(tmp_path / "new")
    assert run(ledger, tmp_path / "new").completed == [TASK.id]
    task = ledger.task(TASK.id)
    assert task is not None
    assert task.download.file == str(tmp_path / "new" / video.name)


def test_what_does_not_fit_is_said_and_not_imported(ledger: Ledger, tmp_path: Path) -> None:
    folder = tmp_path / "v"
    good = saved(folder, "sora:good", "0.mp4")
    saved(folder, "sora:1", "gone.mp4").unlink()
    saved(folder, "sora:2", "short.mp4").write_bytes(b"vid")
    edited(saved(folder, "sora:3", "route.mp4"), route="nowhere")
    edited(saved(folder, "sora:4", "provider.mp4"), provider="a b")
    edited(saved(folder, "sora:5", "id.mp4"), id="..")
    edited(saved(folder, "sora:6", "hash.mp4"), sha256="x")
    edited(saved(folder, "sora:7", "bytes.mp4"), bytes=True)
    edited(saved(folder, "sora:8", "times.mp4"), saved_at=float("inf"), created_at=float("nan"), tags=["\x1b[2J", " "])
    saved(folder, "sora:good", "twice.mp4")
    (folder / "package.json").write_text('{"name": "somebody else\'s"}')
    (folder / "list.json").write_text("[1]")
    (folder / "broken.json").write_text("{")
    (folder / "dir.json").mkdir()
    result = run(ledger, folder)
    assert result.added == ["sora:good", "sora:8"]
    assert reasons(result) == {
        "gone.mp4": "there is only its side-car, no video",
        "short.mp4": "has 3 bytes, its side-car says 5",
        "route.mp4": "its side-car names no route of videos, query, generations",
        "provider.mp4": "its side-car names no provider",
        "id.mp4": "its side-car names no task id",
        "hash.mp4": "its side-car has no SHA-256",
        "bytes.mp4.json": "is a side-car of octotui's, but something in it is missing or wrong",
        "twice.mp4": f"the same task is in {good} already",
    }
    odd = ledger.task("sora:8")
    assert odd is not None
    assert (odd.created_at, odd.download.saved_at) == (None, NOW)
    assert odd.tags == ("␛[2J",)


def test_a_changed_file_is_found_out_when_it_is_read(ledger: Ledger, tmp_path: Path) -> None:
    saved(tmp_path / "v", name="c.mp4").write_bytes(b"Video")
    assert reasons(run(ledger, tmp_path / "v", verify=True)) == {"c.mp4": "has another SHA-256 than its side-car says"}
    assert ledger.tasks() == []
    assert run(ledger, tmp_path / "v").added == [TASK.id]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_said(ledger: Ledger, tmp_path: Path) -> None:
    video = saved(tmp_path / "v")
    video.with_name(video.name + ".json").chmod(0)
    saved(tmp_path / "v" / "closed").parent.chmod(0)
    result = run(ledger, tmp_path / "v")
    (tmp_path / "v" / "closed").chmod(0o700)
    assert set(reasons(result)) == {"closed", video.name + ".json"}


def test_links_that_lead_in_circles_are_not_followed(ledger: Ledger, tmp_path: Path) -> None:
    saved(tmp_path / "v")
    (tmp_path / "v" / "again").symlink_to(tmp_path / "v")
    assert run(ledger, tmp_path / "v").added == [TASK.id]


def test_a_folder_that_is_gone_is_an_error(ledger: Ledger, tmp_path: Path) -> None:
    with pytest.raises(FileTrouble, match="nowhere: cannot be read: No such file"):
        run(ledger, tmp_path / "nowhere")


def test_what_the_engine_saved_is_found_on_another_machine(tmp_path: Path) -> None:
    with Box(speed=math.inf, faults=False, opening=False) as box, Ledger.open(tmp_path / "one.db") as first:
        task_id = box.create("veo", "veo3.1-fast", life=Life(queued=0.1, running=0.3))
        first.add([NewTask(task_id, "veo", "query", tags=("cats",))], time.time())
        config = Config(
            state_dir=tmp_path, base_url=box.base_url, api_key=box.key, poll_seconds=0.1, download_dir=tmp_path / "v"
        )
        engine = Engine(config, first, download_all=True)
        engine.start()
        try:
            until(lambda: all(task.is_saved for task in first.tasks()), "the file")
        finally:
            engine.stop()
        (before,) = first.tasks()
    with Ledger.open(tmp_path / "two.db") as second:
        assert import_folder(second, tmp_path / "v", verify=True, now=NOW).added == [task_id]
        (after,) = second.tasks()
    for name in ("id", "provider", "route", "model", "state", "created_at", "completed_at", "seconds", "size", "tags"):
        assert getattr(after, name) == getattr(before, name), name
    for name in ("state", "file", "sha256", "bytes_total"):
        assert getattr(after.download, name) == getattr(before.download, name), name


def test_an_engine_that_works_meanwhile_believes_the_import() -> None:
    running = replace(TASK, state=TaskState.RUNNING)
    assert with_intents_of(running, TASK) == TASK
    assert with_intents_of(TASK, running).state is TaskState.COMPLETED
    assert with_intents_of(running, replace(running, progress=3, tags=("new",))) == replace(running, tags=("new",))
