"""`octotui --read-only COMMAND`: what looks goes on, what changes anything is refused before it begins."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import click
import pytest

from octotui.cli import command_table
from octotui.cli.exit_codes import ExitCode
from octotui.ledger import Ledger
from tests.cli.conftest import Octotui
from tests.support.terminal import on_terminal

LOOKING: dict[tuple[str, ...], int] = {
    ("ls",): 0,
    ("ls", "--json"): 0,
    ("show", "video_a1"): 0,
    ("report",): 0,
    ("boxes",): 0,
    ("boxes", "--json"): 0,
    ("log",): 0,
    ("ls", "-o", "csv", "-f", "video"): 0,
    ("open", "video_a1"): 2,
    # As long as it serves it does not end: that it changes nothing then is for its own tests.
    ("serve", "--listen", "nowhere"): 2,
    ("completion", "bash"): 0,
    ("config", "path"): 0,
    ("config", "get"): 0,
    ("config", "check"): 0,
    ("metrics", "dashboard"): 0,
    ("metrics", "alerts"): 0,
    ("ledger", "check"): 0,
}


def every_command() -> list[tuple[str, ...]]:
    """The path of every command there is, those of groups too."""
    found: list[tuple[str, ...]] = []
    context = click.Context(command_table.octotui)
    for name in command_table.octotui.list_commands(context):
        command = command_table.octotui.get_command(context, name)
        found += [(name, inner) for inner in command.commands] if isinstance(command, click.Group) else [(name,)]
    return found


CHANGING = [path for path in every_command() if path not in {words[: len(path)] for words in LOOKING}]


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    }


@pytest.fixture
def filled(octotui: Octotui) -> Octotui:
    assert octotui.call("add", "video_a1", "--provider", "sora").code == 0
    assert octotui.call("config", "set", "theme", "nord").code == 0
    return octotui


@pytest.mark.parametrize("words", LOOKING, ids=" ".join)
def test_what_looks_goes_on_and_changes_nothing(filled: Octotui, words: tuple[str, ...]) -> None:
    before = contents(filled.home)
    plain, looking = filled.call(*words), filled.call("--read-only", *words)
    assert looking.code == plain.code == LOOKING[words]
    # Between the two a second may have passed.
    first, second = (re.sub(r"\d\d:\d\d:\d\d", "TIME", outcome.out) for outcome in (plain, looking))
    assert second.split("until")[0][:200] == first.split("until")[0][:200]
    assert contents(filled.home) == before


@pytest.mark.parametrize("words", CHANGING, ids=" ".join)
def test_what_changes_anything_is_refused(filled: Octotui, words: tuple[str, ...]) -> None:
    before = contents(filled.home)
    for arguments in (words, (*words, "--help"), (*words, "video_a1", "nord")):
        outcome = filled.call("--read-only", *arguments)
        assert outcome.code == ExitCode.USAGE
        assert outcome.out == ""
        assert outcome.err == (
            f"octotui: --read-only: {' '.join(words)} writes or asks the gateway, and octotui was told to look only\n"
        )
    assert contents(filled.home) == before


def test_only_commands_that_are_there_are_said_to_look() -> None:
    assert {" ".join(path) for path in every_command()} >= command_table._ONLY_LOOK
    assert {" ".join(path) for path in CHANGING}.isdisjoint(command_table._ONLY_LOOK)


def test_the_option_stands_before_the_command_also_beside_others(filled: Octotui) -> None:
    assert filled.call("--read-only", "--profile", "default", "rm", "video_a1").code == ExitCode.USAGE
    assert filled.call("--profile", "default", "--read-only", "config", "--profile", "default", "unset", "x").code == 2
    assert "video_a1" in filled.call("--read-only", "ls").out


def test_nothing_is_made_where_there_is_nothing(octotui: Octotui) -> None:
    outcome = octotui.call("--read-only", "ls")
    assert (outcome.code, outcome.out) == (0, "")
    assert contents(octotui.home) == {}
    assert not list(octotui.home.rglob("octotui"))


def test_the_dashboard_takes_no_lease_needs_no_key_and_writes_nothing(filled: Octotui) -> None:
    file = filled.home / ".config" / "octotui" / "config.toml"
    ran = filled.home / "key-was-asked"
    file.write_text(f'api_key_command = ["touch", "{ran}"]\n')
    before = contents(filled.home)
    with on_terminal(["-m", "octotui", "--read-only"], size=(100, 30), environ=filled.environ) as terminal:
        terminal.until(lambda: "READ-ONLY" in terminal.lines[0] and "video_a1" in terminal.text)
        terminal.press(b"dD,xaPr")
        terminal.until(lambda: "look only" in terminal.text)
        with Ledger.open(next(filled.home.rglob("ledger.db"))) as ledger:
            assert ledger.lease() is None
            assert ledger.status() is None
        terminal.press(b"q")
        assert terminal.exit_code() == 0
    assert not ran.exists()
    after = contents(filled.home)
    assert after == before
