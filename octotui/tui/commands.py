"""The one table of commands: bindings, footer, help, palette, the README's keys and `[keys]` all come from it."""

from __future__ import annotations

import string
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from textual.keys import KEY_NAME_REPLACEMENTS, Keys

_SHOWN = {
    "slash": "/",
    "question_mark": "?",
    "colon": ":",
    "enter": "Enter",
    "space": "space",
    "escape": "esc",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "up": "Up",
    "down": "Down",
    "home": "Home",
    "end": "End",
    "tab": "Tab",
    "shift+tab": "Shift+Tab",
}
_WAY_OUT = "ctrl+c"
_MODIFIERS = ["alt", "ctrl", "shift"]
"""In the order in which Textual writes them."""
_SPECIAL = (
    "enter, space, tab, escape, backspace, insert, delete, home, end, pageup, pagedown, up, down, left, right, "
    "f1 to f24"
)


class Command(NamedTuple):
    """A command of the screen: its keys, its words, and what it needs."""

    id: str
    """Its name in `[keys]`; what does it is bound to it in `dashboard/command_actions.py`."""
    keys: tuple[str, ...]
    """The keys for it, as Textual writes them."""
    label: str
    """One or two words, for the footer."""
    topic: str
    """Under which heading the help shows it."""
    tooltip: str
    """What it does, in one sentence."""
    footer: int | None = None
    """Its place when the footer cannot show all; None: never in the footer."""
    each_key: bool = False
    """Whether the command is told which of its keys it was: 1 for the first."""
    short: str = ""
    """Label for a narrow footer."""
    needs_task: bool = False
    """Whether it does nothing where no task is meant."""
    moves_only: bool = False
    """Whether it only moves about and marks: the ledger need not be read after it."""

    @property
    def changes(self) -> bool:
        """Whether it changes something, as far as anybody has said: with `--read-only` it is not there then."""
        return not (self.moves_only or self.id in _ONLY_LOOK)


FINDING = "Finding"
MOVING = "Moving"
MARKING = "Marking"
SAVING = "Saving"
WATCHING = "Watching"
SEEING = "Looking"
PROGRAM = "octotui"

TOPICS = (SAVING, WATCHING, SEEING, FINDING, MARKING, MOVING, PROGRAM)
"""The help's headings in order."""

COMMANDS: tuple[Command, ...] = (
    Command(
        "download",
        ("d",),
        "Save",
        SAVING,
        "Save the result of the marked tasks, or of this one, on this machine.",
        3,
        needs_task=True,
    ),
    Command(
        "download_all",
        ("D",),
        "Save all",
        SAVING,
        "Save all that is ready of what is shown, on any machine, by deadline.",
        4,
        short="All",
    ),
    Command("pause", ("p",), "Pause", SAVING, "Pause the saving of these, or go on with it.", 11, needs_task=True),
    Command(
        "pause_all",
        ("P",),
        "Pause all",
        SAVING,
        "Pause all asking and saving, in every window and service, or go on with it.",
    ),
    Command("cancel", ("C",), "Cancel", SAVING, "Stop saving these; what is saved stays.", 12, needs_task=True),
    Command("cancel_all", ("U",), "Cancel all", SAVING, "Stop saving all that is shown: the way back from D."),
    Command(
        "play", ("o",), "Open", SAVING, "Open the saved file with the player of the configuration.", 13, needs_task=True
    ),
    Command("add", ("a",), "Add", WATCHING, "Watch tasks: paste ids, JSON, curl lines or a log.", 6),
    Command("ask_now", ("r",), "Ask now", WATCHING, "Ask the gateway about these tasks at once.", 10, needs_task=True),
    Command(
        "remove",
        ("x",),
        "Remove",
        WATCHING,
        "Stop watching these tasks, after asking; files stay.",
        23,
        needs_task=True,
    ),
    Command("title", ("t",), "Title", WATCHING, "Call these tasks by a name.", 18, needs_task=True),
    Command("tags", ("#",), "Tags", WATCHING, "Give these tasks tags, or take them away: +a -b.", 19, needs_task=True),
    Command("undo", ("u",), "Undo", WATCHING, "Take back the last change of titles or tags, or the last Remove.", 20),
    Command(
        "details",
        ("enter",),
        "Details",
        SEEING,
        "All that is known about a task, and its last answer.",
        7,
        needs_task=True,
    ),
    Command(
        "contact_sheet", ("c",), "Contact sheet", SEEING, "A page of pictures of what is saved.", 26, short="Sheet"
    ),
    Command("copy", ("y",), "Copy", SEEING, "Copy URL, id, path, an rsync line or a curl line.", 16, needs_task=True),
    Command(
        "report",
        ("e",),
        "Report",
        SEEING,
        "A report on this task for the gateway's owner: no key and no prompt in it.",
        21,
        needs_task=True,
    ),
    Command(
        "overview",
        ("0",),
        "Overview",
        SEEING,
        "All at a glance: what is lost next, success and rendering time, failures, what was saved.",
        15,
    ),
    Command(
        "failures", ("F",), "Failures", SEEING, "What failed, by reason; one report for all that failed alike.", 17
    ),
    Command("log", ("L",), "Log", SEEING, "Everything that happened, newest last.", 25),
    Command("zoom", ("z",), "Zoom", SEEING, "This pane alone on the screen, and back.", 22, moves_only=True),
    Command("together", ("A",), "All", SEEING, "The tasks of all providers in one table, and back.", 28),
    Command(
        "pane",
        ("1", "2", "3", "4", "5", "6", "7", "8", "9"),
        "Pane",
        SEEING,
        "Go to a pane by its number.",
        each_key=True,
        moves_only=True,
    ),
    Command("next_pane", ("tab",), "Next pane", SEEING, "Go to the next pane.", moves_only=True),
    Command("previous_pane", ("shift+tab",), "Previous pane", SEEING, "Go to the pane before.", moves_only=True),
    Command("next_loss", ("n",), "Next loss", FINDING, "Go to the result that is lost first.", 14, moves_only=True),
    Command(
        "filter",
        ("/",),
        "Filter",
        FINDING,
        'Show only some: text, "two words", state:failed, tag:x, model:sora, provider:veo, left<30m; ! inverts.',
        5,
    ),
    Command("sort", ("s",), "Sort", FINDING, "The list of sorts; the same one again reverses it.", 24),
    Command("columns", ("|",), "Columns", FINDING, "Choose the columns of the tables."),
    Command("views", ("w",), "Views", FINDING, "Saved views of filter, sort and pane: show, save, delete.", 27),
    Command("back", ("escape",), "Back", FINDING, "Take filter, marks or zoom away, whatever came last."),
    Command(
        "mark", ("space",), "Mark", MARKING, "Mark this task, or take the mark away, and go down.", 9, moves_only=True
    ),
    Command(
        "mark_range", ("v",), "Range", MARKING, "Begin to mark what the cursor passes, or end it.", moves_only=True
    ),
    Command("mark_all", ("*",), "Mark all", MARKING, "Mark everything this pane shows, or nothing.", moves_only=True),
    Command("down", ("j", "down"), "Down", MOVING, "To the next task.", moves_only=True),
    Command("up", ("k", "up"), "Up", MOVING, "To the task before.", moves_only=True),
    Command("top", ("g", "home"), "Top", MOVING, "To the first task.", moves_only=True),
    Command("bottom", ("G", "end"), "Bottom", MOVING, "To the last task.", moves_only=True),
    Command("page_down", ("pagedown",), "Page down", MOVING, "One page down.", moves_only=True),
    Command("page_up", ("pageup",), "Page up", MOVING, "One page up.", moves_only=True),
    Command("palette", (":", "ctrl+p"), "Palette", PROGRAM, "Find any command or theme by its name.", 8, short="Find"),
    Command("settings", (",",), "Settings", PROGRAM, "Every setting: what holds, where it comes from; change it.", 26),
    Command("help", ("?",), "Help", PROGRAM, "Every key, by topic, and what the words mean.", 1),
    Command(
        "quit",
        ("q", "ctrl+c"),
        "Quit",
        PROGRAM,
        "Leave; asks while files are being saved, which go on at the next start.",
        2,
    ),
    Command("redraw", ("ctrl+l",), "Redraw", PROGRAM, "Draw everything again, where something else wrote over it."),
    Command("suspend", ("ctrl+z",), "Suspend", PROGRAM, "Back to the shell; `fg` returns."),
)

_ONLY_LOOK = frozenset(
    ("play", "details", "contact_sheet", "copy", "overview", "failures", "log", "filter", "views", "back")
) | {"palette", "help", "quit", "redraw", "suspend"}
"""Commands that change nothing, of no task, ledger, file or setting, besides those that only move."""

BY_ID: dict[str, Command] = {command.id: command for command in COMMANDS}
FOR_TASKS = frozenset(command.id for command in COMMANDS if command.needs_task)
"""Ids of the commands that do nothing where no task is meant."""


def show_key(key: str) -> str:
    """A key as people write it: `/`, `Ctrl+P`."""
    if key in _SHOWN:
        return _SHOWN[key]
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    if modifiers:
        return "+".join([*(modifier.capitalize() for modifier in modifiers), last.upper() if len(last) == 1 else last])
    return key


def first_key(keys: Mapping[str, Sequence[str]], command_id: str) -> str:
    """The first key of a command as people write it; empty where it has none."""
    return next(map(show_key, keys[command_id]), "")


def keys_in_use(remapped: Mapping[str, str], *, read_only: bool = False) -> dict[str, tuple[str, ...]]:
    """The keys of every command, after the configuration's `[keys]`: an id, and keys with commas between them.

    Where one may look only, commands that change something have none.
    """
    in_use = {command.id: command.keys for command in COMMANDS}
    for command_id, keys in remapped.items():
        if command_id in in_use:
            in_use[command_id] = tuple(key for key in (part.strip() for part in keys.split(",")) if key)
    # Whatever the configuration says, the key that ends every program ends this one.
    if not any(_WAY_OUT in keys for keys in in_use.values()):
        in_use["quit"] += (_WAY_OUT,)
    return {id_: () if read_only and BY_ID[id_].changes else keys for id_, keys in in_use.items()}


LOOK_ONLY = "octotui was opened to look only (--read-only)."
"""The answer to a key that would change something."""


def commands_for(*, read_only: bool) -> list[Command]:
    """The commands there are: all, or where one may look only those that change nothing."""
    return [command for command in COMMANDS if not (read_only and command.changes)]


def problems(remapped: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with `[keys]`: for each id that is, a sentence. Unknown ids, unknown keys, keys that clash."""
    found = {
        command_id: f"there is no command {command_id}: choose from {', '.join(sorted(BY_ID))}"
        for command_id in remapped
        if command_id not in BY_ID
    }
    owners: dict[str, list[str]] = defaultdict(list)
    in_use = keys_in_use(remapped)
    for command_id, keys in in_use.items():
        for key in keys:
            owners[key_name(key)].append(command_id)
    for key, ids in owners.items():
        for command_id in ids if len(ids) > 1 else ():
            if command_id in remapped:
                others = ", ".join(other for other in ids if other != command_id)
                found[command_id] = f"the key {show_key(key)} is also that of {others}"
    for command_id in remapped.keys() & in_use.keys():
        if wrong := next(filter(None, map(key_problem, in_use[command_id])), None):
            found[command_id] = wrong
    return found


def bindings(remapped: Mapping[str, str]) -> dict[str, str]:
    """For every key the action it stands for, as Textual writes actions. Where keys clash the configuration wins."""
    made: dict[str, str] = {}
    in_use = keys_in_use(remapped)
    for command in sorted(COMMANDS, key=lambda command: command.id in remapped):
        for number, key in enumerate(in_use[command.id], start=1):
            argument = f", {number}" if command.each_key else ""
            made[key_name(key)] = f"command('{command.id}'{argument})"
    return made


def key_table() -> str:
    """The README's table of keys, in Markdown."""
    rows = ["| key | does |", "|---|---|"]
    for topic in TOPICS:
        for command in COMMANDS:
            if command.topic == topic:
                shown = "1 … 9" if command.each_key else " ".join(show_key(key) for key in command.keys)
                rows.append(f"| `{shown}` | {command.tooltip} |")
    return "\n".join(rows) + "\n"


def key_name(key: str) -> str:
    """A key as Textual writes it: `/` is `slash`."""
    if len(key) != 1 or key.isalnum():
        return key
    name = unicodedata.name(key, key).lower().replace("-", "_").replace(" ", "_")
    return KEY_NAME_REPLACEMENTS.get(name, name)


_KEY_NAMES = frozenset(
    [
        *(name for key in Keys if (name := key.value.rpartition("+")[2]).isalnum() and len(name) > 1),
        *map(key_name, string.punctuation),
    ]
) - {"return"}


def key_problem(key: str) -> str | None:
    """Why no terminal can send `key`, in a sentence that says what is valid; None where one can."""
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    if modifiers == [modifier for modifier in _MODIFIERS if modifier in modifiers] and _is_last(last, modifiers):
        return None
    return (
        f"{key!r} is no key that a terminal sends. Valid: one character (d, D, ?), {_SPECIAL}; "
        "before them alt+, ctrl+ and shift+ in this order (ctrl+d, alt+shift+up)"
    )


def _is_last(last: str, modifiers: list[str]) -> bool:
    if len(last) != 1:
        return last in _KEY_NAMES
    # Shift with a letter alone arrives as the capital, and a capital behind a modifier as shift+ and the letter.
    return last.isprintable() and modifiers != ["shift"] and not (modifiers and last.isupper())
