from __future__ import annotations

import json
from pathlib import Path

import pytest

from octotui.gateway.providers import BUILTIN, Provider
from octotui.gateway.routes import ROUTES, Route
from octotui.intake.parse import read
from octotui.intake.result import Intake
from octotui.intake.typed_ids import parse_ids
from octotui.model import NewTask

UUID = "05c8e247-7e64-472a-acb1-e7f2de5d0d04"
BASE64 = "VmVv+" * 51 + "AbC/9=="


def understood(text: str) -> list[tuple[str, str, str, str | None]]:
    intake = read(text, BUILTIN)
    return [(task.id, task.provider, task.route, task.model) for task in intake.tasks]


def all_ids(text: str) -> list[str]:
    intake = read(text, BUILTIN)
    return [*(task.id for task in intake.tasks), *intake.unsure]


@pytest.mark.parametrize(
    "text",
    [
        "sora-2:task_01k9 grok:{u}",
        "sora-2:task_01k9\ngrok:{u}\n",
        " sora-2:task_01k9 , grok:{u};",
        "- sora-2:task_01k9\n- grok:{u}",
        "1. `sora-2:task_01k9`\n2. `grok:{u}`",
        '["sora-2:task_01k9", "grok:{u}"]',
        "'sora-2:task_01k9'\r\n'grok:{u}'\r\n",
        "\ufeffsora-2:task_01k9\u200b\tgrok:{u}",
        "│ sora-2:task_01k9 │ grok:{u} │",
        '{{"ids": ["sora-2:task_01k9", "grok:{u}"]}}',
        "\x1b[32msora-2:task_01k9\x1b[0m grok:{u}",
    ],
)
def test_ids_in_any_list(text: str) -> None:
    assert understood(text.format(u=UUID)) == [
        ("sora-2:task_01k9", "sora", "videos", None),
        (f"grok:{UUID}", "grok", "videos", None),
    ]


@pytest.mark.parametrize(
    "text", ["video_aaa,video_bbb", "video_aaa\n video_bbb", "- video_aaa;\n- video_bbb", "'video_aaa', 'video_bbb'"]
)
def test_ids_of_letters_are_ids_where_there_is_nothing_else(text: str) -> None:
    assert all_ids(text) == ["video_aaa", "video_bbb"]


def test_ids_of_letters_are_ids_beside_others_and_their_models() -> None:
    assert understood("sora-2 video_aaa\ngrok:05c8e247\n") == [
        ("video_aaa", "sora", "videos", "sora-2"),
        ("grok:05c8e247", "grok", "videos", None),
    ]


def test_a_word_that_begins_like_a_model_is_none() -> None:
    assert understood("want video_9f2c81d0") == []
    assert understood("wan video_9f2c81d0") == [("video_9f2c81d0", "unified", "generations", "wan")]


@pytest.mark.parametrize(
    "task_id",
    [
        "video_abc123",
        "video_9f2c81d0",
        "video_bbfbc1d2-ab22-44ca-b9dd-bc16983acac2",
        "task_01k6x15vhrff09dkkqjrzwhm60",
        "task_ZOAIupBoCLMo3dmUGcrKU",
        "task_ZOAIupBoCLMoxdmUGcrKU",
        "cgt-20260921141320-x8k2m",
        "veo3.1-fast:1790000000-aB3dE5fG7h",
        "task-video-abc123",
        "kling:8f3a",
        UUID,
        UUID.upper(),
        BASE64,
        "901234567890123456",
        "8f3a1b2c",
    ],
)
def test_every_known_shape_alone_on_a_line_is_taken_as_it_is(task_id: str) -> None:
    assert all_ids(f"{task_id}\n") == [task_id]


@pytest.mark.parametrize(
    "text",
    [
        "hello world",
        "2026-01-02T03:04:05.123Z INFO ready",
        "2026-01-02 03:04:05,123 [main] WARNING retrying in 30s (attempt 3/5) at 10.0.0.1:8080",
        "ERROR task_not_exist",
        "status=video_generation_completed next=video_upsampling_completed",
        "video_720p video_1080p task_12 video_h264 task_mp4 video_v2",
        "task_id missing, video_url empty, video_id null",
        "task_id,video_url,video_status,task_created",
        "video_upsampling",
        "task_failed\nvideo_generating\n",
        "video_aaa: a clip",
        "want video_aaa",
        "/videos/video_aaa video_bbb.mp4",
        "1767312000 1767312000.5 12:34:56 99% 24MB 3.1.4 v1.2.3-rc1 720x1280",
        "sora-2",
        "sora-2, veo3.1-fast",
        "/v1/videos",
        "curl https://octopusx.ai/v1/videos/{task_id}",
        "curl https://octopusx.ai/v1/videos/<task_id>/content",
        "curl https://octopusx.ai/v1/videos/$ID",
        '{"task_id": "<string>"}',
        '{"id": 17, "status": "queued"}',
        '{"id": "a sentence is no id"}',
        '{"code": "task_not_exist", "message": "no", "data": null}',
        '{"error": {"message": "bad", "code": "x1"}}',
        '{"object": "list", "data": [{"id": "sora-2", "object": "model"}]}',
        '{"model": "sora-2", "input": {"id": "video_abc123"}}',
        "https://cdn.example/05c8e247-7e64-472a-acb1-e7f2de5d0d04/video_abc123.mp4?sig=video_abc123",
        "saved /videos/video_abc123.mp4",
        "sk-0123456789abcdef0123",
        'Authorization: "Bearer sk-0123456789abcdef0123"',
        "request_id=05c8e247-7e64-472a-acb1-e7f2de5d0d04 took 3s",
        "x-request-id: 05c8e247-7e64-472a-acb1-e7f2de5d0d04",
        "[1, 2, 3]",
        "[]",
        "{",
        "",
        "  \n\t\n",
    ],
)
def test_words_of_logs_and_documents_are_no_ids(text: str) -> None:
    assert all_ids(text) == []


@pytest.mark.parametrize(
    ("text", "ids", "left_over"),
    [
        ("job grok:05c8e247 started", ["grok:05c8e247"], []),
        ("job sora-2:8f3a, then veo3.1-fast:17ab9c.", ["sora-2:8f3a", "veo3.1-fast:17ab9c"], []),
        ("see video_aaa grok:05c8e247", ["grok:05c8e247"], ["video_aaa"]),
        ("want video_aaa and video_9f2c81d0", ["video_9f2c81d0"], ["video_aaa"]),
        ("see video_9f2c81d0 and video_aaa (video_url, task_id)", ["video_9f2c81d0"], ["video_aaa"]),
        (f"job grok:{UUID} started", [f"grok:{UUID}"], []),
        ("job sora-2:task_01k9 started", ["sora-2:task_01k9"], []),
        ("wan:eth0 up, grok:retry3, sora:2024, veo:1080p, kling:8080/path, sora-2:12:30:55, grok:ok", [], []),
        ("id:05c8e247 port:80ab12 sha:8f3a1b from 10.0.0.1", [], []),
        ("upstream wan:10.0.0.1 grok:99.5ms", [], []),
    ],
)
def test_a_known_prefix_is_enough_inside_a_line(text: str, ids: list[str], left_over: list[str]) -> None:
    intake = read(text, BUILTIN)
    assert ([*(task.id for task in intake.tasks), *intake.unsure], intake.left_over) == (ids, left_over)


def test_a_users_own_prefix_is_enough_inside_a_line() -> None:
    own = Provider("acme", "Acme", "videos", id_prefixes=("acme-",), model_prefixes=("acme-video",))
    intake = read("job acme-8f3a1b with acme-video-2024 started", (*BUILTIN, own))
    assert [(task.id, task.provider, task.model) for task in intake.tasks] == [
        ("acme-8f3a1b", "acme", "acme-video-2024")
    ]


def test_a_create_answer_names_id_and_model() -> None:
    for answer in (
        {"id": "video_abc123", "object": "video", "model": "grok-video-3", "status": "queued", "progress": 0},
        {"task_id": "video_abc123", "model": "grok-video-3"},
        {"id": "video_abc123", "task_id": "video_abc123", "model": "grok-video-3"},
        {"id": 4, "task_id": "video_abc123", "model": "grok-video-3"},
        {"model": "grok-video-3", "data": {"task": {"id": "video_abc123"}}},
        {"result": [{"id": "video_abc123", "model": "grok-video-3", "data": {"id": "video_other1"}}]},
    ):
        for text in (json.dumps(answer), json.dumps(answer, indent=2), f"HTTP/1.1 200 OK\n\n{json.dumps(answer)}\n"):
            assert understood(text) == [("video_abc123", "grok", "videos", "grok-video-3")], text


def test_a_wrapper_tells_the_unified_entry_where_nothing_else_does() -> None:
    wrapper = {"code": "success", "message": "", "data": {"task_id": "task_abc1", "status": "queued"}}
    assert understood(json.dumps(wrapper)) == [("task_abc1", "unified", "generations", None)]
    assert understood('{"code": "success", "data": "task_abc1"}') == [("task_abc1", "unified", "generations", None)]
    wrapper["data"] = {"task_id": "task_abc1", "model": "veo3.1"}
    assert understood(json.dumps(wrapper)) == [("task_abc1", "veo", "query", "veo3.1")]


def test_an_answer_with_nothing_but_a_request_id_is_xais() -> None:
    assert all_ids(f'{{"request_id": "{UUID}"}}') == [UUID]
    assert all_ids(f'{{"request_id": "{UUID}", "error": {{"message": "no"}}}}') == []


def test_json_lines_arrays_and_several_documents() -> None:
    first = {"id": "video_a1b2", "model": "sora-2"}
    second = {"id": "video_c3d4", "model": "doubao-seedance-2-0"}
    expected = [("video_a1b2", "sora", "videos", "sora-2"), ("video_c3d4", "doubao", "videos", "doubao-seedance-2-0")]
    for text in (
        json.dumps([first, second]),
        f"{json.dumps(first)}\n{json.dumps(second)}\n",
        f"{json.dumps(first, indent=1)}\n{json.dumps(second, indent=1)}",
        f"one {json.dumps(first)} two {json.dumps(second)}",
        f"data: {json.dumps(first)}\n\ndata: {json.dumps(second)}\n\ndata: [DONE]\n",
        json.dumps({"success": True, "data": {"items": [first, second], "total": 2}}),
    ):
        assert understood(text) == expected, text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://octopusx.ai/v1/videos/task-video-abc123", ("task-video-abc123", "unified", "videos")),
        ("GET /v1/video/generations/task_abc1 200", ("task_abc1", "unified", "generations")),
        ('curl "https://octopusx.ai/v1/video/query?id=task_01k6" -H "X: y"', ("task_01k6", "veo", "query")),
        (
            'curl "https://octopusx.ai/v1/video/query?id=sora-2:task_01k74ynm13exf9ha36zz7820hv" \\\n'
            '  -H "Authorization: Bearer YOUR_API_KEY" \\\n  -H "X-Request-Id: ' + UUID + '"',
            ("sora-2:task_01k74ynm13exf9ha36zz7820hv", "sora", "query"),
        ),
        ("curl -G https://x.example/v1/video/query -d id=veo3%3A17", ("veo3:17", "veo", "query")),
        (
            "curl -o a.mp4 https://x.example/v1/videos/grok%3A" + UUID + "/content",
            (f"grok:{UUID}", "grok", "videos"),
        ),
        ("see <https://x.example/base/v1/videos/sora-2:task_01k9>.", ("sora-2:task_01k9", "sora", "videos")),
    ],
)
def test_urls_and_curl_lines_name_the_route_too(text: str, expected: tuple[str, str, str]) -> None:
    assert [entry[:3] for entry in understood(text)] == [expected]


def test_a_percent_encoded_id_is_decoded_once() -> None:
    assert all_ids("https://x.example/v1/videos/a%2Fb%2B9%253D%3D") == ["a/b+9%3D="]
    assert all_ids("https://x.example/v1/videos/a%00b1") == []
    assert all_ids("https://x.example/v1/videos/a%0Ab1") == []
    assert all_ids("https://x.example/v1/videos/%ff%fe1") == []
    assert all_ids("https://x.example/v1/videos/%2E%2E") == []


def test_a_chunk_of_a_log() -> None:
    log = f"""
2026-01-02T03:04:05.123Z INFO  [worker-3] POST /v1/videos model=grok-video-3 request_id={UUID}
2026-01-02T03:04:06.001Z INFO  [worker-3] created task video_c09d model=grok-video-3 in 1.2s request_id={UUID}
2026-01-02T03:04:07.900Z DEBUG [poller] task_id="kling8f3a1b2c" status=processing progress=42%
Jan  2 03:04:08 host app[123]: id:cgt-20260921141320-x8k2m (video_upsampling) {{'model': 'doubao-seedance-2'}}
2026-01-02T03:04:09Z ERROR task task-video-26debfdb8825ae56 failed: video_generation_failed
"""
    assert understood(log) == [
        ("video_c09d", "grok", "videos", "grok-video-3"),
        ("kling8f3a1b2c", "unified", "generations", None),
        ("cgt-20260921141320-x8k2m", "doubao", "videos", "doubao-seedance-2"),
        ("task-video-26debfdb8825ae56", "unified", "generations", None),
    ]


def test_a_log_of_json_records_is_read_for_its_messages() -> None:
    record = {"level": "info", "ts": 1767312000.5, "id": "r1", "msg": "created video_c09d with grok-video-3"}
    assert understood(json.dumps(record)) == [("video_c09d", "grok", "videos", "grok-video-3")]
    record = {"level": "info", "task_id": "k9", "id": "r1", "msg": "created"}
    assert all_ids(json.dumps(record)) == ["k9"]


def test_the_request_beside_an_answer_tells_its_model_and_is_no_task() -> None:
    text = 'POST /v1/videos {"model": "sora-2", "prompt": "as in video_zz9"} -> {"id": "video_q1w2"} ' + UUID
    assert understood(text) == [("video_q1w2", "sora", "videos", "sora-2")]


def test_the_gateways_documents_can_be_pasted_whole() -> None:
    page = (Path(__file__).parent / "document.txt").read_text()
    assert understood(page) == [("video_abc123", "sora", "videos", "sora-2")]


def test_a_second_mention_completes_the_first() -> None:
    text = 'video_abc123\nhttps://x.example/v1/video/query?id=video_abc123\n{"id": "video_abc123", "model": "sora-2"}'
    assert understood(text) == [("video_abc123", "sora", "query", "sora-2")]


def test_who_cannot_be_told_is_asked_for_and_settled() -> None:
    intake = read("video_abc123 sora-2:task_01k9 https://x.example/y\nhttps://x.example/v1/videos/video_def4", BUILTIN)
    assert intake.unsure == ["video_abc123", "video_def4"]
    assert [task.id for task in intake.tasks] == ["sora-2:task_01k9"]
    doubao = BUILTIN[2]
    assert intake.settle(doubao) == [
        NewTask("video_abc123", "doubao", "videos"),
        NewTask("video_def4", "doubao", "videos"),
    ]
    veo = BUILTIN[3]
    assert [task.route for task in intake.settle(veo)] == ["query", "videos"]


def test_provider_route_and_tags_hold_for_all() -> None:
    intake = read("video_abc123 sora-2:task_01k9", BUILTIN, provider="veo", tags=("a", "b", "a"))
    assert intake.tasks == [
        NewTask("video_abc123", "veo", "query", tags=("a", "b")),
        NewTask("sora-2:task_01k9", "veo", "query", tags=("a", "b")),
    ]
    intake = read("video_abc123", BUILTIN, provider="veo", route="generations")
    assert intake.tasks[0].route == "generations"


def test_a_users_own_provider_is_known_by_its_prefixes() -> None:
    own = Provider("acme", "Acme", "videos", id_prefixes=("acme",), model_prefixes=("acme",))
    intake = read("acme-7:task_01k9\nvideo_abc123 acme-7", (*BUILTIN, own))
    assert [(task.id, task.provider) for task in intake.tasks] == [
        ("acme-7:task_01k9", "acme"),
        ("video_abc123", "acme"),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"id": "video_1a", "model": "sora-2"}\nnoise\n', "1 task: 1 Sora (from JSON); 1 line ignored"),
        ("sora:1a veo:2b veo:3c", "3 tasks: 1 Sora, 2 Veo (from id)"),
        ("video_1a2b", "1 task of which the provider cannot be told: video_1a2b"),
        (
            "video_1a video_1b video_1c video_1d",
            "4 tasks of which the provider cannot be told: video_1a, video_1b, video_1c and 1 more",
        ),
        ("video_aaa is grok:05c8e247", "1 task: 1 Grok (from log); 1 word beside them ignored: video_aaa"),
        ("video_path, video_mp4, task_failed: grok:05c8e247", "1 task: 1 Grok (from log)"),
        ("nothing\nat all", "2 lines ignored"),
        ("", "no task found"),
    ],
)
def test_it_says_what_it_understood(text: str, says: str) -> None:
    assert read(text, BUILTIN).says == says


def test_what_was_ignored_is_shown_short_and_clean() -> None:
    intake = read("a\tlong\x07 line " + "x" * 200, BUILTIN)
    assert intake.ignored == 1
    assert intake.ignored_examples[0].startswith("a long line xxx")
    assert len(intake.ignored_examples[0]) <= 60


@pytest.mark.parametrize(
    "task_id", ["x", "hello", "sora-2", "a b", "ERROR", "2026-01-02", BASE64, "a/b=", "v1", "日本語", "{x}", "a" * 512]
)
def test_an_id_somebody_types_is_taken_as_it_is(task_id: str) -> None:
    intake = parse_ids([f" {task_id} "], BUILTIN, provider="sora")
    assert intake.tasks == [NewTask(task_id, "sora", "videos")]


@pytest.mark.parametrize("task_id", ["", " ", ".", "..", "a\x00b", "a\nb", "a\x1bb", "a\x9bb", "\ud800", "a" * 513])
def test_what_no_gateway_can_mean_is_refused(task_id: str) -> None:
    with pytest.raises(ValueError, match="task id"):
        parse_ids([task_id], BUILTIN)


def test_a_typed_url_is_read_for_its_id() -> None:
    intake = parse_ids(["https://octopusx.ai/v1/video/query?id=veo3:17"], BUILTIN)
    assert intake.tasks == [NewTask("veo3:17", "veo", "query")]


def test_nothing_is_understood_of_nothing() -> None:
    assert parse_ids([], BUILTIN) == Intake(labels={provider.name: provider.label for provider in BUILTIN})


@pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES.keys())
def test_a_curl_line_of_every_route_names_its_task_and_its_route(route: Route) -> None:
    line = f"curl 'https://gateway.example{route.path.replace('{id}', 'sora-2:task_01k6x15vhrff09dkkqjrzwhm60')}'"
    assert [(task.id, task.route) for task in read(line, BUILTIN).tasks] == [
        ("sora-2:task_01k6x15vhrff09dkkqjrzwhm60", route.name)
    ]
