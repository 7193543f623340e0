"""The way to the terminal: Textual's own, with what the terminal shows already taken out of each frame."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from octotui.tui.thrift import Thrift

_BEGIN = "\x1b[?2026h"
_END = "\x1b[?2026l"
"""Around a frame, where the terminal shows frames in one piece."""


class ThriftyDriver(LinuxDriver):
    """Sends what differs, and nothing where nothing does."""

    _thrift: Thrift | None = None
    _held = ""

    def write(self, data: str) -> None:
        """Send `data`, as far as it changes what is shown."""
        if self._thrift is None:
            self._thrift = Thrift()
        if data == _BEGIN:
            self._held = data
        elif data == _END and self._held:
            self._held = ""
        else:
            sent = self._thrift.passed(data)
            if sent:
                held, self._held = self._held, ""
                super().write(held + sent)

    def forget(self) -> None:
        """Of the next frame send everything: the terminal may have lost something."""
        if self._thrift is not None:
            self._thrift.forget()


def forget_screen(app: App[Any]) -> None:
    """Have everything sent that is drawn from now on, whether the terminal should show it already or not."""
    driver = app._driver  # noqa: SLF001 - Textual has no other way to its terminal
    if isinstance(driver, ThriftyDriver):
        driver.forget()
