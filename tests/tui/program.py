"""octotui's screen as a program of its own: `python -m tests.tui.program FOLDER [SETTINGS]`.

Shows the ledger in FOLDER; SETTINGS is a JSON object. A file in FOLDER for each thing its engine is told.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from octotui.config import Config
from octotui.gateway.providers import BUILTIN
from octotui.ledger import Ledger
from octotui.tui.app import run
from octotui.tui.ledger_snapshot import LedgerSnapshot
from tests.support.fake_engine import FakeEngine


def main() -> int:
    folder = Path(sys.argv[1])
    settings = json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
    label = folder / "label"
    first, *others = BUILTIN
    if label.exists():
        first = first._replace(label=label.read_text())
    config = Config(providers=(first, *others), state_dir=folder, api_key="sk-test", **settings)
    with Ledger.open(config.ledger_path) as ledger:
        code = run(config, LedgerSnapshot(ledger), FakeEngine(lambda word: (folder / word).touch())).code
    (folder / "closed").write_text(f"{code} {time.time()}")
    return code


if __name__ == "__main__":
    sys.exit(main())
