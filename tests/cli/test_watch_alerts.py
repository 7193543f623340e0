"""`watch` calls somebody back, and waits for the hooks of what it has waited for."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.cli.conftest import Octotui
from tests.cli.test_asking import answers
from tests.cli.test_process import on_terminal
from tests.support.gateway import gateway

_SLOW_HOOK = "import os, sys, time; time.sleep(1.5); open(sys.argv[1], 'a').write(os.environ['OCTOTUI_ID'] + '\\n')"


def configured(octotui: Octotui, text: str) -> None:
    folder = octotui.home / ".config" / "octotui"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(text)


def test_on_a_terminal_it_rings_for_what_happens_and_not_for_what_was_there(octotui: Octotui) -> None:
    configured(octotui, 'bell = true\nterminal_notify = "osc777"\n')
    octotui.call("add", "sora:1a", "grok:2b")
    with gateway(answers(status="completed")) as server:
        shown = on_terminal(octotui, "watch", "--until-done", OCTOTUI_BASE_URL=server.base_url)
        again = on_terminal(octotui, "watch", "--until-done", OCTOTUI_BASE_URL=server.base_url)
    assert shown.count("\x1b]777;notify;octotui;") in {1, 2}
    assert "sora:1a: completed" in shown
    assert "\a\x1b]777;" in shown
    assert "\a" not in again


def test_off_a_terminal_nothing_of_it_is_written(octotui: Octotui) -> None:
    configured(octotui, 'bell = true\nterminal_notify = "osc9"\n')
    octotui.call("add", "sora:1a")
    with gateway(answers(status="completed")) as server:
        outcome = octotui.run("watch", "--until-done", OCTOTUI_BASE_URL=server.base_url)
    assert outcome.code == 0
    assert "\a" not in outcome.out + outcome.err


def test_until_done_waits_for_the_hooks(octotui: Octotui, tmp_path: Path) -> None:
    hook = json.dumps([sys.executable, "-c", _SLOW_HOOK, str(tmp_path / "told")])
    configured(octotui, f"on_completed = {hook}\n")
    octotui.call("add", "sora:1a")
    with gateway(answers(status="completed")) as server:
        assert octotui.run("watch", "--until-done", OCTOTUI_BASE_URL=server.base_url).code == 0
        assert (tmp_path / "told").read_text() == "sora:1a\n"
        octotui.call("add", "sora:2b")
        assert octotui.run("wait", OCTOTUI_BASE_URL=server.base_url).code == 0
    assert (tmp_path / "told").read_text() == "sora:1a\nsora:2b\n"
