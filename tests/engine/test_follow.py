"""An engine that follows: what it wants to have asked is asked, whatever becomes of whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from octotui.config import load
from octotui.engine import follow_session
from octotui.engine.follow_session import FollowSession
from octotui.engine.sharing import Share
from octotui.gateway.errors import NetworkError
from octotui.ledger import Ledger
from octotui.model import NewTask, TaskState
from tests.support.waiting import until


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.db") as opened:
        opened.add([NewTask("video_1", "sora", "videos")], 1.0)
        yield opened


@pytest.fixture
def session(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FollowSession:
    monkeypatch.setattr(follow_session, "_ASK_AGAIN", 0.02)
    config = load(None, {"OCTOTUI_API_KEY": "sk-test", "HOME": str(tmp_path)})
    return FollowSession(config, ledger, Share("us:1", "us", "ours", saves_for_others=True), on_beat=lambda: None)


def test_what_a_killed_engine_took_is_asked_by_the_next_one(ledger: Ledger, session: FollowSession) -> None:
    with ThreadPoolExecutor(1) as download:
        link = download.submit(session._fresh_link, "video_1")
        # The first one that takes it is killed before it asks.
        until(lambda: ledger.take_asks() == ["video_1"], "the first wish")
        until(lambda: ledger.take_asks() == ["video_1"], "the wish again")
        task = ledger.task("video_1")
        assert task is not None
        answered = replace(task, state=TaskState.COMPLETED, last_asked_at=9.0, result_url="https://x.example/a.mp4")
        session._answers.learn([answered])
        assert link.result(10) == "https://x.example/a.mp4"


def test_nobody_waits_for_a_link_once_the_work_ends(ledger: Ledger, session: FollowSession) -> None:
    with ThreadPoolExecutor(1) as download:
        link = download.submit(session._fresh_link, "video_1")
        until(lambda: ledger.take_asks() == ["video_1"], "the wish")
        session._answers.stop()
        with pytest.raises(NetworkError, match="was not asked"):
            link.result(10)
