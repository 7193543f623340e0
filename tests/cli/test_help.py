"""Help: examples in every command, the man page, completion in real shells."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shlex
import shutil
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from octotui.cli.command_table import octotui as program
from octotui.cli.help.examples import EXAMPLES, examples_of
from octotui.cli.help.man_page import man_page
from tests.cli.conftest import Octotui
from tests.cli.filled import fill


def commands(group: click.Group, path: str = "octotui") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        yield f"{path} {name}", found
        if isinstance(found, click.Group):
            yield from commands(found, f"{path} {name}")


ALL = dict(commands(program))


@pytest.mark.parametrize("path", ["octotui", *ALL])
def test_every_help_has_examples(path: str) -> None:
    shown = CliRunner().invoke(program, [*path.split()[1:], "--help"])
    assert shown.exit_code == 0
    assert "\nExamples:\n" in shown.output
    assert all(f"  {line}\n" in shown.output for line, _ in examples_of(path))


def test_there_are_no_examples_of_what_is_no_command() -> None:
    assert {f"octotui {name}".rstrip() for name in EXAMPLES} == {"octotui", *ALL}


@pytest.mark.parametrize("line", [line for examples in EXAMPLES.values() for line, _ in examples])
def test_no_shell_takes_an_example_for_something_else(line: str) -> None:
    unquoted = re.sub(r"'[^']*'", "", line)
    assert re.findall(r"\S[<>|]|[<>|]\S|[*?$&;!]", unquoted) == []


@pytest.mark.parametrize("line", [line for examples in EXAMPLES.values() for line, _ in examples])
def test_every_example_is_understood(line: str) -> None:
    """Options and arguments are what the commands take; nothing is carried out."""
    words = shlex.split(line.partition(" | ")[0].partition(" > ")[0].partition(" < ")[0])[1:]
    command: click.Command = program
    context = click.Context(program, info_name="octotui")
    while isinstance(command, click.Group) and words:
        found = command.get_command(context, words.pop(0))
        assert found is not None, line
        command, context = found, click.Context(found, parent=context)
    command.parse_args(context, words)
    if "filter_text" in context.params and context.params["filter_text"] and not line.startswith("octotui log"):
        from octotui.cli.selection import read_filter  # noqa: PLC0415 - beside its only use

        assert read_filter(context.params["filter_text"]) is not None


def page() -> str:
    return man_page(program)


def test_the_man_page_has_every_command_option_and_example() -> None:
    text = page().replace(r"\-", "-").replace(r"\(aq", "'").replace(r"\e", "\\")
    for path, command in ALL.items():
        assert f'.SS "{path} ' in text
        for parameter in command.params:
            if isinstance(parameter, click.Option) and parameter.name not in {"help", "profile", "config_file"}:
                assert parameter.opts[-1] in text, (path, parameter.opts)
    assert "octotui ls -f" in text
    for name in ("FILTERS", "COLUMNS", "EXIT STATUS", "ENVIRONMENT", "FILES"):
        assert f'.SH "{name}"' in text
    assert text.isascii()


@pytest.mark.skipif(shutil.which("groff") is None, reason="needs groff")
def test_groff_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    (tmp_path / "octotui.1").write_text(page())
    done = subprocess.run(
        ["groff", "-man", "-ww", "-Tutf8", str(tmp_path / "octotui.1")], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert "octotui add video_6a8f" in done.stdout


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="needs mandoc")
def test_mandoc_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    (tmp_path / "octotui.1").write_text(page())
    done = subprocess.run(
        ["mandoc", "-Tlint", "-Wwarning", str(tmp_path / "octotui.1")], capture_output=True, text=True, check=False
    )
    assert [line for line in done.stdout.splitlines() if "missing date" not in line] == []


def test_completion_prints_the_page(octotui: Octotui) -> None:
    assert octotui.call("completion", "man").out == page()


@pytest.fixture
def at_home(octotui: Octotui) -> Octotui:
    """octotui with tasks, tags, profiles and a program of its name on the path."""
    fill(octotui)
    octotui.call("add", "grok:77aa", "sora-2:task_1", "--tag", "night shift", "--tag", "final")
    octotui.call("title", "grok:77aa", "red, car")
    folder = octotui.home / ".config" / "octotui"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text("[profiles.studio]\n[profiles.home]\n")
    program_file = octotui.home / "bin" / "octotui"
    program_file.parent.mkdir()
    program_file.write_text(f'#!/bin/sh\nexec {shlex.join(octotui.command())} "$@"\n')
    program_file.chmod(0o755)
    octotui.environ["PATH"] = f"{program_file.parent}:{octotui.environ['PATH']}"
    return octotui


def typed(octotui: Octotui, shell: list[str], setup: str, keys: str, until: str) -> str:
    """What a shell on a terminal shows once `keys` were typed there and `until` has come."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (24, 200))
    process = subprocess.Popen(
        shell, stdin=slave, stdout=slave, stderr=slave, env=octotui.environ, start_new_session=True
    )
    os.close(slave)
    shown = ""

    def wait_for(text: str) -> None:
        nonlocal shown
        end = time.monotonic() + 40
        while text not in shown:
            assert time.monotonic() < end, shown
            if select.select([master], [], [], 0.2)[0]:
                shown += os.read(master, 65536).decode(errors="replace")

    try:
        os.write(master, f"{setup}; echo rea''dy\n".encode())
        wait_for("ready\r\n")
        shown = ""
        os.write(master, keys.encode())
        wait_for(until)
        return shown
    finally:
        process.kill()
        process.wait()
        os.close(master)


SHELLS = {
    "bash": (["bash", "--norc", "-i"], 'eval "$(octotui completion bash)"'),
    "zsh": (["zsh", "-f", "-i"], 'autoload -U compinit; compinit -u; eval "$(octotui completion zsh)"'),
}


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("keys", "until"),
    [
        ("octotui show grok:7\t\n", "red, car"),
        ("octotui show sora-2:tas\t\n", "sora-2:task_"),
        ("octotui ls --provider ve\t--columns id,age\n", "task_01k6zz"),
        ("octotui --profile stu\t config check\n", "profile    studio"),
        ("octotui add grok:5 --tag nig\t--json\n", '"added": ["grok:5"]'),
        ("octotui ls --columns id -f 'provider:doubao state:canc\t\n", "video_8814"),
        ("octotui ls -f state:canc\t--columns id\n", "video_8814"),
    ],
)
def test_a_shell_goes_on_with_what_was_begun(at_home: Octotui, shell: str, keys: str, until: str) -> None:
    words, setup = SHELLS[shell]
    if shutil.which(words[0]) is None:
        pytest.skip(f"needs {shell}")
    typed(at_home, words, setup, keys, until)
    if "--tag" in keys:
        tasks = json.loads(at_home.call("ls", "--json", "-f", "grok:5").out)
        assert "night shift" in [tag for task in tasks for tag in task["tags"]]


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
@pytest.mark.parametrize(
    ("begun", "lines"),
    [
        ("octotui show grok:7", ["grok:77aa\tred, car"]),
        ("octotui pru", ["prune\tStop watching what was saved long ago."]),
        ("octotui get --any", ["--anyway\tAlso try what no answer calls completed: its link and /content, once."]),
        ("octotui ls --provider ve", ["veo\tVeo"]),
        ("octotui --profile st", ["studio"]),
        ("octotui ls -f siz", ["size<\tbytes of its file: size>50MB"]),
    ],
)
def test_fish_shows_descriptions_whole(at_home: Octotui, begun: str, lines: list[str]) -> None:
    script = f"octotui completion fish | source; complete -C {shlex.quote(begun)}"
    done = subprocess.run(
        ["fish", "-c", script], capture_output=True, text=True, check=True, env=at_home.environ, timeout=60
    )
    assert done.stdout.splitlines() == lines


@pytest.mark.parametrize(
    ("line", "pieces", "reply"),
    [
        ("octotui show grok:7", ["octotui", "show", "grok", ":", "7"], ["77aa"]),
        ("octotui show grok:", ["octotui", "show", "grok", ":"], None),
        ("octotui tag grok:77aa +ni", ["octotui", "tag", "grok", ":", "77aa", "+ni"], ["+night\\ shift"]),
        ("octotui ls --tag", ["octotui", "ls", "--tag"], []),
        ("octotui ls -f sta", ["octotui", "ls", "-f", "sta"], ["state:"]),
        ("octotui ls -f state:rea", ["octotui", "ls", "-f", "state", ":", "rea"], ["ready"]),
        ("octotui ls -f siz", ["octotui", "ls", "-f", "siz"], ["size\\<"]),
        ("octotui ls --columns id,ti", ["octotui", "ls", "--columns", "id,ti"], ["id,title"]),
        ("octotui completion m", ["octotui", "completion", "m"], ["man"]),
    ],
)
def test_bash_gets_the_piece_that_it_replaces(
    at_home: Octotui, line: str, pieces: list[str], reply: list[str] | None
) -> None:
    script = (
        'eval "$(octotui completion bash)"; COMP_LINE=$1; COMP_POINT=${#1}; shift; COMP_WORDS=("$@");'
        "COMP_CWORD=$(($# - 1)); _octotui_completion octotui 2>/dev/null; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    done = subprocess.run(
        ["bash", "-c", script, "bash", line, *pieces],
        capture_output=True,
        text=True,
        check=True,
        env=at_home.environ,
        timeout=60,
    )
    found = [each for each in done.stdout.split("\n") if each]
    assert found == reply if reply is not None else {"77aa", "05c8e247-91aa-4d2f-b1a2-77aa10e2a71e"} <= set(found)
