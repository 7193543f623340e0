"""The line in which a setting is typed, and below it at once what the file would make of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical

from octotui.config import ConfigError
from octotui.config.setting_changes import as_typed, planned, set_setting
from octotui.presentation.styled_text import Role, StyledLine
from octotui.tui.dialogs.base import key_line
from octotui.tui.rendering.line_input import LineInput
from octotui.tui.rendering.text_widgets import Lines
from octotui.tui.settings.rows import SHOWN_IN_FULL, Row, path_of, place_words

if TYPE_CHECKING:
    from octotui.config.toml_lines import KeyPath
    from octotui.tui.settings.source import SettingsSource

_TYPED = (("Enter", "Write"), ("esc", "Leave"))
_LONGEST = 4000
"""Characters of a value."""


class ValueEditor(Vertical):
    """A line for one value. It writes into the file; what comes of that is the dialog's."""

    DEFAULT_CSS = """
    ValueEditor { height: auto; display: none; }
    ValueEditor #dialog-search { margin: 0; }
    ValueEditor #verdict { height: 2; }
    """

    def __init__(
        self, source: SettingsSource, profile: str, wrote: Callable[[Row, str, str], None], left: Callable[[], None]
    ) -> None:
        """`wrote` is told what was written and what keeps it from being what holds; `left` that it is over."""
        super().__init__(id="edit")
        self._source = source
        self._profile = profile
        self._wrote = wrote
        self._left = left
        deeds = {
            "enter": self._write,
            "escape": self.leave,
            "tab": self._other_table,
            "up": lambda: self._step(-1),
            "down": lambda: self._step(1),
        }
        self.input = LineInput("", deeds, max_length=_LONGEST)
        self.verdict = Lines(id="verdict", indent=2)
        self.verdict.can_focus = False
        self.row: Row | None = None
        """The setting that is being changed; None while none is."""
        self._is_shared = False
        """Whether it goes to the table that all profiles share."""
        self._theme = ""
        """The theme from before one began to try others."""

    def compose(self) -> ComposeResult:
        """The line, and what is said about it."""
        yield self.input
        yield self.verdict

    def open(self, row: Row) -> None:
        """Begin to change a setting, from the value it has, unless that may hold a password."""
        self.row = row
        self._is_shared = False
        self._theme = self.app.theme
        value = row.effective.value
        is_shown = value is not None and (row.setting is None or row.name in SHOWN_IN_FULL)
        self.input.placeholder = "a new value" if row.is_set else "not set"
        self.input.value = as_typed(value) if is_shown else ""
        self.display = True
        self.input.open()
        self.judge()

    def leave(self) -> None:
        """End it, with nothing written."""
        if self.app.theme != self._theme:
            self.app.theme = self._theme
        self._end()

    def _end(self) -> None:
        self.row = None
        self.display = self.input.display = False
        self.screen.set_focus(None)
        self._left()

    @property
    def keys(self) -> StyledLine:
        """The keys that help."""
        if self.row is None:
            return ()
        own, shared = (path_of(self.row, self._profile, shared=shared) for shared in (False, True))
        whose = (("Tab", "Whose"),) if own != shared else ()
        choices = (("Up Down", "Choices"),) if self._choices() else ()
        return key_line(*_TYPED, *whose, *choices)

    def judge(self) -> None:
        """Say whether the file would take what is typed, and where it goes."""
        row = self.row
        if row is None:
            return
        typed, path = self.input.value, self._path(row)
        if not typed.strip():
            self._say("", Role.DIM, "Type a value. To have the default again: esc, then u.")
            return
        try:
            planned(self._source.file, path, typed, self._source.environ, self._source.problems)
        except (ConfigError, OSError) as error:
            self._say("✗ ", Role.BAD, words_of(error))
            return
        if row.name == "theme":
            self._try_theme(typed.strip())
        goes = f"goes {place_words(path, self._profile)}; in effect {row.effect.value}"
        self._say("✓ ", Role.GOOD, self._but(row) or goes)

    def _say(self, mark: str, role: Role, words: str) -> None:
        self.verdict.show([((mark, role), (words, role if role is Role.BAD else Role.DIM))])

    def _path(self, row: Row) -> KeyPath:
        return path_of(row, self._profile, shared=self._is_shared)

    def _but(self, row: Row) -> str:
        """What keeps a change of the file from being what holds; empty where nothing does."""
        if row.effective.source == "environment":
            return f"but {row.effective.variable} is set and wins over the file"
        if row.effective.source == "profile" and self._is_shared:
            return f"but that of [profiles.{self._profile}] wins over it"
        return ""

    def _choices(self) -> list[str]:
        if self.row is None:
            return []
        return sorted(self.app.available_themes) if self.row.name == "theme" else list(self.row.choices)

    def _try_theme(self, name: str) -> None:
        if name in self.app.available_themes and not self.app.no_color:
            self.app.theme = name

    def _step(self, by: int) -> None:
        """Take the next of a few choices, or the one before."""
        names = self._choices()
        if names:
            typed = self.input.value.strip()
            name = names[(names.index(typed) + by) % len(names) if typed in names else 0]
            self.input.value = name
            self.input.cursor_position = len(name)
            self.judge()

    def _other_table(self) -> None:
        """Write it for all profiles, or for this one alone."""
        self._is_shared = not self._is_shared
        self.judge()

    def _write(self) -> None:
        row, source = self.row, self._source
        if row is None or not self.input.value.strip():
            return
        try:
            written = set_setting(source.file, self._path(row), self.input.value, source.environ, source.problems)
        except (ConfigError, OSError) as error:
            self._say("✗ ", Role.BAD, words_of(error))
            return
        place = f"line {written.line}" if written.line else "the file"
        but = self._but(row)
        self._end()
        self._wrote(row, f"{row.name} written to {place}", but)


def words_of(error: ConfigError | OSError) -> str:
    """What is wrong, in a sentence: the first problem, without the place where it was typed."""
    if isinstance(error, ConfigError):
        return error.problems[0].message
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or error}"
