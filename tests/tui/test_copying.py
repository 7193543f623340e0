from __future__ import annotations

import json
import shlex
import stat
import sys
from pathlib import Path

import pytest

from octotui.player import has_display, play
from octotui.presentation.copy_choices import copies_of, copies_of_all
from octotui.tui.terminal.clipboard import copy
from tests.tui.tasks import ready, running, saved

URL = "https://cdn.example/v.mp4?X-Amz-Signature=abc&x=%2F"


def test_what_can_be_copied() -> None:
    texts = {item.key: item.text for item in copies_of(saved("video_1", result_url=URL), "https://octopusx.ai")}
    assert texts["u"] == URL
    assert texts["i"] == "video_1"
    assert texts["p"] == "/videos/video_1.mp4"
    assert texts["r"].startswith("rsync -avP ")
    assert texts["r"].endswith(":/videos/video_1.mp4 .")
    assert "https://octopusx.ai/v1/videos/video_1" in texts["c"]
    assert "https://octopusx.ai/v1/videos/video_1/content" in texts["g"]
    assert "$OCTOTUI_API_KEY" in texts["c"]


def test_of_several_tasks_each_has_a_line() -> None:
    tasks = [saved("a", result_url=URL), running("b"), saved("c")]
    items = {item.key: item for item in copies_of_all(tasks, "https://octopusx.ai")}
    assert items["i"].text == "a\nb\nc"
    assert items["i"].label == "3 ids"
    assert items["u"].text == URL
    assert items["u"].label == "1 result URL of 3 tasks"
    assert items["p"].text == "/videos/a.mp4\n/videos/c.mp4"
    assert [line.split()[0] for line in items["r"].text.split("\n")] == ["rsync", "rsync"]


def test_what_is_not_there_cannot_be_copied() -> None:
    assert [item.key for item in copies_of(running("video_1"), "https://octopusx.ai")] == ["i", "c", "g"]
    assert [item.key for item in copies_of(running("video_1", route="gone"), "https://octopusx.ai")] == ["i"]


@pytest.mark.parametrize("name", ["it's; rm -rf $HOME `x`", "with blanks", "$(reboot)"])
def test_a_pasted_line_runs_nothing_of_the_id(name: str) -> None:
    one = ready(name)
    for item in copies_of(one, "https://octopusx.ai"):
        if item.key in {"c", "g"}:
            words = shlex.split(item.text)
            assert words[0] == "curl"
            assert words[-1].startswith("https://octopusx.ai/v1/videos/")
            assert " " not in words[-1]
            assert "$" not in words[-1]
            assert "`" not in words[-1]


@pytest.fixture
def bin_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(folder: Path, name: str, body: str) -> Path:
    path = folder / name
    path.write_text(f"#!{sys.executable}\n{body}\n")
    path.chmod(stat.S_IRWXU)
    return path


def test_without_tmux_the_terminal_is_asked_alone() -> None:
    sent: list[str] = []
    assert copy("text", sent.append, {}) == "Sent to the terminal's clipboard."
    assert sent == ["text"]


def test_in_tmux_its_buffer_gets_the_text_too(bin_dir: Path) -> None:
    got = bin_dir / "got"
    body = f"import sys, pathlib; pathlib.Path({str(got)!r}).write_text(str(sys.argv[1:]) + sys.stdin.read())"
    program(bin_dir, "tmux", body)
    sent: list[str] = []
    assert copy(URL, sent.append, {"TMUX": "1"}).startswith("Copied to tmux")
    assert sent == [URL]
    assert got.read_text() == f"['load-buffer', '-w', '-']{URL}"


def test_a_tmux_that_fails_is_said(bin_dir: Path) -> None:
    assert "tmux did not take it" in copy("text", lambda _: None, {"TMUX": "1"})
    program(bin_dir, "tmux", "raise SystemExit(1)")
    assert "tmux did not take it" in copy("text", lambda _: None, {"TMUX": "1"})


def test_the_player_gets_the_file_as_one_argument(tmp_path: Path) -> None:
    got = tmp_path / "got"
    body = f"""
import os, sys, pathlib
new = pathlib.Path({str(got)!r} + ".new")
new.write_text(repr(sys.argv[1:]))
os.replace(new, {str(got)!r})
"""
    player = program(tmp_path, "player", body)
    name = "/videos/it's $(here); x.mp4"
    assert play([str(player), "--quiet"], name, {"DISPLAY": ":0"}) == f"Opened with {player}: {name}"
    while not got.exists():
        pass
    assert got.read_text() == repr(["--quiet", name])


def test_without_a_display_the_path_is_said() -> None:
    assert play(["mpv"], "/videos/x.mp4", {}) == "No display here. The file: /videos/x.mp4"
    assert not has_display({}, "linux")
    assert has_display({"WAYLAND_DISPLAY": "wayland-0"}, "linux")
    assert has_display({}, "darwin")


def test_a_player_that_is_not_there_is_said() -> None:
    display = {"DISPLAY": ":0"}
    assert play(["/no/such/player"], "/videos/x.mp4", display) == (
        "/no/such/player does not start (No such file or directory): `player` in the configuration names another. "
        "The file: /videos/x.mp4"
    )
    assert "No player is set" in play([], "/videos/x.mp4", display)


def test_further_results_and_a_last_frame_can_be_copied() -> None:
    links = ["https://cdn.example/1.mp4", "https://cdn.example/2.mp4", "https://cdn.example/3.mp4"]
    answer = json.dumps(
        {"id": "x", "status": "completed", "output": links, "last_frame_url": "https://cdn.example/l.png"}
    )
    texts = {
        item.key: item.text for item in copies_of(saved("video_1", result_url=links[0]), "https://x.example", answer)
    }
    assert (texts["u"], texts["o"], texts["l"]) == (links[0], "\n".join(links[1:]), "https://cdn.example/l.png")
