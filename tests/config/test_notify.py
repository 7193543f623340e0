from __future__ import annotations

from pathlib import Path

import pytest

from octotui.config import Config, ConfigError, load

ENVIRON = {"HOME": "/home/ann"}


def loaded(folder: Path, text: str, *, with_key: bool = True) -> Config:
    file = folder / "config.toml"
    file.write_text(text)
    return load(file, ENVIRON, with_key=with_key)


def problem(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text)
    return str(caught.value)


def test_hooks_and_notifications_are_read(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        """
        on_saved = ["rsync", "--fast"]
        hook_time_limit = "2m"
        expiring_before = "1h"
        notify_urls = ["ntfy://ntfy.example/octotui", "mailto://ann:word@mail.example"]
        notify_on = ["lost", "saved", "lost"]
        terminal_notify = "osc9"
        terminal_on = []
        """,
    )
    assert (config.on_saved, config.on_lost) == (("rsync", "--fast"), ())
    assert (config.hook_time_limit, config.expiring_before) == (120.0, 3600.0)
    assert config.notify_urls == ("ntfy://ntfy.example/octotui", "mailto://ann:word@mail.example")
    assert config.notify_on == ("saved", "lost")
    assert (config.terminal_notify, config.terminal_on) == ("osc9", ())
    assert "word" not in repr(config)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('on_saved = "rsync a b"', "must be a list of words in quotes, the program first"),
        ("hook_time_limit = 0", "must be from 1 to 86400 seconds"),
        ('notify_on = ["done"]', "must be a list of some of: completed, failed, saved, expiring, lost"),
        ("notify_on = [[]]", "must be a list of some of"),
        ('terminal_notify = "osc52"', "must be one of: off, osc9, osc777"),
        ('notify_urls = "ntfy://a"', "must be a list of URLs in quotes"),
        ('notify_urls = ["ntfy://a", "hidden word"]', "entry 2 must be a URL"),
        ('on_start = ["a"]', "did you mean"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, words: str) -> None:
    said = problem(tmp_path, text)
    assert words in said
    assert "hidden" not in said


def test_addresses_may_stand_in_a_file_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "urls"
    file.write_text("# home\n\n ntfy://b.example/two \nslack://x/y/z\n")
    file.chmod(0o600)
    text = 'notify_urls = ["json://a.example"]\nnotify_urls_file = "urls"\n'
    assert loaded(tmp_path, text).notify_urls == ("json://a.example", "ntfy://b.example/two", "slack://x/y/z")
    assert loaded(tmp_path, text, with_key=False).notify_urls == ("json://a.example",)


def test_a_file_that_others_can_read_is_refused_as_one_that_holds_nonsense_is(tmp_path: Path) -> None:
    file = tmp_path / "urls"
    assert "cannot read" in problem(tmp_path, 'notify_urls_file = "urls"')
    file.write_text("ntfy://a.example/x\nhidden\n")
    file.chmod(0o644)
    assert "can be read by others (mode 0644)" in problem(tmp_path, 'notify_urls_file = "urls"')
    file.chmod(0o600)
    said = problem(tmp_path, 'notify_urls_file = "urls"')
    assert f"config.toml:1: notify_urls_file: line 2 of {file} must be a URL" in said
    assert "hidden" not in said
    file.write_text("#" * 20_000)
    assert "too long" in problem(tmp_path, 'notify_urls_file = "urls"')
