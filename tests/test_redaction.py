from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octotui.redaction import (
    answer_without_private,
    hide,
    mask_for_others,
    mask_hidden,
    mask_secrets,
    without_private,
)

SECRET = "a cat in a red coat"


@pytest.mark.parametrize(
    "answer",
    [
        {"prompt": SECRET},
        {"data": {"revised_prompt": SECRET, "negative_prompt": SECRET}},
        {"input": {"text": SECRET, "image_url": f"https://x.example/{SECRET}"}},
        {"metadata": {"request": {"content": [{"type": "text", "text": SECRET}]}}},
        {"images": [SECRET], "first_frame": SECRET, "username": SECRET},
        {"data": json.dumps({"prompt": SECRET})},
        {"data": '{"prompt": "' + SECRET},
    ],
)
def test_nothing_of_a_prompt_is_left(answer: object) -> None:
    assert SECRET not in answer_without_private(json.dumps(answer))


@pytest.mark.parametrize(
    "answer",
    [
        '{"prompt": "' + SECRET,
        f"upstream said {{'prompt': '{SECRET}', 'x': 1}}",
        '{\\"prompt\\": \\"' + SECRET + '\\"}',
        "{" * 5000 + f'"prompt":"{SECRET}"',
    ],
)
def test_nor_where_the_answer_is_no_json(answer: str) -> None:
    assert SECRET not in answer_without_private(answer)


def test_what_helps_the_owner_stays() -> None:
    answer = {
        "id": "x",
        "status": "failed",
        "usage": {"prompt_tokens": 12},
        "error": {"code": "policy", "message": "refused"},
        "content": {"video_url": "https://cdn.example/v.mp4?X-Amz-Date=1&X-Amz-Signature=SECRET"},
        "prompt": "four",
        "input": {},
    }
    shown = json.loads(answer_without_private(json.dumps(answer)))
    assert shown["prompt"] == "(private, 4 characters)"
    assert shown["content"]["video_url"].endswith("X-Amz-Date=1&X-Amz-Signature=…")
    assert {name: shown[name] for name in ("id", "status", "usage", "error", "input")} == {
        name: answer[name] for name in ("id", "status", "usage", "error", "input")
    }


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("No space: /home/alice/videos/a.mp4", "No space: (a local path)…"),
        ("(/Users/alice/x)", "((a local path)…)"),
        ("~/videos/a.mp4: denied", "(a local path)…: denied"),
        ("GET https://x.example/home/alice 404", "GET https://x.example/home/alice 404"),
        ("/v1/videos/a/content: 404", "/v1/videos/a/content: 404"),
        ("key sk-abcdef123456", "key sk-…"),
        ("in /mnt/renders/a.mp4", "in …/a.mp4"),
        ("Bearer hunter2", "Bearer …"),
    ],
)
def test_paths_keys_and_what_is_named_go(text: str, left: str) -> None:
    assert without_private(text, ("/mnt/renders", "x", "")) == left


@given(st.text(max_size=200))
def test_any_text_is_taken(text: str) -> None:
    assert "hidden-text" not in without_private(text + "hidden-text", ["hidden-text"])
    answer_without_private(text)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("GET https://x.example/a?id=1&who=me&expires=9 failed", "GET https://x.example/a?id=1&who=…&expires=9 failed"),
        ("https://x.example/a?bare", "https://x.example/a?…"),
        ("https:\\/\\/x.example\\/a?id=1\\u0026who=me", "https:\\/\\/x.example\\/a?id=1\\u0026who=…"),
        ("https://x.example/a#state=me", "https://x.example/a#state=…"),
        ("state=failed; who=me", "state=failed; who=me"),
    ],
)
def test_of_links_others_see_only_the_parameters_that_may_stay(text: str, left: str) -> None:
    assert mask_for_others(text) == left
    assert without_private(text) == left


def test_the_exact_secrets_of_this_process_are_masked_however_they_are_written() -> None:
    hide("s3cret/with+slash")
    hide("short")
    text = "s3cret/with+slash s3cret%2Fwith%2Bslash s3cret\\/with+slash short"
    assert mask_hidden(text) == "… … … short"
    assert mask_secrets(text) == "… … … short"
