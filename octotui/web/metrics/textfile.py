"""The metrics as a file for the textfile collector of Prometheus' node exporter."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from octotui.web.metrics.exporter import Exporter

NAME = "octotui.prom"
EVERY = 15.0
"""Seconds between two writes."""
_MODE = 0o644
"""Another user reads it, whatever the umask: it holds counts only."""


class MetricsFile:
    """Keeps the file up to date. Who reads it sees a whole one, always."""

    def __init__(
        self,
        exporter: Exporter,
        folder: Path,
        say: Callable[[str], None],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`say` is told when the file cannot be written, once each time, and when it is written again."""
        self._exporter = exporter
        self._path = folder / NAME
        self._fresh = folder / f".{NAME}.{os.getpid()}"
        self._say = say
        self._monotonic = monotonic
        self._written_at = float("-inf")
        self._is_failing = False

    def write(self) -> None:
        """Write the file now. Raises `OSError`."""
        self._written_at = self._monotonic()
        _, text = self._exporter.render()
        try:
            self._fresh.unlink(missing_ok=True)
            descriptor = os.open(self._fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _MODE)
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(descriptor, _MODE)
                file.write(text)
            self._fresh.replace(self._path)
        except OSError:
            self._fresh.unlink(missing_ok=True)
            raise

    def write_if_due(self) -> None:
        """Write the file every `EVERY` seconds; where that cannot be, say so and go on trying."""
        if self._monotonic() - self._written_at >= EVERY:
            self.try_to_write()

    def try_to_write(self) -> None:
        """Write the file; where that cannot be, say so."""
        try:
            self.write()
        except OSError as error:
            if not self._is_failing:
                self._say(f"{self._path} cannot be written: {error.strerror or error}")
            self._is_failing = True
            return
        if self._is_failing:
            self._say(f"{self._path} is written again")
        self._is_failing = False
