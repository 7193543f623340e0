from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from octotui.engine.downloads import partial_file as part_module
from octotui.engine.downloads.file_names import FileTrouble
from octotui.engine.downloads.partial_file import PartBusy, PartChanged, claim
from tests.support.bad_server import noise

DATA = noise(300_000)
OTHER = noise(300_000, seed=1)


@pytest.fixture
def wanted(tmp_path: Path) -> Path:
    return tmp_path / "clip.mp4"


class TestWriting:
    def test_what_is_there_already_is_only_compared(self, wanted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        part = claim(wanted, "a")
        part.write(DATA[:200_000])
        writes: list[int] = []
        real = os.pwrite

        def noted(descriptor: int, data: memoryview, at: int) -> int:
            writes.append(at)
            return real(descriptor, data, at)

        monkeypatch.setattr(os, "pwrite", noted)
        part.seek(100_000)
        part.write(DATA[100_000:250_000], must_match=True)
        assert writes == [200_000]
        assert part.path.read_bytes() == DATA[:250_000]
        part.seal()
        assert part.path.read_bytes() == DATA[:250_000]

    def test_a_difference_is_told_when_it_must_not_be(self, wanted: Path) -> None:
        part = claim(wanted, "a")
        part.write(DATA[:200_000])
        part.seek(150_000)
        with pytest.raises(PartChanged):
            part.write(DATA[150_000:199_999] + b"?", must_match=True)
        assert part.path.read_bytes() == DATA[:200_000]

    def test_a_difference_otherwise_cuts_and_goes_on(self, wanted: Path) -> None:
        part = claim(wanted, "a")
        part.write(DATA)
        part.seek(0)
        for at in range(0, len(OTHER), 50_000):
            part.write(OTHER[at : at + 50_000])
        part.end_here()
        assert part.path.read_bytes() == OTHER
        part.seal()
        assert part.path.read_bytes() == OTHER

    def test_a_shorter_file_ends_where_it_ends(self, wanted: Path) -> None:
        part = claim(wanted, "a")
        part.write(DATA)
        part.seek(0)
        part.write(DATA[:1000])
        part.end_here()
        part.seal()
        assert part.path.read_bytes() == DATA[:1000]

    def test_room_taken_and_not_needed_is_given_back(self, wanted: Path) -> None:
        part = claim(wanted, "a")
        taken = part.take_room(10_000_000)
        part.write(DATA)
        assert part.path.stat().st_size == len(DATA), "the size says what was written, whatever was taken"
        if taken:
            assert part.path.stat().st_blocks * 512 >= 10_000_000
        part.seal()
        assert part.path.stat().st_blocks * 512 < 1_000_000

    def test_room_is_taken_in_steps_whatever_the_server_says(self, wanted: Path) -> None:
        part = claim(wanted, "a")
        if not part.take_room(10**9):
            pytest.skip("this file system takes no room ahead")
        assert room(part) < 100_000_000
        part.write(DATA)
        part.close()
        assert room(part) < 1_000_000

    def test_room_that_a_killed_process_has_left_is_given_back(self, wanted: Path) -> None:
        script = "import os, sys; from pathlib import Path; from octotui.engine.downloads.partial_file import claim\n"
        script += "part = claim(Path(sys.argv[1]), 'a'); part.write(b'x' * 1000)\n"
        script += "print(part.take_room(10**7), flush=True); os.kill(os.getpid(), 9)"
        killed = subprocess.run([sys.executable, "-c", script, wanted], capture_output=True, text=True, check=False)
        assert killed.returncode == -9
        left = wanted.with_name("clip.mp4.part").stat()
        if killed.stdout == "True\n":
            assert left.st_blocks * 512 >= 10**7
        part = claim(wanted, "a")
        assert (part.size, room(part) < 1_000_000) == (1000, True)


def room(part: part_module.PartialFile) -> int:
    """Bytes that it takes on the disk."""
    return part.path.stat().st_blocks * 512


class TestResuming:
    def test_another_process_goes_on_with_it(self, wanted: Path) -> None:
        first = claim(wanted, "a")
        first.write(DATA[:200_000])
        first.close()
        second = claim(wanted, "a")
        assert second.size == 200_000
        second.seek(second.size)
        second.write(DATA[200_000:])
        second.seal()
        assert second.path.read_bytes() == DATA

    def test_after_a_reboot_only_what_was_flushed_counts(self, wanted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        part = claim(wanted, "a")
        part.write(DATA[:100_000])
        part.sync()
        part.write(DATA[100_000:])
        part.close()
        monkeypatch.setattr(part_module, "boot_id", lambda: "the next run")
        again = claim(wanted, "a")
        assert (again.size, again.path.stat().st_size) == (100_000, 100_000)

    def test_where_reboots_cannot_be_told_only_what_was_flushed_counts(
        self, wanted: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(part_module, "boot_id", lambda: None)
        part = claim(wanted, "a")
        part.write(DATA)
        part.close()
        assert claim(wanted, "a").size == 0

    def test_a_flush_from_another_thread_is_noted_with_the_next_block(
        self, wanted: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(part_module, "_FLUSH_FROM", 1)
        part = claim(wanted, "a")
        part.write(DATA[:100_000])
        part.flush()
        part.write(DATA[100_000:100_001])
        assert json.loads((wanted.parent / "clip.mp4.part.json").read_text())["proved"] == 100_000

    def test_a_flush_that_was_overtaken_by_a_cut_proves_nothing(
        self, wanted: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(part_module, "_FLUSH_FROM", 1)
        part = claim(wanted, "a")
        part.write(DATA[:100_000])

        def overtaken(_: int) -> None:
            part.seek(0)
            part.end_here()

        monkeypatch.setattr(os, "fsync", overtaken)
        part.flush()
        monkeypatch.undo()
        part.write(OTHER)
        assert part.state.proved == 0


def claim_again(wanted: Path) -> part_module.PartialFile:
    """The part of a process that was killed: its lock is gone with it."""
    names = [wanted.with_name(f"clip.mp4.part{ending}") for ending in ("", ".json")]
    contents = [name.read_bytes() for name in names]
    for name, content in zip(names, contents, strict=True):
        name.unlink()
        name.write_bytes(content)
    return claim(wanted, "a")


class TestClaiming:
    def test_each_task_has_its_own(self, wanted: Path) -> None:
        assert [claim(wanted, task_id).path.name for task_id in "abc"] == [
            "clip.mp4.part",
            "clip-2.mp4.part",
            "clip-3.mp4.part",
        ]

    def test_one_at_a_time(self, wanted: Path) -> None:
        first = claim(wanted, "a")
        with pytest.raises(PartBusy):
            claim(wanted, "a")
        first.close()
        claim(wanted, "a").close()

    @pytest.mark.parametrize("text", ["", "{", "null", "[]", '{"task_id": "a"}', '{"task_id": "a", "total": "x"}'])
    def test_a_state_that_makes_no_sense_is_not_ours(self, wanted: Path, text: str) -> None:
        state = wanted.with_name("clip.mp4.part.json")
        state.write_text(text)
        assert claim(wanted, "a").path.name == "clip-2.mp4.part"
        assert state.read_text() == text

    def test_a_part_whose_state_was_deleted_is_not_ours(self, wanted: Path) -> None:
        wanted.with_name("clip.mp4.part").write_bytes(b"mine")
        assert claim(wanted, "a").path.name == "clip-2.mp4.part"

    @pytest.mark.parametrize("kind", ["folder", "link", "pipe"])
    def test_a_part_that_is_no_file_is_trouble(self, wanted: Path, kind: str) -> None:
        first = claim(wanted, "a")
        first.write(DATA)
        first.close()
        first.path.unlink()
        if kind == "folder":
            first.path.mkdir()
        elif kind == "pipe":
            os.mkfifo(first.path)
        else:
            first.path.symlink_to(wanted.parent / "elsewhere")
        with pytest.raises(FileTrouble):
            claim(wanted, "a")
        assert not (wanted.parent / "elsewhere").exists()

    def test_keeps_no_link_and_no_key(self, wanted: Path) -> None:
        part = claim(wanted, "a")
        part.note(replace(part.state, host="cdn.example.net", etag='"one"', total=5))
        facts = json.loads(wanted.with_name("clip.mp4.part.json").read_text())
        assert set(facts) == {"task_id", "host", "etag", "total", "proved", "boot", "origin"}

    def test_leaves_nothing_behind(self, wanted: Path) -> None:
        part = claim(wanted, "a")
        part.write(DATA)
        part.seal()
        part.remove()
        assert list(wanted.parent.iterdir()) == []
