from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from octotui.config import Config, ConfigError, config_path, load, state_dir
from octotui.config.settings_table import KEY_SOURCES, SETTINGS, TABLES
from octotui.gateway.providers import BUILTIN

ENVIRON = {"HOME": "/home/ann"}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def problems(file: Path, environ: dict[str, str] | None = None, profile: str | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(file, ENVIRON | (environ or {}), profile)
    return [str(problem) for problem in caught.value.problems]


def test_no_file_is_needed() -> None:
    config = load(environ=ENVIRON)
    assert config.path is None
    assert config.base_url == "https://octopusx.ai"
    assert config.api_key is None
    assert config.state_dir == Path("/home/ann/.local/state/octotui")
    assert config.ledger_path == Path("/home/ann/.local/state/octotui/ledger.db")
    assert config.download_dir == Path("/home/ann/octotui")
    assert config.providers == BUILTIN
    assert config.requests_per_minute == 600
    assert config.poll_seconds == 10.0
    assert config.max_file_size == 20 * 10**9
    assert config.disk_reserve == 10**9
    assert config.rescue_before is None


def test_the_defaults_of_the_table_are_those_of_the_code(written: Path) -> None:
    written.write_text("")
    loaded, made = load(written, ENVIRON), Config(state_dir=Path("/home/ann/.local/state/octotui"))
    for field in dataclasses.fields(Config):
        if field.name not in {"path", "download_dir"}:
            assert getattr(loaded, field.name) == getattr(made, field.name), field.name
    surroundings = SETTINGS["theme"]
    assert surroundings.default == loaded.theme


def test_every_setting_of_the_table_reaches_the_configuration() -> None:
    fields = {field.name for field in dataclasses.fields(Config)}
    assert set(SETTINGS) - set(KEY_SOURCES) <= fields
    assert {"providers", "profiles", "keys"} == set(TABLES)


def test_places_follow_the_environment(tmp_path: Path) -> None:
    assert config_path({"HOME": "/h"}) == Path("/h/.config/octotui/config.toml")
    assert config_path({"HOME": "/h", "XDG_CONFIG_HOME": "/x"}) == Path("/x/octotui/config.toml")
    assert config_path({"HOME": "/h", "OCTOTUI_CONFIG": "/y.toml"}) == Path("/y.toml")
    assert state_dir({"HOME": "/h", "XDG_STATE_HOME": "/s"}) == Path("/s/octotui")
    assert state_dir({"HOME": "/h", "XDG_STATE_HOME": "relative"}) == Path("/h/.local/state/octotui")
    assert state_dir({"HOME": "/h", "OCTOTUI_STATE_DIR": str(tmp_path)}) == tmp_path


def test_the_default_file_is_read_when_it_is_there(tmp_path: Path) -> None:
    file = tmp_path / "octotui" / "config.toml"
    file.parent.mkdir()
    file.write_text('theme = "octotui-light"\n')
    config = load(environ=ENVIRON | {"XDG_CONFIG_HOME": str(tmp_path)})
    assert (config.path, config.theme) == (file, "octotui-light")


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere.toml"
    assert "no such file" in problems(missing)[0]
    with pytest.raises(ConfigError, match="no such file"):
        load(environ=ENVIRON | {"OCTOTUI_CONFIG": str(missing)})


def test_all_settings_are_read_with_their_units(written: Path) -> None:
    written.write_text(
        """
base_url = " https://gateway.example/v1/ "
proxy = "proxy.example:3128"
ca_file = "ca.pem"
requests_per_minute = 60
poll_seconds = "5s"
connections = 4
download_dir = "~/videos"
file_template = "{tag}/{id}.mp4"
parallel_downloads = 2
bandwidth_limit = "10MB/s"
max_file_size = "2GB"
disk_reserve = "500MB"
rescue_before = "30m"
player = ["vlc", "--play-and-exit"]
theme = "octotui-light"
ascii = true
low_bandwidth = true
mouse = true
bell = true
[keys]
download = "d, f5"
"""
    )
    config = load(written, ENVIRON)
    assert config.base_url == "https://gateway.example"
    assert config.proxy == "http://proxy.example:3128"
    assert config.ca_file == written.parent / "ca.pem"
    assert (config.requests_per_minute, config.poll_seconds, config.connections) == (60, 5.0, 4)
    assert config.download_dir == Path("/home/ann/videos")
    assert (config.file_template, config.parallel_downloads) == ("{tag}/{id}.mp4", 2)
    assert (config.bandwidth_limit, config.max_file_size, config.disk_reserve) == (10**7, 2 * 10**9, 5 * 10**8)
    assert config.rescue_before == 1800.0
    assert config.player == ("vlc", "--play-and-exit")
    assert (config.theme, config.ascii, config.low_bandwidth) == ("octotui-light", True, True)
    assert (config.mouse, config.bell) == (True, True)
    assert config.keys == {"download": "d, f5"}
    assert (config.lines["theme"], config.lines["keys.download"]) == (16, 22)


@pytest.mark.parametrize(("word", "value"), [('"auto"', None), ("true", True), ("false", False)])
def test_marks_and_line_may_be_left_to_the_terminal(written: Path, word: str, value: bool | None) -> None:
    written.write_text(f"ascii = {word}\nlow_bandwidth = {word}\n")
    config = load(written, ENVIRON)
    assert (config.ascii, config.low_bandwidth) == (value, value)


def test_every_problem_names_file_line_setting_and_what_is_right(written: Path) -> None:
    written.write_text(
        """theme = 5
poll_secnds = 3
requests_per_minute = 0

[providers.kling]
route = "vidoes"
colour = "#fff"

[profiles.a]
theme = "x"
base_url = "gateway"

[keys]
download = 3
"""
    )
    found = problems(written)
    at = [problem.removeprefix(f"{written}:") for problem in found]
    assert at[0] == "1: theme: must be text in quotes"
    assert at[1].startswith("2: poll_secnds: 'poll_secnds' is no setting; did you mean poll_seconds? Valid: base_url,")
    assert all(name in at[1] for name in SETTINGS)
    assert at[2] == "3: requests_per_minute: must be from 1 to 60000 requests a minute"
    assert at[3] == "6: providers.kling.route: must be one of: videos, query, generations"
    assert at[4].startswith("7: providers.kling.colour: 'colour' is no setting of a provider")
    assert at[5].startswith("10: profiles.a.theme: is not a setting of one profile")
    assert at[6].startswith("11: profiles.a.base_url: the base URL must begin with http")
    assert at[7].startswith("14: keys.download: must name a key")
    assert len(at) == 8


@pytest.mark.parametrize(
    ("raw", "line", "words"),
    [
        (b"a = 1\nb = \n", 2, "is not TOML"),
        (b"a = 1\na = 2\n", 2, "is not TOML"),
        (b"a = 1\n\nb = '\xff'\n", 3, "is not UTF-8 text"),
        (b"a = " + b"[" * 5000, None, "nested too deeply"),
        (b"a = [\n", 2, "is not TOML"),
        (b"a = " + b"1" * 9000, None, "is not TOML"),
        (b"#" * (1024 * 1024 + 1), None, "larger than 1 MiB"),
    ],
)
def test_what_is_no_toml_is_one_problem(written: Path, raw: bytes, line: int | None, words: str) -> None:
    written.write_bytes(raw)
    with pytest.raises(ConfigError) as caught:
        load(written, ENVIRON)
    (problem,) = caught.value.problems
    assert words in problem.message
    assert problem.line == line


def test_line_ends_and_a_byte_order_mark_of_windows_are_no_problem(written: Path) -> None:
    written.write_bytes(b'\xef\xbb\xbftheme = "x"\r\nplayer = 1\r\n')
    assert problems(written) == [
        f'{written}:2: player: must be a list of words in quotes, the program first: ["mpv", "--loop"]'
    ]


def test_messages_hold_no_control_characters_and_no_keys(written: Path) -> None:
    written.write_text('"a\\u001b]0;x\\u0007" = 1\napi_key_file = "sk-0123456789abcdef0123"\n')
    text = "\n".join(problems(written))
    assert "\x1b" not in text
    assert "\x07" not in text
    written.write_text('api_key_file = "sk-0123456789abcdef0123"\n')
    assert "0123456789abcdef" not in "\n".join(problems(written))


def test_the_environment_wins_over_the_file(written: Path) -> None:
    written.write_text('base_url = "https://file.example"\n[profiles.p]\nbase_url = "https://profile.example"\n')
    environ = ENVIRON | {"OCTOTUI_BASE_URL": " https://environment.example/v1 "}
    assert load(written, ENVIRON).base_url == "https://file.example"
    assert load(written, ENVIRON, "p").base_url == "https://profile.example"
    assert load(written, environ, "p").base_url == "https://environment.example"
    assert problems(written, {"OCTOTUI_BASE_URL": "gateway"})[0].startswith(
        "environment: OCTOTUI_BASE_URL: the base URL"
    )


def test_each_profile_has_its_own_settings_and_ledger(written: Path) -> None:
    written.write_text(
        """
requests_per_minute = 100
download_dir = "/videos"
[profiles.studio]
requests_per_minute = 30
download_dir = "/studio"
[profiles.home]
"""
    )
    assert load(written, ENVIRON).profiles == ("default", "studio", "home")
    studio = load(written, ENVIRON | {"OCTOTUI_PROFILE": "studio"})
    assert (studio.profile, studio.requests_per_minute, studio.download_dir) == ("studio", 30, Path("/studio"))
    assert studio.ledger_path.name == "ledger-studio.db"
    assert load(written, ENVIRON | {"OCTOTUI_PROFILE": "studio"}, "home").requests_per_minute == 100
    (unknown,) = problems(written, profile="sudio")
    assert "'sudio' is no profile; did you mean studio? Valid: default, studio, home" in unknown


@pytest.mark.parametrize("name", ["default", "../x", "a b", "x" * 33])
def test_a_profiles_name_can_be_part_of_a_file_name(written: Path, name: str) -> None:
    written.write_text(f'[profiles."{name}"]\n')
    assert "a profile's name is made of" in problems(written)[0]


def test_the_ledgers_path_stays_in_the_state_folder() -> None:
    config = Config(state_dir=Path("/s"))
    assert config.ledger_path == Path("/s/ledger.db")
    assert dataclasses.replace(config, profile="p").ledger_path == Path("/s/ledger-p.db")


def test_providers_are_changed_and_added(written: Path) -> None:
    written.write_text(
        """
[providers.sora]
label = "Sora 2"
retention = "1h"
[providers.kling]
route = "generations"
model_prefixes = ["kling-"]
accent = "#D7875F"
retention = "none"
[providers.other]
"""
    )
    providers = {provider.name: provider for provider in load(written, ENVIRON).providers}
    assert list(providers) == [*(provider.name for provider in BUILTIN), "kling", "other"]
    assert (providers["sora"].label, providers["sora"].retention) == ("Sora 2", 3600.0)
    assert providers["sora"].model_prefixes == BUILTIN[0].model_prefixes
    kling = providers["kling"]
    assert (kling.label, kling.route, kling.model_prefixes) == ("Kling", "generations", ("kling-",))
    assert (kling.accent, kling.retention) == ("#d7875f", None)
    other = providers["other"]
    assert (other.label, other.route, other.retention) == ("Other", "videos", None)
    assert other.accent != kling.accent


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[providers]\nKling = {}\n", "a provider's name is made of"),
        ("[providers]\nkling = 1\n", "must be a table"),
        ("providers = 1\n", "must be a table"),
        ("[providers.kling]\nid_prefixes = ['']\n", "must not be empty"),
        ("[providers.kling]\nid_prefixes = 'kling'\n", "must be a list of texts"),
        ("[providers.kling]\naccent = 'red'\n", "must be a colour"),
        ("[providers.kling]\nretention = 'long'\n", "must be a time"),
        ("profiles = 1\n", "must be a table"),
        ("[profiles]\na = 1\n", "must be a table"),
        ("keys = 1\n", "must be a table"),
    ],
)
def test_tables_are_checked(written: Path, text: str, words: str) -> None:
    written.write_text(text)
    assert words in problems(written)[0]


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    assert "cannot be read" in problems(tmp_path)[0]


def test_load_reads_the_processes_own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OCTOTUI_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("OCTOTUI_CONFIG", raising=False)
    assert os.environ["OCTOTUI_STATE_DIR"] == str(load().state_dir)
