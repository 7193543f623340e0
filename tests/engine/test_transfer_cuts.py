"""A small file, cut at every byte: whatever the server says of lengths and ranges, nothing broken is called whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from octotui.engine.downloads.transfer import Failed, Saved
from octotui.gateway.http.download_transport import TransportName
from tests.support.bad_server import BadServer, Serve, clip
from tests.support.fetching import TRANSPORTS, Fetching, quick_folder

CLIP = clip(512)
SHAPES = {
    f"{shape}, {'ranges' if ranges else 'no ranges'}": Serve(
        CLIP, ranges=ranges, says_length=shape == "length", chunked=shape == "chunked"
    )
    for shape in ("length", "no length", "chunked")
    for ranges in (True, False)
}
BOXES = [0, 24, 24 + 8, 24 + 8 + 108, 24 + 8 + 108 + 52, len(CLIP) - 1]
SOME = sorted(
    {at + by for at in BOXES for by in (-1, 0, 1, 2) if 0 <= at + by < len(CLIP)} | set(range(0, len(CLIP), 41))
)


@pytest.mark.parametrize("shape", ["length, ranges", "length, no ranges"])
def test_cut_once_at_every_byte_and_then_whole(shape: str) -> None:
    cut_once_and_then_whole(shape, "http.client", range(len(CLIP)))


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("shape", SHAPES)
def test_cut_once_where_it_hurts_and_then_whole(shape: str, transport: TransportName) -> None:
    cut_once_and_then_whole(shape, transport, SOME)


def cut_once_and_then_whole(shape: str, transport: TransportName, offsets: range | list[int]) -> None:
    with quick_folder() as folder, BadServer() as server:
        for cut_at in offsets:
            fetching = Fetching(folder / str(cut_at), server.url, transport)
            reply = replace(SHAPES[shape], cut_at=cut_at, cuts=1)
            saved = fetching.save(server.on(f"/{cut_at}.mp4", reply))
            assert saved.file.read_bytes() == CLIP
            assert fetching.names() == ["video_1.mp4", "video_1.mp4.json"]


@pytest.mark.parametrize("shape", SHAPES)
def test_cut_at_the_same_byte_for_ever_is_never_called_whole(shape: str) -> None:
    with quick_folder() as folder, BadServer() as server:
        for cut_at in (0, 1, 24, 192, 300, len(CLIP) - 1):
            fetching = Fetching(folder / str(cut_at), server.url, patience=5.0)
            outcome = fetching.get(server.on(f"/{cut_at}.mp4", replace(SHAPES[shape], cut_at=cut_at)))
            if cut_at >= 300 and "no ranges" not in shape:
                assert isinstance(outcome, Saved), "each answer brings some bytes more"
                assert outcome.file.read_bytes() == CLIP
            else:
                assert isinstance(outcome, Failed)
                assert outcome.words.startswith("link: ")
                assert "video_1.mp4" not in fetching.names()


@pytest.mark.parametrize("cut_at", [12, 24, 511])
def test_an_entity_tag_lets_even_the_smallest_pieces_add_up(cut_at: int) -> None:
    with quick_folder() as folder, BadServer() as server:
        reply = Serve(CLIP, etag='"one"', cut_at=cut_at)
        saved = Fetching(folder, server.url).save(server.on("/clip.mp4", reply))
        assert saved.file.read_bytes() == CLIP
        assert reply.served == len(CLIP), "no byte was sent twice"
