"""Posters from end to end: real files, a real process for each picture, a real ledger."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from octotui.config import Config
from octotui.demo.demo_gateway import Box
from octotui.demo.lifecycle import Life
from octotui.engine.media.poster_frame import JPEG
from octotui.engine.media.poster_worker import PosterMaker
from octotui.ledger import Ledger, Poster
from octotui.model import Download, DownloadState, NewTask, Task
from tests.support.engine import at_work
from tests.support.videos import demo_clip, sound
from tests.support.waiting import until

Make = Callable[..., PosterMaker]


@pytest.fixture
def make(ledger: Ledger, tmp_path: Path) -> Iterator[Make]:
    makers = []

    def maker(pictures: str = "auto", limit: float = 20.0, installed: bool = True) -> PosterMaker:
        config = Config(state_dir=tmp_path / "state", api_key="sk-test", pictures=pictures)
        makers.append(PosterMaker(config, ledger, limit=limit, installed=lambda: installed))
        return makers[-1]

    yield maker
    for one in makers:
        one.stop()


def save(ledger: Ledger, task_id: str, file: Path, at: float) -> Task:
    ledger.add([NewTask(task_id, "sora", "videos", None, ())], at)
    ledger.record_download(task_id, Download(DownloadState.SAVED, 9, 9, str(file), "5f1c", at))
    task = ledger.task(task_id)
    assert task is not None
    return task


def poster_of(ledger: Ledger, task_id: str) -> Poster:
    until(lambda: ledger.poster(task_id), f"the poster of {task_id}")
    poster = ledger.poster(task_id)
    assert poster is not None
    return poster


def test_what_is_asked_for_is_made(ledger: Ledger, make: Make, tmp_path: Path) -> None:
    save(ledger, "a", demo_clip(tmp_path / "a.mp4"), 5.0)
    save(ledger, "b", sound(tmp_path / "b.mp4"), 5.0)
    save(ledger, "c", tmp_path / "gone.mp4", 5.0)
    maker = make()
    ledger.ask_poster(["a", "b", "c"], time.time())
    maker.take_asks()
    assert (poster_of(ledger, "a").picture or b"").startswith(JPEG)
    assert poster_of(ledger, "b").reason == "there is only sound in it"
    assert poster_of(ledger, "c").reason == "the file is gone"


def test_what_has_just_been_saved_is_made_unasked_and_once(ledger: Ledger, make: Make, tmp_path: Path) -> None:
    file = demo_clip(tmp_path / "a.mp4")
    long_ago = save(ledger, "old", file, 5.0)
    maker = make()
    new = save(ledger, "new", file, time.time() + 1)
    maker.watch([long_ago, new])
    first = poster_of(ledger, "new")
    maker.watch([long_ago, new])
    assert not maker.is_busy
    assert ledger.poster("old") is None
    assert ledger.poster("new") == first


@pytest.mark.parametrize("settings", [{"installed": False}, {"pictures": "none"}])
def test_without_the_extra_wishes_stay_for_who_has_it(
    settings: dict[str, object], ledger: Ledger, make: Make, tmp_path: Path
) -> None:
    task = save(ledger, "a", demo_clip(tmp_path / "a.mp4"), time.time() + 1)
    ledger.ask_poster(["a"], 1.0)
    maker = make(**settings)
    maker.watch([task])
    maker.take_asks()
    assert not maker.is_busy
    assert ledger.take_poster_asks() == ["a"]


def test_a_file_that_never_ends_is_given_up(ledger: Ledger, make: Make, tmp_path: Path) -> None:
    endless = tmp_path / "endless.mp4"
    os.mkfifo(endless)
    save(ledger, "a", endless, 5.0)
    ledger.ask_poster(["a"], 1.0)
    make(limit=0.5).take_asks()
    assert poster_of(ledger, "a").reason == "it took longer than 0.5 s"


def test_stopping_leaves_nothing_running_and_nothing_false_behind(ledger: Ledger, make: Make, tmp_path: Path) -> None:
    endless = tmp_path / "endless.mp4"
    os.mkfifo(endless)
    save(ledger, "a", endless, 5.0)
    ledger.ask_poster(["a"], 1.0)
    maker = make()
    maker.take_asks()
    until(lambda: maker._process is not None, "the process")
    process = maker._process
    assert process is not None
    maker.stop()
    until(lambda: process.poll() is not None and not maker.is_busy, "its end")
    assert ledger.poster("a") is None


def test_the_program_gets_no_key(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCTOTUI_API_KEY", "sk-test")
    monkeypatch.setenv("MY_OWN_NAME", "Bearer sk-test")
    monkeypatch.setenv("HARMLESS", "1")
    maker = PosterMaker(Config(state_dir=tmp_path / "state", api_key="sk-test"), ledger)
    assert "HARMLESS" in maker._environ
    assert not {"OCTOTUI_API_KEY", "MY_OWN_NAME"} & maker._environ.keys()
    assert "sk-test" not in str(maker._environ)


def test_the_engine_makes_a_poster_of_what_it_saves(ledger: Ledger, box: Box, config: Config) -> None:
    task_id = box.create("sora", "sora-2", life=Life(queued=0.1, running=0.3))
    ledger.add([NewTask(task_id, "sora", "videos", None, ())], time.time())
    ledger.request_download([task_id])
    with at_work(config, ledger):
        assert (poster_of(ledger, task_id).picture or b"").startswith(JPEG)
