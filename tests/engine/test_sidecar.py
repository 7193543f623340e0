from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from octotui import __version__
from octotui.engine.downloads.sidecar import read_sidecar, sidecar_of, write_sidecar
from octotui.model import Deadline, DeadlineSource, Task, TaskState

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
    result_url="https://cdn.example.net/v.mp4?X-Amz-Signature=secret",
    seconds="10",
    size="720x1280",
    tags=("cats",),
    given_title="Shot 12",
    prompt="a cat on a roof",
)
SIDECAR = sidecar_of(
    TASK,
    link_host="cdn.example.net",
    size=1234,
    sha256="ab" * 32,
    saved_at=1_790_000_100.0,
    origin="https://gateway.example",
)


def written(folder: Path, name: str = "clip.mp4") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    video = folder / name
    video.write_bytes(b"video")
    write_sidecar(video, SIDECAR)
    return video


def test_holds_every_fact_and_no_signature(tmp_path: Path) -> None:
    text = (written(tmp_path).parent / "clip.mp4.json").read_text()
    assert json.loads(text) == {
        "octotui": __version__,
        "id": "grok:05c8e247",
        "provider": "grok",
        "route": "videos",
        "model": "grok-video-3",
        "created_at": 1_790_000_010.0,
        "completed_at": 1_790_000_090.0,
        "expires_at": 1_790_086_400.0,
        "saved_at": 1_790_000_100.0,
        "link_host": "cdn.example.net",
        "seconds": "10",
        "size": "720x1280",
        "bytes": 1234,
        "sha256": "ab" * 32,
        "tags": ["cats"],
        "origin": "https://gateway.example",
        "title": "Shot 12",
        "prompt": "a cat on a roof",
    }


def test_reads_what_it_wrote(tmp_path: Path) -> None:
    video = written(tmp_path)
    assert read_sidecar(video) == replace(SIDECAR, video=video)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"octotui": "1"}',
        '{"octotui": "1", "id": "x", "provider": 3}',
        "\ud800",
        "[" * 9000,
    ],
)
def test_what_anybody_may_have_written_there_is_no_side_car(tmp_path: Path, text: str) -> None:
    video = written(tmp_path)
    (tmp_path / "clip.mp4.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert read_sidecar(video) is None


def test_odd_values_are_dropped_not_believed(tmp_path: Path) -> None:
    video = written(tmp_path)
    path = tmp_path / "clip.mp4.json"
    facts = json.loads(path.read_text()) | {"model": 7, "created_at": "soon", "tags": "cats", "more": {}}
    path.write_text(json.dumps(facts))
    read = read_sidecar(video)
    assert read is not None
    assert (read.model, read.created_at, read.tags) == (None, None, ())
