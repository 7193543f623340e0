"""Going on with a part: what may continue it, what must not, and what nobody can know."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from octotui.engine.downloads import partial_file as part_module
from octotui.engine.downloads.cancellation import StopHandle
from octotui.engine.downloads.transfer import Failed, Later
from tests.support.bad_server import BadServer, Exchange, Serve, clip, in_turn, says
from tests.support.fetching import TRANSPORTS, Fetching

CLIP = clip(300_000)
OTHER = clip(300_000, seed=1)


@pytest.fixture
def server() -> Iterator[BadServer]:
    with BadServer() as running:
        yield running


@pytest.fixture(params=TRANSPORTS)
def fetching(request: pytest.FixtureRequest, server: BadServer, tmp_path: Path) -> Fetching:
    return Fetching(tmp_path / "videos", server.url, request.param)


class TestResume:
    def cut(self, fetching: Fetching, server: BadServer, etag: str | None = None) -> Serve:
        """A part of 100,000 bytes from a server that goes on with it."""
        reply = Serve(CLIP, cut_at=100_000, cuts=1, etag=etag)
        outcome = fetching.transfer(fetching.task(server.on("/clip.mp4", reply))).run(StopHandle())
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
        assert [source for source, _ in fetching.attempts] == ["link", "link", "fresh link"]

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
        monkeypatch.setattr(part_module, "boot_id", lambda: "another run of the machine")
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
