"""Settings changed while the engine works: it goes on with them at once, and nobody takes its place meanwhile."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from octotui.config import Config
from octotui.demo.demo_gateway import Box
from octotui.demo.lifecycle import Life
from octotui.engine.engine import Engine
from octotui.ledger import Ledger
from octotui.model import DownloadState, NewTask
from tests.support.engine import at_work
from tests.support.tasks import known
from tests.support.waiting import until


@contextmanager
def working(config: Config, ledger: Ledger) -> Iterator[Engine]:
    """An engine that has the lease and has said so."""
    with at_work(config, ledger) as engine:
        until(lambda: ledger.status() is not None, "its word")
        yield engine


def watch(ledger: Ledger, engine: Engine, *ids: str) -> None:
    ledger.add([NewTask(task_id, "sora", "videos") for task_id in ids], time.time())
    engine.wake()


def test_it_saves_where_and_as_it_is_told_now(box: Box, ledger: Ledger, config: Config, tmp_path: Path) -> None:
    first, second = (box.create("sora", "sora-2", life=Life.ready()) for _ in range(2))
    with working(config, ledger) as engine:
        watch(ledger, engine, first)
        ledger.request_download([first])
        until(lambda: known(ledger, first).is_saved, "the first")
        engine.reconfigure(
            replace(
                config,
                download_dir=tmp_path / "elsewhere",
                file_template="{id}.video",
                on_saved=(sys.executable, "-c", f"open({str(tmp_path / 'told')!r}, 'w')"),
            )
        )
        watch(ledger, engine, second)
        ledger.request_download([second])
        until(lambda: known(ledger, second).is_saved, "the second")
        until((tmp_path / "told").exists, "the command that is run now")
    assert Path(str(known(ledger, first).download.file)).is_relative_to(tmp_path / "videos")
    assert known(ledger, second).download.file == str(tmp_path / "elsewhere" / f"{second}.video")


def test_it_rescues_what_it_is_told_to_now_and_reads_the_inbox(
    box: Box, ledger: Ledger, config: Config, tmp_path: Path
) -> None:
    soon = box.create("sora", "sora-2", life=Life.ready(left=600.0))
    dropped = box.create("sora", "sora-2", life=Life.ready(left=7200.0))
    with working(config, ledger) as engine:
        watch(ledger, engine, soon)
        until(lambda: known(ledger, soon).is_ready, "its answer")
        assert known(ledger, soon).download.state is DownloadState.NONE
        engine.reconfigure(replace(config, rescue_before=1800.0, inbox=tmp_path / "in", requests_per_minute=1234))
        until(lambda: known(ledger, soon).is_saved, "the rescue")
        until(lambda: (status := ledger.status()) and status.budget_per_minute == 1234, "the budget")
        until((tmp_path / "in").is_dir, "the inbox")
        (tmp_path / "dropped").write_text(json.dumps({"id": dropped, "model": "sora-2"}))
        (tmp_path / "dropped").rename(tmp_path / "in" / "dropped.json")
        until(lambda: ledger.task(dropped) is not None, "what was dropped")


def test_a_download_under_way_goes_on_where_it_was(ledger: Ledger, config: Config) -> None:
    with Box(speed=0.05, faults=False, opening=False) as slow:

        def begun_at() -> list[int]:
            asked = [seen.range or "bytes=0-" for seen in slow.requests if seen.host == "files"]
            return [int(each.removeprefix("bytes=").partition("-")[0]) for each in asked]

        task_id = slow.create("sora", "sora-2", life=Life.ready())
        config = replace(config, base_url=slow.base_url, api_key=slow.key)
        with working(config, ledger) as engine:
            watch(ledger, engine, task_id)
            ledger.request_download([task_id])
            until(lambda: known(ledger, task_id).download.bytes_done > 20_000, "some of it")
            engine.reconfigure(replace(config, parallel_downloads=2))
            until(lambda: begun_at()[-1] > 20_000, "the rest of it being asked for")
            assert begun_at()[0] == 0


def test_the_lease_stays_with_it(ledger: Ledger, config: Config) -> None:
    owners: set[str] = set()
    with working(config, ledger) as engine, at_work(config, ledger) as other:
        lease = ledger.lease()
        assert lease is not None
        for number in range(1, 6):
            engine.reconfigure(replace(config, requests_per_minute=1000 + number))
            until(
                lambda number=number: (status := ledger.status()) and status.budget_per_minute == 1000 + number,  # type: ignore[misc]
                "the next budget",
            )
            now = ledger.lease()
            assert now is not None
            owners.add(now.owner)
        assert owners == {lease.owner}
        engine.stop()
        until(lambda: (now := ledger.lease()) is not None and now.owner != lease.owner, "the other one's turn")
        assert other.error is None
    assert ledger.lease() is None


def test_changed_before_and_between_it_is_no_fault(ledger: Ledger, config: Config) -> None:
    engine = Engine(config, ledger)
    engine.reconfigure(replace(config, requests_per_minute=1111))
    engine.start()
    try:
        for budget in range(1112, 1130):
            engine.reconfigure(replace(config, requests_per_minute=budget))
        until(lambda: (status := ledger.status()) and status.budget_per_minute == 1129, "the last word")
    finally:
        engine.stop()
    assert engine.error is None
    assert not engine.is_alive


@pytest.mark.parametrize("key", [None])
def test_without_a_key_it_goes_on_asking_nobody(ledger: Ledger, config: Config, key: str | None) -> None:
    with working(replace(config, api_key=key), ledger) as engine:
        engine.reconfigure(replace(config, api_key=key, requests_per_minute=7))
        assert engine.is_alive
