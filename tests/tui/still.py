"""octotui's screen with everything held still, as a program: `python -m tests.tui.still FOLDER full|empty`."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

from octotui.config import Config
from octotui.ledger import Ledger
from octotui.tui.app import OctoApp
from octotui.tui.settings.source import SettingsSource
from tests.tui.tasks import NOW, Clock, fill


def main() -> int:
    """Show the ledger of every state, or one without a task and without a key, at one moment for ever."""
    folder, kind = Path(sys.argv[1]), sys.argv[2]
    # The lines one can copy name this machine.
    socket.gethostname = lambda: "box"
    config = Config(state_dir=folder, api_key=None if kind == "empty" else "sk-test")
    with Ledger.open(config.ledger_path) as ledger:
        if kind == "full":
            fill(ledger)
        settings = SettingsSource(Path("/home/me/.config/octotui/config.toml"), lambda: config, {}, lambda _config: [])
        return OctoApp(config, ledger, clock=Clock(NOW), settings=settings).run(mouse=False) or 0


if __name__ == "__main__":
    sys.exit(main())
