"""Player of the configuration: opens a saved file, or says where the file is when nothing can be shown here."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence


def has_display(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """Whether a window can open here; not where the screen is drawn in somebody's browser."""
    if environ.get("TEXTUAL_DRIVER"):
        return False
    return platform == "darwin" or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def play(player: Sequence[str], file: str, environ: Mapping[str, str] = os.environ) -> str:
    """Start `player` with `file` as its last argument, on its own and without a shell; returns what to say."""
    if not has_display(environ):
        return f"No display here. The file: {file}"
    if not player:
        return f"No player is set: `player` in the configuration names one. The file: {file}"
    try:
        process = subprocess.Popen(  # noqa: S603 - the command of the user's own configuration, without a shell
            [*player, file],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        why = f"{player[0]} does not start ({error.strerror})"
        return f"{why}: `player` in the configuration names another. The file: {file}"
    # Somebody has to take its exit status when it ends, or it stays as a zombie.
    threading.Thread(target=process.wait, daemon=True).start()
    return f"Opened with {player[0]}: {file}"
