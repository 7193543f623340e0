"""A task added from an answer that names no model: every route is asked, and the first answer says whose it is."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Octotui
from tests.support.gateway import Reply, gateway

UNKNOWN = Reply({"code": "task_not_exist", "message": "task_not_exist", "data": None}, 400)
TASK = "task_LtujSKpBYTZNT4BXpUlfKYypoM5XabYQ"
QUEUED = {"id": TASK, "status": "queued"}


@pytest.mark.parametrize(
    ("path", "answer", "provider", "route"),
    [
        (f"/v1/videos/{TASK}", QUEUED | {"model": "sora-2"}, "sora", "videos"),
        (f"/v1/video/query?id={TASK}", QUEUED | {"model": "veo3.1"}, "veo", "query"),
        (
            f"/v1/video/generations/{TASK}",
            {"code": "success", "data": {"task_id": TASK, "status": "QUEUED"}},
            "unified",
            "generations",
        ),
        (f"/v1/videos/{TASK}", QUEUED, "unified", "videos"),
    ],
)
def test_the_first_answer_says_whose_a_task_is(
    octotui: Octotui, path: str, answer: dict[str, object], provider: str, route: str
) -> None:
    outcome = octotui.call("add", "-", stdin=json.dumps(QUEUED))
    assert (outcome.code, "asking which route knows it" in outcome.err) == (0, True)
    with gateway(lambda asked: Reply(answer) if asked == path else UNKNOWN) as server:
        assert octotui.call("poll", OCTOTUI_BASE_URL=server.base_url).code == 0
    (task,) = json.loads(octotui.call("ls", "--json").out)
    assert (task["provider"], task["route"], task["state"]) == (provider, route, "queued")


def test_what_somebody_said_is_not_settled_anew(octotui: Octotui) -> None:
    octotui.call("add", TASK, "--provider", "unified")
    with gateway(lambda _: Reply(QUEUED | {"model": "sora-2"})) as server:
        assert octotui.call("poll", OCTOTUI_BASE_URL=server.base_url).code == 0
    (task,) = json.loads(octotui.call("ls", "--json").out)
    assert (task["provider"], task["model"]) == ("unified", "sora-2")
