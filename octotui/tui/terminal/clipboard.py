"""Copying over SSH: OSC 52 to the terminal, and tmux's buffer, whose defaults swallow OSC 52."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping

_PATIENCE = 2.0
"""Seconds tmux gets."""


def copy(text: str, write: Callable[[str], None], environ: Mapping[str, str] = os.environ) -> str:
    """Copy `text`; returns in words where to. `write` sends it to the terminal (`App.copy_to_clipboard`)."""
    write(text)
    if not environ.get("TMUX"):
        return "Sent to the terminal's clipboard."
    if _load_tmux_buffer(text):
        return "Copied to tmux and sent to the terminal's clipboard."
    return "Sent to the terminal's clipboard; tmux did not take it."


def _load_tmux_buffer(text: str) -> bool:
    try:
        done = subprocess.run(
            ["tmux", "load-buffer", "-w", "-"],  # noqa: S607 - whichever tmux one is in
            input=text.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
