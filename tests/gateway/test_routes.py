from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octotui.gateway.routes import ROUTES, check_id, content_url, normalise_base_url, same_origin, task_url

BASE_URL = "https://octopusx.ai"


@pytest.mark.parametrize(
    ("text", "base_url"),
    [
        ("https://octopusx.ai", BASE_URL),
        ("https://octopusx.ai/", BASE_URL),
        ("https://octopusx.ai/v1", BASE_URL),
        ("https://octopusx.ai/v1/", BASE_URL),
        ("https://octopusx.ai//v1//", BASE_URL),
        ("  HTTPS://OctopusX.ai:443/V1 \n", BASE_URL),
        ("http://localhost:3000/v1", "http://localhost:3000"),
        ("http://host:80", "http://host"),
        ("https://host:80", "https://host:80"),
        ("http://[::1]:8080/v1/", "http://[::1]:8080"),
        ("https://host/gate//way/v1/", "https://host/gate/way"),
        ("https://host/v1/gate", "https://host/v1/gate"),
        ("https://host/v10", "https://host/v10"),
    ],
)
def test_base_urls_with_and_without_v1_and_slashes_are_the_same(text: str, base_url: str) -> None:
    assert normalise_base_url(text) == base_url
    assert normalise_base_url(base_url) == base_url
    assert task_url(base_url, "videos", "x") == f"{base_url}/v1/videos/x"


@pytest.mark.parametrize(
    "text",
    [
        *("", "octopusx.ai", "ftp://octopusx.ai", "https://", "https:///v1", "https://host:port", "https://[::1"),
        *("https://ho st", "https://host\\@evil", "https://user:pass@host", "https://host?x=1", "https://host/#a"),
        "https://host/\x00",
    ],
)
def test_what_is_no_base_url_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="the base URL"):
        normalise_base_url(text)


@pytest.mark.parametrize(
    ("task_id", "encoded"),
    [
        ("video_abc-123.x~y", "video_abc-123.x~y"),
        ("sora-2:task_01k7", "sora-2:task_01k7"),
        ("ab+/cd==", "ab%2B%2Fcd%3D%3D"),
        ("a b?c#d&e%2F", "a%20b%3Fc%23d%26e%252F"),
        ("../x", "..%2Fx"),
        ("视频", "%E8%A7%86%E9%A2%91"),
        ("  video_1\n", "video_1"),
    ],
)
def test_every_route_encodes_what_needs_it(task_id: str, encoded: str) -> None:
    assert task_url(BASE_URL, "videos", task_id) == f"{BASE_URL}/v1/videos/{encoded}"
    assert task_url(BASE_URL, "query", task_id) == f"{BASE_URL}/v1/video/query?id={encoded}"
    assert task_url(BASE_URL, "generations", task_id) == f"{BASE_URL}/v1/video/generations/{encoded}"
    assert content_url(BASE_URL, task_id) == f"{BASE_URL}/v1/videos/{encoded}/content"


def test_the_three_routes_have_their_public_names() -> None:
    assert list(ROUTES) == ["videos", "query", "generations"]
    assert all(route.name == name for name, route in ROUTES.items())


@pytest.mark.parametrize(
    "task_id", ["", "  ", ".", "..", " .. ", "a\x00b", "a\nb", "a\x7f", "a\x85b", "a\u2028b", "\ud800"]
)
def test_what_is_no_id_is_refused(task_id: str) -> None:
    with pytest.raises(ValueError, match="id"):
        check_id(task_id)


def test_a_long_base64_id_keeps_its_case() -> None:
    task_id = "aB3+/" * 52 + "=="
    assert check_id(f" {task_id}\t") == task_id


@settings(deadline=None)
@given(st.text(st.characters(), max_size=40))
def test_an_id_comes_back_from_its_url_and_never_leaves_its_place(task_id: str) -> None:
    try:
        url = task_url(BASE_URL, "videos", task_id)
    except ValueError:
        return
    parts = urlsplit(url)
    assert parts.query == parts.fragment == ""
    assert parts.path.count("/") == 3
    assert unquote(parts.path.rpartition("/")[2]) == task_id.strip()


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("https://octopusx.ai/v1/videos/x/content", "https://octopusx.ai", True),
        ("https://OCTOPUSX.ai:443/a", "https://octopusx.ai", True),
        ("http://octopusx.ai", "https://octopusx.ai", False),
        ("https://octopusx.ai:8443", "https://octopusx.ai", False),
        ("https://octopusx.ai.evil.example", "https://octopusx.ai", False),
        ("https://octopusx.ai@evil.example", "https://octopusx.ai", False),
        ("https://evil.example\\@octopusx.ai", "https://octopusx.ai", False),
        ("https://cdn.octopusx.ai", "https://octopusx.ai", False),
        ("https://octopusx.ai:x", "https://octopusx.ai:x", False),
        ("//octopusx.ai", "//octopusx.ai", False),
        ("", "", False),
    ],
)
def test_origins(a: str, b: str, same: bool) -> None:
    assert same_origin(a, b) is same
    assert same_origin(b, a) is same
