"""An engine that does nothing but say what it is told; for screens, which learn the rest from the ledger."""

from __future__ import annotations

from collections.abc import Callable

from octotui.config import Config


class FakeEngine:
    """Keeps what was done with it, in order: `started`, `woken`, `stopped`."""

    def __init__(self, on_told: Callable[[str], object] | None = None) -> None:
        """`on_told` hears each word as it comes; for a program whose engine the test cannot see."""
        self.told: list[str] = []
        self.config: Config | None = None
        """What it was last told to go on with."""
        self.error: BaseException | None = None
        self.ended_at: float | None = None
        self._on_told = on_told

    def start(self) -> None:
        self._note("started")

    def stop(self, timeout: float = 5.0) -> None:
        self._note("stopped")

    def wake(self) -> None:
        self._note("woken")

    def reconfigure(self, config: Config) -> None:
        self.config = config
        self._note("reconfigured")

    def link(self, url: str) -> str:
        """A link that can be told from another; an object that is called `gone` has none."""
        if url.endswith("gone"):
            raise OSError("the storage says no")
        return f"https://signed.example/{url.rpartition('/')[2]}?X-Amz-Signature=abc"

    def _note(self, word: str) -> None:
        self.told.append(word)
        if self._on_told is not None:
            self._on_told(word)
