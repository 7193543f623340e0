from pathlib import Path

from octotui.engine.downloads.auto_download import AutoDownloader
from octotui.ledger import Ledger
from octotui.model import DownloadState, Task
from tests.support.clock import NOW
from tests.support.tasks import known, ready, record


def recorded(ledger: Ledger, task_id: str, left: float, *, added: float = NOW - 500.0) -> Task:
    """A result in the ledger, as the engine that watches it knows it."""
    record(ledger, ready(task_id, left, added_at=added))
    return known(ledger, task_id)


def losses(ledger: Ledger) -> list[str | None]:
    ledger.flush()
    return [event.task_id for event in ledger.events() if event.kind == "lost"]


def test_a_loss_is_said_once_also_by_the_engines_that_come_after(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "l" / "ledger.db") as ledger:
        task = recorded(ledger, "a", left=10.0)
        for start in (NOW, NOW + 100.0, NOW + 200.0):
            auto_downloader = AutoDownloader(ledger, save_all=False, rescue_before=None)
            auto_downloader.watch([task])
            auto_downloader.request_due(start)
            auto_downloader.request_due(start + 20.0)
            assert losses(ledger) == ["a"]


def test_what_was_lost_before_anybody_watched_it_is_not_our_loss(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "l" / "ledger.db") as ledger:
        auto_downloader = AutoDownloader(ledger, save_all=False, rescue_before=None)
        auto_downloader.watch([recorded(ledger, "a", left=-600.0)])
        auto_downloader.request_due(NOW)
        assert losses(ledger) == []


def test_only_what_is_near_its_deadline_is_rescued_and_never_twice(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "l" / "ledger.db") as ledger:
        auto_downloader = AutoDownloader(ledger, save_all=False, rescue_before=600.0)
        auto_downloader.watch([recorded(ledger, "soon", left=599.0), recorded(ledger, "later", left=3600.0)])
        ledger.flush()
        assert auto_downloader.request_due(NOW)
        assert not auto_downloader.request_due(NOW + 1.0)
        states = {task.id: task.download.state for task in ledger.tasks()}
        assert states == {"soon": DownloadState.WANTED, "later": DownloadState.NONE}
