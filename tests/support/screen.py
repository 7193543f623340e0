"""What a person would see: the screen of a running app as text, and what it repaints."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from textual import events
from textual.app import App
from textual.geometry import Region
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

PATIENCE = 10.0
"""Seconds a condition may take on a busy machine."""


def screen_lines(app: App[Any]) -> list[str]:
    """The topmost screen, line by line, with what shows through from below."""
    return [strip.text for strip in app.screen._compositor.render_strips()]


def screen_text(app: App[Any]) -> str:
    """The topmost screen as one text."""
    return "\n".join(screen_lines(app))


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until no widget has a message left. A key goes through some ten queues, from the app down and up again."""
    app = pilot.app
    quiet = 0
    deadline = time.monotonic() + PATIENCE
    while quiet < 8 and app._exit is False and time.monotonic() < deadline:
        await asyncio.sleep(0)
        if app._exception is not None:
            raise app._exception
        busy = any(node.message_queue_size for node in (app, *app.screen.walk_children(with_self=True)))
        quiet = 0 if busy or app.screen._layout_required else quiet + 1


async def press(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys; `Pilot.press` waits for an idle processor, 60 ms a key, where this waits for messages."""
    for key in keys:
        _send(pilot, key)
        await settle(pilot)


async def press_at_once(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys as they come over a slow line: all of them in one burst, before the first is answered."""
    for key in keys:
        _send(pilot, key)
    await settle(pilot)


def _send(pilot: Pilot[Any], key: str) -> None:
    driver = pilot.app._driver
    assert driver is not None
    named = _character_to_key(key) if len(key) == 1 and not key.isalnum() else key
    character = key if len(key) == 1 else {"space": " ", "slash": "/", "enter": "\r"}.get(key)
    event = events.Key(named, character)
    event.set_sender(pilot.app)
    driver.send_message(event)


async def paste(pilot: Pilot[Any], text: str) -> None:
    """Paste text as a terminal with bracketed paste sends it."""
    driver = pilot.app._driver
    assert driver is not None
    event = events.Paste(text)
    event.set_sender(pilot.app)
    driver.send_message(event)
    await settle(pilot)


async def until(pilot: Pilot[Any], condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait until `condition` holds; fail when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain; the screen:\n{screen_text(pilot.app)}")
        await settle(pilot)
        await asyncio.sleep(0.005)


class Repaints:
    """Every region that widgets ask to have repainted, while it is entered."""

    def __init__(self) -> None:
        self.regions: list[tuple[Widget, Region | None]] = []
        """Widget and region in its own cells; None for all of it."""
        self._original = Widget.refresh
        self._patch = pytest.MonkeyPatch()

    def __enter__(self) -> Repaints:
        regions = self.regions
        original = self._original

        def refresh(widget: Widget, *asked: Region, **options: Any) -> Widget:
            if not isinstance(widget, Screen):
                regions.extend((widget, region) for region in asked or (None,))
            return original(widget, *asked, **options)

        self._patch.setattr(Widget, "refresh", refresh)
        return self

    def __exit__(self, *_: object) -> None:
        self._patch.undo()

    def of(self, widget: Widget) -> list[Region | None]:
        """The regions one widget asked for."""
        return [region for asked, region in self.regions if asked is widget]
