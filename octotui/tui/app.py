"""The Textual application: themes, keys, signals and the one clock; what is seen is the dashboard's."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual import events, work
from textual.app import App
from textual.command import CommandPalette
from textual.filter import LineFilter, Monochrome, NoColor
from textual.scrollbar import ScrollBar, ScrollBarRender

from octotui import garbage
from octotui.config import Config
from octotui.config.settings_table import ENGINE_SETTINGS
from octotui.tui.commands import bindings, key_name
from octotui.tui.dashboard.context import NO_REPORTING, Reporting
from octotui.tui.dashboard.screen import Dashboard
from octotui.tui.ledger_snapshot import LedgerSnapshot
from octotui.tui.rendering.stand_ins import SteadyWidths
from octotui.tui.rendering.styles import forget_styles
from octotui.tui.rendering.theme import COLORLESS, DARK, THEMES
from octotui.tui.terminal import ambiguous_width, caches
from octotui.tui.terminal.driver_choice import driver_class, driver_of, forget_screen
from octotui.tui.terminal.keys import bindings_of, plain_character

if TYPE_CHECKING:
    from octotui.ledger import Ledger
    from octotui.tui.dashboard.context import EngineHandle
    from octotui.tui.settings.source import SettingsSource

TICK = 1.0
"""Seconds between two looks at the ledger and at the time."""
SLOW_TICK = 2.0
"""The same with `low_bandwidth`."""
SLOW_ANSWER = 0.3
"""Seconds the terminal may take to say where its cursor is; keys feel slow from here on."""
LEAVING_PATIENCE = 2.0
"""Seconds after which whoever leaves waits no more for another process that keeps the ledger locked."""
_ANSWERS = 3
"""Answers it takes to call a line slow."""
_TURN = 0.001
"""Seconds a thread may keep the interpreter while another waits; Python's own is 0.005."""


class BlankBar(ScrollBarRender):
    """A scrollbar whose ends are not rounded to eighths of a cell: those are glyphs."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "]
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "]


class ExitChoice(NamedTuple):
    """Exit code, and the profile to go on with, when the screen was left."""

    code: int = 0
    """The exit code."""
    profile: str | None = None
    """Another profile to go on with; None: that was all."""


class OctoApp(App[int], inherit_bindings=False):
    """The application: octotui's screen."""

    TITLE = "octotui"
    CSS_PATH = "octotui.tcss"
    ENABLE_COMMAND_PALETTE = True

    def __init__(
        self,
        config: Config,
        ledger: Ledger,
        engine: EngineHandle | None = None,
        *,
        reporting: Reporting = NO_REPORTING,
        clock: Callable[[], float] = time.time,
        snapshot: LedgerSnapshot | None = None,
        settings: SettingsSource | None = None,
        read_only: bool = False,
    ) -> None:
        """Without `engine` the screen only follows what another process does.

        `reporting` keeps reports, `clock` gives unix seconds, `snapshot` may have begun to read the ledger already,
        `settings` is where `config` comes from. With `read_only` one can look, and nothing is changed.
        """
        super().__init__(driver_class=driver_class())
        self.config = config
        self.engine = engine
        self._settings = settings
        self.next_profile: str | None = None
        """The profile that was chosen instead of this one."""
        self.animation_level = "none"
        self.dashboard = Dashboard(
            config, snapshot or LedgerSnapshot(ledger), clock, self, reporting, read_only=read_only
        )
        self.dashboard.lines.header.engine = self.dashboard.playback.engine = engine
        self.dashboard.lines.header.works_here = engine is not None
        for theme in THEMES:
            self.register_theme(theme)
        self._answers: list[float] = []
        self._is_slow = False
        """Whether the terminal has been seen to take long to answer."""
        self._no_color = NoColor()
        self._steady_widths = SteadyWidths(enabled=False)
        self._is_wide = False
        """Whether the terminal has been measured to draw characters of ambiguous width two cells wide."""
        self._show_looks(config)

    def _show_looks(self, config: Config) -> None:
        """Have colours, marks and keys as `config` says."""
        wanted = config.theme if config.theme in self.available_themes else DARK.name
        self.theme = COLORLESS if self.no_color else wanted
        self.set_class(bool(config.ascii), "-ascii")
        self.set_class(self._is_slow if config.low_bandwidth is None else config.low_bandwidth, "-coarse")
        self._show_widths(config)
        own = bindings_of(self).key_to_bindings
        for key in [key for key, bound in own.items() if bound[0].action.startswith("command(")]:
            del own[key]
        for key, action in bindings(config.keys).items():
            # Priority: a key that climbs up from the focused widget is overtaken by those typed ahead.
            bindings_of(self).bind(key, action, show=False, priority=True)

    def take_settings(self, config: Config) -> None:
        """Go on with other settings, as far as that can be done at once (`Setting.effect`)."""
        before, self.config = self.config, config
        self._show_looks(config)
        forget_styles()  # what is drawn with them is kept by them, in ASCII or not
        if config.low_bandwidth is not before.low_bandwidth:
            self._set_pace()
            if config.low_bandwidth is None and not self._is_slow:
                self._answers.clear()
                self._time_an_answer()
        if (config.ambiguous_wide, config.ascii) != (before.ambiguous_wide, before.ascii):
            self._measure_widths()
        self.dashboard.take_settings(config)
        if self.engine is not None and any(getattr(before, name) != getattr(config, name) for name in ENGINE_SETTINGS):
            self.engine.reconfigure(config)
        self.redraw()

    def show_settings(self) -> None:
        """Show every setting, to be changed."""
        if self._settings is None:
            self.dashboard.say("There is no configuration file here.")
            return
        from octotui.tui.settings.dialog import SettingsDialog  # noqa: PLC0415 - the first frame does not wait for it

        dialog = SettingsDialog(
            self._settings, lambda: self.config, self.take_settings, worker=self.dashboard.lines.header.other_worker
        )

        def answered(_nothing: None) -> None:
            if dialog.wants_restart:
                self.dashboard.commands.leaving.restart(self.config.profile)

        self.push_screen(dialog, answered)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Send no colour at all, as NO_COLOR asks; Textual itself would send greys, which are colours to a terminal."""
        filters = [self._no_color if isinstance(one, Monochrome) else one for one in super().get_line_filters()]
        return [*filters, self._steady_widths] if self._steady_widths.enabled else filters

    def refresh_css(self, animate: bool = True) -> None:
        """Take in a theme. Before the first screen that is its colours alone: nothing has been styled with others."""
        if self.screen_stack:
            super().refresh_css(animate)
        else:
            self.stylesheet.set_variables(self.get_css_variables())

    def get_default_screen(self) -> Dashboard:
        """The dashboard is what everything else stands on."""
        return self.dashboard

    def on_mount(self) -> None:
        """Start the clock; the engine comes after the first frame."""
        self._handle_signals()
        self._measure_widths()
        self._ticking = self.set_interval(SLOW_TICK if self.config.low_bandwidth else TICK, self.dashboard.tick)
        self.set_interval(caches.EVERY, caches.clear)
        self.call_after_refresh(self._begin)

    def _set_pace(self) -> None:
        is_slow = self._is_slow if self.config.low_bandwidth is None else self.config.low_bandwidth
        self._ticking.stop()
        self._ticking = self.set_interval(SLOW_TICK if is_slow else TICK, self.dashboard.tick)

    def _begin(self) -> None:
        """The first frame stands."""
        garbage.turn_on()
        self._start_engine()
        if self.config.low_bandwidth is None:
            self._time_an_answer()

    def _time_an_answer(self) -> None:
        driver = driver_of(self)
        if driver is not None:
            driver.time_an_answer(partial(self.call_later, self._judge_line))

    def _judge_line(self, seconds: float) -> None:
        """A line on which every answer is late is slow; one late answer may have been our own fault."""
        self._answers.append(seconds)
        if min(self._answers) < SLOW_ANSWER or not self.is_running or self.config.low_bandwidth is not None:
            return
        if len(self._answers) < _ANSWERS:
            self._time_an_answer()
            return
        self._is_slow = True
        self._set_pace()
        self.add_class("-coarse")
        answer = f"{min(self._answers):.1f} s"
        self.dashboard.say(f"The terminal takes {answer} to answer: drawing less (low_bandwidth = false: all of it).")

    def _measure_widths(self) -> None:
        driver = driver_of(self)
        if driver is not None and self.config.ambiguous_wide is None and not self.config.ascii:
            driver.measure(ambiguous_width.SAMPLE, partial(self.call_later, self._judge_widths))

    def _judge_widths(self, cells: int) -> None:
        """Nothing waits for this: on a slow line the first frames are drawn with every mark."""
        if ambiguous_width.is_wide(cells) and self.is_running:
            self._is_wide = True
            self._show_widths(self.config)
            self.redraw()

    def _show_widths(self, config: Config) -> None:
        """Draw stand-ins of one cell for all that the terminal draws two cells wide and Textual counts as one."""
        is_wide = self._is_wide if config.ambiguous_wide is None else config.ambiguous_wide
        self._steady_widths.enabled = is_wide
        self.set_class(is_wide, "-ambiguous-wide")
        ScrollBar.renderer = BlankBar if config.ascii or is_wide else ScrollBarRender

    @work  # awaited in a message handler it would hold up the first keys
    async def _start_engine(self) -> None:
        if self.engine is not None:
            await asyncio.to_thread(self.engine.start)

    async def on_event(self, event: events.Event) -> None:
        """Have a key wait until its dialog stands: what is typed ahead after the key that opens it is meant for it."""
        is_typed = isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded
        if is_typed and self.screen_stack and self.screen is not self.dashboard:
            from octotui.tui.dialogs.base import Dialog  # noqa: PLC0415 - the first frame does not wait for it

            if isinstance(self.screen, Dialog):
                await self.screen.stands()
        if isinstance(event, events.Key) and not event.is_forwarded and not self._is_typed_in(event):
            plain = plain_character(event.character)
            event = event if plain is None else events.Key(key_name(plain), plain)
        await super().on_event(event)

    def _is_typed_in(self, event: events.Key) -> bool:
        """Whether the key is text for the focused widget: there a full-width letter is what was meant."""
        focused = self.focused if self.screen_stack else None
        return focused is not None and focused.check_consume_key(event.key, event.character)

    def on_resize(self) -> None:
        """Draw everything: the terminal lost what it showed, also when it has the same size again (a storm, `fg`)."""
        self.redraw()

    def redraw(self) -> None:
        """Draw everything, whatever the terminal shows."""
        forget_screen(self)
        for screen in self.screen_stack:
            screen.refresh()

    def wake_engine(self) -> None:
        """Tell the engine that there are wishes."""
        if self.engine is not None:
            self.engine.wake()

    def leave(self, profile: str | None = None) -> None:
        """End the screen; with `profile` to go on with that one."""
        self.next_profile = profile
        self.exit(0)

    def _handle_signals(self) -> None:
        """A dropped line (SIGHUP) and SIGTERM end octotui as `q` does, without asking."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGHUP, signal.SIGTERM):
            loop.add_signal_handler(number, self.exit, 0)

    def action_command_palette(self) -> None:
        """Show the palette; Textual's own words for it end in a glyph."""
        if isinstance(self.screen, CommandPalette):
            return
        from octotui.tui.palette import palette_entries, provider_of  # noqa: PLC0415 - the first frame needs it not

        entries = partial(
            palette_entries,
            self.dashboard,
            switch_profile=self.dashboard.commands.leaving.switch_profile,
            show_view=self.dashboard.commands.views.show_view,
            themes=() if self.no_color else sorted(self.available_themes),
            set_theme=partial(setattr, self, "theme"),
        )
        self.push_screen(CommandPalette([provider_of(entries)], placeholder="Search", id="--command-palette"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Commands are for the dashboard; dialogs and whoever types text get the keys themselves."""
        if action == "command":
            return self.screen is self.dashboard and self.dashboard.side_panel.filter_bar is None
        return super().check_action(action, parameters)

    def action_command(self, command_id: str, number: int = 1) -> None:
        """Do what a command of the table says."""
        self.dashboard.perform(command_id, number)


def run(
    config: Config,
    snapshot: LedgerSnapshot,
    engine: EngineHandle | None = None,
    reporting: Reporting = NO_REPORTING,
    settings: SettingsSource | None = None,
    *,
    read_only: bool = False,
) -> ExitChoice:
    """Show the screen until the person leaves. The engine is stopped, the ledger stays open."""
    # A key goes through three threads to its frame, and each may wait so long for the interpreter while others work.
    sys.setswitchinterval(_TURN)
    app = OctoApp(
        config, snapshot.ledger, engine, reporting=reporting, snapshot=snapshot, settings=settings, read_only=read_only
    )
    try:
        code = app.run(mouse=config.mouse) or 0
        return ExitChoice(code, app.next_profile)
    finally:
        snapshot.ledger.hurry(LEAVING_PATIENCE)
        if engine is not None:
            engine.stop()
