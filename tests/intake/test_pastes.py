"""Pastes as people's scripts, tables, logs and dashboards print them: which ids come out, and no other."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octotui.gateway.providers import BUILTIN
from octotui.intake.parse import read
from octotui.intake.result import Intake

HERE = Path(__file__).parent
UUID = "0385dc79-5ff8-4d82-bcb6-7a1b2c3d4e5f"
VIDEO = "video_6a84d77f318481908e9ff63f81a7ffe6"


def pastes(name: str) -> Iterable[Any]:
    for paste in json.loads((HERE / name).read_text("utf-8")):
        yield pytest.param(paste, id=paste["name"])


def ids_of(intake: Intake) -> list[str]:
    return [*(task.id for task in intake.tasks), *intake.unsure]


@pytest.mark.parametrize("paste", [*pastes("pastes.json"), *pastes("variations.json"), *pastes("bank.json")])
def test_a_paste_names_these_tasks_and_no_other(paste: dict[str, Any]) -> None:
    intake = read(paste["text"], BUILTIN)
    assert sorted(ids_of(intake)) == sorted(paste["ids"])
    providers = {task.id: task.provider for task in intake.tasks}
    assert {task_id: providers.get(task_id) for task_id in paste.get("providers", {})} == paste.get("providers", {})


_ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
_IDS = st.one_of(
    st.text("0123456789abcdef", min_size=30, max_size=30).map(lambda rest: f"video_6f{rest}"),
    st.text(_ALPHABET, min_size=30, max_size=30).map(lambda rest: f"task_9Z{rest}"),
    st.text("0123456789abcdef", min_size=5, max_size=5).map(lambda rest: f"cgt-20260426004126-{rest}"),
    st.text(_ALPHABET, min_size=8, max_size=8).map(lambda rest: f"veo3.1-fast:1763424820-{rest}7"),
    st.uuids().map(lambda uuid: f"grok:{uuid}"),
)
_AROUND = st.lists(
    st.sampled_from(
        [
            *"{}[]()<>\"'`|│┃,;:=+#…\\/\n\t\r\x00\u200b",
            *(
                "=>",
                "---",
                "...",
                "id",
                "task_id",
                "model",
                "sora-2",
                '"prompt":',
                '{"id":',
                "/v1/videos/",
                "request_id",
            ),
            *("INSERT INTO tasks VALUES", "data:", "level=info", "\n\n", "\x1b[", "\x1b]0;", "\x1b[31m"),
        ]
    )
    | st.text(max_size=12),
    max_size=12,
).map(" ".join)


@given(_AROUND, _IDS, _AROUND, st.sampled_from([" ", "\n", "\t", "\u00a0", "\r\n"]))
def test_an_id_that_stands_between_blanks_is_found_whatever_is_around_it(
    before: str, task_id: str, after: str, blank: str
) -> None:
    assert task_id in ids_of(read(f"{before}{blank}{task_id}{blank}{after}", BUILTIN))


def test_a_create_answer_without_a_model_is_asked_about_on_every_route() -> None:
    for answer in (
        {"id": VIDEO, "object": "video", "status": "queued"},
        {"task_id": "task_LtujSKpBYTZNT4BXpUlfKYypoM5XabYQ"},
        {"id": UUID, "status": "pending"},
    ):
        intake = read(json.dumps(answer), BUILTIN)
        assert [(task.provider, task.route) for task in intake.tasks] == [("unified", "videos")]
        assert intake.guessed == [task.id for task in intake.tasks]
        assert intake.unsure == []
        assert "asking which route knows it" in intake.says


def test_a_request_id_alone_is_groks() -> None:
    for text in (
        json.dumps({"request_id": UUID}),
        f"{{ request_id: '{UUID}' }}",
        f'StartDeferredResponse(request_id="{UUID}")',
        json.dumps({"request_id": UUID, "status": "pending"}),
    ):
        intake = read(text, BUILTIN)
        assert [(task.id, task.provider) for task in intake.tasks] == [(UUID, "grok")]
    assert ids_of(read(json.dumps([{"request_id": UUID}, {"id": VIDEO, "model": "sora-2"}]), BUILTIN)) == [VIDEO]


@pytest.mark.parametrize(
    ("text", "provider"),
    [
        (f'{{"id": "{VIDEO}", "provider": "veo"}}', "veo"),
        (f'{{"provider": "Sora", "jobs": [{{"id": "{VIDEO}"}}]}}', "sora"),
        (f'{{"sora-2": ["{VIDEO}"]}}', "sora"),
        (f"shot,sora-2,veo3.1\n1,,{UUID}\n", "veo"),
        (f"| id | model |\n|---|---|\n| {VIDEO} | grok-imagine-video |", "grok"),
        (f"model: veo3.1\ntask_id: {UUID}\n", "veo"),
        (f'{{"request": {{"model": "veo3.1"}}, "response": {{"id": "{VIDEO}"}}}}', "veo"),
        (f'POST /v1/videos {{"model": "sora-2", "prompt": "x"}}\n200 OK\n{{"id": "{VIDEO}"}}\n', "sora"),
    ],
)
def test_a_provider_beside_an_id_is_its_own(text: str, provider: str) -> None:
    assert [task.provider for task in read(text, BUILTIN).tasks] == [provider]


def test_what_else_a_text_says_is_kept_and_said() -> None:
    answer = {"id": VIDEO, "model": "sora-2", "prompt": "a fox in the snow", "seconds": "4", "size": "720x1280"}
    intake = read(json.dumps(answer), BUILTIN)
    assert intake.title_of(VIDEO) == "a fox in the snow"
    facts = intake.described[VIDEO].facts
    assert (facts.seconds, facts.size) == ("4", "720x1280")
    assert intake.says == "1 task: 1 Sora (from JSON); title “a fox in the snow”; 4 s, 720x1280"


def test_the_name_of_a_row_is_a_title_and_its_shot_a_tag() -> None:
    intake = read(f"shot,name,task_id,model\n12,opening,{VIDEO},sora-2\n", BUILTIN, tags=("film",))
    assert intake.title_of(VIDEO) == "opening"
    assert intake.tasks[0].tags == ("film", "shot-12")
    intake = read(f"shots:\n  closing:\n    name: the end\n    task_id: {VIDEO}\n    model: veo3.1\n", BUILTIN)
    assert intake.title_of(VIDEO) == "the end"


def test_a_title_is_the_beginning_of_a_prompt() -> None:
    intake = read(json.dumps({"id": VIDEO, "model": "sora-2", "prompt": "a fox\n" * 200}), BUILTIN)
    title = intake.title_of(VIDEO)
    assert title is not None
    assert len(title) == 200
    assert title.startswith("a fox a fox ")


@pytest.mark.parametrize(
    "text",
    ["video_6a84d…a7ffe6", "video_6a84d...", '{"id": "video_6a84d…", "model": "sora-2"}', "│ task_Ltuj… │ veo │"],
)
def test_a_shortened_id_is_named_and_no_task(text: str) -> None:
    intake = read(text, BUILTIN)
    assert ids_of(intake) == []
    assert len(intake.shortened) == 1
    assert f"1 shortened id left out: {intake.shortened[0]}" in intake.says


def test_a_string_that_the_end_cuts_off_is_a_shortened_id() -> None:
    intake = read('{"model": "sora-2", "id": "video_6a84d', BUILTIN)
    assert (ids_of(intake), intake.shortened) == ([], ["video_6a84d…"])
    assert ids_of(read(f'{{"model": "sora-2", "id": "{VIDEO}', BUILTIN)) == [VIDEO]
