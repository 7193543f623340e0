"""Context of the dashboard's parts: what they may know of the dashboard, the application, the engine and reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from textual.geometry import Size

    from octotui.config import Config
    from octotui.tui.dialogs.base import Dialog
    from octotui.tui.ledger_snapshot import LedgerSnapshot
    from octotui.tui.table.pane_grid import Panes

Result = TypeVar("Result")


class EngineHandle(Protocol):
    """An engine, as far as the screen needs it; everything else it learns from the ledger."""

    @property
    def error(self) -> BaseException | None:
        """What ended it against its will: nothing is asked or saved here any more."""

    @property
    def ended_at(self) -> float | None:
        """When that was, unix seconds."""

    def start(self) -> None:
        """Begin to work."""

    def stop(self, timeout: float = 5.0) -> None:
        """Stop, with everything written."""

    def wake(self) -> None:
        """Look at the wishes in the ledger now."""

    def reconfigure(self, config: Config) -> None:
        """Go on with other settings."""

    def link(self, url: str) -> str:
        """Sign a link of a delivered result, for any thread but the screen's own: it may ask who we are.

        Raises `OSError` with words for people.
        """


class Program(Protocol):
    """The application, as far as the dashboard's parts may know it."""

    def wake_engine(self) -> None:
        """Tell the engine that there are wishes."""

    def copy_to_clipboard(self, text: str) -> None:
        """Have the terminal copy `text`."""

    def action_command_palette(self) -> None:
        """Show the palette."""

    def action_suspend_process(self) -> None:
        """Give the terminal back to the shell, until `fg`."""

    def redraw(self) -> None:
        """Draw everything, whatever the terminal shows."""

    def show_settings(self) -> None:
        """Show every setting, to be changed."""

    def leave(self, profile: str | None = None) -> None:
        """End the screen; with `profile` to go on with that one."""


class Context(Protocol):
    """The dashboard, as far as its parts may know it."""

    @property
    def config(self) -> Config:
        """The configuration the screen was opened with."""

    @property
    def read_only(self) -> bool:
        """Whether one can look only: commands that change something are not there."""

    @property
    def clock(self) -> Callable[[], float]:
        """The time, unix seconds."""

    @property
    def keys(self) -> Mapping[str, tuple[str, ...]]:
        """The keys of each command, by its id."""

    @property
    def snapshot(self) -> LedgerSnapshot:
        """The tasks, as the ledger had them last."""

    @property
    def panes(self) -> Panes:
        """The panes, with their tables."""

    def say(self, text: str) -> None:
        """Answer a key, for a few seconds."""

    def draw_lines(self) -> None:
        """Draw the lines around the panes, as far as they differ."""

    def lay_out(self, size: Size | None = None) -> None:
        """Place everything on a screen of this size, or of the one it has."""

    def perform(self, command_id: str, number: int = 1) -> None:
        """Do what a command says; `number` is for the few whose keys are counted."""

    def attempt(self, do: Callable[[], None]) -> str | None:
        """Do something that may write to the ledger, then show what came of it; returns why nothing did, in words."""

    def show_dialog(self, dialog: Dialog[Result], answered: Callable[[Result | None], None] | None = None) -> None:
        """Lay a dialog over everything; `answered` is told what it brought, None where nothing was chosen."""

    def close_dialog(self) -> None:
        """Take away the dialog on top; nobody is told."""


def _keep_nothing(_task_id: str, _text: str) -> str:
    return "Not written to a file."


class Reporting(NamedTuple):
    """Report sink of a screen, which opens no file itself and does not know what is secret."""

    save: Callable[[str, str], str] = _keep_nothing
    """Keeps the report on a task (its id, the text); returns in words where."""
    hidden: Sequence[str] = ()
    """Texts that no report may hold."""


NO_REPORTING = Reporting()
