"""Lengths that lie, servers that crawl, and the way up and down the ladder."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from octotui.engine.downloads import transfer as transfer_module
from octotui.engine.downloads.cancellation import StopHandle
from octotui.engine.downloads.fetch import FetchContext, FetchResult, Limits, fetch
from octotui.engine.downloads.transfer import Failed, Later, Outcome, Parked, Saved
from octotui.model import Deadline, DeadlineSource, DownloadTrouble
from tests.support.bad_server import BadServer, Exchange, Serve, box, clip, in_turn, noise, says
from tests.support.clock import NOW
from tests.support.fetching import TRANSPORTS, Fetching
from tests.support.waiting import until

CLIP = clip(300_000)
CONTENT = "/v1/videos/video_1/content"


@pytest.fixture
def server() -> Iterator[BadServer]:
    with BadServer() as running:
        yield running


@pytest.fixture(params=TRANSPORTS)
def fetching(request: pytest.FixtureRequest, server: BadServer, tmp_path: Path) -> Fetching:
    return Fetching(tmp_path / "videos", server.url, request.param)


class TestFaultsOfOurOwn:
    def test_one_at_a_rung_is_that_rungs_failure_and_logged_once(
        self,
        fetching: Fetching,
        server: BadServer,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        def faulty(context: FetchContext, url: str, *rest: Any, **named: Any) -> FetchResult:
            if "/clip.mp4" in url:
                message = f"no such thing: {url}"
                raise KeyError(message)
            return fetch(context, url, *rest, **named)

        monkeypatch.setattr(transfer_module, "fetch", faulty)
        refused = says(404, '{"error":{"message":"not yet"}}')
        server.on(CONTENT, in_turn(*[refused] * 8, Serve(CLIP)))
        assert fetching.save(f"{server.url}/clip.mp4?Signature=verysecret").file.read_bytes() == CLIP
        assert fetching.attempts[0][1].startswith("a fault of octotui's own: KeyError: ")
        assert len([source for source, _ in fetching.attempts if source == "content"]) == 9, "more noes than give up"
        [record] = caplog.records
        assert "Traceback" in record.getMessage()
        assert "verysecret" not in record.getMessage()

    def test_one_while_asking_again_leads_to_the_next_rung(self, fetching: Fetching, server: BadServer) -> None:
        def faulty(task_id: str) -> str | None:
            raise RuntimeError(task_id)

        fetching.fresh_link = faulty
        server.on(CONTENT, Serve(CLIP))
        assert fetching.save(server.on("/clip.mp4", says(404, "no", "text/plain"))).file.read_bytes() == CLIP

    def test_one_beside_the_rungs_is_tried_again_ever_later(
        self, fetching: Fetching, server: BadServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def faulty(path: Path) -> None:
            raise ZeroDivisionError(path.name)

        link = server.on("/clip.mp4", Serve(CLIP))
        transfer = fetching.transfer(fetching.task(link))
        with monkeypatch.context() as patch:
            patch.setattr("octotui.engine.downloads.transfer.prove", faulty)
            for pause in (30, 60, 120):
                outcome = transfer.run(StopHandle())
                words = "a fault of octotui's own: ZeroDivisionError: video_1.mp4.part"
                assert outcome == Later(fetching.clock() + pause, words, DownloadTrouble.FAULT)
                fetching.clock.now = outcome.at
        assert len(caplog.records) == 1
        assert isinstance(fetching.drive(transfer), Saved)
        assert len(server.requests) == 1, "what had come was kept"

    def test_one_on_the_way_out_is_no_news(
        self, fetching: Fetching, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        stop_handle = StopHandle()

        def faulty(*_: Any, **__: Any) -> FetchResult:
            stop_handle.stop()
            raise RuntimeError

        monkeypatch.setattr(transfer_module, "fetch", faulty)
        assert fetching.transfer(fetching.task(None)).run(stop_handle) == Parked()
        assert caplog.records == []


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
        assert [source for source, _ in fetching.attempts][-1] == "content"

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
        assert fetching.attempts[0] == ("link", "fewer than 5 kB in 0 s")

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
        stop_handle = StopHandle()
        outcomes: list[Outcome] = []
        transfer = fetching.transfer(fetching.task(server.on("/clip.mp4", dripping)))
        worker = threading.Thread(target=lambda: outcomes.append(transfer.run(stop_handle)))
        worker.start()

        def ended() -> bool:
            stop_handle.check_stall()
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
        stop_handle = StopHandle()
        outcomes: list[Outcome] = []
        worker = threading.Thread(target=lambda: outcomes.append(transfer.run(stop_handle)))
        worker.start()
        assert sent.wait(5)
        stop_handle.stop()
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
        assert [source for source, _ in fetching.attempts] == ["link", "fresh link", "content"]
        assert "expired" in fetching.attempts[0][1]

    @pytest.mark.parametrize("status", [400, 404, 410, 500, 502, 503, 429])
    def test_no_answer_of_content_is_final_at_once(self, fetching: Fetching, server: BadServer, status: int) -> None:
        refused = says(status, '{"error":{"message":"not yet"}}')
        server.on(CONTENT, in_turn(refused, refused, Serve(CLIP)))
        assert fetching.save(None).file.read_bytes() == CLIP

    def test_retry_after_is_waited_for(self, fetching: Fetching, server: BadServer) -> None:
        busy = says(503, '{"error":{"message":"source busy"}}', Retry_After="17")
        server.on(CONTENT, in_turn(busy, Serve(CLIP)))
        outcome = fetching.transfer(fetching.task(None)).run(StopHandle())
        assert outcome == Later(NOW + 17, "source busy", DownloadTrouble.SERVER)

    def test_what_is_gone_past_its_deadline_ends_at_once_in_words(self, fetching: Fetching, server: BadServer) -> None:
        server.on(CONTENT, says(410, '{"error":{"message":"file is gone","code":"artifact_gone"}}'))
        link = server.on("/clip.mp4", says(404, "no such key", "text/plain"))
        outcome = fetching.get(link, deadline=Deadline(NOW - 600, DeadlineSource.GATEWAY))
        assert isinstance(outcome, Failed)
        assert "link: " in outcome.words
        assert "content: file is gone" in outcome.words
        assert fetching.clock() == NOW

    def test_what_is_gone_before_its_deadline_is_told_and_asked_for_until_then(
        self, fetching: Fetching, server: BadServer
    ) -> None:
        gone = says(410, '{"error":{"message":"file is gone"}}')
        server.on(CONTENT, gone)
        deadline = Deadline(NOW + 4 * 3600, DeadlineSource.GATEWAY)
        transfer = fetching.transfer(fetching.task(server.on("/clip.mp4", gone), deadline=deadline))
        words = "link: file is gone; content: file is gone"
        assert transfer.run(StopHandle()) == Later(NOW + 5, words, DownloadTrouble.REFUSED)
        assert isinstance(fetching.drive(transfer), Failed)
        assert fetching.clock() >= deadline.at

    def test_a_link_that_is_content_is_one_rung(self, fetching: Fetching, server: BadServer) -> None:
        server.on(CONTENT, says(502, '{"error":{"message":"filtered by the upstream"}}'))
        fetching.fresh_link = lambda _: server.url + CONTENT
        outcome = fetching.get(server.url + CONTENT, deadline=Deadline(NOW + 86_400, DeadlineSource.GATEWAY))
        assert outcome == Failed("content: filtered by the upstream", DownloadTrouble.SERVER)
        assert 3600 <= fetching.clock() - NOW <= 4200
        assert {source for source, _ in fetching.attempts} <= {"content", "fresh link"}

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
        waits = [transfer.run(StopHandle()) for _ in range(3)]
        assert all(isinstance(wait, Later) for wait in waits)

    def test_ends_once_the_deadline_is_well_past(self, fetching: Fetching, server: BadServer) -> None:
        server.on("*", says(502, "Bad gateway", "text/plain"))
        outcome = fetching.get(None, deadline=Deadline(NOW + 3600, DeadlineSource.GATEWAY))
        assert isinstance(outcome, Failed)
        assert NOW + 3600 < fetching.clock() < NOW + 4500
