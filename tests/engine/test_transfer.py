"""One file from a server that behaves, and from many that do not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from octotui.engine.downloads.cancellation import StopHandle
from octotui.engine.downloads.transfer import Failed, Later
from tests.support.bad_server import BadServer, Reply, Serve, certificate, clip, in_turn, noise, redirect, says
from tests.support.clock import NOW
from tests.support.fetching import KEY, TRANSPORTS, Fetching

CLIP = clip(300_000)
CONTENT = "/v1/videos/video_1/content"


@pytest.fixture
def server() -> Iterator[BadServer]:
    with BadServer() as running:
        yield running


@pytest.fixture(params=TRANSPORTS)
def fetching(request: pytest.FixtureRequest, server: BadServer, tmp_path: Path) -> Fetching:
    return Fetching(tmp_path / "videos", server.url, request.param)


def test_a_video_is_saved_whole_with_its_side_car(fetching: Fetching, server: BadServer) -> None:
    saved = fetching.save(server.on("/clip.mp4", Serve(CLIP)) + "?X-Amz-Signature=abcdef0123")
    assert saved.file == fetching.folder / "video_1.mp4"
    assert saved.file.read_bytes() == CLIP
    assert (saved.size, saved.sha256, saved.words) == (len(CLIP), hashlib.sha256(CLIP).hexdigest(), "whole")
    text = (fetching.folder / "video_1.mp4.json").read_text()
    facts = json.loads(text)
    assert (facts["id"], facts["provider"], facts["model"]) == ("video_1", "sora", "sora-2")
    assert (facts["bytes"], facts["sha256"], facts["link_host"]) == (len(CLIP), saved.sha256, "127.0.0.1")
    assert facts["completed_at"] == NOW - 5
    assert "abcdef0123" not in text
    assert KEY not in text
    assert fetching.attempts == [("link", "whole, 300,000 bytes")]
    assert server.requests[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("task_id", ["grok:05c8e247", "a/b=c+d==", "../../etc/passwd", "x" * 262, "ä b\u202e", "%2F?#"])
def test_any_id_can_be_fetched_and_named(fetching: Fetching, server: BadServer, task_id: str) -> None:
    server.on("*", Serve(CLIP))
    saved = fetching.save(None, task_id)
    assert saved.file.parent == fetching.folder
    assert saved.file.read_bytes() == CLIP
    assert server.requests[0].target.startswith("/v1/videos/")
    assert server.requests[0].target.count("/") == 4


def test_another_kind_of_video_gets_its_own_ending(fetching: Fetching, server: BadServer) -> None:
    flash = b"FLV\x01" + noise(5000)
    saved = fetching.save(server.on("/clip.mp4", Serve(flash)))
    assert (saved.file.name, saved.words) == ("video_1.flv", "length checked")
    assert fetching.save(f"{server.url}/clip.mp4").file == saved.file
    assert len(server.requests) == 1, "it is found again by that ending"


def test_a_kind_that_cannot_tell_needs_a_length(fetching: Fetching, server: BadServer) -> None:
    flash = Serve(b"FLV\x01" + noise(5000), says_length=False, ranges=False)
    assert isinstance(fetching.get(server.on("/clip.mp4", flash)), Failed)


def test_a_certificate_nobody_knows_is_told_in_words(fetching: Fetching, tmp_path: Path) -> None:
    context, _ = certificate(tmp_path, "127.0.0.1")
    with BadServer(tls=context) as secure:
        outcome = fetching.transfer(fetching.task(f"{secure.url}/clip.mp4")).run(StopHandle())
        assert isinstance(outcome, Later)
        assert "certificate" in outcome.words.lower()
        assert secure.requests == []


@pytest.mark.parametrize("name", ["Content-Disposition", "X-Vendor", "Content-Type", "ETag", "Content-Range"])
@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_a_header_beyond_ascii_is_no_obstacle(fetching: Fetching, server: BadServer, name: str, encoding: str) -> None:
    value = "café Å 3".encode(encoding).decode("latin-1")
    link = server.on("/clip.mp4", Serve(CLIP, cut_at=100_000, cuts=1, headers={name: value}))
    assert fetching.save(link).file.read_bytes() == CLIP


@pytest.mark.parametrize("status", [200, 404, 429, 503])
def test_no_header_of_an_error_beyond_ascii_is_an_obstacle(fetching: Fetching, server: BadServer, status: int) -> None:
    odd = "²é".encode().decode("latin-1")
    headers = dict.fromkeys(("Retry-After", "Last-Modified", "Content-Encoding", "Date", "X-Vendor"), odd)
    server.on("/clip.mp4", lambda exchange: exchange.answer(status, b"no", headers))
    server.on(CONTENT, Serve(CLIP))
    assert fetching.save(f"{server.url}/clip.mp4").file.read_bytes() == CLIP
    assert not [outcome for _, outcome in fetching.attempts if "fault" in outcome]


def raw_redirect(location: bytes) -> Reply:
    """A redirect to `location`, byte for byte, beside a header in Latin-1."""
    head = b"HTTP/1.1 302 Found\r\nX-Vendor: caf\xe9\r\nContent-Length: 0\r\nConnection: close\r\nLocation: "
    return lambda exchange: exchange.send(head + location + b"\r\n\r\n")


class TestKey:
    def test_never_goes_to_a_result_host(self, fetching: Fetching) -> None:
        with BadServer() as elsewhere:
            fetching.save(elsewhere.on("/clip.mp4", Serve(CLIP)))
            assert "authorization" not in elsewhere.requests[0].headers

    def test_goes_to_the_gateway_and_never_across_a_redirect(self, fetching: Fetching, server: BadServer) -> None:
        with BadServer() as elsewhere:
            server.on(CONTENT, redirect(elsewhere.on("/signed.mp4", Serve(CLIP))))
            fetching.save(None)
            assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
            assert "authorization" not in elsewhere.requests[0].headers

    def test_stays_behind_when_the_way_leads_out_and_back(self, fetching: Fetching, server: BadServer) -> None:
        with BadServer() as elsewhere:
            server.on(CONTENT, redirect(elsewhere.on("/bounce", redirect(server.on("/back.mp4", Serve(CLIP))))))
            fetching.save(None)
            assert "authorization" not in server.to("/back.mp4")[0].headers

    def test_goes_along_within_the_gateway(self, fetching: Fetching, server: BadServer) -> None:
        server.on(CONTENT, redirect("/files/1.mp4"))
        server.on("/files/1.mp4", Serve(CLIP))
        fetching.save(None)
        assert server.to("/files/1.mp4")[0].headers["authorization"] == f"Bearer {KEY}"

    def test_is_nowhere_on_disk_or_in_the_attempts(self, fetching: Fetching, server: BadServer) -> None:
        server.on(CONTENT, Serve(CLIP, cut_at=100_000, cuts=1))
        transfer = fetching.transfer(fetching.task(None))
        transfer.run(StopHandle())
        written = b"".join(path.read_bytes() for path in fetching.folder.rglob("*.json"))
        assert b"video_1" in written
        assert KEY.encode() not in written
        assert KEY not in str(fetching.attempts)


class TestRedirects:
    @pytest.mark.parametrize(
        "location", ["file:///etc/passwd", "ftp://127.0.0.1/clip.mp4", "javascript:alert(1)", "http://"]
    )
    def test_to_anything_but_http_are_refused(self, fetching: Fetching, server: BadServer, location: str) -> None:
        outcome = fetching.get(server.on("/clip.mp4", redirect(location)))
        assert isinstance(outcome, Failed)
        assert "redirect" in outcome.words
        assert fetching.names() == []

    @pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
    def test_to_a_path_beyond_ascii_are_followed(self, fetching: Fetching, server: BadServer, encoding: str) -> None:
        """The vendor's header is in Latin-1 beside both: httpx decodes all headers of a response alike."""
        path = "/café/Å.mp4".encode(encoding)
        quoted = server.on(quote(path), Serve(CLIP)).removeprefix(server.url)
        server.on("/clip.mp4", raw_redirect(path + b"?name=" + path))
        assert fetching.save(f"{server.url}/clip.mp4").file.read_bytes() == CLIP
        assert [request.target for request in server.requests][1].partition("?")[0] == quoted

    @pytest.mark.parametrize("location", [b"http://\xff\xfe/clip.mp4", b"http://[\xe9]/clip.mp4", b"\xff://x/clip.mp4"])
    def test_to_bytes_that_make_no_url_are_that_rungs_failure(
        self, fetching: Fetching, server: BadServer, location: bytes
    ) -> None:
        server.on(CONTENT, Serve(CLIP))
        assert fetching.save(server.on("/clip.mp4", raw_redirect(location))).file.read_bytes() == CLIP
        assert [source for source, _ in fetching.attempts][-1] == "content"

    def test_in_a_loop_end(self, fetching: Fetching, server: BadServer) -> None:
        fetching.patience = 1.0
        outcome = fetching.get(server.on("/clip.mp4", redirect("/clip.mp4")))
        assert isinstance(outcome, Failed)
        assert "more than 10 redirects" in outcome.words

    def test_up_to_ten_are_followed(self, fetching: Fetching, server: BadServer) -> None:
        for number in range(10):
            server.on(f"/{number}", redirect(f"/{number + 1}", status=307))
        server.on("/10", Serve(CLIP))
        assert fetching.save(f"{server.url}/0").file.read_bytes() == CLIP


class TestBodiesThatAreNoVideo:
    @pytest.mark.parametrize(
        ("body", "content_type"),
        [
            ("<!doctype html><title>Sign in</title>", "text/html"),
            ("<html>not said to be one</html>", "video/mp4"),
            ('{"error":{"message":"not now"}}', "application/json"),
            ('{"error":{"message":"not now"}}', "video/mp4"),
            ("just words", "text/plain"),
            (noise(5000), "video/mp4"),
            (noise(5000), "application/octet-stream"),
            (b"", "video/mp4"),
        ],
    )
    def test_are_never_saved(self, fetching: Fetching, server: BadServer, body: str | bytes, content_type: str) -> None:
        outcome = fetching.get(server.on("/clip.mp4", says(200, body, content_type)))
        assert isinstance(outcome, Failed)
        assert "video_1.mp4" not in fetching.names()

    def test_json_that_names_a_link_is_followed(self, fetching: Fetching, server: BadServer) -> None:
        link = server.on("/real.mp4", Serve(CLIP))
        server.on(CONTENT, says(200, json.dumps({"id": "x", "status": "completed", "url": link})))
        assert fetching.save(None).file.read_bytes() == CLIP
        assert [source for source, _ in fetching.attempts] == ["content", "fresh link"]

    def test_json_that_names_itself_ends(self, fetching: Fetching, server: BadServer) -> None:
        named = json.dumps({"id": "x", "status": "completed", "url": f"{server.url}{CONTENT}"})
        server.on(CONTENT, says(200, named))
        assert isinstance(fetching.get(None), Failed)
        assert len(server.requests) < 60

    def test_a_page_about_the_upload_never_decides_the_name(self, fetching: Fetching, server: BadServer) -> None:
        reply = Serve(CLIP, headers={"Content-Disposition": 'attachment; filename="../../evil.mp4"'})
        saved = fetching.save(server.on("/clip.mp4", reply))
        assert saved.file == fetching.folder / "video_1.mp4"
        assert not list(fetching.folder.parent.glob("evil*"))


class TestCompression:
    def test_gzip_that_nobody_asked_for_is_unpacked(self, fetching: Fetching, server: BadServer) -> None:
        assert fetching.save(server.on("/clip.mp4", Serve(CLIP, packed=True))).file.read_bytes() == CLIP

    def test_a_gzip_cut_short_is_tried_again(self, fetching: Fetching, server: BadServer) -> None:
        reply = Serve(CLIP, packed=True, says_length=False, cut_at=200_000, cuts=1, ranges=False)
        assert fetching.save(server.on("/clip.mp4", reply)).file.read_bytes() == CLIP

    def test_a_range_of_the_packed_bytes_is_not_mixed_with_plain_ones(
        self, fetching: Fetching, server: BadServer
    ) -> None:
        plain = Serve(CLIP, cut_at=100_000)
        packed = Serve(CLIP, packed=True)
        assert fetching.save(server.on("/clip.mp4", in_turn(plain, packed))).file.read_bytes() == CLIP

    def test_a_bomb_is_bounded(self, fetching: Fetching, server: BadServer) -> None:
        fetching.limits = replace(fetching.limits, largest=10**6)
        bomb = Serve(CLIP[:1000] + bytes(50_000_000), packed=True)
        outcome = fetching.get(server.on("/clip.mp4", bomb))
        assert isinstance(outcome, Failed)
        assert "max_file_size" in outcome.words
        assert fetching.names() == []

    @pytest.mark.parametrize("encoding", ["identity", "aws-chunked", "none"])
    def test_words_that_mean_nothing_change_nothing(self, fetching: Fetching, server: BadServer, encoding: str) -> None:
        reply = Serve(CLIP, headers={"Content-Encoding": encoding})
        assert fetching.save(server.on("/clip.mp4", reply)).file.read_bytes() == CLIP

    def test_an_unknown_one_is_refused(self, fetching: Fetching, server: BadServer) -> None:
        outcome = fetching.get(server.on("/clip.mp4", Serve(CLIP, headers={"Content-Encoding": "br"})))
        assert isinstance(outcome, Failed)
        assert "br" in outcome.words
