"""Posters: asked for by one window, made by another, bounded, and gone with their task."""

from __future__ import annotations

from pathlib import Path

import pytest

from octotui.ledger import Ledger, Poster
from octotui.ledger import limits as module
from octotui.model import Download, DownloadState
from tests.ledger.conftest import make_older, new

PICTURE = b"\xff\xd8 a picture"


@pytest.fixture
def saved(ledger: Ledger) -> Ledger:
    ledger.add(new("a", "b", "c"), 1.0)
    for task_id in ("a", "b"):
        ledger.record_download(task_id, Download(DownloadState.SAVED, 9, 9, f"/videos/{task_id}.mp4", "5f1c", 5.0))
    return ledger


def test_what_is_asked_for_is_given_to_one_engine_only(saved: Ledger, where: Path | str) -> None:
    assert saved.take_poster_asks() == []
    assert saved.ask_poster(["a", "c", "nobody"], 9.0)
    with Ledger.open(where) as other:
        assert other.take_poster_asks() == ["a"]
    assert saved.take_poster_asks() == []


def test_what_is_not_saved_cannot_be_asked_for(saved: Ledger) -> None:
    assert not saved.ask_poster(["c", "nobody"], 9.0)
    assert saved.take_poster_asks() == []


def test_every_window_has_the_picture(saved: Ledger, where: Path | str) -> None:
    assert saved.poster("a") is None
    saved.record_poster("a", Poster(9.0, PICTURE))
    with Ledger.open(where) as other:
        assert other.poster("a") == Poster(9.0, PICTURE)
        assert other.posters(["a", "b", "nobody"]) == {"a": Poster(9.0, PICTURE)}
        assert not other.ask_poster(["a"], 1e9)


def test_a_failure_is_tried_again_later_and_not_at_once(saved: Ledger) -> None:
    saved.record_poster("a", Poster(100.0, None, "the file is gone"))
    assert not saved.ask_poster(["a"], 100.0 + module.TRY_AGAIN_AFTER - 1)
    assert saved.ask_poster(["a"], 100.0 + module.TRY_AGAIN_AFTER)
    saved.record_poster("a", Poster(200.0, PICTURE))
    assert saved.poster("a") == Poster(200.0, PICTURE)


def test_a_task_that_is_removed_takes_its_picture_along(saved: Ledger) -> None:
    saved.record_poster("a", Poster(9.0, PICTURE))
    saved.ask_poster(["b"], 9.0)
    saved.remove(["a", "b"])
    assert saved.take_poster_asks() == []
    saved.record_poster("a", Poster(10.0, PICTURE))
    saved.add(new("a"), 11.0)
    assert saved.poster("a") is None


def test_the_newest_are_kept(saved: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_POSTERS", 2)
    for task_id in ("a", "b", "a", "c"):
        saved.record_poster(task_id, Poster(9.0, PICTURE))
    assert set(saved.posters(["a", "b", "c"])) == {"a", "c"}


def test_too_large_a_picture_is_none(saved: Ledger) -> None:
    saved.record_poster("a", Poster(9.0, bytes(module.MAX_PICTURE + 1)))
    assert saved.poster("a") == Poster(9.0, None, "its picture is too large")


def test_text_that_sqlite_cannot_hold_becomes_text_that_it_can(saved: Ledger) -> None:
    saved.record_poster("a", Poster(9.0, None, "no\ud800 \0"))
    assert saved.poster("a") == Poster(9.0, None, "no? \ufffd")


def test_a_ledger_from_before_there_were_posters_has_room_for_them(path: Path) -> None:
    make_older(path, 1, "a")
    with Ledger.open(path) as brought_forward:
        brought_forward.record_poster("a", Poster(9.0, PICTURE))
        assert brought_forward.poster("a") == Poster(9.0, PICTURE)
