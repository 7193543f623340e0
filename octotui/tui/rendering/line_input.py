"""A line to type in: a search, a filter, a name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from textual import events
from textual.widgets import Input

from octotui.tui.terminal.keys import bindings_of


class EagerInput(Input):
    """An input whose keys count in their order, and what is typed ahead after the last of them goes elsewhere.

    Textual lets Enter and backspace climb to the app first, where letters typed ahead overtake them.
    """

    def __init__(
        self,
        deeds: Mapping[str, Callable[[], None]],
        *,
        placeholder: str = "",
        max_length: int = 0,
        select_on_focus: bool = True,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        """`deeds` says what keys do here (`enter`, `escape`); one that ends the typing moves the focus."""
        super().__init__(
            placeholder=placeholder, compact=True, max_length=max_length, select_on_focus=select_on_focus, id=id
        )
        self._deeds = deeds

    async def on_key(self, event: events.Key) -> None:
        """Do what the key means here; what is no more than text goes on to Textual's own handler."""
        deed = self._deeds.get(event.key)
        bound = bindings_of(self).key_to_bindings.get(event.key)
        is_typed_in = self.is_attached and self.screen.focused is self
        if is_typed_in and deed is None and not bound:
            return
        event.stop()
        event.prevent_default()
        if not is_typed_in:
            # It was in this widget's queue before the focus moved on, or the whole dialog went.
            self.app.post_message(events.Key(event.key, event.character))
        elif deed is not None:
            deed()
        elif bound:
            await self.run_action(bound[0].action)


class LineInput(EagerInput):
    """A line of a dialog, hidden until somebody wants to type."""

    def __init__(self, placeholder: str, deeds: Mapping[str, Callable[[], None]], *, max_length: int = 0) -> None:
        """`deeds` as in `EagerInput`."""
        super().__init__(deeds, placeholder=placeholder, max_length=max_length, id="dialog-search")
        self.display = False

    def open(self) -> None:
        """Begin to type."""
        self.display = True
        self.screen.set_focus(self)
