"""One file from a server that behaves, and from many that do not."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from octotui.engine import part as part_module
from octotui.engine.fetch import Limits
from octotui.engine.lifeline import Lifeline
from octotui.engine.transfer import Failed, Later, Outcome, Parked, Saved
from octotui.gateway.transport import TRANSPORTS
from octotui.model import Deadline, DeadlineSource
from tests.support.bad_server import BadServer, Exchange, Serve, box, certificate, clip, in_turn, noise, redirect, says
from tests.support.fetching import KEY, NOW, Fetching
from tests.support.waiting import until

CLIP = clip(300_000)
OTHER = clip(300_000, seed=1)
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
        outcome = fetching.transfer(fetching.task(f"{secure.url}/clip.mp4")).run(Lifeline())
        assert isinstance(outcome, Later)
        assert "certificate" in outcome.words.lower()
        assert secure.requests == []


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
        transfer.run(Lifeline())
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
        assert fetching.names() == ["video_1.mp4.part", "video_1.mp4.part.json"]

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
        assert [rung for rung, _ in fetching.attempts] == ["content", "fresh link"]

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


class TestResume:
    def cut(self, fetching: Fetching, server: BadServer, etag: str | None = None) -> Serve:
        """A part of 100,000 bytes from a server that goes on with it."""
        reply = Serve(CLIP, cut_at=100_000, cuts=1, etag=etag)
        outcome = fetching.transfer(fetching.task(server.on("/clip.mp4", reply))).run(Lifeline())
        assert isinstance(outcome, Later)
        assert (fetching.folder / "video_1.mp4.part").read_bytes() == CLIP[:100_000]
        return reply

    def test_goes_on_after_a_kill_with_if_range(self, fetching: Fetching, server: BadServer) -> None:
        reply = self.cut(fetching, server, etag='"one"')
        assert fetching.save(f"{server.url}/clip.mp4").file.read_bytes() == CLIP
        assert server.requests[-1].headers["range"] == "bytes=100000-"
        assert server.requests[-1].headers["if-range"] == '"one"'
        assert reply.served == len(CLIP)

    def test_compares_64_kib_where_no_tag_speaks_for_the_file(self, fetching: Fetching, server: BadServer) -> None:
        self.cut(fetching, server)
        assert fetching.save(f"{server.url}/clip.mp4").file.read_bytes() == CLIP
        assert server.requests[-1].headers["range"] == f"bytes={100_000 - 50_000}-"
        assert "if-range" not in server.requests[-1].headers

    def test_a_weak_tag_speaks_for_nothing(self, fetching: Fetching, server: BadServer) -> None:
        self.cut(fetching, server, etag='W/"one"')
        assert fetching.save(f"{server.url}/clip.mp4").file.read_bytes() == CLIP
        assert "if-range" not in server.requests[-1].headers

    def test_starts_over_when_the_tag_has_changed(self, fetching: Fetching, server: BadServer) -> None:
        self.cut(fetching, server, etag='"one"')
        link = server.on("/clip.mp4", Serve(OTHER, etag='"two"'))
        assert fetching.save(link).file.read_bytes() == OTHER

    def test_starts_over_when_the_tag_has_changed_and_if_range_is_ignored(
        self, fetching: Fetching, server: BadServer
    ) -> None:
        self.cut(fetching, server, etag='"one"')
        link = server.on("/clip.mp4", Serve(OTHER, etag='"two"', if_range=False))
        assert fetching.save(link).file.read_bytes() == OTHER

    def test_starts_over_when_the_bytes_differ(self, fetching: Fetching, server: BadServer) -> None:
        self.cut(fetching, server)
        assert fetching.save(server.on("/clip.mp4", Serve(OTHER))).file.read_bytes() == OTHER

    def test_starts_over_when_the_size_differs(self, fetching: Fetching, server: BadServer) -> None:
        self.cut(fetching, server)
        longer = clip(400_000)
        assert fetching.save(server.on("/clip.mp4", Serve(longer))).file.read_bytes() == longer

    def test_a_tag_that_vanishes_has_the_bytes_compared(self, fetching: Fetching, server: BadServer) -> None:
        self.cut(fetching, server, etag='"one"')
        link = server.on("/clip.mp4", Serve(OTHER, if_range=False))
        assert fetching.save(link).file.read_bytes() == OTHER

    @pytest.mark.parametrize("ranges", [True, False])
    def test_a_tag_never_vouches_for_bytes_it_was_not_sent_with(
        self, fetching: Fetching, server: BadServer, ranges: bool
    ) -> None:
        """The first bytes of another file may be the same ones; a cut among them must not make the rest its own."""
        self.cut(fetching, server, etag='"one"')
        other = CLIP[:60_000] + OTHER[60_000:]
        same_so_far = Serve(other, etag='"two"', cut_at=5_000, ranges=ranges, if_range=False)
        server.on("/clip.mp4", in_turn(same_so_far, same_so_far, Serve(other, etag='"two"', if_range=False)))
        assert fetching.save(f"{server.url}/clip.mp4").file.read_bytes() == other

    def test_a_new_tag_counts_only_once_all_bytes_were_compared(self, fetching: Fetching, server: BadServer) -> None:
        self.cut(fetching, server)
        other = CLIP[:60_000] + OTHER[60_000:]
        begins_the_same = Serve(other, etag='"two"', cut_at=5_000)
        server.on("/clip.mp4", in_turn(begins_the_same, Serve(other, etag='"two"')))
        assert fetching.save(f"{server.url}/clip.mp4").file.read_bytes() == other

    def test_a_renewed_link_goes_on_where_the_old_one_ended(self, fetching: Fetching, server: BadServer) -> None:
        renewed = Serve(CLIP)
        old = server.on("/old.mp4", in_turn(Serve(CLIP, cut_at=200_000), says(403, "<Error/>", "application/xml")))
        link = server.on("/new.mp4", renewed)
        fetching.fresh_link = lambda _: link
        assert fetching.save(old).file.read_bytes() == CLIP
        assert renewed.served == 100_000 + 65_536
        assert [rung for rung, _ in fetching.attempts] == ["link", "link", "fresh link"]

    def test_a_server_without_ranges_starts_over_and_never_appends(self, fetching: Fetching, server: BadServer) -> None:
        self.cut(fetching, server)
        reply = Serve(CLIP, ranges=False)
        assert fetching.save(server.on("/clip.mp4", reply)).file.read_bytes() == CLIP
        assert reply.served == len(CLIP)

    def test_what_a_server_without_ranges_brought_outlives_its_next_cut(
        self, fetching: Fetching, server: BadServer
    ) -> None:
        link = server.on(
            "/clip.mp4",
            in_turn(Serve(CLIP, ranges=False, cut_at=200_000), Serve(CLIP, ranges=False, cut_at=50_000), Serve(CLIP)),
        )
        assert fetching.save(link).file.read_bytes() == CLIP
        assert server.requests[-1].headers["range"] == f"bytes={200_000 - 32_768}-"

    def test_after_a_crash_of_the_machine_only_flushed_bytes_are_believed(
        self, fetching: Fetching, server: BadServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.cut(fetching, server, etag='"one"')
        part = fetching.folder / "video_1.mp4.part"
        state = json.loads((fetching.folder / "video_1.mp4.part.json").read_text())
        assert state["proved"] == 100_000, "a wait is used to have all of it on the disk"
        # The crash: bytes after the last flush are there by size, but their blocks were never written.
        part.write_bytes(CLIP[:100_000] + bytes(50_000))
        monkeypatch.setattr(part_module, "_boot", lambda: "another run of the machine")
        assert fetching.save(f"{server.url}/clip.mp4").file.read_bytes() == CLIP
        assert server.requests[-1].headers["range"] == "bytes=100000-"

    def test_a_part_that_is_whole_needs_no_request(self, fetching: Fetching, server: BadServer) -> None:
        self.cut(fetching, server, etag='"one"')
        (fetching.folder / "video_1.mp4.part").write_bytes(CLIP)
        asked = len(server.requests)
        assert fetching.save(f"{server.url}/clip.mp4").file.read_bytes() == CLIP
        assert len(server.requests) == asked

    def test_a_file_saved_before_the_ledger_knew_is_found_again(self, fetching: Fetching, server: BadServer) -> None:
        link = server.on("/clip.mp4", Serve(CLIP))
        first = fetching.save(link)
        again = fetching.save(link)
        assert (again.file, again.sha256) == (first.file, first.sha256)
        assert len(server.requests) == 1

    def test_a_file_that_was_changed_since_is_left_alone_and_fetched_anew(
        self, fetching: Fetching, server: BadServer
    ) -> None:
        link = server.on("/clip.mp4", Serve(CLIP))
        first = fetching.save(link).file
        first.write_bytes(b"edited by its owner")
        second = fetching.save(link).file
        assert first.read_bytes() == b"edited by its owner"
        assert second.name == "video_1-2.mp4"
        assert second.read_bytes() == CLIP


class TestAnswersToARange:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Content-Range": "bytes 0-299999/300000"},
            {"Content-Range": "bytes 50001-299999/300000"},
            {"Content-Range": "bytes 50000-299999/300001"},
            {"Content-Range": "bytes 50000-49999/300000"},
            {"Content-Range": "bytes 50000-300000/300000"},
            {"Content-Range": "bytes 50000-59999/300000"},
            {"Content-Range": "bytes */300000"},
            {"Content-Range": "pages 1-2/3"},
            {"Content-Range": "bytes 50000-99999999999999999999/300000"},
            {"Content-Type": "multipart/byteranges; boundary=x"},
            {},
        ],
    )
    def test_that_do_not_fit_are_not_used(self, fetching: Fetching, server: BadServer, headers: dict[str, str]) -> None:
        """The bytes of these answers are right; nothing else about them is, so nobody can know that."""

        def odd(exchange: Exchange) -> None:
            if exchange.asked_range:
                exchange.answer(206, CLIP[exchange.asked_range :], dict(headers))
            else:
                exchange.answer(200, CLIP, {"Content-Type": "video/mp4"})

        link = server.on("/clip.mp4", in_turn(Serve(CLIP, cut_at=100_000), odd))
        assert fetching.save(link).file.read_bytes() == CLIP
        assert "range" in server.requests[1].headers
        assert "range" not in server.requests[2].headers

    def test_in_pieces_are_put_together(self, fetching: Fetching, server: BadServer) -> None:
        def piecewise(exchange: Exchange) -> None:
            start = exchange.asked_range or 0
            end = min(start + 90_000, len(CLIP))
            named = {"Content-Range": f"bytes {start}-{end - 1}/{len(CLIP)}"}
            exchange.answer(206, CLIP[start:end], named)

        link = server.on("/clip.mp4", in_turn(Serve(CLIP, cut_at=70_000), piecewise))
        assert fetching.save(link).file.read_bytes() == CLIP

    def test_206_to_a_plain_request_is_not_taken_for_the_file(self, fetching: Fetching, server: BadServer) -> None:
        reply = says(206, CLIP[:100_000], "video/mp4", Content_Range="bytes 0-99999/300000")
        assert isinstance(fetching.get(server.on("/clip.mp4", reply)), Failed)

    def test_416_with_our_size_means_that_all_is_there(self, fetching: Fetching, server: BadServer) -> None:
        """Content-Length promised more than the file has: the end is known only by asking beyond it."""

        def boasting(exchange: Exchange) -> None:
            exchange.head(200, {"Content-Length": len(CLIP) + 5000, "ETag": '"one"'})
            exchange.send(CLIP)

        link = server.on("/clip.mp4", in_turn(boasting, Serve(CLIP, etag='"one"')))
        assert fetching.save(link).file.read_bytes() == CLIP

    @pytest.mark.parametrize("content_range", ["bytes */12345", "bytes */*", "", "nonsense"])
    def test_416_with_anything_else_starts_over(
        self, fetching: Fetching, server: BadServer, content_range: str
    ) -> None:
        refused = says(416, b"", "text/plain", Content_Range=content_range)
        link = server.on("/clip.mp4", in_turn(Serve(CLIP, cut_at=100_000, etag='"one"'), refused, Serve(CLIP)))
        assert fetching.save(link).file.read_bytes() == CLIP


class TestLengthsThatLie:
    def test_too_short_a_length_is_found_out_and_the_rest_fetched(self, fetching: Fetching, server: BadServer) -> None:
        def modest(exchange: Exchange) -> None:
            exchange.head(200, {"Content-Length": len(CLIP) - 1000, "Content-Type": "video/mp4"})
            exchange.send(CLIP)

        link = server.on("/clip.mp4", in_turn(modest, Serve(CLIP)))
        assert fetching.save(link).file.read_bytes() == CLIP
        assert "cut inside its mdat box" in fetching.attempts[0][1]

    def test_a_file_that_is_broken_at_its_source_is_never_called_good(
        self, fetching: Fetching, server: BadServer
    ) -> None:
        outcome = fetching.get(server.on("/clip.mp4", Serve(CLIP[:-1000])))
        assert isinstance(outcome, Failed)
        assert "cut inside its mdat box: 299,000 of at least 300,000 bytes" in outcome.words
        assert "video_1.mp4" not in fetching.names()

    def test_a_file_broken_in_the_middle_is_fetched_anew_from_the_next_rung(
        self, fetching: Fetching, server: BadServer
    ) -> None:
        torn = CLIP[:24] + noise(len(CLIP) - 24)
        server.on(CONTENT, Serve(CLIP))
        assert fetching.save(server.on("/clip.mp4", Serve(torn))).file.read_bytes() == CLIP
        assert [rung for rung, _ in fetching.attempts][-1] == "content"

    @pytest.mark.parametrize("size", [3, 2**31], ids=["no box", "a box that seems cut"])
    def test_a_file_broken_at_its_start_is_not_gone_on_with(
        self, fetching: Fetching, server: BadServer, size: int
    ) -> None:
        """Its end is the same as that of the good one, so that only starting over can help."""
        torn = CLIP[:24] + size.to_bytes(4, "big") + CLIP[28:]
        server.on(CONTENT, Serve(CLIP))
        assert fetching.save(server.on("/clip.mp4", Serve(torn))).file.read_bytes() == CLIP

    def test_an_endless_body_is_bounded(self, fetching: Fetching, server: BadServer) -> None:
        def endless(exchange: Exchange) -> None:
            exchange.head(200, {"Content-Type": "video/mp4"})
            exchange.send(box(b"ftyp", b"isom") + box(b"mdat", size=0))
            while not exchange.server.closing.is_set():
                try:
                    exchange.connection.sendall(bytes(65536))
                except OSError:
                    return

        fetching.limits = replace(fetching.limits, largest=2_000_000)
        outcome = fetching.get(server.on("/clip.mp4", endless))
        assert isinstance(outcome, Failed)
        assert outcome.words.startswith("bigger than max_file_size: ")
        assert fetching.names() == [], "what is not wanted is not kept"

    def test_a_length_beyond_the_bound_is_not_even_begun(self, fetching: Fetching, server: BadServer) -> None:
        fetching.limits = replace(fetching.limits, largest=1000)
        reply = Serve(CLIP)
        assert isinstance(fetching.get(server.on("/clip.mp4", reply)), Failed)
        assert len(server.requests) == 1


class TestSlowServers:
    def test_a_byte_now_and_then_is_a_stall(self, fetching: Fetching, server: BadServer) -> None:
        def trickle(exchange: Exchange) -> None:
            exchange.head(200, {"Content-Length": len(CLIP)})
            exchange.send(CLIP[:1000])
            pause = exchange.server.closing
            for at in range(1000, 3000):
                if pause.wait(0.02):
                    return
                exchange.send(CLIP[at : at + 1])

        fetching.limits = replace(fetching.limits, stall_window=0.3, stall_least=5_000)
        link = server.on("/clip.mp4", in_turn(trickle, Serve(CLIP)))
        assert fetching.save(link).file.read_bytes() == CLIP
        assert fetching.attempts[0] == ("link", "fewer than 5.0 kB in 0 s")

    def test_silence_ends(self, fetching: Fetching, server: BadServer) -> None:
        fetching.limits = replace(fetching.limits, silence=0.2)
        link = server.on("/clip.mp4", in_turn(Exchange.wait_until_gone, Serve(CLIP)))
        assert fetching.save(link).file.read_bytes() == CLIP

    def test_headers_without_end_are_ended_by_the_queue(self, fetching: Fetching, server: BadServer) -> None:
        def dripping(exchange: Exchange) -> None:
            exchange.send(b"HTTP/1.1 200 OK\r\n")
            while not exchange.server.closing.wait(0.02):
                exchange.connection.sendall(b"X-More: and more\r\n")

        fetching.limits = replace(fetching.limits, head=0.2)
        lifeline = Lifeline()
        outcomes: list[Outcome] = []
        transfer = fetching.transfer(fetching.task(server.on("/clip.mp4", dripping)))
        worker = threading.Thread(target=lambda: outcomes.append(transfer.run(lifeline)))
        worker.start()

        def ended() -> bool:
            lifeline.look()
            return bool(outcomes)

        until(ended, "the request that is never answered to be ended")
        worker.join()
        assert isinstance(outcomes[0], Later)

    def test_is_parked_at_once_while_a_server_is_silent(self, fetching: Fetching, server: BadServer) -> None:
        def half(exchange: Exchange) -> None:
            exchange.head(200, {"Content-Length": len(CLIP)})
            exchange.send(CLIP[:150_000])
            sent.set()
            exchange.wait_until_gone()

        sent = threading.Event()
        fetching.limits = Limits(largest=10**8, silence=60)
        transfer = fetching.transfer(fetching.task(server.on("/clip.mp4", half)))
        lifeline = Lifeline()
        outcomes: list[Outcome] = []
        worker = threading.Thread(target=lambda: outcomes.append(transfer.run(lifeline)))
        worker.start()
        assert sent.wait(5)
        lifeline.stop()
        worker.join(5)
        assert outcomes == [Parked()]
        assert CLIP.startswith((fetching.folder / "video_1.mp4.part").read_bytes())
        assert fetching.save(server.on("/clip.mp4", Serve(CLIP))).file.read_bytes() == CLIP


class TestLadder:
    def test_link_then_fresh_link_then_content(self, fetching: Fetching, server: BadServer) -> None:
        gone = says(
            403, "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>", "application/xml"
        )
        fresh = server.on("/fresh.mp4", says(410, "gone", "text/plain"))
        server.on(CONTENT, Serve(CLIP))
        fetching.fresh_link = lambda _: fresh
        assert fetching.save(server.on("/clip.mp4", gone)).file.read_bytes() == CLIP
        assert [rung for rung, _ in fetching.attempts] == ["link", "fresh link", "content"]
        assert "expired" in fetching.attempts[0][1]

    @pytest.mark.parametrize("status", [400, 404, 410, 500, 502, 503, 429])
    def test_no_answer_of_content_is_final_at_once(self, fetching: Fetching, server: BadServer, status: int) -> None:
        refused = says(status, '{"error":{"message":"not yet"}}')
        server.on(CONTENT, in_turn(refused, refused, Serve(CLIP)))
        assert fetching.save(None).file.read_bytes() == CLIP

    def test_retry_after_is_waited_for(self, fetching: Fetching, server: BadServer) -> None:
        busy = says(503, '{"error":{"message":"source busy"}}', Retry_After="17")
        server.on(CONTENT, in_turn(busy, Serve(CLIP)))
        outcome = fetching.transfer(fetching.task(None)).run(Lifeline())
        assert outcome == Later(NOW + 17, "source busy")

    def test_what_is_gone_for_good_ends_in_words(self, fetching: Fetching, server: BadServer) -> None:
        server.on(CONTENT, says(410, '{"error":{"message":"file is gone","code":"artifact_gone"}}'))
        outcome = fetching.get(server.on("/clip.mp4", says(404, "no such key", "text/plain")))
        assert isinstance(outcome, Failed)
        assert "link: " in outcome.words
        assert "content: file is gone" in outcome.words
        assert fetching.clock() - NOW < 60

    def test_a_late_download_asks_for_a_fresh_link_first(self, fetching: Fetching, server: BadServer) -> None:
        link = server.on("/fresh.mp4", Serve(CLIP))
        fetching.fresh_link = lambda _: link
        task = replace(fetching.task(server.url + "/old.mp4"), last_answer_at=NOW - 3600)
        assert isinstance(fetching.drive(fetching.transfer(task)), Saved)
        assert [request.target for request in server.requests] == ["/fresh.mp4"]

    def test_a_link_past_its_own_signature_is_not_tried(self, fetching: Fetching, server: BadServer) -> None:
        server.on(CONTENT, Serve(CLIP))
        fetching.save(f"{server.url}/clip.mp4?Expires={int(NOW) - 10}&Signature=x")
        assert [request.target for request in server.requests] == [CONTENT]
        assert fetching.asked == 1

    def test_no_server_at_all_is_waited_out(self, fetching: Fetching, tmp_path: Path) -> None:
        with BadServer() as closed:
            port = closed.port
        task = fetching.task(f"http://127.0.0.1:{port}/clip.mp4")
        transfer = fetching.transfer(task)
        waits = [transfer.run(Lifeline()) for _ in range(3)]
        assert all(isinstance(wait, Later) for wait in waits)

    def test_ends_once_the_deadline_is_well_past(self, fetching: Fetching, server: BadServer) -> None:
        server.on("*", says(502, "Bad gateway", "text/plain"))
        outcome = fetching.get(None, deadline=Deadline(NOW + 3600, DeadlineSource.GATEWAY))
        assert isinstance(outcome, Failed)
        assert NOW + 3600 < fetching.clock() < NOW + 4500
