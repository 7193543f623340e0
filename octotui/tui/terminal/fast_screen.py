"""A screen that is drawn more often and with less work than Textual's own, where Textual has the shapes for it."""

from __future__ import annotations

from textual.screen import Screen
from textual.timer import Timer

from octotui.tui.terminal import shapes

_BEAT = 0.005
"""Seconds between two frames at the least. A key that comes just after a frame may have to wait for two beats, which is
33 ms with Textual's own."""


class FastScreen(Screen[None], inherit_bindings=False):
    """Textual's screen with our compositor and a faster clock for its frames.

    Held against Textual 8.2.5 to 8.2.8: a screen draws with what `_compositor` holds, and pauses and resumes the timer
    that `_update_timer` returns, which calls `_on_timer_update`.
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._frames: Timer | None = None
        self._has_own_frames = shapes.frames_fit()
        if shapes.compositor_fits():
            from octotui.tui.terminal.compositor import PartialCompositor  # noqa: PLC0415 - it may not be importable

            self._compositor = PartialCompositor()

    @property
    def _update_timer(self) -> Timer:
        """The frames' clock: Textual's, but faster."""
        if not self._has_own_frames:
            return super()._update_timer
        if self._frames is None:
            self._frames = self.set_interval(_BEAT, self._on_timer_update, name="frames", pause=True)
        return self._frames
