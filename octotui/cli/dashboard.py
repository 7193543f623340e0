"""`octotui` alone: opens the dashboard with the engine beside it."""

from __future__ import annotations

import dataclasses
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

from octotui import garbage
from octotui.cli.context import open_ledger
from octotui.cli.exit_codes import CommandError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from octotui.cli.context import Session
    from octotui.config import Config, Problem
    from octotui.engine.engine import Engine
    from octotui.ledger import Ledger
    from octotui.tui.app import ExitChoice
    from octotui.tui.settings.source import SettingsSource

_LOOK_EVERY = 1.0
"""Seconds between two looks whether the process that began this one is there."""
_SIXTEEN_COLOURS = frozenset({"linux", "cons25", "vt100", "vt220", "ansi", "screen", "xterm-color", "xterm-16color"})
"""Values of TERM of terminals that have no colours but their own."""


def open_dashboard(session: Session) -> ExitCode:
    """Open the dashboard on the user's own ledger; without a key it says what to do. Returns how it was left."""
    garbage.turn_off()  # the screen turns it on again once it stands
    from octotui.config import load  # noqa: PLC0415 - not before it is known that the dashboard is meant

    profile = session.profile
    while True:
        # Whoever only looks needs no key: no file of one is opened, and no command is run for one.
        with_key = not session.read_only
        config = as_asked(load(session.config_file, profile=profile, with_key=with_key, also=screen_problems), session)
        check_terminal("octotui ls and octotui watch")
        with open_ledger(config, is_reader=session.read_only, read_only=session.read_only, late=True) as ledger:
            settings = None if session.read_only else settings_source(session, config, session.file())
            left = show_dashboard(config, ledger, settings)
        profile = left.profile
        if profile is None:
            return ExitCode(left.code)


def hiding_new_folders(settings: SettingsSource, hidden: list[str]) -> SettingsSource:
    """Have reports hide the folders of settings that are read later, too: `hidden` is what they must not hold."""
    from octotui.cli.report_files import hidden_of  # noqa: PLC0415 - as above

    def load_and_hide() -> Config:
        config = settings.load()
        hidden.extend(text for text in hidden_of(config) if text not in hidden)
        return config

    return settings._replace(load=load_and_hide)


def as_asked(config: Config, session: Session) -> Config:
    """Return `config` with what the command line says about the screen."""
    return dataclasses.replace(
        config, ascii=session.ascii or config.ascii, low_bandwidth=session.low_bandwidth or config.low_bandwidth
    )


def check_terminal(instead: str) -> None:
    """Raise `CommandError` when there is no terminal to draw on; `instead` names what works without one.

    Textual's own variable names a driver that needs none: that of a browser (`octotui serve --terminal`).
    """
    if os.environ.get("TEXTUAL_DRIVER"):
        _end_with_parent()
    elif not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise CommandError(f"the dashboard needs a terminal; {instead} work without one")


def _end_with_parent() -> None:
    """Have this process end when the one that began it has gone: what it draws goes nowhere then."""
    parent, never = os.getppid(), threading.Event()

    def watch_parent() -> None:
        while os.getppid() == parent:
            never.wait(_LOOK_EVERY)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch_parent, name="octotui-parent", daemon=True).start()


def settings_source(
    session: Session, config: Config, file: Path, environ: Mapping[str, str] = os.environ, *, can_restart: bool = True
) -> SettingsSource:
    """Return where the screen finds and writes the settings that `config` was read from: `file` and `environ`."""
    from octotui.config import load  # noqa: PLC0415 - as above
    from octotui.tui.settings.source import SettingsSource  # noqa: PLC0415 - only the screen needs it

    encoding = sys.stdout.encoding  # once the screen stands, what stands there has none

    def load_again() -> Config:
        # A file that nobody named need not be there.
        named = file if config.path is not None else session.config_file
        fresh = load(named, environ, config.profile, with_key=False, also=screen_problems)
        return suited(as_asked(fresh, session), os.environ, encoding)

    return SettingsSource(file, load_again, environ, screen_problems, can_restart)


def show_dashboard(config: Config, ledger: Ledger, settings: SettingsSource | None) -> ExitChoice:
    """Draw the dashboard until it is left. The engine is started and stopped with it.

    Without `settings` one can look only, and no engine works.
    """
    from octotui.tui.ledger_snapshot import LedgerSnapshot  # noqa: PLC0415 - only the screen needs it

    snapshot = LedgerSnapshot(ledger)
    snapshot.read_ahead(time.time())
    from octotui.cli.report_files import ReportFolder, hidden_of  # noqa: PLC0415 - as above
    from octotui.tui.app import run  # noqa: PLC0415 - as above
    from octotui.tui.dashboard.context import Reporting  # noqa: PLC0415 - as above

    config = suited(config, os.environ, sys.stdout.encoding)
    hidden = [*hidden_of(config)]
    reporting = Reporting(ReportFolder(config).save, hidden)
    if settings is None:
        return run(config, snapshot, read_only=True)
    settings = hiding_new_folders(settings, hidden)
    engine = LateEngine(config, ledger)
    try:
        return run(config, snapshot, engine, reporting, settings)
    finally:
        if engine.error is not None:
            import traceback  # noqa: PLC0415 - hardly ever

            from octotui.gateway.errors import BadProxyError  # noqa: PLC0415 - as above

            if isinstance(engine.error, BadProxyError):
                sys.stderr.write(f"octotui: {engine.error}\n")
            else:
                # The screen had room for its words alone; whoever reports it needs to know where it was.
                traceback.print_exception(engine.error)


def suited(config: Config, environ: Mapping[str, str], encoding: str) -> Config:
    """Return `config` with marks and colours that the terminal has, where nothing was said about them."""
    term = environ.get("TERM", "")
    if config.ascii is None:
        plain = term == "linux" or encoding.lower().replace("-", "") != "utf8"
        config = dataclasses.replace(config, ascii=plain)
    if term in _SIXTEEN_COLOURS and not environ.get("COLORTERM") and "theme" not in config.lines:
        config = dataclasses.replace(config, theme="ansi-dark")
    return config


def screen_problems(config: Config) -> list[Problem]:
    """Return what is wrong with theme and keys: only the screen knows which there are.

    Nothing of the screen is imported where the file says nothing about it.
    """
    path = config.path
    if path is None:
        return []
    from octotui.config import Problem  # noqa: PLC0415 - as above

    wrong = {f"keys.{command_id}": words for command_id, words in _wrong_keys(config.keys).items()}
    if "theme" in config.lines and (words := _wrong_theme(config.theme)) is not None:
        wrong["theme"] = words
    return [Problem(path, config.lines.get(name), name, say) for name, say in wrong.items()]


def default_keys() -> dict[str, str]:
    """Return the screen's commands and the keys they have where `[keys]` names no others."""
    from octotui.tui.commands import COMMANDS  # noqa: PLC0415 - as above

    return {command.id: ",".join(command.keys) for command in COMMANDS}


def textual_differences() -> tuple[str, list[str]]:
    """Return the releases of Textual the screen was made for, and in words what serves where this one differs."""
    from octotui.tui.terminal import shapes  # noqa: PLC0415 - as above

    return shapes.KNOWN, shapes.differences()


def draws_ambiguous_wide(cells_of: Callable[[str], int | None]) -> bool | None:
    """Return whether the terminal draws marks two cells wide, by the `cells_of` a text; None where it does not say."""
    from octotui.tui.terminal import ambiguous_width  # noqa: PLC0415 - as above

    cells = cells_of(ambiguous_width.SAMPLE)
    return None if cells is None else ambiguous_width.is_wide(cells)


def _wrong_keys(keys: Mapping[str, str]) -> Mapping[str, str]:
    if not keys:
        return {}
    from octotui.tui import commands  # noqa: PLC0415 - as above

    return commands.problems(keys)


def _wrong_theme(theme: str) -> str | None:
    from textual.theme import BUILTIN_THEMES  # noqa: PLC0415 - as above

    from octotui.config.problems import choices_message  # noqa: PLC0415 - as above
    from octotui.tui.rendering.theme import THEMES  # noqa: PLC0415 - as above

    themes = [*(theme.name for theme in THEMES), *BUILTIN_THEMES]
    return None if theme in themes else choices_message(theme, themes, "theme")


class LateEngine:
    """An engine that is imported when it is started: the first frame does not wait for HTTP."""

    def __init__(self, config: Config, ledger: Ledger) -> None:
        self._config = config
        self._ledger = ledger
        self._engine: Engine | None = None

    @property
    def error(self) -> BaseException | None:
        """What ended it against its will."""
        return None if self._engine is None else self._engine.error

    @property
    def ended_at(self) -> float | None:
        """When that was, unix seconds."""
        return None if self._engine is None else self._engine.ended_at

    def start(self) -> None:
        """Import and start the engine."""
        from octotui.engine.engine import Engine  # noqa: PLC0415 - the point of this class

        self._engine = Engine(self._config, self._ledger)
        self._engine.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Stop it, if it was started; waits at most `timeout` seconds."""
        if self._engine is not None:
            self._engine.stop(timeout)

    def reconfigure(self, config: Config) -> None:
        """Have it go on with other settings, or begin with them."""
        self._config = config
        if self._engine is not None:
            self._engine.reconfigure(config)

    def link(self, url: str) -> str:
        """Sign a link of a delivered result. Raises `OSError` with words for people."""
        if self._engine is None:
            raise OSError("the engine has not begun yet")
        return self._engine.link(url)

    def wake(self) -> None:
        """Tell it that wishes were written."""
        if self._engine is not None:
            self._engine.wake()
