"""A ledger that another process is writing when octotui starts."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from octotui.ledger import Ledger
from tests.cli.conftest import Octotui


def test_who_has_to_wait_is_told_what_for(octotui: Octotui) -> None:
    assert octotui.run("add", "video_a1", "--provider", "sora").code == 0
    path = next(octotui.home.rglob("ledger*.db"))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        process = octotui.start("rm", "video_a1")
        assert process.stderr is not None
        assert process.stderr.readline() == f"octotui: waiting for the ledger {path}: another process is writing\n"
        other.rollback()
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "video_a1" in out
    assert err == ""


def test_who_need_not_wait_is_told_nothing(octotui: Octotui) -> None:
    assert octotui.run("add", "video_a1", "--provider", "sora").code == 0
    with Ledger.open(next(octotui.home.rglob("ledger*.db"))):
        assert octotui.run("ls").err == ""
