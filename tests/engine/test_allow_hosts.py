"""The setting allow_hosts, from the configuration to the request, and what is told where it lacks a host."""

from __future__ import annotations

from pathlib import Path

import pytest

from octotui.config import Config
from octotui.engine.downloads.cancellation import StopHandle
from octotui.engine.downloads.transfer import Outcome, Saved
from octotui.engine.downloads.transfer_factory import TransferFactory
from octotui.ledger import Ledger
from octotui.model import NewTask, Task, TaskState
from tests.support.bad_server import BadServer, Serve, clip
from tests.support.clock import NOW

GATEWAY = "http://192.0.2.1:9"
"""An address for documents, at which nobody is."""


@pytest.mark.parametrize("allowed", [(), ("127.0.0.1",)])
def test_a_link_into_the_own_network_is_fetched_only_where_it_is_allowed(
    tmp_path: Path, ledger: Ledger, allowed: tuple[str, ...]
) -> None:
    with BadServer() as server:
        config = Config(
            state_dir=tmp_path, download_dir=tmp_path / "videos", base_url=GATEWAY, api_key="k", allow_hosts=allowed
        )
        link = server.on("/v.mp4", Serve(clip()))
        ledger.add([NewTask("a", "sora", "videos")], NOW)
        task = Task("a", "sora", "videos", NOW, state=TaskState.COMPLETED, last_answer_at=NOW, result_url=link)
        made = TransferFactory(
            config, ledger, lambda: 0, clock=lambda: NOW, fresh_link=lambda _: None, patience=0.0, limits=None
        )
        outcome: Outcome = made.make(task, None).run(StopHandle())
        made.close()
        ledger.flush()
        notes = [attempt.outcome for attempt in ledger.attempts("a")]
        asked = len(server.requests)
    if allowed:
        assert isinstance(outcome, Saved)
    else:
        assert asked == 0
        assert any("127.0.0.1, a private address; the setting allow_hosts" in note for note in notes)
