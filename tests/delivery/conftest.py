"""Storages of each kind, with results that are saved and to be delivered into them."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from octotui.config import Config
from octotui.engine.delivery.opening import open_storage
from octotui.engine.delivery.storage import Storage
from octotui.engine.downloads.sidecar import sidecar_of, write_sidecar
from octotui.ledger import Ledger
from octotui.model import Download, DownloadState, NewTask, Task, TaskState
from tests.support.object_storage import S3Server
from tests.support.tasks import known

SAVED_AT = 1_790_000_000.0
_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def server() -> Iterator[S3Server]:
    with S3Server() as running:
        yield running


@pytest.fixture
def s3(server: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[S3Server]:
    """The server, with this process's environment naming it."""
    for name, value in server.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", str(tmp_path))
    yield server
    server.fail()


@pytest.fixture
def bucket(s3: S3Server) -> str:
    return s3.make_bucket(f"farm-{next(_NUMBERS)}")


@pytest.fixture
def config(tmp_path: Path, bucket: str) -> Config:
    return Config(
        state_dir=tmp_path / "state",
        download_dir=tmp_path / "videos",
        disk_reserve=0,
        deliver_to=f"s3://{bucket}/results",
    )


@pytest.fixture
def storage(config: Config) -> Storage:
    assert config.deliver_to is not None
    return open_storage(config.deliver_to, config)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "state" / "ledger.db") as opened:
        yield opened


Save = Callable[..., Task]


@pytest.fixture
def save(ledger: Ledger, config: Config) -> Save:
    """Save a result: `save("video_1", b"bytes")`, as the downloads leave it."""

    def saved(task_id: str, content: bytes, name: str = "", *, at: float = SAVED_AT) -> Task:
        file = config.download_dir / (name or f"sora/{task_id}.mp4")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        ledger.add([NewTask(task_id, "sora", "videos", "sora-2", ("night",), "a cat")], SAVED_AT - 60)
        ledger.record(_completed(known(ledger, task_id)))
        ledger.flush()
        sha256 = hashlib.sha256(content).hexdigest()
        write_sidecar(
            file,
            sidecar_of(known(ledger, task_id), link_host="cdn.example", size=len(content), sha256=sha256, saved_at=at),
        )
        ledger.record_download(
            task_id, Download(DownloadState.SAVED, len(content), len(content), str(file), sha256, at)
        )
        return known(ledger, task_id)

    return saved


def _completed(task: Task) -> Task:
    return replace(task, state=TaskState.COMPLETED, progress=100, completed_at=SAVED_AT - 5)
