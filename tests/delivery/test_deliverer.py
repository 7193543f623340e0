"""The delivery of one result: whole, proved, never over another one's, and gone on with wherever it ended."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from octotui.config import Config
from octotui.engine.delivery import object_storage
from octotui.engine.delivery.deliverer import Deliverer, FileGone
from octotui.engine.delivery.opening import open_storage
from octotui.engine.delivery.storage import PIECE, Refused, Stopped, Storage, StorageTrouble
from octotui.engine.downloads.file_names import FileTrouble
from octotui.model import Task
from tests.delivery.conftest import Save
from tests.support.object_storage import S3Server

SMALL = b"\0\0\0 ftypisom" + b"a video" * 100
LARGE = os.urandom(object_storage.LARGEST_AT_ONCE + 12_345)


@pytest.fixture
def deliverer(storage: Storage, config: Config) -> Deliverer:
    return Deliverer(storage, folder=config.download_dir, template=config.file_template)


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("content", [b"", SMALL, LARGE], ids=["empty", "small", "large"])
def test_a_result_is_put_with_its_checksum_and_its_sidecar_beside(
    deliverer: Deliverer, save: Save, s3: S3Server, bucket: str, storage: Storage, content: bytes
) -> None:
    copy = deliverer.deliver(save("video_1", content))
    name = "results/sora/video_1.mp4"
    assert copy.location == f"s3://{bucket}/{name}"
    assert (copy.place, copy.size, copy.sha256) == (f"s3://{bucket}/results", len(content), sha(content))
    objects = s3.objects(bucket)
    assert set(objects) == {name, f"{name}.json"}
    assert objects[name] == content
    beside = json.loads(objects[f"{name}.json"])
    assert (beside["id"], beside["sha256"], beside["bytes"]) == ("video_1", sha(content), len(content))
    assert (beside["tags"], beside["title"], beside["link_host"]) == (["night"], "a cat", "cdn.example")
    seen = storage.head("sora/video_1.mp4")
    assert seen is not None
    assert (seen.size, seen.sha256, seen.is_versioned) == (len(content), sha(content), False)
    assert s3.uploads(bucket) == 0


def test_what_is_there_is_not_put_again(deliverer: Deliverer, save: Save, s3: S3Server, bucket: str) -> None:
    task = save("video_1", SMALL)
    first = deliverer.deliver(task)
    before = len(s3.requests())
    assert deliverer.deliver(task).location == first.location
    again = s3.requests()[before:]
    assert not [each for each in again if each == f"PUT /{bucket}/results/sora/video_1.mp4"]
    assert len(s3.keys(bucket)) == 2


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])
def test_another_ones_object_stays_and_the_name_is_numbered(
    deliverer: Deliverer, save: Save, s3: S3Server, bucket: str, content: bytes
) -> None:
    s3.put(bucket, "results/sora/video_1.mp4", b"somebody else's")
    copy = deliverer.deliver(save("video_1", content))
    assert copy.location.endswith("/sora/video_1-2.mp4")
    objects = s3.objects(bucket)
    assert objects["results/sora/video_1.mp4"] == b"somebody else's"
    assert objects["results/sora/video_1-2.mp4"] == content
    assert "results/sora/video_1.mp4.json" not in objects


def test_a_name_that_another_task_has_claimed_is_not_taken(
    deliverer: Deliverer, save: Save, s3: S3Server, bucket: str
) -> None:
    claim = json.dumps({"octotui": "0.2.0", "id": "another", "provider": "sora", "sha256": "5f" * 32, "bytes": 7})
    s3.put(bucket, "results/sora/video_1.mp4.json", claim.encode())
    assert deliverer.deliver(save("video_1", SMALL)).location.endswith("/sora/video_1-2.mp4")
    assert s3.get(bucket, "results/sora/video_1.mp4.json") == claim.encode()
    assert "results/sora/video_1.mp4" not in s3.keys(bucket)


def test_two_tasks_with_the_same_bytes_and_name_have_an_object_each(
    deliverer: Deliverer, save: Save, storage: Storage, tmp_path: Path
) -> None:
    deliverer.deliver(save("video_1", SMALL, "clip.mp4"))
    other = Deliverer(storage, folder=tmp_path / "other", template="clip.mp4")
    assert other.deliver(save("video_2", SMALL, "x/clip.mp4")).location.endswith("/clip-2.mp4")


class Interrupted(Exception):
    """The process ended here."""


class Cut:
    """A storage at which the process ends after so many steps, before or after the next one took place."""

    def __init__(self, storage: Storage, steps: int, *, after: bool) -> None:
        self.url = storage.url
        self.steps = steps
        self.after = after
        self._storage = storage

    def __getattr__(self, name: str) -> object:
        method = getattr(self._storage, name)

        def step(*args: object, **words: object) -> object:
            self.steps -= 1
            if self.steps < 0 and not self.after:
                raise Interrupted
            done = method(*args, **words)
            if self.steps < 0:
                raise Interrupted
            return done

        return step


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("steps", range(6))
@pytest.mark.parametrize("kind", ["object", "folder"])
def test_wherever_it_ends_the_next_one_goes_on(
    save: Save, config: Config, storage: Storage, tmp_path: Path, steps: int, after: bool, kind: str
) -> None:
    if kind == "folder":
        (tmp_path / "share").mkdir()
        storage = open_storage(f"file://{tmp_path}/share", config)
    task = save("video_1", SMALL)
    cut = Deliverer(Cut(storage, steps, after=after), folder=config.download_dir, template="")  # type: ignore[arg-type]
    try:
        cut.deliver(task)
    except Interrupted:
        sizes = dict(storage.names())
        assert sizes.get("sora/video_1.mp4", len(SMALL)) == len(SMALL)
    copy = Deliverer(storage, folder=config.download_dir, template="").deliver(task)
    assert copy.location == f"{storage.url}/sora/video_1.mp4"
    assert sorted(dict(storage.names())) == ["sora/video_1.mp4", "sora/video_1.mp4.json"]
    assert b"".join(storage.read("sora/video_1.mp4", len(SMALL))) == SMALL


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])
def test_a_file_that_was_changed_is_not_delivered(
    deliverer: Deliverer, save: Save, s3: S3Server, bucket: str, content: bytes
) -> None:
    task = save("video_1", content)
    assert task.download.file is not None
    Path(task.download.file).write_bytes(content[:-1] + b"!")
    with pytest.raises(FileTrouble, match="its SHA-256 is not the one that was saved"):
        deliverer.deliver(task)
    assert "results/sora/video_1.mp4" not in s3.keys(bucket)
    assert s3.uploads(bucket) == 0
    Path(task.download.file).write_bytes(content[:-1])
    with pytest.raises(FileTrouble, match="it was changed"):
        deliverer.deliver(task)
    Path(task.download.file).unlink()
    with pytest.raises(FileGone):
        deliverer.deliver(task)


def test_an_upload_in_parts_that_is_stopped_is_aborted_and_can_be_begun_again(
    deliverer: Deliverer, save: Save, s3: S3Server, bucket: str
) -> None:
    task = save("video_1", LARGE)
    pieces = iter([False, False, True])
    with pytest.raises(Stopped):
        deliverer.deliver(task, lambda: next(pieces))
    assert s3.uploads(bucket) == 0
    assert "results/sora/video_1.mp4" not in s3.keys(bucket)
    assert deliverer.deliver(task).location.endswith("/sora/video_1.mp4")
    assert s3.get(bucket, "results/sora/video_1.mp4") == LARGE


def test_what_was_saved_elsewhere_has_the_name_the_template_gives(storage: Storage, save: Save, tmp_path: Path) -> None:
    task = save("video_1", SMALL, "out/odd name.webm")
    deliverer = Deliverer(storage, folder=tmp_path / "elsewhere", template="{provider}/{id}.mp4")
    assert deliverer.deliver(task).location.endswith("/results/sora/video_1.webm")


@pytest.mark.parametrize(("status", "kind"), [(403, Refused), (503, StorageTrouble)])
def test_what_the_storage_says_is_told(
    deliverer: Deliverer, save: Save, s3: S3Server, status: int, kind: type[StorageTrouble],
    monkeypatch: pytest.MonkeyPatch, config: Config,
) -> None:  # fmt: skip
    monkeypatch.setattr(object_storage, "_RETRIES", {"max_retries": 0})
    assert config.deliver_to is not None
    once = Deliverer(open_storage(config.deliver_to, config), folder=config.download_dir, template="")
    s3.fail(PUT=status)
    with pytest.raises(kind, match=f"{status} .*The test says so") as told:
        once.deliver(save("video_1", SMALL))
    assert "X-Amz" not in str(told.value)
    assert len(str(told.value)) < 400
    s3.fail()
    assert deliverer.deliver(save("video_1", SMALL)).size == len(SMALL)


def test_a_bucket_that_is_not_there_is_named(config: Config, save: Save, s3: S3Server) -> None:
    storage = open_storage("s3://nobody-has-this/x", config)
    with pytest.raises(Refused, match="there is no bucket for s3://nobody-has-this/x"):
        Deliverer(storage, folder=config.download_dir, template="").deliver(save("video_1", SMALL))


def test_a_folder_that_is_not_mounted_is_not_made(config: Config, save: Save, tmp_path: Path) -> None:
    storage = open_storage(f"file://{tmp_path}/not-mounted", config)
    with pytest.raises(Refused, match="is its disk mounted"):
        Deliverer(storage, folder=config.download_dir, template="").deliver(save("video_1", SMALL))
    assert not (tmp_path / "not-mounted").exists()


def test_a_large_file_is_read_a_piece_at_a_time(
    storage: Storage, save: Save, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    class Seen:
        url = storage.url

        def __getattr__(self, name: str) -> object:
            return getattr(storage, name)

        def put_new(self, name: str, pieces: Iterator[bytes], size: int, **words: str) -> bool:
            def noted() -> Iterator[bytes]:
                for piece in pieces:
                    sizes.append(len(piece))
                    yield piece

            return storage.put_new(name, noted(), size, **words)

    task: Task = save("video_1", LARGE)
    Deliverer(Seen(), folder=config.download_dir, template="").deliver(task)  # type: ignore[arg-type]
    assert max(sizes) == PIECE
    assert sum(sizes) >= len(LARGE)
