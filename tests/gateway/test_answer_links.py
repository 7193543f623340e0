"""Result URLs by the rules of GATEWAY.md: their order, their places, and what counts as one."""

from __future__ import annotations

import pytest

from octotui.gateway.providers import BUILTIN, Provider
from tests.gateway.reading import DONE, LINK, merged, nested, read, short

HEAD = [
    *("output.url", "video_url", "url", "detail.url", "result_url", "detail.upsample_video_url", "detail.video_url"),
    *("detail.downloadable_url", "detail.draft_info.downloadable_url", "metadata.url", "metadata.video_url"),
    *("video.url", "content.video_url"),
]
URL_PATHS = [
    *HEAD,
    *(f"data.{path}" for path in HEAD),
    *(f"data.data.{path}" for path in HEAD),
    *(f"data.data.data.{path}" for path in HEAD),
    "fail_reason",
    "data.fail_reason",
    "task_result.videos.0.url",
    "creations.0.url",
    "FileInfos.0.FileUrl",
    "VideoUrls.0",
]


@pytest.mark.parametrize("index", range(len(URL_PATHS)))
def test_the_result_url_is_the_first_in_order(index: int) -> None:
    later = merged(*(nested(path, f"https://later.example.net/{path}") for path in URL_PATHS[index + 1 :]))
    body = merged(later, nested(URL_PATHS[index], LINK), DONE)
    assert read(body).result_url == LINK


@pytest.mark.parametrize("path", URL_PATHS)
@pytest.mark.parametrize("status", ["running", "failed", "cancelled", "unknown", "video_generation_completed"])
def test_a_url_is_believed_of_completed_tasks_only(path: str, status: str) -> None:
    assert read(merged(nested(path, LINK), {"id": "x", "status": status})).result_url is None


@pytest.mark.parametrize(
    "path",
    [
        "output",
        "data.output",
        "data.data.output",
        "data.data.data.content.video_url",
        "detail.AigcVideoTask.Output.FileInfos.0.FileUrl",
        "detail.AigcVideoTask.FileInfos.0.FileUrl",
        "detail.AigcVideoTask.Output.VideoUrls.0",
        "data.detail.AigcVideoTask.Output.FileInfos.0.FileUrl",
        "data.data.detail.draft_info.downloadable_url",
        "data.task_result.videos.0.url",
        "data.data.creations.0.url",
        "Video.Url",
        "VideoUrl",
        "data.0.Content.VideoUrl",
    ],
)
def test_other_places_of_a_url(path: str) -> None:
    assert read(merged(nested(path, LINK), DONE)).result_url == LINK


@pytest.mark.parametrize(
    "path",
    [
        "input.video_url",
        "input.url",
        "data.input.url",
        "detail.input.images.0",
        "detail.AigcVideoTask.Input.FileInfos.0.FileUrl",
        "properties.url",
        "req.video_url",
        "data.properties.output.url",
        "images.0",
        "images.0.url",
        "thumbnail_url",
        "thumbnail.url",
        "gif_url",
        "detail.gif_url",
        "detail.draft_info.encodings.gif.path",
        "cover_url",
        "last_frame_url",
        "data.data.data.data.url",
        "error.message",
    ],
)
def test_places_that_are_never_a_result(path: str) -> None:
    assert read(merged(nested(path, LINK), DONE)).result_url is None


def test_a_second_file_is_taken_where_the_first_has_no_link() -> None:
    infos = [{"FileUrl": ""}, "junk", {"FileUrl": "not a link"}, {"FileUrl": LINK}]
    assert read({**DONE, "detail": {"AigcVideoTask": {"Output": {"FileInfos": infos}}}}).result_url == LINK


SIGNED = "https://cdn.example.net/a%2Fb_%e4%bd%a0.mp4?sig=a%2Bb%3D&x=%20+;&e=1#t=1"


@pytest.mark.parametrize(
    ("value", "url"),
    [
        (SIGNED, SIGNED),
        (f" `{SIGNED}` \n", SIGNED),
        (f"\u3000`` {LINK}``", LINK),
        ("HTTPS://CDN.example.net/A.mp4", "https://CDN.example.net/A.mp4"),
        ("http://[2001:db8::1]:8080/a.mp4", "http://[2001:db8::1]:8080/a.mp4"),
        ("https://cdn.example.net/视频.mp4", "https://cdn.example.net/视频.mp4"),
        ("/v1/videos/x%2Fy/content", "https://octopusx.ai/v1/videos/x%2Fy/content"),
        ("v1/videos/x/content", "https://octopusx.ai/v1/videos/x/content"),
        ("//cdn.example.net/a.mp4", "https://cdn.example.net/a.mp4"),
        ("http://localhost:3000/v1/videos/x%3D/content?a=%20", "https://octopusx.ai/v1/videos/x%3D/content?a=%20"),
        ("http://LOCALHOST/v1/videos/x/content", "https://octopusx.ai/v1/videos/x/content"),
        ("http://127.0.0.1:3000/v1/videos/x/content", "https://octopusx.ai/v1/videos/x/content"),
        ("http://localhost:3000/v1/videos/x", "http://localhost:3000/v1/videos/x"),
        ("http://localhost:3000/files/x.mp4", "http://localhost:3000/files/x.mp4"),
        ("https://other.example.net/v1/videos/x/content", "https://other.example.net/v1/videos/x/content"),
        ("data:video/mp4;base64,AAAA", None),
        ("ftp://cdn.example.net/a.mp4", None),
        ("s3://bucket/a.mp4", None),
        ("file:///etc/passwd", None),
        ("javascript:alert(1)", None),
        ("task failed", None),
        ("failed", None),
        ("/", None),
        ("/var/a b", None),
        ("https://", None),
        ("https:///a.mp4", None),
        ("https://[::1/a.mp4", None),
        ("https://cdn.example.net:port/a.mp4", None),
        ("https://cdn.example.net/a b.mp4", "https://cdn.example.net/a%20b.mp4"),
        ("https://cdn.example.net/a.mp4\nhttps://b", None),
        ("https://cdn.example.net/\x1b]52;c;aGk=\x07", None),
        ("https://cdn.example.net/\u202egpj.mp4", None),
        ("https://cdn.example.net/\ud800.mp4", None),
        ("https://cdn.example.net\\@evil.example/a", None),
        ("https://cdn.example.net/" + "a" * 20_000, None),
        (7, None),
        (["https://cdn.example.net/a.mp4", "https://cdn.example.net/b.mp4"], None),
        (None, None),
    ],
    ids=short,
)
def test_what_counts_as_a_url(value: object, url: str | None) -> None:
    assert read({**DONE, "video_url": value}).result_url == url


def test_the_first_sound_url_is_taken_over_unsound_ones_before_it() -> None:
    body = {**DONE, "output": None, "video_url": "data:video/mp4;base64,AA==", "url": "see below", "result_url": LINK}
    assert read(body).result_url == LINK


@pytest.mark.parametrize(
    ("base_url", "value", "url"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1/videos/x/content", None),
        ("http://localhost:3000", "http://localhost:3000/v1/videos/x/content", None),
        ("http://localhost:3000/gate", "http://localhost:3000/v1/videos/x/content", None),
        (
            "http://localhost:8080",
            "http://localhost:3000/v1/videos/x/content",
            "http://localhost:8080/v1/videos/x/content",
        ),
        ("https://host/gate", "/v1/videos/x/content", "https://host/gate/v1/videos/x/content"),
        ("https://host/gate", "/gate/v1/videos/x/content", "https://host/gate/v1/videos/x/content"),
        ("https://host/gate/", "v1/videos/x/content", "https://host/gate/v1/videos/x/content"),
        ("https://host/gate", "http://localhost/v1/videos/x/content", "https://host/gate/v1/videos/x/content"),
    ],
)
def test_urls_against_a_base_url_with_a_port_or_a_prefix(base_url: str, value: str, url: str | None) -> None:
    assert read({**DONE, "video_url": value}, base_url=base_url).result_url == (url or value)


def test_a_provider_can_name_its_own_url_order() -> None:
    body = {**DONE, "url": LINK, "clips": [{"mp4": "https://own.example.net/a.mp4"}], "input": {"url": "https://no/"}}
    own = Provider("mine", "Mine", "videos", url_order=("input.url", "clips.0.mp4", "url"))
    assert read(body, provider=own).result_url == "https://own.example.net/a.mp4"
    for asked in ("input", "req", "properties", "Input"):
        wish = {**DONE, asked: {"url": LINK}}
        assert read(wish, provider=own._replace(url_order=(f"{asked}.url",))).result_url is None
    assert read(body, provider=own._replace(url_order=("nothing",))).result_url is None
    assert read(body, provider=BUILTIN[0]).result_url == LINK
