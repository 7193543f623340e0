from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from octotui.demo.demo_gateway import Box
from octotui.demo.lifecycle import Life, LinkStyle
from octotui.demo.provider_profiles import TRAITS
from octotui.model import TaskState
from tests.support.clock import NOW, Clock

MODELS = {name: traits.models[0] for name, traits in TRAITS.items()}


def ask(client: httpx.Client, task_id: str, route: str) -> httpx.Response:
    if route == "query":
        return client.get("/v1/video/query", params={"id": task_id})
    return client.get(f"/v1/{'videos' if route == 'videos' else 'video/generations'}/{task_id}")


def test_sora_answers_with_every_field_of_its_document(box: Box, client: httpx.Client) -> None:
    task = box.create("sora", "sora-2", life=Life.waiting())
    body = ask(client, task, "videos").json()
    assert list(body) == [
        "id",
        "object",
        "model",
        "status",
        "progress",
        "created_at",
        "completed_at",
        "expires_at",
        "seconds",
        "size",
        "remixed_from_video_id",
        "error",
        "video_url",
    ]
    assert (body["object"], body["status"], body["progress"], body["completed_at"]) == ("video", "queued", 0, 0)
    assert (body["error"], body["video_url"]) == ({"message": "", "code": ""}, "")
    assert body["created_at"] == NOW - 5


def test_grok_names_its_result_in_output_url(box: Box, client: httpx.Client) -> None:
    task = box.create("grok", "grok-video-3", life=Life.ready(left=100, ago=50))
    body = ask(client, task, "videos").json()
    assert body["status"] == "completed"
    assert body["output"]["url"].startswith(box.files_url)
    assert body["expires_at"] == NOW + 100
    assert body["completed_at"] == NOW - 50


def test_doubao_leaves_out_what_is_not_there(box: Box, client: httpx.Client) -> None:
    running = box.create("doubao", "doubao-seedance-2-0", life=Life.underway(50, 60))
    ready = box.create("doubao", "doubao-seedance-2-0", life=Life.ready())
    failed = box.create("doubao", "doubao-seedance-2-0", life=Life.failed("too dark", "bad_image"))
    shared = {"id", "object", "model", "status", "progress", "created_at", "seconds", "size"}
    assert set(ask(client, running, "videos").json()) == shared
    assert set(ask(client, ready, "videos").json()) == shared | {"completed_at", "video_url"}
    body = ask(client, failed, "videos").json()
    assert set(body) == shared | {"completed_at", "error"}
    assert body["error"] == {"message": "too dark", "code": "bad_image"}


def test_veo_answers_flat_with_milliseconds_and_a_detail(box: Box, client: httpx.Client) -> None:
    running = box.create("veo", "veo3.1-fast", life=Life.underway(93, 10))
    body = ask(client, running, "query").json()
    assert (body["status"], body["video_url"]) == ("processing", None)
    assert body["status_update_time"] == NOW * 1000
    assert body["detail"]["pending_info"] == {"progress_pct": 0.93}
    failed = box.create("veo", "veo3.1-fast", life=Life.failed("image fetch refused"))
    body = ask(client, failed, "query").json()
    assert (body["status"], body["detail"]["error_message"]) == ("failed", "image fetch refused")


def test_veo_goes_through_the_upsampling_words(box: Box, client: httpx.Client, clock: Clock) -> None:
    task = box.create("veo", "veo3.1", life=Life(queued=10, running=100, upsamples=True))
    said = []
    for passed in (0, 15, 70, 80, 108, 115):
        clock.now = NOW + passed
        body = ask(client, task, "query").json()
        said.append((body["status"], body["video_url"] is not None, "pending_info" in body["detail"]))
    assert said == [
        ("pending", False, False),
        ("video_generating", False, True),
        ("video_generation_completed", False, False),
        ("video_upsampling", False, False),
        ("video_upsampling_completed", False, False),
        ("completed", True, False),
    ]


def test_unified_wraps_in_both_shapes(box: Box, client: httpx.Client) -> None:
    short = box.create("unified", "viduq3-pro", life=Life.ready())
    row = box.create("unified", "kling-v3", life=Life.underway(60, 60))
    body = ask(client, short, "generations").json()
    assert (body["code"], body["message"]) == ("success", "")
    assert set(body["data"]) == {"task_id", "status", "url", "format", "metadata", "error"}
    assert body["data"]["status"] == "succeeded"
    data = ask(client, row, "generations").json()["data"]
    assert (data["task_id"], data["status"], data["progress"]) == (row, "IN_PROGRESS", "60%")
    assert data["data"]["status"] == "processing"


def test_unified_puts_the_reason_where_the_link_would_be(box: Box, client: httpx.Client) -> None:
    task = box.create("unified", "hailuo-02", life=Life.failed("refused by the safety filter"))
    data = ask(client, task, "generations").json()["data"]
    assert (data["status"], data["url"], data["error"]) == ("failed", "refused by the safety filter", None)


@pytest.mark.parametrize("provider", TRAITS)
def test_a_provider_is_known_on_its_own_routes_and_no_other(provider: str, box: Box, client: httpx.Client) -> None:
    task = box.create(provider, MODELS[provider], life=Life.underway(20, 500))
    for route in ("videos", "query", "generations"):
        response = ask(client, task, route)
        if route in TRAITS[provider].routes:
            assert response.status_code == 200
            assert "20" in response.text or "0.2" in response.text
        else:
            assert (response.status_code, response.json()["code"]) == (400, "task_not_exist")


@pytest.mark.parametrize("provider", TRAITS)
def test_a_word_of_its_own_while_it_waits(provider: str, box: Box, client: httpx.Client) -> None:
    task = box.create(provider, MODELS[provider], life=replace(Life.waiting(), first_word="under_review"))
    assert "under_review" in ask(client, task, TRAITS[provider].route).text


@pytest.mark.parametrize("provider", TRAITS)
def test_a_cancelled_task_names_no_result(provider: str, box: Box, client: httpx.Client) -> None:
    task = box.create(provider, MODELS[provider], life=Life(age=500, ending=TaskState.CANCELLED))
    text = ask(client, task, TRAITS[provider].route).text
    assert "cancelled" in text.lower()
    assert "http" not in text


def test_an_id_with_a_prefix_is_answered_without_it(box: Box, client: httpx.Client) -> None:
    ids = [box.create("sora", "sora-2", life=Life.waiting()) for _ in range(8)]
    prefixed = next(task for task in ids if task.startswith("sora-2:"))
    assert ask(client, prefixed, "videos").json()["id"] == prefixed.removeprefix("sora-2:")
    assert client.get(f"/v1/videos/{prefixed.replace(':', '%3A')}").status_code == 200


def test_unknown_ids_paths_and_keys_are_refused_as_the_gateway_does(box: Box, client: httpx.Client) -> None:
    response = client.get("/v1/videos/video_nobody")
    assert response.status_code == 400
    assert response.json() == {"code": "task_not_exist", "message": "task_not_exist", "data": None}
    response = client.get("/v1/nothing")
    assert response.status_code == 404
    assert response.json()["error"]["message"] == "Invalid URL (GET /v1/nothing)"
    response = client.get("/dashboard")
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
    for key in ("Bearer sk-wrong", "", box.key):
        response = client.get("/v1/videos/x", headers={"Authorization": key})
        assert response.status_code == 401
        assert response.json()["error"]["type"] == "new_api_error"


def test_quota_falls_as_tasks_are_submitted(box: Box, client: httpx.Client) -> None:
    before = client.get("/api/usage/token/").json()["data"]["total_available"]
    box.create("sora", "sora-2", life=Life())
    data = client.get("/api/usage/token/").json()["data"]
    assert data["total_available"] < before
    assert data["total_granted"] == data["total_used"] + data["total_available"]
    assert client.get("/api/usage/token/", headers={"Authorization": "Bearer no"}).status_code == 401


def test_submitting_on_all_three_create_paths(box: Box, client: httpx.Client, clock: Clock) -> None:
    sora = client.post("/v1/videos", json={"model": "sora-2", "prompt": "a boat"}).json()
    veo = client.post("/v1/video/create", json={"model": "veo3.1-fast", "prompt": "a boat"}).json()
    kling = client.post("/v1/video/generations", json={"model": "kling-v3", "prompt": "a boat"}).json()
    form, files = {"model": "doubao-seedance-2-0", "prompt": "a boat"}, {"image": ("i.png", b"\x89PNG")}
    doubao = client.post("/v1/videos", data=form, files=files).json()
    assert sora["id"] == sora["task_id"]
    assert (sora["status"], veo["status"], kling["status"]) == ("queued", "pending", "queued")
    fresh = {task.id: (task.provider, task.route) for task in box.newcomers(clock.now)}
    assert fresh == {
        sora["id"]: ("sora", "videos"),
        veo["id"]: ("veo", "query"),
        kling["task_id"]: ("unified", "generations"),
        doubao["id"]: ("doubao", "videos"),
    }
    clock.now += 30
    assert ask(client, sora["id"], "videos").json()["status"] == "processing"


def test_submitting_nothing_is_refused(client: httpx.Client) -> None:
    for content in (b"", b"[]", b'{"prompt": "a boat"}', b'{"model": 3}', b"{"):
        assert client.post("/v1/videos", content=content).status_code == 400


def test_a_task_may_name_no_link_or_its_content(box: Box, client: httpx.Client) -> None:
    without = box.create("sora", "sora-2", life=replace(Life.ready(), link=LinkStyle.NONE))
    own = box.create("unified", "viduq3-pro", life=replace(Life.ready(), link=LinkStyle.CONTENT))
    assert ask(client, without, "videos").json()["video_url"] == ""
    assert ask(client, own, "generations").json()["data"]["url"] == f"{box.base_url}/v1/videos/{own}/content"
