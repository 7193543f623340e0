"""Telling systemd how a service is: ready, alive, stopping (sd_notify(3)), without any library."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping


class ServiceManager:
    """Whoever started us as a service of `Type=notify`; says nothing to nobody where that is not so."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        # A leading @ stands for the abstract namespace, whose names begin with a NUL.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self.watchdog = _watchdog_seconds(environ)
        """Seconds within which it wants to hear that we are alive; None when it does not care."""

    def ready(self) -> None:
        """Say that the work has begun."""
        self._send("READY=1")

    def status(self, words: str) -> None:
        """Say in one line what goes on; `systemctl status` shows it."""
        self._send(f"STATUS={' '.join(words.split())}")

    def alive(self) -> None:
        """Feed the watchdog."""
        if self.watchdog is not None:
            self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """Say that the end has begun."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._address.startswith(("/", "\0")):
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
            line.setblocking(False)
            try:
                line.sendto(message.encode(), self._address)
            except OSError:
                # The service manager is being restarted, or does not keep up: no reason to stop working.
                return


def _watchdog_seconds(environ: Mapping[str, str]) -> float | None:
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    text = environ.get("WATCHDOG_USEC", "")
    return int(text) / 1e6 if text.isdecimal() and int(text) > 0 else None
