from __future__ import annotations

import json
import random
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octotui.gateway.providers import BUILTIN
from octotui.intake import provider_choice
from octotui.intake.cleaning.text import decode
from octotui.intake.id_shapes import is_of_letters
from octotui.intake.parse import MAX_TEXT, read
from octotui.intake.typed_ids import parse_ids
from octotui.sanitize import clean

PIECES = st.sampled_from(
    [
        "video_abc123",
        "task_01k6x15vhrff09dkkqjrzwhm60",
        "cgt-20260921141320-x8k2m",
        "grok:05c8e247-7e64-472a-acb1-e7f2de5d0d04",
        "https://x.example/v1/videos/",
        "/v1/video/query?id=",
        "/v1/video/generations/",
        "/content",
        "%2F%00%0a%ff",
        '{"id": "',
        '"task_id": ',
        '", "model": "sora-2"}',
        "{",
        "}",
        "[",
        "]",
        '"',
        ":",
        "\\\n",
        "\n",
        "\x1b[31m",
        "\x1b]0;title\x07",
        "\x00",
        "\u202e",
        "\ud800",
        " ",
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=8), max_size=25).map("".join)
_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=12) | PIECES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "task_id", "data", "model", "code", "object", "msg", "ids"]) | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


def is_sound(task_id: str) -> bool:
    return (
        0 < len(task_id) <= 512
        and task_id == task_id.strip()
        and not any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in task_id)
    )


def check(text: str) -> None:
    intake = read(text, BUILTIN)
    ids = [*(task.id for task in intake.tasks), *intake.unsure]
    assert all(map(is_sound, ids)), ids
    assert len(ids) == len(set(ids))
    shown = [intake.says, *intake.ignored_examples, *(task.model or "" for task in intake.tasks)]
    assert all(clean(text) == text for text in shown)


@given(TEXTS)
def test_no_text_raises_or_yields_an_unsound_id(text: str) -> None:
    check(text)


@given(_JSON, st.sampled_from(["", "POST ", "\n"]), st.booleans())
def test_no_json_raises_or_yields_an_unsound_id(value: object, before: str, is_indented: bool) -> None:
    check(before + json.dumps(value, indent=1 if is_indented else None))


@given(st.lists(st.text(max_size=20), max_size=3))
def test_typed_ids_are_sound_or_refused(ids: list[str]) -> None:
    try:
        intake = parse_ids(ids, BUILTIN)
    except ValueError:
        return
    assert all(map(is_sound, [*(task.id for task in intake.tasks), *intake.unsure]))


@given(st.lists(st.from_regex(r"video_[0-9a-f]{6,12}", fullmatch=True), min_size=1, max_size=6, unique=True))
def test_ids_survive_whatever_separates_them(ids: list[str]) -> None:
    ids = [task_id for task_id in ids if not task_id.removeprefix("video_").isalpha()]
    for separator in ("\n", " ", ",", ", ", ";\n", "\t"):
        assert read(separator.join(ids), BUILTIN).unsure == ids


_WORDS = st.from_regex(r"[A-Za-z]{1,12}[.,;:!?]?", fullmatch=True)
_LIKE_IDS = st.from_regex(r"(video|task)_[a-z]{3,12}", fullmatch=True)


@given(st.lists(_WORDS, min_size=1, max_size=20), st.lists(_LIKE_IDS, max_size=5), st.randoms(use_true_random=False))
def test_words_of_sentences_never_become_ids(words: list[str], like_ids: list[str], dice: random.Random) -> None:
    spoken = [*words, *like_ids]
    dice.shuffle(spoken)
    text = "".join(word + dice.choice([" ", ", ", "\n"]) for word in spoken)
    intake = read(text, BUILTIN)
    assert (intake.tasks, intake.unsure) == ([], [])


@given(st.lists(_LIKE_IDS.filter(is_of_letters), min_size=1, max_size=6, unique=True))
def test_ids_of_letters_survive_whatever_separates_them(ids: list[str]) -> None:
    for separator in ("\n", " ", ",", ", ", ";\n", "\t"):
        assert read(separator.join(ids), BUILTIN).unsure == ids


@pytest.mark.parametrize(
    "text",
    [
        "video_aaa,task_bbb\n" * 50_000,
        "video_aaa" * 100_000,
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"' * 500_000,
        '{"a\n' * 100_000,
        "/v1/video/query" * 60_000,
        "/v1/videos/" * 90_000,
        "video_" * 150_000,
        "a:" * 400_000,
        "model=" * 150_000,
        "task_id=" * 100_000,
        "x" * 1_000_000,
        "\x1b]" * 400_000,
        "1-" * 400_000,
        "A.b" * 300_000,
        " " * 1_000_000,
        "video_a1 " * 100_000,
        "[/td][tr]" * 110_000,
        "^ a ^ b ^\n" * 100_000,
        "|===\n" * 200_000,
        "{|\n| a\n" * 130_000,
        ".. list-table::\n   * - a\n" * 40_000,
        "ID为" * 350_000,
        " WHERE " + "update users set a " * 50_000,
        " IN (" * 200_000,
        "> x\n" * 250_000,
        "$ $a " * 200_000,
        'a ["b", "c"] ' * 80_000,
        "ids = [\n" + '"video_a1",  # sora\n' * 50_000,
        "{" + '"</": [],' * 110_000,
        json.dumps([[[[{"data": [{"id": "video_a1"}]}]]]] * 20_000),
    ],
    ids=lambda text: text[:12],
)
def test_hostile_text_takes_linear_time(text: str) -> None:
    began = time.process_time()
    check(text)
    assert time.process_time() - began < 8.0


def test_a_paste_that_is_too_long_is_cut_and_said() -> None:
    intake = read("video_abc123\n" + "\n" * MAX_TEXT + "video_def456", BUILTIN)
    assert intake.unsure == ["video_abc123"]
    assert "left out" in intake.says


def test_a_paste_with_too_many_tasks_is_cut_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider_choice, "MAX_TASKS", 100)
    intake = read("\n".join(f"sora:{number:09}a" for number in range(101)), BUILTIN)
    assert len(intake.tasks) == 100
    assert "left out" in intake.says


def test_thousands_of_create_answers_are_read_at_once() -> None:
    answers = [{"id": f"video_{number:012x}f", "model": "sora-2", "status": "queued"} for number in range(5_000)]
    began = time.process_time()
    for text in (json.dumps(answers), "\n".join(map(json.dumps, answers))):
        assert len(read(text, BUILTIN).tasks) == 5_000
    assert time.process_time() - began < 5.0


@pytest.mark.parametrize("data", [b"\0\0x task_bin02 ok\n", b"log\0 task_bin02 ok\n", "task_bin02 ok".encode("utf-16")])
def test_a_few_zero_bytes_hide_no_id(data: bytes) -> None:
    assert [task.id for task in read(decode(data), BUILTIN, provider="sora").tasks] == ["task_bin02"]
