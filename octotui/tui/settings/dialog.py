"""Settings (`,`): every setting by topic, searched, changed with a verdict as one types, and written line by line."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from octotui.config import DEFAULT_PROFILE, Config, ConfigError
from octotui.config.effective_settings import KEY
from octotui.config.setting_changes import unset_setting
from octotui.config.setting_type import Effect
from octotui.presentation.styled_text import Role
from octotui.tui.dialogs.base import SearchedDialog, key_line
from octotui.tui.rendering.text_widgets import Lines
from octotui.tui.settings.editor import ValueEditor, words_of
from octotui.tui.settings.lists import SettingsList, TopicList
from octotui.tui.settings.rows import Row, about, path_of, rows_of

if TYPE_CHECKING:
    from octotui.tui.settings.source import SettingsSource

_TOPICS_FROM = 96
"""Cells of a screen from which the topics stand beside the settings."""
_ROOMY_FROM = 30
"""Lines of a screen from which all about a setting stays to be read while it is changed."""
_CHANGING = (("Enter", "Change"), ("esc", "Back"), ("u", "Default"), ("/", "Search"))
_KEYS = key_line(*_CHANGING, ("Tab", "Next topic"), ("j k", "Move"))
_RESTART = key_line(("R", "Start anew"), *_CHANGING)


class SettingsDialog(SearchedDialog):
    """Dialog with every setting; `wants_restart` says whether the screen is to be opened anew."""

    DEFAULT_CSS = """
    SettingsDialog #settings { height: 1fr; }
    SettingsDialog #topics { width: 27; display: none; }
    SettingsDialog.-wide #topics { display: block; }
    SettingsDialog #about { height: 5; margin-top: 1; }
    SettingsDialog.-short.-editing #about { height: 2; }
    SettingsDialog.-bare #about { height: 3; margin-top: 0; }
    SettingsDialog.-bare.-editing #about { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        ("j,down", "move(1)", "Down"),
        ("k,up", "move(-1)", "Up"),
        ("g,home", "move(-9999)", "Top"),
        ("G,end", "move(9999)", "Bottom"),
        ("pagedown,space", "turn(1)", "Page down"),
        ("pageup", "turn(-1)", "Page up"),
        ("tab,right,l", "topic(1)", "Next topic"),
        ("shift+tab,left,h", "topic(-1)", "Topic before"),
        ("enter", "edit", "Change"),
        ("u,delete", "unset", "Default"),
        ("R", "restart", "Start anew"),
    ]

    def __init__(
        self,
        source: SettingsSource,
        current: Callable[[], Config],
        take: Callable[[Config], None],
        *,
        worker: Callable[[], str],
    ) -> None:
        """`current` is what the screen goes by, `take` has it go by something else.

        `worker` says which other process does the work (`host:pid`); empty where none does.
        """
        self.list = SettingsList()
        super().__init__("Settings", _KEYS, self.list, placeholder="search names, values, words")
        self._source = source
        self._current = current
        self._take = take
        self._worker = worker
        self._profile = current().profile
        self._rows: list[Row] = []
        self._topics = TopicList()
        self._about = Lines(id="about", indent=0)
        self._about.can_focus = False
        self.editor = ValueEditor(source, self._profile, self._go_by, self._end_edit)
        self._needs_restart = False
        self.wants_restart = False

    # What is shown

    def parts(self) -> list[Widget]:
        """A line to search, topics and settings, what the one under the cursor means, and a line to change it."""
        return [self.search, Horizontal(self._topics, self.list, id="settings"), self._about, self.editor]

    def on_mount(self) -> None:
        """Show what there is."""
        self._read()

    def on_resize(self, event: events.Resize) -> None:
        """Topics stand beside the settings where there is room."""
        super().on_resize(event)
        self.set_class(event.size.width >= _TOPICS_FROM, "-wide")
        self.set_class(event.size.height < _ROOMY_FROM, "-short")

    def _read(self) -> None:
        """Read the file, and show all of it, or say what is wrong with it."""
        try:
            self._rows = rows_of(self._source.load(), self._source.environ)
        except (ConfigError, OSError) as error:
            self.say(words_of(error))
        self._show()

    def _show(self) -> None:
        wanted = self.search.value.casefold()
        self.list.show_rows([row for row in self._rows if row.has(wanted)], self._profile)
        note = "" if self._source.file.exists() else ", not there yet"
        profile = "" if self._profile == DEFAULT_PROFILE else f"  profile {self._profile}"
        self.heading.show((("Settings", Role.TITLE), (f"{profile}  {self._source.file}{note}", Role.DIM)))
        self._follow()

    def _follow(self) -> None:
        """Say what the setting under the cursor is."""
        row = self.list.row
        self._topics.show_topics(dict.fromkeys(each.topic for each in self._rows), row.topic if row else "")
        self._about.show([] if row is None else list(about(row, self._profile)))
        self._about.scroll_to(y=0, animate=False)

    def say(self, text: str) -> None:
        """Answer a key in the last line; an empty text brings the keys back."""
        self._keys = _RESTART if self._needs_restart and self._source.can_restart else _KEYS
        super().say(text)

    def look_for(self, wanted: str) -> None:  # noqa: ARG002 - `_show` reads the line itself
        """Show the settings that have it in their words."""
        self.list.place = 0
        self._show()

    # Moving

    def action_move(self, by: int) -> None:
        """To another setting."""
        self.list.move(by)
        self.say("")
        self._follow()

    def action_turn(self, pages: int) -> None:
        """A page up or down."""
        self.action_move(pages * max(1, self.list.scrollable_content_region.height - 2))

    def action_topic(self, by: int) -> None:
        """To the first setting of the next topic, or of the one before."""
        self.list.move_topic(by)
        self.say("")
        self._follow()

    # Changing

    def action_edit(self) -> None:
        """Change the setting under the cursor."""
        row = self.list.row
        if row is None:
            return
        if row.name == KEY:
            self.say("The key never stands in the file: the settings below say where it is.")
            return
        self.add_class("-editing")
        self.editor.open(row)
        self.hint.show_keys(self.editor.keys)

    def on_input_changed(self) -> None:
        """Search, or judge what is typed as a value."""
        if self.editor.row is not None:
            self.editor.judge()
        else:
            super().on_input_changed()

    def _end_edit(self) -> None:
        self.remove_class("-editing")
        self.say("")

    def action_unset(self) -> None:
        """Take the setting under the cursor out of the file: its default holds again."""
        row = self.list.row
        if row is None or row.name == KEY:
            return
        try:
            paths = dict.fromkeys(path_of(row, self._profile, shared=shared) for shared in (False, True))
            taken = next((path for path in paths if unset_setting(self._source.file, path)), None)
        except (ConfigError, OSError) as error:
            self.say(words_of(error))
            return
        if taken is None:
            variable = row.effective.variable
            self.say(f"{variable} says it, not the file." if variable else "The default holds already.")
            return
        whose = f" of [profiles.{taken[1]}]" if taken[0] == "profiles" else ""
        self._go_by(row, f"{row.name} taken out{whose}", "")

    def _go_by(self, row: Row, done: str, but: str) -> None:
        """Have the screen go by the file, as far as it can, and say what came of the change."""
        try:
            loaded = self._source.load()
        except (ConfigError, OSError) as error:
            self._read()
            self.say(f"{done}; not in effect: {words_of(error)}")
            return
        if row.effect in {Effect.SCREEN, Effect.ENGINE}:
            field = row.name.partition(".")[0]
            self._take(dataclasses.replace(self._current(), **{field: getattr(loaded, field)}))
        elif row.effect is Effect.START:
            self._needs_restart = True
        self._read()
        self.say(f"{done}, {but or self._when(row)}.")

    def _when(self, row: Row) -> str:
        other = self._worker()
        if row.effect is Effect.ENGINE and other:
            return f"but {other} does the work: there at its next start"
        if row.effect is Effect.START and self._source.can_restart:
            return "in effect at the next start: R starts anew"
        return f"in effect {'at once' if row.effect is Effect.ENGINE else row.effect.value}"

    def action_restart(self) -> None:
        """Open the screen anew, with what the file says."""
        if self._source.can_restart:
            self.wants_restart = True
            self.dismiss(None)

    def action_close(self) -> None:
        """Back to the whole list from a search, else to the tasks."""
        is_searching = self.search.display
        super().action_close()
        if is_searching:
            self._follow()
