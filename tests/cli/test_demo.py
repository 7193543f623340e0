"""`demo --fast` hurries tasks and files; every time it tells is still one of the wall clock."""

from __future__ import annotations

import time
from typing import Any

import pytest

from octotui.cli.command_table import octotui
from octotui.demo import demo_gateway as in_the_box


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
