"""A second engine beside that of the demo, in a process of its own, as a second machine would run it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_PATIENCE = 10.0
"""Seconds that it has for parking its downloads."""


@contextmanager
def second_engine(settings: str, environ: Mapping[str, str], folder: Path) -> Iterator[None]:
    """Run `octotui watch` with those settings (TOML) and variables; `folder` is made for its state."""
    folder.mkdir()
    file = folder / "config.toml"
    file.write_text(settings, encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OCTOTUI_")}
    own = {"OCTOTUI_STATE_DIR": str(folder / "state"), "OCTOTUI_CONFIG": str(file)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "octotui", "watch"],
            env={**kept, **environ, **own},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
