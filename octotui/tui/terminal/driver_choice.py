"""The driver in use: which it is, and what is asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual import constants
from textual.app import App

from octotui.tui.terminal import shapes

if TYPE_CHECKING:
    from textual.driver import Driver

    from octotui.tui.terminal.driver import DiffingDriver


def driver_class() -> type[DiffingDriver] | None:
    """Return our driver for an app to be made with; None (Textual's own choice) where its shapes are not known.

    Nor is it ours where the screen is drawn elsewhere: in a browser, by the driver that Textual's own variable names.
    """
    if constants.DRIVER or not shapes.driver_fits():
        return None
    from octotui.tui.terminal.driver import DiffingDriver  # noqa: PLC0415 - it may not be importable

    return DiffingDriver


def driver_of(app: App[Any]) -> DiffingDriver | None:
    """Return the running app's driver where it is ours: without a terminal it is another one."""
    ours = driver_class()
    driver = _any_driver_of(app)
    return driver if ours is not None and isinstance(driver, ours) else None


def forget_screen(app: App[Any]) -> None:
    """Have everything sent that is drawn from now on, whether the terminal should show it already or not."""
    driver = driver_of(app)
    if driver is not None:
        driver.forget_screen()


def write_between_frames(app: App[Any], sequence: str) -> None:
    """Send a sequence to the terminal between two frames, as Textual itself sends its bell."""
    if app.is_headless:
        return
    driver = _any_driver_of(app)
    if driver is not None:
        driver.write(sequence)
    elif sequence.startswith("\a"):
        app.bell()  # of the sequence that is all there is a public way for


def _any_driver_of(app: App[Any]) -> Driver | None:
    """Return the app's driver, of whatever kind.

    Held against Textual 8.2.5 to 8.2.8: `App._driver` holds it while the app runs, None before.
    """
    driver: Driver | None = getattr(app, "_driver", None)
    return driver
