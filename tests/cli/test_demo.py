"""`demo --fast` hurries tasks and files; every time it tells is still one of the wall clock."""

from __future__ import annotations

import time
from typing import Any

import pytest

from octotui.cli.command_table import octotui
from octotui.cli.exit_codes import CommandError, ExitCode
from octotui.demo import demo_gateway as in_the_box
from octotui.demo import postgres_server
from tests.support import postgres


def test_the_fast_demo_tells_the_time_of_the_wall_clock(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    boxes: list[in_the_box.Box] = []

    class Kept(in_the_box.Box):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            boxes.append(self)

    monkeypatch.setattr(in_the_box, "Box", Kept)
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    began = time.time()
    octotui.main(["demo", "--headless", "--fast", "--seconds", "3"], standalone_mode=False)
    ended = time.time()
    (box,) = boxes
    assert box.requests
    assert all(began <= seen.at <= ended for seen in box.requests)
    assert "tasks of 5 providers moved within 3 s" in capsys.readouterr().out


def test_two_engines_share_one_ledger_in_the_fleets_demo(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], cluster: postgres.Cluster
) -> None:
    """That there is a PostgreSQL is the fixture's to say; the demo makes one of its own."""
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    found = postgres_server.binaries()
    if found is None:
        monkeypatch.setattr(postgres_server, "binaries", postgres.binaries)
    seconds = "15"
    octotui.main(["demo", "--fleet", "--headless", "--fast", "--seconds", seconds], standalone_mode=False)
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("2 engines on one ledger in PostgreSQL; files in their folders: ")


def test_the_fleets_demo_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_server, "binaries", lambda: None)
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(CommandError, match="needs PostgreSQL 14 or newer on this machine") as refused:
        octotui.main(["demo", "--fleet", "--headless"], standalone_mode=False)
    assert refused.value.code == ExitCode.USAGE
