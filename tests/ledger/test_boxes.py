"""Who works on the ledger: on a file that is one machine, which may save whatever it wants."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from octotui.ledger import GONE_AFTER, Minute
from octotui.model import Download, DownloadState, EngineStatus
from tests.ledger.conftest import new

if TYPE_CHECKING:
    from octotui.ledger import Ledger


def test_nobody_has_worked_on_a_new_ledger(ledger: Ledger) -> None:
    assert ledger.boxes() == []


@pytest.mark.only_sqlite
def test_the_engine_that_works_is_the_one_box(ledger: Ledger) -> None:
    now = time.time()
    ledger.add(new("a", "b"), now)
    ledger.record_download("a", Download(DownloadState.SAVED, 5, 5, "/a.mp4", saved_at=now))
    ledger.note_minute(Minute(int(now) // 60 * 60, bytes=7))
    ledger.set_status(EngineStatus(now - 2.0, host="render-01", folder="/films", box="one"))
    ledger.flush()
    [box] = ledger.boxes()
    assert (box.status.host, box.status.folder, box.saved, box.bytes_last_hour) == ("render-01", "/films", 1, 7)
    assert box.silent >= 2.0
    assert box.is_gone is (box.silent > GONE_AFTER)


@pytest.mark.only_sqlite
def test_whoever_works_on_a_file_may_save_whatever_it_wants(ledger: Ledger) -> None:
    assert not ledger.is_shared
    assert ledger.claim(["a", "b"], "one") == ["a", "b"]
    assert ledger.free_claims() == []
