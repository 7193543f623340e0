"""Saved views (`w`): one picks, saves and deletes them here, and every window has the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from octotui.ledger import Ledger, LedgerError, SavedView
from octotui.presentation.remedies import refusal
from octotui.presentation.sorting import order_words
from octotui.presentation.styled_text import Role, StyledLine, fit
from octotui.sanitize import clean
from octotui.tui.commands import LOOK_ONLY
from octotui.tui.dialogs.base import Dialog, key_line
from octotui.tui.rendering.line_input import LineInput
from octotui.tui.rendering.text_widgets import Lines
from octotui.tui.table.pane_grid import EVERYBODY

_LONGEST_NAME = 40
_LONGEST_SHOWN = 120
"""Characters of a filter in the list: what was pasted as one may be a page."""
_KEYS = key_line(("1…9 Enter", "Show"), ("a", "Save this one"), ("x", "Delete"), ("esc", "Back"))
_LOOKING = key_line(("1…9 Enter", "Show"), ("esc", "Back"))
_NAMING = key_line(("Enter", "Save"), ("Tab", "Which panes"), ("esc", "Back"))


def says(view: SavedView, labels: Mapping[str, str]) -> StyledLine:
    """What a view shows, in words: `/left<30m  by deadline  Sora alone`."""
    where = "all panes"
    if view.provider == EVERYBODY:
        where = "all in one table"
    elif view.provider:
        where = f"{labels.get(view.provider, clean(view.provider, _LONGEST_NAME))} alone"
    wanted = f"/{clean(view.filter, _LONGEST_SHOWN)}" if view.filter else "everything"
    order = order_words(clean(view.order, _LONGEST_NAME))
    columns = f"  {clean(' '.join(view.columns), _LONGEST_SHOWN)}" if view.columns else ""
    return (wanted, Role.TEXT), (f"  by {order}  {where}{columns}", Role.DIM)


class SavedViewsDialog(Dialog[SavedView]):
    """Dialog that lists the saved views; the result is the one to show, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("j,down", "move(1)", "Down"),
        ("k,up", "move(-1)", "Up"),
        ("enter", "pick", "Show"),
        ("a", "name", "Save"),
        ("x", "delete", "Delete"),
        *((str(number), f"show({number})", "Show") for number in range(1, 10)),
        ("q", "close", "Back"),
    ]

    def __init__(
        self, ledger: Ledger, present: SavedView, here: str, labels: Mapping[str, str], *, read_only: bool = False
    ) -> None:
        """`present` is what is shown now, yet without a name; `here` the pane with the focus; `labels` all panes'."""
        super().__init__("Views", _LOOKING if read_only else _KEYS)
        self._read_only = read_only
        self._ledger = ledger
        self._present = present
        self._here = here
        self._labels = labels
        self._views: list[SavedView] = []
        self._place = 0
        self._doomed: SavedView | None = None
        """The one that goes when `x` is pressed again."""
        self._text = Lines(indent=8)
        self._text.can_focus = False
        deeds = {"enter": self._save, "tab": self._where, "escape": self.action_close}
        self.naming = LineInput("name", deeds, max_length=_LONGEST_NAME)

    def parts(self) -> list[Widget]:
        """A line for a name, and the views."""
        return [self.naming, self._text]

    def on_mount(self) -> None:
        """Show what there is."""
        self._read()

    def _read(self) -> None:
        try:
            self._views = self._ledger.saved_views()
        except LedgerError as error:
            self.say(str(error))
        self._show()

    def _show(self) -> None:
        self._place = max(0, min(self._place, len(self._views) - 1))
        lines: list[StyledLine] = []
        for place, view in enumerate(self._views):
            number = str(place + 1) if place < 9 else " "
            mark = "▸" if place == self._place else " "
            name = fit(clean(view.name), 20)
            lines.append(
                ((f"{mark} ", Role.MARK), (number, Role.KEY), (f"  {name}  ", Role.STRONG), *says(view, self._labels))
            )
        if not lines:
            how = "" if self._read_only else ": filter and sort, then save it here with a"
            lines.append(((f"No view is saved yet{how}.", Role.DIM),))
        lines += [(), (("Now  ", Role.DIM), *says(self._present, self._labels))]
        self._text.show(lines)
        self._text.scroll_to(y=max(0, self._place - 2), animate=False)

    @property
    def _is_naming(self) -> bool:
        return self.naming.display

    def action_show(self, number: int) -> None:
        """Show a view by its number."""
        if number <= len(self._views):
            self.dismiss(self._views[number - 1])

    def action_move(self, by: int) -> None:
        """To another view."""
        self._place += by
        self._forgive()
        self._show()

    def action_pick(self) -> None:
        """Show the view under the cursor."""
        if self._views:
            self.dismiss(self._views[self._place])

    def action_name(self) -> None:
        """Ask for a name for what is shown now."""
        if self._read_only:
            self.say(LOOK_ONLY)
            return
        self._forgive()
        self.naming.value = ""
        self.naming.open()
        self.hint.show_keys(_NAMING)

    def _where(self) -> None:
        """Save it for all panes, or for the one with the focus alone."""
        provider = self._here if self._present.provider is None else None
        self._present = self._present._replace(provider=provider)
        self._show()

    def _save(self) -> None:
        """Save it under the name."""
        name = clean(self.naming.value).strip()
        if not name:
            self.say("Give it a name.")
            return
        present = self._present
        if self._attempt(lambda: self._ledger.save_view(present._replace(name=name))):
            self._end_naming()
            self._place = next((place for place, view in enumerate(self._views) if view.name == name), 0)
            self._show()
            self.say(f"Saved {name}.")

    def on_input_changed(self) -> None:
        """Whoever types has read what was said."""
        if self._is_naming:
            self.hint.show_keys(_NAMING)

    def action_delete(self) -> None:
        """Forget the view under the cursor; asks by wanting the key twice."""
        if self._read_only:
            self.say(LOOK_ONLY)
        if self._read_only or not self._views:
            return
        view = self._views[self._place]
        if view is not self._doomed:
            self._doomed = view
            self.say(f"x again deletes {clean(view.name)}.")
            return
        self._doomed = None
        if self._attempt(lambda: self._ledger.drop_view(view.name)):
            self.say(f"Deleted {clean(view.name)}.")

    def _attempt(self, write: Callable[[], None]) -> bool:
        """Write to the ledger and read anew; says why when that fails."""
        words = refusal(write)
        if words is not None:
            self.say(words)
            return False
        self._read()
        return True

    def _forgive(self) -> None:
        self._doomed = None
        self.say("")

    def _end_naming(self) -> None:
        self.naming.display = False
        self.set_focus(None)
        self.say("")

    def action_close(self) -> None:
        """Back to the list from a name, else to the tasks."""
        if self._is_naming:
            self._end_naming()
        else:
            self.dismiss(None)
