"""A download folder that others write to, too: nothing of theirs is opened, followed, waited for or taken."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from octotui.engine.downloads.cancellation import StopHandle
from octotui.engine.downloads.file_names import FileTrouble, write_atomically
from octotui.engine.downloads.partial_file import claim
from octotui.engine.downloads.sidecar import is_sidecar, read_sidecar
from octotui.engine.downloads.transfer import Later
from tests.support.bad_server import BadServer, Serve, clip, says
from tests.support.fetching import Fetching

DATA, OTHER = clip(), clip(seed=1)
PRECIOUS = b'{"octotui": "somebody\'s"}'


def pipe(place: Path) -> None:
    os.mkfifo(place)


def link(place: Path) -> None:
    """A link to a file of somebody's, which must stay as it is."""
    precious = place.parent.parent / "precious"
    precious.write_bytes(PRECIOUS)
    place.symlink_to(precious)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shared = tmp_path / "shared"
    shared.mkdir()
    return shared


@pytest.mark.parametrize("put", [pipe, link])
@pytest.mark.parametrize(
    "name",
    [
        *("video_1.mp4", "video_1.mp4.json", "video_1.mp4.json.new"),
        *("video_1.mp4.part", "video_1.mp4.part.json", "video_1.mp4.part.json.new"),
    ],
)
@pytest.mark.timeout(30)
def test_pipes_and_links_are_let_be(folder: Path, put: Callable[[Path], None], name: str) -> None:
    put(folder / name)
    with BadServer() as server:
        saved = Fetching(folder, server.url).save(server.on("/v.mp4", Serve(DATA)))
    assert saved.file.read_bytes() == DATA
    assert saved.file.is_file()
    assert not saved.file.is_symlink()
    sidecar = read_sidecar(saved.file)
    assert sidecar is not None
    assert sidecar.bytes == len(DATA)
    precious = folder.parent / "precious"
    assert not precious.exists() or precious.read_bytes() == PRECIOUS
    assert not list(folder.glob("*.part"))[1:]


@pytest.mark.timeout(30)
def test_a_part_that_became_a_pipe_or_a_link_is_trouble_and_no_wait(folder: Path) -> None:
    for put in (pipe, link):
        part = claim(folder / "clip.mp4", "a")
        part.write(b"12345678")
        part.close()
        part.path.unlink()
        put(part.path)
        with pytest.raises(FileTrouble):
            claim(folder / "clip.mp4", "a")
        part.path.unlink()


@pytest.mark.timeout(30)
@pytest.mark.parametrize("put", [pipe, link])
def test_a_pipe_or_a_link_is_no_side_car(folder: Path, put: Callable[[Path], None]) -> None:
    put(folder / "clip.mp4.json")
    assert not is_sidecar(folder / "clip.mp4.json")
    assert read_sidecar(folder / "clip.mp4") is None


def test_what_lies_where_a_file_is_made_is_not_written_into(folder: Path) -> None:
    precious = folder / "precious"
    precious.write_bytes(PRECIOUS)
    os.link(precious, folder / "facts.new")
    write_atomically(folder / "facts", b"ours")
    assert (folder / "facts").read_bytes() == b"ours"
    assert precious.read_bytes() == PRECIOUS


def test_two_gateways_with_one_folder_do_not_take_each_others_files(folder: Path) -> None:
    """The same id at two gateways: two videos, whichever comes first, and each is found again by its own."""
    with BadServer() as one, BadServer() as two:
        first = Fetching(folder, one.url).save(one.on("/v.mp4", Serve(DATA)))
        second = Fetching(folder, two.url).save(two.on("/v.mp4", Serve(OTHER)))
        again = [Fetching(folder, each.url).save(None) for each in (one, two)]
    assert (first.file.read_bytes(), second.file.read_bytes()) == (DATA, OTHER)
    assert [saved.file for saved in again] == [first.file, second.file]
    sidecar = read_sidecar(first.file)
    assert sidecar is not None
    assert sidecar.origin == one.url


def test_nor_each_others_parts(folder: Path) -> None:
    part = claim(folder / "clip.mp4", "a", "https://one.example")
    part.write(b"12345678")
    part.close()
    other = claim(folder / "clip.mp4", "a", "https://two.example")
    assert other.path != part.path
    other.close()
    again = claim(folder / "clip.mp4", "a", "https://one.example")
    assert (again.path, again.size) == (part.path, 8)
    again.close()


def test_files_of_an_octotui_that_named_no_gateway_are_still_ours(folder: Path) -> None:
    with BadServer() as server:
        saved = Fetching(folder, server.url).save(server.on("/v.mp4", Serve(DATA)))
        sidecar = saved.file.with_name(f"{saved.file.name}.json")
        facts = json.loads(sidecar.read_text())
        del facts["origin"]
        sidecar.write_text(json.dumps(facts))
        assert Fetching(folder, server.url).save(None).file == saved.file
    part = claim(folder / "clip.mp4", "a")
    part.write(b"12345678")
    part.close()
    state = folder / "clip.mp4.part.json"
    state.write_text(
        json.dumps({name: value for name, value in json.loads(state.read_text()).items() if name != "origin"})
    )
    assert claim(folder / "clip.mp4", "a", "https://one.example").size == 8


def test_a_try_that_brought_no_byte_leaves_no_file(folder: Path) -> None:
    with BadServer() as server:
        server.on("*", says(502, "later", "text/plain"))
        fetching = Fetching(folder, server.url)
        transfer = fetching.transfer(fetching.task(server.url + "/v.mp4"))
        outcome = transfer.run(StopHandle())
        assert isinstance(outcome, Later)
        assert fetching.names() == []
        server.on("/v.mp4", Serve(DATA))
        fetching.clock.now = outcome.at
        fetching.drive(transfer)
    assert (folder / "video_1.mp4").read_bytes() == DATA
