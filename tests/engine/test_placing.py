"""A result that has its final name when its engine is killed is told of by the next one of that folder."""

from __future__ import annotations

import time
from pathlib import Path

from octotui.engine.placing import NAME, Placing, PlacingNotes, tell_of_placed
from octotui.engine.predecessor import asks_of_predecessor
from octotui.engine.sharing import Share
from octotui.ledger import LastWord, Ledger
from octotui.model import Download, DownloadState, EngineStatus, NewTask

ORIGIN = "https://gateway.example"


def placed(folder: Path, ledger: Ledger) -> PlacingNotes:
    """Leave a folder as one who was killed between the final name and the side-car."""
    ledger.add([NewTask("video_1", "sora", "videos")], time.time())
    part, notes = folder / "video_1.mp4.part", PlacingNotes(folder)
    part.write_bytes(b"whole")
    notes.note(Placing("video_1", str(folder / "video_1.mp4")))
    (folder / "video_1.mp4").hardlink_to(part)
    return notes


def tell(notes: PlacingNotes, ledger: Ledger) -> None:
    share = Share("ant:1:0", "ant", "place-1", True)
    tell_of_placed(notes, ledger, share, origin=ORIGIN, now=time.time())


def test_a_file_nobody_was_told_of_is_saved(tmp_path: Path, url: str) -> None:
    with Ledger.open(url) as ledger:
        notes = placed(tmp_path, ledger)
        tell(notes, ledger)
        task = ledger.task("video_1")
        assert task is not None
        assert (task.download.state, task.download.place) == (DownloadState.SAVED, "place-1")
        assert [copy.location for copy in ledger.copies(["video_1"])["video_1"]] == [str(tmp_path / "video_1.mp4")]
        assert notes.notes() == []
    assert sorted(path.name for path in tmp_path.iterdir()) == [NAME, "video_1.mp4", "video_1.mp4.json"]


def test_one_that_another_machine_has_saved_meanwhile_is_one_more_copy(tmp_path: Path, url: str) -> None:
    with Ledger.open(url) as ledger:
        notes = placed(tmp_path, ledger)
        theirs = Download(DownloadState.SAVED, 5, 5, "/theirs.mp4", "ab", saved_at=1.0, box="bee", place="place-2")
        ledger.record_download("video_1", theirs)
        tell(notes, ledger)
        task = ledger.task("video_1")
        assert task is not None
        assert task.download.file == "/theirs.mp4"
        found = {copy.place: copy.location for copy in ledger.copies(["video_1"])["video_1"]}
        assert found == {"place-1": str(tmp_path / "video_1.mp4"), "place-2": "/theirs.mp4"}


def test_a_note_without_a_file_is_dropped(tmp_path: Path, url: str) -> None:
    with Ledger.open(url) as ledger:
        notes = placed(tmp_path, ledger)
        (tmp_path / "video_1.mp4").unlink()
        tell(notes, ledger)
        task = ledger.task("video_1")
        assert task is not None
        assert task.download.state is DownloadState.NONE
        assert notes.notes() == []


def test_what_a_predecessor_may_have_asked_after_its_last_word_counts() -> None:
    killed = EngineStatus(0.0, asks_last_minute=100)
    assert asks_of_predecessor(None, 240) == 0
    assert asks_of_predecessor(LastWord(killed, 61.0), 240) == 0
    assert asks_of_predecessor(LastWord(killed._replace(is_last=True), 3.0), 240) == 100
    assert (
        100 < asks_of_predecessor(LastWord(killed, 1.0), 240) < asks_of_predecessor(LastWord(killed, 6.0), 240) <= 240
    )
    assert asks_of_predecessor(LastWord(killed._replace(asks_last_minute=240), 6.0), 240) == 240
