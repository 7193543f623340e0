"""A line to type in, in a dialog: a search, a filter, a name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from textual import events
from textual.widgets import Input


class EagerInput(Input):
    """An input whose keys all count in their order: Textual's backspace climbs to the app first, and is overtaken."""

    async def _on_key(self, event: events.Key) -> None:
        bound = self._bindings.key_to_bindings.get(event.key)
        if bound:
            event.stop()
            event.prevent_default()
            await self.run_action(bound[0].action)
        else:
            await super()._on_key(event)


class LineInput(EagerInput):
    """Hidden until somebody wants to type. Keys that do something count at once: what is typed ahead comes after it."""

    def __init__(self, placeholder: str, deeds: Mapping[str, Callable[[], None]], *, max_length: int = 0) -> None:
        """`deeds` says what keys do here (`enter`, `escape`); one that ends the typing moves the focus."""
        super().__init__(placeholder=placeholder, compact=True, max_length=max_length, id="sheet-search")
        self.display = False
        self._deeds = deeds

    def open(self) -> None:
        """Begin to type."""
        self.display = True
        self.screen.set_focus(self)

    async def _on_key(self, event: events.Key) -> None:
        if not self.is_attached or self.screen.focused is not self:
            # It was in this widget's queue before the focus moved on, or the whole sheet went.
            event.stop()
            event.prevent_default()
            self.app.post_message(events.Key(event.key, event.character))
        elif (deed := self._deeds.get(event.key)) is not None:
            event.stop()
            event.prevent_default()
            deed()
        else:
            await super()._on_key(event)
