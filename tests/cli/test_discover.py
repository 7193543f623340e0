from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from octotui.engine.sources.account_tasks import new_task, videos
from octotui.gateway.errors import GatewayError, KeyRefused, RequestError
from octotui.gateway.parsing.task_list import ListedTask, read_page
from octotui.gateway.providers import BUILTIN
from tests.cli.conftest import Octotui
from tests.support.gateway import Reply, gateway

TOKEN = "system-token-0123456789"
ENVIRON = {"OCTOTUI_SYSTEM_TOKEN": TOKEN, "OCTOTUI_SYSTEM_USER": "42"}


def row(number: int, **more: object) -> dict[str, object]:
    return {
        "id": number,
        "task_id": f"task_{number}",
        "platform": "55",
        "action": "generate",
        "submit_time": 1_700_000_000 + number,
        "properties": {"input": "a cat", "origin_model_name": "sora-2"},
    } | more


def listing(rows: list[dict[str, object]], size: int = 100) -> Callable[[str], Reply]:
    def answer(path: str) -> Reply:
        asked = parse_qs(urlsplit(path).query)
        start = (int(asked["p"][0]) - 1) * size
        return Reply({"success": True, "data": {"items": rows[start : start + size], "total": len(rows)}})

    return answer


def test_all_pages_are_read_and_the_unknown_are_added(octotui: Octotui) -> None:
    rows = [row(number) for number in range(230)]
    rows[7]["properties"] = {"origin_model_name": "veo3.1-fast"}
    rows[8] |= {"properties": {}, "platform": "50"}
    rows[9] |= {"properties": None, "platform": "48"}
    octotui.call("add", "task_3", "--provider", "grok")
    with gateway(listing(rows)) as server:
        dry = octotui.call("discover", "--dry-run", OCTOTUI_BASE_URL=server.base_url, OCTOTUI_API_KEY="", **ENVIRON)
        assert len(json.loads(octotui.call("ls", "--json").out)) == 1
        outcome = octotui.call("discover", "--tag", "night", OCTOTUI_BASE_URL=server.base_url, **ENVIRON)
        again = octotui.call("discover", OCTOTUI_BASE_URL=server.base_url, **ENVIRON)
        pages = server.paths()[:3]
        headers = server.requests[0][1]
    assert pages == [f"/api/task/self?p={number}&page_size=100" for number in (1, 2, 3)]
    assert (headers["Authorization"], headers["New-Api-User"]) == (f"Bearer {TOKEN}", "42")
    assert dry.err == "230 tasks at the gateway: 229 would be added, 1 known already\n"
    assert outcome.err == "230 tasks at the gateway: 229 added, 1 known already\n"
    assert again.err == "230 tasks at the gateway: 0 added, 230 known already\n"
    assert (dry.code, outcome.code, again.code, again.out) == (0, 0, 0, "")
    tasks = {task["id"]: task for task in json.loads(octotui.call("ls", "--json").out)}
    assert len(tasks) == 230
    assert {tasks[f"task_{number}"]["provider"] for number in (0, 229)} == {"sora"}
    assert [tasks[f"task_{number}"]["provider"] for number in (3, 7, 8, 9)] == ["grok", "veo", "unified", "grok"]
    assert tasks["task_7"]["route"] == "query"
    assert tasks["task_0"]["tags"] == ["night"]
    for each in (dry, outcome, again):
        assert TOKEN not in each.out + each.err


def test_a_gateway_that_gives_fewer_than_asked_for_is_read_to_the_end(octotui: Octotui) -> None:
    with gateway(listing([row(number) for number in range(25)], size=10)) as server:
        outcome = octotui.call("discover", OCTOTUI_BASE_URL=server.base_url, **ENVIRON)
        assert len(server.requests) == 3
    assert outcome.err.startswith("25 tasks at the gateway: 25 added")


def test_a_list_that_shifts_while_it_is_read_ends(octotui: Octotui) -> None:
    page = Reply({"success": True, "data": {"items": [row(1), row(2)], "total": 1000}})
    with gateway(lambda _: page) as server:
        outcome = octotui.call("discover", OCTOTUI_BASE_URL=server.base_url, **ENVIRON)
        assert len(server.requests) == 2
    assert outcome.err.startswith("2 tasks")


@pytest.mark.parametrize(
    ("reply", "code", "says"),
    [
        (Reply({"success": False, "message": f"access token {TOKEN[:4]}… 无效"}), 3, "refused"),
        (Reply({"success": False, "message": ""}), 3, "refused"),
        (Reply({"message": "no"}, 401), 3, "no"),
        (Reply("<!doctype html><title>New API</title>", 200), 6, "no list of tasks"),
        (Reply({"error": {"message": "Invalid URL"}}, 404), 6, "Invalid URL"),
        (Reply({"success": True, "data": {}}), 6, "no list of tasks"),
        (Reply(b"", 302, {"Location": "https://other.example/"}), 6, "redirect"),
    ],
)
def test_what_can_go_wrong(octotui: Octotui, reply: Reply, code: int, says: str) -> None:
    with gateway(lambda _: reply) as server:
        outcome = octotui.call("discover", OCTOTUI_BASE_URL=server.base_url, **ENVIRON)
        assert len(server.requests) == 1
    assert (outcome.code, outcome.out) == (code, "")
    assert says in outcome.err
    assert TOKEN not in outcome.err


def test_where_the_second_credential_comes_from(octotui: Octotui) -> None:
    config = octotui.home / "c.toml"
    file = octotui.home / "token"
    file.write_text(f"{TOKEN}\n")
    file.chmod(0o600)
    with gateway(listing([row(1)])) as server:

        def discover(text: str, **environ: str) -> tuple[int, str]:
            config.write_text(text)
            outcome = octotui.call("discover", "--config", str(config), OCTOTUI_BASE_URL=server.base_url, **environ)
            assert TOKEN not in outcome.err + outcome.out
            return outcome.code, outcome.err

        assert discover('system_token_file = "token"\nsystem_user = 7\n')[0] == 0
        assert discover(f'system_token_command = ["cat", "{file}"]\nsystem_user = 7\n')[0] == 0
        assert {headers["New-Api-User"] for _, headers in server.requests} == {"7"}
        assert {headers["Authorization"] for _, headers in server.requests} == {f"Bearer {TOKEN}"}
        sent = len(server.requests)
        assert discover("") == (2, discover("")[1])
        assert "system access token" in discover("")[1]
        code, err = discover('system_token_file = "token"\n')
        assert (code, "system_user: is missing" in err) == (2, True)
        assert discover('system_token_file = "token"\n', OCTOTUI_SYSTEM_USER="me")[0] == 2
        both = f'system_user = 7\nsystem_token_file = "token"\nsystem_token_command = ["cat", "{file}"]\n'
        code, err = discover(both)
        assert (code, f"{config}:3: system_token_command" in err) == (2, True)
        file.chmod(0o644)
        code, err = discover('system_token_file = "token"\nsystem_user = 7\n')
        assert (code, "chmod 600" in err) == (2, True)
        assert len(server.requests) == sent


def test_what_is_no_video_and_what_is_old_is_left_out(octotui: Octotui) -> None:
    rows = [row(1), row(2, platform="suno"), row(3, submit_time=4_000_000_000)]
    with gateway(listing(rows)) as server:
        outcome = octotui.call("discover", "--since", "2d", OCTOTUI_BASE_URL=server.base_url, **ENVIRON)
    assert outcome.out == "added task_3 Sora\n"
    assert outcome.err == "3 tasks at the gateway: 1 added, 0 known already, 2 left out\n"


@pytest.mark.parametrize(
    ("task", "provider"),
    [
        (ListedTask("x", "grok-video-3", "55", None, None), "grok"),
        (ListedTask("veo3.1:1-a", None, "55", None, None), "veo"),
        (ListedTask("x", None, "54", None, None), "doubao"),
        (ListedTask("x", "a-model-of-its-own", "kling", None, None), "unified"),
        (ListedTask("x", None, None, None, None), "unified"),
    ],
)
def test_whose_a_listed_task_is(task: ListedTask, provider: str) -> None:
    assert new_task(task, BUILTIN, ()).provider == provider
    assert videos([task], 5.0) == [task]


def test_rows_that_cannot_be_tasks_are_passed_over() -> None:
    items = [row(1), None, 5, {"task_id": ""}, {"task_id": "."}, {"task_id": 7}, row(2, properties="x", platform=None)]
    page = read_page(200, {}, json.dumps({"success": True, "data": items}).encode(), now=0.0)
    assert [(task.id, task.model) for task in page.tasks] == [("task_1", "sora-2"), ("task_2", None)]
    assert (page.rows, page.total) == (7, None)
    empty = read_page(200, {}, b'{"success":true,"data":{"items":null,"total":0}}', now=0.0)
    assert (empty.tasks, empty.rows) == ((), 0)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [(200, b'{"success":false}', KeyRefused), (200, b"[]", GatewayError), (502, b"x", GatewayError)],
)
def test_what_is_no_page(status: int, body: bytes, kind: type[RequestError]) -> None:
    with pytest.raises(kind):
        read_page(status, {}, body, now=0.0)
