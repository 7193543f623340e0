from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import termios

import pytest
from rich.cells import cell_len

from tests.cli.conftest import Octotui

_LIST_MODULES = """
import sys
from octotui.cli.main import main
try:
    main()
finally:
    print("\\n".join(sorted(sys.modules)), file=sys.stderr)
"""


def listed(octotui: Octotui, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _LIST_MODULES, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=octotui.environ,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )


def modules_of(octotui: Octotui, *arguments: str) -> set[str]:
    done = listed(octotui, *arguments)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines())


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (
            ["add", "sora:1a"],
            {
                "textual",
                "rich",
                "httpx",
                "asyncio",
                "octotui.engine",
                "octotui.tui",
                "octotui.intake.plain_text",
                "shutil",
            },
        ),
        (["ls", "--json"], {"textual", "rich", "httpx", "asyncio", "octotui.engine", "octotui.intake", "octotui.tui"}),
        (["ls"], {"textual", "httpx", "asyncio", "octotui.engine", "octotui.intake"}),
        (["--version"], {"textual", "httpx", "asyncio", "sqlite3", "tomllib", "octotui.config"}),
        (["poll"], {"textual", "octotui.intake", "octotui.demo"}),
        (["config", "check"], {"textual", "httpx", "asyncio", "tomli_w", "octotui.config.toml_edit"}),
    ],
)
def test_a_command_imports_only_what_it_needs(octotui: Octotui, arguments: list[str], unwanted: set[str]) -> None:
    modules = modules_of(octotui, *arguments)
    assert "octotui.cli.main" in modules
    assert "tomli_w" not in modules
    assert not unwanted & modules


def test_only_what_shows_or_changes_settings_can_write_toml(octotui: Octotui) -> None:
    assert "tomli_w" in modules_of(octotui, "config", "set", "bell", "true")
    assert "tomli_w" in modules_of(octotui, "config", "get", "bell")


def test_the_dashboard_does_not_wait_for_click(octotui: Octotui) -> None:
    done = listed(octotui)
    assert done.returncode == 2
    assert "the dashboard needs a terminal" in done.stderr
    assert {"click", "tomli_w", "octotui.cli.command_table"}.isdisjoint(done.stderr.splitlines())


def test_a_reader_that_has_had_enough_is_no_error(octotui: Octotui) -> None:
    for start in range(0, 3000, 500):
        octotui.call("add", *(f"sora:{number}a" for number in range(start, start + 500)))
    process = octotui.start("ls", "--json")
    assert process.stdout is not None
    assert process.stdout.read(1) == "["
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    process.stderr.close()
    assert (process.wait(timeout=20), err) == (0, "")


_ON_ITS_TERMINAL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


def on_terminal(octotui: Octotui, *arguments: str, columns: int = 80, typed: bytes = b"", **environ: str) -> str:
    """Run octotui on a terminal of its own, typing `typed` whenever it waits; returns what it showed."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (24, columns))
    process = subprocess.Popen(
        [sys.executable, "-c", _ON_ITS_TERMINAL, *octotui.command(*arguments)],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=octotui.environ | environ,
    )
    os.close(slave)
    shown = b""
    try:
        while True:
            if select.select([master], [], [], 0.3)[0]:
                shown += os.read(master, 65536)
            elif typed and shown.endswith(b": "):
                os.write(master, typed)
    except OSError:
        # Linux's way of saying that the other side of a terminal is closed.
        assert process.wait(timeout=20) in {0, 130}
    finally:
        os.close(master)
    return shown.decode()


def test_a_table_fits_the_terminal_and_is_coloured(octotui: Octotui) -> None:
    octotui.call("add", "sora:" + "1a" * 60, "grok:日本語の識別子1a", "--tag", "night")
    shown = on_terminal(octotui, "ls", columns=60)
    assert "\x1b[33munknown" in shown
    without = on_terminal(octotui, "ls", columns=60, NO_COLOR="1")
    assert "\x1b[" not in without
    lines = without.split("\r\n")
    assert max(map(cell_len, lines)) <= 60
    assert any("…" in line for line in lines)
    assert "\x1b[" not in octotui.run("ls").out
    assert "sora:" + "1a" * 60 in octotui.run("ls").out


def test_on_a_terminal_it_asks_whose_task_it_is(octotui: Octotui) -> None:
    shown = on_terminal(octotui, "add", "video_abc123", typed=b"dou\rdoubao\r")
    assert "Whose task is video_abc123?" in shown
    assert "added video_abc123 Doubao" in shown
    (task,) = json.loads(octotui.call("ls", "--json").out)
    assert task["provider"] == "doubao"


def test_an_interrupted_question_is_exit_code_130(octotui: Octotui) -> None:
    shown = on_terminal(octotui, "add", "video_abc123", typed=b"\x03")
    assert "octotui: interrupted" in shown
    assert octotui.call("ls", "--json").out == "[]\n"


def test_a_terminal_without_unicode_is_no_reason_for_a_traceback(octotui: Octotui) -> None:
    octotui.call("add", "grok:日本語1a")
    environ = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    outcome = octotui.run("ls", **environ)
    assert (outcome.code, outcome.err) == (0, "")
    assert json.loads(octotui.run("ls", "--json", **environ).out)[0]["id"] == "grok:日本語1a"


def test_the_demo_ends_by_itself_and_touches_nothing(octotui: Octotui) -> None:
    del octotui.environ["OCTOTUI_API_KEY"]
    environ = {"TMPDIR": str(octotui.home / "tmp"), "HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": ""}
    (octotui.home / "tmp").mkdir()
    outcome = octotui.run("demo", "--headless", "--fast", "--seconds", "3", **environ)
    assert outcome.code == 0, outcome.err
    assert "tasks of 5 providers moved within 3 s" in outcome.out.splitlines()[-1]
    assert [path for path in octotui.home.rglob("*") if path.is_file()] == []
    assert list((octotui.home / "tmp").iterdir()) == []
