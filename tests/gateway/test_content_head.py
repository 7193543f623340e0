"""What comes from `/content` and result links: media, JSON that names a link, or an error."""

from __future__ import annotations

import json

import pytest

from octotui.gateway.errors import Forbidden, GatewayError, NoSuchTask, Refused, RequestError
from octotui.gateway.parsing.task_answer import read_content_head
from tests.gateway.reading import BASE_URL, LINK, NOW

MP4 = b"\x00\x00\x00\x20ftypisom"


@pytest.mark.parametrize(
    ("status", "content_type", "first_bytes"),
    [
        (200, "video/mp4", MP4),
        (200, "application/octet-stream", MP4),
        (200, "application/json", MP4),
        (200, "", MP4),
        (200, "", b"\x1a\x45\xdf\xa3webm"),
        (200, "video/mp4", b"\x47\x40\x11\x10"),
        (200, "video/mp4", b"<\x00\x00odd"),
        (206, "video/mp4", b"{\x00\x01"),
        (206, "application/octet-stream", b"<!doc"),
    ],
)
def test_media_bytes_are_no_answer(status: int, content_type: str, first_bytes: bytes) -> None:
    headers = {"Content-Type": content_type}
    assert read_content_head(status, headers, first_bytes, base_url=BASE_URL, now=NOW) is None


@pytest.mark.parametrize(
    ("body", "url"),
    [
        ({"status": "completed", "url": LINK}, LINK),
        ({"url": LINK}, LINK),
        ({"code": 0, "data": {"video_url": "/v1/videos/x/content"}}, f"{BASE_URL}/v1/videos/x/content"),
        ({"data": {"id": "x", "status": "SUCCESS", "result_url": LINK}}, LINK),
    ],
)
@pytest.mark.parametrize("content_type", ["application/json", "video/mp4"])
def test_json_on_the_content_route_names_a_link(body: object, url: str, content_type: str) -> None:
    raw = json.dumps(body).encode()
    answer = read_content_head(200, {"content-type": content_type}, raw, base_url=BASE_URL, now=NOW)
    assert answer is not None
    assert answer.result_url == url


@pytest.mark.parametrize(
    ("status", "raw", "kind"),
    [
        (200, b"", GatewayError),
        (200, b"<html><title>x</title>", GatewayError),
        (200, b"  <!DOCTYPE html>", GatewayError),
        (200, b'{"status":"processing","id":"x"}', GatewayError),
        (200, b'{"status":"completed","id":"x"}', GatewayError),
        (200, b'{"status":"failed","id":"x","url":"https://cdn.example.net/a"}', GatewayError),
        (200, b'{"error":{"message":"x"}}', GatewayError),
        (200, b"[]", GatewayError),
        (404, b'{"error":{"message":"x"}}', NoSuchTask),
        (410, b'{"error":{"message":"x"}}', Refused),
        (403, b"<?xml version='1.0'?><Error/>", Forbidden),
        (403, MP4, Forbidden),
        (416, b"", Refused),
        (502, b'{"id":"x","object":"video","status":"completed","url":"https://cdn.example.net/a"}', GatewayError),
    ],
)
def test_what_is_neither_media_nor_a_link_is_an_error(status: int, raw: bytes, kind: type[RequestError]) -> None:
    with pytest.raises(kind):
        read_content_head(status, {"content-type": "video/mp4"}, raw, base_url=BASE_URL, now=NOW)


def test_text_sent_as_text_is_no_media() -> None:
    with pytest.raises(GatewayError, match="no such file"):
        read_content_head(200, {"content-type": "text/plain"}, b"no such file", base_url=BASE_URL, now=NOW)
