"""A file that may not grow, set from outside on a process that works, stands for a disk without room."""

from __future__ import annotations

import resource
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from octotui.cli.exit_codes import ExitCode
from octotui.ledger import Ledger
from tests.cli.conftest import Octotui
from tests.cli.test_service import listener
from tests.support.gateway import Reply, gateway
from tests.support.waiting import until

pytestmark = pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits another process")

RUNNING = Reply({"id": "video_a1", "status": "in_progress", "progress": 10})
_NO_LIMIT = resource.RLIM_INFINITY


def let_files_grow(process: subprocess.Popen[str], grow: bool) -> None:
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (_NO_LIMIT if grow else 1, _NO_LIMIT))


def said_of_the_ledger(heard: socket.socket, *, not_written: bool) -> str:
    """The next status for systemd that says, or does not say, that the ledger is not written."""
    while True:
        said = heard.recv(1000).decode()
        if said.startswith("STATUS=") and ("ledger not written" in said) is not_written:
            return said


def test_watch_says_that_it_cannot_write_and_goes_on(octotui: Octotui, tmp_path: Path) -> None:
    octotui.call("add", "video_a1", "--provider", "sora")
    hasty = (
        "import sys; from octotui.cli import service; from octotui.cli.main import main\n"
        "service._STATUS_EVERY = 0.1\n"
        "sys.argv = ['octotui', 'watch']; main()"
    )
    path = str(tmp_path / "notify")
    with gateway(lambda _: RUNNING) as server, listener(path) as heard:
        environ = octotui.environ | {"OCTOTUI_BASE_URL": server.base_url, "NOTIFY_SOCKET": path}
        process = subprocess.Popen(
            [sys.executable, "-c", hasty], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        until(lambda: server.requests, "the first question")
        let_files_grow(process, False)
        assert "cannot be written" in said_of_the_ledger(heard, not_written=True)
        asked = len(server.requests)
        let_files_grow(process, True)
        said_of_the_ledger(heard, not_written=False)
        until(lambda: len(server.requests) > asked, "another question")
        process.terminate()
        _, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    about = [line for line in err.splitlines() if line.startswith("octotui: ")]
    assert len(about) == 2
    assert "cannot be written" in about[0]
    assert "What came in waits in memory until it can." in about[0]
    assert about[1] == "octotui: the ledger is written again"


def test_wait_ends_where_nothing_can_be_kept(octotui: Octotui) -> None:
    octotui.call("add", "video_a1", "--provider", "sora")
    with gateway(lambda _: RUNNING) as server:
        process = octotui.start("wait", OCTOTUI_BASE_URL=server.base_url)
        until(lambda: server.requests, "the first question")
        let_files_grow(process, False)
        _, err = process.communicate(timeout=30)
    assert process.returncode == ExitCode.FILE, err
    assert "cannot be written" in err
    assert "Traceback" not in err
    (path,) = octotui.home.rglob("ledger.db")
    with Ledger.open(path) as ledger:
        assert ledger.add([], time.time()) == ([], [])
