"""The queue of deliveries: for as long as it takes, told once, and local files only deleted when they may be."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from octotui.config import Config
from octotui.engine.delivery import object_storage
from octotui.engine.delivery.backoff import Backoff
from octotui.engine.delivery.queue import DeliveryQueue
from octotui.engine.sharing import Share
from octotui.ledger import Ledger
from octotui.model import EventKind
from tests.delivery.conftest import SAVED_AT, Save
from tests.support.object_storage import S3Server
from tests.support.tasks import known
from tests.support.waiting import until


class Clock:
    """Times that a test sets."""

    def __init__(self) -> None:
        self.now = SAVED_AT + 10
        self.mark = 0.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that fails fails at once."""
    monkeypatch.setattr(object_storage, "_RETRIES", {"max_retries": 0})


class Work:
    """A queue with a ledger, and what the engine does for both."""

    def __init__(self, config: Config, ledger: Ledger, clock: Clock) -> None:
        self.ledger = ledger
        self.clock = clock
        self.queue = DeliveryQueue(config, ledger, clock=lambda: clock.now, monotonic=lambda: clock.mark)
        self.are_files_in_use = False
        self._revision = 0

    def tick(self) -> None:
        changes = self.ledger.changes(self._revision)
        self._revision = changes.revision
        self.queue.forget_tasks(changes.removed)
        self.queue.watch(changes.tasks)
        self.queue.tick(self.clock.now, are_files_in_use=lambda: self.are_files_in_use)

    def until(self, condition: Callable[[], object], what: str) -> None:
        def ticked() -> bool:
            self.tick()
            return bool(condition())

        until(ticked, what)

    def said(self, kind: EventKind = EventKind.DELIVERY) -> list[str]:
        self.ledger.flush()
        return [event.text for event in self.ledger.events(limit=1000) if event.kind == kind]


@contextmanager
def working(config: Config, ledger: Ledger, clock: Clock) -> Iterator[Work]:
    work = Work(config, ledger, clock)
    try:
        yield work
    finally:
        work.queue.stop(10.0)


def delivered(ledger: Ledger) -> set[str]:
    return {task.id for task in ledger.tasks() if task.delivered}


def test_what_was_saved_is_delivered_and_told(
    config: Config, ledger: Ledger, save: Save, clock: Clock, s3: S3Server, bucket: str
) -> None:
    ids = {f"video_{number}" for number in range(9)}
    for task_id in ids:
        save(task_id, task_id.encode() * 100)
    with working(config, ledger, clock) as work:
        work.until(lambda: delivered(ledger) == ids, "all to be delivered")
        assert work.queue.left == 0
    assert len(s3.keys(bucket)) == 18
    assert len(work.said(EventKind.DELIVERED)) == 9
    (copy,) = ledger.copies(["video_1"])["video_1"]
    assert copy.location == known(ledger, "video_1").delivered
    assert copy.saved_at == clock.now
    assert known(ledger, "video_1").download.file is not None


def test_trouble_is_told_once_and_tried_again_for_ever(
    config: Config, ledger: Ledger, save: Save, clock: Clock, s3: S3Server
) -> None:
    for number in range(5):
        save(f"video_{number}", b"x" * number)
    s3.fail(PUT=503)
    with working(config, ledger, clock) as work:
        for tries in range(6):
            before = len(s3.requests())
            work.until(lambda before=before: len(s3.requests()) > before, f"try {tries}")  # type: ignore[misc]
            work.until(lambda: not work.queue._at_work, "the try to end")
            clock.mark += 301
        assert len(work.said()) == 1
        assert "503" in work.said()[0]
        assert "503" in (work.queue.trouble or "")
        s3.fail(PUT=403)
        work.until(lambda: len(work.said()) == 2, "the refusal to be told")
        assert "is refused: 403" in work.said()[1]
        clock.mark += 301
        s3.fail()
        work.until(lambda: len(delivered(ledger)) == 5, "all to be delivered")
        assert work.said()[2:] == ["delivers again"]
        assert not work.queue.trouble
        s3.fail(PUT=403)
        save("video_9", b"later")
        work.until(lambda: len(work.said()) == 4, "new trouble to be told again")


def test_the_pauses_grow_and_are_bounded() -> None:
    backoff = Backoff()
    mark, pauses = 100.0, []
    for _ in range(12):
        assert backoff.is_over(mark)
        backoff.hold("away", mark, is_refused=False)
        begun = mark
        while not backoff.is_over(mark):
            mark += 1.0
        pauses.append(mark - begun)
    assert pauses[:4] == [5, 10, 20, 40]
    assert pauses[-1] == max(pauses) == 300


def test_one_that_cannot_be_put_does_not_hold_up_the_others(
    config: Config, ledger: Ledger, save: Save, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = object_storage.ObjectStorage.put_new

    def put_new(self: object_storage.ObjectStorage, name: str, *args: object, **words: object) -> bool:
        if name.startswith("sora/poison"):
            raise RuntimeError("nobody foresaw this")
        return real(self, name, *args, **words)  # type: ignore[arg-type]

    monkeypatch.setattr(object_storage.ObjectStorage, "put_new", put_new)
    save("poison", b"x")
    for number in range(6):
        save(f"video_{number}", b"x" * number)

    with working(config, ledger, clock) as work:

        def others_are_delivered() -> bool:
            clock.mark += 301
            return len(delivered(ledger)) == 6

        work.until(others_are_delivered, "the others to be delivered")
        assert "poison" not in delivered(ledger)


def test_a_file_that_was_changed_or_moved_is_set_aside_until_it_is_another_one(
    config: Config, ledger: Ledger, save: Save, clock: Clock
) -> None:
    for number in range(3):
        Path(save(f"gone_{number}", b"gone").download.file or "").unlink()
    Path(save("changed", b"as it was saved").download.file or "").write_bytes(b"edited")
    save("well", b"well")
    with working(config, ledger, clock) as work:
        work.until(lambda: len(work.said()) == 2, "both to be told")
        gone, changed = sorted(work.said())
        assert gone == "not delivered, no longer there: 3 saved files"
        assert "it was changed" in changed
        assert delivered(ledger) == {"well"}
        ledger.request_download(["changed"], force=True)
        save("changed", b"saved again", at=SAVED_AT + 5)
        work.until(lambda: delivered(ledger) == {"well", "changed"}, "the new one to be delivered")


def test_where_machines_share_a_ledger_each_delivers_what_is_in_its_own_folder(
    config: Config, ledger: Ledger, save: Save, clock: Clock
) -> None:
    share = Share("box-1", "host-1", "place-1", saves_for_others=True)
    tasks = [save(f"video_{number}", b"x" * number) for number in range(3)]
    for task, place in zip(tasks, ("place-1", "place-2", None), strict=True):
        ledger.record_download(task.id, task.download._replace(place=place))
    queue = DeliveryQueue(config, ledger, clock=lambda: clock.now, monotonic=lambda: clock.mark, share=share)
    queue.watch(ledger.tasks())
    assert queue.left == 1

    def is_delivered() -> bool:
        queue.tick(clock.now)
        return delivered(ledger) == {"video_0"}

    until(is_delivered, "its own to be delivered")
    queue.stop(10.0)


def test_paused_nothing_is_begun(config: Config, ledger: Ledger, save: Save, clock: Clock, s3: S3Server) -> None:
    save("video_1", b"x")
    with working(config, ledger, clock) as work:
        work.queue.pause(True)
        before = len(s3.requests())
        for _ in range(5):
            work.tick()
        assert len(s3.requests()) == before
        work.queue.pause(False)
        work.until(lambda: delivered(ledger) == {"video_1"}, "it to be delivered")


def test_without_a_place_nothing_is_delivered_and_nothing_opened(
    config: Config, ledger: Ledger, save: Save, clock: Clock, s3: S3Server
) -> None:
    save("video_1", b"x")
    before = len(s3.requests())
    with working(replace(config, deliver_to=None), ledger, clock) as work:
        for _ in range(5):
            work.tick()
        assert work.queue.left == 0
    assert len(s3.requests()) == before


def files_of(config: Config) -> list[str]:
    return sorted(path.name for path in config.download_dir.rglob("*") if path.is_file())


def test_local_files_stay_unless_somebody_says_otherwise(
    config: Config, ledger: Ledger, save: Save, clock: Clock
) -> None:
    save("video_1", b"x")
    with working(config, ledger, clock) as work:
        work.until(lambda: delivered(ledger), "it to be delivered")
        clock.now += 1e8
        for _ in range(5):
            work.tick()
    assert files_of(config) == ["video_1.mp4", "video_1.mp4.json"]


@pytest.mark.parametrize("kind", ["s3", "folder"])
def test_a_local_file_goes_when_its_object_was_read_back(
    config: Config, ledger: Ledger, save: Save, clock: Clock, tmp_path: Path, kind: str
) -> None:
    if kind == "folder":
        (tmp_path / "share").mkdir()
        config = replace(config, deliver_to=f"file://{tmp_path}/share")
    save("video_1", b"whole" * 1000)
    with working(replace(config, keep_local=0.0), ledger, clock) as work:
        work.until(lambda: known(ledger, "video_1").download.file is None, "the file to be deleted")
    task = known(ledger, "video_1")
    assert (task.is_saved, task.delivered) == (True, f"{config.deliver_to}/sora/video_1.mp4")
    assert files_of(config) == []
    assert work.said() == [f"local file deleted, read back whole from {task.delivered}"]


def test_a_local_file_stays_while_a_hook_may_need_it(config: Config, ledger: Ledger, save: Save, clock: Clock) -> None:
    save("video_1", b"whole")
    with working(replace(config, keep_local=0.0), ledger, clock) as work:
        work.are_files_in_use = True
        work.until(lambda: delivered(ledger), "it to be delivered")
        for _ in range(5):
            work.tick()
        work.until(lambda: not work.queue._at_work, "all work to end")
        assert files_of(config) == ["video_1.mp4", "video_1.mp4.json"]
        work.are_files_in_use = False
        work.until(lambda: files_of(config) == [], "the file to be deleted")


def test_a_local_file_stays_until_its_time_is_over(config: Config, ledger: Ledger, save: Save, clock: Clock) -> None:
    save("video_1", b"x")
    with working(replace(config, keep_local=7 * 86400.0), ledger, clock) as work:
        work.until(lambda: delivered(ledger), "it to be delivered")
        clock.now += 7 * 86400 - 1
        for _ in range(5):
            work.tick()
            work.until(lambda: not work.queue._at_work, "the look at it to end")
        assert files_of(config) == ["video_1.mp4", "video_1.mp4.json"]
        clock.now += 2
        work.until(lambda: files_of(config) == [], "the file to be deleted")


@pytest.mark.parametrize("harm", ["replaced", "cut", "deleted"])
def test_a_local_file_stays_where_its_object_is_not_what_was_put_there(
    config: Config, ledger: Ledger, save: Save, clock: Clock, s3: S3Server, bucket: str, harm: str
) -> None:
    save("video_1", b"whole" * 1000)
    with working(config, ledger, clock) as work:
        work.until(lambda: delivered(ledger), "it to be delivered")
    name = "results/sora/video_1.mp4"
    if harm == "deleted":
        s3.delete(bucket, name)
    else:
        s3.put(bucket, name, b"torn!" * 1000 if harm == "replaced" else b"whole")
    with working(replace(config, keep_local=0.0), ledger, clock) as work:
        work.until(lambda: known(ledger, "video_1").download.file is None, "it to be delivered again, then deleted")
    assert "delivered again" in work.said()[0]
    again = "video_1.mp4" if harm == "deleted" else "video_1-2.mp4"
    assert s3.get(bucket, f"results/sora/{again}") == b"whole" * 1000
    assert known(ledger, "video_1").delivered == f"s3://{bucket}/results/sora/{again}"


def test_a_local_file_stays_while_its_object_cannot_be_read(
    config: Config, ledger: Ledger, save: Save, clock: Clock, s3: S3Server
) -> None:
    save("video_1", b"whole")
    with working(config, ledger, clock) as work:
        work.until(lambda: delivered(ledger), "it to be delivered")
    s3.fail(GET=403)
    with working(replace(config, keep_local=0.0), ledger, clock) as work:
        work.until(work.said, "the refusal to be told")
        assert files_of(config) == ["video_1.mp4", "video_1.mp4.json"]


def test_a_file_that_came_back_after_its_delivery_stays(
    config: Config, ledger: Ledger, save: Save, clock: Clock
) -> None:
    save("video_1", b"whole")
    with working(replace(config, keep_local=0.0), ledger, clock) as work:
        work.until(lambda: known(ledger, "video_1").download.file is None, "the file to be deleted")
        save("video_1", b"whole", at=clock.now + 60)
        for _ in range(5):
            work.tick()
            work.until(lambda: not work.queue._at_work, "the look at it to end")
    assert known(ledger, "video_1").delivered is not None
    assert "video_1.mp4" in files_of(config)


def test_another_file_under_the_name_is_not_deleted(config: Config, ledger: Ledger, save: Save, clock: Clock) -> None:
    file = Path(save("video_1", b"whole").download.file or "")
    with working(config, ledger, clock) as work:
        work.until(lambda: delivered(ledger), "it to be delivered")
    file.write_bytes(b"somebody's own work")
    with working(replace(config, keep_local=0.0), ledger, clock) as work:
        work.until(work.said, "it to be told")
    assert file.read_bytes() == b"somebody's own work"


def test_a_file_that_somebody_deleted_after_the_delivery_is_known_to_be_gone(
    config: Config, ledger: Ledger, save: Save, clock: Clock
) -> None:
    file = Path(save("video_1", b"whole").download.file or "")
    with working(config, ledger, clock) as work:
        work.until(lambda: delivered(ledger), "it to be delivered")
    file.unlink()
    with working(replace(config, keep_local=0.0), ledger, clock) as work:
        work.until(lambda: known(ledger, "video_1").download.file is None, "that to be known")


def test_an_end_in_the_middle_leaves_no_upload_behind(
    config: Config, ledger: Ledger, save: Save, clock: Clock, s3: S3Server, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, go_on = threading.Event(), threading.Event()
    save("video_1", b"0" * (object_storage.LARGEST_AT_ONCE + 1))
    work = Work(config, ledger, clock)

    def is_stopping(self: DeliveryQueue) -> bool:
        reading.set()
        assert go_on.wait(30)
        return True

    monkeypatch.setattr(DeliveryQueue, "_is_stopping", property(is_stopping, lambda *_: None), raising=False)
    work.tick()
    assert reading.wait(30)
    go_on.set()
    work.queue.stop(30.0)
    assert (s3.uploads(bucket), "results/sora/video_1.mp4" in s3.keys(bucket)) == (0, False)
