"""`get --out` of what is saved, `retry`, `open`."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from octotui.engine.downloads.copying import copy_saved
from octotui.engine.downloads.file_names import FileTrouble
from octotui.model import Download, DownloadState, Task, TaskState
from tests.cli.conftest import Octotui
from tests.cli.filled import fill
from tests.cli.test_asking import VIDEO
from tests.cli.test_get import CLIP, GONE, add, shown
from tests.support.bad_server import BadServer, Serve, says
from tests.support.tasks import saved, task


@pytest.fixture
def server(octotui: Octotui) -> Iterator[BadServer]:
    with BadServer() as running:
        octotui.environ["OCTOTUI_BASE_URL"] = running.url
        yield running


@pytest.fixture
def file(octotui: Octotui, server: BadServer) -> Path:
    """A result that octotui has saved itself."""
    add(octotui, server, "one", Serve(CLIP), GONE, expires_at=time.time() + 7200)
    outcome = octotui.call("get", "sora:one")
    assert outcome.code == 0, outcome
    server.requests.clear()
    return Path(outcome.out.rstrip("\n"))


def test_what_is_saved_is_linked_into_the_folder_with_its_side_car(
    octotui: Octotui, server: BadServer, file: Path, tmp_path: Path
) -> None:
    outcome = octotui.call("get", "sora:one", "--out", str(tmp_path / "usb" / "deep"))
    assert (outcome.code, outcome.err) == (0, "")
    copy = Path(outcome.out.rstrip("\n"))
    assert copy.is_relative_to(tmp_path / "usb" / "deep")
    assert copy.samefile(file)
    assert json.loads(copy.with_name(f"{copy.name}.json").read_text())["id"] == "sora:one"
    assert octotui.call("get", "sora:one", "--out", str(tmp_path / "usb" / "deep")).out == outcome.out
    assert sorted(path.name for path in copy.parent.iterdir()) == sorted([copy.name, f"{copy.name}.json"])
    assert server.requests == []
    assert shown(octotui, "one")["file"] == str(file)


def test_without_a_folder_the_path_is_told(octotui: Octotui, file: Path) -> None:
    assert octotui.call("get", "sora:one").out == f"{file}\n"
    assert octotui.call("get", "-f", "state:saved").out == f"{file}\n"
    told = json.loads(octotui.call("get", "sora:one", "--json").out)
    assert (told[0]["id"], told[0]["file"], "copy" in told[0]) == ("sora:one", str(file), False)


def test_json_tells_where_the_copy_is(octotui: Octotui, file: Path, tmp_path: Path) -> None:
    (told,) = json.loads(octotui.call("get", "-f", "state:saved", "--out", str(tmp_path), "--json").out)
    assert Path(told["copy"]).read_bytes() == file.read_bytes()
    assert list(told)[-2:] == ["box", "copy"]


def test_no_other_file_is_written_over(octotui: Octotui, file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "usb"
    first = Path(octotui.call("get", "sora:one", "--out", str(folder)).out.rstrip("\n"))
    first.unlink()
    first.write_bytes(b"somebody's own")
    outcome = octotui.call("get", "sora:one", "--out", str(folder))
    assert outcome.code == 0
    assert first.read_bytes() == b"somebody's own"
    second = Path(outcome.out.rstrip("\n"))
    assert second.stem == f"{first.stem}-2"
    assert second.read_bytes() == CLIP


def test_a_file_that_was_changed_is_not_copied(octotui: Octotui, file: Path, tmp_path: Path) -> None:
    file.write_bytes(b"x" + CLIP[1:])
    outcome = octotui.call("get", "sora:one", "--out", str(tmp_path / "usb"))
    assert (outcome.code, outcome.out) == (8, "")
    assert f"not copied: sora:one: {file}: its SHA-256 is not the one that was saved" in outcome.err
    file.write_bytes(b"x")
    outcome = octotui.call("get", "sora:one", "--out", str(tmp_path / "usb"))
    assert "it has 1 bytes, and 300,000 were saved" in outcome.err
    assert [path for path in (tmp_path / "usb").rglob("*") if path.is_file()] == []


def test_a_folder_that_cannot_be_made_is_said(octotui: Octotui, file: Path, tmp_path: Path) -> None:
    assert file.exists()
    (tmp_path / "usb").write_text("a file")
    outcome = octotui.call("get", "sora:one", "--out", str(tmp_path / "usb" / "deep"))
    assert (outcome.code, outcome.out) == (8, "")
    assert "not copied: sora:one: " in outcome.err


def saved_in(path: Path) -> Task:
    path.write_bytes(CLIP)
    download = Download(DownloadState.SAVED, len(CLIP), len(CLIP), str(path), None, 1.0)
    return task("sora:one", state=TaskState.COMPLETED, download=download)


_OTHER_DISK = Path("/dev/shm")  # noqa: S108 - a second file system, with a folder of the test's own in it


@pytest.mark.skipif(not _OTHER_DISK.is_dir(), reason="needs a second file system")
def test_on_another_file_system_it_is_copied(tmp_path: Path) -> None:
    folder = _OTHER_DISK / f"octotui-{os.getpid()}"
    source = tmp_path / "clip.webm"
    try:
        copy = copy_saved(saved_in(source), folder, "{id}.mp4")
        assert (copy.name, copy.read_bytes()) == ("sora_one.webm", CLIP)
        assert copy.stat().st_dev != source.stat().st_dev
        assert sorted(path.name for path in folder.iterdir()) == ["sora_one.webm", "sora_one.webm.json"]
    finally:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()


def test_where_no_links_are_possible_it_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_paths: object, **_options: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    source = tmp_path / "clip.mp4"
    copy = copy_saved(saved_in(source), tmp_path / "fat", "{id}.mp4")
    assert copy.read_bytes() == source.read_bytes() == CLIP
    assert not copy.samefile(source)


def test_a_source_that_is_gone_is_said(tmp_path: Path) -> None:
    one = saved_in(tmp_path / "clip.mp4")
    (tmp_path / "clip.mp4").unlink()
    with pytest.raises(FileTrouble, match=r"clip\.mp4"):
        copy_saved(one, tmp_path / "out", "{id}.mp4")
    assert list((tmp_path / "out").iterdir()) == []


def test_retry_asks_again_and_saves_what_was_given_up(octotui: Octotui, server: BadServer, tmp_path: Path) -> None:
    add(octotui, server, "one", GONE, GONE)
    assert octotui.call("get", "sora:one").code == 7
    fresh = server.on("/fresh.mp4", Serve(CLIP))
    body = VIDEO | {"id": "one", "status": "completed", "video_url": fresh, "expires_at": time.time() + 7200}
    server.on("/v1/videos/sora:one", says(200, json.dumps(body)))
    server.requests.clear()
    outcome = octotui.call("retry", "sora:one", "--out", str(tmp_path / "again"))
    assert outcome.code == 0, outcome
    assert Path(outcome.out.rstrip("\n")).is_relative_to(tmp_path / "again")
    assert Path(outcome.out.rstrip("\n")).read_bytes() == CLIP
    assert server.requests[0].target.endswith("sora:one")


def test_retry_saves_again_what_was_saved_and_is_gone(octotui: Octotui, file: Path) -> None:
    outcome = octotui.call("retry", "sora:one")
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err == f"octotui: nothing to retry: sora:one is saved: {file}\n"
    file.unlink()
    told = json.loads(octotui.call("retry", "sora:one", "--json").out)
    assert (told[0]["download"], Path(told[0]["file"]).read_bytes()) == ("saved", CLIP)


def test_retry_of_what_is_not_completed_says_so(octotui: Octotui, server: BadServer) -> None:
    server.on("/v1/videos/sora:two", says(200, json.dumps(VIDEO | {"status": "processing"})))
    octotui.call("add", "sora:two")
    outcome = octotui.call("retry", "sora:two")
    assert (outcome.code, outcome.out) == (2, "")
    assert "nothing to save: sora:two is running" in outcome.err
    assert octotui.call("retry").code == 2


def test_open_plays_a_saved_file(octotui: Octotui, tmp_path: Path) -> None:
    file, seen = tmp_path / "clip.mp4", tmp_path / "seen"
    file.write_bytes(CLIP)
    one = saved("video_1")
    one = replace(one, download=one.download._replace(file=str(file)))
    fill(octotui, [one, saved("video_2"), task("video_3")])
    config = octotui.home / "config.toml"
    config.write_text(f'player = ["sh", "-c", "echo $0 > {seen}"]\n')
    outcome = octotui.call("--config", str(config), "open", "video_1", DISPLAY=":0")
    assert (outcome.code, outcome.err) == (0, f"Opened with sh: {file}\n")
    end = time.monotonic() + 10
    while not seen.exists() or not seen.read_text():
        assert time.monotonic() < end
    assert seen.read_text() == f"{file}\n"
    assert "No display here. The file: " in octotui.call("open", "video_1").err
    outcome = octotui.call("open", "video_2")
    assert (outcome.code, outcome.err) == (
        8,
        "octotui: /videos/video_2.mp4 is no longer there: octotui retry video_2 saves it again\n",
    )
    outcome = octotui.call("open", "video_3")
    assert (outcome.code, outcome.err) == (2, "octotui: video_3 is not saved: octotui get video_3 saves it\n")
