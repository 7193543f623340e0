from __future__ import annotations

import stat
import subprocess

import click
import pytest

from octotui import __version__
from octotui.cli import command_table as entry
from octotui.config.example import example_text
from tests.cli.conftest import KEY, Octotui


def test_version_and_help(octotui: Octotui) -> None:
    assert octotui.run("--version").out == f"octotui {__version__}\n"
    outcome = octotui.run("--help")
    assert outcome.code == 0
    for name in entry._COMMANDS:
        assert f"\n  {name} " in outcome.out
    assert "..." not in outcome.out.partition("Commands:")[2]
    assert "..." not in octotui.run("config", "--help").out.partition("Commands:")[2]


def test_every_command_is_there_takes_config_and_says_what_it_does() -> None:
    context = click.Context(entry.octotui)
    for name in entry.octotui.list_commands(context):
        command = entry.octotui.get_command(context, name)
        assert command is not None
        assert command.help
        options = {option for parameter in command.params for option in parameter.opts}
        assert "--config" in options or name in {"completion", "demo"}
    assert "api_key" not in str(entry.octotui.to_info_dict(context))
    assert "--api-key" not in str(entry.octotui.to_info_dict(context))


def test_config_path_init_and_check(octotui: Octotui) -> None:
    file = octotui.home / ".config" / "octotui" / "config.toml"
    assert octotui.call("config", "path").out == f"{file}\n"
    outcome = octotui.call("config", "check")
    assert (outcome.code, f"none (octotui config init writes {file})" in outcome.out) == (0, True)
    outcome = octotui.call("config", "init")
    assert (outcome.code, outcome.out) == (0, f"{file}\n")
    assert file.read_text() == example_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_text("theme = 1\n")
    outcome = octotui.call("config", "init")
    assert (outcome.code, file.read_text()) == (2, "theme = 1\n")
    assert "is there already" in outcome.err
    outcome = octotui.call("config", "check")
    assert (outcome.code, outcome.err) == (2, f"octotui: {file}:1: theme: must be text in quotes\n")


def test_check_says_what_holds_but_not_the_key(octotui: Octotui) -> None:
    outcome = octotui.call("config", "check", OCTOTUI_BASE_URL="https://x.example/v1/")
    assert "gateway    https://x.example\n" in outcome.out
    assert "key        environment variable OCTOTUI_API_KEY\n" in outcome.out
    assert "providers  sora, grok, doubao, veo, unified\n" in outcome.out
    assert KEY not in outcome.out


def test_config_takes_another_file(octotui: Octotui) -> None:
    other = octotui.home / "a" / "other.toml"
    assert octotui.call("config", "init", "--config", str(other)).code == 0
    assert octotui.call("config", "--config", str(other), "check").out.startswith(f"file       {other}\n")
    assert octotui.call("config", "path", OCTOTUI_CONFIG=str(other)).out == f"{other}\n"


def test_a_file_that_cannot_be_written_is_exit_code_8(octotui: Octotui) -> None:
    (octotui.home / "file").write_text("")
    outcome = octotui.call("config", "init", "--config", str(octotui.home / "file" / "c.toml"))
    assert outcome.code == 8
    assert outcome.err.startswith("octotui: ")
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_call_back(octotui: Octotui, shell: str) -> None:
    outcome = octotui.call("completion", shell)
    assert outcome.code == 0
    assert f"_OCTOTUI_COMPLETE={shell}_complete" in outcome.out


def test_bash_takes_the_script(octotui: Octotui) -> None:
    script = octotui.call("completion", "bash").out
    done = subprocess.run(["bash", "-c", script + "\ncomplete -p octotui"], capture_output=True, text=True, check=False)
    assert "complete -o nosort -F _octotui_completion octotui" in done.stdout


def test_the_shell_is_told_commands_and_watched_ids(octotui: Octotui) -> None:
    octotui.call("add", "sora:1a", "sora:2b", "grok:1")

    def completed(words: str) -> list[str]:
        outcome = octotui.run(
            _OCTOTUI_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(len(words.split(" ")) - 1)
        )
        return [line.partition(",")[2] for line in outcome.out.splitlines()]

    assert completed("octotui wa") == ["watch", "wait"]
    assert completed("octotui show so") == ["sora:1a", "sora:2b"]
    assert sorted(completed("octotui config ")) == ["check", "edit", "get", "init", "path", "set", "unset"]
    assert completed("octotui config set them") == ["theme"]
    octotui.call("config", "set", "keys.download", "f5")
    assert completed("octotui config unset key") == ["keys.download"]


def test_completion_is_silent_when_the_ledger_cannot_be_read(octotui: Octotui) -> None:
    outcome = octotui.run(
        _OCTOTUI_COMPLETE="bash_complete", COMP_WORDS="octotui show ", COMP_CWORD="2", OCTOTUI_CONFIG="/nowhere.toml"
    )
    assert (outcome.out.strip(), outcome.err) == ("", "")


def test_check_knows_the_screens_themes_and_keys(octotui: Octotui) -> None:
    file = octotui.home / "c.toml"
    file.write_text('theme = "octotui-drak"\n[keys]\ndownload = "q"\nnowhere = "x"\nadd = "f5"\n')
    outcome = octotui.call("config", "check", "--config", str(file))
    assert outcome.code == 2
    lines = [line.removeprefix("octotui: ") for line in outcome.err.splitlines()]
    assert lines[0].startswith(
        f"{file}:1: theme: 'octotui-drak' is no theme; did you mean octotui-dark? Valid: octotui-"
    )
    assert lines[1] == f"{file}:3: keys.download: the key q is also that of quit"
    assert lines[2].startswith(f"{file}:4: keys.nowhere: there is no command nowhere: choose from add,")
    assert len(lines) == 3
    file.write_text('theme = "nord"\n[keys]\ndownload = "d,f5"\n')
    assert octotui.call("config", "check", "--config", str(file)).code == 0


def test_check_says_all_that_is_wrong_with_keys_at_once(octotui: Octotui) -> None:
    file = octotui.home / "c.toml"
    file.write_text('theme = "octotui-drak"\n[keys]\nquit = ""\nadd = "bogus"\nsort = "ctrl+shift+foo"\nhelp = "d"\n')
    outcome = octotui.call("config", "check", "--config", str(file))
    assert outcome.code == 2
    lines = [line.removeprefix(f"octotui: {file}:").removeprefix(f"{file}:") for line in outcome.err.splitlines()]
    assert [line.split(": ")[:2] for line in lines] == [
        ["1", "theme"],
        ["3", "keys.quit"],
        ["4", "keys.add"],
        ["5", "keys.sort"],
        ["6", "keys.help"],
    ]


def test_config_alone_prints_its_help(octotui: Octotui) -> None:
    outcome = octotui.call("config")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == octotui.call("config", "--help").out


def test_config_check_says_why_there_is_no_key(octotui: Octotui) -> None:
    outcome = octotui.call("config", "check", OCTOTUI_API_KEY="", OPENAI_API_KEY=KEY)
    assert "key        none: OPENAI_API_KEY is set, but no base URL was named" in outcome.out
    assert "key        none: there is" not in octotui.call("config", "check").out
