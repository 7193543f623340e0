from __future__ import annotations

import re

import pytest

from octotui.gateway.providers import BUILTIN, HOUR, Provider, infer
from octotui.gateway.routes import ROUTES


def test_the_five_documents_are_five_rows() -> None:
    assert [(provider.name, provider.route) for provider in BUILTIN] == [
        ("sora", "videos"),
        ("grok", "videos"),
        ("doubao", "videos"),
        ("veo", "query"),
        ("unified", "generations"),
    ]
    assert [provider.retention for provider in BUILTIN] == [hours * HOUR for hours in (24, 24, 12, 48, 24)]
    assert all(provider.route in ROUTES for provider in BUILTIN)
    assert all(re.fullmatch("#[0-9a-f]{6}", provider.accent) for provider in BUILTIN)
    assert len({provider.accent for provider in BUILTIN}) == len(BUILTIN)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("sora-2", "sora"),
        ("Sora-2-Pro", "sora"),
        ("openai/sora-2", "sora"),
        ("grok-video-3", "grok"),
        ("grok-imagine-video", "grok"),
        ("doubao-seedance-1-5-pro_720p", "doubao"),
        ("seedance-2", "doubao"),
        ("veo3.1-fast-components", "veo"),
        ("veo-3.1-generate-preview", "veo"),
        ("kling-3.0-omni-720p", "unified"),
        ("viduq2", "unified"),
        ("jimeng-v3", "unified"),
        ("MiniMax-Hailuo-02", "unified"),
        ("wan2.1-t2v", "unified"),
        (" VEO3 ", "veo"),
        ("gpt-4o", None),
        ("ep-1", None),
        ("", None),
    ],
)
def test_a_model_tells_its_provider(model: str, name: str | None) -> None:
    found = infer(BUILTIN, "video_abc", model)
    assert (found.name if found is not None else None) == name


@pytest.mark.parametrize(
    ("task_id", "name"),
    [
        ("sora-2:task_01k74ynm13exf9ha36zz7820hv", "sora"),
        ("SORA-2:x", "sora"),
        ("grok:05c8e247-7e64-472a-acb1-e7f2de5d0d04", "grok"),
        ("cgt-20260921141320-x8k2m", "doubao"),
        ("veo3.1-fast:1790000000-aB3dE5fG7h", "veo"),
        ("veo3:1790000000-YQ", "veo"),
        (" task-video-abc123 ", "unified"),
        ("jimeng:0c3fa60e-f37c-4ff6-a44d-5585ffea938d", "unified"),
        ("viduq2:1", "unified"),
        ("video_8b8232a3-847b-40e2-a3a3-912813b7ac60", None),
        ("task_01k6x15vhrff09dkkqjrzwhm60", None),
        ("f5f35814-953e-4094-8a2c-4a90014a58cb", None),
        ("VeoAbc+/d==", None),
        ("c29yYTpwcm9qZWN0cy94L29wZXJhdGlvbnM=", None),
        ("", None),
    ],
)
def test_an_id_tells_its_provider(task_id: str, name: str | None) -> None:
    found = infer(BUILTIN, task_id, None)
    assert (found.name if found is not None else None) == name


def test_the_model_is_asked_before_the_id() -> None:
    found = infer(BUILTIN, "sora-2:task_1", "veo3.1-fast")
    assert found is not None
    assert found.name == "veo"
    fallen_back = infer(BUILTIN, "sora-2:task_1", "unheard-of")
    assert fallen_back is not None
    assert fallen_back.name == "sora"


def test_a_provider_that_a_user_adds_takes_its_models_from_the_built_in_rows() -> None:
    kling = Provider("kling", "Kling", "videos", id_prefixes=("kling:",), model_prefixes=("Kling",))
    for task_id, model in (("video_1", "kling-3.0"), ("kling:1", None)):
        assert infer((*BUILTIN, kling), task_id, model) is kling


def test_a_longer_prefix_wins_and_an_empty_one_says_nothing() -> None:
    general = Provider("general", "General", "videos", id_prefixes=("",), model_prefixes=("", "sora"))
    special = Provider("special", "Special", "videos", model_prefixes=("sora-2-pro",))
    assert infer((special, general), "x", "sora-2-pro-max") is special
    assert infer((special, general), "x", "sora-2") is general
    assert infer((special, general), "x", "other") is None
