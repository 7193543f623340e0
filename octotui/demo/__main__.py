"""`python -m octotui.demo`: serves the gateway in a box until it is interrupted."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from typing import TYPE_CHECKING

from octotui.demo.demo_gateway import Box

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Starts a box, prints how to reach it, waits for SIGINT or SIGTERM, and stops it."""
    parser = argparse.ArgumentParser(
        prog="python -m octotui.demo", description="A video gateway in a box, on loopback."
    )
    parser.add_argument("--port", type=int, default=0, help="port of the gateway (default: a free one)")
    parser.add_argument("--seed", type=int, default=7, help="another seed, another play (default: 7)")
    parser.add_argument("--speed", type=float, default=1.0, help="factor on the sending rate (default: 1)")
    options = parser.parse_args(arguments)
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    with Box(seed=options.seed, speed=options.speed, port=options.port) as box:
        lines = [f"OCTOTUI_BASE_URL={box.base_url}", f"OCTOTUI_API_KEY={box.key}", *(t.id for t in box.tasks())]
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
        over.wait()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
