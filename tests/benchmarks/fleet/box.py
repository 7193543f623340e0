"""A box of the soak: `octotui watch --download` in a process that takes itself for a machine of its own.

What the tests have in common with one machine is replaced before octotui is imported: the name of the host, its clock,
the kernel's boot (by which octotui tells that a process is dead). Each request says who sends it, in which epoch.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path
from typing import Any


def main() -> None:
    """Be the box whose name, clock offset (seconds) and file with a boot id the arguments give."""
    name, offset, boot = sys.argv[1], float(sys.argv[2]), Path(sys.argv[3])
    socket.gethostname = lambda: name
    true_time = time.time
    time.time = lambda: true_time() + offset
    _pretend(name, boot)
    from octotui.cli.main import main as command

    sys.argv = ["octotui", "watch", "--download", "--jsonl"]
    command()


def _pretend(name: str, boot: Path) -> None:
    from octotui.engine.downloads import part_state, partial_file
    from octotui.gateway.http import download_transport
    from octotui.gateway.http.poll_transport import Questions
    from octotui.ledger import process_place
    from octotui.ledger.postgres import lease

    boot_id = boot.read_text()
    process_place._BOOT = boot
    for module in (part_state, partial_file):
        module.boot_id = lambda: boot_id  # type: ignore[attr-defined]
    vars(download_transport)["USER_AGENT"] = f"fetch {name} {os.getpid()}"
    acquire, written = lease.acquire, Questions.written
    epoch: int | None = None

    def acquired(*arguments: Any, **named: Any) -> int | None:
        nonlocal epoch
        held = acquire(*arguments, **named)
        epoch = held or epoch
        return held

    def stamped(self: Questions, path: str) -> bytes:
        self._headers["User-Agent"] = f"ask {name} {os.getpid()} {epoch} {time.monotonic()}"
        self._rest = None
        return written(self, path)

    lease.acquire = acquired
    Questions.written = stamped  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
