from __future__ import annotations

import re
import signal
import time
from pathlib import Path

import pytest

from octotui.change_feed import ChangeFeed
from octotui.ledger import Ledger
from tests.cli.conftest import KEY, Octotui
from tests.cli.test_asking import answers
from tests.support.gateway import gateway
from tests.support.waiting import until


def test_everything_is_paused_and_resumed(octotui: Octotui) -> None:
    for command, said in (
        ("resume", "nothing was paused\n"),
        ("pause", "everything is paused\n"),
        ("pause", "everything was paused already\n"),
        ("resume", "going on\n"),
    ):
        outcome = octotui.call(command)
        assert (outcome.code, outcome.out, outcome.err) == (0, "", said)


@pytest.mark.parametrize("command", ["poll", "get", "wait"])
def test_whoever_would_wait_for_ever_is_told_at_once(octotui: Octotui, command: str) -> None:
    octotui.call("add", "grok:1")
    octotui.call("pause")
    outcome = octotui.call(command, OCTOTUI_API_KEY=KEY)
    assert outcome.code == 2
    said = r"octotui: everything has been paused for \d[.\d]* seconds?: octotui resume goes on\n"
    assert re.fullmatch(said, outcome.err), outcome.err


def test_watch_says_that_everything_is_paused_and_asks_nothing(octotui: Octotui) -> None:
    octotui.call("add", "grok:1")
    octotui.call("pause")
    with gateway(answers()) as server:
        process = octotui.start("watch", OCTOTUI_BASE_URL=server.base_url, OCTOTUI_API_KEY=KEY)
        try:
            assert process.stderr is not None
            lines = [process.stderr.readline() for _ in range(2)]
            assert lines[1].startswith("octotui: everything has been paused for ")
            assert server.requests == []
            octotui.call("resume")
            until(lambda: any("grok" in path for path in server.paths()), "a question")
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)


def test_a_follower_tells_pause_and_going_on_once(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        feed = ChangeFeed(ledger, time.time())
        ledger.pause_all(True, time.time())
        assert [(each.event, each.words) for each in feed.changes_since_last(1.0)] == [
            ("pause", "everything is paused")
        ]
        assert feed.is_paused
        assert feed.changes_since_last(2.0) == []
        ledger.pause_all(False, time.time())
        assert [each.json()["message"] for each in feed.changes_since_last(3.0)] == ["going on"]
