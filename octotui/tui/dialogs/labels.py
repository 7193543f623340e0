"""Title dialog (`t`) and tags dialog (`#`): one line to type in, with what holds now above it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.widget import Widget

from octotui.model import LONGEST_TITLE
from octotui.presentation.bulk.tag_change import TagChange, completed, completions, present_tags, read_tags
from octotui.presentation.styled_text import Role, StyledLine
from octotui.sanitize import clean
from octotui.tui.dialogs.base import Dialog, Result, TextLine, key_line
from octotui.tui.rendering.line_input import LineInput
from octotui.tui.rendering.text_widgets import Lines

_LONGEST_LIST = 400
"""Characters of a list of tags."""


class LabelDialog(Dialog[Result]):
    """A line to type in below what holds now, and a line that helps; Enter is done."""

    DEFAULT_CSS = """
    LabelDialog #dialog { width: 76; height: auto; max-height: 90%; }
    LabelDialog #now { height: auto; min-height: 1; max-height: 4; }
    LabelDialog #dialog-search { margin-bottom: 0; }
    """

    def __init__(self, title: str, keys: StyledLine, now: Sequence[StyledLine], placeholder: str, longest: int) -> None:
        """`now` is what holds now."""
        super().__init__(title, keys)
        self._now = Lines(id="now", indent=0)
        self._now.can_focus = False
        self._now.show(now)
        deeds = {"enter": self.finish, "escape": self.action_close, "tab": self.complete}
        self.input = LineInput(placeholder, deeds, max_length=longest)
        self.help_line = TextLine(id="help-line")

    def parts(self) -> list[Widget]:
        """What holds now, the line, and the help below it."""
        return [self._now, self.input, self.help_line]

    def on_mount(self) -> None:
        """Begin to type."""
        self.input.open()

    def finish(self) -> None:
        """Take what was typed."""
        raise NotImplementedError

    def complete(self) -> None:
        """Finish the word that was begun, where there is anything to finish it with."""


class TitleDialog(LabelDialog[str]):
    """Dialog that asks what tasks are to be called; the result is the title, empty for none, or None for no change."""

    def __init__(self, whose: str, titles: Sequence[str | None], prompt: str | None) -> None:
        """`whose` names the tasks, `titles` are what people call them now; `prompt` is that of a single task."""
        self._present = titles[0] or "" if len(set(titles)) == 1 else ""
        self._named = sum(title is not None for title in titles)
        is_mixed = len(set(titles)) > 1
        now: list[StyledLine] = []
        if is_mixed:
            now.append(((f"{self._named:,} of {len(titles):,} have a title", Role.DIM),))
        if prompt:
            now.append((("prompt  ", Role.DIM), (clean(prompt), Role.TEXT)))
        elif not is_mixed and not self._present:
            now.append((("no title yet", Role.DIM),))
        self._is_mixed = is_mixed
        self._is_warned = False
        keys = key_line(("Enter", "Set"), ("esc", "Back"))
        super().__init__(f"Title: {whose}", keys, now, "a title; empty: the prompt again", LONGEST_TITLE)
        self.input.value = self._present

    def on_mount(self) -> None:
        """Begin behind the title there is."""
        super().on_mount()
        self.input.cursor_position = len(self.input.value)

    def on_input_changed(self) -> None:
        """Whoever types has read the warning."""
        self._is_warned = False
        self.say("")

    def finish(self) -> None:
        """Set it; whoever would take the titles of several tasks away is warned first."""
        title = clean(self.input.value).strip()
        if not title and self._is_mixed and not self._is_warned:
            self._is_warned = True
            self.say(f"Enter again takes {self._named:,} away.")
            return
        self.dismiss(None if title == self._present and not self._is_mixed else title)


class TagsDialog(LabelDialog[TagChange]):
    """Dialog that asks for tags; the result is the change, or None."""

    def __init__(self, whose: str, tags: Sequence[Sequence[str]], known: Sequence[str]) -> None:
        """`tags` are those of each task now, `known` all there are anywhere, the most used first."""
        keys = key_line(("Enter", "Set"), ("Tab", "Complete"), ("esc", "Back"))
        now: StyledLine = (("now  ", Role.DIM), *present_tags(tags))
        super().__init__(f"Tags: {whose}", keys, [now], "+a -b, or the whole list; - for none", _LONGEST_LIST)
        self._known = known

    def on_mount(self) -> None:
        """Show what can be completed."""
        super().on_mount()
        self._show_known()

    def on_input_changed(self) -> None:
        """Show what the word that is typed may become."""
        self.say("")
        self._show_known()

    def _show_known(self) -> None:
        text = self.input.value
        found = completions(text, self._known) if text.strip() else list(self._known)
        words: StyledLine = (("known  ", Role.DIM), ("  ".join(map(clean, found[:40])), Role.DIM)) if found else ()
        self.help_line.show(words)

    def complete(self) -> None:
        """Make the last word the most used tag that begins with it."""
        found = completions(self.input.value, self._known)
        if found:
            self.input.value = completed(self.input.value, found[0])
            self.input.cursor_position = len(self.input.value)

    def finish(self) -> None:
        """Take the change, or say what is wrong with it; nothing typed is no change."""
        text = self.input.value
        if not text.strip():
            self.dismiss(None)
            return
        try:
            change = read_tags(text)
        except ValueError as error:
            self.say(str(error))
            return
        self.dismiss(change)
