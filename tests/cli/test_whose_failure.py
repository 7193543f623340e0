"""What a command ends with where the failure is one task's, or the ledger's place is taken by something else."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Octotui
from tests.support.gateway import Reply, gateway

REFUSED = Reply({"error": {"message": "Incorrect API key provided"}}, 401)
QUOTA = Reply({"code": True, "data": {"total_granted": 4, "total_available": 3, "unlimited_quota": False}})


def test_one_upstream_that_refuses_its_own_key_is_no_refused_key(octotui: Octotui) -> None:
    def answer(path: str) -> Reply:
        if path.startswith("/api/usage"):
            return QUOTA
        return REFUSED if path.endswith("sick") else Reply({"id": "x", "status": "in_progress"})

    octotui.call("add", "video_well", "video_sick", "--provider", "sora")
    with gateway(answer) as server:
        outcome = octotui.call("poll", OCTOTUI_BASE_URL=server.base_url)
    assert outcome.code == 6
    assert "video_sick: Incorrect API key provided" in outcome.err


def test_get_of_a_link_that_leads_where_none_may_ends_and_says_why(octotui: Octotui) -> None:
    def answer(path: str) -> Reply:
        if path.endswith("/content"):
            return Reply({"error": {"message": "not here"}}, 404)
        link = "http://169.254.169.254/latest/meta-data/v.mp4"
        return Reply({"id": "x", "status": "completed", "video_url": link})

    octotui.call("add", "video_meta", "--provider", "sora")
    with gateway(answer) as server:
        octotui.call("poll", OCTOTUI_BASE_URL=server.base_url)
        outcome = octotui.call("get", "video_meta", OCTOTUI_BASE_URL=server.base_url)
    assert outcome.code == 6
    assert "169.254.169.254" in outcome.err
    assert "it stays wanted" in outcome.err


@pytest.mark.parametrize("command", [["ls"], ["show", "x"], ["report"], ["poll"]])
def test_a_folder_in_the_ledgers_place_is_one_line_and_exit_code_8(octotui: Octotui, command: list[str]) -> None:
    state = octotui.home / "state"
    (state / "ledger.db").mkdir(parents=True)
    outcome = octotui.call(*command, OCTOTUI_STATE_DIR=str(state))
    assert outcome.code == 8
    assert outcome.err.count("\n") == 1
