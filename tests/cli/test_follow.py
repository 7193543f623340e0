from __future__ import annotations

import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cli.conftest import Octotui
from tests.support.waiting import until


@contextmanager
def running(octotui: Octotui, *arguments: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
    """A process that is killed after half a minute, so that a line that never comes fails the test."""
    process = octotui.start(*arguments, **environ)
    limit = threading.Timer(30.0, process.kill)
    limit.start()
    try:
        yield process
    finally:
        limit.cancel()
        process.kill()
        process.communicate()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_what_is_written_to_a_file_is_watched_through_rotation(
    octotui: Octotui, number: signal.Signals, code: int
) -> None:
    file = octotui.home / "answers.log"
    with running(octotui, "add", "--follow", str(file), "--tag", "night") as process:
        assert process.stderr is not None
        assert process.stderr.readline() == f"following {file}, which is not there yet\n"
        file.write_text('{"id": "video_1", "model": "sora-2"}')
        assert line_of(process) == "added video_1 Sora"
        with file.open("a") as opened:
            opened.write('{"id": "video_2", "model": "grok-video-3"}\nnothing of use\n')
        assert line_of(process) == "added video_2 Grok"
        file.rename(octotui.home / "answers.log.1")
        file.write_text("sora:3c\nvideo_abc123\ngrok:4d")
        assert line_of(process) == "added sora:3c Sora"
        assert "whose task is video_abc123?" in process.stderr.readline()
        process.send_signal(number)
        out, _ = process.communicate(timeout=20)
    assert process.returncode == code
    # Nobody will end that line now: what stands there is all there is.
    assert out == "added grok:4d Grok\n"
    tasks = json.loads(octotui.call("ls", "--json").out)
    assert [task["id"] for task in tasks] == ["video_1", "video_2", "sora:3c", "grok:4d"]
    assert {tuple(task["tags"]) for task in tasks} == {("night",)}


def test_ids_and_a_file_are_not_given_together(octotui: Octotui) -> None:
    assert octotui.call("add", "sora:1a", "--follow", "x").code == 2
    assert octotui.call("add", "--follow", str(octotui.home)).code == 2


def test_a_file_that_cannot_be_read_is_8(octotui: Octotui) -> None:
    (octotui.home / "file").write_text("")
    outcome = octotui.call("add", "--follow", str(octotui.home / "file" / "below"))
    assert outcome.code == 8
    assert "Traceback" not in outcome.err


def test_an_inbox_is_read_by_watch(octotui: Octotui) -> None:
    config = octotui.home / "c.toml"
    config.write_text('inbox = "in"\n')
    with running(octotui, "watch", "--config", str(config), OCTOTUI_BASE_URL="http://127.0.0.1:9") as process:
        until((octotui.home / "in").is_dir, "the folder")
        (octotui.home / "in" / "ids.txt").write_text("grok:1a\n")
        assert "Grok grok:1a added" in line_of(process)
        process.terminate()
        process.communicate(timeout=20)
    assert process.returncode == 0
    assert (octotui.home / "in" / "done" / "ids.txt").exists()
