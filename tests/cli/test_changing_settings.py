from __future__ import annotations

import json
import stat
import tomllib
from pathlib import Path

import pytest

from octotui.config.example import example_text
from octotui.config.settings_table import SETTINGS
from tests.cli.conftest import KEY, Octotui


@pytest.fixture
def file(octotui: Octotui) -> Path:
    return octotui.home / ".config" / "octotui" / "config.toml"


def test_a_setting_is_written_and_taken_out_again(octotui: Octotui, file: Path) -> None:
    outcome = octotui.call("config", "set", "rescue_before", "30m")
    assert (outcome.code, outcome.out, outcome.err) == (0, f'rescue_before = "30m"  # {file}:1\n', "")
    assert file.read_text() == 'rescue_before = "30m"\n'
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert octotui.call("config", "get", "rescue_before").out == outcome.out
    outcome = octotui.call("config", "unset", "rescue_before")
    assert (outcome.code, outcome.out) == (0, f"rescue_before taken out of {file}\n")
    assert file.read_text() == ""
    outcome = octotui.call("config", "unset", "rescue_before")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", f"octotui: rescue_before is not set in {file}\n")
    assert octotui.call("config", "get", "rescue_before").out == "# rescue_before: not set\n"


def test_comments_and_order_stay(octotui: Octotui, file: Path) -> None:
    octotui.call("config", "init")
    for words in (["theme", "nord"], ["keys.download", "d,f5"], ["base_url", "https://a.example", "--profile", "lab"]):
        assert octotui.call("config", "set", *words).code == 0
    head, _, tail = example_text().partition('# theme = "octotui-dark"\n')
    assert file.read_text() == (
        f'{head}# theme = "octotui-dark"\ntheme = "nord"\n{tail}'
        '\n[keys]\ndownload = "d,f5"\n\n[profiles.lab]\nbase_url = "https://a.example"\n'
    )
    assert octotui.call("--profile", "lab", "config", "unset", "base_url").code == 0
    assert file.read_text().endswith("\n[profiles.lab]\n")


def test_what_holds_and_where_it_comes_from(octotui: Octotui, file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_text(
        '# mine\nplayer = [\n "mpv",\n]\nbase_url = "https://a.example"\napi_key_file = "k"\n'
        '[providers.kling]\nlabel = "K"\n[profiles.lab]\nbase_url = "https://lab.example"\napi_key_command = ["p"]\n'
    )

    def got(*words: str, **environ: str) -> str:
        outcome = octotui.call("config", "get", *words, **environ)
        assert (outcome.code, outcome.err) == (0, "")
        return outcome.out.removesuffix("\n")

    assert got("player") == f'player = ["mpv"]  # {file}:2'
    assert got("theme") == 'theme = "octotui-dark"  # default'
    assert got("base_url") == f'base_url = "https://a.example"  # {file}:5'
    assert got("base_url", "--profile", "lab") == f'base_url = "https://lab.example"  # profile lab, {file}:10'
    assert got("base_url", OCTOTUI_PROFILE="lab") == f'base_url = "https://lab.example"  # profile lab, {file}:10'
    assert got("profiles.lab.base_url") == f'profiles.lab.base_url = "https://lab.example"  # {file}:10'
    assert got("profiles.lab.inbox") == "# profiles.lab.inbox: not set"
    assert got("base_url", OCTOTUI_BASE_URL="https://e.example") == (
        'base_url = "https://e.example"  # environment variable OCTOTUI_BASE_URL'
    )
    assert got("system_user", OCTOTUI_SYSTEM_USER="7") == "system_user = 7  # environment variable OCTOTUI_SYSTEM_USER"
    assert got("keys.quit") == 'keys.quit = "q,ctrl+c"  # default'
    assert got("providers.kling.label") == f'providers.kling.label = "K"  # {file}:8'
    assert got("providers.sora.id_prefixes") == 'providers.sora.id_prefixes = ["sora"]  # default'
    assert got("providers.kling.retention") == 'providers.kling.retention = "none"  # default'
    assert got("api_key_file", "--profile", "lab") == "# api_key_file: not set"
    assert got("api_key") == "# api_key: environment variable OCTOTUI_API_KEY"
    assert got("api_key", OCTOTUI_API_KEY="", OPENAI_API_KEY=KEY) == "# api_key: environment variable OPENAI_API_KEY"
    # No key file is opened and no command is run for it: neither is there.
    assert got("api_key", OCTOTUI_API_KEY="") == f"# api_key: {file}:6"
    assert got("api_key", "--profile", "lab", OCTOTUI_API_KEY="") == f"# api_key: profile lab, {file}:11"


def test_openais_variables_are_named_where_they_hold(octotui: Octotui) -> None:
    environ = {"OCTOTUI_API_KEY": "", "OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "https://o.example"}
    assert octotui.call("config", "get", "base_url", **environ).out == (
        'base_url = "https://o.example"  # environment variable OPENAI_BASE_URL\n'
    )
    assert "OPENAI_API_KEY" in octotui.call("config", "get", "api_key", **environ).out
    assert octotui.call("config", "get", "api_key", **environ | {"OPENAI_BASE_URL": ""}).out == "# api_key: not set\n"


def test_all_settings_are_toml_and_json(octotui: Octotui, file: Path) -> None:
    octotui.call("config", "set", "keys.download", "f5")
    octotui.call("config", "set", "providers.kling.label", "K")
    outcome = octotui.call("config", "get")
    document = tomllib.loads(outcome.out)
    assert {name for name in document if name not in {"keys", "providers"}} == {
        name for name, setting in SETTINGS.items() if setting.default is not None
    }
    assert (document["keys"], document["providers"]) == ({"download": "f5"}, {"kling": {"label": "K"}})
    rows = {row["name"]: row for row in json.loads(octotui.call("config", "get", "--json").out)}
    assert rows.keys() == {"api_key", *SETTINGS, "keys.download", "providers.kling.label"}
    assert rows["keys.download"] == {
        "name": "keys.download",
        "value": "f5",
        "source": "file",
        "file": str(file),
        "line": 2,
        "variable": None,
    }
    assert json.loads(octotui.call("config", "get", "api_key", "--json").out) == {
        "name": "api_key",
        "value": None,
        "source": "environment",
        "file": None,
        "line": None,
        "variable": "OCTOTUI_API_KEY",
    }


def test_passwords_are_not_printed(octotui: Octotui, file: Path) -> None:
    shown = octotui.call("config", "set", "proxy", "http://me:hun@ter2@p.example:1").out
    assert shown == f'proxy = "http://…@p.example:1"  # {file}:1\n'
    shown = octotui.call("config", "set", "notify_urls", "slack://hunter2/hunter2 ntfys://hunter2").out
    assert shown == f'notify_urls = ["slack://…", "ntfys://…"]  # {file}:2\n'
    octotui.call("config", "set", "api_key_command", "echo sk-hunter2hunter2")
    assert "hunter2" in file.read_text()
    for words in ([], ["--json"], ["proxy"], ["notify_urls", "--json"], ["api_key_command"]):
        outcome = octotui.call("config", "get", *words)
        assert outcome.code == 0
        assert "ter2" not in outcome.out
    assert KEY not in octotui.call("config", "get").out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["set", "them", "x"], "them: 'them' is no setting; did you mean theme? Valid: base_url, "),
        (["get", "them"], "them: 'them' is no setting; did you mean theme? Valid: base_url, "),
        (["unset", "them"], "them: 'them' is no setting; did you mean theme? Valid: base_url, "),
        (["set", "poll_seconds", "0"], "poll_seconds: must be from 1 to 3600 seconds"),
        (["set", "theme", "octotui-drak"], "theme: 'octotui-drak' is no theme; did you mean octotui-dark?"),
        (["set", "keys.nowhere", "x"], "keys.nowhere: there is no command nowhere"),
        (["set", "keys.download", "q"], "keys.download: the key q is also that of quit"),
        (["get", "keys.nowhere"], "keys.nowhere: 'nowhere' is no command"),
        (["unset", "keys.nowhere"], "keys.nowhere: 'nowhere' is no command"),
        (["get", "providers.nobody.label"], "providers.nobody.label: 'nobody' is no provider"),
        (["get", "providers.sora.size"], "'size' is no setting of a provider"),
        (["get", "profiles.lab.theme"], "is not a setting of one profile"),
        (["set", "theme", "nord", "--profile", "lab"], "profiles.lab.theme: is not a setting of one profile"),
        (["set", "api_key", KEY], "api_key: a key never stands in the configuration; say where it is"),
    ],
)
def test_what_is_wrong_is_said_and_not_written(octotui: Octotui, file: Path, words: list[str], says: str) -> None:
    outcome = octotui.call("config", *words)
    assert (outcome.code, outcome.out) == (2, "")
    assert says in outcome.err
    assert KEY not in outcome.err
    assert not file.exists()


def test_a_variable_that_wins_is_named(octotui: Octotui) -> None:
    outcome = octotui.call("config", "set", "base_url", "https://a.example", OCTOTUI_BASE_URL="https://b.example")
    assert (outcome.code, outcome.err) == (0, "octotui: OCTOTUI_BASE_URL is set and wins over it\n")


def test_a_file_that_is_no_toml_is_left_alone(octotui: Octotui, file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_text("bell = true\ntheme = \n")
    for words in (["set", "theme", "nord"], ["unset", "bell"], ["get"]):
        outcome = octotui.call("config", *words)
        assert (outcome.code, outcome.err.startswith(f"octotui: {file}:2: is not TOML: ")) == (2, True)
    assert file.read_text() == "bell = true\ntheme = \n"


def test_a_place_that_cannot_be_written_is_exit_code_8(octotui: Octotui) -> None:
    (octotui.home / "link").symlink_to("/proc/octotui/c.toml")
    outcome = octotui.call("config", "set", "bell", "true", "--config", str(octotui.home / "link"))
    assert outcome.code == 8
    assert "Traceback" not in outcome.err


def test_the_editor_gets_the_example_and_the_result_is_checked(octotui: Octotui, file: Path) -> None:
    editor = octotui.home / "my editor"
    editor.write_text('#!/bin/sh\nkill -INT $PPID\nprintf "%s" "$1" >> "$2"\n')
    editor.chmod(0o700)
    outcome = octotui.run("config", "edit", VISUAL=f"'{editor}' 'bell = true\n'", EDITOR="false")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith(f"file       {file}\n")
    assert file.read_text() == f"{example_text()}bell = true\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    outcome = octotui.run("config", "edit", EDITOR=f"'{editor}' 'mouse = 1\n'")
    line = file.read_text().count("\n")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == f"octotui: {file}:{line}: mouse: must be true or false, without quotes\n"


@pytest.mark.parametrize(
    ("editor", "says"),
    [
        ("", "no editor is named: set VISUAL or EDITOR"),
        ("/nowhere/vi", "cannot start /nowhere/vi: No such file or directory"),
        ("false", "false ended with status 1"),
        ("vi 'a", "VISUAL or EDITOR is no command"),
    ],
)
def test_an_editor_that_fails_is_said(octotui: Octotui, editor: str, says: str) -> None:
    outcome = octotui.call("config", "edit", EDITOR=editor, VISUAL="")
    assert (outcome.code, outcome.out) == (2, "")
    assert says in outcome.err


def test_several_words_are_a_list(octotui: Octotui, file: Path) -> None:
    assert octotui.call("config", "set", "notify_on", "completed", "lost").code == 0
    assert octotui.call("config", "set", "on_saved", "echo", "a b").code == 0
    assert tomllib.loads(file.read_text()) == {"notify_on": ["completed", "lost"], "on_saved": ["echo", "a b"]}


def test_whoever_types_none_is_told_how_to_have_the_default(octotui: Octotui, file: Path) -> None:
    outcome = octotui.call("config", "set", "bandwidth_limit", "none")
    assert outcome.code == 2
    assert outcome.err.endswith("to have the default again: octotui config unset bandwidth_limit\n")
    assert not file.exists()
