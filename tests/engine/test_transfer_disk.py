"""Disks that are full, small, read-only or gone: real ones in a mount namespace where the system allows it."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from octotui.engine.downloads import disk_space, partial_file
from octotui.engine.downloads.cancellation import StopHandle
from octotui.engine.downloads.transfer import Later, Outcome, Saved
from tests.support import blocked
from tests.support.bad_server import BadServer, Serve, clip
from tests.support.fetching import Fetching

CLIP = clip(2_000_000)


@pytest.fixture
def server() -> Iterator[BadServer]:
    with BadServer() as running:
        running.on("/clip.mp4", Serve(CLIP, etag='"one"'))
        yield running


def run(fetching: Fetching, server: BadServer) -> Outcome:
    return fetching.transfer(fetching.task(f"{server.url}/clip.mp4")).run(StopHandle())


class TestFreeSpace:
    def test_what_does_not_fit_beside_the_reserve_is_not_begun(self, server: BadServer, tmp_path: Path) -> None:
        fetching = Fetching(tmp_path, server.url, reserve=10_000_000, free=lambda _: 11_000_000)
        outcome = run(fetching, server)
        assert isinstance(outcome, Later)
        assert outcome.words == "waiting for room on the disk: 2.0 MB needed, 1.0 MB free (10.0 MB kept free)"

    def test_the_reserve_is_kept_while_others_write(
        self, server: BadServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("octotui.engine.downloads.fetch._ROOM_EVERY", 500_000)
        server.on("/clip.mp4", Serve(CLIP, chunked=True))
        frees = iter([10_500_000])
        fetching = Fetching(tmp_path, server.url, reserve=10_000_000, free=lambda _: next(frees, 9_900_000))
        outcome = run(fetching, server)
        assert isinstance(outcome, Later)
        assert outcome.words == "waiting for room on the disk: 9.9 MB free (10.0 MB kept free)"

    def test_two_do_not_count_on_the_same_room(self, server: BadServer, tmp_path: Path) -> None:
        fetching = Fetching(tmp_path, server.url, free=lambda _: 3_000_000)
        disk_space = fetching.context().disk_space
        disk_space.claim("another", 1_500_000, tmp_path)
        assert isinstance(run(fetching, server), Later)
        disk_space.settle("another")
        assert isinstance(run(fetching, server), Saved)


def test_a_disk_that_fills_up_is_waited_for(server: BadServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = os.pwrite
    disk_space = 700_000

    def bounded(descriptor: int, data: bytes, offset: int) -> int:
        if offset + len(data) > disk_space:
            if offset >= disk_space:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            data = data[: disk_space - offset]
        return written(descriptor, data, offset)

    monkeypatch.setattr(partial_file, "_allocate", lambda *_: False)
    monkeypatch.setattr(os, "pwrite", bounded)
    fetching = Fetching(tmp_path, server.url)
    transfer = fetching.transfer(fetching.task(f"{server.url}/clip.mp4"))
    outcome = transfer.run(StopHandle())
    assert isinstance(outcome, Later)
    assert outcome.words.startswith("waiting for room on the disk: the disk is full")
    assert (tmp_path / "video_1.mp4.part").read_bytes() == CLIP[:disk_space]
    monkeypatch.undo()
    assert isinstance(fetching.drive(transfer), Saved)
    assert (tmp_path / "video_1.mp4").read_bytes() == CLIP
    assert server.requests[-1].headers["range"] == f"bytes={disk_space}-"


def test_a_folder_that_vanishes_is_waited_for(server: BadServer, tmp_path: Path) -> None:
    server.on("/clip.mp4", Serve(CLIP, cut_at=500_000, cuts=1))
    fetching = Fetching(tmp_path / "mount", server.url)
    transfer = fetching.transfer(fetching.task(f"{server.url}/clip.mp4"))
    assert isinstance(transfer.run(StopHandle()), Later)
    shutil.rmtree(tmp_path / "mount")
    outcome = transfer.run(StopHandle())
    assert isinstance(outcome, Later)
    assert "the folder is gone; is its disk still mounted?" in outcome.words
    (tmp_path / "mount").mkdir()
    assert isinstance(fetching.drive(transfer), Saved)
    assert (tmp_path / "mount" / "video_1.mp4").read_bytes() == CLIP


@pytest.mark.parametrize(
    ("block", "words"), [(blocked.by_file, "a part of the path is a file"), (blocked.by_link, "a link to nothing")]
)
def test_a_folder_that_is_not_there_at_first_is_waited_for_ever_longer(
    server: BadServer, tmp_path: Path, block: blocked.Block, words: str
) -> None:
    place = tmp_path / "disk"
    block(place)
    fetching = Fetching(place / "videos", server.url)
    transfer = fetching.transfer(fetching.task(f"{server.url}/clip.mp4"))
    pauses = []
    for _ in range(7):
        outcome = transfer.run(StopHandle())
        assert isinstance(outcome, Later)
        assert outcome.words.startswith("disk: ")
        assert words in outcome.words
        pauses.append(outcome.at - fetching.clock())
        fetching.clock.now = outcome.at
    assert pauses == [30, 60, 120, 240, 480, 600, 600]
    assert server.requests == []
    place.unlink()
    assert isinstance(transfer.run(StopHandle()), Saved)


def test_free_space_that_cannot_be_told_is_the_folders_trouble(server: BadServer, tmp_path: Path) -> None:
    def gone(folder: Path) -> int:
        return disk_space._free_bytes(folder / "gone")

    fetching = Fetching(tmp_path, server.url, free=gone)
    outcome = run(fetching, server)
    assert isinstance(outcome, Later)
    assert outcome.words.startswith("waiting for the folder on the disk: ")
    assert "is its disk still mounted?" in outcome.words


class TestForeignFiles:
    """Whatever stands where we would write, it is not ours."""

    @pytest.mark.parametrize("name", ["video_1.mp4", "video_1.mp4.part", "video_1.mp4.part.json", "video_1.mp4.json"])
    def test_are_never_touched(self, server: BadServer, tmp_path: Path, name: str) -> None:
        (tmp_path / name).write_bytes(b"mine")
        outcome = Fetching(tmp_path, server.url).save(f"{server.url}/clip.mp4")
        assert (tmp_path / name).read_bytes() == b"mine"
        assert outcome.file.read_bytes() == CLIP

    @pytest.mark.parametrize("name", ["video_1.mp4", "video_1.mp4.part", "video_1.mp4.part.json"])
    def test_links_are_not_followed(self, server: BadServer, tmp_path: Path, name: str) -> None:
        folder = tmp_path / "videos"
        folder.mkdir()
        (tmp_path / "target").write_bytes(b"mine")
        (folder / name).symlink_to(tmp_path / "target")
        outcome = Fetching(folder, server.url).save(f"{server.url}/clip.mp4")
        assert (tmp_path / "target").read_bytes() == b"mine"
        assert outcome.file.read_bytes() == CLIP

    def test_the_very_same_video_is_not_kept_twice(self, server: BadServer, tmp_path: Path) -> None:
        (tmp_path / "video_1.mp4").write_bytes(CLIP)
        saved = Fetching(tmp_path, server.url).save(f"{server.url}/clip.mp4")
        assert saved.file == tmp_path / "video_1.mp4"
        assert sorted(path.name for path in tmp_path.iterdir()) == ["video_1.mp4", "video_1.mp4.json"]

    def test_a_part_another_process_works_on_is_waited_for(self, server: BadServer, tmp_path: Path) -> None:
        other = partial_file.claim(tmp_path / "video_1.mp4", "video_1")
        fetching = Fetching(tmp_path, server.url)
        outcome = run(fetching, server)
        assert isinstance(outcome, Later)
        assert "another octotui" in outcome.words
        other.close()
        assert isinstance(run(fetching, server), Saved)


ON_A_SMALL_DISK = """
import subprocess, sys
from pathlib import Path
from octotui.engine.downloads.cancellation import StopHandle
from octotui.engine.downloads.transfer import Later, Saved
from tests.support.bad_server import BadServer, Serve, clip
from tests.support.fetching import Fetching

disk = Path(sys.argv[1])
CLIP = clip(2_000_000)

def mount(*options):
    subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(options), "none", disk], check=True)

mount("size=1m")
with BadServer() as server:
    link = server.on("/clip.mp4", Serve(CLIP, chunked=sys.argv[2] == "unknown size"))
    fetching = Fetching(disk, server.url)
    transfer = fetching.transfer(fetching.task(link))
    outcome = transfer.run(StopHandle())
    assert isinstance(outcome, Later), outcome
    assert "the disk is full" in outcome.words, outcome
    mount("remount", "ro", "size=1m")
    outcome = transfer.run(StopHandle())
    assert isinstance(outcome, Later), outcome
    assert "read-only" in outcome.words, outcome
    mount("remount", "rw", "size=8m")
    outcome = fetching.drive(transfer)
    assert isinstance(outcome, Saved), outcome
    assert outcome.file.read_bytes() == CLIP
    print("saved")
"""

NOT_MOUNTED_AT_FIRST = """
import subprocess, sys
from pathlib import Path
from octotui.engine.downloads.cancellation import StopHandle
from octotui.engine.downloads.transfer import Later, Saved
from tests.support.bad_server import BadServer, Serve, clip
from tests.support.fetching import Fetching

disk = Path(sys.argv[1])
CLIP = clip(2_000_000)

def mount(*options):
    subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(options), "none", disk], check=True)

mount("ro", "size=8m")
with BadServer() as server:
    fetching = Fetching(disk, server.url)
    transfer = fetching.transfer(fetching.task(server.on("/clip.mp4", Serve(CLIP))))
    outcome = transfer.run(StopHandle())
    assert isinstance(outcome, Later), outcome
    assert outcome.words.startswith("disk: ") and "read-only" in outcome.words, outcome
    mount("rw", "size=8m")
    outcome = fetching.drive(transfer)
    assert isinstance(outcome, Saved), outcome
    assert outcome.file.read_bytes() == CLIP
    print("saved")
"""

TOO_BIG_FOR_THIS_USER = """
import resource, sys
from pathlib import Path
from octotui.engine.downloads.cancellation import StopHandle
from octotui.engine.downloads.transfer import Later
from tests.support.bad_server import BadServer, Serve, clip
from tests.support.fetching import Fetching

resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
with BadServer() as server:
    fetching = Fetching(Path(sys.argv[1]), server.url)
    outcome = fetching.transfer(fetching.task(server.on("/clip.mp4", Serve(clip(2_000_000))))).run(StopHandle())
    assert isinstance(outcome, Later), outcome
    assert "bigger than this file system or this user may have" in outcome.words, outcome
    print("told")
"""


def child(script: str, *arguments: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [*before, sys.executable, "-c", script, *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)


@pytest.fixture(scope="module")
def own_mounts() -> tuple[str, ...]:
    """What a command is begun with to have mounts of its own."""
    command = ("unshare", "--user", "--map-root-user", "--mount")
    if not shutil.which("unshare") or subprocess.run([*command, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this system gives nobody a mount namespace of his own")
    return command


def test_a_real_disk_that_is_mounted_over_a_read_only_one_later(tmp_path: Path, own_mounts: tuple[str, ...]) -> None:
    ended = child(NOT_MOUNTED_AT_FIRST, str(tmp_path), before=own_mounts)
    assert (ended.stdout, ended.returncode) == ("saved\n", 0), ended.stderr


@pytest.mark.parametrize("size", ["known size", "unknown size"])
def test_a_real_disk_that_is_full_then_read_only_then_well(
    tmp_path: Path, own_mounts: tuple[str, ...], size: str
) -> None:
    ended = child(ON_A_SMALL_DISK, str(tmp_path), size, before=own_mounts)
    assert (ended.stdout, ended.returncode) == ("saved\n", 0), ended.stderr


def test_a_file_bigger_than_the_user_may_have(tmp_path: Path) -> None:
    ended = child(TOO_BIG_FOR_THIS_USER, str(tmp_path))
    assert (ended.stdout, ended.returncode) == ("told\n", 0), ended.stderr
