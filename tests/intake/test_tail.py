from __future__ import annotations

import json
from pathlib import Path

import pytest

from octotui.intake import follow_file as module
from octotui.intake.follow_file import LONGEST, QUIET, Tail
from tests.support.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock(100.0)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ids.log"


def append(file: Path, text: str) -> None:
    with file.open("a", encoding="utf-8", newline="") as opened:
        opened.write(text)


def settled(tail: Tail, clock: Clock) -> str:
    """What comes of one look at what is new and a second one once the writer has paused."""
    first = tail.read()
    clock.now += QUIET
    return first + tail.read()


def test_lines_come_once_the_writer_pauses_and_only_once(file: Path, clock: Clock) -> None:
    tail = Tail(file, monotonic=clock)
    assert settled(tail, clock) == ""
    append(file, "sora:1a\nsora:2")
    assert settled(tail, clock) == "sora:1a\n"
    append(file, "b\n")
    assert settled(tail, clock) == "sora:2b\n"
    assert settled(tail, clock) == ""
    tail.close()


def test_json_without_a_newline_is_whole_once_its_writer_is_quiet(file: Path, clock: Clock) -> None:
    tail = Tail(file, monotonic=clock)
    answer = json.dumps({"id": "video_1", "model": "sora-2"}, indent=2)
    append(file, answer[:20])
    assert tail.read() == ""
    append(file, answer[20:])
    clock.now += 0.1
    assert tail.read() == ""
    clock.now += QUIET
    assert tail.read() == answer
    tail.close()


def test_a_writer_that_never_pauses_is_read_at_line_ends(file: Path, clock: Clock) -> None:
    tail = Tail(file, monotonic=clock)
    settled(tail, clock)
    read, written = "", ""
    for number in range(40):
        append(file, f"sora:{number}a\nso")
        written += f"sora:{number}a\nso"
        clock.now += 0.1
        read += tail.read()
        assert not read or read.endswith("\n")
    assert read
    assert written.startswith(read)
    assert len(written) - len(read) < len("sora:10a\nso") * (LONGEST / 0.1 + 2)
    assert read + tail.rest() == written
    tail.close()


def test_rotation_loses_nothing(file: Path, clock: Clock) -> None:
    tail = Tail(file, monotonic=clock)
    append(file, "sora:1a\n")
    assert settled(tail, clock) == "sora:1a\n"
    append(file, "sora:2b\nsora:3")
    file.rename(file.with_suffix(".1"))
    append(file.with_suffix(".1"), "c")
    append(file, "sora:4d\n")
    assert settled(tail, clock) == "sora:2b\nsora:3c\nsora:4d\n"
    file.unlink()
    assert settled(tail, clock) == ""
    append(file, "sora:5e\n")
    assert settled(tail, clock) == "sora:5e\n"
    tail.close()


def test_truncation_begins_again_even_when_it_has_grown_longer_since(file: Path, clock: Clock) -> None:
    tail = Tail(file, monotonic=clock)
    append(file, "sora:1a\nsora:2b\n")
    assert settled(tail, clock) == "sora:1a\nsora:2b\n"
    file.write_text("sora:3c\n")
    assert settled(tail, clock) == "sora:3c\n"
    file.write_text("sora:4d\nsora:5e\nsora:6f\n")
    assert settled(tail, clock) == "sora:4d\nsora:5e\nsora:6f\n"
    tail.close()


def test_a_large_file_comes_in_pieces_that_end_at_lines(
    file: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CHUNK", 1000)
    text = "".join(f"sora:日本{number}a\n" for number in range(500))
    append(file, text)
    tail = Tail(file, monotonic=clock)
    pieces = []
    while piece := tail.read():
        pieces.append(piece)
    pieces.append(settled(tail, clock))
    assert "".join(pieces) == text
    assert len(pieces) > 5
    assert all(piece.endswith("\n") for piece in pieces)
    tail.close()


def test_a_folder_is_refused(tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(OSError, match="regular file"):
        Tail(tmp_path, monotonic=clock).read()
