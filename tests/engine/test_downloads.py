"""The queue on a real ledger and a real server: what is wanted gets saved, and the ledger knows how it stands."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from octotui.config import Config
from octotui.config.settings_table import SETTINGS
from octotui.engine.downloads import transfer
from octotui.engine.downloads.fetch import Limits
from octotui.engine.downloads.queue import DownloadQueue
from octotui.gateway.http.download_transport import TransportName
from octotui.ledger import Ledger
from octotui.model import Deadline, DeadlineSource, Download, DownloadState, DownloadTrouble, NewTask, Task, TaskState
from tests.support.bad_server import BadServer, Exchange, Reply, Serve, clip, in_turn, says
from tests.support.fetching import TRANSPORTS
from tests.support.waiting import until

CLIP = clip(300_000)


@dataclass
class Scene:
    """A ledger, a server and a queue between them."""

    server: BadServer
    ledger: Ledger
    config: Config
    queue: DownloadQueue

    def complete(self, task_id: str, reply: Reply, deadline: Deadline | None = None) -> Task:
        """A completed task that nobody wants yet, with its link."""
        self.ledger.add([NewTask(task_id, "sora", "videos", "sora-2")], time.time())
        task = Task(
            task_id,
            "sora",
            "videos",
            time.time(),
            model="sora-2",
            state=TaskState.COMPLETED,
            completed_at=time.time(),
            last_answer_at=time.time(),
            result_url=self.server.on(f"/{task_id}.mp4", reply),
            deadline=deadline,
        )
        self.ledger.record(task)
        self.ledger.flush()
        return task

    def want(self, *ids: str, folder: str | None = None) -> None:
        self.ledger.request_download(ids, folder=folder)
        self.look()

    def look(self) -> None:
        """What the engine does when wishes have changed."""
        changes = self.ledger.changes(0, with_requests=True)
        self.queue.update(changes.tasks, changes.requests)

    @property
    def done(self) -> list[str | None]:
        """The tasks that were saved or given up, in this order, as the log tells it."""
        self.ledger.flush()
        ends = ("saved ", "not saved: ")
        return [entry.task_id for entry in self.ledger.events() if entry.text.startswith(ends)]

    def download(self, task_id: str) -> Download:
        self.ledger.flush()
        task = self.ledger.task(task_id)
        assert task is not None
        return task.download

    def tick_until(self, condition: Callable[[], object], what: str) -> None:
        def ticked() -> object:
            self.queue.tick(time.time())
            return condition()

        until(ticked, what)

    def wait_for(self, state: DownloadState, *ids: str) -> None:
        self.tick_until(lambda: all(self.download(task_id).state is state for task_id in ids), f"{state} {ids}")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with BadServer() as server, Ledger.open(tmp_path / "state" / "ledger.db") as ledger:
        config = Config(
            state_dir=tmp_path / "state",
            base_url=server.url,
            api_key="sk-test",
            download_dir=tmp_path / "videos",
            file_template="{provider}/{id}.mp4",
            disk_reserve=0,
            parallel_downloads=2,
        )
        made = Scene(server, ledger, config, None)  # type: ignore[arg-type]
        made.queue = queue_of(made)
        yield made
        made.queue.stop(5)


def queue_of(scene: Scene, **changes: object) -> DownloadQueue:
    config = replace(scene.config, **changes)  # type: ignore[arg-type]
    limits = Limits(largest=config.max_file_size, connect=5, silence=5)
    return DownloadQueue(config, scene.ledger, fresh_link=lambda _: None, limits=limits)


@dataclass
class Held:
    """A reply that sends half a clip and the rest only when it is let go."""

    free: threading.Event = field(default_factory=threading.Event)
    began: threading.Event = field(default_factory=threading.Event)

    def __call__(self, exchange: Exchange) -> None:
        exchange.head(200, {"Content-Length": len(CLIP)})
        exchange.send(CLIP[:200_000])
        self.began.set()
        while not exchange.server.closing.is_set() and not self.free.wait(0.05):
            pass
        exchange.send(CLIP[200_000:])


def test_what_is_wanted_is_saved_and_told(scene: Scene) -> None:
    scene.complete("video_1", Serve(CLIP))
    scene.complete("video_2", Serve(CLIP))
    scene.want("video_1")
    scene.wait_for(DownloadState.SAVED, "video_1")
    download = scene.download("video_1")
    file = scene.config.download_dir / "sora" / "video_1.mp4"
    assert download.file == str(file)
    assert file.read_bytes() == CLIP
    assert (download.bytes_done, download.bytes_total) == (len(CLIP), len(CLIP))
    assert download.sha256 is not None
    assert download.saved_at == pytest.approx(time.time(), abs=30)
    assert scene.done == ["video_1"]
    [event] = [event for event in scene.ledger.events() if event.kind == "saved"]
    assert event.text.startswith("saved 300 kB in ")
    assert f"whole, sha {download.sha256[:4]}…" in event.text
    assert [(attempt.rung, attempt.outcome) for attempt in scene.ledger.attempts("video_1")] == [
        ("link", "whole, 300,000 bytes")
    ]
    assert scene.server.to("/video_2.mp4") == [], "nobody asked for it"


def test_no_more_at_once_than_configured(scene: Scene) -> None:
    replies = {f"video_{number}": Held() for number in range(4)}
    for task_id, reply in replies.items():
        scene.complete(task_id, reply)
    scene.want(*replies)
    scene.tick_until(lambda: sum(reply.began.is_set() for reply in replies.values()) == 2, "two to begin")
    assert scene.queue.running == 2
    scene.tick_until(lambda: [scene.download(name).state for name in replies].count(DownloadState.RUNNING) == 2, "told")
    assert [scene.download(name).state for name in replies].count(DownloadState.WANTED) == 2
    for reply in replies.values():
        reply.free.set()
    scene.wait_for(DownloadState.SAVED, *replies)
    assert scene.queue.running == 0


def test_the_least_slack_goes_first(scene: Scene) -> None:
    scene.queue = queue_of(scene, parallel_downloads=1)
    gate = Held()
    scene.complete("gate", gate)
    scene.want("gate")
    scene.tick_until(gate.began.is_set, "the gate to begin")
    lefts = {"unknown": None, "late": 90_000.0, "soon": 900.0, "sooner": 600.0}
    for task_id, left in lefts.items():
        deadline = None if left is None else Deadline(time.time() + left, DeadlineSource.GATEWAY)
        scene.complete(task_id, Serve(CLIP), deadline)
    scene.want(*lefts)
    gate.free.set()
    scene.wait_for(DownloadState.SAVED, *lefts)
    assert scene.done == ["gate", "sooner", "soon", "late", "unknown"]


def test_progress_is_told_while_it_runs(scene: Scene) -> None:
    held = Held()
    scene.complete("video_1", held)
    scene.want("video_1")
    scene.tick_until(lambda: scene.download("video_1").bytes_total == len(CLIP), "the size")
    assert scene.download("video_1").state is DownloadState.RUNNING
    held.free.set()
    scene.wait_for(DownloadState.SAVED, "video_1")


def test_paused_and_resumed(scene: Scene) -> None:
    held = Held()
    scene.complete("video_1", in_turn(held, Serve(CLIP)))
    scene.want("video_1")
    scene.tick_until(held.began.is_set, "the first half")
    scene.ledger.pause(["video_1"], paused=True)
    scene.look()
    scene.tick_until(lambda: scene.queue.running == 0, "the pause")
    assert scene.download("video_1").paused
    scene.queue.tick(time.time())
    assert len(scene.server.requests) == 1
    scene.ledger.pause(["video_1"], paused=False)
    scene.look()
    scene.wait_for(DownloadState.SAVED, "video_1")
    assert (scene.config.download_dir / "sora" / "video_1.mp4").read_bytes() == CLIP


def test_cancelled(scene: Scene) -> None:
    held = Held()
    scene.complete("video_1", held)
    scene.want("video_1")
    scene.tick_until(held.began.is_set, "the first half")
    scene.ledger.cancel_download(["video_1"])
    scene.look()
    scene.tick_until(lambda: scene.queue.running == 0, "the end")
    assert scene.download("video_1").state is DownloadState.NONE
    assert scene.done == []
    assert not (scene.config.download_dir / "sora" / "video_1.mp4").exists()


def test_forgotten(scene: Scene) -> None:
    held = Held()
    scene.complete("video_1", held)
    scene.want("video_1")
    scene.tick_until(held.began.is_set, "the first half")
    scene.ledger.remove(["video_1"])
    scene.queue.forget_tasks(["video_1"])
    scene.tick_until(lambda: scene.queue.running == 0, "the end")
    assert scene.ledger.tasks() == []


def test_stopped_and_gone_on_with_by_another_queue(scene: Scene) -> None:
    held = Held()
    reply = Serve(CLIP, etag='"one"')
    scene.complete("video_1", in_turn(held, reply))
    scene.want("video_1")
    scene.tick_until(held.began.is_set, "the first half")
    scene.queue.stop(5)
    assert scene.queue.running == 0
    assert scene.download("video_1").state is DownloadState.WANTED
    part = scene.config.download_dir / "sora" / "video_1.mp4.part"
    left = part.read_bytes()
    assert CLIP.startswith(left)
    scene.queue = queue_of(scene)
    scene.look()
    scene.wait_for(DownloadState.SAVED, "video_1")
    assert not part.exists()
    assert scene.queue.fetched == len(CLIP) - len(left), "what was there already did not come now"


def test_failed_and_wanted_again(scene: Scene) -> None:
    gone = says(410, '{"error":{"message":"file is gone"}}')
    scene.queue = DownloadQueue(scene.config, scene.ledger, fresh_link=lambda _: None, patience=0.0)
    scene.complete("video_1", in_turn(gone, Serve(CLIP)))
    scene.server.on("/v1/videos/video_1/content", gone)
    scene.want("video_1")
    scene.wait_for(DownloadState.FAILED, "video_1")
    assert [each.given_up for each in scene.ledger.totals().outcomes] == [1]
    given_up = scene.download("video_1")
    assert (given_up.error, given_up.trouble) == ("link: file is gone; content: file is gone", DownloadTrouble.REFUSED)
    [event] = [event for event in scene.ledger.events() if event.kind == "download"]
    assert event.detail == DownloadState.FAILED
    assert scene.ledger.events()[-1].text.startswith("not saved: link: file is gone")
    assert scene.done == ["video_1"]
    scene.want("video_1")
    scene.wait_for(DownloadState.SAVED, "video_1")


def test_what_all_sources_refuse_waits_and_says_why_and_until_when(scene: Scene) -> None:
    gone = says(410, '{"error":{"message":"file is gone"}}')
    scene.complete("video_1", gone)
    scene.server.on("/v1/videos/video_1/content", gone)
    scene.want("video_1")
    began = time.time()
    scene.tick_until(lambda: scene.download("video_1").next_at, "the next try")
    waiting = scene.download("video_1")
    assert (waiting.state, waiting.trouble) == (DownloadState.WANTED, DownloadTrouble.REFUSED)
    assert waiting.error == "link: file is gone; content: file is gone"
    assert waiting.next_at is not None
    assert began + 5 <= waiting.next_at <= time.time() + 5
    scene.queue.stop(5)
    stopped = scene.download("video_1")
    assert (stopped.error, stopped.next_at) == (waiting.error, None), "nobody tries it again then"


def test_a_length_that_is_a_lie_takes_no_room(scene: Scene) -> None:
    def lie(exchange: Exchange) -> None:
        exchange.head(200, {"Content-Length": 4 * 10**8})
        exchange.send(CLIP[:100_000])

    scene.complete("video_1", lie)
    scene.server.on("/v1/videos/video_1/content", says(502, "no"))
    scene.want("video_1")
    part = scene.config.download_dir / "sora" / "video_1.mp4.part"
    scene.tick_until(lambda: scene.download("video_1").next_at, "the end of the first round")
    assert part.stat().st_size == 100_000
    assert part.stat().st_blocks * 512 < 1_000_000


def test_what_no_answer_calls_completed_is_saved_when_it_is_wanted_anyway(scene: Scene) -> None:
    scene.ledger.add([NewTask("video_1", "sora", "videos")], time.time())
    scene.server.on("/v1/videos/video_1/content", Serve(CLIP))
    scene.ledger.request_download(["video_1"])
    scene.look()
    scene.queue.tick(time.time())
    assert (scene.queue.running, scene.server.requests) == (0, [])
    scene.ledger.request_download(["video_1"], anyway=True)
    scene.look()
    scene.wait_for(DownloadState.SAVED, "video_1")


def test_what_was_tried_too_early_is_fetched_at_once_when_it_is_completed(scene: Scene) -> None:
    scene.ledger.add([NewTask("video_1", "sora", "videos")], time.time())
    scene.server.on("/v1/videos/video_1/content", says(400, '{"error":{"message":"not completed"}}'))
    scene.ledger.request_download(["video_1"], anyway=True)
    scene.look()
    scene.tick_until(lambda: scene.download("video_1").next_at, "the next try")
    scene.complete("video_1", Serve(CLIP))
    scene.look()
    scene.wait_for(DownloadState.SAVED, "video_1")


def test_an_old_picture_of_a_task_changes_nothing(scene: Scene) -> None:
    """The engine's memory of a task may lag behind what a worker has reported to the ledger."""
    scene.complete("video_1", Serve(CLIP))
    scene.ledger.request_download(["video_1"])
    [wanted] = scene.ledger.tasks()
    scene.queue.update([wanted])
    scene.wait_for(DownloadState.SAVED, "video_1")
    scene.queue.update([wanted])
    scene.queue.tick(time.time())
    assert scene.queue.running == 0
    assert len(scene.server.requests) == 1


def test_a_folder_of_its_own(scene: Scene, tmp_path: Path) -> None:
    scene.complete("video_1", Serve(CLIP))
    scene.want("video_1", folder=str(tmp_path / "elsewhere"))
    scene.wait_for(DownloadState.SAVED, "video_1")
    assert scene.download("video_1").file == str(tmp_path / "elsewhere" / "sora" / "video_1.mp4")


def test_tasks_that_want_the_same_name_get_one_each(scene: Scene) -> None:
    scene.queue = queue_of(scene, file_template="clip.mp4", parallel_downloads=4)
    others = [clip(100_000, seed) for seed in range(4)]
    for number, content in enumerate(others):
        scene.complete(f"video_{number}", Serve(content))
    ids = [f"video_{number}" for number in range(4)]
    scene.want(*ids)
    scene.wait_for(DownloadState.SAVED, *ids)
    files = {scene.download(task_id).file: content for task_id, content in zip(ids, others, strict=True)}
    assert {Path(name).name for name in files if name} == {"clip.mp4", "clip-2.mp4", "clip-3.mp4", "clip-4.mp4"}
    assert all(Path(name).read_bytes() == content for name, content in files.items() if name)


def test_what_cannot_make_it_is_said_while_it_waits(scene: Scene) -> None:
    scene.queue = queue_of(scene, parallel_downloads=1)
    slow = Slow()
    scene.complete("slow", slow)
    scene.want("slow")
    scene.tick_until(lambda: (scene.download("slow").speed or 0) > 0, "a measured speed")
    scene.queue.update([scene.complete("late", Serve(clip(50_000_000)), deadline=soon())])
    # Its size is known from an earlier try of another process.
    scene.ledger.request_download(["late"])
    scene.look()
    scene.queue._sizes.append(50_000_000)
    scene.tick_until(lambda: scene.download("late").error, "the word that it is too late")
    words = scene.download("late").error or ""
    assert words.startswith("needs ")
    assert words.endswith(" left")
    slow.free.set()


def soon() -> Deadline:
    return Deadline(time.time() + 20, DeadlineSource.LINK)


@dataclass
class Slow:
    """A reply of a clip in small pieces."""

    free: threading.Event = field(default_factory=threading.Event)

    def __call__(self, exchange: Exchange) -> None:
        exchange.head(200, {"Content-Length": len(CLIP)})
        for at in range(0, len(CLIP), 1000):
            exchange.send(CLIP[at : at + 1000])
            if exchange.server.closing.is_set():
                return
            self.free.wait(0.02)


@pytest.mark.parametrize("place", ["a file in the way", "nowhere"])
def test_a_folder_that_cannot_be_is_told_as_the_disks_fault(scene: Scene, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / "file" / "videos" if place == "a file in the way" else Path("/proc/nowhere")
    scene.complete("video_1", Serve(CLIP))
    scene.want("video_1", folder=str(folder))
    scene.tick_until(lambda: scene.download("video_1").lacks_folder, "its words")
    assert scene.done == []
    [event] = [event for event in scene.ledger.events() if event.kind == "download"]
    assert event.text.startswith("saving waits: disk: ")
    assert event.detail == DownloadState.WANTED


def test_what_waits_for_its_folder_is_saved_once_that_is_there(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "_SHORTEST_PAUSE", 0.1)
    scene.config.download_dir.write_text("in the way")
    scene.complete("video_1", Serve(CLIP))
    scene.want("video_1")
    scene.tick_until(lambda: scene.download("video_1").lacks_folder, "its words")
    scene.config.download_dir.unlink()
    scene.wait_for(DownloadState.SAVED, "video_1")


def test_what_is_wanted_again_while_it_waits_is_tried_at_once_where_that_says(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    scene.complete("video_1", Serve(CLIP))
    scene.want("video_1", folder=str(tmp_path / "file"))
    scene.tick_until(lambda: scene.download("video_1").lacks_folder, "its words")
    scene.want("video_1", folder=str(tmp_path / "file" / "below"))
    scene.tick_until(lambda: "below" in (scene.download("video_1").error or ""), "the words of the second wish")
    scene.want("video_1")
    scene.wait_for(DownloadState.SAVED, "video_1")
    assert scene.download("video_1").file == str(scene.config.download_dir / "sora" / "video_1.mp4")


def test_a_fault_of_our_own_leaves_it_wanted(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(path: Path) -> None:
        raise ZeroDivisionError(path.name)

    monkeypatch.setattr(transfer, "_SHORTEST_PAUSE", 0.1)
    scene.complete("video_1", Serve(CLIP))
    with monkeypatch.context() as patch:
        patch.setattr(transfer, "prove", faulty)
        scene.want("video_1")
        scene.tick_until(lambda: scene.download("video_1").error, "its words")
        waiting = scene.download("video_1")
    assert waiting.state is DownloadState.WANTED
    assert (waiting.error or "").startswith("a fault of octotui's own: ZeroDivisionError")
    scene.wait_for(DownloadState.SAVED, "video_1")


def test_no_room_waits_and_goes_on_by_itself(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "_LOOK_FOR_ROOM", 0.1)
    free = [250_000]
    scene.queue._transfers._disk_space._free = lambda _: free[0]
    scene.complete("video_1", Serve(CLIP))
    scene.want("video_1")
    scene.tick_until(lambda: scene.download("video_1").error, "the wait")
    waiting = scene.download("video_1")
    assert waiting.state is DownloadState.WANTED
    assert waiting.error == "waiting for room on the disk: 300 kB needed, 250 kB free (0 B kept free)"
    assert (waiting.trouble, waiting.is_about_disk, waiting.lacks_folder) == (DownloadTrouble.DISK, True, False)
    free[0] = 10**9
    scene.wait_for(DownloadState.SAVED, "video_1")


@pytest.mark.parametrize(("transport", "connection"), [("http.client", "close"), ("httpx", "keep-alive")])
def test_the_configured_transport_fetches(scene: Scene, transport: TransportName, connection: str) -> None:
    scene.queue = queue_of(scene, transport=transport)
    scene.complete("video_1", Serve(CLIP))
    scene.want("video_1")
    scene.wait_for(DownloadState.SAVED, "video_1")
    assert [request.headers["connection"] for request in scene.server.requests] == [connection]


def test_every_transport_can_be_configured() -> None:
    assert SETTINGS["transport"].choices == TRANSPORTS


def test_a_bad_ca_file_is_told(scene: Scene, tmp_path: Path) -> None:
    scene.queue = queue_of(scene, ca_file=tmp_path / "nothing.pem")
    scene.complete("video_1", Serve(CLIP))
    scene.want("video_1")
    scene.tick_until(lambda: scene.download("video_1").lacks_folder, "its words")
    assert "ca_file" in (scene.download("video_1").error or "")


def test_unfinished_tasks_wait_for_their_result(scene: Scene) -> None:
    task = scene.complete("video_1", Serve(CLIP))
    running = replace(task, state=TaskState.RUNNING, result_url=None)
    scene.ledger.record(running)
    scene.ledger.flush()
    scene.want("video_1")
    scene.queue.tick(time.time())
    assert scene.queue.running == 0
    scene.ledger.record(task)
    scene.ledger.flush()
    scene.look()
    scene.wait_for(DownloadState.SAVED, "video_1")
