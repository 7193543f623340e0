from __future__ import annotations

import json
import time

import pytest

from octotui.demo.demo_gateway import Box
from octotui.demo.lifecycle import Life
from tests.cli.conftest import Octotui
from tests.cli.test_process import modules_of


def test_a_night_in_numbers(octotui: Octotui) -> None:
    with Box(speed=float("inf"), faults=False, opening=False) as box:
        done = box.create("sora", "sora-2", life=Life(age=30.0, queued=1.0, running=2.0))
        failed = box.create("sora", "sora-2", life=Life.failed("policy", ago=20.0))
        environ = {"OCTOTUI_BASE_URL": box.base_url, "OCTOTUI_API_KEY": box.key}
        octotui.call("add", done, failed, "--provider", "sora")
        octotui.call("poll", **environ)
        assert octotui.call("get", **environ).code == 0
    began = time.time()
    told = json.loads(octotui.call("report", "--since", "8h", "--json", OCTOTUI_API_KEY="").out)
    assert began - 8 * 3600 - 2 <= told["since"] <= told["until"] - 8 * 3600 + 1
    assert (told["added"], told["completed"], told["saved"], told["lost"]) == (2, 1, 1, 0)
    assert told["failed"] == {"policy": 1}
    assert told["bytes"] > 1000
    assert list(told) == [
        *("since", "until", "added", "completed", "saved", "bytes", "lost", "cancelled"),
        *("failed", "not_saved", "mean_lag", "longest_lag", "asks", "by", "groups"),
    ]
    shown = octotui.call("report", "--since", "8h").out
    assert "completed   1 task\n" in shown
    assert "   1 × policy\n" in shown
    nothing = json.loads(octotui.call("report", "--since", "1s", "--json").out)
    assert (nothing["completed"], nothing["failed"]) == (0, {})


@pytest.mark.parametrize("since", ["soon", "-1"])
def test_a_time_that_is_none_is_2(octotui: Octotui, since: str) -> None:
    assert octotui.call("report", f"--since={since}").code == 2


def test_it_imports_no_http_and_no_screen(octotui: Octotui) -> None:
    modules = modules_of(octotui, "report", "--json")
    assert not {"textual", "rich", "httpx", "asyncio", "octotui.intake"} & modules
    assert not {"textual", "httpx", "asyncio"} & modules_of(octotui, "watch", "--print-unit")
