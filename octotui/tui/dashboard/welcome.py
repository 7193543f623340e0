"""Welcome page, for who has neither a key nor a task yet: what octotui is, three steps, and the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from octotui.config.no_key import no_key
from octotui.presentation.remedies import withheld_words
from octotui.presentation.styled_text import Role, Span, StyledLine, wrap
from octotui.tui.rendering.text_widgets import Lines

if TYPE_CHECKING:
    from octotui.config import Config

_NARROW = 60
"""Below so many cells a step is one short line."""
_MIDDLE = 76
"""Cells the page takes at most; what is left of the width is shared out on both sides."""

_STEPS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("Your key", ("export OCTOTUI_API_KEY=sk-…",), "or a file, a keyring, a command: octotui config init"),
    ("A task", ("octotui add ID",), "or here: {add}, then paste ids, JSON, curl lines, a log"),
    ("The result", ("octotui",), "{save} saves one, {save_all} all that is ready, the next to be lost first"),
)


class Opening(NamedTuple):
    """Sentence below the title, for a wide and for a narrow screen."""

    wide: str
    narrow: str
    role: Role


_OPENING = Opening(
    "See what every video you are having made is doing, and how long each finished one is still there; "
    "save it with one key before it is gone.",
    "Your videos, how long they are kept, and one key that saves them.",
    Role.TEXT,
)


def opening_words(config: Config) -> Opening:
    """What octotui is; where a key is there that is not used, why that is so and what to do comes in its place."""
    if config.withheld_key is None:
        return _OPENING
    says, remedy = no_key(config)
    return Opening(f"{says}. {remedy[0].upper()}{remedy[1:]}.", withheld_words(config.withheld_key), Role.WARN)


class Welcome(Lines, can_focus=False):
    """Welcome page, in place of the panes until there is a task."""

    DEFAULT_CSS = """
    Welcome { width: 1fr; height: 1fr; display: none; }
    """

    def __init__(self, keys: dict[str, str], opening: Opening) -> None:
        """`keys` are what to press for `add`, `download`, `download_all`, `help`, `quit`."""
        super().__init__(id="welcome")
        self._keys = keys
        self._opening = opening

    def fold(self, width: int) -> list[StyledLine]:
        """The page for this width, a little above the middle of the height."""
        lines = welcome_lines(self._keys, width, self._opening)
        spare = self.size.height - len(lines)
        return [*[()] * max(0, spare // 3), *lines]


def welcome_lines(keys: dict[str, str], width: int, opening: Opening = _OPENING) -> list[StyledLine]:
    """The page in `width` cells."""
    narrow = width < _NARROW
    margin = " " * (1 if narrow else max(2, (width - _MIDDLE) // 2))
    lines: list[tuple[Span, ...]] = []
    lines += [(("octotui", Role.TITLE),)] if narrow else [(("Welcome to octotui", Role.TITLE),), ()]
    words = opening.narrow if narrow else opening.wide
    lines += [*wrap(((words, opening.role),), min(width - len(margin), _MIDDLE)), ()]
    for number, (name, commands, more) in enumerate(_STEPS, start=1):
        head: Span = (f"{number} " if narrow else f"{number}  {name:<12}", Role.KEY if narrow else Role.STRONG)
        lines.append((head, (commands[0], Role.ACCENT)))
        if not narrow:
            lines += [((" " * 15, Role.TEXT), (more.format(**_shown(keys)), Role.DIM)), ()]
    if narrow:
        lines.append(())
    lines.append((("Just looking? " if narrow else "Just looking?  ", Role.DIM), ("octotui demo", Role.ACCENT)))
    if not narrow:
        lines[-1] = (*lines[-1], (" runs all of it without a key or a network.", Role.DIM))
        lines += [(), _keys_line(keys)]
    return [part for line in lines for part in wrap(((margin, Role.TEXT), *line) if line else (), width, len(margin))]


def _shown(keys: dict[str, str]) -> dict[str, str]:
    return {"add": keys["add"], "save": keys["download"], "save_all": keys["download_all"]}


def _keys_line(keys: dict[str, str]) -> StyledLine:
    spans: list[Span] = []
    for name, label in (("add", "Add tasks"), ("help", "All keys"), ("quit", "Quit")):
        spans += [(keys[name], Role.KEY), (f" {label}   ", Role.DIM)]
    return tuple(spans)
